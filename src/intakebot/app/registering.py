"""A desk that registers what it keeps, for a house without a service: the worker's first line of work, on demand.

The command line comes here to import old mail when nothing runs. What is owed leaves when the service runs.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from functools import partial
from pathlib import Path
from typing import Any

from intakebot.app.house import open_house
from intakebot.clocks import SystemClock
from intakebot.domain.actors import Actor
from intakebot.domain.commands import Command
from intakebot.ports import Desk
from intakebot.readers import Readers, Reading
from intakebot.usecases.register import ATTEMPTS
from intakebot.worker import Worker


class RegisteringDesk:
    """A desk whose commands are followed by the registration of every contact that waits."""

    def __init__(self, desk: Desk, worker: Worker) -> None:
        self._desk = desk
        self._worker = worker

    async def ask(self, question: str, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON-like data, by question
        """What the desk answers."""
        return await self._desk.ask(question, arguments)

    async def perform(self, command: Command, by: Actor) -> Mapping[str, Any]:
        """Do it, then register what waits; a contact that fails each time is set aside as always."""
        done = await self._desk.perform(command, by)
        failed = 0
        while failed < ATTEMPTS:
            failed += not await self._worker.register_pending()
        return done


@asynccontextmanager
async def registering_desk(settings: Path, data: Path | None) -> AsyncIterator[Desk]:
    """The house opened in this process under the lock, with a reader process of its own; raises as `open_house`."""
    with closing(Readers()) as readers, open_house(settings, data, SystemClock(), lambda: None) as opened:
        organisation = opened.house.organisation
        reading = Reading(organisation.own_domains, organisation.languages)
        read = partial(readers.read, reading.read)
        worker = Worker(opened.house, opened.writer, opened.archive, opened.registration, {}, opened.wake, read)
        yield RegisteringDesk(opened.desk(), worker)
