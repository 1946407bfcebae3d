"""Reading nodes as what a file format says they are, and collecting every problem on the way.

Called by `load` and `conditions`. A wrong shape adds a problem and yields an empty value, so that one mistake
does not hide the next.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING

from intakebot.domain.errors import Problem

if TYPE_CHECKING:
    from intakebot.domain.positions import Node, Place

MOST_NAMES = 60
MOST_COMPARED = 1000
"""A sentence lists so many names, and looks among so many for one that was meant."""


class Shapes:
    """The problems found so far, and the questions that find them."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def add(self, place: Place, sentence: str) -> None:
        """Note one problem."""
        self.problems.append(Problem(place.file, place.line, sentence))

    def mapping(self, node: Node, what: str, allowed: Collection[str] = ()) -> Mapping[str, Node]:
        """A mapping; with `allowed`, every other key is a problem."""
        if not isinstance(node.value, Mapping):
            self.add(node.place, f"{what} is a mapping of keys to values")
            return {}
        for key in node.value if allowed else ():
            if key not in allowed:
                self.add(key_place(node, key), f"unknown key {key!r} in {what}; known keys: {known(allowed, key)}")
        return node.value

    def items(self, node: Node | None, what: str) -> tuple[Node, ...]:
        """A list; absent is empty."""
        if node is None:
            return ()
        if not isinstance(node.value, tuple):
            self.add(node.place, f"{what} is a list")
            return ()
        return node.value

    def text(self, node: Node | None, what: str, default: str = "") -> str:
        """A text; absent is `default`."""
        if node is None:
            return default
        if not isinstance(node.value, str):
            self.add(node.place, f"{what} is a text, not {node.plain()!r}")
            return default
        return node.value

    def choice(self, node: Node | None, what: str, allowed: Collection[str], default: str) -> str:
        """One of some words; absent is `default`."""
        word = self.text(node, what, default)
        if node is not None and word not in allowed:
            self.add(node.place, f"unknown {what} {word!r}; known: {known(allowed, word)}")
        return word


def key_place(node: Node, key: str) -> Place:
    """Where a key of a mapping stands."""
    return (node.keys or {}).get(key, node.place)


def known(names: Collection[str], wrong: str = "") -> str:
    """Names for the end of an error: all where they are few, and the one that `wrong` is most like."""
    listed = ", ".join(sorted(names)[:MOST_NAMES]) or "none"
    if len(names) > MOST_NAMES:
        listed += f" and {len(names) - MOST_NAMES} more"
    alike = get_close_matches(wrong, names, n=1) if wrong and len(names) <= MOST_COMPARED else []
    return f"{listed}; did you mean {alike[0]!r}?" if alike else listed
