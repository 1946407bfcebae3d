r"""The only door to RE2: regular expressions of rules, in time linear in the text whatever the pattern.

Called by the operators and by `finding`. RE2 knows the edges and letters of ASCII alone. So that `\b`, `\w` and
`\s` mean the same in every script, a pattern that names nothing outside ASCII reads a text in which every other
letter, digit and mark is one ASCII word character that the pattern does not name (`stand_in`) and every other space
a form feed: positions stay the same, and RE2's answer is exact. In a pattern that does name such letters, `\w` and
`\s` are written out as classes, and `\b` is refused. A pattern that RE2 refuses, or that is over the bounds, is a
`ValueError` with a sentence for the writer of the rule.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

import re2

from intakebot.rules.folding import Text

MAX_LENGTH = 512
MAX_REPEAT = 100
LONGEST_CAPTURE = 1_000
"""Characters of a capture that are kept: titles, tags and references are made of it, and it is stored with each use."""
SET_SIZE = 1000
"""Patterns in one set: building a larger one holds the interpreter too long."""

Found: TypeAlias = "tuple[int, int, Mapping[str, str]]"

_REPEAT = re.compile(r"(?<!\\)\{(\d+)(?:,(\d*))?\}")
_EDGED = re.compile(r"\\[bBwWsS]")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]|\\[pPxC0-7]")
_RANGE = re.compile(r"(?=(.)-(.))", re.DOTALL)
_STAND_INS = "_QZXJKVWqzxjkvw"
_MORE_STAND_INS = "7391"
"""For a pattern that does not ask for digits."""
_PIECE = re.compile(r"\\.|\[\^?\]?|\]|[^\\\[\]]+", re.DOTALL)
_WRITTEN_OUT = {r"\w": r"\p{L}\p{M}\p{N}_", r"\s": r"\s\p{Z}\x{85}"}
_NEGATED = {r"\W": r"\w", r"\S": r"\s"}
_NEVER = Text("")
_AROUND = re.compile(r"\(\?<?[=!]")


class Pattern:
    """One compiled pattern (RE2 syntax; case counts unless it starts with `(?i)`)."""

    def __init__(self, source: str) -> None:
        _check_bounds(source)
        written, self._stand_in = prepared(source)
        try:
            self._compiled = re2.compile(written.encode(), _options())
        except re2.error as refused:
            around = "; there is no look-around: write a second condition, or `not`" if _AROUND.search(source) else ""
            raise ValueError(f"pattern {source!r} is not valid: {_sentence(refused)}{around}") from None
        self._names: Mapping[str, int] = {
            name.decode() if isinstance(name, bytes) else name: group
            for name, group in self._compiled.groupindex.items()
        }

    @property
    def names(self) -> frozenset[str]:
        """The names of its captures."""
        return frozenset(self._names)

    def search(self, text: Text) -> Found | None:
        """Start, end and named captures (cut) of the first match; a group that took no part is absent."""
        encoded = text.encoded(self._stand_in)
        match = self._compiled.search(encoded)
        if match is None:
            return None
        start, end = _in_characters(encoded, text, *match.span())
        captures: dict[str, str] = {}
        for name, group in self._names.items():
            span = match.span(group)
            if span[0] >= 0:
                first, last = _in_characters(encoded, text, *span)
                captures[name] = text.original[first : min(last, first + LONGEST_CAPTURE)]
        return start, end, captures


class PatternSet:
    """Many patterns looked for in one pass: which may be in a text. Never misses one that is."""

    def __init__(self, sources: Sequence[str]) -> None:
        """Build the sets; between two of them other threads get their turn."""
        self._sources = tuple(sources)
        by_stand_in: dict[str, list[tuple[int, str]]] = {}
        for number, source in enumerate(sources):
            written, stand_in = prepared(source)
            by_stand_in.setdefault(stand_in, []).append((number, written))
        self._sets = [
            (stand_in, tuple(number for number, _ in part), _build([written for _, written in part]))
            for stand_in, members in by_stand_in.items()
            for part in (members[first : first + SET_SIZE] for first in range(0, len(members), SET_SIZE))
        ]
        # A set compiles its automaton when it first reads: that is not for the first message to wait for.
        self.find(_NEVER)

    def find(self, text: Text) -> list[int]:
        """Indexes of the patterns that may match."""
        found: list[int] = []
        for stand_in, members, compiled in self._sets:
            hits = compiled.Match(text.encoded(stand_in)) or ()
            # The last pattern of each set matches any text: where it is missing RE2 gave up, and all may match.
            if len(members) in hits:
                found.extend(members[hit] for hit in hits if hit < len(members))
            else:
                found.extend(members)
        return found


@lru_cache(maxsize=1)
def _options() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    return options


def _build(sources: Sequence[str]) -> re2.Set:
    compiled = re2.Set.SearchSet(_options())
    for source in (*sources, ""):
        compiled.Add(source.encode())
    compiled.Compile()
    return compiled


def prepared(source: str) -> tuple[str, str]:
    r"""The pattern as RE2 gets it, and the character that stands in for word characters outside ASCII ('': none).

    A pattern without `\b`, `\w` or `\s` reads the text as it is.
    """
    if not _EDGED.search(source):
        return source, ""
    if _BEYOND_ASCII.search(source):
        return _written_out(source), ""
    fold_case = "(?" in source and "i" in "".join(re.findall(r"\(\?([a-zA-Z-]*)", source))
    named = re.sub(r"\\[a-zA-Z]|\(\?P?<\w+>|\(\?[a-zA-Z-]*|\[:\^?\w+:\]", "", source)
    named = named.swapcase() + named if fold_case else named
    ranges = [(one, other) for one, other in _RANGE.findall(named) if one <= other]
    posix = "[:" in source
    for letter in _STAND_INS if re.search(r"\\[dD]", source) else _STAND_INS + _MORE_STAND_INS:
        if letter not in named and not posix and not any(one <= letter <= other for one, other in ranges):
            return source, letter
    return source, ""


def _written_out(source: str) -> str:
    """The pattern with classes of all scripts in place of those that RE2 has for ASCII."""
    written: list[str] = []
    inside = False
    for piece in _PIECE.findall(source):
        if piece.startswith("[") and not inside:
            inside = True
        elif piece == "]":
            inside = False
        meant = _WRITTEN_OUT.get(_NEGATED.get(piece, piece))
        if meant is None or (inside and piece in _NEGATED):
            written.append(piece)
        else:
            written.append(meant if inside else f"[{'^' if piece in _NEGATED else ''}{meant}]")
    return "".join(written)


def _in_characters(encoded: bytes, text: Text, start: int, end: int) -> tuple[int, int]:
    """A span of bytes as a span of characters."""
    if len(encoded) == len(text.original):
        return start, end
    first = len(encoded[:start].decode())
    return first, first + len(encoded[start:end].decode())


def _check_bounds(source: str) -> None:
    if len(source) > MAX_LENGTH:
        raise ValueError(f"pattern has {len(source)} characters; at most {MAX_LENGTH} are allowed")
    for repeat in _REPEAT.finditer(source):
        if max(int(count or 0) for count in repeat.groups()) > MAX_REPEAT:
            raise ValueError(f"pattern repeats {repeat[0]}; at most {MAX_REPEAT} repeats are allowed")
    if re.search(r"\\[bB]", source) and not source.isascii():
        raise ValueError(r"pattern has \b beside letters outside ASCII, whose edges it does not see; use words")


def _sentence(refused: re2.error) -> str:
    reason = refused.args[0] if refused.args else refused
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
