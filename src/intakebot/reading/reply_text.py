"""Show what is new in a reply: without quotes, without signature. The full text is always kept elsewhere.

Losing a customer's words is worse than showing a quote: answers written between quoted lines stay, and where
nothing would remain, the whole text is shown.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from intakebot.reading.html import to_new_text
from intakebot.reading.quotes import QUOTED, quote_start

if TYPE_CHECKING:
    from collections.abc import Iterable

    from intakebot.reading.content import Passage

_EXAMINED_LINES: Final = 300
_EXAMINED_CHARACTERS: Final = 16_384
_MAX_TRIMMED: Final = 1_000_000  # nobody quotes that much; a log was pasted
_INTRODUCTION_LINES: Final = 4
_SIGNATURE: Final = re.compile(r"(?:--|__|\u2014)[ \t]*")
# What mail programs on telephones append; a sentence that begins so has a comma or a full stop.
_DEVICE: Final = re.compile(
    r"(?:Sent (?:from|via)|Get Outlook for|Gesendet (?:von|mit)|Von meinem|Envoyé (?:de|depuis|à partir de)"
    r"|Enviado (?:desde|do)|Inviato da|Verzonden (?:vanaf|met)|Skickat från|Sendt fra"
    r"|Wysłane z|Отправлено \u0441)"
    r" [^,.<\n]{1,60}(?:<[^>\n]{1,200}>)?",
    re.IGNORECASE,
)
_RULE: Final = re.compile(r"[ \t]*[-_=*]{3,}[ \t]*")


def new_text(passages: Iterable[Passage]) -> str:
    """Return the trimmed view of a message's text; '' only when the text itself is blank."""
    passages = list(passages)
    whole = "\n\n".join(passage.text for passage in passages).strip()
    if not whole or len(whole) > _MAX_TRIMMED:
        return whole
    marked = [_without_marked_quotes(passage) for passage in passages]
    candidate = "\n\n".join(text for text in marked if text)
    return trim(candidate) or whole


def _without_marked_quotes(passage: Passage) -> str:
    return (to_new_text(passage.html) if passage.html else "").strip() or passage.text.strip()


def trim(text: str) -> str:
    """Return `text` without quotes and signature; '' when nothing would remain."""
    lines = text.split("\n")
    start = quote_start(lines[: _examined(lines)])
    if start is None:
        return "\n".join(_without_signature(_without_quoted_lines(lines))).strip()
    above = _without_signature(_without_quoted_lines(lines[:start]))
    return "\n".join([*above, *_answers(lines[start:])]).strip()


def _examined(lines: list[str]) -> int:
    length = 0
    for number, line in enumerate(lines[:_EXAMINED_LINES]):
        length += len(line) + 1
        if length > _EXAMINED_CHARACTERS:
            return number
    return min(len(lines), _EXAMINED_LINES)


def _without_quoted_lines(lines: list[str]) -> list[str]:
    """Drop lines behind `>` and the words that introduce them."""
    kept: list[str] = []
    for line in lines:
        if not QUOTED.match(line):
            kept.append(line)
        elif not kept or kept[-1] != "":
            _drop_introduction(kept)
            kept.append("")
    return kept


def _drop_introduction(lines: list[str]) -> None:
    """Drop the last paragraph where it names a person or a date and ends with a colon."""
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    start = end
    while start and lines[start - 1].strip() and end - start < _INTRODUCTION_LINES:
        start -= 1
    words = " ".join(lines[start:end]).strip()
    if words.endswith((":", "\uff1a")) and ("@" in words or any(letter.isdigit() for letter in words)):
        del lines[start:]


def _answers(quoted: list[str]) -> list[str]:
    """Return what was written between the quoted lines, where the quote is marked by `>`."""
    first = next((number for number, line in enumerate(quoted) if QUOTED.match(line)), None)
    return [] if first is None else _without_signature(_without_quoted_lines(quoted[first:]))


def _without_signature(lines: list[str]) -> list[str]:
    """Cut at the signature mark, then device lines, rules and blank lines at the end."""
    marks = (number for number, line in enumerate(lines) if number and _SIGNATURE.fullmatch(line))
    end = next(marks, len(lines))
    while end > 1 and _is_ornament(lines[end - 1]):
        end -= 1
    return lines[:end]


def _is_ornament(line: str) -> bool:
    return not line.strip() or bool(_RULE.fullmatch(line) or _DEVICE.fullmatch(line.strip()))
