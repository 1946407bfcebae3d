"""A mail door that has the senders checked before it hands a mail over; everything else is the door's own.

`app.doors` puts a `CheckedInlet` around a door that is to check. It keeps what `ports.Inlet` promises: `sender_checks`
says how long a mail waits, and that no failure of a check keeps one out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

    from intakebot.channels.sender_checks import SenderChecks
    from intakebot.domain.contact import Incoming, Kept
    from intakebot.ports import Inlet, Intake


class CheckedIntake:
    """An intake that is handed mails with what was found about their senders."""

    def __init__(self, intake: Intake, checks: SenderChecks) -> None:
        self._intake = intake
        self._checks = checks

    def takes(self, address: str) -> bool:
        """As the house says."""
        return self._intake.takes(address)

    async def receive(self, incoming: Incoming) -> Kept:
        """Check, then have it kept."""
        return await self._intake.receive(await self._checks.checked(incoming))

    def refused_before_content(self, address: str, code: str) -> None:
        """As the house counts."""
        self._intake.refused_before_content(address, code)


class CheckedInlet:
    """A mail door that checks senders before it hands over. Everything else is the door's own."""

    def __init__(self, inlet: Inlet, listening: asyncio.Event, checks: SenderChecks) -> None:
        self.name = inlet.name
        self.listening = listening
        self._inlet = inlet
        self._checks = checks

    async def serve(self, intake: Intake, stop: asyncio.Event) -> None:
        """As the door serves."""
        try:
            await self._inlet.serve(CheckedIntake(intake, self._checks), stop)
        finally:
            self._checks.close()
