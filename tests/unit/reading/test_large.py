"""Large mail: read whole, in memory that is a small multiple of it, also where its base64 is broken."""

from __future__ import annotations

import tracemalloc
from base64 import encodebytes

import pytest

from intakebot.reading.message import read_message
from intakebot.reading.words import base64_bytes

HEAD = b"From: ann@customer.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
BASE64 = b"Content-Transfer-Encoding: base64\r\n\r\n"
PICTURE = b"Content-Type: image/png; name=x.png\r\n" + BASE64 + b"iVBORw0KGgo="
TEXT = b"Content-Type: text/plain\r\n\r\nhello"
VIDEO = b"Content-Type: video/mp4; name=a.mp4\r\n"
CONTENT = bytes(range(256)) * 24_000
WRITTEN = encodebytes(CONTENT).replace(b"\n", b"\r\n")
MOST_COPIES = 5.5
"""A mail is held once as it came and once as the engine takes it; its file is cleaned of line ends, and decoded."""


def mixed(*parts: bytes) -> bytes:
    return HEAD + b"".join(b"--x\r\n" + part + b"\r\n" for part in parts) + b"--x--\r\n"


# case F16
@pytest.mark.parametrize(
    ("written", "defects"),
    [
        pytest.param(WRITTEN, (), id="sound"),
        pytest.param(WRITTEN[:-5], ("body.repaired",), id="cut"),
        pytest.param(WRITTEN[1:], ("body.repaired",), id="a letter lost"),
        pytest.param(WRITTEN[:-200] + b"!" + WRITTEN[-200:], ("body.repaired",), id="a foreign sign"),
    ],
)
def test_broken_base64_costs_no_more_than_its_end(written: bytes, defects: tuple[str, ...]) -> None:
    raw = mixed(TEXT, VIDEO + BASE64 + written, PICTURE)
    tracemalloc.start()
    message = read_message(raw)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    video, picture = message.attachments
    assert video.content == base64_bytes(written)
    assert picture.content == b"\x89PNG\r\n\x1a\n"
    assert (message.text, message.defects) == ("hello", defects)
    assert most < MOST_COPIES * len(raw)


def test_what_doors_take_is_read_whole_with_what_servers_wrote_on_top() -> None:
    line = b"x" * 76 + b"\r\n"
    raw = mixed(TEXT, VIDEO + b"\r\n" + line * ((50 << 20) // len(line)), PICTURE)
    message = read_message(b"Received: from a by b\r\n" * 300 + raw)
    assert [file.name for file in message.attachments] == ["a.mp4", "x.png"]
    assert message.defects == ()
