"""Mails that break parsers, by name: what the reliability catalogue's section F and the traps of MIME are made of.

Each is made when it is asked for, because some are large. `SHAPES` gives the bytes and the defect that reading must
name ('' = none is asked for). The names begin with the id of the catalogue's case.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from base64 import encodebytes
from collections.abc import Callable, Mapping
from functools import partial

HEAD = b"From: ann@customer.example\r\nSubject: s\r\n"
MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n"
REPORT = HEAD + b"Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n"
STATUS = REPORT + b"--x\r\nContent-Type: message/delivery-status\r\n\r\n"
PLAIN = b"Content-Type: text/plain\r\n\r\nhello"
HTML = HEAD + b"Content-Type: text/html\r\n\r\n"
CALENDAR = b"--x\r\nContent-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\n"
LARGEST = 50_000_000


def _nested() -> bytes:
    return HEAD + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(10_000)
    )


def _repeated(head: bytes, piece: bytes, times: int, end: bytes = b"") -> bytes:
    return head + piece * times + end


def _pieces() -> bytes:
    return MIXED + b"--x\r\nContent-Type: a/b" + b"".join(b"; n*%d=a" % n for n in range(10_000)) + b"\r\n\r\nx"


def attached(name: str, kind: str, content: bytes) -> bytes:
    """A mail with a word of text and one attachment."""
    part = f"Content-Type: {kind}; name={name}\r\nContent-Disposition: attachment\r\n"
    encoded = encodebytes(content).replace(b"\n", b"\r\n")
    text = b"--x\r\nContent-Type: text/plain\r\n\r\nSee the file.\r\n"
    return MIXED + text + f"--x\r\n{part}Content-Transfer-Encoding: base64\r\n\r\n".encode() + encoded + b"--x--\r\n"


def _zipped(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside", content)
    return packed.getvalue()


def zip_bomb() -> bytes:
    """50 MB of zeros in some hundred bytes: two archives, one in the other."""
    return _zipped(_zipped(bytes(50_000_000)))


def image_bomb() -> bytes:
    """A PNG of a few kB that would be an image of 30,000 x 30,000 points."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")

    size = (30_000).to_bytes(4, "big")
    header = chunk(b"IHDR", size * 2 + b"\x08\x00\x00\x00\x00")
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(3_000_000))) + chunk(b"IEND", b"")


def _tnef() -> bytes:
    """A winmail.dat whose one attribute says that it has four billion properties."""
    properties = (0xFFFFFFFF).to_bytes(4, "little") + b"\x1e\x00\x01\x30" * 100
    attribute = b"\x01\x03\x90\x06\x00" + len(properties).to_bytes(4, "little") + properties
    return b"\x78\x9f\x3e\x22\x01\x00" + attribute + (sum(properties) & 0xFFFF).to_bytes(2, "little")


def _encrypted() -> bytes:
    kind = b"Content-Type: multipart/encrypted; protocol=application/pgp-encrypted; boundary=x\r\n\r\n"
    version = b"--x\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
    secret = b"--x\r\nContent-Type: application/octet-stream\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n"
    return HEAD + kind + version + secret + b"hQEMA1\r\n" * 200_000 + b"-----END PGP MESSAGE-----\r\n--x--\r\n"


def _signed() -> bytes:
    kind = b"Content-Type: multipart/signed; protocol=application/pkcs7-signature; boundary=x\r\n\r\n"
    text = b"--x\r\nContent-Type: text/plain\r\n\r\nSigned.\r\n--x\r\n"
    return HEAD + kind + text + b"Content-Type: application/pkcs7-signature; name=smime.p7s\r\n\r\nMIIB\r\n--x--\r\n"


def _largest_attachment() -> bytes:
    mail = attached("a.bin", "application/octet-stream", bytes(range(256)) * 140_000)
    return mail[:LARGEST]


