"""Make the names of attachments safe to show and to use as file names."""

from __future__ import annotations

import mimetypes
import re
from typing import Final

from intakebot.reading.charset import clean_line

_MAX_LENGTH: Final = 150
_MAX_SUFFIX: Final = 20
# Controls that turn the order of letters around ("exe.fdp" shown as "pdf.exe") or hide them.
_BIDI: Final = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_FORBIDDEN: Final = re.compile(r'[<>:"|?*]')
_RESERVED: Final = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)


def safe_name(name: str, media_type: str) -> str:
    """Return the last element of `name` without anything a shell, browser or file system may misread."""
    cleaned = _BIDI.sub("", clean_line(name)).replace("\\", "/").rpartition("/")[2]
    cleaned = _FORBIDDEN.sub("_", cleaned).strip(" .")
    if not cleaned:
        return "attachment" + (mimetypes.guess_extension(media_type) or "")
    if _RESERVED.fullmatch(cleaned):
        cleaned = "_" + cleaned
    if len(cleaned) <= _MAX_LENGTH:
        return cleaned
    stem, dot, suffix = cleaned.rpartition(".")
    if not stem or len(suffix) > _MAX_SUFFIX:
        return cleaned[:_MAX_LENGTH]
    return stem[: _MAX_LENGTH - len(suffix) - 1] + dot + suffix
