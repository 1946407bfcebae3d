"""Builds the house: reads the configuration, takes the lock, brings the database up to date.

Everything that decides is made here; nothing in here has a door. `service` opens the doors; the command line
comes here only when no service runs.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeAlias

from intakebot.app.rule_loading import load_and_check
from intakebot.clocks import SimulatedClock
from intakebot.config.settings import Settings, load_settings, main_file
from intakebot.domain.actors import Actor
from intakebot.domain.commands import AdvanceClock, Command, ReloadRules
from intakebot.domain.errors import ConfigError, Problem, RefusedError
from intakebot.domain.ids import IdSource
from intakebot.ports import Archive, Clock, Desk, Writer
from intakebot.ports.chat_store import FollowUp, owes_nothing
from intakebot.rules.model import Ruleset
from intakebot.rules.world import World, world_of
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
from intakebot.usecases.register import Registration
from intakebot.usecases.rules_in_force import RulesInForce
from intakebot.usecases.tell_agents import TellAgents
from intakebot.usecases.watch import Alarm
from intakebot.worker import Wake

REPLY_KEY_FILE = "reply-token.key"
KEY_BYTES = 32
_KEY_LINE = re.compile(rb"[0-9a-fA-F]{64}")
SQLITE = "sqlite+pysqlite:///intakebot.db"
"""The database where none is configured: a file in the data directory."""


Siren: TypeAlias = Callable[[], Iterable[Alarm]]
Reload: TypeAlias = Callable[[], Awaitable[Mapping[str, Any]]]
"""Reads the rules again; says what became of it."""


@dataclass(frozen=True, slots=True)
class OpenHouse:
    """A house without doors: configuration, database and everything that decides.

    Doors put their alarms into `sirens`, by a function that is asked when somebody asks for `health`, and into `criers`
    what shows a sentence to the operators. `world` is what rules may name in this house, `main_file` the
    settings file; `warnings` are what may be wrong with a configuration that can be used.
    """

    settings: Settings
    data: Path
    house: House
    database: Database
    writer: Writer
    archive: Archive
    registration: Registration
    wake: Wake
    main_file: Path
    world: World
    sirens: list[Siren] = field(default_factory=list)
    criers: list[Callable[[str], None]] = field(default_factory=list)
    warnings: tuple[Problem, ...] = ()

    def desk(self, clock: SimulatedClock | None = None, reload: Reload | None = None) -> Desk:
        """The desk of this house; with a simulated clock it may be moved, with `reload` rules are read again."""
        desk = CaseDesk(self.house, self.writer, self.archive, self.registration, self.wake.all)
        return _DeskOfHouse(desk, clock, self.wake, self.sirens, reload)

    def cry(self, sentence: str) -> None:
        """Show the operators a sentence, wherever there is a place for it."""
        for crier in self.criers:
            crier(sentence)


class _DeskOfHouse:
    """A desk that also moves the simulated clock (real time is nobody's to move), reloads, and knows the doors."""

    def __init__(
        self, desk: Desk, clock: SimulatedClock | None, wake: Wake, sirens: Sequence[Siren], reload: Reload | None
    ) -> None:
        self._desk = desk
        self._clock = clock
        self._wake = wake
        self._sirens = sirens
        self._reload = reload

    async def ask(self, question: str, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON-like data, by question
        """What the desk answers; to `health` also what the doors of this process have to say."""
        answer = await self._desk.ask(question, arguments)
        if question == "health":
            answer["attention"] += [asdict(alarm) for siren in self._sirens for alarm in siren()]
        return answer

    async def perform(self, command: Command, by: Actor) -> Mapping[str, Any]:
        """Everything that the desk does, and AdvanceClock and ReloadRules."""
        if isinstance(command, ReloadRules):
            if self._reload is None:
                raise RefusedError("rules.no-service", "no service runs here; the next one reads the rules as they are")
            return await self._reload()
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
    settings, ruleset, templates, warnings = checked(path, data)
    directory = data or settings.service.data_directory
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    with lock_directory(directory):
        database = open_database(settings.database_url or SQLITE, directory)
        migrate(database)
        blobs = Blobs(directory)
        new_id = IdSource(clock.now, settings.service.node)
        follow_up, node = _follow_up(settings, new_id), settings.service.node
        writer = GroupWriter(
            database, lambda connection: SqlStore(connection, blobs, follow_up, node), on_failed=on_failed
        )
        house = _house(settings, RulesInForce(ruleset), templates, clock, new_id, reply_keys(directory))
        try:
            archive, registration = SqlArchive(database, blobs), Registration(house)
            known = world(settings, templates)
            yield OpenHouse(
                settings,
                directory,
                house,
                database,
                writer,
                archive,
                registration,
                Wake(),
                main_file(path),
                known,
                warnings=warnings,
            )
        finally:
            writer.close()
            database.close()


def _house(
    settings: Settings,
    rules: RulesInForce,
    render: Templates,
    clock: Clock,
    new_id: Callable[[], int],
    keys: Sequence[bytes],
) -> House:
    newest, *older = keys
    return House(
        organisation=settings.organisation,
        rules=rules,
        render=render,
        clock=clock,
        new_id=new_id,
        reply_key=newest,
        older_reply_keys=tuple(older),
        replies_per_day=settings.automatic_replies.per_address_and_day,
        replies_per_hour=settings.automatic_replies.per_hour,
        mute_for=settings.automatic_replies.mute_after_bounce,
        shadow=settings.service.shadow,
        files=settings.files,
    )


def _follow_up(settings: Settings, new_id: Callable[[], int]) -> FollowUp:
    """What changes owe to agents who work in a chat; nothing, and at no cost, where there is none."""
    if not settings.slack:
        return owes_nothing
    queues = frozenset(name for channel in settings.slack for name in channel.ties.queues)
    return TellAgents(settings.organisation, queues, new_id)


def checked(path: Path, data: Path | None = None) -> tuple[Settings, Ruleset, Templates, tuple[Problem, ...]]:
    """The whole configuration, checked across its rooms, and its warnings; raises ConfigError with every error.

    Rules that were checked before may come from the data directory, where it is there already.
    """
    settings = load_settings(path)
    templates = Templates(settings.templates_directory)
    directory = data or settings.service.data_directory
    loaded = load_and_check(settings.rules, world(settings, templates), directory if directory.is_dir() else None)
    problems = (*loaded.problems, *templates.check(settings.organisation.languages))
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise ConfigError(errors)
    return settings, loaded.usable, templates, problems


def world(settings: Settings, templates: Templates) -> World:
    """What rules may name."""
    return world_of(settings.organisation, templates.names())


def reply_keys(directory: Path) -> tuple[bytes, ...]:
    """The keys of this installation's reply tokens, newest first; made on the first start, owner-only.

    Raises ConfigError for a file that holds no key.
    """
    known = known_reply_keys(directory)
    if known:
        return known
    handle = os.open(directory / REPLY_KEY_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_hex(KEY_BYTES).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return known_reply_keys(directory)


def known_reply_keys(directory: Path) -> tuple[bytes, ...]:
    """The same, and none where none was made yet. Raises ConfigError for a file that holds no key."""
    path = directory / REPLY_KEY_FILE
    return keys_in(path.read_bytes()) if path.exists() else ()


def keys_in(content: bytes) -> tuple[bytes, ...]:
    """The keys in a key file: 64 hexadecimal digits a line; or one key as it is, as first versions wrote it.

    Raises ConfigError.
    """
    if len(content) == KEY_BYTES:
        return (content,)
    lines = [line.strip() for line in content.splitlines() if line.strip()]
    if not lines or not all(_KEY_LINE.fullmatch(line) for line in lines):
        sentence = f"every line has to be a key of {2 * KEY_BYTES} hexadecimal digits, the newest first"
        raise ConfigError([Problem(REPLY_KEY_FILE, 1, sentence)])
    return tuple(bytes.fromhex(line.decode()) for line in lines)
