"""Find the block of header lines (From, Sent, To, Subject) that mail programs put above a quoted message.

`quotes` asks here. A block is known by its words in some thirty languages, else by its shape: three lines
or more of `Word: value`, of which one names an address and one a moment. Each look reads at most ten lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from intakebot.reading.quote_words import FIELD_KINDS

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
_BRACKETED: Final = re.compile(r"[<(\[](?:mailto:)?[^<>()\[\]\s]{1,100}@[^<>()\[\]\s]{1,100}[>)\]]")
_TIME: Final = re.compile(r"\d{1,2}[:.h]\d{2}\b")
_WINDOW: Final = 10
_MOST_OTHER_LINES: Final = 2
_CORE: Final = frozenset({"from", "to", "date", "subject"})
_FEWEST_FIELDS: Final = 3
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
    fields, length = _fields(lines, number)
    found = _is_known(fields) if first.kind in _CORE else _has_the_shape(fields)
    return length if found else 0


def belongs_above(line: str) -> bool:
    """Tell whether a line right above a block is one of its fields: `Message of: 2 November, 8:02`."""
    found = _field(line)
    return found is not None and bool(found.kind or MOMENT.search(found.value) or _BRACKETED.search(found.value))


def _is_known(fields: Sequence[_Field]) -> bool:
    """Three known fields; or two, where the values are an address and a moment."""
    known = {field.kind for field in fields} & _CORE
    evidence = _has_address(fields) + _has_moment(fields)
    if len(known) >= _FEWEST_FIELDS:
        return bool(evidence) or "from" in known
    return len(known) == 2 and (  # noqa: PLR2004 - both of the two
        evidence == 2 or (len(fields) >= _FEWEST_FIELDS and bool(evidence))  # noqa: PLR2004 - both kinds of evidence
    )


def _has_the_shape(fields: Sequence[_Field]) -> bool:
    """Three unknown fields, a sender like `Name <address>` first or second, and a moment with a time of day.

    A web form that was mailed has the address alone, so it is not taken for a quote.
    """
    return (
        len(fields) >= _FEWEST_FIELDS
        and any(_BRACKETED.search(field.value) for field in fields[:2])
        and any(MOMENT.search(field.value) and _TIME.search(field.value) for field in fields[:_FEWEST_FIELDS])
    )


def _has_address(fields: Sequence[_Field]) -> bool:
    return any("@" in field.value for field in fields)


def _has_moment(fields: Sequence[_Field]) -> bool:
    return any(MOMENT.search(field.value) for field in fields)


def _fields(lines: Sequence[str], number: int) -> tuple[list[_Field], int]:
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
        if others > _MOST_OTHER_LINES or (blank and not lines[number + offset - 1].strip()):
            break
    return found, length


def _field(line: str) -> _Field | None:
    found = _FIELD.match(line)
    if found is None:
        return None
    name = " ".join(found["name"].split())
    if name.count(" ") >= _MOST_WORDS_IN_NAME:
        return None
    return _Field(FIELD_KINDS.get(name.casefold(), ""), found["value"].strip())
