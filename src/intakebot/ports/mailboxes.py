"""What a channel that fetches mail from mailboxes keeps in our database: where it stands, and what is unfinished.

Channels are handed `Mailboxes`, implemented by `usecases.mailboxes`; it writes through `MailboxStore`, the mailbox part
of a `Store`. A mail is named by folder, UIDVALIDITY and UID (RFC 3501 2.3.1.1), never by what a person did with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from intakebot.ports.chat_store import Claim

if TYPE_CHECKING:
    from intakebot.ports import Clock


class MailStage(Enum):
    """Where a mail of a mailbox stands. One that is done with has no row; the last three are for a person to see."""

    BEGUN = "begun"
    KEPT = "kept"
    SET_ASIDE = "set-aside"
    TOO_LARGE = "too-large"
    UNMARKED = "unmarked"


@dataclass(frozen=True, slots=True)
class Place:
    """A folder of an account, and the name of the channel that looks into it."""

    name: str
    account: str
    folder: str


@dataclass(frozen=True, slots=True)
class UnfinishedMail:
    """A mail that is not done with. `attempts` counts those at fetching it; once it is kept, those at marking it."""

    uid: int
    stage: MailStage
    attempts: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    """The right to work on a folder, as it was when it was claimed: every write names it."""

    place: Place
    uid_validity: int
    holder: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a folder stands: every UID up to `last_uid` is done with, or among `mails`."""

    hold: Hold
    last_uid: int
    mails: tuple[UnfinishedMail, ...]


@dataclass(frozen=True, slots=True)
class Arrived:
    """A folder as the server shows it. `last_uid` is where a folder that we never saw begins."""

    place: Place
    uid_validity: int
    last_uid: int


@dataclass(frozen=True, slots=True)
class Noted:
    """What became of mails: `done` are forgotten, the others written as they are."""

    hold: Hold
    done: tuple[int, ...] = ()
    mails: tuple[UnfinishedMail, ...] = ()


class Mailboxes(Protocol):
    """The house's books about its mailboxes.

    Everything returns after the commit. Raises ConflictError when the hold was lost to another process, and
    StorageUnavailableError when nothing was written.
    """

    clock: Clock

    async def claim(self, arrived: Arrived) -> Standing | None:
        """Take the right to work on the folder; None while another process has it.

        Another UIDVALIDITY than the last one makes every UID unknown again.
        """

    async def begin(self, hold: Hold, uids: Sequence[int]) -> None:
        """Count an attempt at fetching each of them, and remember that all up to the highest are known."""

    async def keep(self, noted: Noted) -> None:
        """Write which mails are kept as contacts, before any of them is marked in the mailbox."""

    async def settle(self, noted: Noted) -> None:
        """Write what became of mails in the mailbox."""

    async def finish(self, hold: Hold) -> None:
        """The look succeeded: this moment is the mailbox's proof of life. The right to work on it is given back."""


class MailboxStore(Protocol):
    """The mailbox part of a `Store`: the same transaction."""

    def claim(self, arrived: Arrived, claim: Claim) -> Standing | None:
        """See `Mailboxes.claim`."""

    def begin(self, hold: Hold, uids: Sequence[int], claim: Claim) -> None:
        """See `Mailboxes.begin`; the hold lasts until `claim.until` from now on."""

    def note(self, noted: Noted, claim: Claim) -> None:
        """See `Mailboxes.keep` and `settle`."""

    def finish(self, hold: Hold, at: datetime) -> None:
        """See `Mailboxes.finish`."""
