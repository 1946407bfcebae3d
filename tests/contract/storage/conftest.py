"""Every test of this suite runs on SQLite and on PostgreSQL, each on a fresh, migrated database.

A test of what only one of them does names it: `ON_SQLITE`, `ON_POSTGRES`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.storage.chat_room import ChatRoom
from contract.storage.records import Room
from fakes.databases import POSTGRES, TEMPLATE, PostgresServer, postgres_server
from intakebot.storage.engine import Database, open_database
from intakebot.storage.migrations import migrate


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    with postgres_server() as running:
        database = open_database(running.create(name=TEMPLATE), tmp_path_factory.mktemp("template"))
        migrate(database)
        database.close()
        yield running


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    database = open_database("sqlite+pysqlite:///intakebot.db", folder)
    migrate(database)
    database.close()
    return folder / "intakebot.db"


@pytest.fixture(params=["sqlite", POSTGRES])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a migrated database is."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "intakebot.db")
        yield "sqlite+pysqlite:///intakebot.db"
        return
    running: PostgresServer = request.getfixturevalue("server")
    address = running.create(template=TEMPLATE)
    yield address
    running.drop(address)


@pytest.fixture
def database(url: str, tmp_path: Path) -> Iterator[Database]:
    opened = open_database(url, tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def room(database: Database) -> Iterator[Room]:
    """The database with a running writer."""
    made = Room(database)
    yield made
    made.writer.close()


@pytest.fixture
def books(room: Room) -> ChatRoom:
    """The room with the books of a chat."""
    return ChatRoom(room)
