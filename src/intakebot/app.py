"""The composition root: reads the configuration, builds the house, and is the service.

Reads as a table of contents: `open_house` makes everything that has no door, `Service` adds the doors and the
worker. The command line comes here for its desk and for the checks; nobody else imports this module.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import ssl
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from intakebot.channels.control import ControlInlet, RemoteDesk, control_socket
from intakebot.channels.maildir import MaildirOutlet
from intakebot.channels.relay import RelayOutlet, RelaySettings, Tls
from intakebot.channels.smtp import SmtpInlet
from intakebot.channels.smtp_reception import SmtpSettings
from intakebot.clocks import SimulatedClock, SystemClock
from intakebot.config.channel_settings import SmtpSettings as SmtpDoor
from intakebot.config.settings import Settings, load_settings
from intakebot.domain.actors import Actor
from intakebot.domain.commands import AdvanceClock, Command
from intakebot.domain.errors import (
    ConfigError,
    NotFoundError,
    Problem,
    RefusedError,
    ServiceUnreachableError,
    StorageUnavailableError,
)
from intakebot.domain.ids import IdSource
from intakebot.domain.workflow_drawing import draw
from intakebot.ports import Archive, Clock, Desk, Outlet, Writer
from intakebot.rules.check import World, check_ruleset
from intakebot.rules.load import load_ruleset
from intakebot.rules.model import Ruleset
from intakebot.storage.archive import SqlArchive
from intakebot.storage.blobs import Blobs
from intakebot.storage.engine import Database, open_database
from intakebot.storage.lock import lock_directory
from intakebot.storage.migrations import migrate
from intakebot.storage.store import SqlStore
from intakebot.storage.writer import GroupWriter
from intakebot.templating import Templates
from intakebot.usecases.desk import CaseDesk
from intakebot.usecases.house import House
from intakebot.usecases.receive import Reception
from intakebot.usecases.register import Registration
from intakebot.worker import Wake, Worker

REPLY_KEY_FILE = "reply-token.key"
SQLITE = "sqlite+pysqlite:///intakebot.db"
"""The database where none is configured: a file in the data directory."""


@dataclass(frozen=True, slots=True)
class OpenHouse:
    """A house without doors: configuration, database and everything that decides."""

    settings: Settings
    data: Path
    house: House
    database: Database
    writer: Writer
    archive: Archive
    registration: Registration
    wake: Wake

    def desk(self, clock: SimulatedClock | None = None) -> Desk:
        """The desk of this house; with a simulated clock it may be moved."""
        desk = CaseDesk(self.house, self.writer, self.archive, self.registration, self.wake.all)
        return _DeskWithClock(desk, clock, self.wake)


class _DeskWithClock:
    """A desk that also moves the simulated clock; real time is nobody's to move."""

    def __init__(self, desk: Desk, clock: SimulatedClock | None, wake: Wake) -> None:
        self._desk = desk
        self._clock = clock
        self._wake = wake
        self.ask = desk.ask

    async def perform(self, command: Command, by: Actor) -> Mapping[str, Any]:
        """Everything that the desk does, and AdvanceClock."""
        if not isinstance(command, AdvanceClock):
            return await self._desk.perform(command, by)
        if self._clock is None:
            raise RefusedError("clock.real", "time is real here; start the service with --simulated-clock to move it")
        now = self._clock.advance(timedelta(seconds=command.seconds))
        self._wake.all()
        return {"now": now.isoformat()}


