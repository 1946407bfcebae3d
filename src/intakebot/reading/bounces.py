"""Read what a bounce reports: whom it failed to reach, for how long, and about which message.

The blocks of RFC 3464 go first, then the known unstructured forms (flufl.bounce). Nothing here proves who
sent the report; callers believe it only when it comes back on the way that the delivery named.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.parser import BytesParser
from typing import TYPE_CHECKING, Final

from flufl.bounce import all_failures

from intakebot.domain.messages import BounceReport
from intakebot.reading.addresses import read_addresses
from intakebot.reading.content_key import message_id_of
from intakebot.reading.headers import Headers, read_headers

if TYPE_CHECKING:
    from intakebot.reading.mime import Part

_EXAMINED_BYTES: Final = 64 * 1024  # recipients come first; 256 KB of empty blocks take the parser 4 s
_MAX_REPORTS: Final = 100
_MAX_PARAGRAPHS: Final = 500  # every empty block costs the detectors as much as a full one
_BLANK_LINES: Final = re.compile(rb"\r?\n(?:[ \t]*\r?\n)+")
_BLANK_LINE: Final = re.compile(rb"\n[ \t]*\r?\n")
_STATUS: Final = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_ORIGINAL_ID: Final = re.compile(rb"^original-message-id[ \t]*:[^\n]*<([^<>\s]{1,998})>", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Bounce:
    """The reports of one bounce and the Message-IDs of what came back; both may be empty."""

    reports: tuple[BounceReport, ...]
    original_ids: tuple[str, ...]


def read_bounce(raw: bytes, leaves: list[Part]) -> Bounce:
    """Return what a bounce reports, structured blocks first. May raise: the caller attempts this."""
    return Bounce(status_reports(leaves) or _known_forms(raw), original_ids(leaves))


def status_reports(leaves: list[Part]) -> tuple[BounceReport, ...]:
    """Return the reports in the delivery-status parts (RFC 3464 section 2.3); relayed mail is no failure."""
    reports: dict[str, BounceReport] = {}
    for part in leaves:
        if part.media_type not in ("message/delivery-status", "message/global-delivery-status"):
            continue
        for block in _BLANK_LINE.split(part.content[:_EXAMINED_BYTES], maxsplit=_MAX_REPORTS)[:_MAX_REPORTS]:
            report = _report(read_headers(block, []))
            if report:
                reports.setdefault(report.recipient, report)
    return tuple(reports.values())


def _report(fields: Headers) -> BounceReport | None:
    action = fields.text("action").lower().split(" ")[0]
    recipient = _recipient(fields)
    if not recipient or action not in ("failed", "delayed"):
        return None
    status = _STATUS.search(fields.text("status")) or _STATUS.search(fields.text("diagnostic-code"))
    found = status[1] if status else ""
    return BounceReport(recipient, hard=action == "failed" and not found.startswith("4"), status=found)


def _recipient(fields: Headers) -> str:
    for name in ("original-recipient", "final-recipient"):
        value = fields.sent(name)
        addresses = read_addresses(value.partition(";")[2] or value)
        if addresses:
            return addresses[0].address
    return ""


def _known_forms(raw: bytes) -> tuple[BounceReport, ...]:
    paragraphs = _BLANK_LINES.split(raw[:_EXAMINED_BYTES], maxsplit=_MAX_PARAGRAPHS)[:_MAX_PARAGRAPHS]
    temporary, permanent = all_failures(BytesParser().parsebytes(b"\r\n\r\n".join(paragraphs)))
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
        if part.media_type in ("message/rfc822", "message/global", "text/rfc822-headers"):
            ids.append(message_id_of(part.content))
        elif part.media_type in ("message/disposition-notification", "message/delivery-status"):
            ids += [found.decode("ascii", "replace") for found in _ORIGINAL_ID.findall(part.content[:_EXAMINED_BYTES])]
    return tuple(dict.fromkeys(found for found in ids if found))
