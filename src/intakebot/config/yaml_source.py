"""The one door to YAML: a file becomes a `Node` tree with positions, or a `ConfigError` with file and line.

Read by `settings` for every configuration file. libyaml parses; what a plain word means is decided here, after
the core schema of YAML 1.2 and narrower: only `true`, `false`, `null` and JSON's numbers are not text, so `no`,
`on`, dates, `0123` and telephone numbers stay what the author wrote. What hides meaning is refused: duplicate
keys, anchors and aliases, tags, several documents in one file, any encoding but UTF-8.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

import yaml

from intakebot.domain.errors import ConfigError, Problem
from intakebot.domain.positions import Node, Place

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 16 * 1024 * 1024
"""Four times what 10,000 rules need."""
_DEEPEST = 40
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?([eE][-+]?[0-9]{1,2})?")


def load_node(path: Path, shown_as: str) -> Node:
    """The content of a file; `shown_as` is its name in every place and problem. Raises ConfigError."""
    return node_of(read_file(path, shown_as), shown_as)


def read_file(path: Path, shown_as: str) -> bytes:
    """The bytes of a file. Raises ConfigError."""
    try:
        if path.stat().st_size > MAX_BYTES:
            _refuse(Place(shown_as, 0), f"has {path.stat().st_size} bytes; at most {MAX_BYTES} are allowed")
        return path.read_bytes()
    except OSError as error:
        _refuse(Place(shown_as, 0), f"cannot be read: {error.strerror}")


def node_of(content: bytes, shown_as: str) -> Node:
    """The same as `load_node` for bytes that were read already."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _refuse(Place(shown_as, error.object[: error.start].count(b"\n") + 1), "is not valid UTF-8")
    return parse_node(text, shown_as)


def parse_node(text: str, shown_as: str) -> Node:
    """The same for text that is already in hand."""
    return replace(_Parser(text, shown_as).document(), text=text)


class _Parser:
    def __init__(self, text: str, shown_as: str) -> None:
        self._file = shown_as
        self._text = text
        self._loader = yaml.CSafeLoader(text)

    def document(self) -> Node:
        """The only document of the file."""
        try:
            return self._document()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = min(mark.line + 1, self._text.count("\n") + 1) if mark else 0
            _refuse(Place(self._file, line), f"is not valid YAML: {error.problem or error.context}")
        except yaml.reader.ReaderError as error:
            _refuse(Place(self._file, 0), f"is not valid YAML: {error.reason}")
        finally:
            self._loader.dispose()

    def _document(self) -> Node:
        self._next()
        if isinstance(self._next(), yaml.StreamEndEvent):
            _refuse(Place(self._file, 0), "is empty")
        node = self._node(self._next(), 0)
        self._next()
        event = self._next()
        if not isinstance(event, yaml.StreamEndEvent):
            _refuse(self._place(event), "a second document begins here; one file holds one")
        return node

    def _next(self) -> yaml.Event:
        event = self._loader.get_event()
        if event is None:
            raise EOFError(f"{self._file}: libyaml has no further event")
        return event

    def _place(self, event: yaml.Event) -> Place:
        return Place(self._file, event.start_mark.line + 1 if event.start_mark else 0)

    def _node(self, event: yaml.Event, depth: int) -> Node:
        place = self._place(event)
        if isinstance(event, yaml.AliasEvent):
            _refuse(place, f"the alias *{event.anchor} is not allowed; write the value out")
        if not isinstance(event, (yaml.ScalarEvent, yaml.CollectionStartEvent)):
            raise TypeError(f"libyaml gave {event} where a value begins")
        if event.anchor is not None:
            _refuse(place, f"the anchor &{event.anchor} is not allowed; write the value out")
        if event.tag is not None:
            _refuse(place, f"the tag {event.tag} is not allowed; write a plain value")
        if depth > _DEEPEST:
            _refuse(place, f"nested deeper than {_DEEPEST} levels")
        if isinstance(event, yaml.ScalarEvent):
            return Node(_meaning(event.value) if event.implicit[0] else event.value, place)
        if isinstance(event, yaml.SequenceStartEvent):
            return Node(self._items(depth), place)
        return self._mapping(place, depth)

    def _items(self, depth: int) -> tuple[Node, ...]:
        items: list[Node] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            items.append(self._node(event, depth + 1))
        return tuple(items)

    def _mapping(self, place: Place, depth: int) -> Node:
        values: dict[str, Node] = {}
        keys: dict[str, Place] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            key, key_place = self._key(event, depth)
            if key in keys:
                _refuse(key_place, f"the key {key!r} is there twice; the first is in line {keys[key].line}")
            keys[key] = key_place
            values[key] = self._node(self._next(), depth + 1)
        return Node(values, place, keys)

    def _key(self, event: yaml.Event, depth: int) -> tuple[str, Place]:
        """A key is always text, also where it looks like a number."""
        node = self._node(event, depth + 1)
        if not isinstance(event, yaml.ScalarEvent) or not event.value:
            _refuse(node.place, "a key must be a word")
        return event.value, node.place


def _meaning(word: str) -> str | int | float | bool | None:
    if word in _WORDS:
        return _WORDS[word]
    if _WHOLE.fullmatch(word):
        return int(word)
    return float(word) if _DECIMAL.fullmatch(word) else word


def _refuse(place: Place, sentence: str) -> NoReturn:
    raise ConfigError([Problem(place.file, place.line, sentence)]) from None
