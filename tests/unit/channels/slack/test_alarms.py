"""An alarm is told once, and stands until it is over."""

from __future__ import annotations

from intakebot.channels.slack.alarms import Alarm, Alarms


def test_an_alarm_is_told_once() -> None:
    told: list[Alarm] = []
    alarms = Alarms(told.append)
    for _ in range(2):
        alarms.sound("a", "b", "look")
    alarms.sound("a", "c", "look there")
    alarms.silence("a", "b")
    alarms.silence("a", "nothing")
    alarms.sound("a", "b", "look")

    assert told == [Alarm("a", "b", "look"), Alarm("a", "c", "look there"), Alarm("a", "b", "look")]
    assert alarms.standing == (Alarm("a", "c", "look there"), Alarm("a", "b", "look"))
