"""What the storage suite is fed with: records with few words, and a room that has a writer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeVar

from sqlalchemy import Connection

from intakebot.domain.actors import SYSTEM, Actor
from intakebot.domain.case import Case, CaseEvent, Comment, CommentKind, Resolution, Task, TaskStatus, alter, opened
from intakebot.domain.change import CaseMessage, Change, ThreadId
from intakebot.domain.contact import ContactOutcome, ContactState, Envelope, Incoming, NewContact
from intakebot.domain.delivery import Delivery, DeliveryKind
from intakebot.ports import Store
from intakebot.ports.chat_store import FollowUp, owes_nothing
from intakebot.storage.blobs import Blobs
from intakebot.storage.engine import Database
from intakebot.storage.store import SqlStore
from intakebot.storage.writer import GroupWriter

T = TypeVar("T")
NOW = datetime(2026, 3, 2, 9, 30, 15, 123456, tzinfo=UTC)
ANNE = Actor.agent("anne")
new_id = count(1_000).__next__


class Room:
    """A database with a writer; `do` runs one thing in a transaction of its own."""

    def __init__(self, database: Database, *, batch: int = 256, on_failed: Callable[[], None] = lambda: None) -> None:
        self.database = database
        self.follow_up: FollowUp = owes_nothing
        self.blobs = Blobs(database.data_dir)
        self.writer = GroupWriter(database, self.store, batch=batch, on_failed=on_failed)

    def store(self, connection: Connection) -> Store:
        return SqlStore(connection, self.blobs, self.follow_up)

    def do(self, work: Callable[[Store], T]) -> T:
        def operation(store: Store, items: Sequence[None]) -> list[T]:
            return [work(store) for _ in items]

        return self.writer.run(operation, [None])[0]

    def apply(self, *changes: Change) -> None:
        self.do(lambda store: store.apply(changes))

    def execute(self, sql: str) -> None:
        """SQL from outside, as somebody with the writing connection would send it."""
        with self.database.writing.begin() as connection:
            connection.exec_driver_sql(sql)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.database.reading.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(sql)]


def new_contact(
    content: bytes = b"Subject: help\r\n\r\nhelp",
    *,
    message_id: str = "<1@customer.example>",
    at: datetime = NOW,
    to: tuple[str, ...] = ("support@house.example",),
) -> NewContact:
    envelope = Envelope("ann@customer.example", to, "smtp", "192.0.2.1", "client.example", tls=True)
    key = hashlib.sha256(content).hexdigest()
    return NewContact(new_id(), Incoming("email", envelope, content), key, message_id, at)


def new_case(**fields: Any) -> Case:
    case_id = new_id()
    given: dict[str, Any] = {
        "id": case_id,
        "number": case_id,
        "workflow": "crc",
        "status": "Pending",
        "title": "No signal",
        "description": "The router shows no signal.",
        "channel": "email",
        "opened_at": NOW,
        "queue": "crc",
    }
    return Case(**given | fields)


def opening(case: Case, **more: Any) -> Change:
    return Change(cases=(case,), events=(opened(case, new_id(), SYSTEM),), **more)


def altering(case: Case, at: datetime = NOW, **fields: object) -> Change:
    altered, event = alter(case, new_id(), "case.changed", ANNE, at, **fields)
    return Change(cases=(altered,), events=(event,))


def closing(case: Case) -> Change:
    """Everything that ends a case, in one change: a comment, a message, a finished task, the closing itself."""
    resolution = Resolution("Restarted it.", ANNE, NOW, sent_at=NOW)
    change = altering(case, status="Closed", resolution=resolution, closed_at=NOW + timedelta(days=10))
    return change + Change(comments=(new_comment(case),), messages=(new_message(case),), tasks=(new_task(case),))


def new_comment(case: Case) -> Comment:
    return Comment(new_id(), case.id, CommentKind.COMMENT, ANNE, NOW, "Looked into it.")


def new_event(case: Case) -> CaseEvent:
    return CaseEvent(new_id(), case.id, "case.noted", ANNE, NOW, {})


def new_message(case: Case) -> CaseMessage:
    return CaseMessage(new_id(), case.id, new_id(), "ann@customer.example", "help", "help > old", "help", NOW)


def new_task(case: Case, **fields: Any) -> Task:
    return replace(Task(new_id(), case.id, "Send a router", TaskStatus.QUEUED, NOW, queue="logistics"), **fields)


def new_delivery(case: Case, **fields: Any) -> Delivery:
    delivery_id = new_id()
    given = Delivery(
        id=delivery_id,
        case_id=case.id,
        kind=DeliveryKind.ACKNOWLEDGEMENT,
        channel="email",
        recipient="ann@customer.example",
        recipient_name="Ann",
        sender="support@house.example",
        sender_name="Support",
        reply_to="",
        subject="We have your message",
        text="Thank you.",
        html="",
        message_id=f"<{delivery_id}@house.example>",
        in_reply_to="<1@customer.example>",
        references=("<1@customer.example>",),
        automatic=True,
        created_at=NOW,
        due_at=NOW,
    )
    return replace(given, **fields)


def threaded(case: Case, *message_ids: str) -> tuple[ThreadId, ...]:
    return tuple(ThreadId(message_id, case.id) for message_id in message_ids)


def outcome(contact_id: int, **fields: Any) -> ContactOutcome:
    given = ContactOutcome(contact_id, ContactState.REGISTERED, "new case", None, None, "help", "ann", (), NOW)
    return replace(given, **fields)
