"""A fake Slack, the calls to it, and the books of a house."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from contract.slack.asked import Asked
from contract.slack.wall import Wall
from contract.slack.workspace import connection_to
from fakes.chat_books import ChatBooks
from fakes.slack import FakeSlack
from fakes.standing_house import START
from intakebot.channels.slack.web.calls import Calls
from intakebot.channels.slack.web.connection import SlackConnection
from intakebot.clocks import SimulatedClock
from intakebot.storage.engine import open_database
from intakebot.storage.migrations import migrate


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as fake:
        yield fake


@pytest.fixture
def connection(slack: FakeSlack) -> SlackConnection:
    return connection_to(slack)


@pytest.fixture
async def calls(slack: FakeSlack, connection: SlackConnection) -> AsyncIterator[Calls]:
    made = Calls(connection, slack.clock.source)
    yield made
    await made.close()


@pytest.fixture
def books(slack: FakeSlack) -> ChatBooks:
    return ChatBooks(slack.clock.source)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    database = open_database("sqlite+pysqlite:///intakebot.db", folder)
    migrate(database)
    database.close()
    return folder / "intakebot.db"


@pytest.fixture
async def wall(tmp_path: Path, migrated_file: Path) -> AsyncIterator[Wall]:
    """The worker of posts between a database and a workspace."""
    shutil.copy(migrated_file, tmp_path / "intakebot.db")
    database = open_database("sqlite+pysqlite:///intakebot.db", tmp_path)
    async with FakeSlack(SimulatedClock(START)) as slack:
        made = Wall(slack, database)
        yield made
        await made.close()
    database.close()


@pytest.fixture
async def desk(slack: FakeSlack) -> AsyncIterator[Asked]:
    carla = slack.person("carla")
    room = slack.channel("help", members=[carla])
    made = Asked(slack, room, await carla.says(room, "It does not work."))
    yield made
    for calls in made.opened:
        await calls.close()
