"""Know our own words again in a reply: what we sent needs no pattern to be recognised as a quote.

`reply_text` asks here. Lines are compared word by word, so that `>`, other line breaks, other blanks and other
cases of letters change nothing. Time is linear in both texts.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Final

from intakebot.reading import cut_reasons

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_WORD: Final = re.compile(r"[^\W_]+")
_RUN: Final = 4  # so many words in our order are ours
_FEWEST_WORDS: Final = 10  # a stretch with fewer may be chance, or a customer who repeats us
_MAX_SENT: Final = 200_000  # characters of all that we sent


def mark_own_words(lines: Sequence[str], reasons: list[str], sent: Iterable[str]) -> None:
    """Give the lines that we sent ourselves their reason. A line is ours when all of its words are, in our order."""
    runs, short_lines = _known(sent)
    own = _own_lines(lines, runs, short_lines)
    written = [number for number, line in enumerate(lines) if line.strip()]
    for ours, stretch in groupby(written, key=own.__getitem__):
        numbers = list(stretch)
        words = sum(len(_WORD.findall(lines[number])) for number in numbers) if ours else 0
        if words >= _FEWEST_WORDS:
            for number in range(numbers[0], numbers[-1] + 1):
                reasons[number] = cut_reasons.OWN_WORDS


def _known(sent: Iterable[str]) -> tuple[set[tuple[str, ...]], set[tuple[str, ...]]]:
    """All runs of words in what we sent, and its lines that are shorter than a run."""
    runs: set[tuple[str, ...]] = set()
    short_lines: set[tuple[str, ...]] = set()
    left = _MAX_SENT
    for text in sent:
        taken = text[:left]
        left -= len(taken)
        words = _words(taken)
        runs.update(zip(*(words[shift:] for shift in range(_RUN)), strict=False))
        for line in taken.split("\n"):
            if len(found := tuple(_words(line))) < _RUN:
                short_lines.add(found)
    return runs, short_lines


def _own_lines(
    lines: Sequence[str], runs: set[tuple[str, ...]], short_lines: set[tuple[str, ...]]
) -> list[bool]:
    """Tell of each line whether it is ours: every word is part of a run of ours, or it is a short line of ours.

    Runs go on over the ends of lines, because a mail program may have wrapped them elsewhere.
    """
    words = [_words(line) for line in lines]
    flat = [word for line in words for word in line]
    covered = [False] * len(flat)
    for number, run in enumerate(zip(*(flat[shift:] for shift in range(_RUN)), strict=False)):
        if run in runs:
            covered[number : number + _RUN] = [True] * _RUN
    own: list[bool] = []
    position = 0
    for line in words:
        whole = all(covered[position : position + len(line)])
        own.append(bool(line) and (whole or tuple(line) in short_lines))
        position += len(line)
    return own


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
