"""The key by which the same mail is known again, and its Message-ID; both before anything is understood.

Channels call this before they acknowledge a mail, so it is cheap and total. The key leaves out what the way to
us and mailboxes add (trace fields, marks, the form of line ends), so that a mail through two of them is one contact.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import Final

from intakebot.reading.charset import clean_line
from intakebot.reading.threading import own_message_id

TRACE_HEADERS: Final = frozenset({"received", "return-path", "delivered-to", "x-original-to", "authentication-results"})
"""What hops add on the way, RFC 8601 section 4 included."""
MAILBOX_HEADERS: Final = frozenset(
    {
        "content-length",  # mbox of System V
        "lines",
        "status",  # of mbox: read, answered, numbers
        "x-gm-thrid",  # of an archive out of Gmail
        "x-gmail-labels",
        "x-keywords",
        "x-mozilla-keys",  # Thunderbird
        "x-mozilla-status",
        "x-mozilla-status2",
        "x-status",
        "x-uid",
    }
)
"""What programs that keep mail write into it, and change, whatever its content."""
_ID_BLOCK_BYTES: Final = 65_536
_PIECE_BYTES: Final = 1 << 20
_EMPTY_LINE: Final = re.compile(rb"\r?\n\r?\n")
_EMPTY_LINES: Final = re.compile(rb"\A(?:\r?\n)+")
_MESSAGE_ID: Final = re.compile(
    rb"^message-id[ \t]*:([^\n]{0,4096}(?:\n[ \t][^\n]{0,998}){0,3})", re.IGNORECASE | re.MULTILINE
)


def content_key(raw: bytes, hop_headers: frozenset[str] = frozenset()) -> str:
    """Return the SHA-256, in hex, of the mail without trace fields, mailbox marks and `hop_headers` (lower case)."""
    end = _end_of_head(raw)
    head = raw[:end].replace(b"\r\n", b"\n")
    digest = hashlib.sha256(_trace_fields(hop_headers).sub(b"", b"\n" + head), usedforsecurity=False)
    while end < len(raw):  # in pieces: a body may be large, and several may be at the door at once
        piece = raw[end : end + _PIECE_BYTES]
        if piece.endswith(b"\r"):  # no line end is cut apart
            piece = raw[end : end + _PIECE_BYTES + 1]
        digest.update(piece.replace(b"\r\n", b"\n"))
        end += len(piece)
    return digest.hexdigest()


def _end_of_head(raw: bytes) -> int:
    """Where the empty line begins, with the line end before it; the length of the mail where there is none."""
    found = _EMPTY_LINE.search(raw)
    return found.start() if found else len(raw)


@lru_cache(maxsize=16)
def _trace_fields(hop_headers: frozenset[str]) -> re.Pattern[bytes]:
    """Match one trace field with its folded lines, from the line end before it."""
    names = b"|".join(
        re.escape(name.encode("utf-8", "replace")) for name in sorted(TRACE_HEADERS | MAILBOX_HEADERS | hop_headers)
    )
    return re.compile(rb"\n(?:" + names + rb")[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*", re.IGNORECASE)


def message_id_of(raw: bytes) -> str:
    """Return the Message-ID without brackets, from the first 64 KB of the headers; '' if absent."""
    block = _EMPTY_LINES.sub(b"", raw[:_ID_BLOCK_BYTES])
    head = block[: _end_of_head(block)].replace(b"\r\n", b"\n")  # of the head alone: a mail is mostly body
    found = _MESSAGE_ID.search(head)
    return own_message_id(clean_line(found[1].decode("utf-8", "replace"))) if found else ""
