"""The rule files as bytes: those of the configuration, and those of any folder that somebody names.

Called by `settings`, by the watch over the rules, and by dry runs. The bytes that are looked at are the bytes that are
read, so a file that changes in between is never half of the one and half of the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

from intakebot.config.reader import shown_kind
from intakebot.config.yaml_source import node_of, read_file
from intakebot.domain.errors import ConfigError, Problem
from intakebot.domain.positions import Node

Stamps: TypeAlias = tuple[tuple[str, int, int, int, int], ...]
"""Of every rule file its name, inode, size, and the times of its last change and its last renaming (ns)."""


@dataclass(frozen=True)
class RuleFiles:
    """All rule files as they were at one moment; what could not be read is a problem instead."""

    contents: Mapping[str, bytes] = field(repr=False)
    unreadable: tuple[Problem, ...] = ()

    @cached_property
    def digest(self) -> str:
        """Tells two moments apart: SHA-256 (hex) over names, contents and what could not be read."""
        told = hashlib.sha256()
        for name, content in self.contents.items():
            told.update(f"{name} {len(content)}\n".encode() + content)
        told.update("\n".join(map(str, self.unreadable)).encode())
        return told.hexdigest()

    def nodes(self) -> tuple[Node, ...]:
        """The files parsed, in order of their names. Raises ConfigError with every problem."""
        found = list(self.unreadable)
        nodes: list[Node] = []
        for name, content in self.contents.items():
            try:
                nodes.append(node_of(content, name))
            except ConfigError as error:
                found += error.problems
                continue
            if not isinstance(nodes[-1].value, Mapping):
                line, kind = nodes[-1].place.line, shown_kind(nodes[-1])
                found.append(Problem(name, line, f"expected a mapping, found {kind}"))
        if found:
            raise ConfigError(found)
        return tuple(nodes)


def rule_files(folder: Path) -> RuleFiles:
    """The rule files of a configuration folder, now."""
    return _read((path, f"rules/{path.name}") for path in _rule_paths(folder / "rules"))


def rule_files_at(path: Path) -> RuleFiles:
    """One rule file, every `*.yaml` of a folder of rules, or those of a configuration folder. Raises ConfigError."""
    room = path / "rules" if (path / "rules").is_dir() else path
    named = [path] if path.is_file() else _rule_paths(room)
    if not named:
        raise ConfigError((Problem(str(path), 0, "there is no rule file (*.yaml); name a folder of rules"),))
    return _read((each, each.name if path.is_file() else f"{room.name}/{each.name}") for each in named)


def _read(paths: Iterable[tuple[Path, str]]) -> RuleFiles:
    """Each file under the name that it is shown by."""
    contents: dict[str, bytes] = {}
    unreadable: list[Problem] = []
    for path, name in paths:
        try:
            contents[name] = read_file(path, name)
        except ConfigError as error:
            unreadable += error.problems
    return RuleFiles(contents, tuple(unreadable))


def _rule_paths(room: Path) -> list[Path]:
    """Without hidden files: editors leave such ones beside a file that somebody has open."""
    return sorted(path for path in room.glob("*.yaml") if not path.name.startswith("."))


def rule_stamps(folder: Path) -> Stamps:
    """What tells, without reading them, that no rule file has changed."""
    return tuple(_stamp(path) for path in _rule_paths(folder / "rules"))


def _stamp(path: Path) -> tuple[str, int, int, int, int]:
    try:
        seen = path.stat()
    except OSError:  # it goes away, or leads nowhere: whoever reads it says so
        return path.name, 0, 0, 0, 0
    return path.name, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns
