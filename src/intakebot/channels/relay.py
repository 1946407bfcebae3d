"""The outlet for mail: hands replies to the next mail system over SMTP.

Called by the worker. A bounded number of connections is kept, one message at a time on each, so that a next hop that
falls silent over one mail keeps no other waiting. What an attempt can lead to is said in `relay_session`.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from intakebot.channels.composition import compose, envelope_sender, wire_address
from intakebot.channels.relay_session import Mail, RelaySession, RelaySettings, Tls
from intakebot.domain.delivery import Delivery
from intakebot.ports import Receipt

__all__ = ["RelayOutlet", "RelaySettings", "Signer", "Tls"]


class Signer(Protocol):
    """Puts a signature over a message that leaves."""

    def signature(self, sender: str, content: bytes) -> bytes:
        """Header lines, CRLF included, to stand before `content`; b"" when nothing is signed for this sender."""


class RelayOutlet:
    """Sends deliveries of the channel `email`. Not idempotent: SMTP cannot tell a repeat from a new message.

    `bounce_key` makes the return path that names the delivery; without one mail of robots has the null sender.
    """

    channel = "email"
    idempotent = False

    def __init__(self, settings: RelaySettings, *, bounce_key: bytes = b"", signer: Signer | None = None) -> None:
        self.at_once = settings.connections
        self._settings = settings
        self._bounce_key = bounce_key
        self._signer = signer
        self._turns = asyncio.Semaphore(settings.connections)
        self._resting: list[RelaySession] = []

    async def deliver(self, delivery: Delivery) -> Receipt:
        """Send once, as `ports.Outlet` says; a message that cannot be composed fails before anything is sent."""
        mail = await self._mail(delivery)
        async with self._turns:
            session = self._resting.pop() if self._resting else RelaySession(self._settings)
            try:
                return await session.send(mail)
            finally:
                self._resting.append(session)

    async def close(self) -> None:
        """Say goodbye and let go of the connections."""
        resting, self._resting = self._resting, []
        await asyncio.gather(*(session.close() for session in resting))

    async def _mail(self, delivery: Delivery) -> Mail:
        content = compose(delivery)
        if self._signer:
            # A signature takes some 8 ms of computing, during which nobody else may have to wait.
            content = await asyncio.to_thread(self._signer.signature, delivery.sender, content) + content
        sender = envelope_sender(delivery, self._bounce_key)
        return Mail(wire_address(sender), wire_address(delivery.recipient), content)
