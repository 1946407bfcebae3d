"""The store that use cases work through: `ports.Store` on one connection, inside the writer's transaction.

Made by the writer for every transaction and never kept. Reading is in bulk; writing takes only a `Change`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, bindparam, func, select, text, update
from sqlalchemy.exc import DBAPIError

from intakebot.domain.change import Change, Timer
from intakebot.domain.contact import ContactState, Kept, NewContact, PendingContact
from intakebot.domain.customer import CustomerRecord
from intakebot.domain.delivery import Delivery
from intakebot.domain.errors import ConflictError
from intakebot.ports import CaseFile, Clues, Surroundings
from intakebot.ports.chat_store import FollowUp, owes_nothing
from intakebot.ports.lessons import StoredModel
from intakebot.storage import case_files, contact_records, delivery_records, directory, directory_records
from intakebot.storage.blobs import Blobs
from intakebot.storage.case_records import due_timers, write_cases
from intakebot.storage.chat_glances import SqlGlances
from intakebot.storage.chat_records import SqlChatStore
from intakebot.storage.decided_records import write_decided
from intakebot.storage.mailbox_records import SqlMailboxStore
from intakebot.storage.schema import case_numbers
from intakebot.storage.search_index import index_changes
from intakebot.storage.suggestion_records import keep_model
from intakebot.storage.surroundings import read_surroundings
from intakebot.storage.tables import counters, refusals

CASE_IS_FINAL = "the case has ended: nothing may change"
"""What the database's own triggers say when they refuse; see migrations/versions/0003."""

_COUNT_ON = (
    update(counters)
    .where(counters.c.name == case_numbers.name)
    .values(value=counters.c.value + bindparam("count"))
    .returning(counters.c.value)
)
_NEXT_VALUES = select(func.nextval(case_numbers.name)).select_from(func.generate_series(1, bindparam("count")))
_COUNT_REFUSAL = text(
    "INSERT INTO refusals (day, address, code, count) VALUES (:day, :address, :code, :count)"
    " ON CONFLICT (day, address, code) DO UPDATE SET count = refusals.count + excluded.count"
).bindparams(bindparam("day", type_=refusals.c.day.type))


