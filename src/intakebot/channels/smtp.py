"""The SMTP and LMTP inlet: mail comes in here, and is acknowledged only when it is kept.

Started by the composition root as one task. It promises what `ports.Inlet` promises; how a conversation goes is
in `smtp_session`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from intakebot.channels.smtp_reception import Reception, SmtpSettings
from intakebot.channels.smtp_session import LmtpSession, SmtpSession

if TYPE_CHECKING:
    from intakebot.ports import Intake

__all__ = ["SmtpInlet", "SmtpSettings"]

ABORT_SECONDS = 2.0


class SmtpInlet:
    """Takes mail over SMTP, or LMTP if the settings say so. `name` becomes the route of its contacts.

    `listening` is set once connections are taken; `port` is then the one that was bound.
    """

    def __init__(self, name: str, settings: SmtpSettings) -> None:
        self.name = name
        self.port = settings.port
        self.listening = asyncio.Event()
        self._settings = settings

    async def serve(self, intake: Intake, stop: asyncio.Event) -> None:
        """Receive until `stop`; then let open messages finish within the grace and close everything.

        Raises OSError when the address cannot be bound.
        """
        reception = Reception(self.name, self._settings, intake)
        session = LmtpSession if self._settings.lmtp else SmtpSession
        server = await asyncio.get_running_loop().create_server(
            lambda: session(reception), self._settings.host, self._settings.port
        )
        self.port = server.sockets[0].getsockname()[1]
        self.listening.set()
        try:
            await stop.wait()
        finally:
            # No wait_closed(): since Python 3.12 it waits for clients, who may take for ever.
            server.close()
            self.listening.clear()
            await _see_everybody_off(reception.sessions, self._settings.grace.total_seconds())


async def _see_everybody_off(sessions: set[SmtpSession], grace: float) -> None:
    """End all sessions: politely, then after `grace` seconds without asking."""
    conversations = {session.conversation for session in sessions if session.conversation}
    for session in list(sessions):
        session.leave()
    if conversations:
        _, open_still = await asyncio.wait(conversations, timeout=grace)
        for session in list(sessions):
            session.hang_up()
        if open_still:
            await asyncio.wait(open_still, timeout=ABORT_SECONDS)
