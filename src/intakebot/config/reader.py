"""A typed reader over `Node` trees that collects every problem instead of stopping at the first.

The files of this package read their sections with it. A value that is missing or wrong is reported, and a
harmless stand-in is returned so that reading goes on; `Problems.raise_if_any` makes sure that no stand-in ever
reaches the program. Whatever key was not asked for when a section ends is unknown, and an error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from difflib import get_close_matches
from enum import Enum
from typing import TYPE_CHECKING, Self, TypeVar

from intakebot.domain.errors import ConfigError, Problem
from intakebot.domain.positions import Node, Place

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

T = TypeVar("T")
EnumT = TypeVar("EnumT", bound=Enum)

_LONGEST_SHOWN = 40
_SPAN = re.compile(r"([0-9]{1,6})([smhd])")
_SPAN_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_SIZE = re.compile(r"([0-9]{1,9})(B|kB|MB|GB)")
_SIZE_UNITS = {"B": 1, "kB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30}


@dataclass(frozen=True, slots=True)
class Secret:
    """A password or token; its value never shows in a log line, a traceback or a `repr`."""

    value: str = field(repr=False)


class Problems:
    """Everything that was found wrong so far."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, place: Place, sentence: str) -> None:
        """One more problem at a place."""
        self.found.append(Problem(place.file, place.line, sentence))

    def extend(self, problems: Iterable[Problem]) -> None:
        """The problems that somebody else found."""
        self.found.extend(problems)

    def raise_if_any(self) -> None:
        """Raise ConfigError with all of them, if there is one."""
        if self.found:
            raise ConfigError(self.found)


