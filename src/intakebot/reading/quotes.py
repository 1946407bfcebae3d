"""Find what of a text is a quoted earlier message, line by line, and say why.

`reply_text` asks here, after what the HTML marks and what we sent ourselves has its reason already. Lines behind
`>` are quotes for sure; the words that introduce them, our own marker line, and quotes that nothing marks are
found by `introductions`, `header_blocks`, and what quotequail knows. All of it is linear in the text.

A quote whose lines are marked ends where the marks end, so that answers between its lines stay. A quote that
nothing marks reaches to the end of the text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import quotequail

from intakebot.reading import cut_reasons
from intakebot.reading.header_blocks import MOMENT, belongs_above, block_length
from intakebot.reading.introductions import LINES, closes, closing_lines, introduction_at, introduction_before
from intakebot.reading.quote_words import EARLIER, says_wrote

if TYPE_CHECKING:
    from collections.abc import Sequence

# Our outgoing mail carries a line with words in the caller's language between two of these edges.
MARKER_EDGE: Final = "=-=-="
MARKER: Final = f"{MARKER_EDGE} Reply above this line {MARKER_EDGE}"

_QUOTED: Final = re.compile(r"[ \t]{0,3}>")
_MARKER_LINE: Final = re.compile(rf"[ \t>|*]*{MARKER_EDGE} [^\n]{{1,200}} {MARKER_EDGE}[ \t*]*")
_HEADING: Final = re.compile(r"[ \t]*[-_=*]{2,20}[ \t]?(?P<words>[^\n]{3,120}?)[ \t]?[-_=*]{2,20}:?[ \t]*")
_MOST_WORDS_IN_HEADING: Final = 6
_LINK_ALONE: Final = re.compile(r"[ \t]*[(<\[]https?://[^\s()<>\[\]]{1,300}[)>\]][ \t]*>[ \t>]*")
_WRAPPED_AT: Final = range(60, 82)  # columns: where mail programs break lines
_LONGEST_LINE: Final = 72
_GLUED: Final = re.compile(r"(?<=\w)-{2,5} ?(?=[^\W\d_]{1,4} [^\n]{0,30}\d)")
_EXAMINED_LINES: Final = 300
_EXAMINED_CHARACTERS: Final = 16_384
_MAX_CANDIDATES: Final = 40
_SEARCHED_LINES: Final = 5_000  # nobody writes more above a quote


def split_glued(lines: Sequence[str]) -> list[str]:
    """Part a line in which an introduction follows the writer's last word: `thanks--- On 2 November Ann wrote:`."""
    parted: list[str] = []
    for line in lines:
        glued = _GLUED.search(line) if len(line) <= _EXAMINED_LINES and "--" in line and closes(line) else None
        parted += [line[: glued.start()], line[glued.start() :]] if glued else [line]
    return parted


def mark_quotes(lines: Sequence[str], reasons: list[str]) -> None:
    """Give every line of a quote its reason; lines that have one already keep it."""
    _mark_prefixed(lines, reasons)
    _mark_from_marker(lines, reasons)
    _mark_introductions(lines, reasons)
    _mark_unmarked(lines, reasons)


def _mark_prefixed(lines: Sequence[str], reasons: list[str]) -> None:
    """Mark lines behind `>`, and what a mail program broke off from their ends."""
    quoted = [bool(_QUOTED.match(line)) for line in lines]
    for number, line in enumerate(lines):
        between = 0 < number < len(lines) - 1 and quoted[number - 1] and quoted[number + 1]
        if quoted[number] or (between and (_LINK_ALONE.fullmatch(line) or _is_broken_off(lines[number - 1], line))):
            reasons[number] = reasons[number] or cut_reasons.QUOTE


def _is_broken_off(quoted: str, line: str) -> bool:
    """Whether a line is the end of the quoted one above it: that one is full, ends no sentence, and this goes on."""
    first, *_ = line.split(maxsplit=1) or [""]
    full = len(quoted) in _WRAPPED_AT and len(quoted) + 1 + len(first) > _LONGEST_LINE
    return full and first[:1].islower() and not quoted.rstrip().endswith((".", "!", "?", ":", ">"))


def _mark_from_marker(lines: Sequence[str], reasons: list[str]) -> None:
    """Mark from our marker line on; where it stands in a marked quote, that quote's own marks count."""
    for number, line in enumerate(lines):
        if MARKER_EDGE in line and _MARKER_LINE.fullmatch(line):
            if not reasons[number]:
                _mark_rest(reasons, number, cut_reasons.MARKER)
            return


