"""From rule files to rules that may decide: read, checked, and kept so that the next start need not do it again.

Called at the start (`house`), by the watch over the rules, and by dry runs. Many rules take seconds: what runs an event
loop calls this in a thread.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from intakebot.config.rule_files import RuleFiles
from intakebot.domain.errors import ConfigError, Problem
from intakebot.rules.cache import cache_key, from_bytes, to_bytes
from intakebot.rules.check import World, check_ruleset
from intakebot.rules.index import index_of
from intakebot.rules.lasting import lasting_objects
from intakebot.rules.load import load_ruleset
from intakebot.rules.model import Ruleset

CACHE_FILE = "rules.cache"


@dataclass(frozen=True, slots=True)
class Loaded:
    """Rules that were read and checked: the ruleset, unless it could not be made, and all that was found."""

    ruleset: Ruleset | None
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """What keeps these rules from deciding."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def usable(self) -> Ruleset:
        """The rules; raises ConfigError with every error."""
        if self.ruleset is None or self.errors:
            raise ConfigError(self.errors)
        return self.ruleset


def load_and_check(files: RuleFiles, world: World, data: Path | None = None) -> Loaded:
    """Everything that stands between files and rules in force.

    With a data directory, rules without errors are kept there in a file of their own, and come from it as long as the
    files, the program and what rules may name are the same. A file that is missing, damaged or cannot be written costs
    time and nothing else. Call it in one thread at a time (`lasting_objects`).
    """
    with lasting_objects():
        loaded = _loaded(files, world, data)
        if loaded.ruleset:
            index_of(loaded.ruleset)  # the first message need not wait for it
    return loaded


def _loaded(files: RuleFiles, world: World, data: Path | None) -> Loaded:
    kept = _Kept(data / CACHE_FILE, cache_key(version("intakebot"), files.contents.items(), world)) if data else None
    found = kept.read(files) if kept and not files.unreadable else None
    if found:
        return Loaded(*found)
    try:
        ruleset = load_ruleset(files.nodes())
    except ConfigError as error:
        return Loaded(None, error.problems)
    loaded = Loaded(ruleset, tuple(check_ruleset(ruleset, world)))
    if kept and not loaded.errors:
        kept.write(ruleset, loaded.problems)
    return loaded


@dataclass(frozen=True, slots=True)
class _Kept:
    """The file of checked rules: one, for the rules that were checked last."""

    path: Path
    key: str

    def read(self, files: RuleFiles) -> tuple[Ruleset, tuple[Problem, ...]] | None:
        try:
            content, sources = self.path.read_bytes(), _sources(files.contents)
        except (OSError, UnicodeDecodeError):  # the loader names the file that is no text
            return None
        return from_bytes(content, self.key, sources)

    def write(self, ruleset: Ruleset, warnings: tuple[Problem, ...]) -> None:
        """Keep it, whole or not at all; the next start does without where the disk does not take it."""
        draft = self.path.with_suffix(".new")
        try:
            draft.unlink(missing_ok=True)
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(to_bytes(ruleset, warnings, self.key))
            draft.replace(self.path)
        except OSError:
            draft.unlink(missing_ok=True)


def _sources(contents: Mapping[str, bytes]) -> tuple[tuple[str, str], ...]:
    """The files as the loader keeps them."""
    return tuple((name, content.decode("utf-8-sig")) for name, content in contents.items())
