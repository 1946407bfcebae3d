"""What the way of a mail left in its header: when it arrived, who sent the envelope, and whose mailbox it was.

`usecases.import_mail` comes here with mail out of old mailboxes, where no envelope is left, and `usecases.old_mail`
with what was read. Everything is bounded and total: what cannot be read is not there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from intakebot.domain.messages import ReadMessage
from intakebot.reading.addresses import read_addresses, several
from intakebot.reading.attempt import attempt
from intakebot.reading.headers import MAX_BLOCK_BYTES, Headers, read_headers, split_message

DELIVERED: Final = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to")
"""Fields in which mail servers write the address that a mail was delivered for."""
_ADDRESSED: Final = ("to", "cc", "resent-to", "resent-cc")
_MAX_DATE: Final = 100


@dataclass(frozen=True, slots=True)
class Trace:
    """The way of a mail. `sender` is '' for the null sender; where no Return-Path says it, the author's address.

    `addresses` are those it was delivered for, then those it was written to; `arrived_at` is UTC, None = unknown.
    """

    sender: str
    addresses: tuple[str, ...]
    arrived_at: datetime | None


def trace_of(raw: bytes) -> Trace:
    """The way of a mail (RFC 5322), from its header block; at most 256 KB of it are read."""
    ignored: list[str] = []
    block, _ = attempt(lambda: split_message(raw[: 2 * MAX_BLOCK_BYTES], ignored), (b"", b""), ignored, "")
    headers = attempt(lambda: read_headers(block, ignored), Headers(), ignored, "")
    received = headers.all_sent("received")
    arrived_at = _date(received[0].rpartition(";")[2]) if received else None
    nobody: tuple[str, ...] = ()
    return Trace(
        sender=_sender(headers),
        addresses=attempt(lambda: _addresses(headers), nobody, ignored, ""),
        arrived_at=arrived_at or _date(headers.sent("date")),
    )


def arrival_of(message: ReadMessage) -> datetime | None:
    """When a message came to the last server before us: the topmost Received field, else Date (RFC 5321 4.4)."""
    received = message.header("received")
    return (_date(received[0].rpartition(";")[2]) if received else None) or message.date


def _sender(headers: Headers) -> str:
    """The null sender only where a server wrote it down (RFC 5321 4.4); nobody's absence makes a bounce."""
    if "return-path" in headers:
        return _first(headers.sent("return-path")) or ""
    return _first(headers.sent("from")) or "unknown"


def _first(written: str) -> str | None:
    return attempt(lambda: next((one.address for one in read_addresses(written)), None), None, [], "")


def _addresses(headers: Headers) -> tuple[str, ...]:
    names = (*DELIVERED, *_ADDRESSED)
    found = [one.address for name in names for one in several(headers.all_sent(name), [])]
    return tuple(dict.fromkeys(found))


def _date(written: str) -> datetime | None:
    return attempt(lambda: _instant(written), None, [], "")


def _instant(written: str) -> datetime | None:
    """A date of RFC 5322 in UTC; None when there is none. Raises ValueError, OverflowError and what else it may."""
    if not written.strip() or " 0000 " in written:  # the standard library takes the year 0 for 2000
        return None
    found = parsedate_to_datetime(written.strip()[:_MAX_DATE])
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
