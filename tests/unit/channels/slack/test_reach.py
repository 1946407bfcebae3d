"""When nobody answers: who calls, and who waits until when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from intakebot.channels.slack.showing.reach import A_LOOK_TAKES, Reach

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def unreachable(times: int, second: float = 0) -> Reach:
    reach = Reach()
    for _ in range(times):
        assert reach.rest(at(second)) is None
        reach.unanswered(at(second))
    return reach


def test_a_call_or_two_without_an_answer_hold_nobody_back() -> None:
    assert unreachable(2).rest(at(0)) is None


def test_after_three_everybody_waits_and_then_one_looks() -> None:
    reach = unreachable(3)
    assert reach.rest(at(0)) == at(2)
    assert reach.rest(at(2)) is None
    assert reach.rest(at(2)) == at(2) + A_LOOK_TAKES


def test_each_look_in_vain_makes_the_rest_longer() -> None:
    reach = unreachable(3)
    assert reach.rest(at(2)) is None
    reach.unanswered(at(12))
    assert reach.rest(at(13)) == at(22)
    assert reach.rest(at(22)) is None
    reach.unanswered(at(32))
    assert reach.rest(at(33)) == at(62)


def test_those_who_were_under_way_when_the_rest_began_do_not_make_it_longer() -> None:
    reach = unreachable(3)
    for _ in range(8):
        reach.unanswered(at(1))
    assert reach.rest(at(1)) == at(2)


def test_a_look_that_never_comes_back_is_followed_by_another() -> None:
    reach = unreachable(3)
    assert reach.rest(at(2)) is None
    assert reach.rest(at(2) + A_LOOK_TAKES) is None


def test_one_answer_lets_everybody_go() -> None:
    reach = unreachable(3)
    assert reach.rest(at(2)) is None
    reach.answered()
    assert reach.rest(at(2)) is None
    assert reach.rest(at(2)) is None