class Section:
    """One mapping of a file. Use it as a context: leaving it reports the keys that nobody asked for.

    Every reading method takes the key; `default` None means that the key is required.
    """

    def __init__(self, node: Node, problems: Problems, path: str, place: Place | None = None) -> None:
        self.problems = problems
        self.path = path
        self.place = place or node.place
        self._is_mapping = isinstance(node.value, Mapping)
        self._values: Mapping[str, Node] = node.value if isinstance(node.value, Mapping) else {}
        self._keys = node.keys or {}
        self._asked: dict[str, None] = {}
        if not self._is_mapping:
            self.report(self.place, f"expected a mapping, found {shown_kind(node)}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for key, place in self._keys.items():
            if key not in self._asked:
                self.report(place, f"unknown key {key!r}; {nearest(key, self._asked)}")

    def report(self, place: Place, sentence: str) -> None:
        """A problem of this section."""
        self.problems.add(place, f"{self.path}: {sentence}" if self.path else sentence)

    def has(self, key: str) -> bool:
        """Whether the key is there; the key is known from now on."""
        self._asked[key] = None
        return key in self._values

    def place_of(self, key: str) -> Place:
        """Where a key stands, or the section when it is not there."""
        return self._keys.get(key, self.place)

    def names(self) -> tuple[str, ...]:
        """All keys, in file order."""
        return tuple(self._values)

    def rest(self) -> Node:
        """The section without the keys that were asked for, for a reader of its own; all keys are known then."""
        values = {key: node for key, node in self._values.items() if key not in self._asked}
        places = {key: self._keys[key] for key in values}
        return Node(values, self.place, places)

    def node(self, key: str) -> Node | None:
        """The value as it stands, or None."""
        return self._values[key] if self.has(key) else None

    def text(self, key: str, default: str | None = None) -> str:
        """Text that is not empty."""
        return self._read(key, "text", _text, default, "")

    def flag(self, key: str, *, default: bool) -> bool:
        """`true` or `false`."""
        return self._read(key, "true or false", _flag, default, default)

    def whole(self, key: str, default: int | None, lowest: int, highest: int) -> int:
        """A whole number between two bounds, inclusive."""
        return self._read(
            key, f"a whole number from {lowest} to {highest}", lambda n: _whole(n, lowest, highest), default, lowest
        )

    def span(self, key: str, default: timedelta | None = None) -> timedelta:
        """A duration such as `30s`, `15m`, `4h` or `10d`."""
        return self._read(key, "a duration like 30s, 15m, 4h or 10d", _span, default, timedelta(days=1))

    def size(self, key: str, default: int | None = None) -> int:
        """A size in bytes, such as `50MB` (1 MB = 1,048,576 bytes)."""
        return self._read(key, "a size like 64kB or 50MB", _size, default, 0)

    def parsed(
        self, key: str, expected: str, parse: Callable[[str], T | None], stand_in: T, default: T | None = None
    ) -> T:
        """Text that `parse` understands; it returns None for what it does not."""
        return self._read(key, expected, lambda node: _parsed(node, parse), default, stand_in)

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """A list of texts; a single text stands for a list of one."""
        return self._read(key, "a list of texts", _texts, default, ())

    def one_of(self, key: str, known: Collection[str], what: str, default: str | None = None) -> str:
        """Text that has to be one of the known names; '' after a problem."""
        name = self.text(key, default)
        if key in self._values and name and name not in known:
            self.report(self._values[key].place, f"{key}: unknown {what} {name!r}; {nearest(name, known)}")
            return ""
        return name

    def member(self, key: str, kind: type[EnumT], default: EnumT | None = None) -> EnumT:
        """A member of an enumeration, by its value."""
        name = self.one_of(key, [member.value for member in kind], key, default.value if default else None)
        return next((member for member in kind if member.value == name), next(iter(kind)))

    def some_of(
        self, key: str, known: Collection[str], what: str, default: tuple[str, ...] | None = None
    ) -> tuple[str, ...]:
        """A list of texts that all have to be among the known names."""
        names = self.texts(key, default)
        for position, name in enumerate(names):
            if key in self._values and name not in known:
                self.report(
                    _item_place(self._values[key], position), f"{key}: unknown {what} {name!r}; {nearest(name, known)}"
                )
        return tuple(name for name in names if name in known)

    def secret(self, key: str, environment: Mapping[str, str], folder: Path) -> Secret:
        """A secret, given as `{env: NAME}` or `{file: PATH}` (relative to `folder`); plain text is an error."""
        node = self.node(key)
        if node is None:
            self.report(self.place, f"the key {key!r} is missing")
        elif not isinstance(node.value, Mapping):
            self.report(
                node.place, f"{key}: a secret never stands in a file like this; write {{env: NAME}} or {{file: PATH}}"
            )
        else:
            with self.section(key) as source:
                return source.secret_source(environment, folder)
        return Secret("")

    def secret_source(self, environment: Mapping[str, str], folder: Path) -> Secret:
        """Look a secret up where this section, `{env: NAME}` or `{file: PATH}`, says."""
        if self.has("env") == self.has("file"):
            self.report(self.place, "write either {env: NAME} or {file: PATH}")
            return Secret("")
        if self.has("env"):
            name = self.text("env")
            if name and not environment.get(name):
                self.report(self.place, f"the environment variable {name} is not set")
            return Secret(environment.get(name, ""))
        path = folder / self.text("file")
        try:
            return Secret(path.read_text(encoding="utf-8").rstrip("\r\n"))
        except (OSError, UnicodeDecodeError):
            self.report(self.place, f"the secret's file {self.text('file')} cannot be read")
            return Secret("")

    def section(self, key: str) -> Section:
        """The mapping under a key; an empty one when the key is not there."""
        node = self.node(key) or Node({}, self.place, {})
        return Section(node, self.problems, f"{self.path}.{key}" if self.path else key, self.place_of(key))

    def sections(self, key: str) -> list[tuple[str, Section]]:
        """The mappings under a key, by name, in file order."""
        with self.section(key) as group:
            return [(name, group.section(name)) for name in group.names()]

    def items(self, key: str) -> list[Section]:
        """The mappings of a list under a key."""
        node = self.node(key)
        if node is None:
            return []
        if not isinstance(node.value, tuple):
            self.report(self.place_of(key), f"{key}: expected a list, found {shown_kind(node)}")
            return []
        path = f"{self.path}.{key}" if self.path else key
        return [Section(item, self.problems, f"{path}[{count}]") for count, item in enumerate(node.value, start=1)]

    def _read(self, key: str, expected: str, read: Callable[[Node], T | None], default: T | None, stand_in: T) -> T:
        node = self.node(key)
        if node is None:
            if default is None and self._is_mapping:
                self.report(self.place, f"the key {key!r} is missing")
            return stand_in if default is None else default
        value = read(node)
        if value is None:
            quote = expected == "text" and isinstance(node.value, bool | int | float)
            advice = "; put it into quotes" if quote else ""
            self.report(self.place_of(key), f"{key}: expected {expected}, found {shown_kind(node)}{advice}")
            return stand_in
        return value


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown name: the nearest known one, or all of them."""
    names = list(known)
    close = get_close_matches(name, names, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(names) or 'none'}"


def shown_kind(node: Node) -> str:
    """What a value is, for people; short texts and numbers are shown as they are."""
    value = node.value
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, tuple):
        return "a list"
    return json.dumps(value, ensure_ascii=False) if len(str(value)) <= _LONGEST_SHOWN else "a long text"


def _text(node: Node) -> str | None:
    return node.value if isinstance(node.value, str) and node.value else None


def _flag(node: Node) -> bool | None:
    return node.value if isinstance(node.value, bool) else None


def _whole(node: Node, lowest: int, highest: int) -> int | None:
    if isinstance(node.value, bool) or not isinstance(node.value, int):
        return None
    return node.value if lowest <= node.value <= highest else None


def _parsed(node: Node, parse: Callable[[str], T | None]) -> T | None:
    return parse(node.value) if isinstance(node.value, str) else None


def _span(node: Node) -> timedelta | None:
    found = _SPAN.fullmatch(str(node.value))
    return timedelta(**{_SPAN_UNITS[found[2]]: int(found[1])}) if found and int(found[1]) else None


def _size(node: Node) -> int | None:
    found = _SIZE.fullmatch(str(node.value))
    return int(found[1]) * _SIZE_UNITS[found[2]] if found else None


def _texts(node: Node) -> tuple[str, ...] | None:
    items = node.value if isinstance(node.value, tuple) else (node,)
    texts = tuple(text for item in items if (text := _text(item)) is not None)
    return texts if len(texts) == len(items) else None


def _item_place(node: Node, position: int) -> Place:
    return node.value[position].place if isinstance(node.value, tuple) else node.place
