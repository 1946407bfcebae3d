"""Files that stand in a text as uuencode (POSIX): `begin 644 name`, lines, `end`. Old mail programs still write it.

Called by `content` for plain text. One linear pass; what is no proper block stays text.
"""

from __future__ import annotations

import binascii
import re
from typing import Final

MAX_FILES: Final = 100
_BEGIN: Final = re.compile(r"begin [0-7]{3,4} (\S[^\n]{0,250})")
_LONGEST_LINE: Final = 70


def without_files(text: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Return the text without its uuencoded files, and these files as (name as sent, bytes)."""
    if "begin " not in text:
        return text, []
    files: list[tuple[str, bytes]] = []
    lines, kept, at = text.split("\n"), [], 0
    while at < len(lines):
        begun = _BEGIN.fullmatch(lines[at].rstrip()) if len(files) < MAX_FILES else None
        end = _end(lines, at + 1) if begun else None
        content = _decoded(lines[at + 1 : end]) if end is not None else None
        if begun is None or end is None or content is None:
            kept.append(lines[at])
            at += 1
        else:
            files.append((begun[1].strip(), content))
            at = end + 1
    return "\n".join(kept), files


def _end(lines: list[str], start: int) -> int | None:
    """The number of the line `end`, if only such lines stand before it as an encoded file has."""
    for number in range(start, len(lines)):
        line = lines[number].rstrip()
        if line == "end":
            return number
        if line and (len(line) > _LONGEST_LINE or not " " <= line[0] <= "`"):
            return None
    return None


def _decoded(lines: list[str]) -> bytes | None:
    pieces = []
    for line in filter(None, (line.rstrip("\r") for line in lines)):
        signs = ((ord(line[0]) - 32 & 63) * 8 + 5) // 6  # what stands behind them, writers fill as they like
        try:
            pieces.append(binascii.a2b_uu(line.encode("ascii")[: signs + 1]))
        except (binascii.Error, UnicodeEncodeError):
            return None
    return b"".join(pieces) or None
