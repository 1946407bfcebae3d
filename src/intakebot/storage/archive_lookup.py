"""Looking up for people who work on cases: an agent's own work, customers, files, and the search index.

The part of the archive that fulfils `ports.lookup`. Values are bound, and columns are named in this file only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, false, func, or_, select

from intakebot.domain.case import Case, shown_number
from intakebot.domain.delivery import DeliveryState
from intakebot.domain.errors import NotFoundError
from intakebot.ports import CaseFile
from intakebot.ports.lessons import ClosedCase, StoredModel
from intakebot.ports.lookup import Found, Rarity
from intakebot.storage.archive_case import case_alone
from intakebot.storage.archive_histories import SqlHistories
from intakebot.storage.blobs import Blobs
from intakebot.storage.case_files import case_file_of_number
from intakebot.storage.directory_tables import caller_addresses, callers, customer_domains, customers
from intakebot.storage.json_rows import CASES_WITH_CUSTOMER, LISTED_CASE, NOT_ENDED, JsonRow, json_row
from intakebot.storage.rows import KEYS, select_in
from intakebot.storage.search import cases_with_any, found_cases, rarity
from intakebot.storage.suggestion_records import closed_cases, closed_cases_left, stored_model
from intakebot.storage.tables import case_messages, cases, contacts, decisions, deliveries, files

_UNDELIVERED = (DeliveryState.FAILED.value, DeliveryState.HELD.value)
_KNOWN_CONTENTS = select(contacts.c.content_key).where(contacts.c.content_key.in_(KEYS))
_CONTACT_STATES = select(contacts.c.id, contacts.c.state).where(contacts.c.id.in_(KEYS))
_SOONEST_FIRST = (cases.c.resolved_at.is_not(None), cases.c.solve_by, cases.c.id)


@dataclass(frozen=True, slots=True)
class SqlLookup(SqlHistories):
    """`ports.lookup.Lookup` on the engine that cannot write."""

    blobs: Blobs

    def case_file(self, number: int) -> CaseFile:
        """The case as decisions see it, read only; raises NotFoundError."""
        with self.database.reading.connect() as connection:
            return case_file_of_number(connection, number)

    def case_alone(self, number: int) -> Case:
        """The case without what belongs to it; raises NotFoundError."""
        with self.database.reading.connect() as connection:
            return case_alone(connection, number)

    def known_contents(self, keys: Sequence[str]) -> frozenset[str]:
        """Those of these content keys that a contact has already."""
        with self.database.reading.connect() as connection:
            return frozenset(row.content_key for row in select_in(connection, _KNOWN_CONTENTS, keys))

    def contact_states(self, ids: Sequence[int]) -> Mapping[int, str]:
        """The states of contacts by their ids; without those that do not exist."""
        with self.database.reading.connect() as connection:
            return {row.id: row.state for row in select_in(connection, _CONTACT_STATES, ids)}

    def find(self, text: str, limit: int, offset: int) -> Found:
        """Cases that have every word of the text, best first, each with the line where it was found."""
        with self.database.reading.connect() as connection:
            found = found_cases(connection, text, limit, offset)
            ids = [each.case_id for each in found.hits]
            listed = _listed_cases(connection.execute(_LISTED.where(cases.c.id.in_(ids))).all())
        by_id = {row["id"]: row for row in listed}
        rows = (by_id[hit.case_id] | {"why": hit.why} for hit in found.hits if hit.case_id in by_id)
        return Found(found.total, tuple(rows))

    def rarity(self, words: Sequence[str]) -> Rarity:
        """In how many cases each of these words is."""
        with self.database.reading.connect() as connection:
            return rarity(connection, words)

    def solved_with(self, words: Sequence[str], number: int, limit: int) -> tuple[JsonRow, ...]:
        """Cases but this one that have one of the words and whose answer was sent, likely ones first."""
        with self.database.reading.connect() as connection:
            ids = cases_with_any(connection, words, MOST_CANDIDATES)
            wanted: Select[Any] = _SOLVED.where(cases.c.id.in_(ids), cases.c.number != number)
            sent = [row for row in connection.execute(wanted) if row.resolution["sent_at"]]
        return tuple(_solved(row) for row in sorted(sent, key=lambda row: ids.index(row.id))[:limit])

    def owned_by(self, agent: str, limit: int, offset: int) -> Found:
        """Cases that have not ended and that the agent owns or was sent; the ones to be solved first come first."""
        return self._open_cases(or_(cases.c.owner == agent, cases.c.assignee == agent), limit, offset)

    def unclaimed_in(self, queues: Sequence[str], limit: int, offset: int) -> Found:
        """Cases that wait in these queues and were sent to nobody; the ones to be solved first come first."""
        nobodys = and_(cases.c.owner.is_(None), cases.c.assignee.is_(None), cases.c.resolution.is_(None))
        return self._open_cases(and_(nobodys, cases.c.queue.in_(queues)), limit, offset)

    def undelivered(self, agent: str, queues: Sequence[str], limit: int) -> tuple[JsonRow, ...]:
        """Deliveries that failed or are held, of cases of this agent or these queues that have not ended."""
        columns = ("id", "kind", "state", "answer", "recipient", "channel")
        statement = (
            select(*(deliveries.c[name] for name in columns), cases.c.number.label("case"))
            .join(cases, cases.c.id == deliveries.c.case_id)
            .where(deliveries.c.state.in_(_UNDELIVERED), *NOT_ENDED)
            .where(or_(cases.c.owner == agent, cases.c.queue.in_(queues)))
            .order_by(deliveries.c.id.desc())
            .limit(limit)
        )
        return tuple(row | {"label": shown_number(row["case"])} for row in self._json_rows(statement))

    def customers_like(self, text: str, limit: int) -> tuple[JsonRow, ...]:
        """Customers whose reference, name, domain or caller's address has this text."""
        wanted = text.strip().lower()
        by_caller = (
            select(callers.c.customer_id)
            .join(caller_addresses, caller_addresses.c.caller_id == callers.c.id)
            .where(caller_addresses.c.address.contains(wanted, autoescape=True))
        )
        by_domain = select(customer_domains.c.customer_id).where(customer_domains.c.domain == wanted.rpartition("@")[2])
        named = (func.lower(column).contains(wanted, autoescape=True) for column in _NAMES)
        statement = (
            select(customers.c.reference, customers.c.name, customers.c.tier)
            .where(or_(*named, customers.c.id.in_(by_caller), customers.c.id.in_(by_domain)) if wanted else false())
            .order_by(func.lower(customers.c.reference) != wanted, customers.c.name, customers.c.id)
            .limit(limit)
        )
        return tuple(self._json_rows(statement))

    def opening_trace(self, number: int) -> JsonRow:
        """Why the contact that opened the case became a case: the stored trace, {} where there is none."""
        return next((dict(row["trace"]) for row in self._json_rows(_OPENING_TRACE, number=number)), {})

    def files_of(self, number: int) -> tuple[JsonRow, ...]:
        """Files that came with the case's contacts."""
        return tuple(self._json_rows(_FILES, number=number))

    def file(self, file_id: int) -> JsonRow:
        """One file that came with a contact, with the contact's channel; raises NotFoundError."""
        found = self._json_rows(_ONE_FILE, this_id=file_id)
        if not found:
            raise NotFoundError(f"there is no attachment {file_id}")
        return found[0]

    def closed_cases(self, after: int, limit: int) -> tuple[ClosedCase, ...]:
        """Cases that were closed by an event after this one, in the order in which they were closed."""
        with self.database.reading.connect() as connection:
            return closed_cases(connection, after, limit)

    def closed_cases_left(self, after: int) -> int:
        """How many of them there are."""
        with self.database.reading.connect() as connection:
            return closed_cases_left(connection, after)

    def suggestion_model(self) -> StoredModel | None:
        """What was learned for suggesting categories, or None."""
        with self.database.reading.connect() as connection:
            return stored_model(connection)

    def categories(self) -> tuple[str, ...]:
        """Categories that recent cases have, in alphabetical order."""
        statement = select(_RECENT.c.category).distinct().order_by(_RECENT.c.category)
        return tuple(row["category"] for row in self._json_rows(statement) if row["category"])

    def _open_cases(self, wanted: ColumnElement[bool], limit: int, offset: int) -> Found:
        with self.database.reading.connect() as connection:
            total = connection.scalar(select(func.count()).select_from(cases).where(wanted, *NOT_ENDED)) or 0
            page = _LISTED.where(wanted, *NOT_ENDED).order_by(*_SOONEST_FIRST).limit(limit).offset(offset)
            return Found(total, tuple(_listed_cases(connection.execute(page).all())))

    def _json_rows(self, statement: Select[Any], **bound: object) -> list[JsonRow]:
        with self.database.reading.connect() as connection:
            return [json_row(row) for row in connection.execute(statement, bound)]


