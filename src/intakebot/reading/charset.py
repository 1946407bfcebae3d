"""Turn bytes into clean text, whatever character set they claim.

Headers, bodies and file names come through here. The result never holds NUL, a lone surrogate or a carriage
return; a wrong or missing label is repaired as far as the bytes allow.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache
from typing import Final

from turbohtml.detect import detect

_DETECTION_BYTES: Final = 65_536
_LABEL_LENGTH: Final = 40

# Codecs that are no character sets of mail, or whose result may hold surrogates or executes escapes.
_REFUSED: Final = frozenset(
    {
        "idna",
        "punycode",
        "undefined",
        "unicode_escape",
        "raw_unicode_escape",
        "utf-7",
        "palmos",
        "mbcs",
        "oem",
    }
)
# What senders write, and the superset that they mean (as in the WHATWG encoding standard).
_MEANT: Final = {
    "ascii": "utf-8",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "iso2022_jp": "iso2022_jp_ext",
}
# Single-byte sets accept nearly any byte, so that UTF-8 under such a label goes unnoticed.
_ACCEPTS_ANYTHING: Final = re.compile(r"cp125\d|iso8859-\d+|koi8-[ru]|mac.*|cp874|cp8\d\d|cp437")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_HEADER_CONTROLS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


@lru_cache(maxsize=256)
def codec_for(label: str) -> str:
    """Return the name of the codec that `label` means, or '' when it is no character set for mail."""
    wanted = label.strip().strip("\"'").lower()
    if wanted.endswith(("-8-i", "-8-e")):
        wanted = wanted[:-2]
    if wanted.startswith("ks_c_5601"):
        wanted = "cp949"
    if not wanted.isascii() or not wanted.isprintable() or not 0 < len(wanted) <= _LABEL_LENGTH:
        return ""
    try:
        found = codecs.lookup(wanted)
        "".encode(found.name)  # refuses codecs that turn bytes into bytes (zlib, base64)
    except (LookupError, ValueError):
        return ""
    return "" if found.name in _REFUSED else _MEANT.get(found.name, found.name)


def decode(raw: bytes, label: str = "", defects: list[str] | None = None) -> str:
    """Decode `raw`: by its label, else as UTF-8, else as detected, else as Windows-1252.

    Notes `text.wrong-charset` in `defects` when a given label does not fit.
    """
    if raw.isascii() and b"\x1b" not in raw and not label.lower().startswith(("utf-16", "utf-32", "utf16", "utf32")):
        return clean_text(raw.decode("ascii"))
    codec = codec_for(label)
    for candidate in ("utf-8", codec) if _ACCEPTS_ANYTHING.fullmatch(codec) else (codec, "utf-8"):
        text = _strict(raw, candidate)
        if text is not None:
            if defects is not None and label and candidate != codec:
                defects.append("text.wrong-charset")
            return clean_text(text)
    if defects is not None and label:
        defects.append("text.wrong-charset")
    return clean_text(_best_effort(raw, codec))


def _strict(raw: bytes, codec: str) -> str | None:
    if not codec:
        return None
    try:
        return raw.decode(codec)
    except (UnicodeError, LookupError):
        return None


def _best_effort(raw: bytes, codec: str) -> str:
    detected = codec_for(detect(raw[:_DETECTION_BYTES]).encoding or "")
    text = _strict(raw, detected)
    if text is not None:
        return text
    return raw.decode(codec or "cp1252", "replace")


def clean_text(text: str) -> str:
    """Make text storable: line ends are LF, NUL is gone, lone surrogates become the replacement mark."""
    text = text.removeprefix("\ufeff").replace("\x00", "")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)


def clean_line(text: str) -> str:
    """Make text fit for one line (a header, a name): no control or line break, blanks at the ends cut."""
    if text.isprintable():
        return text.strip()
    return _HEADER_CONTROLS.sub(" ", clean_text(text)).strip()
