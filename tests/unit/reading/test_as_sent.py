"""What senders write badly, and what they meant: words, character sets, names, parts, marks."""

from __future__ import annotations

from pathlib import Path

import pytest

from intakebot.domain.messages import ReadMessage
from intakebot.reading.addresses import claimed_sender
from intakebot.reading.charset import codec_for, decode
from intakebot.reading.content_key import message_id_of
from intakebot.reading.file_names import safe_name
from intakebot.reading.marks import MARKS
from intakebot.reading.message import read_message
from intakebot.reading.words import decode_words

SAMPLES = Path(__file__).parents[2] / "samples" / "mail"
HEAD = "From: ann@customer.example\r\nSubject: s\r\n"
PLAIN = "Content-Type: text/plain; charset=utf-8\r\n\r\nhello"
BASE64 = "Content-Transfer-Encoding: base64\r\n\r\n"
PICTURE = f"Content-Type: image/png; name=x.png\r\n{BASE64}iVBORw0KGgo="


def read(written: str | bytes) -> ReadMessage:
    return read_message(written.encode() if isinstance(written, str) else written)


def mixed(*parts: str, boundary: str = "x", said: str = "x") -> str:
    return (
        f'{HEAD}Content-Type: multipart/mixed; boundary="{said}"\r\n\r\n'
        + "".join(f"--{boundary}\r\n{part}\r\n" for part in parts)
        + f"--{boundary}--\r\n"
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("=?utf-8?Q?what??=", "what?"),
        ("=?utf-8?B?w6?= =?utf-8?B?k=?=", "é"),  # cut inside of a group of four letters
        ("=?utf-8?Q?=C3?= =?utf-8?Q?=A9?=", "é"),  # cut inside of a character
        ("=?UTF-8?Q?a?==?UTF-8?Q?b?=", "ab"),
        ("=?utf-8?B?w7Y==?=", "ö"),
        ("=?utf-8?Q?a_=C3=B6", "a ö"),  # its end was cut off
        ("=?utf-8?Q?a_=C3=B6=C3", "a ö"),
        ("=?utf-7?Q?caf+AOk-?=", "café"),
        ("=?cp-850?Q?=81?=", "ü"),
        ("=?win-1251?Q?=DF?=", "Я"),
        ("=?gb2312?B?6UY=?=", "镕"),  # a character that only GB18030 has
        ("=?nobody-knows?Q?=C3=A9?=", "é"),
        ("no =? word ?=", "no =? word ?="),
    ],
)
def test_encoded_words_say_what_their_writer_meant(written: str, meant: str) -> None:
    assert decode_words(written) == meant


@pytest.mark.parametrize(
    ("raw", "label", "meant"),
    [
        (b"caf+AOk-", "utf-7", "café"),
        ("東京".encode("iso2022_jp"), "", "東京"),
        ("東京".encode("iso2022_jp"), "us-ascii", "東京"),
        (b"\x1b$B-!F|\x1b(B ok", "iso-2022-jp", "①日 ok"),
        ("己所不欲".encode("hz"), "hz-gb-2312", "己所不欲"),
        ("朱镕基".encode("gb18030"), "gb2312", "朱镕基"),
        ("Grüße".encode(), "iso-8859-1", "Grüße"),
        ("Grüße, Grüße, Grüße".encode() + b"\xc3", "utf-8", "Grüße, Grüße, Grüße"),
        ("Grüße, \ufffd, Grüße".encode().replace("\ufffd".encode(), b"\xff"), "utf-8", "Grüße, \ufffd, Grüße"),
        (b"10 \xc2\x80", "utf-8", "10 €"),  # Windows-1252 twice encoded
        (b"10 \x80", "iso-8859-1", "10 €"),
        ("żółć".encode("cp1250"), "x-cp1250", "żółć"),
    ],
)
def test_text_is_decoded_by_what_it_is(raw: bytes, label: str, meant: str) -> None:
    assert decode(raw, label) == meant