MOST_CANDIDATES = 200
"""Cases that share a rare word, of which those without an answer are left out."""

_SOLVED = select(
    cases.c.id,
    cases.c.number,
    cases.c.title,
    func.substr(cases.c.description, 1, 10_000).label("said"),
    cases.c.resolution,
).where(cases.c.resolution.is_not(None))
_RECENT = select(cases.c.category).order_by(cases.c.id.desc()).limit(5_000).subquery()
_LISTED: Select[Any] = select(*LISTED_CASE).select_from(CASES_WITH_CUSTOMER)
_NAMES = (customers.c.reference, customers.c.name)
_OPENING_TRACE = (
    select(decisions.c.trace)
    .join(cases, cases.c.contact_id == decisions.c.contact_id)
    .where(cases.c.number == bindparam("number"))
    .order_by(decisions.c.id)
    .limit(1)
)
_ONE_FILE = (
    select(files, contacts.c.channel)
    .join(contacts, contacts.c.id == files.c.contact_id)
    .where(files.c.id == bindparam("this_id"))
)
_FILES = (
    select(files)
    .where(
        files.c.contact_id.in_(
            select(case_messages.c.contact_id)
            .join(cases, cases.c.id == case_messages.c.case_id)
            .where(cases.c.number == bindparam("number"))
        )
    )
    .order_by(files.c.id)
)


def _listed_cases(rows: Sequence[Row[Any]]) -> list[JsonRow]:
    return [found | {"label": shown_number(found["number"])} for found in map(json_row, rows)]


def _solved(row: Row[Any]) -> JsonRow:
    return {
        "number": row.number,
        "label": shown_number(row.number),
        "title": row.title,
        "description": row.said,
        "template": row.resolution["template"],
        "text": row.resolution["text"],
    }
