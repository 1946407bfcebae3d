"""Make the names of attachments safe to show and to use as file names."""

from __future__ import annotations

import mimetypes
import re
from typing import Final

from intakebot.reading.charset import clean_line

_MAX_BYTES: Final = 240  # file systems take 255
_MAX_SUFFIX: Final = 20
_DIRECTORIES: Final = re.compile(r"(?:/|\.{1,2}/|[A-Za-z]:/).*/|(?:/|\.{1,2}/|[A-Za-z]:/)", re.DOTALL)
# Controls that turn the order of letters around ("exe.fdp" shown as "pdf.exe") or hide them.
_BIDI: Final = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_FORBIDDEN: Final = re.compile(r'[<>:"|?*/]')
_RESERVED: Final = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)


def safe_name(name: str, media_type: str) -> str:
    """Return `name` without anything a shell, browser or file system may misread.

    Of a path the last element; a slash in other names (`Invoice 12/2026.pdf`) becomes a line below.
    """
    cleaned = _BIDI.sub("", clean_line(name)).strip()
    if len(cleaned) > 2 and cleaned[0] == cleaned[-1] == "'":  # noqa: PLR2004 - somebody's idea of quotes
        cleaned = cleaned[1:-1]
    if "\\" in cleaned:  # a program of Windows gave its whole path
        cleaned = cleaned.replace("\\", "/").rpartition("/")[2]
    if path := _DIRECTORIES.match(cleaned):
        cleaned = cleaned[path.end() :]
    cleaned = _FORBIDDEN.sub("_", cleaned).strip(" .")
    if not cleaned:
        return "attachment" + (mimetypes.guess_extension(media_type) or "")
    if _RESERVED.fullmatch(cleaned):
        cleaned = "_" + cleaned
    return _shortened(cleaned)


def _shortened(name: str) -> str:
    """The name with its suffix, in at most 240 bytes of UTF-8."""
    if len(name.encode()) <= _MAX_BYTES:
        return name
    stem, dot, suffix = name.rpartition(".")
    if not stem or len(suffix) > _MAX_SUFFIX:
        stem, dot, suffix = name, "", ""
    room = _MAX_BYTES - len((dot + suffix).encode())
    return stem.encode()[:room].decode("utf-8", "ignore") + dot + suffix
