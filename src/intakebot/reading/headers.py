"""Take the header block of a message apart: bounded, tolerant, in order of appearance.

`message`, `bounces` and `content_key` call this. The standard library's parser ends the headers at
the first line that is none; here such a line is left out when header fields still follow.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from intakebot.reading.charset import clean_line, decode_field
from intakebot.reading.words import decode_words

MAX_BLOCK_BYTES: Final = 256 * 1024
MAX_FIELD_BYTES: Final = 8 * 1024
MAX_FIELDS: Final = 1000

_FIELD: Final = re.compile(rb"([!-9;-~]{1,200})[ \t]*:(.*)", re.DOTALL)
_FIELD_LINE: Final = re.compile(rb"([!-9;-~]{1,200})[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*\n?)|[^\n]*(?:\n[ \t][^\n]*)*\n?")
"""A field with its folds, or with no groups a line that is none."""
_ALL_FIELDS: Final = re.compile(rb"(?:[!-9;-~]{1,200}+[ \t]*+:[^\n]*+(?:\n[ \t][^\n]*+)*+(?:\n|\Z))*+(?:\r?\n)?")
_FOLD: Final = re.compile(rb"\r?\n[ \t]*")
_LINE_WITH_FOLDS: Final = re.compile(rb"[^\n]*(?:\n[ \t][^\n]*)*\n?")
_KNOWN: Final = re.compile(
    rb"^(?:from|to|cc|subject|date|sender|reply-to|message-id|in-reply-to|references|received|return-path"
    rb"|delivered-to|authentication-results|mime-version|(?:content|x)-[a-z-]+)[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
_BLANK_LINE: Final = re.compile(rb"(?:\A|\n)\r?\n")
_BLANKS: Final = re.compile(rb"[\r\n]*")


class Field(NamedTuple):
    """One header field: lower-case name, the value as sent (one clean line), the value for people."""

    name: str
    sent: str
    text: str


@dataclass(frozen=True, slots=True)
class Headers:
    """The header fields of a message or part in order; lookups take lower-case names."""

    fields: tuple[Field, ...] = ()
    _named: dict[str, list[Field]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        named: dict[str, list[Field]] = {}
        for one in self.fields:
            named.setdefault(one.name, []).append(one)
        object.__setattr__(self, "_named", named)

    def sent(self, name: str) -> str:
        """Return the first value of a field as sent, without decoding of words; '' when absent."""
        found = self._named.get(name)
        return found[0].sent if found else ""

    def text(self, name: str) -> str:
        """Return the first value of a field, decoded; '' when absent."""
        found = self._named.get(name)
        return found[0].text if found else ""

    def all_sent(self, name: str) -> tuple[str, ...]:
        """Return all values of a field as sent."""
        return tuple(one.sent for one in self._named.get(name, ()))

    def __contains__(self, name: str) -> bool:
        return name in self._named


def split_message(raw: bytes, defects: list[str]) -> tuple[bytes, bytes]:
    """Return (header block, body), both with whatever line ends they had; the block is bounded.

    Leading blank lines, a byte order mark and an mbox `From ` line are not part of the header block.
    """
    block, body_at = header_block(raw, defects)
    return block, raw[body_at:]


def header_block(raw: bytes, defects: list[str]) -> tuple[bytes, int]:
    """Return the same header block, and where the body begins: that of a large mail is not copied for nothing."""
    start = start_of_headers(raw)
    limit = start + MAX_BLOCK_BYTES
    blank = _BLANK_LINE.search(raw, start, limit)
    if blank:
        return _cut_at_prose(raw, start, blank.end())
    if limit >= len(raw):
        return _cut_at_prose(raw, start, len(raw))
    defects.append("headers.too-long")
    blank = _BLANK_LINE.search(raw, limit)
    return raw[start:limit], blank.end() if blank else len(raw)


def start_of_headers(raw: bytes) -> int:
    """Return where the first header field begins: behind a byte order mark, blank lines, an mbox `From ` line."""
    start = 3 if raw.startswith(b"\xef\xbb\xbf") else 0
    blanks = _BLANKS.match(raw, start)
    after_blanks = blanks.end() if blanks else start
    if raw.startswith((b"From ", b">From "), after_blanks):
        return raw.find(b"\n", after_blanks) + 1 or len(raw)
    return after_blanks if _KNOWN.match(raw, after_blanks) else start


def _cut_at_prose(raw: bytes, start: int, end: int) -> tuple[bytes, int]:
    """Give lines back to the body that are no header fields and are followed by no well-known one."""
    block, last_known = raw[start:end], 0
    if _ALL_FIELDS.fullmatch(block):
        return block, end
    for known in _KNOWN.finditer(block):
        last_known = known.start()
    for line in _LINE_WITH_FOLDS.finditer(block, last_known):
        if line[0].strip() and not _FIELD.match(line[0]):
            return block[: line.start()], start + line.start()
    return block, end


def read_headers(block: bytes, defects: list[str], hint: str = "") -> Headers:
    """Read a header block; fields beyond the limits are cut or left out with a defect.

    `hint` is the character set of the message's text, for fields that were sent as raw bytes.
    """
    fields: list[Field] = []
    for line in _FIELD_LINE.finditer(block):
        name, value = line.groups()
        if name is None and not line[0].strip():
            continue
        if len(fields) == MAX_FIELDS:
            defects.append("headers.too-many")
            break
        if name is None:
            defects.append("header.malformed")
        else:
            fields.append(_field(name, value, defects, hint))
    return Headers(tuple(fields))


def _field(name: bytes, value: bytes, defects: list[str], hint: str) -> Field:
    if len(value) > MAX_FIELD_BYTES:
        defects.append("header.too-long")
        value = value[:MAX_FIELD_BYTES]
    value = value.strip()
    if b"\n" in value:
        value = _FOLD.sub(b" ", value)
    sent = value.decode("ascii") if value.isascii() else ""
    if not sent or not sent.isprintable():  # nearly all are: nothing is to be cleaned then
        sent = clean_line(decode_field(value, hint))
    text = clean_line(decode_words(sent)) if "=?" in sent else sent
    return Field(name.decode("ascii").lower(), sent, text)
