"""Deliveries as rows: what is owed, who is sending it, and every step it took.

Called by the store. `sending` is written, and committed by the writer, before the first byte leaves. The bytes of
files that leave with a delivery are blobs, durable before the transaction that names them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal_column,
    not_,
    or_,
    select,
    update,
)

from intakebot.domain.delivery import LEASE, DeliveredFile, Delivery, DeliveryKind, DeliverySettlement, DeliveryState
from intakebot.domain.errors import NotFoundError
from intakebot.storage.blobs import Blobs
from intakebot.storage.rows import KEYS, StoredRow, insert_rows, write_rows
from intakebot.storage.schema import Instant
from intakebot.storage.tables import deliveries, delivery_steps

_DUE = (DeliveryState.QUEUED.value, DeliveryState.DEFERRED.value)
_SETTLED = (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.BOUNCED, DeliveryState.WITHDRAWN)

_CLAIM = (
    select(deliveries)
    .where(deliveries.c.state.in_(_DUE), deliveries.c.due_at <= bindparam("now"))
    .where(deliveries.c.channel.not_in(bindparam("busy", expanding=True)))
    .order_by(deliveries.c.due_at, deliveries.c.id)
    .limit(bindparam("count"))
    .with_for_update(skip_locked=True)
)
_START_SENDING = (
    update(deliveries)
    .where(deliveries.c.id.in_(KEYS))
    .values(
        state=DeliveryState.SENDING.value,
        attempts=deliveries.c.attempts + 1,
        claimed_by=bindparam("new_node"),
        leased_until=bindparam("new_lease"),
    )
)
_OUT_OF_LEASE: ColumnElement[bool] = func.coalesce(deliveries.c.leased_until, deliveries.c.created_at) <= bindparam(
    "now", type_=Instant()
)
_OF_NODE: ColumnElement[bool] = func.coalesce(deliveries.c.claimed_by, bindparam("node")) == bindparam("node")
_LOST = (
    select(deliveries)
    .where(deliveries.c.state == DeliveryState.SENDING.value)
    .order_by(deliveries.c.id)
    .with_for_update(skip_locked=True)
)
_ONE = select(deliveries).where(deliveries.c.id == bindparam("this_id"))
_MOST_MAILS_COMPARED = 20
_NEVER_LEFT = tuple(
    state.value
    for state in (DeliveryState.QUEUED, DeliveryState.DEFERRED, DeliveryState.FAILED, DeliveryState.WITHDRAWN)
)
_SENT_MAILS = (
    select(deliveries.c.text)
    .where(
        deliveries.c.case_id == bindparam("case_id"),
        deliveries.c.channel == "email",
        deliveries.c.state.not_in(_NEVER_LEFT),
    )
    .order_by(deliveries.c.id.desc())
    .limit(_MOST_MAILS_COMPARED)
)
_MORE_RESENDS: BindParameter[int] = bindparam("new_resends")
_SETTLE = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("this_id"))
    .values(
        state=bindparam("new_state"),
        answer=bindparam("new_answer"),
        due_at=bindparam("new_due_at"),
        resends=case((deliveries.c.resends < _MORE_RESENDS, _MORE_RESENDS), else_=deliveries.c.resends),
        settled_at=bindparam("new_settled_at"),
    )
)
_ADD_STEP = insert(delivery_steps).from_select(
    ["delivery_id", "position", "state", "answer", "at"],
    select(
        bindparam("this_id", type_=deliveries.c.id.type),
        literal_column("coalesce(max(position), 0) + 1"),
        bindparam("new_state", type_=deliveries.c.state.type),
        bindparam("new_answer", type_=deliveries.c.answer.type),
        bindparam("at", type_=Instant()),
    ).where(delivery_steps.c.delivery_id == bindparam("this_id")),
)


def delivery_row(delivery: Delivery) -> StoredRow:
    """A delivery."""
    return {
        "id": delivery.id,
        "case_id": delivery.case_id,
        "kind": delivery.kind.value,
        "channel": delivery.channel,
        "recipient": delivery.recipient,
        "recipient_name": delivery.recipient_name,
        "sender": delivery.sender,
        "sender_name": delivery.sender_name,
        "reply_to": delivery.reply_to,
        "subject": delivery.subject,
        "text": delivery.text,
        "html": delivery.html,
        "message_id": delivery.message_id,
        "in_reply_to": delivery.in_reply_to,
        "references": delivery.references,
        "automatic": delivery.automatic,
        "created_at": delivery.created_at,
        "due_at": delivery.due_at,
        "state": delivery.state.value,
        "attempts": delivery.attempts,
        "resends": delivery.resends,
        "answer": delivery.answer,
        "settled_at": delivery.settled_at,
        "files": [_file_row(file) for file in delivery.files] or (),
        "claimed_by": None,
        "leased_until": None,
    }


def _file_row(file: DeliveredFile) -> StoredRow:
    return {"name": file.name, "media_type": file.media_type, "sha256": file.sha256, "size": file.size}


def delivery_of(row: Row[Any]) -> Delivery:
    """The delivery of a row of `deliveries`; the bytes of its files are left behind."""
    return Delivery(
        id=row.id,
        case_id=row.case_id,
        kind=DeliveryKind(row.kind),
        channel=row.channel,
        recipient=row.recipient,
        recipient_name=row.recipient_name,
        sender=row.sender,
        sender_name=row.sender_name,
        reply_to=row.reply_to,
        subject=row.subject,
        text=row.text,
        html=row.html,
        message_id=row.message_id,
        in_reply_to=row.in_reply_to,
        references=tuple(row.references),
        automatic=row.automatic,
        created_at=row.created_at,
        due_at=row.due_at,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        resends=row.resends,
        answer=row.answer,
        settled_at=row.settled_at,
        files=tuple(DeliveredFile(**file) for file in row.files),
    )


def write_deliveries(connection: Connection, blobs: Blobs, owed: Sequence[Delivery]) -> None:
    """Insert what is owed from now on. Raises ValueError for a file whose bytes are not those it is known by."""
    for file in (file for delivery in owed for file in delivery.files):
        if blobs.write(file.content) != file.sha256:
            raise ValueError(f"the file {file.name!r} was owed without its bytes")
    insert_rows(connection, deliveries, [delivery_row(delivery) for delivery in owed])


def settle_deliveries(connection: Connection, settlements: Sequence[DeliverySettlement]) -> None:
    """Write new states with their steps; the count of resends never goes back."""
    write_rows(connection, _SETTLE, [_settlement_row(settlement) for settlement in settlements])
    write_rows(connection, _ADD_STEP, [_settlement_row(settlement) for settlement in settlements])


def _settlement_row(settlement: DeliverySettlement) -> StoredRow:
    return {
        "this_id": settlement.delivery_id,
        "new_state": settlement.state.value,
        "new_answer": settlement.answer,
        "new_due_at": settlement.due_at,
        "new_resends": settlement.resends,
        "new_settled_at": settlement.at if settlement.state in _SETTLED else None,
        "at": settlement.at,
    }


def claim_deliveries(
    connection: Connection, blobs: Blobs, node: int, now: datetime, limit: int, busy: Collection[str]
) -> list[Delivery]:
    """Move due deliveries to `sending`, attempt counted, with the bytes of their files; other workers skip them.

    They belong to `node` for the time of a lease. Channels that are `busy` are left alone.
    """
    wanted = {"now": now, "count": limit, "busy": list(busy)}
    found = [delivery_of(row) for row in connection.execute(_CLAIM, wanted)]
    if not found:
        return []
    claim = {"keys": [delivery.id for delivery in found], "new_node": node, "new_lease": now + LEASE}
    connection.execute(_START_SENDING, claim)
    state = DeliveryState.SENDING
    steps = [{"this_id": each.id, "new_state": state.value, "new_answer": "", "at": now} for each in found]
    write_rows(connection, _ADD_STEP, steps)
    return [
        replace(delivery, state=state, attempts=delivery.attempts + 1, files=_with_bytes(blobs, delivery.files))
        for delivery in found
    ]


def _with_bytes(blobs: Blobs, files: Sequence[DeliveredFile]) -> tuple[DeliveredFile, ...]:
    """The files with their bytes; one that is gone stays empty, for its outlet to refuse, and stops no neighbour."""
    return tuple(replace(file, content=_bytes_of(blobs, file)) for file in files)


def _bytes_of(blobs: Blobs, file: DeliveredFile) -> bytes:
    try:
        return blobs.read(file.sha256)
    except FileNotFoundError:
        return b""


def lost_deliveries(connection: Connection, node: int, now: datetime, *, own: bool) -> list[Delivery]:
    """Deliveries in `sending` that nobody sends any more, oldest first: of other nodes those out of lease.

    Those of `node` are all lost when it has just started (`own`), and none while it runs: it knows them itself.
    """
    nobodys = or_(_OUT_OF_LEASE, _OF_NODE) if own else and_(_OUT_OF_LEASE, not_(_OF_NODE))
    return [delivery_of(row) for row in connection.execute(_LOST.where(nobodys), {"now": now, "node": node})]


def sent_mails(connection: Connection, case_id: int) -> list[str]:
    """The texts of the newest mails that left, or may have left, for a case; at most 20, newest first."""
    return list(connection.scalars(_SENT_MAILS, {"case_id": case_id}))


def read_delivery(connection: Connection, delivery_id: int) -> Delivery:
    """One delivery; raises NotFoundError."""
    statement: Select[Any] = _ONE
    row = connection.execute(statement, {"this_id": delivery_id}).one_or_none()
    if row is None:
        raise NotFoundError(f"there is no delivery {delivery_id}")
    return delivery_of(row)
