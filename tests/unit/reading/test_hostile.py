"""No bytes make reading fail, hang, or give text that a database or a header refuses."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intakebot.reading.content_key import content_key, message_id_of
from intakebot.reading.defects import DEFECTS
from intakebot.reading.message import read_message

if TYPE_CHECKING:
    from intakebot.domain.messages import ReadMessage

HEAD = b"From: ann@customer.example\r\nSubject: s\r\n"
MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n"
REPORT = HEAD + b"Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n"
STATUS = REPORT + b"--x\r\nContent-Type: message/delivery-status\r\n\r\n"
PLAIN = b"Content-Type: text/plain\r\n\r\nhello"
HTML = HEAD + b"Content-Type: text/html\r\n\r\n"
RTF = MIXED + b"--x\r\nContent-Type: text/rtf\r\n\r\n"
CALENDAR = b"--x\r\nContent-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\n"
NESTED = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(10_000))


def assert_sound(message: ReadMessage) -> None:
    lines = [
        message.message_id,
        message.subject,
        message.language,
        *message.in_reply_to,
        *message.references,
        *(part for field in message.headers for part in field),
        *(attachment.name for attachment in message.attachments),
    ]
    people = [*message.to, *message.cc, *message.reply_to, *([message.sender] if message.sender else [])]
    lines += [words for person in people for words in (person.address, person.name)]
    for line in lines:
        line.encode("utf-8")
        assert not any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in line), repr(line)
    for text in (message.text, message.new_text, message.html):
        text.encode("utf-8")
        assert "\0" not in text
        assert "\r" not in text
    assert bool(message.new_text.strip()) == bool(message.text.strip())
    assert set(message.defects) <= set(DEFECTS)


def read_within_seconds(raw: bytes, limit: float) -> ReadMessage:
    began = time.process_time()
    message = read_message(raw, languages=("en", "de"), own_domains=frozenset({"helpdesk.example"}))
    content_key(raw)
    message_id_of(raw)
    assert time.process_time() - began <= limit
    assert_sound(message)
    return message


@pytest.fixture(scope="module", autouse=True)
def _model() -> None:
    """Load the language model once, so that its time is not counted as a mail's."""
    read_message(HEAD + b"\r\nLong enough to ask for the language.", languages=("en", "de"))


