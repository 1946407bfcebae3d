"""Find where a quoted earlier message begins in a text that no mail program has marked.

`reply_text` asks here. Cheap signs choose the few lines worth a closer look; our marker line, the header
block that mail programs put above a quote, and the introductions that quotequail knows then decide.
"""

from __future__ import annotations

import re
from typing import Final

import quotequail

# Our outgoing mail carries a line with words in the caller's language between two of these edges.
MARKER_EDGE: Final = "=-=-="
MARKER: Final = f"{MARKER_EDGE} Reply above this line {MARKER_EDGE}"

QUOTED: Final = re.compile(r"[ \t]{0,3}>")

_MARKER_LINE: Final = re.compile(rf"[ \t>|]*{MARKER_EDGE} [^\n]{{1,200}} {MARKER_EDGE}[ \t]*")
_ENDS_WITH_COLON: Final = re.compile(r"[^\n]{0,300}[:\uff1a>\]][ \t*_]*")
_RULE: Final = re.compile(r"[ \t]*(?:[-_=*]{3,}[ \t]?[^\n]{3,60}?[ \t]?[-_=*]{3,}|[-_]{10,})[ \t]*")
_MOMENT: Final = re.compile(r"\d{1,2}[:.h]\d{2}\b|\b(?:19|20)\d{2}\b|\d{1,2}[./-]\d{1,2}[./-]\d{2}")
_FROM_FIELD: Final = re.compile(
    r"[ \t]*\*?(?:From|Von|De|Da|Van|Från|Fra|Od|От|Kimden|Feladó|Lähettäjä|差出人|发件人|寄件者|보낸 사람)"
    r"\*?[ \t]*[:\uff1a]\*?[ \t]*\S",
    re.IGNORECASE,
)
_FIELD: Final = re.compile(r"[ \t]*\*?[^\W\d][\w .-]{1,20}\*?[ \t]*[:\uff1a]\*?[ \t]*\S")
_FIELD_WINDOW: Final = 6
_FEWEST_FIELDS: Final = 3
_INTRODUCTION_LINES: Final = 4
_MAX_CANDIDATES: Final = 40


def quote_start(lines: list[str]) -> int | None:
    """Return the number of the first line of the earlier message, or None."""
    candidates = 0
    for number, line in enumerate(lines):
        if MARKER_EDGE in line and _MARKER_LINE.fullmatch(line):
            return number
        if not line.strip() or QUOTED.match(line):
            continue
        if _is_header_block(lines, number):
            return number
        if _is_candidate(lines, number):
            candidates += 1
            if candidates > _MAX_CANDIDATES:
                return None
            if is_introduction(lines[number : number + _INTRODUCTION_LINES]):
                return number
    return None


def _is_header_block(lines: list[str], number: int) -> bool:
    """Tell whether From, Sent, To, Subject, or their like in another language, stand together here."""
    if not _FROM_FIELD.match(lines[number]):
        return False
    block = lines[number : number + _FIELD_WINDOW]
    return sum(bool(_FIELD.match(line)) for line in block) >= _FEWEST_FIELDS


def _is_candidate(lines: list[str], number: int) -> bool:
    line = lines[number]
    if line[0] in "-_=*" and _RULE.fullmatch(line):
        return True
    return any(_ENDS_WITH_COLON.fullmatch(near) for near in lines[number : number + _INTRODUCTION_LINES])


def is_introduction(lines: list[str]) -> bool:
    """Tell whether a quote's introduction begins in the first of these lines."""
    (_, shown), *hidden = quotequail.quote("\n".join(lines), quote_intro_line=True)
    if hidden and not shown:
        return True
    words = ""
    for line in lines:
        if not line.strip() or QUOTED.match(line):
            break
        words = f"{words} {line.strip()}"
        if words.endswith((":", "\uff1a")):
            return "@" in words and bool(_MOMENT.search(words))
    return False
