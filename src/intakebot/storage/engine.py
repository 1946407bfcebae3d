"""Opens the database: an engine that writes and an engine that cannot, both checked before they are handed out.

Called by the composition root. Promises that a commit is on disk (SQLite: WAL with synchronous=FULL; PostgreSQL:
fsync and synchronous_commit on) or refuses to open, that waiting for a lock ends after `lock_wait`, and that no
error tells what people wrote (`hide_parameters`).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from intakebot.domain.errors import NotFoundError, StorageUnavailableError

LOCK_WAIT = timedelta(seconds=5)
_SYNCHRONOUS_FULL = 2
_PAGE_SIZE = 8192  # octets; a mail of 45 kB is half as many pieces as with SQLite's 4096. Only new files get it
_LOG_SIZE = 16 << 20  # octets of WAL after which a commit also moves them into the database, with syncs of its own
_IN_DOUBT = text("SELECT pg_xact_status(CAST(:mark AS xid8))")
_MARK = text("SELECT CAST(pg_current_xact_id() AS text)")


@dataclass(frozen=True, slots=True)
class Database:
    """Both engines of one database, and the directory of everything else that is durable."""

    data_dir: Path
    writing: Engine
    reading: Engine

    @property
    def is_sqlite(self) -> bool:
        """SQLite has one writer and no answer that gets lost on the way; PostgreSQL is the other way round."""
        return self.writing.dialect.name == "sqlite"

    def mark(self, connection: Connection) -> str:
        """What to ask `has_committed` about, should the answer to this transaction's COMMIT be lost; '' on SQLite."""
        return "" if self.is_sqlite else str(connection.scalar(_MARK))

    def has_committed(self, mark: str) -> bool:
        """Whether a transaction did commit although its COMMIT raised; False when nobody can tell."""
        if not mark:
            return False
        try:
            with self.reading.connect() as connection:
                return bool(connection.scalar(_IN_DOUBT, {"mark": mark}) == "committed")
        except SQLAlchemyError:
            return False

    def close(self) -> None:
        """Let go of all connections."""
        self.reading.dispose()
        self.writing.dispose()


def open_database(url: str, data_dir: Path, *, lock_wait: timedelta = LOCK_WAIT) -> Database:
    """Open `url` (`sqlite+pysqlite:///<path>`, relative to `data_dir`, or `postgresql+psycopg://...`).

    Raises StorageUnavailableError when it cannot be reached or would not keep what it accepts.
    """
    address = make_url(url)
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if address.get_backend_name() == "sqlite":
            return _open_sqlite(address, data_dir, lock_wait)
        return _open_postgresql(address, data_dir, lock_wait)
    except (SQLAlchemyError, OSError) as error:
        raise StorageUnavailableError(f"the database cannot be opened: {type(error).__name__}") from error


def is_there(url: str, data_dir: Path) -> bool:
    """Whether a database can be opened without making one: always for a server, for SQLite when its file exists."""
    address = make_url(url)
    return address.get_backend_name() != "sqlite" or _sqlite_file(address, data_dir).is_file()


def _sqlite_file(address: URL, data_dir: Path) -> Path:
    return data_dir / (address.database or "intakebot.db")


def open_reading(url: str, data_dir: Path) -> Engine:
    """An engine that only reads, beside whoever writes; nothing is made. Raises NotFoundError where there is nothing.

    Raises StorageUnavailableError for a database that this program has not brought up to date yet.
    """
    address = make_url(url)
    if not is_there(url, data_dir):
        raise NotFoundError(f"there is no database in {data_dir} yet; `intakebot run` makes it")
    if address.get_backend_name() == "sqlite":
        engine = _reading_sqlite(address.set(database=str(_sqlite_file(address, data_dir))), LOCK_WAIT)
    else:
        engine = _reading_postgresql(address, LOCK_WAIT)
    try:
        if inspect(engine).has_table("decided_facts"):
            return engine
    except SQLAlchemyError as error:
        engine.dispose()
        raise StorageUnavailableError(f"the database cannot be opened: {type(error).__name__}") from error
    engine.dispose()
    raise StorageUnavailableError("the database is of an older program; start the service once to bring it up to date")