@pytest.mark.parametrize(
    ("raw", "defect"),
    [
        pytest.param(NESTED, "body.unreadable", id="F01-nested-multiparts"),
        pytest.param(HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 10_000, "body.unreadable", id="F01-rfc822"),
        pytest.param(MIXED + b"--x\r\n\r\na\r\n" * 100_000, "parts.too-many", id="F02-parts"),
        pytest.param(HEAD + b"A: b\r\n" * 100_000 + b"\r\nx", "headers.too-long", id="F03-header-lines"),
        pytest.param(b"Subject: " + b"a" * 1_000_000 + b"\r\n" + PLAIN, "header.too-long", id="F03-subject"),
        pytest.param(b"Subject: " + b"=?utf-8?q?a?= " * 20_000 + b"\r\n" + PLAIN, "header.too-long", id="F03-words"),
        pytest.param(b"Subject: " + b"=?" * 100_000 + b"\r\n" + PLAIN, "header.too-long", id="F03-half-words"),
        pytest.param(b"Subject: " + b"a\r\n " * 250_000 + b"\r\n" + PLAIN, "header.too-long", id="F03-folds"),
        pytest.param(MIXED + b"--x\r\nSubject: " + b"=?" * 5_000_000 + b"\r\n\r\na", "", id="F03-part"),
        pytest.param(HEAD + b"nothing\r\n" * 18_000 + b"X-A: b\r\n\r\nx", "header.malformed", id="F03-no-fields"),
        pytest.param(HEAD + b"To: " + b"a@b.example, " * 600 + b"\r\n\r\nx", "addresses.too-many", id="F04-to"),
        pytest.param(HEAD + b"To: " + b"a@b.example, " * 50_000 + b"\r\n\r\nx", "header.too-long", id="F04-to-50k"),
        pytest.param(b"From: " + b"," * 50_000 + b"\r\n" + PLAIN, "sender.missing", id="F04-commas"),
        pytest.param(HEAD + b"Content-Type: text/plain" + b";" * 100_000 + b"\r\n\r\nx", "header.too-long", id="F05"),
        pytest.param(
            HEAD + b"Content-Type: text/plain; name=" + b'";' * 50_000 + b"\r\n\r\nx",
            "header.too-long",
            id="F05-quotes",
        ),
        pytest.param(
            MIXED + b"--x\r\nContent-Type: a/b" + b"".join(b"; n*%d=a" % n for n in range(10_000)) + b"\r\n\r\nx",
            "",
            id="F05-pieces",
        ),
        pytest.param(HEAD + b"Content-Type: text/plain; name*" + b"9" * 5_000 + b"=a\r\n\r\nx", "", id="F05-index"),
        pytest.param(b"From: " + b'"\\"' * 33_000 + b"\r\n" + PLAIN, "sender.missing", id="F06-quotes"),
        pytest.param(b"From: " + b"(" * 4_000 + b"a@b.example\r\n" + PLAIN, "sender.missing", id="F06-comments"),
        pytest.param(
            HEAD + b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + b"\xe9a " * 9_000_000,
            "text.too-long",
            id="F08-long",
        ),
        pytest.param(HEAD + b"\r\n" + b"On " * 3_400, "", id="F11-on"),
        pytest.param(HEAD + b"\r\n" + b"From: a\n" * 8_000, "", id="F11-from"),
        pytest.param(HEAD + b"\r\n" + b"a:1:\n>\n\n" * 100_000, "", id="F11-introductions"),
        pytest.param(HEAD + b"\r\n" + b" " * 30_000 + b"x", "", id="F11-blanks"),
        pytest.param(HEAD + b"\r\n" + b"\n" * 10_000_000, "text.too-long", id="F11-newlines"),
        pytest.param(
            HEAD + b"Content-Type: text/plain; format=flowed\r\n\r\n" + b"a \n" * 1_000_000,
            "",
            id="F11-flowed",
        ),
        pytest.param(HTML + b"<p>hello there</p>\n" * 1_000_000, "text.too-long", id="F12-20MB"),
        pytest.param(HTML + b"<div>" * 100_000 + b"x", "", id="F12-deep"),
        pytest.param(HTML + b"<blockquote type=cite>" * 50_000 + b"x", "", id="F12-quotes"),
        pytest.param(HTML + b"<i style='display:none'>" * 60_000 + b"x", "", id="F12-hidden"),
        pytest.param(HTML + b"<p " + b"a=b " * 300_000 + b">x", "", id="F12-attributes"),
        pytest.param(HEAD + b"\r\n" + b"begin 644 x\n" * 400_000, "", id="uu-begins"),
        pytest.param(HEAD + b"\r\nhi\nbegin 644 x\n" + b"#AAAA\n" * 700_000, "", id="uu-endless"),
        pytest.param(RTF + b"\\a{" * 2_000_000, "", id="rtf-tokens"),
        pytest.param(RTF.replace(b"rtf", b"enriched") + b"<param>" * 700_000, "", id="enriched-parameters"),
        pytest.param(MIXED + (CALENDAR + b"BEGIN:VEVENT\nEND:VEVENT\n" * 5_000) * 20, "", id="calendars"),
        pytest.param(MIXED + CALENDAR + b"BEGIN:A\n" * 15_000, "calendar.unreadable", id="calendar-deep"),
        pytest.param(MIXED + b"--x\r\n\r\n" * 50_000, "parts.too-many", id="empty-parts"),
        pytest.param(
            HEAD + b"Content-Type: multipart/mixed\r\n\r\n" + b"--y\nContent-A: b\n" * 9_000, "", id="boundaries"
        ),
        pytest.param(STATUS + b"\r\n\r\n" * 40_000, "", id="D09-blocks"),
        pytest.param(STATUS + b"Action: failed\r\n\r\n" * 40_000, "", id="D09-actions"),
    ],
)
def test_a_hostile_mail_is_read_in_two_seconds_and_says_what_was_cut(raw: bytes, defect: str) -> None:
    message = read_within_seconds(raw, 2.0)
    assert not defect or defect in message.defects


