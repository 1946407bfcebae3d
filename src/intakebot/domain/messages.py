"""What a message says, after reading: plain values that no byte sequence can make impossible.

`reading` makes them, `usecases` and `rules` use them. Text in here has no NUL, no lone surrogate and no
carriage return; headers have no line break. So every database and every outgoing header can take it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

TOPIC_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox: `address` as written (domain lower case, IDN decoded), `name` the display name or ''."""

    address: str
    name: str = ""

    @property
    def domain(self) -> str:
        """The part behind the last @, lower case."""
        return self.address.rpartition("@")[2].lower()


@dataclass(frozen=True, slots=True)
class Attachment:
    """One attached file. `name` is safe to show and to use as a file name.

    `size` and `sha256` (hex) are those of the decoded `content`, which may have been left behind (b""). `flags` are
    short codes of why it should be opened with care (`reading.file_flags`).
    """

    name: str
    media_type: str
    size: int
    sha256: str
    content: bytes = field(default=b"", repr=False)
    content_id: str = ""
    inline: bool = False
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cut:
    """One stretch of a text that the trimmed view leaves out: why (a short code), and its words as written."""

    reason: str
    text: str


class Verdict(Enum):
    """What a check of the sender found out (RFC 8601): `NONE` when nobody whom we trust has checked."""

    PASS = "pass"  # noqa: S105 - a verdict, no password
    FAIL = "fail"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class SenderCheck:
    """Whether a message comes from where it says.

    `dmarc` speaks of the From domain; `checked_by` names whose word it is.
    """

    spf: Verdict = Verdict.NONE
    dkim: Verdict = Verdict.NONE
    dmarc: Verdict = Verdict.NONE
    checked_by: str = ""


class MachineKind(Enum):
    """Why a message is a machine's and not a person's (RFC 3834, RFC 3464, RFC 8098, RFC 2919)."""

    AUTO_REPLY = "auto-reply"
    BOUNCE = "bounce"
    RECEIPT = "receipt"
    LIST = "list"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class BounceReport:
    """What a bounce says about one recipient (RFC 3464). `status` is x.y.z or ''."""

    recipient: str
    hard: bool
    status: str = ""


@dataclass(frozen=True, slots=True)
class MachineMail:
    """A message that no person typed: its kind, the sign it was known by, and what a bounce reports.

    `original_ids` are the Message-IDs of the message that a bounce or receipt is about.
    """

    kind: MachineKind
    sign: str
    bounces: tuple[BounceReport, ...] = ()
    original_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadMessage:
    """One message as understood.

    `headers` has lower-case names and decoded, bounded values in order of appearance. `sender` is None when
    there is not exactly one From with exactly one usable address (then the sender is unverified). `text` is
    everything the writer's mail shows as text; `new_text` what remains without quotes and signature (never
    empty when `text` is not); `cuts` is what that view leaves out, in order. `marks` are short codes of what the
    message is besides text (signed, encrypted, with a calendar invitation ...). `defects` are short codes of what
    could not be read or was cut.
    """

    message_id: str
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    subject: str
    sender: Address | None
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    date: datetime | None
    text: str
    new_text: str
    html: str
    attachments: tuple[Attachment, ...]
    headers: tuple[tuple[str, str], ...]
    language: str
    machine: MachineMail | None
    defects: tuple[str, ...]
    cuts: tuple[Cut, ...] = ()
    marks: tuple[str, ...] = ()
    check: SenderCheck = SenderCheck()

    @property
    def topic(self) -> str:
        """What it is about in one line: the subject, else the first line of the new words, else ''."""
        lines = (line.strip() for line in self.new_text.splitlines())
        return (self.subject or next(filter(None, lines), ""))[:TOPIC_LENGTH]

    def header(self, name: str) -> tuple[str, ...]:
        """All values of a header, lower-case name, in order."""
        return tuple(value for key, value in self.headers if key == name)
