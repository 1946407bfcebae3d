"""What every table is made of: the metadata, the type of a stored time, and the two columns that recur.

Ids are made by us, so no table has a server-side key; times are UTC (`Instant`).
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, MetaData, Sequence, TypeDecorator
from sqlalchemy.engine import Dialect

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """An aware UTC time. Refuses naive values; SQLite would otherwise drop the offset in silence."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database: UTC; naive on SQLite, which has no zones."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time must be aware")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """From the database: aware, UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def id_column() -> Column[int]:
    """The primary key of most tables."""
    return Column("id", BigInteger, primary_key=True, autoincrement=False)


def case_column(*, nullable: bool = False, index: bool = True) -> Column[int]:
    """The case that a row belongs to."""
    return Column("case_id", BigInteger, ForeignKey("cases.id"), nullable=nullable, index=index)


case_numbers = Sequence("case_numbers", start=1001, metadata=metadata)
"""Where PostgreSQL takes case numbers from; SQLite keeps them in `counters`."""
