"""A process that bears services: it imports everything once, and forks a real one for every life.

Run by `lives.Mother` as `python mother.py SETTINGS DATA`. Each line of standard input asks for one life and names
its kind; standard output says `born PID`, then what the service says, then `ended STATUS`. A kind is `real` (the
service as it is), `before OPERATION` or `after OPERATION` (a service that dies at that point of its writer), or
one of the broken ones by which the gates are tested themselves.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import uvloop

from intakebot.app.house import OpenHouse, open_house
from intakebot.app.logs import log_to_standard_error
from intakebot.app.service import Service, run_service
from intakebot.clocks import SystemClock
from intakebot.domain.contact import Kept
from intakebot.ports import Operation, Writer
from intakebot.readers import Readers
from intakebot.reading.language import language_of
from intakebot.usecases.receive import keep_contacts

WARMING_UP = "The language model is loaded once, and every life is born with it."


class Wrapped:
    """The house's own writer, with something in front of it."""

    def __init__(self, inner: Writer) -> None:
        self.inner = inner

    async def submit(self, operation: Operation[Any, Any], item: Any) -> Any:
        return await self.inner.submit(operation, item)


class MortalWriter(Wrapped):
    """Kills its process before an operation is handed over, or after its commit brought something about."""

    point = ""

    async def submit(self, operation: Operation[Any, Any], item: Any) -> Any:
        name = getattr(getattr(operation, "func", operation), "__name__", "").lstrip("_")
        if self.point == f"before {name}":
            _die()
        result = await super().submit(operation, item)
        if self.point == f"after {name}" and (result or result is None):
            _die()
        return result


class HastyWriter(Wrapped):
    """Broken: says that a contact is kept before it is."""

    def __init__(self, inner: Writer) -> None:
        super().__init__(inner)
        self._behind: set[asyncio.Future[Any]] = set()

    async def submit(self, operation: Operation[Any, Any], item: Any) -> Any:
        if operation is not keep_contacts:
            return await super().submit(operation, item)
        self._behind.add(asyncio.ensure_future(super().submit(operation, item)))
        return Kept(item.id, repeat=False)


class KeepingWriter(Wrapped):
    """Keeps contacts and does nothing else, so that every byte it writes belongs to an acceptance."""

    async def submit(self, operation: Operation[Any, Any], item: Any) -> Any:
        if operation is not keep_contacts:
            await asyncio.Event().wait()
        return await super().submit(operation, item)


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("nobody outlives SIGKILL")


def _writer(kind: str, opened: OpenHouse) -> Wrapped:
    chosen = {"hasty": HastyWriter, "keeping": KeepingWriter, "keeping carelessly": KeepingWriter}
    writer = chosen.get(kind, MortalWriter)(opened.writer)
    if isinstance(writer, MortalWriter):
        writer.point = kind
    if kind == "keeping carelessly":
        connection = opened.database.writing.raw_connection()
        connection.cursor().execute("PRAGMA synchronous = NORMAL")
        connection.close()
    return writer


async def _live(kind: str, settings: Path, data: Path) -> None:
    if kind == "real":
        await run_service(settings, data, simulated_clock=False)
        return
    clock = SystemClock()
    with closing(Readers()) as readers, open_house(settings, data, clock, _die) as opened:
        log_to_standard_error("info")
        changed = replace(opened, writer=_writer(kind, opened))
        await Service(changed, clock, asyncio.Event(), readers).run(_announce)


def _announce(service: Service) -> None:
    slack = "".join(f", Slack {channel.name} on port {channel.port}" for channel in service.doors.slack)
    _say(f"intakebot is ready: SMTP on 127.0.0.1:{service.doors.smtp[0].port}{slack}")


def _bear(kind: str, settings: Path, data: Path) -> None:
    child = os.fork()
    if not child:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_live(kind, settings, data))
        sys.stdout.flush()
        os._exit(0)
    _say(f"born {child}")
    _, status = os.waitpid(child, 0)
    _say(f"ended {os.waitstatus_to_exitcode(status)}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> None:
    """Bear a life for each line until there are no more."""
    settings, data = map(Path, arguments)
    language_of(WARMING_UP, "", ("en", "de"))
    for line in sys.stdin:
        _bear(line.strip(), settings, data)


if __name__ == "__main__":
    main(sys.argv[1:])
