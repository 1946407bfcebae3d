"""Who may talk to an SMTP inlet, what is answered for a sender or a recipient, and how much memory is left for it.

One `Reception` is shared by all sessions of an inlet; aiosmtpd calls its `handle_...` hooks.
"""

# ruff: noqa: N802 - aiosmtpd finds hooks by these names

from __future__ import annotations

import asyncio
import re
from collections import Counter
from typing import TYPE_CHECKING

from aiosmtpd.smtp import TLSSetupException

from intakebot.channels.smtp_content import without_route
from intakebot.channels.smtp_replies import answer
from intakebot.channels.smtp_settings import DoorTls, counted_as, is_in
from intakebot.edge import unplanned

if TYPE_CHECKING:
    import ssl

    from aiosmtpd.smtp import SMTP, Envelope, Session

    from intakebot.channels.smtp_connection import SmtpConnection
    from intakebot.channels.smtp_settings import SmtpSettings
    from intakebot.ports import Intake

NO_MEMORY = "452 4.3.1 too much mail at once, try again later"
NO_DISK = "452 4.3.1 too little room, try again later"
_DISK_SECONDS = 1.0
_SIZE = re.compile(r"SIZE=([0-9]{1,18})")


class Reception:
    """What the sessions of one inlet share: the intake, the settings, who is here, and what they hold."""

    def __init__(
        self, route: str, settings: SmtpSettings, intake: Intake, tls_context: ssl.SSLContext | None = None
    ) -> None:
        self.route = route
        self.settings = settings
        self.intake = intake
        self.tls_context = tls_context
        self.sessions: set[SmtpConnection] = set()
        self._peers: Counter[str] = Counter()
        self._seated: dict[SmtpConnection, str] = {}
        self._held = 0
        self._disk_is_full = False
        self._disk_seen_at = float("-inf")

    # --- who is here ---

    def admit(self, session: SmtpConnection) -> bool:
        """Whether one more session fits into the house; counts it when it does."""
        if len(self.sessions) >= self.settings.max_connections:
            return False
        self.sessions.add(session)
        return True

    def seat(self, session: SmtpConnection) -> bool:
        """Whether its peer may have one more session, once it is known who that is; counts it when it may."""
        if self.trusts(session):
            return True
        peer = counted_as(session.peer_address)
        if self._peers[peer] >= self.settings.max_connections_per_peer:
            return False
        self._peers[peer] += 1
        self._seated[session] = peer
        return True

    def see_off(self, session: SmtpConnection) -> None:
        """Forget a session that has ended; a second time it is forgotten already."""
        self.sessions.discard(session)
        peer = self._seated.pop(session, None)
        if peer is not None:
            self._peers[peer] -= 1
            self._peers += Counter()  # drops the zeros: strangers come from everywhere

    def trusts(self, session: SmtpConnection) -> bool:
        """Whether it is a mail server of ours, which speaks for many."""
        return is_in(session.peer_address, self.settings.trusted_networks)

    # --- what they hold ---

    def hold(self, octets: int) -> bool:
        """Whether so many octets more fit into memory; counts them when they do. Negative ones give back."""
        fits = octets <= 0 or self._held + octets <= self.settings.memory_limit
        if fits:
            self._held += octets
        return fits

    def has_disk(self) -> bool:
        """Whether enough of the disk is free (case A11); looked up at most once a second."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        if self.settings.free_share is not None and now - self._disk_seen_at >= _DISK_SECONDS:
            self._disk_seen_at = now
            self._disk_is_full = self.settings.free_share() < self.settings.min_free_share
        return not self._disk_is_full

    # --- what is answered ---

    async def handle_EHLO(
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Announce what we do: pipelining works, and nobody logs in here."""
        session.host_name = hostname
        kept = [line for line in responses if not line.startswith("250-AUTH")]
        return [*kept[:-1], "250-PIPELINING", "250-ENHANCEDSTATUSCODES", kept[-1]]

    async def handle_MAIL(
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a sender, unless the next thing to happen would be a refusal of its content."""
        if self.settings.tls is DoorTls.REQUIRED and session.ssl is None:
            return "530 5.7.0 STARTTLS comes first"
        if not self.has_disk():
            return NO_DISK
        sizes = [int(found[1]) for option in options if (found := _SIZE.fullmatch(option))]
        if sizes and self._held + sizes[0] > self.settings.memory_limit:
            return NO_MEMORY
        envelope.mail_from = without_route(address)
        envelope.mail_options.extend(options)
        return "250 2.1.0 ok"

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take a recipient or refuse it before any content: a later bounce would hit the innocent (case D11)."""
        if len(envelope.rcpt_tos) >= self.settings.max_recipients:
            self.intake.refused_before_content(address, "too-many-recipients")
            return "452 4.5.3 too many recipients"
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
