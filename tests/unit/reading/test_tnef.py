"""What Outlook packs into a winmail.dat: files and words come out, and a bomb takes nobody along."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from multiprocessing.connection import Connection

import pytest

from fakes.tnef import (
    ATTACHMENT,
    BINARY,
    BODY,
    BODY_RTF,
    CONTENT,
    CONTENT_ID,
    LONG_NAME,
    MAPI_PROPERTIES,
    MESSAGE,
    MIME_TYPE,
    TEXT,
    WIDE_TEXT,
    attached,
    attribute,
    bomb,
    endless,
    held,
    properties,
    stored_rtf,
    tnef,
)
from intakebot.domain.messages import ReadMessage
from intakebot.reading.message import read_message
from intakebot.reading.rtf import unpacked
from intakebot.reading.tnef import MAX_TNEF

HEAD = b"From: ann@customer.example\r\nSubject: s\r\n"
PACKED = b'Content-Type: application/ms-tnef; name="winmail.dat"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n'
RTF = rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}{\*\generator x;}Gr\'fc\'dfe\line aus \u26481?\u20140?\par \{K\}}"


def read(packed: bytes, text: bytes = b"See the file.") -> ReadMessage:
    mixed = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\n" + text
    return read_message(
        HEAD + mixed + b"\r\n--x\r\n" + PACKED.replace(b"8bit", b"base64") + base64(packed) + b"--x--\r\n"
    )


def base64(content: bytes) -> bytes:
    import base64 as letters  # noqa: PLC0415 - the name is better used for what it makes

    return letters.encodebytes(content)


def body(*each: bytes) -> bytes:
    return attribute(MESSAGE, MAPI_PROPERTIES, properties(*each))


def test_the_files_inside_take_the_place_of_the_file_with_their_bytes_untouched() -> None:
    packed = tnef(
        attached("REPORT~1.TXT", b"a\r\nb\0\0", held(WIDE_TEXT, LONG_NAME, "Übersicht.txt\0".encode("utf-16-le"))),
        attached("pic.png", b"\x89PNG", held(TEXT, MIME_TYPE, b"image/png\0"), held(TEXT, CONTENT_ID, b"c1\0")),
        attached("..\\..\\evil.exe", b"MZ"),
    )
    message = read(packed)
    assert [(file.name, file.media_type, file.content) for file in message.attachments] == [
        ("Übersicht.txt", "text/plain", b"a\r\nb\0\0"),
        ("pic.png", "image/png", b"\x89PNG"),
        ("evil.exe", message.attachments[2].media_type, b"MZ"),
    ]
    assert (message.attachments[1].content_id, message.attachments[1].inline) == ("c1", True)
    assert message.text == "See the file."
    assert message.marks == ("tnef",)
    assert message.defects == ()


@pytest.mark.parametrize(
    ("packed", "text"),
    [
        (tnef(body(held(TEXT, BODY, "Grüße".encode("cp1252") + b"\0"))), "Grüße"),
        (tnef(body(held(WIDE_TEXT, BODY, "東京\0".encode("utf-16-le")))), "東京"),
        (tnef(body(held(BINARY, BODY_RTF, stored_rtf(RTF)))), "Grüße\naus 東京\n{K}"),
    ],
)
def test_where_there_is_no_other_text_the_words_inside_are_shown(packed: bytes, text: str) -> None:
    assert read(packed, b" ").text.strip() == text
    assert read(packed, b"Mine.").text == "Mine."


def test_a_mail_that_is_nothing_but_such_a_file_is_read() -> None:
    message = read_message(HEAD + PACKED + tnef(body(held(TEXT, BODY, b"alone\0")), attached("a.txt", b"x")))
    assert message.text == "alone"
    assert [file.name for file in message.attachments] == ["a.txt"]


@pytest.mark.parametrize(
    "packed",
    [
        pytest.param(bomb(), id="values-without-end"),
        pytest.param(endless(), id="properties-without-end"),
        pytest.param(tnef(attribute(MESSAGE, 0, b"") * 60_000), id="attributes-without-end"),
        pytest.param(b"\x78\x9f\x3e\x22", id="nothing"),
        pytest.param(tnef(attribute(ATTACHMENT, CONTENT, b"x" * 20)), id="no-beginning"),
        pytest.param(tnef().ljust(MAX_TNEF + 1, b"\0"), id="too-large"),
    ],
)
def test_what_cannot_be_taken_apart_stays_as_it_is_and_is_said(packed: bytes) -> None:
    message = read(packed)
    assert message.text == "See the file."
    assert [(file.name, file.content) for file in message.attachments] == [("winmail.dat", packed)]
    assert message.defects == ("tnef.unreadable",)


@pytest.mark.parametrize(
    ("packed", "rtf"),
    [  # the examples of MS-OXRTFCP section 3
        (
            "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0",
            b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n",
        ),
        ("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0", b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"),
    ],
)
def test_compressed_rtf_is_unpacked(packed: str, rtf: bytes) -> None:
    assert unpacked(bytes.fromhex(packed)) == rtf


def test_what_only_says_so_is_a_file_like_others() -> None:
    message = read(b"MZ no tnef")
    assert [file.name for file in message.attachments] == ["winmail.dat"]
    assert message.defects == ()


@pytest.mark.skipif(sys.platform == "win32", reason="the limits are those of POSIX")
@pytest.mark.parametrize("deed", ["while True: pass", "[bytearray(1 << 20) for _ in range(1024)]"])
def test_the_child_is_ended_by_the_system_when_it_takes_too_much(deed: str) -> None:
    words = f"from intakebot.reading.tnef_child import bound\nbound(1)\n{deed}"
    ended = subprocess.run([sys.executable, "-c", words], capture_output=True, check=False, env=_environment())
    assert ended.returncode != 0


def _environment() -> dict[str, str]:
    return {"PYTHONPATH": ":".join(filter(None, sys.path))}


def test_a_daemon_of_multiprocessing_can_have_such_a_file_taken_apart() -> None:
    near, far = multiprocessing.Pipe()
    context = multiprocessing.get_context("fork")
    child = context.Process(target=_read_and_tell, args=(far,), daemon=True)
    child.start()
    assert near.poll(30)
    assert near.recv() == ["a.txt"]
    child.join()


def _read_and_tell(pipe: Connection) -> None:
    pipe.send([file.name for file in read(tnef(attached("a.txt", b"x"))).attachments])
