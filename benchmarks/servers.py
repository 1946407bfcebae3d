"""Servers to measure, each in a process of its own that says `port N`: `python -m benchmarks.servers KIND DIRECTORY`.

`bare` is aiosmtpd that takes mail and drops it: what this machine can do at most with this library. `keeping` is
our SMTP door with everything behind it but the worker: mail is durable before 250, nobody registers it.
`registering` registers as the service does, and leaves the deliveries owed. All run on uvloop, as the service does.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import closing
from functools import partial
from pathlib import Path

import uvloop
from aiosmtpd.smtp import SMTP

from intakebot.app.doors import smtp_inlet
from intakebot.app.house import OpenHouse, open_house
from intakebot.clocks import SystemClock
from intakebot.readers import Readers, Reading
from intakebot.usecases.receive import Reception
from intakebot.worker import Worker


class Drop:
    """Answers 250 and forgets."""

    async def handle_DATA(self, _server: object, _session: object, _envelope: object) -> str:  # noqa: N802 - aiosmtpd's name
        """Take the content."""
        return "250 dropped"


async def bare() -> None:
    """Serve until killed."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Drop(), loop=loop), "127.0.0.1", 0)
    _say_port(server.sockets[0].getsockname()[1])
    await server.serve_forever()


async def ours(directory: Path, *, registering: bool) -> None:
    """Serve until killed."""
    with (
        closing(Readers()) as readers,
        open_house(directory / "config" / "intakebot.yaml", directory / "data", SystemClock(), sys.exit) as opened,
    ):
        (door,) = opened.settings.smtp
        inlet = smtp_inlet(opened, door)
        reception = Reception(opened.house, opened.writer, opened.wake.received.set)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(inlet.serve(reception, asyncio.Event()))
            await inlet.listening.wait()
            _say_port(inlet.port)
            if registering:
                tasks.create_task(_register(opened, readers))


async def _register(opened: OpenHouse, readers: Readers) -> None:
    organisation = opened.house.organisation
    read = partial(readers.read, Reading(organisation.own_domains, organisation.languages).read)
    worker = Worker(opened.house, opened.writer, opened.archive, opened.registration, {}, opened.wake, read)
    while True:
        opened.wake.received.clear()
        if not await worker.register_pending():
            await opened.wake.received.wait()


def _say_port(port: int) -> None:
    print(f"port {port}", flush=True)


if __name__ == "__main__":
    kind, place = sys.argv[1:]
    uvloop.run(bare() if kind == "bare" else ours(Path(place), registering=kind == "registering"))