@pytest.mark.parametrize(
    "value",
    [
        b'"',
        b'"A" <',
        b"<>",
        b"<a@[",
        b"((((",
        b"a@b.example, c@d.example",
        b"=?utf-8?q?a=0D=0ABcc:_x?= <a@b.example>",
        b"alice@example.org)<bob@evil.example>",
        b"a@localhost",
        b"\xff\xfe@\x80",
        b"<a@b.example> <c@d.example>",
        b"@,:;<>",
    ],
)
def test_odd_identities_are_survived(value: bytes) -> None:  # case F06
    raw = b"From: %b\r\nMessage-ID: %b\r\nReply-To: %b\r\nTo: %b\r\n\r\nx" % ((value,) * 4)
    message = read_within_seconds(raw, 1.0)
    assert message.text == "x"


@pytest.mark.parametrize(
    "label",
    [
        "idna",
        "undefined",
        "punycode",
        "utf-7",
        "unicode_escape",
        "zlib",
        "base64",
        "x" * 5_000,
        "a\0b",
        "",
        "rot13",
        "utf-16",
        "iso-8859-8-i",
        "raw-unicode-escape",
        "hex",
    ],
)
def test_no_charset_label_executes_or_fails(label: str) -> None:  # case F07
    raw = HEAD + f'Content-Type: text/plain; charset="{label}"\r\n\r\n'.encode() + b"+2AA- \\ud800 caf\xc3\xa9 x\0y"
    message = read_within_seconds(raw, 1.0)
    assert message.text
    encoded = b"Subject: =?%b?q?caf=C3=A9?=\r\n\r\nx" % label.encode()
    read_within_seconds(encoded, 1.0)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        pytest.param(b"Content-Transfer-Encoding: base64\r\n\r\naGVs@@bG8=\r\n", "hello", id="bad-base64"),
        pytest.param(b"Content-Transfer-Encoding: quoted-printable\r\n\r\nhel=6Co =ZZ\r\n", "hello =ZZ", id="bad-qp"),
        pytest.param(b"Content-Type: multipart/mixed\r\n\r\nhello", "hello", id="no-boundary"),
        pytest.param(b"Content-Type: multipart/mixed; boundary=zz\r\n\r\nhello", "hello", id="boundary-missing"),
        pytest.param(b"Content-Type: text/plain\r\nContent-Type: image/png\r\n\r\nhello", "hello", id="twice"),
        pytest.param(b"Content-Type: rubbish\r\n\r\nhel\0lo", "hello", id="nul"),
        pytest.param(b"Content-Type: text/plain\rSubject: x\r\rhello", "hello", id="bare-cr"),
        pytest.param(b"\xef\xbb\xbfSubject: x\r\n\r\nhello", "hello", id="byte-order-mark"),
        pytest.param(b"\r\n\r\nSubject: x\r\n\r\nhello", "hello", id="blank-line-first"),
        pytest.param(b"Subject: x\r\nhello", "hello", id="no-blank-line"),
    ],
)
def test_broken_mail_still_says_what_it_can(raw: bytes, text: str) -> None:  # case F08
    assert read_within_seconds(raw, 1.0).text.strip() == text


@pytest.mark.parametrize(
    "raw", [b"", b"\r\n", b"\r\n\r\n", b"Subject: x", b"\0", b"x", b"From: a@b.example\r\n\r\n", b":"]
)
def test_an_empty_mail_is_a_message(raw: bytes) -> None:  # case F10
    read_within_seconds(raw, 1.0)


