"""The key tells the same mail from another one, whatever way it came."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intakebot.reading.content_key import content_key, message_id_of
from intakebot.reading.message import read_message
from intakebot.reading.threading import case_numbers, thread_ids

if TYPE_CHECKING:
    from intakebot.domain.messages import ReadMessage

MAIL = b"From: ann@customer.example\r\nSubject: s\r\nMessage-ID: <m1@customer.example>\r\n\r\nhello\r\nReceived: no\r\n"


@pytest.mark.parametrize(
    "trace",
    [
        b"Received: from a by b;\r\n\tMon, 2 Nov 2026\r\n (more)\r\n",
        b"RETURN-PATH: <x@y.example>\r\n",
        b"Delivered-To: support@helpdesk.example\r\n",
        b"X-Original-To: support@helpdesk.example\r\nReceived: again\r\nReceived:\r\n\tfolded\r\n",
    ],
)
def test_what_the_way_adds_does_not_change_the_key(trace: bytes) -> None:
    assert content_key(trace + MAIL) == content_key(MAIL)


def test_the_form_of_line_ends_does_not_change_the_key() -> None:
    assert content_key(MAIL.replace(b"\r\n", b"\n")) == content_key(MAIL)


def test_hop_headers_are_left_out_where_configured() -> None:
    stamped = b"X-Spam-Score: 1.0\r\n" + MAIL
    assert content_key(stamped) != content_key(MAIL)
    assert content_key(stamped, frozenset({"x-spam-score"})) == content_key(MAIL)


@pytest.mark.parametrize(
    "other",
    [
        MAIL.replace(b"hello", b"hallo"),
        MAIL.replace(b"Subject: s", b"Subject: t"),
        MAIL.replace(b"Received: no", b"Received: yes"),
        b"X-Received: 1\r\n" + MAIL,
    ],
)
def test_other_content_has_another_key(other: bytes) -> None:
    assert content_key(other) != content_key(MAIL)


@given(st.binary())
def test_a_body_is_part_of_the_key_byte_by_byte(body: bytes) -> None:
    body = body.replace(b"\r\n", b"\n")
    assert content_key(b"A: b\n\n" + body + b"x") != content_key(b"A: b\n\n" + body)
    assert int(content_key(body), 16) >= 0


def test_the_key_is_a_sha_256() -> None:
    assert content_key(b"\n\nx") == hashlib.sha256(b"\n\n\nx").hexdigest()


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (MAIL, "m1@customer.example"),
        (b"message-id:\r\n <m2@x.example>\r\n\r\n", "m2@x.example"),
        (b"Message-ID: bare@x.example\r\n\r\n", "bare@x.example"),
        (b"Message-ID: <>\r\n\r\n", ""),
        (b"Subject: x\r\n\r\nMessage-ID: <body@x.example>\r\n", ""),
        (b"X: y\r\n" * 20_000 + b"Message-ID: <late@x.example>\r\n\r\n", ""),
        (b"", ""),
    ],
)
def test_the_message_id_is_found_in_the_headers_only(raw: bytes, found: str) -> None:
    assert message_id_of(raw) == found


def reply(headers: str) -> ReadMessage:
    return read_message(f"{headers}\r\n\r\nx".encode())


@pytest.mark.parametrize(
    ("headers", "ids"),
    [
        (
            "In-Reply-To: <c@x.example>\r\nReferences: <a@x.example> <b@x.example>",
            ("c@x.example", "b@x.example", "a@x.example"),
        ),
        ("References: <a@x.example><b@x.example>\r\n <a@x.example>", ("a@x.example", "b@x.example")),
        ("In-Reply-To: Ann's mail of Monday <Case-Kept@x.example>", ("Case-Kept@x.example",)),
        ("In-Reply-To: no id at all", ()),
        ("Subject: x", ()),
    ],
)
def test_thread_ids_are_newest_first_and_bare(headers: str, ids: tuple[str, ...]) -> None:
    assert thread_ids(reply(headers)) == ids


def test_thread_ids_are_bounded() -> None:
    assert len(thread_ids(reply("References: " + " ".join(f"<{n}@x.example>" for n in range(400))))) == 50


@pytest.mark.parametrize(
    ("subject", "numbers"),
    [
        ("Re: [C-1007] and c-1008, again C-1007", ("C-1007", "C-1008")),
        ("ABC-1007 C-1007-2 C-x", ()),
        ("", ()),
    ],
)
def test_case_numbers_are_hints_in_a_subject(subject: str, numbers: tuple[str, ...]) -> None:
    assert case_numbers(subject) == numbers


@given(st.lists(st.sampled_from([b"A: b", b"\r", b"\n", b"\r\n", b"Received: x", b" ", b"z"]), max_size=14))
def test_the_mail_is_hashed_in_pieces_as_it_would_be_whole(pieces: list[bytes]) -> None:
    raw = b"".join(pieces)
    head, empty_line, body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    kept = re.sub(rb"(?i)\nreceived[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*", b"", b"\n" + head)
    assert content_key(raw) == hashlib.sha256(kept + empty_line + body).hexdigest()


def test_a_line_end_between_two_pieces_is_one() -> None:
    bodies = [b"x" * length + b"\r\nmore" for length in range((1 << 20) - 4, (1 << 20) + 4)]
    for body in bodies:
        assert content_key(b"A: b\r\n\r\n" + body) == content_key((b"A: b\r\n\r\n" + body).replace(b"\r\n", b"\n"))