@dataclass(frozen=True, slots=True)
class SqlStore:
    """`ports.Store` on a connection; `blobs` takes what is too large for a row.

    `follow_up` says which posts changes owe to agents; they are written with the changes. `node` is this process
    among those on the same database.
    """

    connection: Connection
    blobs: Blobs
    follow_up: FollowUp = owes_nothing
    node: int = 0

    @property
    def chat(self) -> SqlChatStore:
        """The chat part of this transaction."""
        return SqlChatStore(self.connection)

    @property
    def mailboxes(self) -> SqlMailboxStore:
        """The mailbox part of this transaction."""
        return SqlMailboxStore(self.connection)

    def keep(self, contacts: Sequence[NewContact]) -> list[Kept]:
        """Insert contacts with their raw bytes; a repeat (same content key) becomes an arrival of the first."""
        return contact_records.keep_contacts(self.connection, self.blobs, contacts)

    def begin_attempts(self, contact_ids: Sequence[int] | None, limit: int) -> list[PendingContact]:
        """Count an attempt for kept contacts (these, or the oldest unregistered ones) and return them."""
        return contact_records.begin_attempts(self.connection, self.blobs, contact_ids, limit)

    def contact_state(self, contact_id: int) -> ContactState:
        """Where a contact stands; raises NotFoundError."""
        return contact_records.contact_state(self.connection, contact_id)

    def surroundings(self, clues: Sequence[Clues], at: datetime) -> list[Surroundings]:
        """Look everything up for a batch, a handful of queries for all of it."""
        return read_surroundings(self.connection, clues, at)

    def case_numbers(self, count: int) -> list[int]:
        """The next case numbers; never given out twice."""
        if self.connection.dialect.name == "sqlite":
            last = self.connection.scalars(_COUNT_ON, {"count": count}).one()
            return list(range(last - count + 1, last + 1))
        return list(self.connection.scalars(_NEXT_VALUES, {"count": count}))

    def case_file(self, number: int) -> CaseFile:
        """A case by its number; raises NotFoundError."""
        return case_files.case_file_of_number(self.connection, number)

    def case_file_by_id(self, case_id: int) -> CaseFile:
        """A case by its id; raises NotFoundError."""
        return case_files.read_case_file(self.connection, case_id)

    def case_of_task(self, task_id: int) -> CaseFile:
        """The case of a task; raises NotFoundError."""
        return case_files.case_file_of_task(self.connection, task_id)

    def cases_of_handover(self, reference: str) -> list[CaseFile]:
        """Cases with open tasks that were handed over to this reference."""
        return case_files.case_files_of_handover(self.connection, reference)

    def apply(self, changes: Sequence[Change]) -> None:
        """Write changes; raises ConflictError when a case is no longer the version that was decided on."""
        try:
            self._write(changes)
        except DBAPIError as error:
            if CASE_IS_FINAL in str(error.orig):
                raise ConflictError(f"{CASE_IS_FINAL}; look at it again") from error
            raise

    def _write(self, changes: Sequence[Change]) -> None:
        directory_records.write_callers(self.connection, [caller for change in changes for caller in change.callers])
        write_cases(self.connection, changes)
        index_changes(self.connection, changes)
        write_decided(self.connection, changes)
        owed = [delivery for change in changes for delivery in change.deliveries]
        delivery_records.write_deliveries(self.connection, self.blobs, owed)
        settlements = [settlement for change in changes for settlement in change.settlements]
        delivery_records.settle_deliveries(self.connection, settlements)
        contact_records.settle_contacts(self.connection, [out for change in changes for out in change.contacts])
        posts = self.follow_up(changes, SqlGlances(self.connection))
        if posts:
            self.chat.owe_posts(posts)

    def claim_deliveries(self, now: datetime, limit: int, busy: Collection[str] = ()) -> list[Delivery]:
        """Move due deliveries (queued, deferred) to `sending` and return them, attempts counted."""
        return delivery_records.claim_deliveries(self.connection, self.blobs, self.node, now, limit, busy)

    def lost_deliveries(self, now: datetime, *, own: bool) -> list[Delivery]:
        """Deliveries left in `sending` by a process that died: their fate is unknown."""
        return delivery_records.lost_deliveries(self.connection, self.node, now, own=own)

    def delivery(self, delivery_id: int) -> Delivery:
        """One delivery; raises NotFoundError."""
        return delivery_records.read_delivery(self.connection, delivery_id)

    def take_due_timers(self, now: datetime, limit: int) -> list[Timer]:
        """Due timers, oldest first (they are cleared by the change that acts on them)."""
        return due_timers(self.connection, now, limit)

    def customer_by_reference(self, reference: str) -> CustomerRecord:
        """A customer with all that hangs on it; raises NotFoundError."""
        return directory.customer_by_reference(self.connection, reference)

    def customer_by_id(self, customer_id: int) -> CustomerRecord | None:
        """A customer without its callers."""
        return directory.read_customers(self.connection, [customer_id]).get(customer_id)

    def sent_mails(self, case_id: int) -> list[str]:
        """The texts of the newest mails that left for a case, newest first."""
        return delivery_records.sent_mails(self.connection, case_id)

    def rules_seen_since(self, case_id: int, kind: str, since: datetime) -> frozenset[str]:
        """The rules that wrote an event of this kind into a case's history, then or later."""
        return case_files.rules_seen_since(self.connection, case_id, kind, since)

    def touched_cases(self) -> list[tuple[int, datetime]]:
        """Every case that has not ended, with when a person or the caller last did something with it."""
        return case_files.touched_cases(self.connection)

    def customer_of_caller(self, caller_id: int) -> CustomerRecord | None:
        """The customer that a caller belongs to."""
        return directory.customer_of_caller(self.connection, caller_id)

    def import_customers(self, records: Sequence[CustomerRecord]) -> int:
        """Insert or update customers by their references; returns how many were new."""
        return directory_records.import_customers(self.connection, records)

    def count_refusals(self, counted: Mapping[tuple[str, str, str], int]) -> None:
        """Add to the counters of refusals before content, keyed (day, address, code)."""
        rows = [
            {"day": date.fromisoformat(day), "address": address, "code": code, "count": count}
            for (day, address, code), count in counted.items()
        ]
        if rows:
            self.connection.execute(_COUNT_REFUSAL, rows)

    def keep_suggestion_model(self, model: StoredModel) -> None:
        """Keep what was learned for suggesting categories, in place of what was kept before."""
        keep_model(self.connection, model)
