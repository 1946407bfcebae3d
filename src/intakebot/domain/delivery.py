"""What leaves for a caller: a delivery is one recipient, one message, one Message-ID, with states of its own."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum

SHADOW = "shadow: nothing is sent"
"""What a delivery says that an installation in shadow mode wrote, and everybody who shows that mode."""


class DeliveryKind(Enum):
    """What a reply is for."""

    ACKNOWLEDGEMENT = "acknowledgement"
    QUESTION = "question"
    RESOLUTION = "resolution"
    CLOSING_NOTICE = "closing-notice"
    ALARM = "alarm"
    """To the people who run the house: it belongs to no case, and is not stored."""

    @property
    def resent_when_ambiguous(self) -> bool:
        """Resolutions and questions are resent once after an ambiguous send; notices never."""
        return self in (DeliveryKind.RESOLUTION, DeliveryKind.QUESTION)


class DeliveryState(Enum):
    """Where a delivery stands; see docs/reference/deliveries.md for the transitions."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DEFERRED = "deferred"
    HELD = "held"
    FAILED = "failed"
    BOUNCED = "bounced"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class DeliveredFile:
    """A file that leaves with a delivery, known by the SHA-256 (hex) of its bytes.

    Whoever owes it hands over `content`, which storage keeps as a blob; where it is read back for lists and
    decisions the bytes are left behind (b""), and whoever sends it has them again.
    """

    name: str
    media_type: str
    sha256: str
    size: int
    content: bytes = field(default=b"", repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A rendered reply that is owed, being sent, or settled.

    `channel` names the outlet's channel; `automatic` is whether no person wrote or released it (then RFC 3834
    marks go out with it). `message_id` (without angle brackets, like
    every message id in this house) is derived from the id and never changes. `due_at` is when to try next.
    `resends` counts sends after an ambiguous one.
    """

    id: int
    case_id: int
    kind: DeliveryKind
    channel: str
    recipient: str
    recipient_name: str
    sender: str
    sender_name: str
    reply_to: str
    subject: str
    text: str
    html: str
    message_id: str
    in_reply_to: str
    references: tuple[str, ...]
    automatic: bool
    created_at: datetime
    due_at: datetime | None
    state: DeliveryState = DeliveryState.QUEUED
    attempts: int = 0
    resends: int = 0
    answer: str = ""
    settled_at: datetime | None = None
    files: tuple[DeliveredFile, ...] = ()

    def never_sent(self, why: str) -> Delivery:
        """The same, withdrawn in the moment it is written: it shows what would have left, and never leaves."""
        return replace(self, state=DeliveryState.WITHDRAWN, answer=why, due_at=None, settled_at=self.created_at)


@dataclass(frozen=True, slots=True)
class DeliverySettlement:
    """One step of a delivery: its new state, why (`answer`: what the next hop said), and when to try again."""

    delivery_id: int
    state: DeliveryState
    answer: str
    at: datetime
    due_at: datetime | None = None
    resends: int = 0


SENDING_LIMIT = timedelta(minutes=20)
"""How long one attempt may take, whatever the next hop does: longer than all its silences that are allowed at once."""

LEASE = timedelta(minutes=30)
"""How long a delivery belongs to the process that began to send it; then that process is taken for dead."""

BACK_OFF = tuple(timedelta(minutes=m) for m in (1, 5, 15, 30, 60, 120, 240, 480))
GIVE_UP_AFTER = timedelta(days=5)
UNDER_WAY = timedelta(seconds=5)
"""So long what a process sent as it ended may still be on its way: whoever looks whether it arrived waits first."""


def retry_at(created_at: datetime, attempts: int, now: datetime) -> datetime | None:
    """When to try again after `attempts` tries, or None when the message is too old (5 days, RFC 5321 4.5.4.1)."""
    if now - created_at >= GIVE_UP_AFTER:
        return None
    return now + BACK_OFF[min(max(attempts, 1), len(BACK_OFF)) - 1]
