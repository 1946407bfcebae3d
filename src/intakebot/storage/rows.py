"""Rows in bulk: one statement for many rows, and reading by many keys at once.

Called by the record modules. A writing statement is compiled once and then goes to the driver as tuples; the
per-row work of the expression language would cost more than SQLite's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias

import orjson
from sqlalchemy import (
    JSON,
    BindParameter,
    Boolean,
    Connection,
    Date,
    Delete,
    Insert,
    Row,
    Select,
    Table,
    Update,
    bindparam,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.engine import Dialect

from intakebot.storage.schema import Instant

StoredRow: TypeAlias = dict[str, Any]
KEYS: BindParameter[Any] = bindparam("keys", expanding=True)
"""What `select_in` fills: `column.in_(KEYS)`."""

_KEYS_AT_ONCE = 5_000
_POSITIONAL: dict[str, Dialect] = {
    "sqlite": sqlite.dialect(),
    "postgresql": psycopg.dialect(paramstyle="format"),  # type: ignore[no-untyped-call]
}


def insert_rows(
    connection: Connection, table: Table, rows: Sequence[StoredRow], updating: tuple[str, ...] | None = None
) -> None:
    """Insert all rows. `updating` names the columns that a row with a known primary key overwrites; () = none.

    A row has every column of the table.
    """
    if rows:
        write_rows(connection, _insert(table, updating, connection.dialect.name), rows)


def write_rows(connection: Connection, statement: Insert | Update | Delete, rows: Sequence[StoredRow]) -> int:
    """Carry out a statement, all of whose values are bound, for every row; returns how many rows it met.

    The rows are the caller's to give away: their values are turned into the driver's own. Raises ValueError
    for a time that is not aware.
    """
    if not rows:
        return 0
    prepared = _prepared(statement, connection.dialect.name)
    for name, convert in prepared.conversions:
        for row in rows:
            row[name] = convert(row[name])
    return connection.exec_driver_sql(prepared.sql, [prepared.values(row) for row in rows]).rowcount


def select_in(
    connection: Connection, statement: Select[Any], keys: Iterable[int] | Iterable[str], **bound: object
) -> Iterator[Row[Any]]:
    """Rows of a statement that has `IN :keys`, however many keys there are; no query at all for none."""
    wanted: list[Any] = sorted(set(keys))
    for start in range(0, len(wanted), _KEYS_AT_ONCE):
        yield from connection.execute(statement, {"keys": wanted[start : start + _KEYS_AT_ONCE], **bound})


class _Prepared(NamedTuple):
    """A statement as the driver takes it: the text, the values of a row in order, and which need converting."""

    sql: str
    values: Callable[[StoredRow], tuple[Any, ...]]
    conversions: list[tuple[str, Callable[[Any], Any]]]


@cache
def _insert(table: Table, updating: tuple[str, ...] | None, dialect_name: str) -> Insert:
    insert = sqlite.insert(table) if dialect_name == "sqlite" else postgresql.insert(table)
    if updating is None:
        return insert
    keys = list(table.primary_key)
    if not updating:
        return insert.on_conflict_do_nothing(index_elements=keys)
    return insert.on_conflict_do_update(index_elements=keys, set_={name: insert.excluded[name] for name in updating})


@cache
def _prepared(statement: Insert | Update | Delete, dialect_name: str) -> _Prepared:
    compiled = statement.compile(dialect=_POSITIONAL[dialect_name])
    names = compiled.positiontup or []
    conversions = {name: _conversion(compiled.binds[name].type, dialect_name) for name in names}
    return _Prepared(
        str(compiled),
        itemgetter(*names),
        [(name, convert) for name, convert in conversions.items() if convert is not None],
    )


def _conversion(kind: object, dialect_name: str) -> Callable[[Any], Any] | None:
    if isinstance(kind, JSON):
        return _json
    if isinstance(kind, Instant):
        return _instant_text if dialect_name == "sqlite" else _instant
    if dialect_name == "sqlite" and isinstance(kind, Boolean):
        return int  # the driver would look for an adapter of every single bool
    return _day_text if isinstance(kind, Date) and dialect_name == "sqlite" else None


def _encode(value: Any) -> str:  # noqa: ANN401 - any JSON-like value
    return orjson.dumps(value).decode()


def _json(value: Any) -> str | None:  # noqa: ANN401 - any JSON-like value
    if value is None:
        return None
    return _json_words(value) if type(value) is tuple else _encode(value)


@lru_cache(maxsize=256)
def _json_words(words: tuple[str, ...]) -> str:
    """Tags, markers and the like: few different ones, most of them empty."""
    return _encode(words)


def _instant(value: datetime | None) -> datetime | None:
    if value is not None and value.tzinfo is None:
        raise ValueError("a stored time must be aware")
    return value


@lru_cache(maxsize=256)
def _instant_text(value: datetime | None) -> str | None:
    """SQLite has no times; most times of a batch are one and the same moment, hence the cache."""
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("a stored time must be aware")
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _day_text(value: date | None) -> str | None:
    return None if value is None else value.isoformat()
