"""Text as the operators compare it: NFKC and casefold, exact Unicode word edges, spans of the original.

Called by the operators. Every answer takes time linear in the text, and no more than `SCAN_CAP` characters
of a field are looked at.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import TypeAlias

SCAN_CAP = 64 * 1024
Span: TypeAlias = "tuple[int, int]"

# Python's \w lacks combining marks, without which words of Indic and vocalised Semitic scripts fall apart.
# The few beyond 16 bits stand apart, behind a look-ahead: one class with both is ten times slower.
_MARKS = [chr(code) for code in range(0x300, 0x20000) if unicodedata.category(chr(code))[0] == "M"]
_NEAR = r"\w" + "".join(mark for mark in _MARKS if mark <= "\uffff")
_FAR = "".join(mark for mark in _MARKS if mark > "\uffff")
_WORD = re.compile(rf"[{_NEAR}]+(?:(?=[\U00010000-\U0010ffff])[{_FAR}]+[{_NEAR}]*)*")
# The same words where the text has no others, in a quarter of the time.
_ASCII_EDGES = {code: " " for code in range(128) if not re.match(r"\w", chr(code))}
_IN_WORD = re.compile(rf"[{_NEAR}{_FAR}]")
# A mail wraps its lines anywhere, and writers disagree about hyphens.
_GAP = re.compile(r"[\s\-\u2010]+")
_FOREIGN_SPACE = re.compile(r"(?![\x00-\x7f])\s")
_FOREIGN_WORD = re.compile(rf"(?![\x00-\x7f])[{_NEAR}{_FAR}]")
_RUN = re.compile(r"[\x00-\x7f]+(?![^\x00-\x7f])|[\s\S]")


def fold(text: str) -> str:
    """The text without regard to case, width and composition."""
    return unicodedata.normalize("NFKC", text).casefold()


def words_of(text: str) -> tuple[str, ...]:
    """The folded words of a text, in order; punctuation is lost."""
    return tuple(_WORD.findall(fold(text)))


class Text:
    """One text of a message, cut to `limit` characters, with what the operators ask of it kept once made.

    `original` keeps the length of the given text but has `?` for a lone surrogate, which no encoding knows.
    """

    def __init__(self, text: str, limit: int = SCAN_CAP) -> None:
        cut = text[:limit]
        self.original = cut if cut.isascii() else cut.encode("utf-8", "replace").decode("utf-8")
        self.folded = fold(self.original)
        self._encoded: dict[str, bytes] = {}

    @cached_property
    def words(self) -> frozenset[str]:
        """All folded words, to refuse most word conditions without a search."""
        return _distinct_words(self.folded)

    @cached_property
    def written(self) -> str:
        """The text without regard to case, but composed as it was written: what a pattern reads."""
        lower = self.original.casefold()
        return self.folded if lower == self.folded else lower

    @cached_property
    def written_words(self) -> frozenset[str]:
        """All words of `written`."""
        return self.words if self.written is self.folded else _distinct_words(self.written)

    def encoded(self, stand_in: str = "") -> bytes:
        """The original in UTF-8; with `stand_in`, that character for every word character outside ASCII.

        Other spaces become form feeds then. Every character stays one character.
        """
        if stand_in not in self._encoded:
            text = self.original
            if stand_in and not text.isascii():
                text = _FOREIGN_WORD.sub(stand_in, _FOREIGN_SPACE.sub("\f", text))
            self._encoded[stand_in] = text.encode()
        return self._encoded[stand_in]

    def find_phrase(self, phrase: tuple[str, ...]) -> Span | None:
        """Where the folded words first stand next to each other; a span of the original."""
        if not self.words.issuperset(phrase):
            return None
        start = self.folded.find(phrase[0])
        while start >= 0:
            end = self._phrase_end(phrase, start)
            if end is not None:
                return self.span(start, end)
            start = self.folded.find(phrase[0], start + 1)
        return None

    def find(self, part: str) -> Span | None:
        """Where the folded `part` first stands; a span of the original."""
        start = self.folded.find(part)
        return self.span(start, start + len(part)) if start >= 0 else None

    def span(self, start: int, end: int) -> Span:
        """The span of the original that a span of the folded text came from."""
        if self._same_positions:
            return start, end
        folded_at, original_at = self._pieces
        final = len(folded_at) - 2
        first = min(bisect_right(folded_at, start) - 1, final)
        last = min(bisect_right(folded_at, end - 1) - 1, final)
        exact = _is_run(folded_at, original_at, first)
        begin = original_at[first] + (start - folded_at[first] if exact else 0)
        if _is_run(folded_at, original_at, last):
            return begin, original_at[last] + end - folded_at[last]
        return begin, original_at[last + 1]

    def _phrase_end(self, phrase: tuple[str, ...], start: int) -> int | None:
        if start and _IN_WORD.match(self.folded, start - 1):
            return None
        end = start + len(phrase[0])
        for word in phrase[1:]:
            gap = _GAP.match(self.folded, end)
            if gap is None or not self.folded.startswith(word, gap.end()):
                return None
            end = gap.end() + len(word)
        return None if _IN_WORD.match(self.folded, end) else end

    @cached_property
    def _same_positions(self) -> bool:
        # Casefold never shortens, so normal text that kept its length kept every position.
        normal = unicodedata.is_normalized("NFKC", self.original)
        return normal and len(self.folded) == len(self.original)

    @cached_property
    def _pieces(self) -> tuple[list[int], list[int]]:
        """Starts of the pieces that fold on their own, in the folded and in the original text."""
        folded_at, original_at = [0], [0]
        for piece in _clusters(self.original):
            folded_at.append(folded_at[-1] + _folded_length(piece))
            original_at.append(original_at[-1] + len(piece))
        return folded_at, original_at


def shared(filed: Mapping[str, object], words: frozenset[str]) -> list[str]:
    """The words that both have, by walking the smaller."""
    if len(filed) < len(words):
        return [word for word in filed if word in words]
    return list(filter(filed.__contains__, words))


def _distinct_words(folded: str) -> frozenset[str]:
    if folded.isascii():
        return frozenset(folded.translate(_ASCII_EDGES).split())
    return frozenset(_WORD.findall(folded))


def word_runs(folded: str) -> list[tuple[str, bool, bool]]:
    """The words of a folded text as it may stand inside another: each with whether it begins and ends in it."""
    runs: list[tuple[str, bool, bool]] = []
    for found in _WORD.finditer(folded):
        begins = found.start() > 0 and not _IN_WORD.match(folded, found.start() - 1)
        runs.append((found[0], begins, found.end() < len(folded)))
    return runs


def around_words(folded: str) -> tuple[str, ...]:
    """Each word of a folded text with the characters beside it; the text itself where it has no word."""
    found = tuple(folded[max(0, run.start() - 1) : run.end() + 1] for run in _WORD.finditer(folded))
    return found or (folded,)


def _is_run(folded_at: list[int], original_at: list[int], index: int) -> bool:
    """Whether a piece kept its length, so that positions inside it are the same."""
    return folded_at[index + 1] - folded_at[index] == original_at[index + 1] - original_at[index]


def _folded_length(piece: str) -> int:
    return len(piece) if piece.isascii() else _length_of_cluster(piece)


@lru_cache(maxsize=4096)
def _length_of_cluster(piece: str) -> int:
    return len(fold(piece))


def _clusters(text: str) -> list[str]:
    """Runs of ASCII, and single characters with everything that composes with them under NFKC."""
    pieces: list[str] = []
    for run in _RUN.findall(text):
        if pieces and _composes(run[0]):
            pieces[-1] += run
        else:
            pieces.append(run)
    return pieces


@lru_cache(maxsize=4096)
def _composes(character: str) -> bool:
    """Whether a character may melt into the one before: marks, and the later letters of a Hangul syllable."""
    if character.isascii():
        return False
    first = unicodedata.normalize("NFKC", character)[:1]
    return unicodedata.category(first)[0] == "M" or "\u1160" <= first <= "\u11ff"
