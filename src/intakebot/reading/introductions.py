"""Know the line that introduces a quote: who wrote, and when, in whatever language.

`quotes` asks here. An introduction stands on at most four lines. In front of quoted lines little evidence is
needed; where what follows is not marked as a quote, a moment in front and a verb or an address are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from intakebot.reading.header_blocks import BRACKETED, MOMENT
from intakebot.reading.quote_words import DIRECTIONS, OURSELVES, TAIL, ends_with_wrote, says_wrote

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LINES: Final = 4
_LONGEST: Final = 400
_MARKS: Final = f" \t*_|{DIRECTIONS}"
_NO_DIRECTIONS: Final = dict.fromkeys(map(ord, DIRECTIONS))
_COLONS: Final = (":", "\uff1a")
_ENDINGS: Final = (*_COLONS, ">", "]")
_OFFSET: Final = re.compile(r"(?:GMT|UTC)?[+-]\d{2}:?\d{2}\b")
_MOST_WORDS_BEFORE_DATE: Final = 4
_MOST_WORDS_WITHOUT_MOMENT: Final = 5
_MOST_SPACES_WITHOUT_VERB: Final = 12
_SHORTEST_WRAPPED: Final = 16


@dataclass(frozen=True, slots=True)
class Introduction:
    """The words of a possible introduction, on one line, and the number of lines that it stands on."""

    words: str
    lines: int

    @property
    def ends_with_colon(self) -> bool:
        """Whether what follows is announced."""
        return self.words.endswith(_COLONS)

    @property
    def says_wrote(self) -> bool:
        """Whether a verb of writing is in it."""
        return says_wrote(self.words)

    @property
    def ends_with_wrote(self) -> bool:
        """Whether the verb of writing ends it."""
        return ends_with_wrote(self.words)

    @property
    def speaks_of_the_writer(self) -> bool:
        """Whether it begins with `I` or `we`: then it is part of what the writer tells."""
        return not OURSELVES.isdisjoint(word.casefold() for word in self.words.split(maxsplit=3)[:2])

    @property
    def begins_with_moment(self) -> bool:
        """Whether a date or a time stands near its beginning, as mail programs put it."""
        digit = next((number for number, letter in enumerate(self.words) if letter.isdigit()), None)
        return digit is not None and self.words[:digit].count(" ") <= _MOST_WORDS_BEFORE_DATE and self.has_moment

    @property
    def has_moment(self) -> bool:
        """Whether a date or a time is in it."""
        return bool(MOMENT.search(self.words))

    def announces_quoted_lines(self) -> bool:
        """Tell whether these words in front of marked quoted lines are their introduction, in any language."""
        if self.ends_with_colon:
            return "@" in self.words or self.has_moment or self.says_wrote
        if self.says_wrote and self.ends_with_wrote:
            return "@" in self.words or self.has_moment
        return self.begins_with_moment and bool(BRACKETED.search(self.words) or _OFFSET.search(self.words))

    def announces_a_message(self) -> bool:
        """Tell whether these words introduce a message that nothing marks as quoted."""
        if self.words[:1].isdigit() and self.words.endswith(">") and BRACKETED.search(self.words) and self.has_moment:
            return self.words.count(" ") <= _MOST_SPACES_WITHOUT_VERB
        announces = self.ends_with_colon or self.ends_with_wrote
        if not announces or not (self.has_moment or self.says_wrote):
            return False
        if self.speaks_of_the_writer:
            return False
        if "@" in self.words:
            return self.says_wrote or bool(BRACKETED.search(self.words))
        return self.begins_with_moment and self.says_wrote and self.ends_with_wrote


def closes(line: str) -> bool:
    """Tell whether a line ends as an introduction may end."""
    if len(line) > _LONGEST:
        return False
    bare = line.rstrip(_MARKS)
    return bare.endswith(_ENDINGS) or ends_with_wrote(bare)


def closing_lines(lines: Iterable[str]) -> list[bool]:
    """Return `closes` of each line; a text in which nobody `wrote` is told so at once, and not line by line."""
    bares = [line.rstrip(_MARKS) if len(line) <= _LONGEST else "" for line in lines]
    somebody_wrote = says_wrote("\n".join(bare[-TAIL:] for bare in bares))
    return [bare.endswith(_ENDINGS) or (somebody_wrote and ends_with_wrote(bare)) for bare in bares]


def introduction_at(lines: Sequence[str], number: int, closing: Sequence[bool]) -> Introduction | None:
    """Return the shortest introduction that may begin with this line, or None; `closing` is `closes` of each line."""
    if True not in closing[number : number + LINES] or not _begins(lines[number]):
        return None
    words: list[str] = []
    for position, line in enumerate(lines[number : number + LINES], start=number):
        bare = line.strip(_MARKS)
        if not bare or len(bare) > _LONGEST or bare.startswith(">"):
            return None
        words.append(bare)
        if closing[position]:
            found = Introduction(_joined(words), len(words))
            if found.ends_with_colon or found.ends_with_wrote or _ends_paragraph(lines, position + 1):
                return found
    return None


def introduction_before(
    lines: Sequence[str], reasons: Sequence[str], number: int, *, strict: bool
) -> Introduction | None:
    """Return the introduction that ends right above this line, perhaps with blank lines between, or None.

    It has none of the lines that have a reason already. `strict` asks for the evidence that unmarked quotes need.
    """
    end = number
    while end and number - end < LINES and not lines[end - 1].strip():
        end -= 1
    found = None
    for start in range(end - 1, max(end - 1 - LINES, -1), -1):
        first = lines[start]
        if reasons[start] or not first.strip(_MARKS) or len(first) > _LONGEST:
            break
        words = Introduction(_joined(lines[start:end]), number - start)
        if _begins_with_moment(first) and (found or _announces(words, first, strict=strict)):
            return words
        if (found is None or "@" in first or first.rstrip().endswith("<")) and _announces(words, first, strict=strict):
            found = words
    return found


def _announces(words: Introduction, first_line: str, *, strict: bool) -> bool:
    """Whether the words announce a quote, and begin where an introduction begins."""
    announced = words.announces_a_message() if strict else words.announces_quoted_lines()
    if not announced or ">" in words.words.partition("<")[0]:
        return False
    begins = "@" in first_line or first_line.rstrip().endswith("<") or MOMENT.search(first_line)
    return bool(begins) or (len(words.words.split()) <= _MOST_WORDS_WITHOUT_MOMENT and not words.has_moment)


def _ends_paragraph(lines: Sequence[str], number: int) -> bool:
    return number == len(lines) or not lines[number].strip(_MARKS + ">")


def _begins(line: str) -> bool:
    """Whether an introduction may begin with this line: one with neither date nor address is the writer's own."""
    return "@" in line or bool(MOMENT.search(line[:_LONGEST])) or _was_wrapped(line) or ends_with_wrote(line)


def _was_wrapped(line: str) -> bool:
    """Whether an introduction may have begun with this line and gone on in the next one."""
    bare = line.strip(_MARKS)
    digit = next((number for number, letter in enumerate(bare) if letter.isdigit()), len(bare))
    near = bare[:digit].count(" ") <= _MOST_WORDS_BEFORE_DATE
    return near and digit < len(bare) and len(bare) >= _SHORTEST_WRAPPED and not bare.endswith((".", "!", "?", ":"))


def _begins_with_moment(line: str) -> bool:
    return Introduction(line.strip(_MARKS).translate(_NO_DIRECTIONS), 1).begins_with_moment


def _joined(lines: Sequence[str]) -> str:
    """The lines as one: an address that was broken behind its bracket is whole again."""
    return " ".join(line.strip(_MARKS) for line in lines).replace("< ", "<").translate(_NO_DIRECTIONS)
