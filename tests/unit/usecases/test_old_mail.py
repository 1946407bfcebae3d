"""Mail is as old as its arrival: what its mailbox says, else the last server before us, else its writer."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from fakes.standing_house import START, shipped
from intakebot.domain.contact import Envelope, PendingContact
from intakebot.reading.message import read_message
from intakebot.usecases.assessment import ReadContact
from intakebot.usecases.old_mail import IMPORTED, arrived_at, why_old

QUEUE = shipped()[0].organisation.queues["support"]
HOP = "Received: from a.example by b.example; {}\r\n"
DATE = "Date: {}\r\n"
OLD, LONG_AGO = "Sun, 1 Mar 2026 08:00:00 +0000", "Mon, 2 Feb 2026 09:00:00 +0000"


def contact(head: str, route: str = "smtp", arrived: datetime | None = None) -> ReadContact:
    raw = f"From: ann@acme.example\r\n{head}Subject: s\r\n\r\nHello".encode()
    envelope = Envelope("ann@acme.example", ("support@intakebot.example",), route, arrived_at=arrived)
    return ReadContact.of(PendingContact(1, "email", envelope, raw, START, 1), read_message(raw), ())


# case B05
@pytest.mark.parametrize(
    ("read", "old"),
    [
        pytest.param(contact(""), False, id="nothing-is-said"),
        pytest.param(contact(DATE.format(OLD)), True, id="by-its-date"),
        pytest.param(
            contact(HOP.format("Mon, 2 Mar 2026 08:59:00 +0000") + DATE.format(LONG_AGO)), False, id="a-draft"
        ),
        pytest.param(contact(HOP.format(OLD) + HOP.format(LONG_AGO)), True, id="it-waited-at-the-last-hop"),
        pytest.param(contact("", arrived=START - timedelta(hours=25)), True, id="the-mailbox-says-so"),
        pytest.param(
            contact(DATE.format(LONG_AGO), arrived=START - timedelta(hours=23)), False, id="the-mailbox-first"
        ),
        pytest.param(contact("Received: rubbish; tomorrow\r\n" + DATE.format(OLD)), True, id="an-unreadable-hop"),
        pytest.param(contact(DATE.format("Fri, 1 Jan 2100 00:00:00 +0000")), False, id="from-the-future"),
        pytest.param(contact("", route=IMPORTED), True, id="imported"),
    ],
)
def test_old_is_what_arrived_longer_ago_than_a_queue_acknowledges(*, read: ReadContact, old: bool) -> None:
    assert bool(why_old(read, QUEUE, START)) is old
    assert arrived_at(read) <= START
