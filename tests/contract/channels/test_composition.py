"""What goes out reads back as what was meant, whatever stands in it."""

from __future__ import annotations

import email
import re
from dataclasses import replace
from email.policy import default
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contract.channels.harness import a_delivery
from intakebot.channels.composition import compose, envelope_sender
from intakebot.domain.delivery import DeliveredFile
from intakebot.domain.errors import DeliveryFailedError
from intakebot.reading.file_names import safe_name

if TYPE_CHECKING:
    from email.message import EmailMessage

NAMES = {"From", "To", "Subject", "Date", "Message-ID", "X-Intakebot-Delivery", "Content-Type", "MIME-Version"}
NAMES |= {"Content-Transfer-Encoding"}
hostile = st.text(max_size=200) | st.lists(
    st.sampled_from(["\r\n", "\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\x00", "\ud800",
                     "Bcc: x@evil.example", "=?utf-8?q?a=0D=0ABcc:_x?=",
                     "=?utf-8?b?", "?=", '"', "\\", ",", "<x@evil.example>", "(", ")", ";",
                     "ü", "漢字" * 30, "a" * 90, "  ", ":", "é,", "\N{RIGHT-TO-LEFT OVERRIDE}"]),
    max_size=12,
).map("".join)  # fmt: skip


def read(content: bytes) -> EmailMessage:
    assert re.search(rb"(?<!\r)\n|\r(?!\n)", content) is None
    assert max(map(len, content.split(b"\r\n"))) <= 998
    return email.message_from_bytes(content, policy=default)


def a_file(content: bytes = b"%PDF", name: str = "manual.pdf", media_type: str = "application/pdf") -> DeliveredFile:
    return DeliveredFile(name, media_type, "0" * 64, len(content), content)