@pytest.mark.parametrize("label", ["unicode_escape", "idna", "zlib", "base64", "rot13", "x" * 50, "utf-8\0"])
def test_what_is_no_character_set_is_none(label: str) -> None:
    assert codec_for(label) == ""


def test_utf_7_cannot_smuggle_half_a_character() -> None:
    assert decode(b"a+2AA-b", "utf-7") == "a\ufffdb"


def test_raw_header_fields_are_in_the_character_set_of_the_text() -> None:
    message = read((SAMPLES / "ru-raw-headers.eml").read_bytes())
    assert message.subject == "Счёт за октябрь"
    assert message.sender is not None
    assert message.sender.name == "Иван Сидоров"


@pytest.mark.parametrize(
    ("written", "address", "name"),
    [
        ("From: MAILER-DAEMON (Mail System)", "MAILER-DAEMON", "Mail System"),
        ('From: "Doe, John" a@b.example', "a@b.example", "Doe, John"),
        ("From: Name [a@b.example]", "a@b.example", "Name"),
        ('From: "Win" <big prize@b.example>', "big prize@b.example", "Win"),
        ('From: "Big Prize"@b.example>', "Big Prize@b.example", ""),
        ("From: <mailto:a@b.example>", "a@b.example", ""),
        ("From: a@b.example, c@d.example", "a@b.example", ""),
        ("From: [?]\r\nFrom: Ann <a@b.example>", "a@b.example", "Ann"),
        ('From: "Me" <>\r\nReply-To: <a@b.example>', "a@b.example", ""),
        ("Return-Path: <a@b.example>", "a@b.example", ""),
        ("X: y", "", ""),
    ],
)
def test_a_broken_sender_is_a_claim_and_only_a_whole_one_an_identity(written: str, address: str, name: str) -> None:
    message = read(f"{written}\r\n\r\nhello")
    claimed = claimed_sender(message)
    assert (claimed.address, claimed.name) == (address, name)
    assert (message.sender is not None) == (written == "From: <mailto:a@b.example>")


@pytest.mark.parametrize(
    ("written", "found"),
    [("<a@b>", "a@b"), ("a@b", "a@b"), ("noat", "noat"), ("<noat>", "noat"), ("<a@b", "a@b"), ("two words", "")],
)
def test_a_message_id_is_read_alike_before_and_after_understanding(written: str, found: str) -> None:
    raw = f"Message-ID: {written}\r\n\r\nhello".encode()
    assert (read(raw).message_id, message_id_of(raw)) == (found, found)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ('filename="=?utf-8?B?YSAiYiI7Yy5wZGY=?="', "a _b_;c.pdf"),  # the engine would cut it at the quote
        ("filename==?utf-8?Q?a=C3=B6.pdf?=", "aö.pdf"),
        ("filename=a b.pdf", "a b.pdf"),
        ("filename='a b.pdf'", "a b.pdf"),
        ('filename="Rechnung 12/2026.pdf"', "Rechnung 12_2026.pdf"),
        ('filename="../../etc/a.pdf"', "a.pdf"),
        ('filename="C:\\temp\\a.pdf"', "a.pdf"),
        ("filename*=utf-8''a%C3%B6.pdf", "aö.pdf"),
        ("filename*=\"utf-8''a%C3%B6.pdf\"", "aö.pdf"),
        ("filename*0*=utf-8''a%C3; filename*1*=%B6.pdf", "aö.pdf"),
        ('filename*0="=?utf-8?Q?a=C3=B6"; filename*1=".pdf?="', "aö.pdf"),
        ("filename*=iso-8859-1''%3F%3F.pdf; x=y", "__.pdf"),
    ],
)
def test_the_name_of_a_file_is_read_however_it_is_written(written: str, shown: str) -> None:
    part = f"Content-Type: application/pdf\r\nContent-Disposition: attachment; {written}\r\n\r\nx"
    assert [file.name for file in read(mixed(part)).attachments] == [shown]