def _mark_introductions(lines: Sequence[str], reasons: list[str]) -> None:
    """Mark the words that introduce each stretch of marked lines; between two stretches they need more evidence."""
    before, stretches = "", 0
    for number, line in enumerate(lines[:_SEARCHED_LINES]):
        if not line.strip():
            continue
        if reasons[number] and not before:
            stretches += 1
            found = introduction_before(lines, reasons, number, strict=stretches > 1)
            if found:
                _mark(reasons, number - found.lines, number, cut_reasons.INTRODUCTION)
        before = reasons[number]


def _mark_unmarked(lines: Sequence[str], reasons: list[str]) -> None:
    """Mark quotes that only their introduction, heading or header block shows."""
    search = _Search(lines, reasons)
    number = 0
    while number < min(len(lines), _SEARCHED_LINES):
        length, reason = search.beginning_at(number)
        if not length:
            number += 1
            continue
        start = _with_what_belongs_above(lines, reasons, number)
        if search.is_marked_behind(number + length):
            _mark(reasons, start, number + length, reason)
        else:
            _mark_rest(reasons, start, reason)
            return
        number += length


class _Search:
    """Looks for beginnings of quotes in one text; quotequail is asked at its first lines only, 40 times at most."""

    def __init__(self, lines: Sequence[str], reasons: list[str]) -> None:
        self._lines = lines
        self._reasons = reasons
        first = zip(lines[: _SEARCHED_LINES + LINES], reasons, strict=False)
        self._closing = closing_lines("" if reason else line for line, reason in first)
        self._examined = _examined(lines)
        self._asked = 0

    def beginning_at(self, number: int) -> tuple[int, str]:
        """Return how many lines the beginning of a quote takes here, and the reason; (0, '') for none."""
        line = self._lines[number]
        if self._reasons[number] or not line.strip():
            return 0, ""
        fields = block_length(self._lines, number) if ":" in line or "\uff1a" in line else 0
        if fields:
            return fields, cut_reasons.HEADER_BLOCK
        if _heads_message(line):
            return 1, cut_reasons.ORIGINAL_MESSAGE
        found = introduction_at(self._lines, number, self._closing)
        if found and (found.announces_a_message() or self._is_known(number)):
            return found.lines, cut_reasons.INTRODUCTION
        return 0, ""

    def is_marked_behind(self, number: int) -> bool:
        """Whether the lines that follow say for themselves what they are: quoted, or a beginning of their own."""
        following = range(number, min(number + LINES, len(self._lines)))
        after = next((position for position in following if self._lines[position].strip()), None)
        if after is None:
            return number >= len(self._lines)
        return bool(self._reasons[after]) or bool(block_length(self._lines, after))

    def _is_known(self, number: int) -> bool:
        self._asked += 1
        if self._asked > _MAX_CANDIDATES or number >= self._examined:
            return False
        window = "\n".join(self._lines[number : number + LINES])
        (_, shown), *hidden = quotequail.quote(window, quote_intro_line=True)
        return bool(hidden) and not shown


def _examined(lines: Sequence[str]) -> int:
    length = 0
    for number, line in enumerate(lines[:_EXAMINED_LINES]):
        length += len(line) + 1
        if length > _EXAMINED_CHARACTERS:
            return number
    return min(len(lines), _EXAMINED_LINES)


def _heads_message(line: str) -> bool:
    """Tell whether a line is a rule with words like `Original Message`, or with who wrote when, in it."""
    if line.lstrip()[:1] not in "-_=*":
        return False
    heading = _HEADING.fullmatch(line)
    if heading is None:
        return False
    words = heading["words"]
    if MOMENT.search(words) and ("@" in words or says_wrote(words)):
        return True
    return len(words.split()) <= _MOST_WORDS_IN_HEADING and bool(EARLIER.search(words) or says_wrote(words))


def _with_what_belongs_above(lines: Sequence[str], reasons: Sequence[str], number: int) -> int:
    """The line at which a quote really begins: a field or a heading without dashes right above a block is its own."""
    above = number - 1
    while above > 0 and number - above < LINES and not lines[above].strip():
        above -= 1
    if above <= 0 or reasons[above]:
        return number
    line = lines[above]
    heads = _HEADING.fullmatch(line) or (
        len(line) <= _LONGEST_LINE and line.rstrip().endswith(":") and EARLIER.search(line)
    )
    return above if heads or (above == number - 1 and belongs_above(line)) else number


def _mark(reasons: list[str], start: int, end: int, reason: str) -> None:
    for number in range(start, end):
        reasons[number] = reasons[number] or reason


def _mark_rest(reasons: list[str], start: int, reason: str) -> None:
    _mark(reasons, start, len(reasons), reason)
