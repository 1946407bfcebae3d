"""Opening: durable or not at all, one process per directory, and the tables as the code thinks they are."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from contract.storage.records import NOW, Room, new_case, new_comment, new_delivery, opening
from fakes.databases import POSTGRES, PostgresServer
from intakebot.domain.errors import AlreadyRunningError, StorageUnavailableError
from intakebot.storage.case_rows import case_row
from intakebot.storage.delivery_records import delivery_row
from intakebot.storage.directory_tables import metadata
from intakebot.storage.engine import Database, open_database
from intakebot.storage.lock import lock_directory
from intakebot.storage.migrations import configuration, migrate
from intakebot.storage.tables import case_events, cases, deliveries


@pytest.fixture(params=["sqlite", POSTGRES])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without tables."""
    server: PostgresServer | None = request.getfixturevalue("server") if request.param == "postgres" else None
    url = server.create() if server else "sqlite+pysqlite:///empty.db"
    opened = open_database(url, tmp_path)
    yield opened
    opened.close()
    if server:
        server.drop(url)


def test_migrations_make_the_tables_that_the_code_knows(empty: Database) -> None:
    migrate(empty)
    assert case_events.metadata is metadata
    with empty.writing.connect() as connection:
        context = MigrationContext.configure(connection)
        assert [each for each in compare_metadata(context, metadata) if not _is_apart(each)] == []


def _is_apart(difference: object) -> bool:
    """Alembic's own table, and the search index, which each database has in a form of its own."""
    return "alembic_version" in str(difference) or "case_search" in str(difference)


@pytest.mark.parametrize(("made_with", "pages"), [(None, (8192, 2048)), (4096, (4096, 4096))])
def test_the_log_has_one_size_whatever_pages_a_file_was_made_with(
    tmp_path: Path, made_with: int | None, pages: tuple[int, int]
) -> None:
    if made_with:
        with closing(sqlite3.connect(tmp_path / "intakebot.db")) as older:
            older.executescript(f"PRAGMA page_size = {made_with}; PRAGMA journal_mode = WAL; CREATE TABLE old (id)")
    with closing(open_database("sqlite+pysqlite:///intakebot.db", tmp_path)) as opened:
        migrate(opened)
        with opened.writing.connect() as connection:
            found = [
                connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("page_size", "wal_autocheckpoint")
            ]
    assert tuple(found) == pages


def test_migrating_again_with_rows_in_place_changes_nothing(empty: Database) -> None:
    migrate(empty)
    room = Room(empty)
    case = new_case()
    room.apply(opening(case, comments=(new_comment(case),)))
    migrate(empty)
    assert room.do(lambda store: store.case_file_by_id(case.id)).case == case
    assert room.rows("SELECT count(*) FROM comments") == [(1,)]
    room.writer.close()


def test_every_step_is_taken_with_rows_of_the_step_before(empty: Database) -> None:
    with empty.writing.connect() as connection:
        command.upgrade(configuration(connection), "0001")
        connection.exec_driver_sql("INSERT INTO callers (id, name, language) VALUES (1, 'Ann', 'de')")
        connection.commit()
    migrate(empty)
    with empty.reading.connect() as connection:
        assert connection.exec_driver_sql("SELECT name FROM callers").all() == [("Ann",)]
        assert "cases" in inspect(connection).get_table_names()


NEWER = {"files", "claimed_by", "leased_until"}


def test_what_was_owed_before_there_were_files_is_owed_without(empty: Database) -> None:
    case = new_case()
    owed = {name: value for name, value in delivery_row(new_delivery(case)).items() if name not in NEWER}
    with empty.writing.connect() as connection:
        command.upgrade(configuration(connection), "0003")
        connection.execute(cases.insert(), case_row(case))
        connection.execute(deliveries.insert(), owed)
        connection.commit()
    migrate(empty)
    room = Room(empty)
    assert [one.files for one in room.do(lambda store: store.claim_deliveries(NOW, 1))] == [()]
    room.writer.close()


def test_there_is_no_way_back(empty: Database) -> None:
    migrate(empty)
    with pytest.raises(AttributeError, match="downgrade"), empty.writing.connect() as connection:
        command.downgrade(configuration(connection), "base")


def test_foreign_keys_hold_after_a_migration(empty: Database) -> None:
    migrate(empty)
    room = Room(empty)
    with pytest.raises(StorageUnavailableError):
        room.apply(opening(new_case(), comments=(new_comment(new_case()),)))
    room.writer.close()


def test_sqlite_is_durable_private_and_its_readers_cannot_write(tmp_path: Path) -> None:  # case K07
    old_mask = os.umask(0)
    try:
        database = open_database("sqlite+pysqlite:///x.db", tmp_path / "house")
        migrate(database)
    finally:
        os.umask(old_mask)
    with database.writing.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "recursive_triggers": 1}
    rights = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "house").iterdir()}
    assert set(rights) >= {"x.db", "x.db-wal", "x.db-shm"}
    assert set(rights.values()) == {0o600}
    assert stat.S_IMODE((tmp_path / "house").stat().st_mode) == 0o700
    database.close()


def test_a_symlink_is_not_opened_as_a_database(tmp_path: Path) -> None:  # case K07
    (tmp_path / "x.db").symlink_to(tmp_path / "elsewhere.db")
    with pytest.raises(StorageUnavailableError):
        open_database("sqlite+pysqlite:///x.db", tmp_path)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("sqlite+pysqlite:///missing/folder/x.db", id="no-folder"),
        pytest.param("postgresql+psycopg://nobody@/none?host=/nonexistent", id="no-server"),
    ],
)
def test_what_cannot_be_reached_is_unavailable(url: str, tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailableError):
        open_database(url, tmp_path)


@pytest.mark.postgres
def test_postgresql_that_may_lose_commits_is_refused(server: PostgresServer, tmp_path: Path) -> None:
    url = server.create()
    database = open_database(url, tmp_path)
    name = database.writing.url.database
    with database.writing.begin() as connection:
        connection.exec_driver_sql(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    database.close()
    with pytest.raises(StorageUnavailableError, match="synchronous_commit"):
        open_database(url, tmp_path)
    server.drop(url)


def test_a_data_directory_has_one_holder(tmp_path: Path) -> None:
    with lock_directory(tmp_path), pytest.raises(AlreadyRunningError), lock_directory(tmp_path):
        pass
    with lock_directory(tmp_path):
        assert stat.S_IMODE((tmp_path / "lock").stat().st_mode) == 0o600