@contextmanager
def open_house(path: Path, data: Path | None, clock: Clock, on_failed: Callable[[], None]) -> Iterator[OpenHouse]:
    """Read the configuration, take the lock, bring the database up to date, build the house.

    Raises ConfigError, AlreadyRunningError, StorageUnavailableError.
    """
    settings, ruleset, templates = checked(path)
    directory = data or settings.service.data_directory
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    with lock_directory(directory):
        database = open_database(settings.database_url or SQLITE, directory)
        migrate(database)
        blobs = Blobs(directory)
        writer = GroupWriter(database, lambda connection: SqlStore(connection, blobs), on_failed=on_failed)
        house = House(
            organisation=settings.organisation,
            ruleset=ruleset,
            render=templates,
            clock=clock,
            new_id=IdSource(clock.now, settings.service.node),
            reply_key=reply_key(directory),
            replies_per_day=settings.automatic_replies.per_address_and_day,
        )
        try:
            yield OpenHouse(
                settings, directory, house, database, writer, SqlArchive(database, blobs), Registration(house), Wake()
            )
        finally:
            writer.close()
            database.close()


def checked(path: Path) -> tuple[Settings, Ruleset, Templates]:
    """The whole configuration, checked across its rooms; raises ConfigError with every problem."""
    settings = load_settings(path)
    ruleset = load_ruleset(settings.rules)
    templates = Templates(settings.templates_directory)
    problems = [*check_ruleset(ruleset, world(settings, templates)), *templates.check(settings.organisation.languages)]
    if problems:
        raise ConfigError(problems)
    return settings, ruleset, templates


def world(settings: Settings, templates: Templates) -> World:
    """What rules may name."""
    organisation = settings.organisation
    return World(
        queues=frozenset(organisation.queues),
        workflows=frozenset(organisation.workflows),
        templates=frozenset(templates.names()),
        agents=frozenset(organisation.agents),
        categories=None,
    )


def reply_key(directory: Path) -> bytes:
    """The key of this installation's reply tokens, made on the first start; owner-only."""
    path = directory / REPLY_KEY_FILE
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(file.fileno())
    return path.read_bytes()


@asynccontextmanager
async def open_desk(settings: Path, data: Path | None) -> AsyncIterator[Desk]:
    """The running service's desk, else the house opened in this process under the lock.

    Raises AlreadyRunningError when another process holds the lock and does not answer.
    """
    directory = data or load_settings(settings).service.data_directory
    remote = RemoteDesk(control_socket(directory))
    try:
        await remote.ask("clock", {})
    except ServiceUnreachableError:
        with open_house(settings, data, SystemClock(), lambda: None) as opened:
            yield opened.desk()
        return
    yield remote


class Service:
    """The house with its doors open: inlets, outlets, control socket, worker."""

    def __init__(self, opened: OpenHouse, clock: Clock, stop: asyncio.Event) -> None:
        self.opened = opened
        self._stop = stop
        self.smtp = [_smtp_inlet(opened, settings) for settings in opened.settings.smtp]
        self.outlets = _outlets(opened)
        simulated = clock if isinstance(clock, SimulatedClock) else None
        self._control = ControlInlet(control_socket(opened.data), opened.desk(simulated))
        self._reception = Reception(opened.house, opened.writer, opened.wake.received.set)

    async def run(self, ready: Callable[[Service], None]) -> None:
        """Serve until `stop`: first the doors close, then what was begun is finished."""
        opened = self.opened
        worker = Worker(opened.house, opened.writer, opened.archive, opened.registration, self.outlets, opened.wake)
        doors_closed = asyncio.Event()
        inlets: list[SmtpInlet | ControlInlet] = [*self.smtp, self._control]
        async with asyncio.TaskGroup() as tasks:
            doors = [tasks.create_task(inlet.serve(self._reception, self._stop)) for inlet in inlets]
            tasks.create_task(worker.run(doors_closed))
            await asyncio.gather(*(inlet.listening.wait() for inlet in inlets))
            ready(self)
            await asyncio.gather(*doors)
            await self._reception.flush_refusals()
            doors_closed.set()
        for outlet in self.outlets.values():
            await outlet.close()


def _smtp_inlet(opened: OpenHouse, settings: SmtpDoor) -> SmtpInlet:
    context = None
    if settings.certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(settings.certificate, settings.key)
    hostname = opened.settings.service.host_name
    chosen = SmtpSettings(
        settings.host, settings.port, hostname, settings.lmtp, settings.size_limit, tls_context=context
    )
    return SmtpInlet(settings.name, chosen)


