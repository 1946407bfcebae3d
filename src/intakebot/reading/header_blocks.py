"""Find the block of header lines (From, Sent, To, Subject) that mail programs put above a quoted message.

`quotes` asks here. A block is known by its words in some thirty languages, else by its shape: three lines
or more of `Word: value`, of which one names an address and one a moment. Each look reads at most ten lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from intakebot.reading.quote_words import DIRECTIONS, FIELD_KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

MOMENT: Final = re.compile(
    r"\d{1,2}[:.h]\d{2}\b|\b(?:19|20)\d{2}\b|\d{1,2}[./-]\d{1,2}[./-]\d{2}|\d{4}[./-]\d{1,2}[./-]\d{1,2}"
    r"|\d{1,2}\s?[月월]\s?\d{1,2}"
)
"""A date or a time of day, as far as one can tell it in any language."""

_FIELD: Final = re.compile(
    r"[ \t]{0,8}[*_]{0,2}(?P<name>[^\W\d_][^\n:\uff1a*<>@]{0,24}?)[*_]{0,2}[ \t]{0,3}[:\uff1a][*_]{0,2}"
    r"(?![^\s*]*//)[ \t]*(?P<value>[^\n]{0,400})"
)
BRACKETED: Final = re.compile(r"[<(\[](?:mailto:)?[^<>()\[\]\s]{1,100}@[^<>()\[\]\s:]{1,100}[>)\]]")
"""An address as mail programs write it behind a name."""

_TIME: Final = re.compile(r"\d{1,2}[:.h]\d{2}\b")
_NO_DIRECTIONS: Final = dict.fromkeys(map(ord, DIRECTIONS))
_WINDOW: Final = 10
_LONGEST: Final = 1000  # characters of a line that are looked at
_MOST_OTHER_LINES: Final = 2
_CORE: Final = frozenset({"from", "to", "date", "sent", "subject"})
_FEWEST_FIELDS: Final = 3
_FEWEST_WITH_EVIDENCE: Final = 2
_MOST_WORDS_IN_NAME: Final = 3


@dataclass(frozen=True, slots=True)
class _Field:
    """One `Word: value`; `kind` is '' for a word that we do not know."""

    kind: str
    value: str


def block_length(lines: Sequence[str], number: int) -> int:
    """Return how many lines a block of header lines takes that begins with this line; 0 where none begins."""
    first = _field(lines[number])
    if first is None:
        return 0
    if first.kind not in _CORE:
        fields, length = _fields(lines, number, most_others=0)
        return length if _has_the_shape(fields) else 0
    fields, length = _fields(lines, number, most_others=_MOST_OTHER_LINES)
    return length if _is_known(fields) or _stand_in_one_line(lines[number]) else 0


def belongs_above(line: str) -> bool:
    """Tell whether a line right above a block is one of its fields: `Message of: 2 November, 8:02`."""
    found = _field(line)
    return found is not None and bool(found.kind or MOMENT.search(found.value) or BRACKETED.search(found.value))


def _is_known(fields: Sequence[_Field]) -> bool:
    """Three known fields, of which one is Sent, Subject, or an address; or two, with an address and a moment.

    Journeys have From, To and Date as well, but none of these.
    """
    kinds = {field.kind for field in fields}
    known = {"date" if kind == "sent" else kind for kind in kinds & _CORE}
    addressed = any("@" in field.value for field in fields)
    if len(known) >= _FEWEST_FIELDS:
        return addressed or not kinds.isdisjoint(("sent", "subject"))
    dated = any(MOMENT.search(field.value) for field in fields)
    return len(known) >= _FEWEST_WITH_EVIDENCE and addressed and dated


def _has_the_shape(fields: Sequence[_Field]) -> bool:
    """Three unknown fields, of which the first has a sender like `Name <address>` and the next a moment, or so.

    A web form that was mailed has the address alone, so it is not taken for a quote.
    """
    if len(fields) < _FEWEST_FIELDS:
        return False
    people = [bool(BRACKETED.search(field.value)) for field in fields[:_FEWEST_FIELDS]]
    moments = [bool(MOMENT.search(field.value) and _TIME.search(field.value)) for field in fields[:_FEWEST_FIELDS]]
    return (people[0] and True in moments[1:]) or (moments[0] and True in people[1:])


def _stand_in_one_line(line: str) -> bool:
    """Whether the rendering of HTML has put all of a block into one line."""
    names = (
        FIELD_KINDS.get(word[:-1].strip("*").casefold(), "") for word in line[:_LONGEST].split() if word[-1] == ":"
    )
    return len(_CORE.intersection(names)) >= _FEWEST_FIELDS


def _fields(lines: Sequence[str], number: int, *, most_others: int) -> tuple[list[_Field], int]:
    """The fields from a line on, and their lines: folded values may stand between, single blank lines part them."""
    found: list[_Field] = []
    others = length = 0
    for offset, line in enumerate(lines[number : number + _WINDOW]):
        field = _field(line)
        if field is not None:
            found.append(field)
            length = offset + 1
            continue
        blank = not line.strip()
        others += not blank
        if others > most_others or (blank and not (most_others and lines[number + offset - 1].strip())):
            break
    return found, length


def _field(line: str) -> _Field | None:
    found = _FIELD.match(line)
    if found is None:
        return None
    value = found["value"].translate(_NO_DIRECTIONS)
    name = " ".join(found["name"].split())
    if name.count(" ") >= _MOST_WORDS_IN_NAME:
        return None
    return _Field(FIELD_KINDS.get(name.casefold(), ""), value.strip())
