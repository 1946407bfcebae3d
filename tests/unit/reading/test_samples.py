"""Realistic mails in several languages: what a person would say is in them is what is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from intakebot.domain.messages import BounceReport, MachineKind, ReadMessage
from intakebot.reading.message import read_message

SAMPLES = Path(__file__).parents[2] / "samples" / "mail"


def read(name: str, **options: object) -> ReadMessage:
    return read_message((SAMPLES / name).read_bytes(), **options)


@pytest.mark.parametrize(
    ("name", "sender", "display", "subject", "phrase"),
    [
        ("en-plain.eml", "ann@customer.example", "Ann Miller", "Router keeps restarting", "blinks orange"),
        (
            "de-umlaute-qp.eml",
            "joerg@kunde.example",
            "Jörg Müller",
            "Störung im Anschluß: kein Signal",
            "hängt in der Küche",
        ),
        ("pl-iso2.eml", "lukasz@klient.example", "Łukasz Żak", "Brak sygnału", "Dzień dobry"),
        ("ru-koi8.eml", "olga@klient.example", "Ольга Петрова", "Вопрос по счёту", "вдвое больше"),
        ("ja-iso2022.eml", "tanaka@kyaku.example", "田中一郎", "接続できません", "昨日から"),
        ("zh-gb-mislabelled.eml", "wang@kehu.example", "王小明", "无法登录", "朱镕基路"),
        ("ar-utf8.eml", "layla@zabun.example", "ليلى حسن", "انقطاع الخدمة", "مقطوعة منذ أمس"),
        ("nl-attachment.eml", "sanne@klant.example", "Sanne de Vries", "Foto van het modem", "Groet, Sanne"),
        ("bare-lf.eml", "ann@customer.example", "Ann Miller", "Router keeps restarting", "since the storm"),
    ],
)
def test_a_mail_says_what_its_writer_wrote(name: str, sender: str, display: str, subject: str, phrase: str) -> None:
    message = read(name)
    assert message.sender is not None
    assert (message.sender.address, message.sender.name) == (sender, display)
    assert message.subject == subject
    assert phrase in message.text
    assert message.machine is None
    assert message.defects == ()


@pytest.mark.parametrize(
    ("name", "new", "gone"),
    [
        (
            "de-antwort-gmail.eml",
            ["Danke, die neue Rechnung", "Bitte schließen"],
            ["schrieb", "neu ausgestellt"],
        ),
        ("fr-outlook-html.eml", ["je souhaite résilier", "Merci, Zoé"], ["Envoyé", "Votre contrat"]),
        ("es-iphone.eml", ["El martes por la mañana"], ["Qué día", "escribió"]),
        ("it-interleaved.eml", ["rispondo sotto", "È il 4711-B.", "Da venerdì sera."], ["scritto"]),
        ("marker-reply.eml", ["It works again"], ["unplug"]),
    ],
)
def test_the_trimmed_view_keeps_the_new_words_and_drops_the_quote(name: str, new: list[str], gone: list[str]) -> None:
    message = read(name)
    assert all(words in message.new_text for words in new), message.new_text
    assert not any(words in message.new_text for words in gone), message.new_text
    assert all(words in message.text for words in new + gone)


def test_an_attachment_keeps_its_name_and_bytes_and_both_texts_are_kept() -> None:
    message = read("nl-attachment.eml")
    (attachment,) = message.attachments
    assert (attachment.name, attachment.media_type) == ("vooré modem.png", "image/png")
    assert attachment.content == b"\x89PNG\r\n\x1a\n"
    assert message.text.startswith("Zie de foto")
    assert message.text.endswith("Groet, Sanne")


def test_a_bounce_names_recipients_and_the_message_it_is_about() -> None:  # case D08, case D09
    machine = read("bounce-hard.eml").machine
    assert machine is not None
    assert machine.kind is MachineKind.BOUNCE
    assert machine.bounces == (
        BounceReport("gone@customer.example", hard=True, status="5.1.1"),
        BounceReport("full@customer.example", hard=False, status="4.2.2"),
    )
    assert machine.original_ids == ("delivery.42@helpdesk.example",)


def test_a_read_receipt_is_no_answer() -> None:  # case D13
    machine = read("read-receipt.eml").machine
    assert machine is not None
    assert machine.kind is MachineKind.RECEIPT
    assert machine.original_ids == ("delivery.43@helpdesk.example",)


def test_an_out_of_office_note_is_an_automatic_reply() -> None:  # case D01
    machine = read("out-of-office.eml").machine
    assert machine is not None
    assert machine.kind is MachineKind.AUTO_REPLY
    assert machine.sign == "auto-submitted"


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("en-plain.eml", "en"),
        ("de-umlaute-qp.eml", "de"),
        ("fr-outlook-html.eml", "fr"),
        ("pl-iso2.eml", "pl"),
        ("ru-koi8.eml", "ru"),
    ],
)
def test_the_language_is_one_of_the_configured_ones(name: str, language: str) -> None:
    assert read(name, languages=("en", "de", "fr", "pl", "ru")).language == language
    assert read(name).language == ""


def test_thread_ids_are_bare() -> None:
    message = read("de-antwort-gmail.eml")
    assert message.in_reply_to == ("delivery.77@helpdesk.example",)
    assert message.references == ("k0@kunde.example", "delivery.77@helpdesk.example")


def test_the_tolerant_engine_reads_the_same_as_the_fast_one() -> None:
    raw = (SAMPLES / "nl-attachment.eml").read_bytes()
    fast, tolerant = read_message(raw), read_message(raw.replace(b"iVBORw0", b"iVBO@@Rw0"))
    assert fast.defects == ()
    assert tolerant.defects == ("body.repaired",)
    assert (tolerant.text, tolerant.attachments) == (fast.text, fast.attachments)


def test_the_html_is_shown_where_the_plain_alternative_is_empty() -> None:
    raw = (SAMPLES / "de-antwort-gmail.eml").read_bytes()
    start, end = raw.index(b"Danke"), raw.index(b"--alt", raw.index(b"Danke"))
    message = read_message(raw[:start] + b"\r\n" + raw[end:])
    assert message.new_text == "Danke, die neue Rechnung ist angekommen. Bitte schließen."
    assert "neu ausgestellt" in message.text
