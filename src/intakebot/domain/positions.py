"""Values from configuration files that remember where they stand.

`config` makes them from YAML; `rules` and the domain's loaders read them. Nobody below `config` knows YAML.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain] | None"


@dataclass(frozen=True, slots=True)
class Place:
    """File and line (from 1) of a value."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Node:
    """A value with its place: a scalar, a tuple of nodes, or a mapping of keys to nodes.

    `value` is `str | int | float | bool | None`, `tuple[Node, ...]` or `Mapping[str, Node]`.
    `keys` gives the place of each key of a mapping. `text` is the whole file, at the root of its tree; '' below it.
    """

    value: str | int | float | bool | tuple[Node, ...] | Mapping[str, Node] | None
    place: Place
    keys: Mapping[str, Place] | None = None
    text: str = field(default="", compare=False, repr=False)

    def plain(self) -> Plain:
        """The value without its places, as JSON-like data."""
        if isinstance(self.value, tuple):
            return [item.plain() for item in self.value]
        if isinstance(self.value, Mapping):
            return {key: item.plain() for key, item in self.value.items()}
        return self.value