def _outlets(opened: OpenHouse) -> Mapping[str, Outlet]:
    relay = opened.settings.relay
    if relay is None:
        return {"email": MaildirOutlet(opened.data / "outbox")}
    chosen = RelaySettings(
        relay.host,
        relay.port,
        opened.settings.service.host_name,
        Tls(relay.tls.value),
        relay.username,
        relay.password.value,
    )
    return {"email": RelayOutlet(chosen)}


async def run(settings: Path, data: Path | None, *, simulated_clock: bool) -> None:
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

    with open_house(settings, data, clock, on_failed) as opened:
        await Service(opened, clock, stop).run(_announce)
    if failed.is_set():
        raise StorageUnavailableError("the disk failed under the database; check it, then start again")


def _announce(service: Service) -> None:
    """Six lines: what listens, and what to try next."""
    opened = service.opened
    doors = [
        f"{'LMTP' if door.lmtp else 'SMTP'} on {door.host}:{inlet.port}"
        for door, inlet in zip(opened.settings.smtp, service.smtp, strict=True)
    ]
    relay = opened.settings.relay
    address = next(iter(opened.settings.organisation.addresses))
    lines = (
        f"intakebot is ready: {', '.join(doors) or 'no mail door'}; control socket in {opened.data}",
        f"  takes mail for    {', '.join(opened.settings.organisation.addresses)}",
        f"  answers leave by  {f'{relay.host}:{relay.port}' if relay else opened.data / 'outbox'}",
        f"  try: swaks --server {doors[0].split()[-1] if doors else '-'} --from you@example.org --to {address}",
        "  then, in another window: .venv/bin/intakebot case list   and   .venv/bin/intakebot case why C-1001",
        "  Ctrl-C stops it; what was accepted is safe.",
    )
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def check_configuration(settings: Path) -> Mapping[str, Any]:
    """Load and check everything: what was found, by name."""
    found, ruleset, templates = checked(settings)
    organisation = found.organisation
    return {
        "workflows": sorted(organisation.workflows),
        "queues": sorted(organisation.queues),
        "agents": sorted(organisation.agents),
        "addresses": sorted(organisation.addresses),
        "policies": sorted(organisation.policies),
        "channels": [channel.name for channel in found.channels],
        "rules": sum(len(stage.rules) for stage in ruleset.stages),
        "templates": sorted(templates.names()),
    }


def check_rules(settings: Path) -> Mapping[str, Any]:
    """Load, check and test the rules; raises ConfigError when they cannot be read at all."""
    found = load_settings(settings)
    ruleset = load_ruleset(found.rules)
    problems = check_ruleset(ruleset, world(found, Templates(found.templates_directory)))
    return {
        "ruleset": ruleset.hash,
        "rules": sum(len(stage.rules) for stage in ruleset.stages),
        "stages": len(ruleset.stages),
        "tests": sum(len(rule.tests) for stage in ruleset.stages for rule in stage.rules),
        "problems": [_shown(problem) for problem in problems],
    }


def check_templates(settings: Path) -> Mapping[str, Any]:
    """Render every template with sample values."""
    found = load_settings(settings)
    templates = Templates(found.templates_directory)
    problems = templates.check(found.organisation.languages)
    return {"templates": len(templates.names()), "problems": [_shown(problem) for problem in problems]}


def _shown(problem: Problem) -> Mapping[str, str]:
    where = f"{problem.file}:{problem.line}" if problem.line else problem.file
    return {"severity": "error", "place": where, "sentence": problem.sentence}


def draw_workflows(settings: Path, name: str) -> Mapping[str, str]:
    """Mermaid diagrams by workflow name ('' = all); raises NotFoundError."""
    workflows = load_settings(settings).organisation.workflows
    if name and name not in workflows:
        raise NotFoundError(f"there is no workflow {name!r}; known workflows: {', '.join(sorted(workflows))}")
    return {known: draw(workflow) for known, workflow in workflows.items() if name in ("", known)}
