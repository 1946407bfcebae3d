"""The histories of many cases, one after the other: fulfils `ports.histories`, for figures over a whole month."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import bindparam, select

from intakebot.ports.histories import History, HistoryLine
from intakebot.storage.engine import Database
from intakebot.storage.tables import case_events, cases, contacts

AT_ONCE = 1_000
"""Rows that are in hand together."""
_HISTORIES = (
    select(
        cases.c.number,
        contacts.c.message_id,
        case_events.c.kind,
        case_events.c.by,
        case_events.c.changes,
        case_events.c.note,
    )
    .join_from(cases, case_events, case_events.c.case_id == cases.c.id)
    .outerjoin(contacts, contacts.c.id == cases.c.contact_id)
    .where(cases.c.opened_at >= bindparam("since", type_=cases.c.opened_at.type))
    .order_by(cases.c.id, case_events.c.id)
    .execution_options(yield_per=AT_ONCE)
)


@dataclass(frozen=True, slots=True)
class SqlHistories:
    """`ports.histories.Histories` on the engine that cannot write."""

    database: Database

    def histories(self, since: datetime) -> Iterator[History]:
        """Of every case that was registered since then, oldest first; read while they are taken."""
        with self.database.reading.connect() as connection:
            rows = connection.execute(_HISTORIES, {"since": since})
            for (number, message_id), events in groupby(rows, key=lambda row: (row.number, row.message_id or "")):
                lines = tuple(HistoryLine(row.kind, row.by, row.changes, row.note) for row in events)
                yield History(number, message_id, lines)
