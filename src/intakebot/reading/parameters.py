"""Read `Content-Type` and `Content-Disposition`: the value and its parameters (RFC 2045, RFC 2231).

File names come in every form: plain 8-bit, quoted, encoded words inside quotes, RFC 2231 in pieces.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote_to_bytes

from intakebot.reading.charset import clean_line, decode
from intakebot.reading.words import decode_words

_MAX_PARAMETERS: Final = 200
_PARAMETER: Final = re.compile(r';\s*([^\s=;*"]{1,60})(\*\d{1,4})?(\*)?\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;]*))')
_ESCAPED_QUOTE: Final = re.compile(r'\\(["\\])')


def split_value(value: str) -> tuple[str, dict[str, str]]:
    """Return (main value in lower case, parameters by lower-case name), of a value as sent."""
    main, _, rest = value.partition(";")
    if not rest:
        return main.strip().lower(), {}
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for number, match in enumerate(_PARAMETER.finditer(value)):
        if number == _MAX_PARAMETERS:
            break
        written = _ESCAPED_QUOTE.sub(r"\1", match[4]) if match[4] is not None else match[5].strip()
        index = int(match[2][1:]) if match[2] else 0
        pieces.setdefault(match[1].lower(), []).append((index, bool(match[3]), written))
    return main.strip().lower(), {name: _joined(found) for name, found in pieces.items()}


def _joined(found: list[tuple[int, bool, str]]) -> str:
    """Join the pieces of one parameter; a name given both ways counts in its extended form."""
    extended = any(is_extended for _, is_extended, _ in found)
    if not extended:
        plain = found if {index for index, _, _ in found} != {0} else found[:1]
        return clean_line(decode_words("".join(text for _, _, text in sorted(plain, key=lambda piece: piece[0]))))
    if len({index for index, _, _ in found}) == 1:
        found = [piece for piece in found if piece[1]][:1]
    label, raw = "", b""
    for position, (_, is_extended, text) in enumerate(sorted(found, key=lambda piece: piece[0])):
        if position == 0 and is_extended and text.count("'") >= 2:  # noqa: PLR2004 - charset'language'text
            label, _, text = text.split("'", 2)  # noqa: PLW2901 - the label is no part of the text
        raw += unquote_to_bytes(text) if is_extended else text.encode("utf-8", "replace")
    return clean_line(decode(raw, label))
