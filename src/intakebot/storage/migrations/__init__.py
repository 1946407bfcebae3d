"""How the tables came to be, step by step; `migrate` takes a database of any age to the newest shape.

Called by the composition root before anything else touches the database. There is no way back: a downgrade
would have to throw away what the newer program has accepted.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from intakebot.domain.errors import StorageUnavailableError
from intakebot.storage.engine import Database
from intakebot.storage.search_index import fill_index

_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(4207849484)"


def migrate(database: Database) -> None:
    """Upgrade to the newest shape in one transaction; raises StorageUnavailableError and changes nothing."""
    try:
        with database.writing.connect() as connection:
            _set_foreign_keys(database, connection, "OFF")
            try:
                _upgrade(database, connection)
            finally:
                _set_foreign_keys(database, connection, "ON")
    except SQLAlchemyError as error:
        raise StorageUnavailableError(f"the database could not be migrated: {error}") from error


def configuration(connection: Connection) -> Config:
    """Alembic's configuration for a connection of ours; its files are in this folder."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _upgrade(database: Database, connection: Connection) -> None:
    with connection.begin():
        if not database.is_sqlite:
            connection.exec_driver_sql(_ONE_AT_A_TIME)
        command.upgrade(configuration(connection), "head")
        fill_index(connection)
        if database.is_sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise StorageUnavailableError("a migration left rows without the rows that they refer to; nothing was kept")


def _set_foreign_keys(database: Database, connection: Connection, state: str) -> None:
    """SQLite copies tables to change them, which would delete what refers to them; it listens outside BEGIN only."""
    if database.is_sqlite:
        driver_connection: Any = connection.connection.driver_connection
        driver_connection.execute(f"PRAGMA foreign_keys = {state}")
