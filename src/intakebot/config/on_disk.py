"""What stands on disk now, by content: the rule files, and what else a configuration is made of.

Called at the start and by the watch over the rules. The bytes that are looked at are the bytes that are read, so a
file that changes in between is never half of the one and half of the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

from intakebot.config.reader import shown_kind
from intakebot.config.settings import MAIN_FILE
from intakebot.config.yaml_source import node_of, read_file
from intakebot.domain.errors import ConfigError, Problem
from intakebot.domain.positions import Node

Stamps: TypeAlias = tuple[tuple[str, int, int, int, int], ...]
"""Of every rule file its name, inode, size, and the times of its last change and its last renaming (ns)."""
_READ_AT_THE_START = ("workflows/*.yaml", "agreements/*.yaml")


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
    contents: dict[str, bytes] = {}
    unreadable: list[Problem] = []
    for path in _rule_paths(folder):
        name = f"rules/{path.name}"
        try:
            contents[name] = read_file(path, name)
        except ConfigError as error:
            unreadable += error.problems
    return RuleFiles(contents, tuple(unreadable))


def rule_stamps(folder: Path) -> Stamps:
    """What tells, without reading them, that no rule file has changed. Raises OSError when one goes meanwhile."""
    return tuple(_stamp(path) for path in _rule_paths(folder))


def _stamp(path: Path) -> tuple[str, int, int, int, int]:
    seen = path.stat()
    return path.name, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns


def _rule_paths(folder: Path) -> list[Path]:
    return sorted((folder / "rules").glob("*.yaml"))


def start_files(folder: Path, templates: Path) -> Mapping[str, str]:
    """What is read at the start only, each file with the SHA-256 (hex) of its content ('' = cannot be read)."""
    found = {MAIN_FILE: folder / MAIN_FILE}
    for pattern in _READ_AT_THE_START:
        found |= _named(folder.glob(pattern), folder)
    found |= {f"templates/{name}": path for name, path in _named(templates.rglob("*"), templates).items()}
    return {name: _sha256(path) for name, path in sorted(found.items())}


def _named(paths: Iterable[Path], below: Path) -> dict[str, Path]:
    return {str(path.relative_to(below)): path for path in paths if path.is_file()}


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
