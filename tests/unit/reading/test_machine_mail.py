"""Machines are known by their signs; people are never taken for machines."""

from __future__ import annotations

import pytest

from intakebot.domain.messages import MachineKind
from intakebot.reading.message import read_message

PERSON = "From: ann@customer.example\r\nSubject: Question\r\n"


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        pytest.param("Auto-Submitted: auto-replied\r\n", MachineKind.AUTO_REPLY, id="D01-replied"),
        pytest.param("Auto-Submitted: auto-generated\r\n", MachineKind.AUTO_REPLY, id="D01-generated"),
        pytest.param("AUTO-SUBMITTED: Auto-Notified; owner=x\r\n", MachineKind.AUTO_REPLY, id="D01-case"),
        pytest.param("Auto-Submitted: no\r\n", None, id="D01-no"),
        pytest.param("Auto-Submitted: NO ; x\r\n", None, id="D01-no-with-parameter"),
        pytest.param("Precedence: bulk\r\n", MachineKind.AUTO_REPLY, id="D02-bulk"),
        pytest.param("Precedence: junk\r\n", MachineKind.AUTO_REPLY, id="D02-junk"),
        pytest.param("Precedence: list\r\n", MachineKind.LIST, id="D02-list"),
        pytest.param("List-Id: <news.shop.example>\r\n", MachineKind.LIST, id="D02-list-id"),
        pytest.param("List-Unsubscribe: <https://x.example>\r\n", MachineKind.LIST, id="D02-unsubscribe"),
        pytest.param("X-Auto-Response-Suppress: All\r\n", MachineKind.AUTO_REPLY, id="D02-suppress-all"),
        pytest.param("X-Auto-Response-Suppress: DR, OOF\r\n", MachineKind.AUTO_REPLY, id="D02-suppress-oof"),
        pytest.param("X-Auto-Response-Suppress: DR, RN\r\n", None, id="D02-suppress-receipts-only"),
        pytest.param("X-Autoreply: yes\r\n", MachineKind.AUTO_REPLY, id="D02-autoreply"),
        pytest.param("X-Loop: robot@x.example\r\n", MachineKind.AUTO_REPLY, id="D02-loop"),
        pytest.param("Precedence: first-class\r\n", None, id="person-precedence"),
        pytest.param("", None, id="person"),
    ],
)
def test_the_headers_tell_a_machine(headers: str, kind: MachineKind | None) -> None:
    machine = read_message(f"{PERSON}{headers}\r\nhello".encode()).machine
    assert (machine.kind if machine else None) is kind


@pytest.mark.parametrize(
    ("envelope_sender", "kind"),
    [("", MachineKind.AUTO_REPLY), ("ann@customer.example", None), (None, None)],
)
def test_the_null_sender_is_a_machine(envelope_sender: str | None, kind: MachineKind | None) -> None:  # case D03
    machine = read_message(f"{PERSON}\r\nhello".encode(), envelope_sender=envelope_sender).machine
    assert (machine.kind if machine else None) is kind


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ("X-Intakebot-Delivery: 42\r\n", True),
        ("Message-ID: <delivery.42@helpdesk.example>\r\n", True),
        ("Message-ID: <delivery.42@elsewhere.example>\r\n", False),
        ("Message-ID: <42@helpdesk.example>\r\n", False),
    ],
)
def test_our_own_mail_is_known_again(headers: str, own: bool) -> None:  # noqa: FBT001 - an expectation
    raw = f"{PERSON}{headers}\r\nhello".encode()
    machine = read_message(raw, own_domains=frozenset({"helpdesk.example"})).machine
    assert (machine is not None and machine.kind is MachineKind.OWN) is own


@pytest.mark.parametrize(
    "subject",
    ["Re: undo the delivery", "Your delivery is late", "My automatic door is broken", "Vacation booking"],
)
def test_a_person_may_write_about_deliveries_and_holidays(subject: str) -> None:
    assert read_message(f"From: ann@customer.example\r\nSubject: {subject}\r\n\r\nhi".encode()).machine is None


def test_a_calendar_answer_is_a_receipt() -> None:  # case D13
    invitation = "Content-Type: text/calendar; method=REPLY\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REPLY\r\n"
    raw = (PERSON + invitation).encode()
    machine = read_message(raw).machine
    assert machine is not None
    assert machine.kind is MachineKind.RECEIPT


def test_a_bounce_without_structure_names_its_recipient() -> None:  # case D09
    raw = (
        b"Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example (Mail Delivery System)\r\n"
        b"Subject: failure notice\r\n\r\nHi. This is the qmail-send program at mx.example.\r\n"
        b"I'm afraid I wasn't able to deliver your message to the following addresses.\r\n\r\n"
        b"<gone@customer.example>:\r\n550 no such user\r\n\r\n"
        b"--- Below this line is a copy of the message.\r\n"
    )
    machine = read_message(raw).machine
    assert machine is not None
    assert machine.kind is MachineKind.BOUNCE
    assert [report.recipient for report in machine.bounces] == ["gone@customer.example"]
