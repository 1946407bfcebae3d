r"""What a regular expression cannot match without: text of which one piece must stand in whatever it matches.

Called by `finding`, which looks such pieces up instead of running every pattern. Only what is certain is said: a
pattern that is not understood needs nothing. Pieces are ASCII and in lower case, so they are looked for in text
that was case-folded (`\u212a` and `\u017f` fold to the ASCII letters that RE2 takes them for).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_DEEPEST = 30
_MOST_PIECES = 64
_PLAIN = re.compile(r"[A-Za-z0-9_ -]+(?![*?+{])")
"""Letters that stand for themselves, without the last one where it is repeated."""
_RUN = re.compile(r"[a-z0-9_]+")
_GROUP = re.compile(r"\?(?:P?<\w+>|[A-Za-z-]*:)")
_FLAGS = re.compile(r"\?[A-Za-z-]+\)")
_REPEAT = re.compile(r"[*?+]|\{(\d+)(?:,\d*)?\}")
_CLASS = re.compile(r"\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]", re.DOTALL)
_CATEGORY = re.compile(r"\\[pP](?:\{\^?\w+\}|\w)")


class _StrangeError(Exception):
    """Something whose meaning is not known here."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a pattern: all of its text (`exact`), or what it needs, each as pieces of which one is in it."""

    exact: str | None = None
    pieces: tuple[frozenset[str], ...] = ()

    @property
    def needs(self) -> tuple[frozenset[str], ...]:
        return self.pieces if self.exact is None else (frozenset({self.exact}),)


_EMPTY, _ANYTHING = _Part(""), _Part()


def needed(source: str) -> tuple[frozenset[str], ...]:
    """What is in every match of a pattern that RE2 accepts: one piece of each set, the most telling set first."""
    try:
        needs = _Reader(source).whole().needs
    except _StrangeError:
        return ()
    return tuple(sorted({each for each in needs if "" not in each}, key=_rank))


def worth(pieces: frozenset[str]) -> int:
    """How telling pieces are: the longest run of letters and digits in the least telling one."""
    return min((max(map(len, _RUN.findall(piece)), default=0) for piece in pieces), default=0)


class _Reader:
    """Reads a pattern once from left to right."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0

    def whole(self) -> _Part:
        part = self._alternatives(0)
        if self._at < len(self._source):
            raise _StrangeError
        return part

    def _alternatives(self, depth: int) -> _Part:
        if depth > _DEEPEST:
            raise _StrangeError
        parts = [self._sequence(depth)]
        while self._source.startswith("|", self._at):
            self._at += 1
            parts.append(self._sequence(depth))
        if len(parts) == 1:
            return parts[0]
        best = [min(part.needs, key=_rank, default=frozenset({""})) for part in parts]
        pieces = frozenset().union(*best)
        return _Part(None, (pieces,)) if "" not in pieces and len(pieces) <= _MOST_PIECES else _ANYTHING

    def _sequence(self, depth: int) -> _Part:
        run, exact = "", True
        needs: list[frozenset[str]] = []
        while self._at < len(self._source) and self._source[self._at] not in "|)":
            plain = _PLAIN.match(self._source, self._at)
            if plain is not None:
                run, self._at = run + plain[0].lower(), plain.end()
                continue
            part = self._one(depth)
            least = self._least()
            if part.exact is not None and least is None:
                run += part.exact
                continue
            needs.append(frozenset({run}))
            run, exact = "", False
            if least != 0:
                needs.extend(part.needs)
        return _Part(run) if exact else _Part(None, (*needs, frozenset({run})))

    def _least(self) -> int | None:
        """How often at least the part before is there; None when no repeat is written."""
        least: int | None = None
        while (found := _REPEAT.match(self._source, self._at)) is not None:
            times = int(found[1]) if found[1] else int(found[0] == "+")
            least = times if least is None else min(least, times)
            self._at = found.end()
        return least

    def _one(self, depth: int) -> _Part:
        letter = self._source[self._at]
        if letter == "(":
            return self._group(depth)
        if letter == "\\":
            return self._escaped()
        if letter == "[":
            return self._skip(_CLASS)
        self._at += 1
        if letter in "^$":
            return _EMPTY
        return _Part(letter.lower()) if letter.isascii() and letter != "." else _ANYTHING

    def _group(self, depth: int) -> _Part:
        self._at += 1
        flags = _FLAGS.match(self._source, self._at)
        if flags is not None:
            self._at = flags.end()
            return _EMPTY
        if self._source.startswith("?", self._at):
            self._skip(_GROUP)
        part = self._alternatives(depth + 1)
        if not self._source.startswith(")", self._at):
            raise _StrangeError
        self._at += 1
        return part

    def _escaped(self) -> _Part:
        letter = self._source[self._at + 1 : self._at + 2]
        if letter in ("p", "P"):
            return self._skip(_CATEGORY)
        self._at += 2
        if letter in {"b", "B", "A", "z"}:
            return _EMPTY
        if letter in {"d", "D", "w", "W", "s", "S", "a", "f", "n", "r", "t", "v"}:
            return _ANYTHING
        if not letter.isascii() or letter.isalnum() or not letter:
            raise _StrangeError
        return _Part(letter)

    def _skip(self, what: re.Pattern[str]) -> _Part:
        found = what.match(self._source, self._at)
        if found is None:
            raise _StrangeError
        self._at = found.end()
        return _ANYTHING


def _rank(pieces: frozenset[str]) -> tuple[int, int, list[str]]:
    """Smaller for what is more telling."""
    return -worth(pieces), len(pieces), sorted(pieces)