def _reading_sqlite(place: URL, lock_wait: timedelta) -> Engine:
    reading = create_engine(place, hide_parameters=True, connect_args={"timeout": lock_wait.total_seconds()})
    event.listen(reading, "connect", _prepare_reading)
    return reading


def _open_sqlite(address: URL, data_dir: Path, lock_wait: timedelta) -> Database:
    path = _sqlite_file(address, data_dir)
    _make_private(path)
    place = address.set(database=str(path))
    waits = {"timeout": lock_wait.total_seconds()}
    writing = create_engine(place, hide_parameters=True, connect_args=waits, pool_size=1, max_overflow=0)
    event.listen(writing, "connect", _prepare_writing)
    event.listen(writing, "begin", _begin_immediate)
    return _checked(Database(data_dir, writing, _reading_sqlite(place, lock_wait)), _check_sqlite)


def _make_private(path: Path) -> None:
    """Create the file for its owner only; SQLite gives its WAL the same rights. The name is durable after this."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _prepare_writing(driver_connection: Any, _: object) -> None:  # noqa: ANN401 - the driver's own connection
    driver_connection.isolation_level = None  # the driver begins nothing by itself: `_begin_immediate` does
    for pragma in (
        f"page_size = {_PAGE_SIZE}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "recursive_triggers = ON",  # or INSERT OR REPLACE would get round the triggers of a closed case
    ):
        driver_connection.execute(f"PRAGMA {pragma}").fetchall()
    (size,) = driver_connection.execute("PRAGMA page_size").fetchone()  # of an older file its own
    driver_connection.execute(f"PRAGMA wal_autocheckpoint = {_LOG_SIZE // size}").fetchall()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _prepare_reading(driver_connection: Any, _: object) -> None:  # noqa: ANN401 - the driver's own connection
    driver_connection.execute("PRAGMA query_only = ON").fetchall()


def _open_postgresql(address: URL, data_dir: Path, lock_wait: timedelta) -> Database:
    writing = create_engine(address, hide_parameters=True, connect_args=_waits(lock_wait))
    return _checked(Database(data_dir, writing, _reading_postgresql(address, lock_wait)), _check_postgresql)


def _reading_postgresql(address: URL, lock_wait: timedelta) -> Engine:
    frozen = _waits(lock_wait, " -c default_transaction_read_only=on")
    return create_engine(address, hide_parameters=True, connect_args=frozen, pool_pre_ping=True)


def _waits(lock_wait: timedelta, more: str = "") -> dict[str, Any]:
    """How long a connection to PostgreSQL waits for anything, and the zone of its times."""
    milliseconds = int(lock_wait.total_seconds() * 1000)
    options = f"-c lock_timeout={milliseconds} -c timezone=UTC{more}"
    return {"connect_timeout": max(2, int(lock_wait.total_seconds())), "options": options}


def _checked(database: Database, check: Callable[[Connection], None]) -> Database:
    with ExitStack() as undo:
        undo.callback(database.close)
        with database.writing.connect() as connection:
            check(connection)
        undo.pop_all()
    return database


def _check_sqlite(connection: Connection) -> None:
    found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]
    if found != ["wal", _SYNCHRONOUS_FULL]:
        raise StorageUnavailableError(f"SQLite did not take WAL with synchronous=FULL but {found}; move the database")


def _check_postgresql(connection: Connection) -> None:
    found = [connection.exec_driver_sql(f"SHOW {name}").scalar() for name in ("fsync", "synchronous_commit")]
    if "off" in found:
        raise StorageUnavailableError("PostgreSQL runs with fsync or synchronous_commit off; switch both on")
