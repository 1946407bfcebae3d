"""Decode the encoded words of headers and file names (RFC 2047), bounded by their caller.

Words next to each other in the same character set are joined before decoding, because many senders cut
a multi-byte character in two.
"""

from __future__ import annotations

import binascii
import re
import string
from typing import Final

from intakebot.reading.charset import decode

# The text of a word may hold a question mark, but not begin another word: so one pass finds all.
_WORD: Final = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?((?:[^?=]|=(?!\?[^=])|\?(?!=))*)\?=")
# A word whose end a limit of length cut off.
_CUT: Final = re.compile(r"=\?[^?\s]{1,60}\?[bBqQ]\?[^?\s]+\??\Z")
_NO_LETTERS: Final = bytes(set(range(256)) - set(b"+/" + (string.ascii_letters + string.digits).encode()))
"""The bytes that are no letters of base64."""


def decode_words(text: str) -> str:
    """Return `text` with its encoded words decoded; what is no proper word stays as it is."""
    if "=?" not in text:
        return text
    if _CUT.search(text):
        text = text.rstrip("?") + "?="
    pieces: list[str] = []
    label, held, end = "", _Held(), 0
    for word in _WORD.finditer(text):
        between = text[end : word.start()]
        word_label = word[1].partition("*")[0].lower()  # RFC 2231 section 5 adds *language
        if between.strip() or not end or word_label != label:
            pieces.append(decode(held.bytes(), label))
            pieces.append(between if between.strip() or not end else "")
            held = _Held()
        label, end = word_label, word.end()
        held.add(word[2], word[3])
    pieces += [decode(held.bytes(), label), text[end:]]
    return "".join(pieces)


class _Held:
    """Bytes of words that belong together; base64 that was cut inside of a group of four letters waits for the rest."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._letters = b""

    def add(self, encoding: str, encoded: str) -> None:
        raw = encoded.encode("utf-8", "replace")
        if encoding in "qQ":
            self._close()
            self._pieces.append(binascii.a2b_qp(raw, header=True))
            return
        self._letters += raw
        if raw.endswith(b"=") or len(self._letters.translate(None, _NO_LETTERS)) % 4 == 0:
            self._close()

    def bytes(self) -> bytes:
        self._close()
        return b"".join(self._pieces)

    def _close(self) -> None:
        if self._letters:
            self._pieces.append(base64_bytes(self._letters))
            self._letters = b""


def base64_bytes(raw: bytes) -> bytes:
    """Decode base64 as far as it goes: up to its padding, whatever else stands between, a lone letter left out."""
    end = raw.find(b"=")
    letters = (raw if end < 0 else raw[:end]).translate(None, _NO_LETTERS)
    whole = len(letters) // 4 * 4
    decoded = binascii.a2b_base64(memoryview(letters)[:whole])
    rest = letters[whole:]
    if len(rest) < 2:  # noqa: PLR2004 - six bits carry no byte
        return decoded
    return decoded + binascii.a2b_base64(rest + b"=" * (4 - len(rest)))
