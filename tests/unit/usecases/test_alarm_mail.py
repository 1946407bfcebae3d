"""Alarm mail: who runs the house is told what is news, once, and again only when it is time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from intakebot.channels.composition import compose, envelope_sender
from intakebot.usecases.alarm_mail import AlarmMail
from intakebot.usecases.watch import Alarm

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
SLACK = Alarm("slack.token", "Slack does not let us in: install the app again", "slack")
QUEUE = Alarm("queue.undrained", "nobody has taken a case from crc since 8 h", "crc", "2026-03-02T01:00:00+00:00")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def mail() -> AlarmMail:
    return AlarmMail(("olaf@operators.example",), "help@desk.example", "mail.desk.example", count(1).__next__)


def told(looks: Sequence[tuple[timedelta, Sequence[Alarm]]]) -> list[timedelta]:
    """When mails left."""
    sent, ours = [], mail()
    for after, alarms in looks:
        if ours.due(alarms, START + after):
            sent.append(after)
            ours.told(alarms, START + after)
    return sent


@pytest.mark.parametrize(
    ("looks", "at"),
    [
        pytest.param([(HOUR, [])], [], id="nothing"),
        pytest.param([(0 * HOUR, [SLACK]), (HOUR, [SLACK])], [0 * HOUR], id="once"),
        pytest.param([(0 * HOUR, [SLACK]), (HOUR, [SLACK]), (DAY, [SLACK])], [0 * HOUR, DAY], id="daily"),
        pytest.param([(0 * HOUR, [SLACK]), (HOUR, [SLACK, QUEUE])], [0 * HOUR, HOUR], id="another"),
        pytest.param([(0 * HOUR, [SLACK]), (HOUR / 3, []), (HOUR / 2, [SLACK])], [0 * HOUR], id="flaps"),
        pytest.param([(0 * HOUR, [SLACK]), (HOUR / 3, []), (HOUR, [SLACK])], [0 * HOUR, HOUR], id="comes back"),
    ],
)
def test_what_is_news_is_told(looks: Sequence[tuple[timedelta, Sequence[Alarm]]], at: list[timedelta]) -> None:
    assert told(looks) == at


def test_a_mail_that_did_not_leave_is_due_again() -> None:
    ours = mail()

    assert len(ours.due([SLACK], START)) == len(ours.due([SLACK], START + timedelta(minutes=1))) == 1


def test_one_mail_says_what_is_new_what_was_known_and_what_is_over() -> None:
    ours = mail()
    other = Alarm("contact.quarantined", "2 contact(s) could not be registered")
    ours.due([SLACK, QUEUE], START)
    ours.told([SLACK, QUEUE], START)

    (delivery,) = ours.due([QUEUE, other], START + HOUR)

    assert delivery.subject == "[mail.desk.example] 2 contact(s) could not be registered"
    assert delivery.text.splitlines() == [
        "mail.desk.example needs somebody:",
        "",
        "- 2 contact(s) could not be registered [contact.quarantined]",
        "",
        "Known before, and not over:",
        "- nobody has taken a case from crc since 8 h (since 2026-03-02T01:00:00+00:00) [queue.undrained crc]",
        "",
        "Over by now:",
        "- Slack does not let us in: install the app again [slack.token slack]",
        "",
        "`intakebot health` shows what stands now. What goes on is told again after a day.",
    ]


def test_no_robot_answers_it() -> None:
    (delivery,) = mail().due([SLACK], START)

    assert b"Auto-Submitted: auto-generated\r\n" in compose(delivery)
    assert envelope_sender(delivery) == ""