def one_line(text: str) -> str:
    """What a header may show of a text: the words between whatever breaks or controls."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", " ", text).split())


@given(hostile)
@example("a\r\nBcc: x@evil.example")
@example("=?utf-8?q?a=0D=0ABcc:_x?=")
@example("C-1001\u2028Bcc: x\x0bY: z\x85")
def test_no_subject_adds_a_header(subject: str) -> None:  # case H01
    message = read(compose(a_delivery(subject=subject)))
    assert set(message.keys()) == NAMES
    assert len(message.keys()) == len(NAMES)
    assert str(message["Subject"]) == one_line(subject)


@given(hostile)
@example("Last, First")
@example("Müller, Hans " * 10)
@example('a" <x@evil.example>, "b')
def test_no_name_adds_a_recipient(name: str) -> None:  # case H02
    message = read(compose(a_delivery(recipient_name=name, sender_name=name)))
    assert set(message.keys()) == NAMES
    for header, address in (("To", "caller@example.net"), ("From", "support@example.com")):
        [found] = message[header].addresses
        assert found.addr_spec == address
        assert "".join(found.display_name.split()) == "".join(one_line(name).split())  # stdlib adds blanks


@given(st.text(max_size=300), st.text(max_size=300))
def test_both_bodies_read_back(text: str, html: str) -> None:
    message = read(compose(a_delivery(text=text, html=html)))
    parts = message.get_body(("plain",)), message.get_body(("html",))
    assert (parts[1] is not None) == bool(html)
    for part, meant in zip(parts, (text, html), strict=True):
        if part is not None:
            clean = meant.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
            clean = clean.encode("utf-8", "replace").decode()
            assert part.get_content().replace("\r\n", "\n").rstrip("\n") == clean.rstrip("\n")


@given(st.lists(hostile | st.from_regex(r"\A<[a-z]{1,60}@[a-z]{1,20}\.example>\Z"), max_size=40), hostile)
def test_foreign_message_ids_add_nothing_else(references: list[str], in_reply_to: str) -> None:
    delivery = a_delivery(references=tuple(references), in_reply_to=in_reply_to)
    message = read(compose(delivery))
    assert set(message.keys()) <= NAMES | {"References", "In-Reply-To"}
    quoted = str(message.get("References", "")).split()
    assert all(reference in quoted for reference in references if re.fullmatch(r"<[a-z]+@[a-z]+\.example>", reference))


def test_a_long_thread_is_folded() -> None:
    references = tuple(f"<{n}.{'x' * 60}@mail.example>" for n in range(200))
    message = read(compose(a_delivery(references=references, in_reply_to=references[-1])))
    assert str(message["References"]).split() == list(references)
    assert message["In-Reply-To"] == references[-1]


def test_all_that_a_reply_says_of_itself() -> None:  # case D14
    delivery = a_delivery(automatic=True, reply_to="support+token@example.com", in_reply_to="<1@example.net>")
    message = read(compose(delivery))
    assert message["From"] == "Example Support <support@example.com>"
    assert message["To"] == "Carla Caller <caller@example.net>"
    assert message["Reply-To"] == "support+token@example.com"
    assert message["Subject"] == "[C-1001] Router"
    assert message["Date"] == "Mon, 02 Mar 2026 09:30:00 +0000"
    assert message["Message-ID"] == "<7001.support@example.com>"
    assert message["In-Reply-To"] == "<1@example.net>"
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["X-Intakebot-Delivery"] == "7001"
    assert envelope_sender(delivery) == ""


def test_a_person_is_not_said_to_be_a_robot() -> None:
    assert "Auto-Submitted" not in read(compose(a_delivery()))
    assert envelope_sender(a_delivery()) == "support@example.com"


@pytest.mark.parametrize("html", ["", "<p>hej</p>"])
def test_the_same_delivery_is_the_same_octets(html: str) -> None:
    assert compose(a_delivery(text="hällo\n", html=html)) == compose(a_delivery(text="hällo\n", html=html))


def test_only_addresses_are_beyond_ascii_on_the_wire() -> None:
    assert compose(a_delivery(subject="ü", text="ü" * 500, html="<p>ü</p>", recipient_name="ü")).isascii()
    assert "\r\n <björn@exämple.net>\r\n" in compose(a_delivery(recipient="björn@exämple.net")).decode()


@pytest.mark.parametrize("field", ["recipient", "sender", "reply_to"])
@pytest.mark.parametrize(
    "address", ["a@b, c@d", "a@b\r\nBcc: c@d", "a@b>", "no address", "a@" + "b" * 400, "a@b\u2028c", "a@b\ud800"]
)
def test_what_is_no_address_is_refused(field: str, address: str) -> None:
    with pytest.raises(DeliveryFailedError):
        compose(a_delivery(**{field: address}))


@pytest.mark.parametrize("html", ["", "<p>hej</p>"])
def test_files_go_out_beside_the_text(html: str) -> None:
    files = (
        a_file(bytes(range(256)) * 40),
        a_file(b"", "leer.txt", "text/plain"),
        a_file(b"--\r\n.\r\n\0", "Plan ü.png"),
    )
    message = read(compose(a_delivery(text="Restart it.\n", html=html, files=files)))
    assert set(message.keys()) == NAMES - {"Content-Transfer-Encoding"}
    assert message.get_body(("plain",)).get_content().strip() == "Restart it."  # type: ignore[union-attr]
    assert (message.get_body(("html",)) is not None) == bool(html)
    assert [
        (part.get_filename(), part.get_content_type(), part.get_payload(decode=True))
        for part in message.iter_attachments()
    ] == [
        ("manual.pdf", "application/pdf", bytes(range(256)) * 40),
        ("leer.txt", "text/plain", b""),
        ("Plan ü.png", "application/pdf", b"--\r\n.\r\n\0"),
    ]


@given(hostile, hostile)
@example("=?utf-8?q?a=0D=0ABcc:_x?=.pdf", "text/plain; charset=x\r\nBcc: x")
@example("漢" * 140 + ".pdf", "message/rfc822")
@example("a'b%20c.pdf", "multipart/mixed")
def test_no_file_name_or_media_type_adds_anything(name: str, media_type: str) -> None:
    message = read(compose(a_delivery(files=(a_file(name=name, media_type=media_type),))))
    assert set(message.keys()) == NAMES - {"Content-Transfer-Encoding"}
    [part] = message.iter_attachments()
    assert set(part.keys()) == {"Content-Type", "Content-Transfer-Encoding", "Content-Disposition"}
    assert part.get_content_type() == "application/octet-stream"
    assert part.get_filename() == safe_name(name, media_type.lower()).encode("utf-8", "replace").decode()
    assert part.get_payload(decode=True) == b"%PDF"


def test_the_same_files_are_the_same_octets() -> None:
    delivery = a_delivery(files=(a_file(), a_file(b"x")))
    assert compose(delivery) == compose(delivery)
    assert compose(delivery) != compose(replace(delivery, files=delivery.files[::-1]))


def test_a_file_whose_bytes_are_gone_is_refused() -> None:
    with pytest.raises(DeliveryFailedError, match=r"manual\.pdf"):
        compose(a_delivery(files=(replace(a_file(), content=b""),)))
