"""What a mailbox is to this channel: where it is, who we are there, and what becomes of a mail that was taken.

Made by the composition root from the configuration; read by every module of this package.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Protocol

from intakebot.ports.mailboxes import Place


class Security(Enum):
    """How a connection is protected: from the first byte, by STARTTLS, or not (a server on the same machine)."""

    IMPLICIT = "implicit"
    STARTTLS = "starttls"
    NONE = "none"


class After(Enum):
    """What becomes of a mail in the mailbox once it is a contact."""

    FLAG = "flag"
    MOVE = "move"
    DELETE = "delete"


class Tokens(Protocol):
    """Where access tokens for OAuth 2 come from. Called in the mailbox's own thread; may take a while."""

    def token(self, *, fresh: bool) -> str:
        """An access token; `fresh` = the last one was refused.

        Raises MailboxError with trouble `login`, or `unreachable` where time may mend it.
        """


@dataclass(frozen=True, slots=True)
class Timing:
    """How long things may take, in seconds.

    `breath` is how often a thread in IDLE looks whether the service stops. IDLE is renewed after `renew`: servers
    hang up after 30 minutes (RFC 2177), some after 10. `grace` is how long a fetch may go on after a stop.
    """

    connect: float = 15.0
    read: float = 60.0
    breath: float = 1.0
    renew: float = 540.0
    shortest_pause: float = 1.0
    longest_pause: float = 60.0
    grace: float = 10.0


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One mailbox. Sizes in octets; `tokens` None = it is entered with `password`.

    `address` is the receiving address that its mail counts for; `authority` the file of a certificate authority
    beside those that the system trusts. `from_now` = what was there at the first look is left alone.
    """

    name: str
    host: str
    port: int
    security: Security
    username: str
    address: str
    password: str = field(default="", repr=False)
    tokens: Tokens | None = field(default=None, repr=False)
    authority: Path | None = None
    folder: str = "INBOX"
    after: After = After.FLAG
    move_to: str = ""
    from_now: bool = False
    poll: timedelta = timedelta(minutes=5)
    size_limit: int = 50 << 20
    batch_bytes: int = 8 << 20
    timing: Timing = field(default_factory=Timing)

    @property
    def place(self) -> Place:
        """How our database knows the folder: by account and folder, whatever the channel is called."""
        return Place(self.name, f"{self.username}@{self.host}", self.folder)
