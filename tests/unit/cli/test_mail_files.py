"""Old mail on disk is found and taken apart mail by mail; what cannot be read is reported and stops nothing."""

from __future__ import annotations

import mailbox
import os
from pathlib import Path

import pytest

from intakebot.cli.mail_files import MAIL_LIMIT, Found, files_below, mails_in

MAIL = "From: ann@acme.example\nSubject: {}\n\n{}\n"


def found(path: Path) -> list[Found]:
    return [one for file in files_below([path]) for one in mails_in(file)]


def contents(path: Path) -> list[bytes]:
    return [one.content for one in found(path)]


def test_an_mbox_gives_back_what_was_put_into_it(tmp_path: Path) -> None:
    bodies = [
        "Hello",
        "From here on it is prose\n\nFrom me to you",
        "one\n\n\n\nFrom a@b.example Mon Mar  2 09:00:00 2026",
    ]
    box = mailbox.mbox(tmp_path / "old.mbox")
    for number, body in enumerate(bodies):
        box.add(MAIL.format(number, body))
    box.close()
    expected = [MAIL.format(number, body).encode() for number, body in enumerate(bodies)]
    assert contents(tmp_path / "old.mbox") == expected
    assert [one.place.rpartition(", ")[2] for one in found(tmp_path)] == ["mail 1", "mail 2", "mail 3"]


def test_quoted_from_lines_lose_one_mark_only(tmp_path: Path) -> None:
    box = tmp_path / "Inbox"
    box.write_bytes(b"From - Mon Mar  2 09:00:00 2026\r\nSubject: s\r\n\r\n>From a\r\n>>From b\r\n> From c\r\n\r\n")
    assert contents(tmp_path) == [b"Subject: s\r\n\r\nFrom a\r\n>From b\r\n> From c\r\n"]


def test_a_line_longer_than_a_chunk_stays_one_line(tmp_path: Path) -> None:
    body = b"x" * 65_535 + b"\n" + b"y" * 65_536 + b"From a 09:00\n\nFrom the start"
    (tmp_path / "a.mbox").write_bytes(b"From a Mon Mar  2 09:00:00 2026\nSubject: s\n\n" + body + b"\n\n")
    assert contents(tmp_path) == [b"Subject: s\n\n" + body + b"\n"]


def test_a_maildir_is_read_in_the_order_of_delivery_with_its_folders(tmp_path: Path) -> None:
    old, sent = tmp_path / "Maildir", tmp_path / "Maildir" / ".Sent"
    for folder in (old, sent):
        for room in ("cur", "new", "tmp"):
            (folder / room).mkdir(parents=True)
    for where, subject in (
        ("cur/2.a:2,S", "second"),
        ("new/1.a", "first"),
        ("tmp/0.a", "half"),
        (".Sent/cur/0.a", "sent"),
    ):
        (old / where).write_text(MAIL.format(subject, "x"), "utf-8")
    assert [one.split(b"\n")[1] for one in contents(tmp_path)] == [
        b"Subject: first",
        b"Subject: second",
        b"Subject: sent",
    ]


def test_a_folder_gives_its_mail_and_leaves_the_rest(tmp_path: Path) -> None:
    (tmp_path / "deep" / "deeper").mkdir(parents=True)
    (tmp_path / "deep" / "deeper" / "b.EML").write_text(MAIL.format("b", "x"), "utf-8")
    (tmp_path / "a.eml").write_text(MAIL.format("a", "x"), "utf-8")
    (tmp_path / "picture.jpg").write_bytes(b"\xff\xd8")
    (tmp_path / "deep" / "round").symlink_to(tmp_path)
    assert [Path(one.place).name for one in found(tmp_path)] == ["a.eml", "b.EML"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        (b"\r\n\r\n", "is empty"),
        (b"\xff\xd8\xff\xe0 no mail at all", "does not begin as a mail does"),
        (b"Subject: large\n\n" + b"x" * MAIL_LIMIT, "is larger than 50 MB"),
        (b"From a Mon Mar  2 09:00:00 2026\nSubject: large\n\n" + b"x" * MAIL_LIMIT, "is larger than 50 MB"),
    ],
    ids=["empty", "blank", "picture", "large", "large-in-an-mbox"],
)
def test_what_is_no_mail_is_reported_and_stops_nothing(tmp_path: Path, content: bytes, problem: str) -> None:
    (tmp_path / "1.eml").write_bytes(content)
    (tmp_path / "2.eml").write_text(MAIL.format("fine", "x"), "utf-8")
    broken, fine = found(tmp_path)
    assert (broken.content, fine.problem) == (b"", "")
    assert problem in broken.problem


def test_files_that_cannot_be_opened_are_reported(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "1.eml")
    (tmp_path / "2.eml").symlink_to(tmp_path / "gone")
    fifo, gone = found(tmp_path)
    assert fifo.problem == "is no file"
    assert "cannot be read" in gone.problem


@pytest.mark.parametrize(
    "start", [b"\xef\xbb\xbfSubject: s\n\nx", b"\r\n\r\nSubject: s\n\nx", b">From a b\nX-Y: s\n\nx"]
)
def test_odd_beginnings_are_mails(tmp_path: Path, start: bytes) -> None:
    (tmp_path / "1.eml").write_bytes(start)
    assert contents(tmp_path) == [start]
