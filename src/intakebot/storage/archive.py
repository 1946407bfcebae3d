"""Reading for people: lists and whole cases as JSON-like data, outside any writing transaction.

Used through `ports.Archive` by the desk's questions, the watch and the worker. Times come as ISO text, ids as
numbers. Values are bound, and columns are named in this file only, never by the one who asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Executable, Select, Table, func, literal, or_, select

from intakebot.domain.case import shown_number
from intakebot.domain.delivery import DeliveryState
from intakebot.domain.errors import NotFoundError
from intakebot.ports import CaseFilter
from intakebot.storage.archive_case import history, id_of_number, whole_case
from intakebot.storage.archive_lookup import SqlLookup
from intakebot.storage.chat_tables import chat_envelopes, chat_posts
from intakebot.storage.directory import customer_by_reference
from intakebot.storage.directory_tables import customers
from intakebot.storage.json_rows import (
    CASES_WITH_CUSTOMER,
    LISTED_CASE,
    NOT_ENDED,
    JsonRow,
    json_record,
    json_row,
    json_value,
)
from intakebot.storage.mailbox_records import mailboxes_as_they_stand
from intakebot.storage.rule_tables import decided_facts
from intakebot.storage.surroundings import replies_everywhere
from intakebot.storage.tables import (
    arrivals,
    case_events,
    cases,
    contacts,
    decisions,
    deliveries,
    delivery_steps,
    files,
    raw_messages,
    refusals,
    timers,
)

_WAITS = cases.c.owner.is_(None)
_QUEUES = (
    select(
        cases.c.queue,
        func.count().filter(_WAITS).label("waiting"),
        func.count().filter(~_WAITS).label("in_charge"),
        func.min(cases.c.opened_at).filter(_WAITS).label("oldest_waiting_at"),
    )
    .where(*NOT_ENDED, cases.c.resolution.is_(None))
    .group_by(cases.c.queue)
)
_LAST_TAKEN = (
    select(cases.c.queue, func.max(case_events.c.at).label("last_taken_at"))
    .join_from(case_events, cases)
    .where(*NOT_ENDED, case_events.c.changes["owner"].as_string().is_not(None))
    .group_by(cases.c.queue)
)
_CASE_STATE = func.coalesce(cases.c.ended_as, cases.c.status)
_COUNTS: dict[str, Executable] = {
    "contacts": select(contacts.c.state, func.count()).group_by(contacts.c.state),
    "deliveries": select(deliveries.c.state, func.count()).group_by(deliveries.c.state),
    "arrivals": select(literal("all"), func.count()).select_from(arrivals),
    "refusals": select(refusals.c.code, func.sum(refusals.c.count)).group_by(refusals.c.code),
    "cases": select(_CASE_STATE, func.count()).group_by(_CASE_STATE),
    "timers": select(timers.c.kind, func.count()).group_by(timers.c.kind),
    "envelopes": select(chat_envelopes.c.state, func.count()).group_by(chat_envelopes.c.state),
    "posts": select(chat_posts.c.state, func.count()).group_by(chat_posts.c.state),
}
_NEXT_DUE = (
    select(func.min(deliveries.c.due_at)).where(
        deliveries.c.state.in_([DeliveryState.QUEUED.value, DeliveryState.DEFERRED.value])
    ),
    select(func.min(timers.c.due_at)),
)


@dataclass(frozen=True, slots=True)
class SqlArchive(SqlLookup):
    """`ports.Archive` on the engine that cannot write."""

    def cases(self, wanted: CaseFilter) -> list[JsonRow]:
        """One row per case, newest first."""
        statement = select(*LISTED_CASE).select_from(CASES_WITH_CUSTOMER)
        for column, value in (
            (cases.c.queue, wanted.queue),
            (cases.c.owner, wanted.owner),
            (cases.c.status, wanted.status),
        ):
            statement = statement.where(column == value) if value else statement
        if wanted.customer:
            statement = statement.where(
                or_(customers.c.reference == wanted.customer, customers.c.name == wanted.customer)
            )
        if not wanted.ended:
            statement = statement.where(*NOT_ENDED)
        rows = self._rows(statement.order_by(cases.c.id.desc()).limit(wanted.limit))
        return [row | {"label": shown_number(row["number"])} for row in rows]

    def case(self, number: int) -> JsonRow:
        """A whole case with everything that belongs to it; raises NotFoundError."""
        with self.database.reading.connect() as connection:
            return whole_case(connection, number)

    def events(self, number: int) -> list[JsonRow]:
        """The history of a case, oldest first; raises NotFoundError."""
        with self.database.reading.connect() as connection:
            return history(connection, number)

    def decisions(self, number: int) -> list[JsonRow]:
        """The stored decisions of all contacts of a case, oldest first; raises NotFoundError."""
        with self.database.reading.connect() as connection:
            case_id = id_of_number(connection, number)
        its_contacts = select(contacts.c.id).where(contacts.c.case_id == case_id)
        its_decisions = or_(decisions.c.case_id == case_id, decisions.c.contact_id.in_(its_contacts))
        return self._rows(select(decisions).where(its_decisions).order_by(decisions.c.id))

    def what_rules_saw(self, decision_ids: Sequence[int]) -> dict[int, tuple[bytes, bytes]]:
        """What was kept of the facts of decisions, packed: of the message, and what rules were told beside it."""
        wanted = select(decided_facts.c.decision_id, decided_facts.c.facts, decided_facts.c.told)
        with self.database.reading.connect() as connection:
            rows = connection.execute(wanted.where(decided_facts.c.decision_id.in_(decision_ids)))
            return {row.decision_id: (row.facts, row.told) for row in rows}

    def contacts(self, state: str, limit: int) -> list[JsonRow]:
        """The call log, newest first; `state` '' = all."""
        return self._listed(contacts, contacts.c.state, state, limit)

    def contact(self, contact_id: int) -> JsonRow:
        """One contact with its arrivals, files and decisions; raises NotFoundError."""
        row = self._one(_with_number(contacts).where(contacts.c.id == contact_id), f"contact {contact_id}")
        return row | {
            "arrivals": self._of_contact(arrivals, arrivals.c.position, contact_id),
            "files": self._of_contact(files, files.c.id, contact_id),
            "decisions": self._of_contact(decisions, decisions.c.id, contact_id),
        }

    def content(self, contact_id: int) -> bytes:
        """The raw bytes of a contact; raises NotFoundError."""
        statement = (
            select(contacts.c.blob, raw_messages.c.content)
            .join_from(contacts, raw_messages, isouter=True)
            .where(contacts.c.id == contact_id)
        )
        with self.database.reading.connect() as connection:
            row = connection.execute(statement).one_or_none()
        if row is None:
            raise NotFoundError(f"there is no contact {contact_id}")
        return self.blobs.read(row.blob) if row.blob else bytes(row.content)

    def deliveries(self, state: str, limit: int) -> list[JsonRow]:
        """Deliveries, newest first; `state` '' = all."""
        return self._listed(deliveries, deliveries.c.state, state, limit)

    def delivery(self, delivery_id: int) -> JsonRow:
        """One delivery with its steps; raises NotFoundError."""
        row = self._one(_with_number(deliveries).where(deliveries.c.id == delivery_id), f"delivery {delivery_id}")
        steps = select(delivery_steps).where(delivery_steps.c.delivery_id == delivery_id)
        return row | {"steps": self._rows(steps.order_by(delivery_steps.c.position))}

    def customer(self, reference: str) -> JsonRow:
        """A customer with callers, accounts, subscriptions, keys and agreements; raises NotFoundError."""
        with self.database.reading.connect() as connection:
            record = customer_by_reference(connection, reference)
        parts = {part.name: getattr(record, part.name) for part in fields(record) if part.name != "customer"}
        return json_record(record.customer) | {
            name: [json_record(part) for part in found] for name, found in parts.items()
        }

    def queues(self) -> dict[str, JsonRow]:
        """Per queue with cases at work: how many wait and since when, how many are in charge, the last taking."""
        with self.database.reading.connect() as connection:
            taken = {row.queue: json_value(row.last_taken_at) for row in connection.execute(_LAST_TAKEN)}
            return {
                row.queue: {
                    "waiting": row.waiting,
                    "in_charge": row.in_charge,
                    "oldest_waiting_at": json_value(row.oldest_waiting_at),
                    "last_taken_at": taken.get(row.queue),
                }
                for row in connection.execute(_QUEUES)
            }

    def counts(self) -> dict[str, dict[str, int]]:
        """How many of everything; void and merged cases count as such, whatever their status was."""
        with self.database.reading.connect() as connection:
            return {
                name: {str(row[0]): int(row[1]) for row in connection.execute(statement)}
                for name, statement in _COUNTS.items()
            }

    def replies_everywhere(self, now: datetime) -> int:
        """How many automatic replies were written in the last hour, to anybody."""
        with self.database.reading.connect() as connection:
            return replies_everywhere(connection, now)

    def next_due(self) -> datetime | None:
        """The earliest moment at which a delivery or a timer is due, or None."""
        with self.database.reading.connect() as connection:
            moments = [connection.scalar(statement) for statement in _NEXT_DUE]
        return min((moment for moment in moments if moment is not None), default=None)

    def mailboxes(self) -> list[JsonRow]:
        """Every mailbox that was looked into, by name, and how many of its mails are unfinished."""
        with self.database.reading.connect() as connection:
            return mailboxes_as_they_stand(connection)

    def _rows(self, statement: Select[Any]) -> list[JsonRow]:
        with self.database.reading.connect() as connection:
            return [json_row(row) for row in connection.execute(statement)]

    def _one(self, statement: Select[Any], what: str) -> JsonRow:
        rows = self._rows(statement)
        if not rows:
            raise NotFoundError(f"there is no {what}")
        return rows[0]

    def _listed(self, table: Table, state_column: Column[str], state: str, limit: int) -> list[JsonRow]:
        statement = _with_number(table).order_by(table.c.id.desc()).limit(limit)
        return self._rows(statement.where(state_column == state) if state else statement)

    def _of_contact(self, table: Table, order: Column[int], contact_id: int) -> list[JsonRow]:
        return self._rows(select(table).where(table.c.contact_id == contact_id).order_by(order))


def _with_number(table: Table) -> Select[Any]:
    """The rows of a table that belong to cases, with the case's number as `case` (None without a case)."""
    return select(table, cases.c.number.label("case")).outerjoin(cases, cases.c.id == table.c.case_id)