def test_a_mail_of_only_an_attachment_is_a_message() -> None:  # case F10
    raw = HEAD + b"Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERg=="
    message = read_within_seconds(raw, 1.0)
    assert message.text == ""
    assert [(found.name, found.content) for found in message.attachments] == [("a.pdf", b"%PDF")]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ('"../../etc/passwd"', "passwd"),
        ('"C:\\\\temp\\\\x.exe"', "x.exe"),
        ('"a\0b.txt"', "ab.txt"),
        ('"=?utf-8?q?a=0D=0Ab.txt?="', "a b.txt"),
        ('"\u202etxt.exe"', "txt.exe"),
        ('"CON"', "_CON"),
        ('"."', "attachment.pdf"),
        ('".."', "attachment.pdf"),
        ("a" * 5_000 + ".pdf", "a" * 236 + ".pdf"),
    ],
)
def test_the_name_of_an_attachment_is_harmless(written: str, shown: str) -> None:  # case F13
    part = f"Content-Type: application/pdf\r\nContent-Disposition: attachment; filename={written}\r\n\r\nx\r\n"
    message = read_within_seconds(MIXED + b"--x\r\n" + part.encode() + b"--x--", 1.0)
    assert [found.name for found in message.attachments] == [shown]


@pytest.mark.parametrize(
    ("date", "known"),
    [
        ("Mon, 2 Nov 2026 09:15:00 +0100", True),
        ("Sat, 1 Jan 0000 00:00:00 +0000", False),
        ("Fri, 31 Dec 9999 23:59:59 -2300", False),
        ("Mon, 2 Nov 2026 09:15:00 +9999", False),
        ("yesterday", False),
    ],
)
def test_an_impossible_date_is_no_date(date: str, known: bool) -> None:  # noqa: FBT001 - an expectation  # case F14
    message = read_within_seconds(f"Date: {date}\r\n\r\nx".encode(), 1.0)
    assert (message.date is not None) is known
    assert ("date.unreadable" in message.defects) is not known


def test_a_field_beyond_the_limit_is_cut_there() -> None:  # case F03
    message = read_message(b"Subject: " + b"a" * 20_000 + b"\r\n\r\nx")
    assert 8_000 < len(message.subject) <= 8_192


def test_a_mail_beyond_the_limit_is_cut_with_a_defect() -> None:
    message = read_message(HEAD + b"\r\n" + b"line of text\r\n" * 4_000_000)
    assert {"message.too-long", "text.too-long"} <= set(message.defects)


@given(st.binary(max_size=4_000))
@settings(max_examples=200, deadline=None)
def test_any_bytes_give_a_sound_message(raw: bytes) -> None:
    assert_sound(read_message(raw, languages=("en", "de")))
    assert len(content_key(raw)) == 64
    message_id_of(raw).encode("utf-8")


PIECES = st.sampled_from(
    [
        b"From: ",
        b"Subject: ",
        b"Date: ",
        b"Content-Type: ",
        b"multipart/mixed; boundary=x",
        b"multipart/alternative;boundary=y",
        b"text/html",
        b"text/plain; charset=",
        b"message/delivery-status",
        b"message/rfc822",
        b"utf-16",
        b"iso-2022-jp",
        b"gb2312",
        b"\r\n",
        b"\n",
        b"\r",
        b"\r\n\r\n",
        b"--x",
        b"--y",
        b"--x--",
        b"=?utf-8?b?",
        b"=?iso-2022-jp?q?",
        b"?=",
        b"<a@b.example>",
        b'"',
        b"(",
        b"<",
        b">",
        b"> quoted\n",
        b"On 1.1.2026 a@b.example wrote:\n",
        b"<blockquote type=cite>",
        b"<div class=gmail_quote>",
        b"&#0;&#xD800;",
        b"\x1b$B",
        b"\xff\xfe\x00",
        b"\xed\xa0\x80",
        b"Content-Transfer-Encoding: base64",
        b"name*0*=utf-8''%ff",
        b";",
    ]
)


@given(st.lists(st.one_of(PIECES, st.binary(max_size=12)), max_size=60).map(b"".join))
@settings(max_examples=400, deadline=None)
def test_mail_made_of_what_breaks_parsers_gives_a_sound_message(raw: bytes) -> None:
    assert_sound(read_message(raw, languages=("en", "de"), envelope_sender=""))
    content_key(raw)
    message_id_of(raw).encode("utf-8")