@pytest.mark.parametrize(
    ("fields", "shown", "media_type"),
    [
        ('Content-Type: application/octet-stream; file="A.EXE"', "A.EXE", "application/octet-stream"),
        ("Content-Type: image/png\r\nContent-Location: http://x.example/i/b.png?c", "b.png", "image/png"),
        ("Content-Disposition: attachment; filename=x.pdf", "x.pdf", "application/pdf"),
        (  # the one was written in a character set that lacks the letters
            "Content-Type: image/png; name=йй.png\r\nContent-Disposition: attachment; filename*=ascii''%3F%3F.png",
            "йй.png",
            "image/png",
        ),
        ('Content-Type: application/pdf; name="\x1b$BF|\x1b(B.pdf"', "日.pdf", "application/pdf"),
    ],
)
def test_a_name_is_taken_from_where_it_stands(fields: str, shown: str, media_type: str) -> None:
    found = read(mixed(f"{fields}\r\n\r\nx")).attachments
    assert [(file.name, file.media_type) for file in found] == [(shown, media_type)]


def test_a_long_name_keeps_its_suffix_and_fits_a_file_system() -> None:
    name = safe_name("ö" * 300 + ".pdf", "application/pdf")
    assert name == "ö" * 118 + ".pdf"
    assert len(name.encode()) == 240


@pytest.mark.parametrize("encoding", ["quoted-printable;", "Quoted/Printable", "(why) quoted-printable"])
def test_a_badly_written_encoding_is_undone(encoding: str) -> None:
    written = f"{HEAD}Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\na=C3=B6"
    assert read(written).text == "aö"


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(mixed(PLAIN, said="another"), id="boundary-differs"),
        pytest.param(mixed(PLAIN).replace('; boundary="x"', ""), id="no-boundary"),
        pytest.param(mixed("Content-Type: text/plain\r\nhello"), id="no-blank-line"),
    ],
)
def test_parts_are_found_where_the_structure_is_broken(written: str) -> None:
    message = read(written)
    assert message.text == "hello"
    assert message.defects == ("body.repaired",)


@pytest.mark.parametrize(
    ("fields", "written"),
    [
        ("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable", "\r\nвид =C3=B6"),
        ("Content-Type: text/plain; charset=utf-8", "First line\r\nsecond: line"),
    ],
)
def test_no_engine_drops_what_somebody_wrote(fields: str, written: str) -> None:
    message = read(mixed(f"{fields}\r\n{written}", PICTURE))
    assert message.text == written.strip().replace("=C3=B6", "ö").replace("\r\n", "\n")
    assert [file.name for file in message.attachments] == ["x.png"]


def test_base64_that_breaks_off_gives_what_there_is() -> None:
    part = "Content-Type: video/mp4; name=a.mp4\r\nContent-Transfer-Encoding: base64\r\n\r\n/9j/4AAQSkZJABC123456"
    assert [file.size for file in read(mixed(part)).attachments] == [15]


def test_encoded_words_in_a_text_stay_and_files_keep_their_bytes() -> None:
    message = read(mixed(f"{PLAIN} =?utf-8?q?x?=", PICTURE))
    assert message.text == "hello =?utf-8?q?x?="
    assert message.attachments[0].content == b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    ("media_type", "written", "shown"),
    [
        ("text/enriched", "<bold>hello</bold> <<there", "hello <there"),
        ("text/markdown", "# hello", "# hello"),
        ("text/rtf", "{\\rtf1 hello\\par there}", "hello\nthere"),
        ("html", "<p>hello</p>", "hello"),
        ("text/plain; format=flowed; delsp=yes", "hel \r\nlo\r\n> quoted ", "hello\n> quoted "),
        ("text/plain; name=a.txt", "hello", "hello"),
    ],
)
def test_a_rare_kind_of_text_is_text(media_type: str, written: str, shown: str) -> None:
    assert read(mixed(f"Content-Type: {media_type}\r\n\r\n{written}")).text == shown


