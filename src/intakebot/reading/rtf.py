"""Text out of the rich text that Outlook puts into TNEF: unpacked (MS-OXRTFCP) and read as a person would see it.

Called by `tnef_child`, in a process whose time and memory are bounded. Pure; raises ValueError or IndexError on
what is no such text.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import Final

MAX_RTF: Final = 2_000_000
_HEADER: Final = struct.Struct("<IIII")
_COMPRESSED: Final = 0x75465A4C
_STORED: Final = 0x414C454D
_WINDOW: Final = 4096
# The words that every window begins with (MS-OXRTFCP section 2.2.2.1.2).
_PRIMED: Final = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans "
    rb"SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)

_TOKEN: Final = re.compile(
    rb"\\([A-Za-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^A-Za-z])|([{}])|[\r\n]+|([^\\{}\r\n]+)"
)
_UNSHOWN: Final = frozenset(
    [b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"object", b"themedata", b"listtable", b"generator"]
)
_BREAKS: Final = {b"par": "\n", b"line": "\n", b"row": "\n", b"page": "\n", b"tab": "\t", b"cell": "\t"}
_SIGNS: Final = {
    b"emdash": "\u2014", b"endash": "\u2013", b"bullet": "\u2022", b"lquote": "\u2018", b"rquote": "\u2019",
    b"ldblquote": "\u201c", b"rdblquote": "\u201d",
}  # fmt: skip
_ESCAPED: Final = {b"~": "\xa0", b"_": "-", b"{": "{", b"}": "}", b"\\": "\\", b"\n": "\n", b"\r": "\n"}


def unpacked(packed: bytes) -> bytes:
    """Return the RTF in a PidTagRtfCompressed value, at most 2 MB of it."""
    _, size, form, _ = _HEADER.unpack_from(packed)
    limit = min(size, MAX_RTF)
    if form == _STORED:
        return packed[_HEADER.size : _HEADER.size + limit]
    if form != _COMPRESSED:
        raise ValueError("no compressed RTF")
    window = bytearray(_PRIMED.ljust(_WINDOW, b" "))
    found, place = bytearray(), len(_PRIMED)
    for start, length, literal in _references(packed):
        if start == place:
            break
        for step in range(length):
            window[place] = literal if start < 0 else window[(start + step) % _WINDOW]
            found.append(window[place])
            place = (place + 1) % _WINDOW
        if len(found) >= limit:
            break
    return bytes(found[:limit])


def _references(packed: bytes) -> Iterator[tuple[int, int, int]]:
    """Where in the window the next bytes stand and how many they are, or (-1, 1, the byte itself)."""
    at = _HEADER.size
    while at < len(packed):
        flags, at = packed[at], at + 1
        for bit in range(8):
            if at + 1 >= len(packed):
                return
            if flags >> bit & 1:
                yield packed[at] << 4 | packed[at + 1] >> 4, (packed[at + 1] & 15) + 2, 0
                at += 2
            else:
                yield -1, 1, packed[at]
                at += 1


class _Text:
    """The shown text so far, and what each open group says about what follows."""

    def __init__(self, codec: str) -> None:
        self._codec = codec
        self._pieces: list[str] = []
        self._held = bytearray()
        self._groups: list[tuple[bool, int]] = []
        self.shown, self.substitutes, self.to_skip = True, 1, 0

    def open(self) -> None:
        self._groups.append((self.shown, self.substitutes))

    def close(self) -> None:
        if self._groups:
            self.shown, self.substitutes = self._groups.pop()

    def bytes(self, raw: bytes) -> None:
        """Bytes of the document's code page, held back until a character may be whole."""
        skipped = min(self.to_skip, len(raw))
        self.to_skip -= skipped
        if self.shown:
            self._held += raw[skipped:]

    def sign(self, text: str) -> None:
        """Text that is no matter of the code page."""
        if self.shown:
            self._flush()
            self._pieces.append(text)

    def _flush(self) -> None:
        if self._held:
            self._pieces.append(self._held.decode(self._codec, "replace"))
            self._held.clear()

    def whole(self) -> str:
        """All of it."""
        self._flush()
        joined = "".join(self._pieces)  # a pair of \u makes one character beyond the first 65,536
        return joined.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def text_of(rtf: bytes) -> str:
    """Return what a reader of the RTF sees."""
    named = re.search(rb"\\ansicpg(\d{1,5})", rtf[:4096])
    codec = f"cp{named[1].decode()}" if named else "cp1252"
    try:
        b"".decode(codec)
    except LookupError:
        codec = "cp1252"
    text = _Text(codec)
    for token in _TOKEN.finditer(rtf):
        word, number, code, escaped, brace, plain = token.groups()
        if word is not None:
            _take_word(text, word, int(number) if number else None)
        elif code is not None:
            text.bytes(bytes([int(code, 16)]))
        elif escaped is not None:
            _take_escape(text, escaped)
        elif brace is not None:
            text.open() if brace == b"{" else text.close()
        elif plain is not None:
            text.bytes(plain)
    return text.whole()


def _take_word(text: _Text, word: bytes, number: int | None) -> None:
    if word in _UNSHOWN:
        text.shown = False
    elif word in _BREAKS or word in _SIGNS:
        text.sign(_BREAKS.get(word) or _SIGNS[word])
    elif word == b"uc":
        text.substitutes = max(0, number or 0)
    elif word == b"u" and number is not None:
        text.sign(chr(number % 65_536))
        text.to_skip = text.substitutes


def _take_escape(text: _Text, escaped: bytes) -> None:
    if escaped == b"*":
        text.shown = False  # a destination that only newer readers know
    elif escaped in _ESCAPED:
        text.sign(_ESCAPED[escaped])
