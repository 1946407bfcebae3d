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
_ENDINGS: Final = (
    ":",
    "\uff1a",
    ">",
    "]",
    "wrote",
    "schrieb",
    "écrit",
    "escribió",
    "escreveu",
    "scritto",
    "schreef",
)
_WROTE: Final = re.compile(r"(?:wrote|writes|schrieb|écrit|escribió|escreveu|scritto|schreef|napisał\w*|skrev) ?:?\Z")
_MESSAGE: Final = re.compile(
    r"message|nachricht|mensaje|mensagem|messaggio|bericht|meddelande|melding|wiadomość|сообщение|邮件|メッセージ",
    re.IGNORECASE,
)
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
    closes = [line.strip(" *_").endswith(_ENDINGS) for line in lines]
    for number, line in enumerate(lines):
        if MARKER_EDGE in line and _MARKER_LINE.fullmatch(line):
            return number
        if not line.strip() or QUOTED.match(line):
            continue
        if _is_header_block(lines, number):
            return number
        words = _introduction(lines, number) if True in closes[number : number + _INTRODUCTION_LINES] else ""
        if not words and not _is_rule(line):
            continue
        candidates += 1
        if candidates > _MAX_CANDIDATES:
            return None
        if _names_writer(line, words) or _heads_message(line) or _is_known_introduction(lines, number):
            return number
    return None


def _is_header_block(lines: list[str], number: int) -> bool:
    """Tell whether From, Sent, To, Subject, or their like in another language, stand together here."""
    if not _FROM_FIELD.match(lines[number]):
        return False
    block = lines[number : number + _FIELD_WINDOW]
    return sum(bool(_FIELD.match(line)) for line in block) >= _FEWEST_FIELDS


def _is_rule(line: str) -> bool:
    return line.lstrip()[0] in "-_=*" and bool(_RULE.fullmatch(line))


def _introduction(lines: list[str], number: int) -> str:
    """Return the words from here to a line that ends as introductions end, at most four lines; '' if none."""
    words = ""
    for line in lines[number : number + _INTRODUCTION_LINES]:
        if not line.strip() or QUOTED.match(line):
            return ""
        words = f"{words} {line.strip(' *_')}"
        if words.endswith(_ENDINGS):
            return words
    return ""


def _names_writer(first_line: str, words: str) -> bool:
    """Tell whether this is an introduction in any language: who, and when or `wrote`.

    A first line with neither is the writer's own.
    """
    begins_here = "@" in first_line or bool(_MOMENT.search(first_line))
    ends_here = words.endswith((":", "\uff1a")) or bool(_WROTE.search(words))
    return begins_here and ends_here and "@" in words and bool(_MOMENT.search(words) or _WROTE.search(words))


def _heads_message(line: str) -> bool:
    """Tell whether a line is a rule with words like `Original Message`, or with a moment, in it."""
    return _is_rule(line) and bool(_MESSAGE.search(line) or _MOMENT.search(line))


def _is_known_introduction(lines: list[str], number: int) -> bool:
    window = "\n".join(lines[number : number + _INTRODUCTION_LINES])
    (_, shown), *hidden = quotequail.quote(window, quote_intro_line=True)
    return bool(hidden) and not shown