SHAPES: Mapping[str, tuple[Callable[[], bytes], str]] = {
    "F01-nested-multiparts": (_nested, "body.unreadable"),
    "F01-rfc822": (partial(_repeated, b"", HEAD + b"Content-Type: message/rfc822\r\n\r\n", 10_000), "body.unreadable"),
    "F02-parts": (partial(_repeated, MIXED, b"--x\r\n\r\na\r\n", 100_000), "parts.too-many"),
    "F03-header-lines": (partial(_repeated, HEAD, b"A: b\r\n", 100_000, b"\r\nx"), "headers.too-long"),
    "F03-subject": (partial(_repeated, b"Subject: ", b"a", 1_000_000, b"\r\n" + PLAIN), "header.too-long"),
    "F03-words": (partial(_repeated, b"Subject: ", b"=?utf-8?q?a?= ", 100_000, b"\r\n" + PLAIN), "header.too-long"),
    "F03-half-words": (partial(_repeated, b"Subject: ", b"=?", 100_000, b"\r\n" + PLAIN), "header.too-long"),
    "F03-folds": (partial(_repeated, b"Subject: ", b"a\r\n ", 250_000, b"\r\n" + PLAIN), "header.too-long"),
    "F03-part": (
        partial(_repeated, MIXED + b"--x\r\nSubject: ", b"=?", 5_000_000, b"\r\n\r\na"),
        "",
    ),
    "F03-no-fields": (partial(_repeated, HEAD, b"nothing\r\n", 18_000, b"X-A: b\r\n\r\nx"), "header.malformed"),
    "F04-to": (partial(_repeated, HEAD + b"To: ", b"a@b.example, ", 600, b"\r\n\r\nx"), "addresses.too-many"),
    "F04-to-50k": (partial(_repeated, HEAD + b"To: ", b"a@b.example, ", 50_000, b"\r\n\r\nx"), "header.too-long"),
    "F04-commas": (partial(_repeated, b"From: ", b",", 50_000, b"\r\n" + PLAIN), "sender.missing"),
    "F05-semicolons": (
        partial(_repeated, HEAD + b"Content-Type: text/plain", b";", 100_000, b"\r\n\r\nx"),
        "header.too-long",
    ),
    "F05-quotes": (
        partial(_repeated, HEAD + b"Content-Type: text/plain; name=", b'";', 50_000, b"\r\n\r\nx"),
        "header.too-long",
    ),
    "F05-pieces": (_pieces, ""),
    "F05-index": (partial(_repeated, HEAD + b"Content-Type: text/plain; name*", b"9", 5_000, b"=a\r\n\r\nx"), ""),
    "F06-quotes": (partial(_repeated, b"From: ", b'"\\"', 33_000, b"\r\n" + PLAIN), "sender.missing"),
    "F06-comments": (partial(_repeated, b"From: ", b"(", 4_000, b"a@b.example\r\n" + PLAIN), "sender.missing"),
    "F08-long": (
        partial(_repeated, HEAD + b"Content-Type: text/plain; charset=utf-8\r\n\r\n", b"\xe9a ", 9_000_000),
        "text.too-long",
    ),
    "F08-one-line": (partial(_repeated, HEAD + b"\r\n", b"x", LARGEST - 1_000), "text.too-long"),
    "F08-uu-begins": (partial(_repeated, HEAD + b"\r\n", b"begin 644 x\n", 400_000), ""),
    "F08-uu-endless": (partial(_repeated, HEAD + b"\r\nhi\nbegin 644 x\n", b"#AAAA\n", 700_000), ""),
    "F08-rtf-tokens": (partial(_repeated, MIXED + b"--x\r\nContent-Type: text/rtf\r\n\r\n", b"\\a{", 2_000_000), ""),
    "F08-enriched": (
        partial(_repeated, MIXED + b"--x\r\nContent-Type: text/enriched\r\n\r\n", b"<param>", 700_000),
        "",
    ),
    "F15-calendars": (lambda: MIXED + (CALENDAR + b"BEGIN:VEVENT\nEND:VEVENT\n" * 5_000) * 20, ""),
    "F15-calendar-deep": (partial(_repeated, MIXED + CALENDAR, b"BEGIN:A\n", 15_000), "calendar.unreadable"),
    "F08-boundaries": (
        partial(_repeated, HEAD + b"Content-Type: multipart/mixed\r\n\r\n", b"--y\nContent-A: b\n", 9_000),
        "",
    ),
    "F09-zip-bomb": (lambda: attached("bomb.zip", "application/zip", zip_bomb()), ""),
    "F09-image-bomb": (lambda: attached("large.png", "image/png", image_bomb()), ""),
    "F11-on": (partial(_repeated, HEAD + b"\r\n", b"On ", 3_400), ""),
    "F11-from": (partial(_repeated, HEAD + b"\r\n", b"From: a\n", 8_000), ""),
    "F11-introductions": (partial(_repeated, HEAD + b"\r\n", b"a:1:\n>\n\n", 100_000), ""),
    "F11-blanks": (partial(_repeated, HEAD + b"\r\n", b" ", 30_000, b"x"), ""),
    "F11-newlines": (partial(_repeated, HEAD + b"\r\n", b"\n", 20_000_000), "text.too-long"),
    "F11-flowed": (
        partial(_repeated, HEAD + b"Content-Type: text/plain; format=flowed\r\n\r\n", b"a \n", 1_000_000),
        "",
    ),
    "F12-20MB": (partial(_repeated, HTML, b"<p>hello there</p>\n", 1_000_000), "text.too-long"),
    "F12-deep": (partial(_repeated, HTML, b"<div>", 100_000, b"x"), ""),
    "F12-quotes": (partial(_repeated, HTML, b"<blockquote type=cite>", 50_000, b"x"), ""),
    "F12-hidden": (partial(_repeated, HTML, b"<i style='display:none'>", 60_000, b"x"), ""),
    "F12-attributes": (partial(_repeated, HTML + b"<p ", b"a=b ", 300_000, b">x"), ""),
    "F15-encrypted": (_encrypted, ""),
    "F15-signed": (_signed, ""),
    "F15-winmail": (lambda: attached("winmail.dat", "application/ms-tnef", _tnef()), ""),
    "D09-blocks": (partial(_repeated, STATUS, b"\r\n\r\n", 40_000), ""),
    "D09-actions": (partial(_repeated, STATUS, b"Action: failed\r\n\r\n", 40_000), ""),
    "GOAL7-attachment": (_largest_attachment, ""),
    "GOAL7-beyond-the-limit": (partial(_repeated, HEAD + b"\r\n", b"line of text\r\n", 4_000_000), "message.too-long"),
}
