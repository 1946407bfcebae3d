"""The service: the house with its doors open, from the first listening socket to the last finished mail."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path

from intakebot.app.alarm_mail import tell_operators
from intakebot.app.doors import Door, doors_of
from intakebot.app.house import OpenHouse, open_house
from intakebot.app.logs import log_to_standard_error
from intakebot.app.rules_watch import RulesWatch
from intakebot.channels.slack.channel import SlackChannel
from intakebot.clocks import SimulatedClock, SystemClock
from intakebot.domain.delivery import SHADOW
from intakebot.domain.errors import DoorUnavailableError, StorageUnavailableError
from intakebot.edge import guarded
from intakebot.ports import Clock
from intakebot.readers import Readers, Reading
from intakebot.usecases.receive import Reception
from intakebot.worker import Worker

REFUSALS_EVERY = timedelta(minutes=1)
_log = logging.getLogger(__name__)


class Service:
    """The house with its doors open: every way in and out, and the worker."""

    def __init__(self, opened: OpenHouse, clock: Clock, stop: asyncio.Event, readers: Readers) -> None:
        self.opened = opened
        self._readers = readers
        self._stop = stop
        simulated = clock if isinstance(clock, SimulatedClock) else None
        self._rules = RulesWatch(opened)
        opened.sirens.append(self._rules.alarms)
        self._desk = opened.desk(simulated, self._rules.reload)
        self.doors = doors_of(opened, self._desk)
        self._reception = Reception(opened.house, opened.writer, opened.wake.received.set)

    async def run(self, ready: Callable[[Service], None]) -> None:
        """Serve until `stop`: first the doors close, then what was begun is finished."""
        opened = self.opened
        organisation = opened.house.organisation
        reading = Reading(organisation.own_domains, organisation.languages, opened.settings.trusted_servers)
        worker = Worker(
            opened.house,
            opened.writer,
            opened.archive,
            opened.registration,
            self.doors.outlets,
            opened.wake,
            partial(self._readers.read, reading.read),
        )
        doors_closed = asyncio.Event()
        inlets = self.doors.inlets
        try:
            async with asyncio.TaskGroup() as tasks:
                doors = [tasks.create_task(self._open(inlet)) for inlet in inlets]
                tasks.create_task(worker.run(doors_closed))
                tasks.create_task(self._rules.run(self._stop))
                tasks.create_task(self._write_refusals())
                await asyncio.gather(*(inlet.listening.wait() for inlet in inlets))
                mail = self.doors.outlets.get("email")
                if opened.settings.alarms_to and mail:  # in shadow mode there is no way out
                    tasks.create_task(tell_operators(opened, self._desk, mail, self._stop))
                ready(self)
                await asyncio.gather(*doors)
                await guarded("refusals", self._reception.flush_refusals())
                doors_closed.set()
        except BaseExceptionGroup as failed:
            raise _reason(failed) from failed
        finally:
            await self.doors.close()

    async def _write_refusals(self) -> None:
        """Write what was refused, again and again: it is counted in memory, which a crash loses."""
        clock = self.opened.house.clock
        while not self._stop.is_set():
            await clock.until(clock.now() + REFUSALS_EVERY, self._stop)
            await guarded("refusals", self._reception.flush_refusals())

    async def _open(self, inlet: Door) -> None:
        try:
            await inlet.serve(self._reception, self._stop)
        except OSError as error:
            sentence = (
                f"the door {inlet.name} cannot be opened: {error.strerror or error}; see `listen` in the configuration"
            )
            raise DoorUnavailableError(sentence) from error


def _reason(failed: BaseException) -> BaseException:
    """One reason is what an operator can act upon."""
    while isinstance(failed, BaseExceptionGroup):
        failed = failed.exceptions[0]
    return failed


async def run_service(settings: Path, data: Path | None, *, simulated_clock: bool) -> None:
    """Be the service until SIGINT or SIGTERM.

    Raises StorageUnavailableError when the disk failed underneath: only a fresh start may read what it holds.
    """
    clock = SimulatedClock(SystemClock().now()) if simulated_clock else SystemClock()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    failed = asyncio.Event()

    def on_failed() -> None:
        loop.call_soon_threadsafe(failed.set)
        loop.call_soon_threadsafe(stop.set)

    with closing(Readers()) as readers, open_house(settings, data, clock, on_failed) as opened:
        log_to_standard_error(opened.settings.service.log_level)
        for problem in opened.warnings:
            _log.warning("%s", problem)
        await Service(opened, clock, stop, readers).run(_announce)
    if failed.is_set():
        raise StorageUnavailableError("the disk failed under the database; check it, then start again")


def _announce(service: Service) -> None:
    """Six lines: what listens, and what to try next."""
    opened = service.opened
    doors = [
        f"{'LMTP' if door.lmtp else 'SMTP'} on {door.host}:{inlet.port}"
        for door, inlet in zip(opened.settings.smtp, service.doors.smtp, strict=True)
    ]
    mail = doors[0].split()[-1] if doors else "-"
    doors += [_slack_door(channel) for channel in service.doors.slack]
    address = next(iter(opened.settings.organisation.addresses))
    lines = (
        f"intakebot is ready: {', '.join(doors) or 'no mail door'}; control socket in {opened.data}",
        f"  takes mail for    {', '.join(opened.settings.organisation.addresses)}",
        f"  {_way_out(opened)}",
        f"  try: swaks --server {mail} --from you@example.org --to {address}",
        "  then, in another window: .venv/bin/intakebot case list   and   .venv/bin/intakebot case why C-1001",
        "  Ctrl-C stops it; what was accepted is safe.",
    )
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _way_out(opened: OpenHouse) -> str:
    if opened.settings.service.shadow:
        return f"{SHADOW}; what would leave is in `intakebot delivery list --state withdrawn`"
    relay = opened.settings.relay
    return f"answers leave by  {f'{relay.host}:{relay.port}' if relay else opened.data / 'outbox'}"


def _slack_door(channel: SlackChannel) -> str:
    return f"Slack {channel.name}" + (f" on port {channel.port}" if channel.port else " by Socket Mode")
