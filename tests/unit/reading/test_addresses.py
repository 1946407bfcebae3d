"""Identity is earned: one From, one address, beyond doubt."""

from __future__ import annotations

import pytest

from intakebot.domain.messages import Address
from intakebot.reading.addresses import read_addresses
from intakebot.reading.message import read_message


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("ann@x.example", [Address("ann@x.example")]),
        ("Ann Miller <Ann@X.Example>", [Address("Ann@x.example", "Ann Miller")]),
        ('"Miller, Ann" <ann@x.example>', [Address("ann@x.example", "Miller, Ann")]),
        ("ann@x.example (Ann Miller)", [Address("ann@x.example", "Ann Miller")]),
        (
            "a@x.example, B <b@x.example>; c@x.example",
            [Address("a@x.example"), Address("b@x.example", "B"), Address("c@x.example")],
        ),
        ("=?utf-8?q?J=C3=B6rg?= <j@x.example>", [Address("j@x.example", "Jörg")]),
        ("Team: a@x.example, b@x.example;", [Address("a@x.example"), Address("b@x.example")]),
        ("<@relay.example:a@x.example>", [Address("a@x.example")]),
        ("a@xn--mller-kva.example", [Address("a@müller.example")]),
        ("undisclosed-recipients:;", []),
        ("<>", []),
        ("nobody", []),
    ],
)
def test_addresses_are_read_in_every_form(value: str, expected: list[Address]) -> None:
    assert list(read_addresses(value)) == expected


# case E09: one parser, and what it is not sure of is nobody
@pytest.mark.parametrize(
    ("headers", "defect"),
    [
        ("Subject: x", "sender.missing"),
        ("From: nobody", "sender.missing"),
        ("From: root@localhost", "sender.missing"),
        ("From: alice@example.org)<bob@evil.example>", "sender.missing"),
        ("From: <a@x.example> <b@x.example>", "sender.missing"),
        ("From: a@x.example, b@x.example", "sender.several"),
        ("From: a@x.example\r\nFrom: b@x.example", "sender.several"),
        ("From: a@x.example\r\nFrom: nobody", "sender.several"),
        ('From: "a@x.example" <b@y.example>, c@z.example', "sender.several"),
        ("From: friends: a@x.example, b@x.example;", "sender.several"),
        ("From: friends:;", "sender.missing"),
        ("From: friends: a@x.example;", "sender.missing"),
        ('From: "a@x.example"@y.example', "sender.missing"),
        ("From: a@x.example@y.example", "sender.missing"),
        ("From: a@x.example b@y.example", "sender.missing"),
        ("From: a@x.example <b@y.example> <c@z.example>", "sender.missing"),
        ("From: <a@x.example>b@y.example", "sender.missing"),
    ],
)
def test_a_doubtful_sender_is_nobody(headers: str, defect: str) -> None:
    message = read_message(f"{headers}\r\n\r\nhi".encode())
    assert message.sender is None
    assert defect in message.defects


# case E09: names and comments that are addresses stay names; the pages show both
@pytest.mark.parametrize(
    ("value", "sender"),
    [
        ('"a@x.example" <b@y.example>', Address("b@y.example", "a@x.example")),
        ("a@x.example(b@y.example)", Address("a@x.example", "b@y.example")),
        ("a(b)@x.example", Address("a@x.example", "b")),
        ("Re: the pump <a@x.example>", Address("a@x.example", "the pump")),
    ],
)
def test_a_name_that_is_an_address_is_a_name(value: str, sender: Address) -> None:
    assert read_message(f"From: {value}\r\n\r\nhi".encode()).sender == sender