def test_a_forwarded_message_is_named_by_its_subject() -> None:
    inner = "Content-Type: message/rfc822\r\n\r\nSubject: =?utf-8?q?=C3=B6l/gas?=\r\n\r\ninner"
    message = read(mixed(PLAIN, inner))
    assert [file.name for file in message.attachments] == ["öl_gas.eml"]
    assert message.text == "hello"


def test_a_file_inside_of_a_text_is_an_attachment() -> None:
    message = read((SAMPLES / "uuencoded.eml").read_bytes())
    assert message.text == "Die Werte von heute morgen:\n\n\nGruß, Otto"
    assert [(file.name, file.media_type, file.content) for file in message.attachments] == [
        ("werte.csv", "text/csv", b"a;1;10\nb;2;12\nc;3;9\n")
    ]


@pytest.mark.parametrize(
    "text", ["begin 644 x\nhello\nend", "begin 644 x", "Let us begin 644 things\nend", "begin 644 x\n%zz\nend"]
)
def test_what_only_looks_like_a_file_stays_text(text: str) -> None:
    message = read(f"{HEAD}\r\nHi.\n{text}")
    assert message.text == f"Hi.\n{text}"
    assert message.attachments == ()


def test_an_invitation_is_shown_in_words() -> None:
    message = read((SAMPLES / "invitation.eml").read_bytes())
    assert message.text.split("\n") == [
        "Invitation: Störung besprechen",
        "When: 2026-11-03 14:00 Europe/Berlin - 2026-11-03 14:30 Europe/Berlin",
        "Repeats: FREQ=WEEKLY;COUNT=3",
        "Where: Raum 4",
        "Organiser: ines@kunde.example",
        "",
        "Bitte den Plan mitbringen.",
        "Danke!",
    ]
    assert message.marks == ("calendar",)
    assert [file.media_type for file in message.attachments] == ["text/calendar"]


def test_a_calendar_that_cannot_be_read_stays_a_file() -> None:
    message = read(mixed("Content-Type: text/calendar\r\n\r\nno calendar"))
    assert message.defects == ("calendar.unreadable",)
    assert (message.text, len(message.attachments)) == ("", 1)


@pytest.mark.parametrize(
    ("parts", "marks"),
    [
        ([PLAIN, "Content-Type: application/pkcs7-signature; name=smime.p7s\r\n\r\nx"], ("smime-signed",)),
        ([PLAIN, "Content-Type: application/pgp-signature; name=signature.asc\r\n\r\nx"], ("pgp-signed",)),
        (
            [f"Content-Type: application/pkcs7-mime; name=smime.p7m\r\n{BASE64}MIAGCSqGSIb3DQEHAqCAMIACAQE="],
            ("smime-signed",),
        ),
        (
            [f"Content-Type: application/x-pkcs7-mime; name=smime.p7m\r\n{BASE64}MIAGCSqGSIb3DQEHA6CAMIACAQA="],
            ("smime-encrypted",),
        ),
        (["Content-Type: text/plain\r\n\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\nhello"], ("pgp-signed",)),
        (["Content-Type: text/plain\r\n\r\n-----BEGIN PGP MESSAGE-----\r\nxx"], ("pgp-encrypted",)),
        ([PLAIN], ()),
    ],
)
def test_signed_and_encrypted_mail_is_kept_and_marked(parts: list[str], marks: tuple[str, ...]) -> None:
    message = read(mixed(*parts))
    assert message.marks == marks
    assert len(message.attachments) == sum("name=" in part for part in parts)


def test_every_mark_is_explained() -> None:
    page = (SAMPLES.parents[2] / "docs" / "reference" / "reading.md").read_text(encoding="utf-8")
    assert [mark for mark in MARKS if f"`{mark}`" not in page] == []


def test_encrypted_mail_keeps_its_parts() -> None:
    message = read((SAMPLES / "pgp-encrypted.eml").read_bytes())
    assert message.marks == ("pgp-encrypted",)
    assert [file.name for file in message.attachments][1:] == ["encrypted.asc"]
    assert message.text == ""
