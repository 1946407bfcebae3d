"""Read one message, whatever its bytes: the door of this room.

Use cases call `read_message` after the raw bytes are safe. It never raises (lack of memory aside), its time
and memory are bounded by the limits of the modules it calls, and what it could not read it lists as defects.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Final

from intakebot.domain.messages import Address, ReadMessage
from intakebot.reading.addresses import several, sole_sender
from intakebot.reading.attempt import attempt
from intakebot.reading.authentication import sender_check
from intakebot.reading.charset import charset_hint
from intakebot.reading.content import Content, read_content
from intakebot.reading.headers import Headers, header_block, read_headers
from intakebot.reading.language import language_of
from intakebot.reading.machine_mail import recognise_machine_mail
from intakebot.reading.marks import marks_of
from intakebot.reading.mime import Part, read_parts
from intakebot.reading.reply_text import TrimmedView, trimmed_view
from intakebot.reading.threading import message_ids, own_message_id

MAX_MESSAGE_BYTES: Final = 51 << 20
"""The 50 MB that doors take, and what servers write on top of them: cut off in a part, base64 is a broken one."""
_SHOWN_OF_BROKEN_BODY: Final = 20_480
_MAX_DATE: Final = 100
_EXAMINED_FOR_LINE_ENDS: Final = 65_536


def read_message(
    raw: bytes,
    *,
    own_domains: frozenset[str] = frozenset(),
    languages: tuple[str, ...] = ("en",),
    envelope_sender: str | None = None,
    trusted_servers: frozenset[str] = frozenset(),
) -> ReadMessage:
    """Return the message as understood.

    Args:
        raw: The mail as received (RFC 5322), at most 50 MB are read.
        own_domains: Domains of our own Message-IDs, lower case, to know our own mail again.
        languages: Codes (ISO 639-1) to choose the message's language from.
        envelope_sender: The MAIL FROM address; '' for the null sender, None when unknown.
        trusted_servers: Who is believed about the sender (authserv-ids, lower case) where the mail came in.
    """
    defects: list[str] = []
    raw = _bounded(raw, defects)
    headers, tree = _structure(raw, defects)
    content = attempt(lambda: read_content(tree, defects), Content(), defects, "body.unreadable")
    text = content.text.strip("\n")
    shown = [(passage.text, passage.html) for passage in content.passages]
    trimmed = attempt(lambda: trimmed_view(shown), TrimmedView(text), defects, "trim.failed")
    recognise = partial(recognise_machine_mail, own_domains=own_domains, envelope_sender=envelope_sender)
    declared = headers.sent("content-language")
    sender = attempt(lambda: sole_sender(headers.all_sent("from"), defects), None, defects, "sender.missing")
    return ReadMessage(
        message_id=own_message_id(headers.sent("message-id")),
        in_reply_to=message_ids(headers.sent("in-reply-to")),
        references=message_ids(headers.sent("references")),
        subject=headers.text("subject"),
        sender=sender,
        reply_to=_people("reply-to", headers, defects),
        to=_people("to", headers, defects),
        cc=_people("cc", headers, defects),
        date=attempt(lambda: _date(headers.sent("date")), None, defects, "date.unreadable"),
        text=text,
        new_text=trimmed.text,
        cuts=trimmed.cuts,
        html="\n".join(content.html),
        attachments=tuple(content.attachments),
        headers=tuple((field.name, field.text) for field in headers.fields),
        language=attempt(lambda: language_of(trimmed.text, declared, languages), "", defects, "language.unknown"),
        machine=attempt(lambda: recognise(headers, tree, raw, defects), None, defects, "machine.unreadable"),
        marks=attempt(lambda: marks_of(tree.leaves()), (), defects, "body.unreadable"),
        check=sender_check(headers, trusted_servers, sender.domain if sender else ""),
        defects=tuple(dict.fromkeys(defects)),  # last: the steps above add to it
    )


def _structure(raw: bytes, defects: list[str]) -> tuple[Headers, Part]:
    """Return the header fields and the tree of parts; a body that resists becomes one text."""
    block, body_at = attempt(lambda: header_block(raw, defects), (b"", 0), defects, "message.unreadable")
    body = memoryview(raw)[body_at:]
    headers = attempt(
        lambda: read_headers(block, defects, "" if block.isascii() else charset_hint(raw)),
        Headers(),
        defects,
        "message.unreadable",
    )
    broken = Part("text/plain", content=bytes(body[:_SHOWN_OF_BROKEN_BODY]))
    return headers, attempt(lambda: read_parts(headers, body, defects), broken, defects, "body.unreadable")


def _people(name: str, headers: Headers, defects: list[str]) -> tuple[Address, ...]:
    return attempt(lambda: several(headers.all_sent(name), defects), (), defects, "addresses.unreadable")


def _bounded(raw: bytes, defects: list[str]) -> bytes:
    """Cut what is beyond the limit, and give mail with bare CR line ends the line ends of mail."""
    if len(raw) > MAX_MESSAGE_BYTES:
        defects.append("message.too-long")
        raw = raw[:MAX_MESSAGE_BYTES]
    if b"\n" not in raw[:_EXAMINED_FOR_LINE_ENDS] and b"\r" in raw[:_EXAMINED_FOR_LINE_ENDS]:
        return raw.replace(b"\r", b"\n")
    return raw


def _date(written: str) -> datetime | None:
    """Return the Date field as an instant in UTC; None when absent. Raises ValueError, OverflowError."""
    if not written:
        return None
    if " 0000 " in written:  # the standard library takes the year 0 for 2000
        raise ValueError("no year")
    found = parsedate_to_datetime(written[:_MAX_DATE])
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
