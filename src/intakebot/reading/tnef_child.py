"""The process that takes one TNEF file apart, and then ends: `python -m intakebot.reading.tnef_child`.

`tnef` starts it. It bounds its own time and memory before it reads a byte, because the format has counts that
make readers loop for minutes. In: the file. Out: one line of JSON (`Found`), then the bytes of the attachments
one after the other. Any other end says that the file cannot be read.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from tnefparse import TNEF, mapi
from tnefparse import properties as known
from tnefparse.mapi import TNEFMAPI_Attribute, decode_mapi
from tnefparse.tnef import TNEFObject
from tnefparse.util import uint32

from intakebot.reading.rtf import text_of, unpacked

if sys.platform != "win32":
    import resource

CPU_SECONDS: Final = 5
MEMORY_BYTES: Final = 512 * 1024 * 1024
MAX_FILES: Final = 200
MAX_COPIED: Final = 4_000_000_000  # bytes
_STREAM_BEGINS: Final = 6
_LIBRARY_PARSES: Final = mapi.parse_property


@dataclass(slots=True)
class _File:
    """One attachment as it is put together. `title` is the short name, for old programs, `display` words for people."""

    title: str = ""
    name: str = ""
    display: str = ""
    media_type: str = ""
    content_id: str = ""
    content: bytes = field(default=b"", repr=False)


class _Impatience(logging.Handler):
    """Ends a loop over properties that are not there: the library only logs them, 2**32 times if told so.

    It also only logs that it gave a list of properties up.
    """

    gave_up = False

    def emit(self, record: logging.LogRecord) -> None:
        self.gave_up |= record.levelno >= logging.ERROR
        if "Skipping" in str(record.msg):
            raise ValueError("there are fewer properties than announced")


def main() -> None:
    """Read the file from standard input and print what it holds."""
    bound(CPU_SECONDS)
    impatience = _Impatience()
    logging.getLogger("tnefparse").addHandler(impatience)
    mapi.parse_property = _parse_property
    raw = sys.stdin.buffer.read()
    _refuse_many_attributes(raw)
    opened = TNEF(raw, do_checksum=False)
    files = list(_files(opened))[:MAX_FILES]
    head = {
        "text": _as_text(opened.body, opened.codepage) or _rich_text(opened),
        "html": _as_text(opened.htmlbody, opened.codepage),
        "files": [
            [file.name or file.title or file.display, file.media_type, file.content_id, len(file.content)]
            for file in files
        ],
    }
    if impatience.gave_up and not (files or head["text"] or head["html"]):
        sys.exit(1)
    sys.stdout.buffer.write(json.dumps(head).encode("ascii") + b"\n")
    for file in files:
        sys.stdout.buffer.write(file.content)


def bound(cpu_seconds: int) -> None:
    """Let the system end this process where it takes more than its time, or wants more than its memory."""
    if sys.platform != "win32":
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _parse_property(data: bytes, offset: int, *rest: object) -> object:
    """The library's function, which would go on for ever behind the end."""
    if offset >= len(data):
        raise ValueError("there are fewer values than announced")
    return _LIBRARY_PARSES(data, offset, *rest)


def _refuse_many_attributes(raw: bytes) -> None:
    """Refuse what would take more than a second: the library copies the rest of the file for each attribute."""
    offset = _STREAM_BEGINS
    attributes = 0
    while offset + TNEF.MIN_OBJ_SIZE < len(raw):
        offset += uint32(raw, offset + 5) + 11
        attributes += 1
    if attributes * len(raw) > MAX_COPIED:
        raise ValueError("too many attributes")


def _files(opened: TNEF) -> Iterator[_File]:
    """The attachments from the stream of attributes, with the bytes that the library would strip (MS-OXTNEF)."""
    file: _File | None = None
    for attribute in opened.objects:
        if attribute.name == TNEF.ATTATTACHRENDDATA:
            if file:
                yield file
            file = _File()
        elif file and attribute.level == TNEF.LVL_ATTACHMENT:
            _take(file, attribute, opened.codepage or "cp1252")
    if file:
        yield file


def _take(file: _File, attribute: TNEFObject, codec: str) -> None:
    if attribute.name == TNEF.ATTATTACHTITLE:
        file.title = _as_text(attribute.data, codec)
    elif attribute.name == TNEF.ATTATTACHDATA:
        file.content = attribute.data
    elif attribute.name == TNEF.ATTATTACHMENT:
        for each in decode_mapi(attribute.data, codec):
            _take_property(file, each)


def _take_property(file: _File, each: TNEFMAPI_Attribute) -> None:
    if each.name == known.MAPI_ATTACH_LONG_FILENAME:
        file.name = _as_text(each.data)
    elif each.name == known.MAPI_DISPLAY_NAME:
        file.display = _as_text(each.data)
    elif each.name == known.MAPI_ATTACH_MIME_TAG:
        file.media_type = _as_text(each.data)
    elif each.name == known.MAPI_ATTACH_CONTENT_ID:
        file.content_id = _as_text(each.data)
    elif each.name == known.MAPI_ATTACH_DATA_OBJ:
        file.content = b"".join(each.raw_data)


def _rich_text(opened: TNEF) -> str:
    with suppress(ValueError, IndexError):
        # the library unpacks it only with one more package
        packed = opened._rtfbody  # noqa: SLF001
        return text_of(unpacked(packed)).rstrip("\0") if packed else ""
    return ""


def _as_text(value: object, codec: str | None = None) -> str:
    if isinstance(value, bytes):
        return value.decode(codec or "cp1252", "replace").rstrip("\0")
    return value.rstrip("\0") if isinstance(value, str) else ""


if __name__ == "__main__":
    main()
