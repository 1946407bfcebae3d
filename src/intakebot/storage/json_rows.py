"""Rows as JSON-like data, and the columns that every list of cases shows. Used by both halves of the archive."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row

from intakebot.storage.directory_tables import customers
from intakebot.storage.tables import cases

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

JsonRow = dict[str, Any]

_CUSTOMER_NAME = customers.c.name.label("customer")
LISTED_CASE = (
    cases.c.id,
    cases.c.number,
    cases.c.status,
    cases.c.workflow,
    cases.c.title,
    cases.c.queue,
    cases.c.owner,
    cases.c.assignee,
    cases.c.priority,
    cases.c.category,
    _CUSTOMER_NAME,
    cases.c.opened_at,
    cases.c.respond_by,
    cases.c.solve_by,
    cases.c.resolved_at,
    cases.c.closed_at,
    cases.c.ended_as,
)
CASES_WITH_CUSTOMER = cases.outerjoin(customers, customers.c.id == cases.c.customer_id)
NOT_ENDED = (cases.c.closed_at.is_(None), cases.c.ended_as.is_(None))


def json_row(row: Row[Any]) -> JsonRow:
    """A row by its columns' names."""
    return {name: json_value(value) for name, value in row._mapping.items()}  # noqa: SLF001 - SQLAlchemy's public name


def json_record(record: DataclassInstance) -> JsonRow:
    """A domain record by its fields' names."""
    return {name: json_value(value) for name, value in asdict(record).items()}


def json_value(value: Any) -> Any:  # noqa: ANN401 - a stored value becomes JSON-like data here
    """Dates as ISO text, enums by value."""
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value
