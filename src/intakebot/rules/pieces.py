"""Finding many pieces of text in one at once, by the words that they are parts of.

Called by `finding`. A piece is filed under its longest run of letters, which must be part of one word of the text,
and that under three letters in a row. What a word holds is remembered: people use the same words every day. So a
text costs one look-up for each of its words, however many pieces there are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TypeAlias

from intakebot.rules.folding import Text, word_runs

_REMEMBERED = 50_000
_LONGEST_REMEMBERED = 40
_GRAM = 3


@dataclass(frozen=True, slots=True)
class _Run:
    """A run of letters in a word, that begins or ends it where the piece goes on with something else."""

    letters: str
    begins: bool
    ends: bool

    def is_in(self, word: str) -> bool:
        if self.begins:
            return word == self.letters if self.ends else word.startswith(self.letters)
        return word.endswith(self.letters) if self.ends else self.letters in word


_Filed: TypeAlias = "list[tuple[_Run, list[int]]]"


class Pieces:
    """Folded pieces of text, each with the number of what needs it. `finish` ends the filling."""

    def __init__(self) -> None:
        self._runs: dict[_Run, list[int]] = defaultdict(list)
        self._wordless: list[tuple[str, int]] = []
        self._by_gram: dict[str, _Filed] = defaultdict(list)
        self._short: _Filed = []
        self._in_word: dict[str, tuple[int, ...]] = {}

    def add(self, number: int, piece: str) -> None:
        """The piece is needed by `number`."""
        runs = [_Run(*run) for run in word_runs(piece)]
        if runs:
            self._runs[max(runs, key=lambda run: len(run.letters))].append(number)
        else:
            self._wordless.append((piece, number))

    def finish(self) -> None:
        """File every run under the three letters that the fewest others have."""
        uses = Counter(gram for run in self._runs for gram in _grams(run.letters))
        for run, numbers in self._runs.items():
            grams = _grams(run.letters)
            filed = self._by_gram[min(grams, key=lambda gram: (uses[gram], gram))] if grams else self._short
            filed.append((run, numbers))

    def find(self, text: Text) -> set[int]:
        """The numbers of what may have its piece in the text."""
        found: set[int] = set()
        if self._runs:
            self._find_in(text.words, found)
            if text.written_words is not text.words:
                self._find_in(text.written_words, found)
        found.update(number for piece, number in self._wordless if piece in text.folded)
        return found

    def _find_in(self, words: frozenset[str], found: set[int]) -> None:
        remembered = self._in_word
        for word in words:
            numbers = remembered.get(word)
            if numbers is None:
                numbers = self._learn(word)
            if numbers:
                found.update(numbers)

    def _learn(self, word: str) -> tuple[int, ...]:
        numbers: set[int] = set()
        for gram in _grams(word) & self._by_gram.keys():
            for run, needing in self._by_gram[gram]:
                if run.is_in(word):
                    numbers.update(needing)
        for run, needing in self._short:
            if run.is_in(word):
                numbers.update(needing)
        answer = tuple(numbers)
        if len(word) <= _LONGEST_REMEMBERED:
            if len(self._in_word) >= _REMEMBERED:
                self._in_word = {}
            self._in_word[word] = answer
        return answer


def _grams(letters: str) -> set[str]:
    return {letters[first : first + _GRAM] for first in range(len(letters) - _GRAM + 1)}
