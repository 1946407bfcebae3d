"""Read what a bounce reports: whom it failed to reach, for how long, and about which message.

The blocks of RFC 3464 go first, then the field of Exim, the known unstructured forms (flufl.bounce), prose, and the
one recipient of the message that came back. Nothing here proves who sent the report; callers believe it only when it
comes back on the way that the delivery named.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, replace
from email.parser import BytesParser
from typing import TYPE_CHECKING, Final

from flufl.bounce import all_failures

from intakebot.domain.messages import BounceReport
from intakebot.reading.addresses import read_addresses
from intakebot.reading.attempt import attempt
from intakebot.reading.bounce_prose import prose_reports, spoken_part, spoken_status
from intakebot.reading.charset import decode
from intakebot.reading.content_key import message_id_of
from intakebot.reading.headers import Headers, read_headers, split_message
from intakebot.reading.html import to_text
from intakebot.reading.threading import message_ids

if TYPE_CHECKING:
    from intakebot.reading.mime import Part

DELIVERY_STATUS: Final = ("message/delivery-status", "message/global-delivery-status")
RETURNED: Final = (
    "message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers",
)  # fmt: skip
_NO_FAILURE: Final = ("delivered", "relayed", "expanded")
_NOT_YET: Final = ("delayed", "deferred", "warning")
_EXAMINED_BYTES: Final = 64 * 1024  # recipients come first; 256 KB of empty blocks take the parser 4 s
_MAX_REPORTS: Final = 100
_MAX_PARAGRAPHS: Final = 500  # every empty block costs the detectors as much as a full one
_BLANK_LINES: Final = re.compile(rb"\r?\n(?:[ \t]*\r?\n)+")
_BLANK_LINE: Final = re.compile(rb"\n[ \t]*\r?\n")
_MAX_TEXTS: Final = 5
_MAX_IDS: Final = 10
_NOBODY: Final = "nobody@unknown.invalid"
_SPOKEN: Final = 600
"""How many characters behind a recipient are about it."""
_ID_LINE: Final = re.compile(
    r"^[ \t>]{0,20}message-id[ \t]*:[^\n]{0,1000}(?:\n[ \t]+<[^\n]{0,1000})?", re.IGNORECASE | re.MULTILINE
)
_REMOTE_CODE: Final = re.compile(r"(?<![\d.])[245]\d\d[ -]+\W{0,3}([245]\.\d{1,3}\.\d{1,3})(?![.\d])")
_STATUS: Final = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_ORIGINAL_ID: Final = re.compile(rb"^original-message-id[ \t]*:[^\n]*<([^<>\s]{1,998})>", re.IGNORECASE | re.MULTILINE)

# It logs the traceback of whatever it raises, and it raises on strangers' bytes; that is a defect here, never an error.
logging.getLogger("flufl.bounce").disabled = True


@dataclass(frozen=True, slots=True)
class Bounce:
    """The reports of one bounce and the Message-IDs of what came back; both may be empty."""

    reports: tuple[BounceReport, ...]
    original_ids: tuple[str, ...]


def read_bounce(headers: Headers, raw: bytes, leaves: list[Part], defects: list[str]) -> Bounce:
    """Return what a bounce reports, structured blocks first. May raise: the caller attempts this."""
    text = bounce_text(raw, leaves)
    parties = {found.address.lower() for name in ("from", "to") for found in read_addresses(headers.sent(name))}
    not_these = frozenset(parties | {found.lower() for found in _ids_in(text)})
    reports = status_reports(leaves) or _named_by_field(headers, text)
    reports = reports or _without(not_these, known_forms(raw, defects)) or prose_reports(text, not_these)
    reports = reports or _returned_to(leaves, text)
    exact = tuple(_more_exact(report, text) for report in reports)
    return Bounce(exact, tuple(dict.fromkeys((*original_ids(leaves), *_ids_in(text), *_answered(headers)))))


def bounce_text(raw: bytes, leaves: list[Part]) -> str:
    """Return what a bounce says to people: its text parts, the HTML ones where there is no other.

    Where its parts cannot be told apart, all of it is text.
    """
    return _shown(leaves) or decode(split_message(raw[: 2 * _EXAMINED_BYTES], [])[1][:_EXAMINED_BYTES])


def _shown(leaves: list[Part]) -> str:
    plain = [part for part in leaves if part.media_type == "text/plain" and not part.name]
    shown = plain or [part for part in leaves if part.media_type == "text/html"]
    texts = (decode(part.content[:_EXAMINED_BYTES], part.charset) for part in shown[:_MAX_TEXTS])
    return "\n".join(texts if plain else map(to_text, texts)).strip()


def status_reports(leaves: list[Part]) -> tuple[BounceReport, ...]:
    """Return the reports in the delivery-status parts (RFC 3464 section 2.3); relayed mail is no failure."""
    reports: dict[str, BounceReport] = {}
    for part in leaves:
        if part.media_type not in DELIVERY_STATUS:
            continue
        for block in _BLANK_LINE.split(part.content[:_EXAMINED_BYTES], maxsplit=_MAX_REPORTS)[:_MAX_REPORTS]:
            report = _report(read_headers(block, []))
            if report:
                reports.setdefault(report.recipient, report)
    return tuple(reports.values())


def _report(fields: Headers) -> BounceReport | None:
    action = fields.text("action").lower().split(" ")[0]
    recipient = _recipient(fields)
    if not recipient or action in _NO_FAILURE:
        return None
    code = _REMOTE_CODE.search(fields.text("diagnostic-code"))  # what the far end said, not what was made of it
    status = code or _STATUS.search(fields.text("status")) or _STATUS.search(fields.text("diagnostic-code"))
    found = status[1] if status else ""
    given_up = action not in _NOT_YET if action else found.startswith("5")
    return BounceReport(recipient, hard=given_up, status=found) if action or found else None


def _recipient(fields: Headers) -> str:
    for name in ("original-recipient", "final-recipient", "x-actual-recipient"):
        value = fields.sent(name)
        addresses = read_addresses(value.partition(";")[2] or value)
        if addresses:
            return addresses[0].address
    return ""


def _named_by_field(headers: Headers, text: str) -> tuple[BounceReport, ...]:
    failed = read_addresses(headers.sent("x-failed-recipients"))
    return tuple(BounceReport(one.address, hard=True, status=spoken_status(text[:_SPOKEN])) for one in failed)


def _without(not_these: frozenset[str], reports: tuple[BounceReport, ...]) -> tuple[BounceReport, ...]:
    """Leave out who cannot be meant, unless nobody else is named (some bounces go to who failed)."""
    return tuple(report for report in reports if report.recipient.lower() not in not_these) or reports


def _more_exact(report: BounceReport, text: str) -> BounceReport:
    """Take the status from the words about a recipient where the report has none, or a general one of its class."""
    if report.status and not report.status.endswith(".0.0"):
        return report
    place = text.lower().find(report.recipient.lower())
    said = spoken_status(text[place : place + _SPOKEN]) if place >= 0 else ""
    said = said or spoken_status("\n".join(spoken_part(text)))
    fits = said and said[0] == (report.status or said)[0]
    return replace(report, status=said) if fits else report


def _returned_to(leaves: list[Part], text: str) -> tuple[BounceReport, ...]:
    """The one recipient of the message that came back: each of ours has one."""
    returned = next((part.content for part in leaves if part.media_type in RETURNED), b"")
    fields = read_headers(split_message(returned[:_EXAMINED_BYTES], [])[0], [])
    to = read_addresses(fields.sent("to"))
    if len(to) != 1:
        return ()
    status = spoken_status("\n".join(spoken_part(text)))
    return (BounceReport(to[0].address, hard=not status.startswith("4"), status=status),)


def known_forms(raw: bytes, defects: list[str]) -> tuple[BounceReport, ...]:
    """Return what the detectors of flufl.bounce find; where one of them raises, that is a defect and no report."""
    return attempt(lambda: _detected(raw), (), defects, "bounce.unreadable")


def _detected(raw: bytes) -> tuple[BounceReport, ...]:
    paragraphs = _BLANK_LINES.split(raw[:_EXAMINED_BYTES], maxsplit=_MAX_PARAGRAPHS)[:_MAX_PARAGRAPHS]
    message = BytesParser().parsebytes(b"\r\n\r\n".join(paragraphs))
    sender = str(message.get("from", "")).encode("ascii", "replace").decode()
    del message["from"]
    message["from"] = sender.strip() or _NOBODY  # detectors raise on a From that is missing or has 8-bit letters
    temporary, permanent = all_failures(message)
    found = [(address, False) for address in sorted(temporary)] + [(address, True) for address in sorted(permanent)]
    reports: dict[str, BounceReport] = {}
    for address, hard in found[:_MAX_REPORTS]:
        for usable in read_addresses(address.decode("utf-8", "replace"))[:1]:
            reports[usable.address] = BounceReport(usable.address, hard)
    return tuple(reports.values())


def original_ids(leaves: list[Part]) -> tuple[str, ...]:
    """Return the Message-IDs of the message that a report is about."""
    ids: list[str] = []
    for part in leaves:
        if part.media_type in RETURNED:
            ids.append(message_id_of(part.content))
        elif part.media_type in ("message/disposition-notification", *DELIVERY_STATUS):
            ids += [found.decode("ascii", "replace") for found in _ORIGINAL_ID.findall(part.content[:_EXAMINED_BYTES])]
    return tuple(dict.fromkeys(found for found in ids if found))


def _ids_in(text: str) -> list[str]:
    """The Message-IDs of a message that is returned within the text."""
    return [found for line in _ID_LINE.findall(text)[:_MAX_IDS] for found in message_ids(line)]


def _answered(headers: Headers) -> tuple[str, ...]:
    """The ids that the bounce itself answers, as some gateways write."""
    return (*message_ids(headers.sent("in-reply-to")), *message_ids(headers.sent("references")))[:_MAX_IDS]
