"""Who may talk to an SMTP inlet, and what is answered for a recipient or an outcome.

One `Reception` is shared by all sessions of an inlet; aiosmtpd calls its `handle_...` hooks.
"""

# ruff: noqa: N802 - aiosmtpd finds hooks by these names

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from aiosmtpd.smtp import TLSSetupException

from intakebot.domain.contact import Kept
from intakebot.domain.errors import IntakebotError, Remedy
from intakebot.edge import unplanned

if TYPE_CHECKING:
    import ssl

    from aiosmtpd.smtp import SMTP, Envelope, Session

    from intakebot.channels.smtp_session import SmtpSession
    from intakebot.ports import Intake


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """Where to listen and what to allow. Sizes in octets; port 0 lets the system choose.

    `idle_timeout` is the longest silence, `total_timeout` the longest session (a message whose content is
    complete is still answered); `grace` is how long open messages may take to finish after a stop.
    """

    host: str
    port: int
    hostname: str
    lmtp: bool = False
    size_limit: int = 52_428_800
    max_recipients: int = 100
    idle_timeout: timedelta = timedelta(minutes=5)
    total_timeout: timedelta = timedelta(minutes=20)
    max_connections: int = 1000
    max_connections_per_peer: int = 50
    grace: timedelta = timedelta(seconds=20)
    tls_context: ssl.SSLContext | None = None


class Reception:
    """What the sessions of one inlet share: the intake, the settings, and who is here."""

    def __init__(self, route: str, settings: SmtpSettings, intake: Intake) -> None:
        self.route = route
        self.settings = settings
        self.intake = intake
        self.sessions: set[SmtpSession] = set()
        self._peers: Counter[str] = Counter()

    def admit(self, session: SmtpSession) -> bool:
        """Whether one more session fits under the caps; counts it when it does."""
        fits = (
            len(self.sessions) < self.settings.max_connections
            and self._peers[session.peer_address] < self.settings.max_connections_per_peer
        )
        if fits:
            self.sessions.add(session)
            self._peers[session.peer_address] += 1
        return fits

    def see_off(self, session: SmtpSession) -> None:
        """Forget a session that has ended."""
        if session in self.sessions:
            self.sessions.remove(session)
            self._peers[session.peer_address] -= 1
            self._peers += Counter()  # drops the zeros: strangers come from everywhere

    async def handle_EHLO(
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Announce what we do: pipelining works, and nobody logs in here."""
        session.host_name = hostname
        kept = [line for line in responses if not line.startswith("250-AUTH")]
        return [*kept[:-1], "250-PIPELINING", kept[-1]]

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take a recipient or refuse it before any content: a later bounce would hit the innocent (case D11)."""
        if len(envelope.rcpt_tos) >= self.settings.max_recipients:
            self.intake.refused_before_content(address, "too-many-recipients")
            return "452 4.5.3 too many recipients"
        if address.partition("@")[0].lower() == "postmaster":  # RFC 5321 4.5.1: always there, in any case of letters
            address = "postmaster"
        if not self.intake.takes(address):
            self.intake.refused_before_content(address, "unknown-recipient")
            return "550 5.1.1 no such recipient here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_exception(self, error: Exception) -> str:
        """Answer what nobody planned for: later, and without its text (case A14)."""
        if isinstance(error, TLSSetupException):
            return "454 4.7.0 TLS failed"  # never sent: aiosmtpd closes the connection
        return answer(unplanned(f"smtp {self.route}", error))


def answer(outcome: Kept | IntakebotError) -> str:
    """What a sender is told of its message: kept, never (554), or later (451); an error's code, never its text."""
    if isinstance(outcome, Kept):
        return f"250 2.6.0 kept as {outcome.contact_id}"
    if outcome.remedy is Remedy.NEVER:
        return f"554 5.6.0 refused: {outcome.code}"
    return f"451 4.3.0 not kept, try again later: {outcome.code}"
