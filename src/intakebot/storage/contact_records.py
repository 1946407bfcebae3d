"""Contacts as rows: keeping them before anybody is answered, counting attempts, and what became of them.

Called by the store. A contact is one content; the same content again is an arrival of it (rule: the content key
decides, the Message-ID is only a hint; without one a repeat counts within `REPEAT_WINDOW`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    ColumnClause,
    Connection,
    Row,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
    update,
)

from intakebot.domain.contact import ContactOutcome, ContactState, Envelope, Kept, NewContact, PendingContact
from intakebot.domain.errors import ConflictError, NotFoundError
from intakebot.storage.blobs import Blobs
from intakebot.storage.rows import KEYS, StoredRow, insert_rows, select_in, write_rows
from intakebot.storage.tables import arrivals, contacts, raw_messages

REPEAT_WINDOW = timedelta(hours=72)
_UNSETTLED = (ContactState.RECEIVED.value, ContactState.QUARANTINED.value)

_FIRST_OF_KEY = select(contacts.c.id, contacts.c.content_key, contacts.c.received_at).where(
    contacts.c.content_key.in_(KEYS), contacts.c.repeat_of.is_(None)
)
_LATER_OF_FIRST = (
    select(contacts.c.id, contacts.c.content_key, contacts.c.received_at)
    .where(contacts.c.repeat_of.in_(KEYS))
    .order_by(contacts.c.id)
)
_LAST_ARRIVALS = (
    select(arrivals.c.contact_id, func.max(arrivals.c.position).label("last"))
    .where(arrivals.c.contact_id.in_(KEYS))
    .group_by(arrivals.c.contact_id)
)
_OLDEST_RECEIVED = (
    select(contacts.c.id)
    .where(contacts.c.state == ContactState.RECEIVED.value)
    .order_by(contacts.c.id)
    .limit(bindparam("count"))
    .with_for_update(skip_locked=True)
)
_COUNT_ATTEMPT = (
    update(contacts)
    .where(contacts.c.id.in_(KEYS), contacts.c.state.in_(_UNSETTLED))
    .values(attempts=contacts.c.attempts + 1)
)
_PENDING = (
    select(contacts, raw_messages.c.content)
    .join_from(contacts, raw_messages, isouter=True)
    .where(contacts.c.id.in_(KEYS), contacts.c.state.in_(_UNSETTLED))
    .order_by(contacts.c.id)
)
_ARRIVALS = (
    select(arrivals.c.contact_id, arrivals.c.recipient)
    .where(arrivals.c.contact_id.in_(KEYS))
    .order_by(arrivals.c.contact_id, arrivals.c.position)
)
_STATE = select(contacts.c.state).where(contacts.c.id == bindparam("this_id"))
_RETRY = bindparam("retry", type_=Boolean())
_IS_UNSETTLED: ColumnClause[bool] = literal_column("contacts.state IN ('received', 'quarantined')")
_AGAIN = bindparam("again", type_=Boolean())  # a split: what the contact said stays as it was read
_SETTLE = (
    update(contacts)
    .where(contacts.c.id == bindparam("this_id"), or_(_IS_UNSETTLED, _AGAIN))
    .values(
        state=case((_RETRY, contacts.c.state), else_=bindparam("new_state")),
        reason=bindparam("new_reason"),
        case_id=bindparam("new_case_id"),
        caller_id=case((_AGAIN, contacts.c.caller_id), else_=bindparam("new_caller_id")),
        subject=case((_AGAIN, contacts.c.subject), else_=bindparam("new_subject")),
        sender=case((_AGAIN, contacts.c.sender), else_=bindparam("new_sender")),
        defects=case((_AGAIN, contacts.c.defects), else_=bindparam("new_defects", type_=JSON())),
        settled_at=bindparam("new_settled_at"),
    )
)


@dataclass(frozen=True, slots=True)
class _Known:
    """A kept contact as repeats are told by."""

    id: int
    first_id: int
    received_at: datetime


def keep_contacts(connection: Connection, blobs: Blobs, new: Sequence[NewContact]) -> list[Kept]:
    """Insert contacts with their raw bytes, or arrivals where we have the content already.

    Asked again after a lost answer it finds the contact by its id and says the same as the first time.
    """
    known = _known_contacts(connection, new)
    fresh: list[tuple[NewContact, int | None]] = []
    arrived: list[tuple[int, NewContact]] = []
    kept = []
    for contact in new:
        earlier = known.get(contact.content_key)
        if earlier is not None and _repeats(contact, earlier):
            kept.append(Kept(earlier.id, repeat=earlier.id != contact.id))
            arrived += [] if earlier.id == contact.id else [(earlier.id, contact)]
            continue
        first_id = earlier.first_id if earlier else contact.id
        known[contact.content_key] = _Known(contact.id, first_id, contact.received_at)
        fresh.append((contact, earlier.first_id if earlier else None))
        arrived.append((contact.id, contact))
        kept.append(Kept(contact.id, repeat=False))
    _insert_contacts(connection, blobs, fresh)
    repeated = {contact_id for contact_id, contact in arrived if contact_id != contact.id}
    _insert_arrivals(connection, arrived, repeated)
    return kept


def _repeats(contact: NewContact, earlier: _Known) -> bool:
    return bool(contact.message_id) or contact.received_at - earlier.received_at <= REPEAT_WINDOW


def _known_contacts(connection: Connection, new: Sequence[NewContact]) -> dict[str, _Known]:
    """By content key the contact that a repeat would belong to: the latest one with a window of its own."""
    found = select_in(connection, _FIRST_OF_KEY, [contact.content_key for contact in new])
    known = {row.content_key: _Known(row.id, row.id, row.received_at) for row in found}
    late = [
        known[contact.content_key].id
        for contact in new
        if contact.content_key in known and not _repeats(contact, known[contact.content_key])
    ]
    for row in select_in(connection, _LATER_OF_FIRST, late):
        known[row.content_key] = _Known(row.id, known[row.content_key].first_id, row.received_at)
    return known


def _insert_contacts(connection: Connection, blobs: Blobs, fresh: Iterable[tuple[NewContact, int | None]]) -> None:
    rows: list[StoredRow] = []
    raw: list[StoredRow] = []
    for contact, repeat_of in fresh:
        content = contact.incoming.content
        blob = blobs.write(content) if len(content) > blobs.inline_limit else None
        if blob is None:
            raw.append({"contact_id": contact.id, "content": content})
        rows.append(_contact_row(contact, repeat_of, blob))
    insert_rows(connection, contacts, rows)
    insert_rows(connection, raw_messages, raw)


def _contact_row(contact: NewContact, repeat_of: int | None, blob: str | None) -> StoredRow:
    envelope = contact.incoming.envelope
    return {
        "id": contact.id,
        "channel": contact.incoming.channel,
        "content_key": contact.content_key,
        "repeat_of": repeat_of,
        "message_id": contact.message_id,
        "received_at": contact.received_at,
        "arrived_at": envelope.arrived_at,
        "envelope_sender": envelope.sender,
        "route": envelope.route,
        "peer": envelope.peer,
        "greeting": envelope.greeting,
        "tls": envelope.tls,
        "size": len(contact.incoming.content),
        "blob": blob,
        "state": ContactState.RECEIVED.value,
        "attempts": 0,
        "reason": "",
        "defects": (),
        "subject": "",
        "sender": "",
        "caller_id": None,
        "case_id": None,
        "settled_at": None,
    }


def _insert_arrivals(connection: Connection, arrived: Sequence[tuple[int, NewContact]], repeated: set[int]) -> None:
    following: dict[int, int] = defaultdict(int)
    for row in select_in(connection, _LAST_ARRIVALS, repeated):
        following[row.contact_id] = row.last + 1
    rows: list[StoredRow] = []
    for contact_id, contact in arrived:
        for recipient in contact.incoming.envelope.recipients:
            rows.append(
                {
                    "contact_id": contact_id,
                    "position": following[contact_id],
                    "recipient": recipient,
                    "route": contact.incoming.envelope.route,
                    "at": contact.received_at,
                }
            )
            following[contact_id] += 1
    insert_rows(connection, arrivals, rows)


def begin_attempts(
    connection: Connection, blobs: Blobs, contact_ids: Sequence[int] | None, limit: int
) -> list[PendingContact]:
    """Count an attempt for these contacts, or for the oldest received ones, and return those still unsettled."""
    if contact_ids is None:
        contact_ids = list(connection.scalars(_OLDEST_RECEIVED, {"count": limit}))
    wanted = list(contact_ids)[:limit]
    if not wanted:
        return []
    connection.execute(_COUNT_ATTEMPT, {"keys": wanted})
    recipients: dict[int, dict[str, None]] = defaultdict(dict)
    for row in select_in(connection, _ARRIVALS, wanted):
        recipients[row.contact_id][row.recipient] = None
    return [_pending(row, tuple(recipients[row.id]), blobs) for row in select_in(connection, _PENDING, wanted)]


def _pending(row: Row[Any], recipients: tuple[str, ...], blobs: Blobs) -> PendingContact:
    content, file = blobs.beginning(row.blob) if row.blob else (row.content, None)
    return PendingContact(
        id=row.id,
        channel=row.channel,
        envelope=Envelope(
            sender=row.envelope_sender,
            recipients=recipients,
            route=row.route,
            peer=row.peer,
            greeting=row.greeting,
            tls=row.tls,
            arrived_at=row.arrived_at,
        ),
        content=content,
        received_at=row.received_at,
        attempts=row.attempts,
        repeat_of=row.repeat_of,
        file=file,
    )


def contact_state(connection: Connection, contact_id: int) -> ContactState:
    """Where a contact stands; raises NotFoundError."""
    state = connection.scalar(_STATE, {"this_id": contact_id})
    if state is None:
        raise NotFoundError(f"there is no contact {contact_id}")
    return ContactState(state)


def settle_contacts(connection: Connection, outcomes: Sequence[ContactOutcome]) -> None:
    """Write what became of contacts. A contact is registered once: ConflictError when another worker was first."""
    if write_rows(connection, _SETTLE, [_outcome_row(outcome) for outcome in outcomes]) != len(outcomes):
        raise ConflictError("a contact was registered by somebody else; look at it again")


def _outcome_row(outcome: ContactOutcome) -> StoredRow:
    return {
        "this_id": outcome.contact_id,
        "again": outcome.state is ContactState.SPLIT,
        "retry": outcome.retry,
        "new_state": outcome.state.value,
        "new_reason": outcome.reason,
        "new_case_id": outcome.case_id,
        "new_caller_id": outcome.caller_id,
        "new_subject": outcome.subject,
        "new_sender": outcome.sender,
        "new_defects": outcome.defects,
        "new_settled_at": None if outcome.retry else outcome.at,
    }
