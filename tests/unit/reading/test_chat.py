"""A chat message says what the person wrote, is known by its place, and never makes reading fail."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intakebot.domain.messages import ReadMessage
from intakebot.reading.chat import CHAT_MARK, MAX_FILES, MAX_TEXT, ChatContent, ChatFile, is_chat, read_chat
from intakebot.reading.defects import DEFECTS
from intakebot.reading.message import read_message

SAID = ChatContent(
    platform="slack",
    place="T1/C1",
    ts="1700000000.000100",
    root_ts="1700000000.000100",
    person="t1/u1",
    name="Ann Miller",
    email="ann@customer.example",
    text="The line is down since this morning.\nWhat now?",
    permalink="https://chat.example/archives/C1/p1700000000000100",
    customer="ACME",
)


def read(said: ChatContent) -> ReadMessage:
    return read_chat(said.to_bytes(), languages=("en", "de"))


def test_a_chat_message_says_what_its_writer_wrote() -> None:
    message = read(SAID)
    assert message.sender is not None
    assert (message.sender.address, message.sender.name) == ("t1/u1", "Ann Miller")
    assert message.text == message.new_text == SAID.text
    assert message.date == datetime(2023, 11, 14, 22, 13, 20, 100, UTC)
    assert message.header("x-chat-email") == ("ann@customer.example",)
    assert message.header("x-chat-customer") == ("ACME",)
    assert message.header("x-chat-place") == ("T1/C1",)
    assert message.language == "en"
    assert (message.machine, message.defects, message.subject) == (None, (), "")


def test_it_is_known_by_its_place_and_answers_its_thread() -> None:
    assert (read(SAID).message_id, read(SAID).in_reply_to) == ("chat T1/C1/1700000000.000100", ())
    later = read(replace(SAID, ts="1700000050.000200", related=("chat T1/C1/1600000000.000100",)))
    assert later.message_id == "chat T1/C1/1700000050.000200"
    assert later.in_reply_to == ("chat T1/C1/1700000000.000100",)
    assert later.references == ("chat T1/C1/1600000000.000100",)


def test_files_come_along_with_safe_names() -> None:
    said = replace(SAID, files=(ChatFile("../../etc/pass\u202ewd.png", "image/png", b"\x89PNG\x00"),))
    (file,) = read(said).attachments
    assert (file.name, file.media_type, file.size, file.content) == ("passwd.png", "image/png", 5, b"\x89PNG\x00")


def test_what_could_not_be_fetched_is_a_defect() -> None:
    assert read(replace(SAID, defects=("file.unavailable", "no such code"))).defects == ("file.unavailable",)


def test_what_is_too_much_is_left_out() -> None:
    files = (ChatFile("a.txt", "text/plain", b""),) * (MAX_FILES + 1)
    message = read(replace(SAID, text="x" * (MAX_TEXT + 1), files=files))
    assert (len(message.text), len(message.attachments)) == (MAX_TEXT, MAX_FILES)
    assert message.defects == ("text.too-long", "parts.too-many")


def test_the_same_message_gives_the_same_bytes() -> None:
    assert SAID.to_bytes() == replace(SAID).to_bytes()
    assert SAID.to_bytes().startswith(CHAT_MARK)
    assert json.loads(SAID.to_bytes())["text"] == SAID.text


def test_a_mail_that_looks_like_a_chat_message_is_a_mail() -> None:
    assert is_chat("slack", SAID.to_bytes())
    assert not is_chat("email", SAID.to_bytes())
    assert not is_chat("slack", b"From: ann@customer.example\n\nhello")
    assert read_message(SAID.to_bytes()).sender is None


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(CHAT_MARK, id="nothing-behind-the-mark"),
        pytest.param(CHAT_MARK + b'"text":"hello"}', id="fields-missing"),
        pytest.param(SAID.to_bytes().replace(b'"t1/u1"', b"17"), id="wrong-type"),
        pytest.param(SAID.to_bytes().replace(b'"files":[]', b'"files":[{"name":"a"}]'), id="broken-file"),
        pytest.param(CHAT_MARK + b'"a":' * 3 + b"[" * 200_000, id="nested"),
        pytest.param(SAID.to_bytes()[:-30], id="cut-off"),
    ],
)
def test_what_cannot_be_read_is_shown_as_it_came(raw: bytes) -> None:
    message = read_chat(raw)
    assert message.defects == ("message.unreadable",)
    assert message.text.startswith(CHAT_MARK.decode())
    assert (message.sender, message.message_id) == (None, "")


@given(
    text=st.text(st.characters(), max_size=200),
    name=st.text(st.characters(), max_size=50),
    ts=st.text(st.characters(), max_size=20),
)
@settings(max_examples=150)
def test_no_words_break_the_line_or_the_database(text: str, name: str, ts: str) -> None:
    message = read(replace(SAID, text=text, name=name, ts=ts, subject=name))
    for line in (message.subject, message.message_id, *(value for _, value in message.headers)):
        assert not any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in line), repr(line)
        line.encode("utf-8")
    message.text.encode("utf-8")
    assert "\0" not in message.text
    assert "\r" not in message.text
    assert set(message.defects) <= set(DEFECTS)


@given(raw=st.binary(max_size=300))
@settings(max_examples=150)
def test_no_bytes_make_reading_fail(raw: bytes) -> None:
    assert set(read_chat(CHAT_MARK + raw).defects) <= set(DEFECTS)
