"""The watch over the rule files: what is on disk becomes what decides, whole, or not at all.

Run by `service` beside the doors; `reload` is the command `rules reload`. Files are read, loaded and checked in a
thread, against the house that runs, and swapped in by one reference. Files that cannot be used leave the rules in
force as they are; that is said in the log, in `health` and to the operators, once, and once more when it is over.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any

from intakebot.app.house import OpenHouse
from intakebot.app.rule_loading import Loaded, load_and_check
from intakebot.config.on_disk import start_files
from intakebot.config.rule_files import RuleFiles, Stamps, rule_files, rule_stamps
from intakebot.domain.errors import Problem
from intakebot.edge import guarded
from intakebot.rules.model import Ruleset
from intakebot.usecases.watch import Alarm

LOOK_EVERY = timedelta(seconds=2)
SHOWN_OF_HASH = 8
_log = logging.getLogger(__name__)


class Step(Enum):
    """What a look at the disk calls for."""

    REST = "nothing has changed"
    WAIT = "it changes; look again whether it is finished"
    LOAD = "it has changed, and stands still"


@dataclass(frozen=True, slots=True)
class Seen:
    """Digests of the rule files: those that were acted upon last, and those of the last look."""

    settled: str
    last: str


def next_step(seen: Seen, digest: str) -> tuple[Seen, Step]:
    """What a look calls for. Pure. Files count once two looks agree on them: somebody may be writing."""
    if digest == seen.settled:
        return Seen(seen.settled, digest), Step.REST
    if digest != seen.last:
        return Seen(seen.settled, digest), Step.WAIT
    return Seen(digest, digest), Step.LOAD


@dataclass(frozen=True, slots=True)
class _Trouble:
    """Why the disk's rules do not decide, and since when."""

    sentence: str
    since: datetime


class RulesWatch:
    """Keeps the rules of a house equal to its rule files, as far as they can be used. Used from the loop only."""

    def __init__(self, opened: OpenHouse) -> None:
        self._rules, self._clock, self._world = opened.house.rules, opened.house.clock, opened.world
        self._main_file, self._templates = opened.main_file, opened.settings.templates_directory
        self._cry, self._data = opened.cry, opened.data
        read = opened.settings.rules.digest
        self._seen = Seen(read, read)
        self._disk = _Disk(opened.main_file.parent)
        self._at_start = start_files(self._main_file, self._templates)
        self._one_at_a_time = asyncio.Lock()
        self._trouble: _Trouble | None = None
        self._told: set[tuple[tuple[str, str], ...]] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Look every few seconds until `stop`; what was begun is finished."""
        while not stop.is_set():
            await guarded("rules", self.look())
            await self._clock.until(self._clock.now() + LOOK_EVERY, stop)

    async def look(self) -> Step:
        """One look at the disk, and what it calls for."""
        async with self._one_at_a_time:
            files = await asyncio.to_thread(self._disk.look)
            self._seen, step = next_step(self._seen, files.digest)
            if step is Step.LOAD:
                await self._load(files)
            return step

    async def reload(self) -> Mapping[str, Any]:
        """Read the rules now, on somebody's word; what became of it, as JSON-like data."""
        async with self._one_at_a_time:
            before = self._rules.ruleset.hash
            files = await asyncio.to_thread(rule_files, self._main_file.parent)
            self._seen = Seen(files.digest, files.digest)
            loaded = await self._load(files)
            changed = await asyncio.to_thread(self._changed_since_the_start)
        now = self._rules.ruleset
        return {
            "reloaded": not loaded.errors,
            "old": before,
            "new": now.hash,
            "rules": sum(len(stage.rules) for stage in now.stages),
            "tests": sum(len(rule.tests) for stage in now.stages for rule in stage.rules),
            "problems": [_shown(problem) for problem in loaded.problems],
            "read_at_the_start_only": changed,
        }

    def alarms(self) -> list[Alarm]:
        """What `health` says: nothing while the disk's rules decide."""
        if self._trouble is None:
            return []
        return [Alarm("rules.not-loaded", self._trouble.sentence, since=self._trouble.since.isoformat())]

    async def _load(self, files: RuleFiles) -> Loaded:
        loaded = await asyncio.to_thread(load_and_check, files, self._world, self._data)
        if loaded.errors or loaded.ruleset is None:
            on_disk = loaded.ruleset.hash if loaded.ruleset else files.digest
            self._keep(on_disk, loaded.errors)
        else:
            self._take(loaded.ruleset)
        return loaded

    def _take(self, ruleset: Ruleset) -> None:
        """Swap. Rules whose words alone are the same are taken too: their lines may have moved."""
        before = self._rules.ruleset.hash
        self._rules.swap(ruleset)
        if ruleset.hash != before:
            count = sum(len(stage.rules) for stage in ruleset.stages)
            _log.info("rules %s decide now, %d of them; before: %s", _short(ruleset.hash), count, _short(before))
        if self._trouble is not None:
            self._trouble = None
            self._told.clear()
            self._say(logging.INFO, f"the rule files are in order again: rules running {_short(ruleset.hash)}")

    def _keep(self, on_disk: str, errors: tuple[Problem, ...]) -> None:
        """Go on with the rules in force, and say why; the same problems are told once until they are mended."""
        running = _short(self._rules.ruleset.hash)
        more = f" (and {len(errors) - 1} more: see `intakebot rules check`)" if len(errors) > 1 else ""
        sentence = f"rules running {running}, disk has {_short(on_disk)}: {errors[0]}{more}"
        since = self._trouble.since if self._trouble else self._clock.now()
        self._trouble = _Trouble(sentence, since)
        trouble = tuple((problem.file, problem.sentence) for problem in errors)  # wherever its line is by now
        if trouble not in self._told:
            self._told.add(trouble)
            self._say(logging.ERROR, sentence)

    def _say(self, level: int, sentence: str) -> None:
        _log.log(level, "%s", sentence)
        self._cry(sentence)

    def _changed_since_the_start(self) -> list[str]:
        now = start_files(self._main_file, self._templates)
        return sorted(name for name in {*now, *self._at_start} if now.get(name) != self._at_start.get(name))


class _Disk:
    """Reads the rule files again only when one of them was touched."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stamps: Stamps | None = None
        self._files: RuleFiles | None = None

    def look(self) -> RuleFiles:
        """What is there now."""
        stamps = rule_stamps(self._folder)
        if self._files is None or stamps != self._stamps:
            self._files, self._stamps = rule_files(self._folder), stamps
        return self._files


def _short(ruleset: str) -> str:
    return ruleset[:SHOWN_OF_HASH]


def _shown(problem: Problem) -> Mapping[str, str]:
    where = f"{problem.file}:{problem.line}" if problem.line else problem.file
    return {"severity": problem.severity, "place": where, "sentence": problem.sentence}
