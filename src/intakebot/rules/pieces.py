"""Finding many pieces of text in one at once, by the words that they are parts of.

Called by `finding`. A piece is filed under its longest run of letters, which must be part of one word of the text,
and that under three letters in a row. What a word holds is remembered: people use the same words every day. So a
text costs one look-up for each of its words, however many pieces there are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from intakebot.rules.folding import word_runs

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
    """Folded pieces of text, each with the number of what needs it."""

    def __init__(self, numbered: Iterable[tuple[int, str]]) -> None:
        self._wordless: list[tuple[str, int]] = []
        self._in_word: dict[str, tuple[int, ...]] = {}
        runs: dict[_Run, list[int]] = defaultdict(list)
        for number, piece in numbered:
            found = [_Run(*run) for run in word_runs(piece)]
            if found:
                runs[max(found, key=lambda run: len(run.letters))].append(number)
            else:
                self._wordless.append((piece, number))
        self._by_gram: dict[str, _Filed] = defaultdict(list)
        self._short: _Filed = []
        uses = Counter(gram for run in runs for gram in _grams(run.letters))
        for run, numbers in runs.items():
            # Filed under the three letters that the fewest others have.
            gram = min(_grams(run.letters), key=lambda gram: (uses[gram], gram), default="")
            (self._by_gram[gram] if gram else self._short).append((run, numbers))

    def find(self, words: frozenset[str], text: str) -> set[int]:
        """The numbers of what may have its piece in a text; `words` are all words of it."""
        found: set[int] = set()
        if self._by_gram or self._short:
            self._find_in(words, found)
        found.update(number for piece, number in self._wordless if piece in text)
        return found

    def _find_in(self, words: frozenset[str], found: set[int]) -> None:
        remembered = self._in_word
        for word in words.difference(remembered):
            numbers = self._within(word)
            if len(word) <= _LONGEST_REMEMBERED:
                remembered[word] = numbers
            else:
                found.update(numbers)
        # The look-ups of all words stay inside the interpreter: this is the innermost loop of every message.
        found.update(*filter(None, map(remembered.get, words)))
        if len(remembered) > _REMEMBERED:
            self._in_word = {}

    def _within(self, word: str) -> tuple[int, ...]:
        filed = [self._by_gram[gram] for gram in _grams(word) & self._by_gram.keys()]
        return tuple(
            {number for runs in (*filed, self._short) for run, numbers in runs if run.is_in(word) for number in numbers}
        )


def _grams(letters: str) -> set[str]:
    return {letters[first : first + _GRAM] for first in range(len(letters) - _GRAM + 1)}
