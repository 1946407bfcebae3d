"""TNEF files (MS-OXTNEF) as Outlook writes them, and as nobody should; and its compressed RTF without compression."""

from __future__ import annotations

import struct

MESSAGE, ATTACHMENT = 1, 2
MAPI_PROPERTIES, RENDERING, TITLE, CONTENT, ATTACHMENT_PROPERTIES, CODE_PAGE = (
    0x9003,
    0x9002,
    0x8010,
    0x800F,
    0x9005,
    0x9007,
)
TEXT, WIDE_TEXT, BINARY, SHORT, SEVERAL = 0x1E, 0x1F, 0x102, 0x2, 0x1000
BODY, BODY_RTF, LONG_NAME, MIME_TYPE, CONTENT_ID = 0x1000, 0x1009, 0x3707, 0x370E, 0x3712
ENDLESS = 0xFFFFFFFF


def tnef(*attributes: bytes) -> bytes:
    return (
        struct.pack("<IH", 0x223E9F78, 1)
        + attribute(MESSAGE, CODE_PAGE, struct.pack("<II", 1252, 0))
        + b"".join(attributes)
    )


def attribute(level: int, name: int, value: bytes) -> bytes:
    return struct.pack("<BHHI", level, name, 6, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)


def properties(*each: bytes, announced: int | None = None) -> bytes:
    return struct.pack("<I", len(each) if announced is None else announced) + b"".join(each)


def held(kind: int, name: int, value: bytes) -> bytes:
    """One property with one value of variable length."""
    padded = value + b"\0" * (-len(value) % 4)
    return struct.pack("<HHII", kind, name, 1, len(value)) + padded


def attached(title: str, content: bytes, *further: bytes) -> bytes:
    """One attachment: what marks its beginning, its short name, its bytes, its properties."""
    return b"".join(
        [
            attribute(ATTACHMENT, RENDERING, b"\0" * 14),
            attribute(ATTACHMENT, TITLE, title.encode("cp1252") + b"\0"),
            attribute(ATTACHMENT, CONTENT, content),
            attribute(ATTACHMENT, ATTACHMENT_PROPERTIES, properties(*further)) if further else b"",
        ]
    )


def stored_rtf(rtf: bytes) -> bytes:
    """A PidTagRtfCompressed value that says it is not compressed."""
    return struct.pack("<IIII", len(rtf) + 12, len(rtf), 0x414C454D, 0) + rtf


def bomb() -> bytes:
    """A property that says it has four thousand million values: readers that believe it grow until they die."""
    return tnef(attribute(MESSAGE, MAPI_PROPERTIES, properties(struct.pack("<HHI", SHORT | SEVERAL, 0x1234, ENDLESS))))


def endless() -> bytes:
    """A list that says it has four thousand million properties."""
    return tnef(attribute(MESSAGE, MAPI_PROPERTIES, properties(announced=ENDLESS)))
