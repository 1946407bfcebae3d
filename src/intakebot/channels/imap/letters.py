"""What a fetched mail is to the house: its envelope, as far as it can be known, and stand-ins for what we have not got.

A mailbox keeps no SMTP envelope. The server that filed the mail left Return-Path (RFC 5321 4.4) and often Delivered-To;
without the former the sender is whom From names.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from email.utils import parseaddr

from intakebot.channels.imap.mailbox import Mailbox, Security
from intakebot.domain.contact import Envelope, Incoming

HEADERS_READ = 64 << 10
"""Octets of a header block that are looked at here."""
NOBODY = "unknown@mailbox.invalid"
"""The sender of a mail that names none: not the null sender, which only bounces have; nobody is answered there."""
CHANNEL = "email"
LONGEST_VALUE = 1000
"""Octets of one field that are looked at: the search for an address takes the square of a text without an end."""

_NULL = ("", "mailer-daemon")
"""Return paths of bounces: `<>`, which Sendmail writes as its own name. Another name without a host says nothing."""
_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")
_ADDRESS = re.compile(r"[^\s<>,;:\"']+@[^\s<>,;:\"']+")
_LEFT_OUT = re.compile(rb"(?im)^(?:content-[a-z-]+|mime-version|transfer-encoding):[^\n]*(?:\n[ \t][^\n]*)*\n?")


def incoming(mailbox: Mailbox, content: bytes, arrived_at: datetime | None, takes: Callable[[str], bool]) -> Incoming:
    """A mail as it is handed to the house; `takes` says whether an address is ours."""
    headers = header_block(content)
    envelope = Envelope(
        sender=_sender(headers),
        recipients=(_recipient(headers, mailbox.address, takes),),
        route=mailbox.name,
        peer=mailbox.host,
        tls=mailbox.security is not Security.NONE,
        arrived_at=arrived_at,
    )
    return Incoming(CHANNEL, envelope, content)


def header_block(content: bytes) -> bytes:
    """The headers of a mail, as far as they are read here, each line ended."""
    start = content[:HEADERS_READ]
    end = _END_OF_HEADERS.search(start)
    return start[: end.start()] + b"\r\n" if end else start


def stand_in(headers: bytes, sentence: str) -> bytes:
    """A mail with somebody's headers and our note in place of the content, which we have not got."""
    kept = _LEFT_OUT.sub(b"", header_block(headers)).rstrip(b"\r\n")
    kept = kept or b"Subject: A mail that could not be fetched"
    kind = b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
    return kept + b"\r\n" + kind + b"\r\n" + sentence.encode() + b"\r\n"


def _sender(headers: bytes) -> str:
    for path in _values(headers, b"return-path")[:1]:
        found = _ADDRESS.search(path)
        if found or path.strip("<> ").lower() in _NULL:
            return found[0] if found else ""
    written = _values(headers, b"from")
    _, address = parseaddr(written[0]) if written else ("", "")
    return address if "@" in address else NOBODY


def _recipient(headers: bytes, address: str, takes: Callable[[str], bool]) -> str:
    """The mailbox's address, with the token of a reply where the server noted one."""
    local, _, domain = address.lower().rpartition("@")
    for name in (b"delivered-to", b"x-original-to", b"envelope-to"):
        for value in _values(headers, name)[:5]:
            found = _ADDRESS.search(value)
            known = found[0].lower().rpartition("@") if found else ("", "", "")
            if found and known[2] == domain and known[0].startswith(f"{local}+") and takes(found[0]):
                return found[0]
    return address


def _values(headers: bytes, name: bytes) -> list[str]:
    found = re.findall(rb"(?im)^" + re.escape(name) + rb":([^\n]*(?:\n[ \t][^\n]*)*)", headers)
    return [" ".join(value[:LONGEST_VALUE].decode("utf-8", "replace").split()) for value in found]
