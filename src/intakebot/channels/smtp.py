"""The SMTP and LMTP inlet: mail comes in here, and is acknowledged only when it is kept.

Started by the composition root as one task. It promises what `ports.Inlet` promises; how a conversation goes is
in `smtp_session`.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from intakebot.channels.smtp_connection import SmtpConnection
from intakebot.channels.smtp_reception import Reception
from intakebot.channels.smtp_session import LmtpSession, SmtpSession
from intakebot.channels.smtp_settings import SmtpSettings
from intakebot.channels.smtp_tls import Certificates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from intakebot.ports import Intake

__all__ = ["SmtpInlet", "SmtpSettings"]

ABORT_SECONDS = 2.0
_BACKLOG = 1024


@dataclass(frozen=True, slots=True)
class DoorAlarm:
    """Something that needs a person: a stable code, which door it is about, and a sentence."""

    what: str
    which: str
    sentence: str


class SmtpInlet:
    """Takes mail over SMTP, or LMTP if the settings say so. `name` becomes the route of its contacts.

    `listening` is set once connections are taken; `port` is then the one that was bound. Raises OSError when the
    certificate cannot be used.
    """

    def __init__(self, name: str, settings: SmtpSettings) -> None:
        self.name = name
        self.port = settings.port
        self.listening = asyncio.Event()
        self._settings = settings
        self._certificates = (
            Certificates(settings.certificate, settings.key) if settings.certificate and settings.key else None
        )

    def alarms(self) -> Iterator[DoorAlarm]:
        """What needs a person now."""
        if self._certificates and self._certificates.trouble:
            yield DoorAlarm("smtp.certificate", self.name, self._certificates.trouble)
        settings = self._settings
        if settings.free_share is not None and settings.free_share() < settings.min_free_share:
            sentence = (
                f"less than {settings.min_free_share:.0%} of the disk is free: mail is put off until there is room"
            )
            yield DoorAlarm("smtp.disk", self.name, sentence)

    async def serve(self, intake: Intake, stop: asyncio.Event) -> None:
        """Receive until `stop`; then let open messages finish within the grace and close everything.

        Raises OSError when the address cannot be bound.
        """
        context = self._certificates.context if self._certificates else None
        reception = Reception(self.name, self._settings, intake, context)
        session = LmtpSession if self._settings.lmtp else SmtpSession
        server = await asyncio.get_running_loop().create_server(
            lambda: session(reception), self._settings.host, self._settings.port, backlog=_BACKLOG
        )
        self.port = server.sockets[0].getsockname()[1]
        self.listening.set()
        watching = asyncio.create_task(self._watch_certificates())
        try:
            await stop.wait()
        finally:
            watching.cancel()
            # No wait_closed(): since Python 3.12 it waits for clients, who may take for ever.
            server.close()
            self.listening.clear()
            await _see_everybody_off(reception.sessions, self._settings.grace.total_seconds())
            with suppress(asyncio.CancelledError):
                await watching

    async def _watch_certificates(self) -> None:
        if self._certificates:
            await self._certificates.watch(self._settings.look_every)


async def _see_everybody_off(sessions: set[SmtpConnection], grace: float) -> None:
    """End all sessions: politely, then after `grace` seconds without asking (case A15)."""
    conversations = {session.conversation for session in sessions if session.conversation}
    if not conversations:
        return
    for session in list(sessions):
        session.leave()
    for seconds, end in ((grace, SmtpConnection.say_last_word), (ABORT_SECONDS, SmtpConnection.hang_up)):
        _, conversations = await asyncio.wait(conversations, timeout=seconds)
        for session in list(sessions):
            end(session)
        if not conversations:
            return
    await asyncio.wait(conversations, timeout=ABORT_SECONDS)
