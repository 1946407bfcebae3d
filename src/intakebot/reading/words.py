"""Decode the encoded words of headers and file names (RFC 2047), bounded by their caller.

Words next to each other in the same character set are joined before decoding, because many senders cut
a multi-byte character in two.
"""

from __future__ import annotations

import binascii
import re
from typing import Final

from intakebot.reading.charset import decode

_WORD: Final = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=")
_NOT_BASE64: Final = re.compile(rb"[^A-Za-z0-9+/]")


def decode_words(text: str) -> str:
    """Return `text` with its encoded words decoded; what is no proper word stays as it is."""
    if "=?" not in text:
        return text
    pieces: list[str] = []
    label, held, end = "", b"", 0
    for word in _WORD.finditer(text):
        between = text[end : word.start()]
        word_label = word[1].partition("*")[0].lower()  # RFC 2231 section 5 adds *language
        if between.strip() or not end or word_label != label:
            pieces.append(decode(held, label))
            pieces.append(between if between.strip() or not end else "")
            held = b""
        label, end = word_label, word.end()
        held += _word_bytes(word[2], word[3])
    pieces += [decode(held, label), text[end:]]
    return "".join(pieces)


def _word_bytes(encoding: str, encoded: str) -> bytes:
    raw = encoded.encode("utf-8", "replace")
    if encoding in "qQ":
        return binascii.a2b_qp(raw, header=True)
    letters = _NOT_BASE64.sub(b"", raw)
    if len(letters) % 4 == 1:  # a lone sextet carries no byte
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))
