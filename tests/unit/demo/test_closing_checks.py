"""The checks of the whole: each of them notices what it is there to notice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from intakebot.demo.closing_checks import Past, whole

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)


def event(kind: str, by: str = "agent:bob") -> dict[str, Any]:
    return {"kind": kind, "by": by, "at": NOW.isoformat(), "changes": {}}


def case(**changed: Any) -> dict[str, Any]:
    closed = [event("case.registered"), event("resolution.sent"), event("case.closed", "timer:close")]
    return {
        "number": 1001,
        "label": "C-1001",
        "status": "Closed",
        "queue": "crc",
        "owner": "bob",
        "closed_at": NOW.isoformat(),
        "resolved_at": (NOW - timedelta(days=11)).isoformat(),
        "time_line": closed,
        "comments": [{"text": "ZIRKON"}],
        "deliveries": [{"message_id": "delivery.1@house", "channel": "email", "state": "sent"}],
    } | changed


def mail(text: str = "Hello", message_id: str = "<delivery.1@house>", **headers: str) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = "[C-1001] Invoice"
    message["To"] = "Kari <kari@fjord.example>"
    message["Message-ID"] = message_id
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


GOOD = Past(
    now=NOW,
    cases=(case(),),
    contacts=({"message_id": "a@post"}, {"message_id": "call:1"}),
    counts={"arrivals": {"all": 3}, "contacts": {"registered": 2}},
    outbox=(mail(Auto_Submitted="auto-replied"),),
    mails={"a@post": 2},
    calls=1,
)


def failing(past: Past) -> set[str]:
    return {says for says, wrong in whole(past) if list(wrong)}


def test_nothing_is_wrong_with_a_good_past() -> None:
    assert failing(GOOD) == set()


@pytest.mark.parametrize(
    ("changed", "noticed"),
    [
        pytest.param({"contacts": ({"message_id": "b@post"},) * 2}, "every accepted mail is in exactly one contact"),
        pytest.param({"calls": 2}, "mails and calls add up to contacts and repeats", id="a call without a contact"),
        pytest.param({"mails": {"a@post": 1}}, "mails and calls add up to contacts and repeats", id="arrival too many"),
        pytest.param(
            {"counts": {"arrivals": {"all": 3}, "contacts": {"quarantined": 1}}},
            "mails and calls add up to contacts and repeats",
            id="quarantined",
        ),
        pytest.param({"cases": (case(), case(status="Open"))}, "no case rests where it was registered", id="open"),
        pytest.param(
            {"cases": (case(), case(queue="", owner=None, closed_at=None))},
            "no case rests where it was registered",
            id="nowhere",
        ),
        pytest.param({"cases": (case(), case(status="Resolved"))}, "what was resolved is closed after ten days"),
        pytest.param(
            {"cases": (case(time_line=[event("resolution.sent"), event("case.closed")]),)},
            "what was resolved is closed after ten days",
            id="no timer closed anything",
        ),
        pytest.param(
            {"cases": (case(time_line=[event("case.closed", "timer:close"), event("resolution.sent")]),)},
            "every resolution was sent before its case was closed",
        ),
        pytest.param(
            {"outbox": (mail("The Zirkon build repairs it."),)}, "no internal word left the house", id="in a text"
        ),
        pytest.param({"cases": (case(comments=[]),)}, "no internal word left the house", id="nothing could leak"),
        pytest.param({"outbox": ()}, "every reply left exactly once", id="never"),
        pytest.param({"outbox": (mail(), mail())}, "every reply left exactly once", id="twice"),
        pytest.param({"outbox": (mail(), mail(message_id="<x@y>"))}, "every reply left exactly once", id="unowed"),
    ],
)
def test_what_is_wrong_is_noticed(changed: dict[str, Any], noticed: str) -> None:
    assert failing(replace(GOOD, **changed)) == {noticed}


def test_a_second_automatic_reply_is_noticed() -> None:
    twice = (mail(Auto_Submitted="auto-replied"), mail(message_id="<delivery.2@house>", Auto_Submitted="auto-replied"))
    second = {"message_id": "delivery.2@house", "channel": "email", "state": "sent"}
    past = replace(GOOD, outbox=twice, cases=(case(deliveries=[*case()["deliveries"], second]),))
    assert failing(past) == {"no caller got two automatic replies in one case"}
