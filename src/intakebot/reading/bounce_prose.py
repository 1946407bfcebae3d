"""Read a bounce that is prose only: whom it failed to reach, as mail servers write it for people.

Called by `bounces` where no block of RFC 3464 and no known form names a recipient. What counts is the shape: a field
that names a recipient, a line that begins with an address, a line with a reply code of SMTP, an address behind a
sentence that says that something was not delivered. Bounded: 600 lines of at most 1,000 characters, 32 K in all.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from intakebot.domain.messages import BounceReport
from intakebot.reading.addresses import read_addresses
from intakebot.reading.machine_words import FAILURE, GIVEN_UP, NOT_YET

if TYPE_CHECKING:
    from collections.abc import Iterable

_MAX_TEXT: Final = 32_768
_MAX_LINES: Final = 600
_MAX_LINE: Final = 1000
_MAX_FOUND: Final = 100
_FAR: Final = 6
"""How many lines behind a sentence the addresses may begin that it is about."""

_MAIL: Final = r"[^\s<>()\[\],;:\"'|@]{1,64}@[^\s<>()\[\],;:\"'|@]{1,255}"
_ADDRESS: Final = re.compile(rf"<?({_MAIL})>?")
_RETURNED: Final = re.compile(
    r"\W*(?:(?:below this line|below)\b.*\bcopy|(?:this is |here is )?a copy of (?:the|your)"
    r"|.*\boriginal message (?:follows|headers)"
    r"|(?:the )?(?:original|returned|unsent|undelivered) (?:message|mail)(?: header\w*)?(?: follows)?\W*$"
    r"|(?:message|mail) (?:header|text)s? follow|(?:received|return-path)\s*:)",
    re.IGNORECASE,
)
"""The line behind which the returned message begins; its addresses are everybody's."""

_FIELD: Final = re.compile(
    rf"[\s>]*(?:(?:final|original)-recipient\s*:\s*(?:[\w-]+\s*;)?|rcpt\s+to\s*:|(?:failed\s+)?recipients?(?:\s+address)?\s*:"
    rf"|(?:failed|unknown|invalid)\s+(?:address|recipient)\w*\s*:)\s*<?({_MAIL})",
    re.IGNORECASE,
)
_LINE_HEAD: Final = re.compile(rf"[\s>*]{{0,12}}(?:\S{{1,40}}:)?<?({_MAIL})>?(?=\s*(?:$|[:;,(\[.-]|\s))")
_REPLY_CODE: Final = re.compile(rf"[\s<>]*[45]\d\d[ -](?:\d\.\d{{1,3}}\.\d{{1,3}}\s+)?\W*({_MAIL})")
_SOMEBODY_ELSE: Final = re.compile(
    r"contact|assist|help|support|please (?:send|write|forward|e-?mail)|mailto|message-?id|\bfrom\b"
    r"|sender|sent by|postmaster",
    re.IGNORECASE,
)
_SPOKEN_CODE: Final = re.compile(r"\b[245]\d\d[ -]+\W{0,3}([245]\.\d{1,3}\.\d{1,3})(?![.\d])")
_LONE_CODE: Final = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![.\d])")
_CLASS: Final = re.compile(r"(?<![\d.])([45])\d\d(?:[ -]|$)")


def spoken_status(text: str) -> str:
    """The enhanced status code (RFC 3463) that a server said: one behind a reply code first, else any; '' if none."""
    found = _SPOKEN_CODE.search(text) or _LONE_CODE.search(text)
    return found[1] if found else ""


def spoken_part(text: str) -> list[str]:
    """The lines of a bounce before the message that it returns."""
    lines = [line[:_MAX_LINE] for line in text[:_MAX_TEXT].split("\n", _MAX_LINES)[:_MAX_LINES]]
    end = next((place for place, line in enumerate(lines) if place and _RETURNED.match(line)), len(lines))
    return lines[:end]


def prose_reports(text: str, not_these: frozenset[str]) -> tuple[BounceReport, ...]:
    """The reports of a bounce's text; `not_these` are addresses (lower case) that are nobody's failure."""
    lines = spoken_part(text)
    for shape in (_fields, _heads, _sentences):
        places = _first_places(shape(lines), not_these)
        if places:
            ends = [place for place, _ in places[1:]] + [len(lines)]
            return tuple(
                _report(address, lines[place:end], lines) for (place, address), end in zip(places, ends, strict=True)
            )
    return ()


def says_not_delivered(text: str) -> bool:
    """Whether the text says that something was not delivered, in a sentence or by a reply code of SMTP."""
    return any(FAILURE.search(line) or _CLASS.match(line.lstrip(" <>")) for line in spoken_part(text))


def _first_places(found: Iterable[tuple[int, str]], not_these: frozenset[str]) -> list[tuple[int, str]]:
    places: dict[str, int] = {}
    for place, written in found:
        for usable in read_addresses(written.rstrip(".!?*"))[:1]:
            if usable.address.lower() not in not_these and "." in usable.domain and len(places) < _MAX_FOUND:
                places.setdefault(usable.address, place)
    return sorted((place, address) for address, place in places.items())


def _fields(lines: list[str]) -> list[tuple[int, str]]:
    return [(place, found[1]) for place, line in enumerate(lines) if (found := _FIELD.match(line))]


def _heads(lines: list[str]) -> list[tuple[int, str]]:
    """Lines that begin with an address or have one behind a reply code, where a failure is spoken of near them."""
    telling = (FAILURE, _CLASS, NOT_YET)
    speaking = [place for place, line in enumerate(lines) if any(words.search(line) for words in telling)]
    near = {place + step for place in speaking for step in range(-2, _FAR + 1)}
    found = []
    for place in sorted(near & set(range(len(lines)))):
        head = _REPLY_CODE.match(lines[place]) or _LINE_HEAD.match(lines[place])
        if head and not _SOMEBODY_ELSE.search(lines[place][: head.start(1)]):
            found.append((place, head[1]))
    return found


def _sentences(lines: list[str]) -> list[tuple[int, str]]:
    """Addresses in or just behind a sentence that says that something was not delivered."""
    found: list[tuple[int, str]] = []
    for place, (before, line) in enumerate(pairwise(["", *lines])):
        sentence = f"{before} {line}"
        if "@" in line and FAILURE.search(sentence):
            every = _ADDRESS.finditer(sentence, len(before) + 1)
            found += [(place, one[1]) for one in every if not _SOMEBODY_ELSE.search(sentence[: one.start()][-40:])]
    return found


def _report(address: str, block: list[str], every: list[str]) -> BounceReport:
    """What is said about one recipient; where its own lines say nothing, all of the text counts."""
    own, whole = "\n".join(block), "\n".join(every)
    status = spoken_status(own) or spoken_status(whole)
    return BounceReport(address, hard=_is_given_up(own, whole, status), status=status)


def _is_given_up(own: str, whole: str, status: str) -> bool:
    if GIVEN_UP.search(whole):
        return True
    said = _CLASS.search(own)
    if status or said:
        return (status or said[1] if said else status).startswith("5")
    return not NOT_YET.search(whole)
