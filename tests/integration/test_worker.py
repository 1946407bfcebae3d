"""The worker when things break under it: a database that does not answer, a process that dies."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from fakes.standing_house import StandingHouse
from intakebot.domain.errors import StorageUnavailableError
from intakebot.usecases.assessment import ReadContact
from intakebot.usecases.register import Registration
from intakebot.worker import SUSPICIOUS_ATTEMPTS, Worker


class KilledError(BaseException):
    """Like SIGKILL: nobody in the process gets to answer it."""


@dataclass
class BreakingWriter:
    """A writer that raises instead of carrying out what `breaks` chooses."""

    standing: StandingHouse
    breaks: Callable[[str, Any], BaseException | None]
    killed: KilledError | None = None

    async def submit(self, operation: Any, item: Any) -> Any:
        problem = self.killed or self.breaks(getattr(operation, "__name__", ""), item)
        if problem is not None:
            self.killed = problem if isinstance(problem, KilledError) else None
            raise problem
        return await self.standing.writer.submit(operation, item)


def worker_of(standing: StandingHouse, breaks: Callable[[str, Any], BaseException | None]) -> Worker:
    return Worker(
        standing.house,
        BreakingWriter(standing, breaks),
        standing.archive,
        Registration(standing.house),
        {"email": standing.outlet},
        standing.wake,
        standing.read,
    )


async def keep(standing: StandingHouse, *subjects: str) -> None:
    for number, subject in enumerate(subjects):
        content = f"From: a{number}@acme.example\r\nSubject: {subject}\r\n\r\nHello {number}\r\n".encode()
        await standing.receive(content, f"a{number}@acme.example", ("support@intakebot.example",))


def states(standing: StandingHouse) -> list[str]:
    return [row["state"] for row in reversed(standing.archive.contacts("", 100))]


# case B06
async def test_a_contact_that_kills_the_process_is_set_aside_and_takes_nobody_along(standing: StandingHouse) -> None:
    def dies(_operation: str, item: Any) -> BaseException | None:
        return KilledError() if isinstance(item, ReadContact) and item.message.subject == "DEADLY" else None

    await keep(standing, "DEADLY", "One", "Two")
    for _start in range(SUSPICIOUS_ATTEMPTS + 1):
        worker = worker_of(standing, dies)
        try:
            while await worker.register_pending():
                pass
        except KilledError:
            continue
    assert states(standing) == ["quarantined", "registered", "registered"]


async def test_what_was_sent_is_written_when_the_database_answers_again(standing: StandingHouse) -> None:
    troubles = [StorageUnavailableError("the disk is full")]

    def breaks(operation: str, _item: Any) -> BaseException | None:
        return troubles.pop() if operation == "settle" and troubles else None

    await keep(standing, "One")
    await standing.register()
    worker = worker_of(standing, breaks)
    await worker.act_on_what_is_due()
    assert [row["state"] for row in standing.archive.deliveries("", 10)] == ["sending"]
    await worker.act_on_what_is_due()
    assert [row["state"] for row in standing.archive.deliveries("", 10)] == ["sent"]
    assert len(standing.outlet.taken) == 1


@pytest.mark.parametrize("subjects", [("One",), ("One", "Two", "Three")], ids=["one", "several"])
async def test_a_running_worker_does_everything_and_stops(standing: StandingHouse, subjects: tuple[str, ...]) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(standing.worker.run(stop))
    await keep(standing, *subjects)
    async with asyncio.timeout(20):
        while len(standing.outlet.taken) < len(subjects):
            standing.wake.all()
            await asyncio.wait({running}, timeout=0.02)
        stop.set()
        await running
    assert states(standing) == ["registered"] * len(subjects)
