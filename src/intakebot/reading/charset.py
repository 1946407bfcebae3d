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
_HINT_BYTES: Final = 65_536
_HINT: Final = re.compile(rb"charset\s{0,3}=\s{0,3}[\"']?([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE)
_ESCAPE: Final = re.compile(rb"\x1b(?:\$[@B]|\([BJI])|\x1b\$\)[A-C]")

# Codecs that are no character sets of mail, or whose result may hold surrogates or executes escapes.
_REFUSED: Final = frozenset(
    {
        "idna",
        "punycode",
        "undefined",
        "unicode_escape",
        "raw_unicode_escape",
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
# Written in nothing but ASCII, so that it must be read before plain ASCII is.
_ASCII_BYTES: Final = re.compile(r"utf[-_]?(?:7|16|32).*|hz|iso2022.*")
# What programs write when they do not know.
_SAID_OF_ANYTHING: Final = frozenset({"cp1252", "iso8859-15", "utf-8"})
# Senders' own names: `win-1251`, `x-cp1251`, `cp-850`.
_CODE_PAGE: Final = re.compile(r"(?:x-)?(?:windows|win|cp|ibm|ms)[-_]?(\d{3,5})")
# Windows-1252 where ISO 8859-1 was said leaves controls that nobody means.
_CONTROLS: Final = re.compile("[\x80-\x9f]")
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
    for name in (wanted, _CODE_PAGE.sub(r"cp\1", wanted), wanted.removeprefix("x-")):
        try:
            found = codecs.lookup(name)
            "".encode(found.name)  # refuses codecs that turn bytes into bytes (zlib, base64)
        except (LookupError, ValueError):
            continue
        return "" if found.name.replace("-", "_") in _REFUSED else _MEANT.get(found.name, found.name)
    return ""


def decode(raw: bytes, label: str = "", defects: list[str] | None = None) -> str:
    """Decode `raw`: by its label, else as UTF-8, else as detected, else as Windows-1252.

    Notes `text.wrong-charset` in `defects` when a given label does not fit.
    """
    codec = codec_for(label)
    if raw.isascii() and b"\x1b" not in raw and not _ASCII_BYTES.fullmatch(codec):
        return clean_text(raw.decode("ascii"))
    if _ESCAPE.search(raw, 0, _DETECTION_BYTES) and codec in ("", "utf-8") and raw.isascii():
        codec = "iso2022_kr" if b"\x1b$)" in raw[:_DETECTION_BYTES] else "iso2022_jp_ext"
    for candidate in _candidates(raw, codec):
        text = _strict(raw, candidate)
        if text is not None:
            if defects is not None and label and candidate != codec:
                defects.append("text.wrong-charset")
            return clean_text(text)
    if defects is not None and label:
        defects.append("text.wrong-charset")
    return clean_text(_best_effort(raw, codec))


def _candidates(raw: bytes, codec: str) -> tuple[str, ...]:
    if _ACCEPTS_ANYTHING.fullmatch(codec):
        return ("utf-8", codec)
    return (codec,) if raw.isascii() and codec else (codec, "utf-8")


def charset_hint(raw: bytes) -> str:
    """Return the first character set that a message names; its raw 8-bit header fields are written in it, too."""
    found = _HINT.search(raw, 0, _HINT_BYTES)
    return found[1].decode("ascii") if found else ""


def decode_field(raw: bytes, hint: str) -> str:
    """Decode a header field as it came: UTF-8, else as the message's own text, else as detected.

    What comes back is not clean yet: see `clean_line`.
    """
    if raw.isascii():
        return decode(raw)
    meant = codec_for(hint)
    for candidate in ("utf-8", "" if meant in _SAID_OF_ANYTHING else meant):
        text = _strict(raw, candidate)
        if text is not None:
            return text
    return decode(raw)


def _strict(raw: bytes, codec: str) -> str | None:
    if not codec:
        return None
    try:
        return raw.decode(codec)
    except (UnicodeError, LookupError):
        return None


def _best_effort(raw: bytes, codec: str) -> str:
    if codec.startswith("iso2022_jp") and (text := _windows_japanese(raw)) is not None:
        return text
    if codec in ("", "utf-8") and (text := _damaged_utf8(raw, said=bool(codec))) is not None:
        return text
    detected = codec_for(detect(raw[:_DETECTION_BYTES]).encoding or "")
    found = _strict(raw, detected)
    return raw.decode(codec or "cp1252", "replace") if found is None else found


def _damaged_utf8(raw: bytes, *, said: bool) -> str | None:
    """UTF-8 with a few bytes lost, as where a limit cut it in a character; None where it is rather something else."""
    text = raw.decode("utf-8", "replace")
    lost = text.count("\ufffd")
    whole = len(raw) - len(text)  # each character of two bytes or more counts at least one
    cut = said and lost == 1 and text.endswith("\ufffd")
    return text.removesuffix("\ufffd") if cut or whole >= lost * (2 if said else 4) else None


def _windows_japanese(raw: bytes) -> str | None:
    """ISO-2022-JP with signs that only Windows has (circled numbers, Roman ones): the cells of code page 932."""
    pieces, start, double = [], 0, False
    for found in [*_ESCAPE.finditer(raw), None]:
        stretch = raw[start : found.start() if found else len(raw)]
        pieces.append(
            b"".join(_shifted(*pair) for pair in zip(*[iter(stretch)] * 2, strict=False)) if double else stretch
        )
        if found:
            start, double = found.end(), found[0][1:2] == b"$"
    return _strict(b"".join(pieces), "cp932")


def _shifted(row: int, cell: int) -> bytes:
    """A double byte of JIS X 0208 as Shift JIS."""
    if not 0x21 <= row <= 0x7E or not 0x21 <= cell <= 0x7E:  # noqa: PLR2004 - the square of JIS X 0208
        return bytes((row, cell))
    lead = (row - 0x21 >> 1) + 0x81
    trail = cell + (0x1F if cell <= 0x5F else 0x20) if row & 1 else cell + 0x7E  # noqa: PLR2004 - Shift JIS leaves 0x7F out
    return bytes((lead + 0x40 if lead > 0x9F else lead, trail))  # noqa: PLR2004 - and 0xA0 to 0xDF


def clean_text(text: str) -> str:
    """Make text storable: line ends are LF, NUL is gone, lone surrogates become the replacement mark."""
    text = text.removeprefix("\ufeff").replace("\x00", "")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isascii():
        return text
    return _SURROGATES.sub("\ufffd", _CONTROLS.sub(_meant_sign, text))


def _meant_sign(control: re.Match[str]) -> str:
    return control[0].encode("latin-1").decode("cp1252", "ignore")


def clean_line(text: str) -> str:
    """Make text fit for one line (a header, a name): no control or line break, blanks at the ends cut."""
    if text.isprintable():
        return text.strip()
    return _HEADER_CONTROLS.sub(" ", clean_text(text)).strip()
