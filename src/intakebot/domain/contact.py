"""A contact: one customer-initiated message as it came in, and what became of it.

Every accepted message is a contact. `channels` hand them over as `Incoming`; `usecases.receive` keeps them;
`usecases.register` decides their outcome.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from pathlib import Path

SPOKEN = ("phone", "fax", "walk-in")
"""Channels of contacts that an agent writes down: nobody can be answered there in writing."""


class ContactState(Enum):
    """Where a contact stands. `RECEIVED` is kept but not yet registered; the others are final outcomes."""

    RECEIVED = "received"
    REGISTERED = "registered"
    APPENDED = "appended"
    SPLIT = "split"
    MACHINE = "machine"
    REFUSED = "refused"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Envelope:
    """How a message reached us. `sender` is '' for the null sender; `route` names the inlet.

    `arrived_at` is when it came into the mailbox or folder that we took it from, where that may be long ago (aware,
    UTC); None = it came just now.
    """

    sender: str
    recipients: tuple[str, ...]
    route: str
    peer: str = ""
    greeting: str = ""
    tls: bool = False
    arrived_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message at the door, not yet durable.

    `content_key` and `message_id` are how a platform itself names the message (`slack:T1/C1/1700.1`,
    `chat T1/C1/1700.1`); where they are '' the house takes them from the content, as it does for mail.
    """

    channel: str
    envelope: Envelope
    content: bytes = field(repr=False)
    content_key: str = ""
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class NewContact:
    """What storage keeps before anybody is answered: the raw bytes, the envelope and the keys of repetition.

    `content_key` is the SHA-256 of the content without the trace headers of its hops; `message_id` may be ''.
    """

    id: int
    incoming: Incoming
    content_key: str
    message_id: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """The receipt of a durable contact: its id, and whether it repeats a contact that we already had."""

    contact_id: int
    repeat: bool


@dataclass(frozen=True, slots=True)
class KeptFile:
    """Where the raw bytes of a large contact are, and how many they are; whoever reads them opens it."""

    path: Path
    size: int


@dataclass(frozen=True, slots=True)
class PendingContact:
    """A kept contact that waits for registration. `attempts` counts this attempt too.

    `content` are its raw bytes; where `file` is given, those are only the first, and the file has all of them: many
    large contacts may wait, and only the process that reads them needs their bytes.
    """

    id: int
    channel: str
    envelope: Envelope
    content: bytes = field(repr=False)
    received_at: datetime
    attempts: int
    repeat_of: int | None = None
    file: KeptFile | None = None

    @property
    def size(self) -> int:
        """How many raw bytes there are in all."""
        return self.file.size if self.file else len(self.content)


@dataclass(frozen=True, slots=True)
class ContactOutcome:
    """What registration made of a contact; the call log's line."""

    contact_id: int
    state: ContactState
    reason: str
    case_id: int | None
    caller_id: int | None
    subject: str
    sender: str
    defects: tuple[str, ...]
    at: datetime
    retry: bool = False
