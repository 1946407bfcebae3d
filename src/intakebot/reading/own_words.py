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
    from collections.abc import Mapping, Sequence

_WORD: Final = re.compile(r"[^\W_]+")
_RUN: Final = 4  # so many words in our order are ours
_FEWEST_WORDS: Final = 10  # a stretch with fewer may be chance, or a customer who repeats us
_MAX_SENT: Final = 200_000  # characters of all that we sent


def mark_own_words(lines: Sequence[str], reasons: list[str], sent: Sequence[str]) -> None:
    """Give the lines that we sent ourselves their reason. A line is ours when all of its words are, in our order.

    What stands between two stretches of one message of ours was written into it: it loses the reason that the
    HTML of the whole quote gave it.
    """
    own = _own_lines(lines, *_known(sent))
    written = [number for number, line in enumerate(lines) if line.strip()]
    end, last = 0, -1
    for ours, stretch in groupby(written, key=own.__getitem__):
        numbers = list(stretch)
        if ours < 0 or sum(len(_WORD.findall(lines[number])) for number in numbers) < _FEWEST_WORDS:
            continue
        if ours == last:
            reasons[end : numbers[0]] = [""] * (numbers[0] - end)
        end, last = numbers[-1] + 1, ours
        reasons[numbers[0] : end] = [cut_reasons.OWN_WORDS] * (end - numbers[0])


def _known(sent: Sequence[str]) -> tuple[dict[tuple[str, ...], int], dict[tuple[str, ...], int]]:
    """All runs of words in what we sent, and its lines that are shorter than a run, with the number of the message."""
    runs: dict[tuple[str, ...], int] = {}
    short_lines: dict[tuple[str, ...], int] = {}
    left = _MAX_SENT
    for number, text in enumerate(sent):
        taken = text[:left]
        left -= len(taken)
        words = _words(taken)
        for run in zip(*(words[shift:] for shift in range(_RUN)), strict=False):
            runs.setdefault(run, number)
        for line in taken.split("\n"):
            if 0 < len(found := tuple(_words(line))) < _RUN:
                short_lines.setdefault(found, number)
    return runs, short_lines


def _own_lines(
    lines: Sequence[str], runs: Mapping[tuple[str, ...], int], short_lines: Mapping[tuple[str, ...], int]
) -> list[int]:
    """Number for each line the message of ours that it is from; -1 for none.

    Every word must be part of a run of ours, or it is a short line of ours. Runs go on over the ends of lines,
    because a mail program may have wrapped them elsewhere.
    """
    words = [_words(line) for line in lines]
    flat = [word for line in words for word in line]
    source = [-1] * len(flat)
    for number, run in enumerate(zip(*(flat[shift:] for shift in range(_RUN)), strict=False)):
        if run in runs:
            source[number : number + _RUN] = [runs[run]] * _RUN
    own: list[int] = []
    position = 0
    for line in words:
        of_line = source[position : position + len(line)]
        whole = bool(line) and min(of_line) >= 0
        own.append(of_line[0] if whole else short_lines.get(tuple(line), -1))
        position += len(line)
    return own


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
