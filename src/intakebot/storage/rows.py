"""Rows in bulk: one INSERT for many rows, and reading by many keys at once.

Called by the record modules. An INSERT is compiled once per table and then goes to the driver as tuples; the
per-row work of the expression language would cost more than SQLite's own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from functools import cache
from operator import itemgetter
from typing import Any, TypeAlias

from sqlalchemy import JSON, Connection, Date, Row, Select, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.engine import Dialect

from intakebot.storage.schema import Instant

StoredRow: TypeAlias = dict[str, Any]
_KEYS_AT_ONCE = 5_000
_POSITIONAL_POSTGRESQL: Dialect = psycopg.dialect(paramstyle="format")  # type: ignore[no-untyped-call]


def insert_rows(
    connection: Connection, table: Table, rows: Sequence[StoredRow], updating: tuple[str, ...] | None = None
) -> None:
    """Insert all rows. `updating` names the columns that a row with a known primary key overwrites; () = none.

    The rows are the caller's to give away: their values are turned into the driver's own.
    """
    if not rows:
        return
    sql, values, conversions = _prepared(table, updating, connection.dialect.name)
    for row in rows:
        for name, convert in conversions:
            row[name] = convert(row[name])
    connection.exec_driver_sql(sql, [values(row) for row in rows])


def select_in(
    connection: Connection, statement: Select[Any], keys: Iterable[int] | Iterable[str], **bound: object
) -> Iterator[Row[Any]]:
    """Rows of a statement that has `IN :keys`, however many keys there are; no query at all for none."""
    wanted: list[Any] = sorted(set(keys))
    for start in range(0, len(wanted), _KEYS_AT_ONCE):
        yield from connection.execute(statement, {"keys": wanted[start : start + _KEYS_AT_ONCE], **bound})


@cache
def _prepared(
    table: Table, updating: tuple[str, ...] | None, dialect_name: str
) -> tuple[str, Callable[[StoredRow], tuple[Any, ...]], list[tuple[str, Callable[[Any], Any]]]]:
    is_sqlite = dialect_name == "sqlite"
    dialect: Dialect = sqlite.dialect() if is_sqlite else _POSITIONAL_POSTGRESQL
    insert = sqlite.insert(table) if is_sqlite else postgresql.insert(table)
    if updating is not None:
        keys = list(table.primary_key)
        insert = (
            insert.on_conflict_do_update(index_elements=keys, set_={name: insert.excluded[name] for name in updating})
            if updating
            else insert.on_conflict_do_nothing(index_elements=keys)
        )
    conversions = [(column.name, _conversion(column.type, is_sqlite=is_sqlite)) for column in table.columns]
    return (
        str(insert.compile(dialect=dialect)),
        itemgetter(*table.columns.keys()),
        [(name, convert) for name, convert in conversions if convert is not None],
    )


def _conversion(kind: object, *, is_sqlite: bool) -> Callable[[Any], Any] | None:
    if isinstance(kind, JSON):
        return _json
    if isinstance(kind, Instant):
        return _instant_text if is_sqlite else _instant
    return _day_text if isinstance(kind, Date) and is_sqlite else None


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _json(value: Any) -> str | None:  # noqa: ANN401 - any JSON-like value
    return None if value is None else _encode(value)


def _instant(value: datetime | None) -> datetime | None:
    if value is not None and value.tzinfo is None:
        raise ValueError("a stored time must be aware")
    return value


def _instant_text(value: datetime | None) -> str | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("a stored time must be aware")
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _day_text(value: date | None) -> str | None:
    return None if value is None else value.isoformat()
