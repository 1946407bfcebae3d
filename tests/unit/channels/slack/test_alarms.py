"""An alarm is told once, and stands until it is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from intakebot.channels.slack.web.alarms import AGAIN_AFTER, Alarm, Alarms
from intakebot.clocks import SimulatedClock

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def told(alarms: Alarms) -> list[str]:
    """What the operators' channel is shown, one by one."""
    shown = []
    while sentence := alarms.next():
        shown.append(sentence)
        alarms.said(sentence)
    return shown


def test_an_alarm_is_told_once_and_again_when_it_was_over() -> None:
    alarms = Alarms(SimulatedClock(START))
    for _ in range(2):
        alarms.sound("a", "b", "look")
    alarms.sound("a", "c", "look there")
    alarms.silence("a", "b")
    alarms.silence("a", "nothing")
    alarms.sound("a", "b", "look")

    assert told(alarms) == ["look", "look there", "look"]
    assert alarms.standing == (Alarm("a", "c", "look there"), Alarm("a", "b", "look"))


def test_an_alarm_that_goes_on_is_told_again_after_a_while() -> None:
    clock = SimulatedClock(START)
    alarms = Alarms(clock)
    alarms.sound("a", "b", "look")
    clock.advance(AGAIN_AFTER)
    alarms.sound("a", "b", "look")
    alarms.sound("a", "b", "look harder")

    assert told(alarms) == ["look", "look", "look harder"]
    assert alarms.standing == (Alarm("a", "b", "look harder"),)


def test_what_was_not_next_is_not_taken_for_said() -> None:
    alarms = Alarms(SimulatedClock(START))
    alarms.sound("a", "b", "look")
    alarms.said("something else")

    assert alarms.next() == "look"


def test_what_nobody_can_end_is_over_after_its_time_and_takes_no_room_for_ever() -> None:
    clock = SimulatedClock(START)
    alarms = Alarms(clock)
    alarms.sound("a", "b", "look", lasts=timedelta(days=1))
    clock.advance(timedelta(hours=20))
    alarms.sound("a", "b", "look", lasts=timedelta(days=1))
    clock.advance(timedelta(hours=20))
    assert alarms.standing == (Alarm("a", "b", "look"),)
    clock.advance(timedelta(hours=4))
    alarms.sound("a", "c", "look there")

    assert alarms.standing == (Alarm("a", "c", "look there"),)
    assert len(alarms._standing) == 1  # noqa: SLF001 - what is over is forgotten
