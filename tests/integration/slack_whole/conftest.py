"""Every scenario runs by HTTP and by Socket Mode, each time with a service of its own on a fresh database."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from contract.storage.conftest import migrated_file, server
from fakes.databases import POSTGRES, TEMPLATE, PostgresServer
from fakes.standing_house import START, StandingHouse
from intakebot.clocks import SimulatedClock
from integration.slack_whole.whole import Whole, serving
from integration.slack_whole.workspace import Workspace

__all__ = ["migrated_file", "server"]


@pytest.fixture(scope="session")
def customers_file(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the example's customers."""
    folder = tmp_path_factory.mktemp("customers")
    shutil.copy(migrated_file, folder / "intakebot.db")
    asyncio.run(filled("sqlite+pysqlite:///intakebot.db", folder))
    return folder / "intakebot.db"


@pytest.fixture(scope="session")
def customers_template(server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a database on the server to copy, with the example's customers."""
    url = server.create(template=TEMPLATE, name="customers")
    asyncio.run(filled(url, tmp_path_factory.mktemp("customers")))
    return "customers"


async def filled(url: str, folder: Path) -> None:
    """Import the example's customers."""
    house = StandingHouse(url, folder)
    await house.import_customers()
    await house.close()


@pytest.fixture(params=["http", "socket"])
def mode(request: pytest.FixtureRequest) -> str:
    """How Slack reaches the service."""
    return str(request.param)


@pytest_asyncio.fixture
async def workspace(request: pytest.FixtureRequest) -> AsyncIterator[Workspace]:
    """The workspace, before anybody has tied a house to it; at the end it says what it holds against the house."""
    made = Workspace(SimulatedClock(START))
    await made.slack.start()
    failed = request.session.testsfailed
    yield made
    await made.slack.stop(check=request.session.testsfailed == failed)


@pytest_asyncio.fixture
async def whole(workspace: Workspace, mode: str, customers_file: Path, tmp_path: Path) -> AsyncIterator[Whole]:
    """The service, open, with the example's customers, on SQLite."""
    async with serving(workspace, mode, tmp_path, customers_file) as made:
        yield made


@pytest.fixture(params=["sqlite", POSTGRES])
def database(request: pytest.FixtureRequest) -> Path | str:
    """Where the customers are: an SQLite file, or a PostgreSQL database."""
    found: Path | str = request.getfixturevalue(f"customers_{'file' if request.param == 'sqlite' else 'database'}")
    return found


@pytest_asyncio.fixture
async def anywhere(workspace: Workspace, mode: str, database: Path | str, tmp_path: Path) -> AsyncIterator[Whole]:
    """The service on SQLite and on PostgreSQL."""
    async with serving(workspace, mode, tmp_path, database) as made:
        yield made


@pytest_asyncio.fixture(params=[POSTGRES])
async def pair(
    workspace: Workspace, mode: str, customers_database: str, tmp_path: Path
) -> AsyncIterator[tuple[Whole, Whole]]:
    """Two processes of the service on one PostgreSQL database."""
    async with (
        serving(workspace, mode, tmp_path / "one", customers_database) as one,
        serving(workspace, mode, tmp_path / "other", customers_database, node=1) as other,
    ):
        yield one, other
        await workspace.slack.quiet()


@pytest.fixture
def customers_database(server: PostgresServer, customers_template: str) -> Iterator[str]:
    """A PostgreSQL database with the example's customers."""
    address = server.create(template=customers_template)
    yield address
    server.drop(address)
