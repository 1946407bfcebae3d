"""Turns for calls, by tables and by a property: no limit of the platform is ever met, and nobody waits for others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intakebot.channels.slack.showing.pacing import METHODS, Pacing

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
POST = "chat.postMessage"


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def asked(pacing: Pacing, *calls: tuple[float, str, str, str]) -> list[float]:
    """For each call (second, method, channel, who): the second of its turn; its own when it may go."""
    turns = [(pacing.turn(method, channel, who, at(second)) or at(second)) for second, method, channel, who in calls]
    return [(turn - START).total_seconds() for turn in turns]


def test_a_conversation_takes_a_few_messages_at_once_and_then_one_a_second() -> None:
    pacing = Pacing(always_careful=True)
    calls = [(0, POST, "C1", name) for name in "abcdef"]
    assert asked(pacing, *calls) == [0, 0, 0, 1, 2, 3]
    assert asked(pacing, (1, POST, "C1", "d"), (2, POST, "C1", "e"), (3, POST, "C1", "f")) == [1, 2, 3]


def test_who_comes_back_too_early_is_told_the_same() -> None:
    pacing = Pacing(always_careful=True)
    calls = [(0, POST, "C1", name) for name in "abcde"]
    assert asked(pacing, *calls)[3:] == [1, 2]
    assert asked(pacing, (0.5, POST, "C1", "d"), (0.5, POST, "C1", "e"), (0.6, POST, "C1", "d")) == [1, 2, 1]


def test_one_full_conversation_holds_no_other_back() -> None:
    pacing = Pacing(always_careful=True)
    calls = [(0, POST, "C1", str(number)) for number in range(20)]
    assert asked(pacing, *calls)[-1] == 17
    assert asked(pacing, (0, POST, "C2", "x"), (0, "chat.update", "C1", "y")) == [0, 0]


def test_after_a_rest_there_is_no_more_than_a_burst() -> None:
    pacing = Pacing(always_careful=True)
    asked(pacing, *((0, POST, "C1", name) for name in "abc"))
    assert asked(pacing, *((600, POST, "C1", name) for name in "defg")) == [600, 600, 600, 601]


def test_who_was_not_refused_goes_at_once() -> None:
    calls = [(number / 50, POST, "C1", str(number)) for number in range(200)]
    assert asked(Pacing(), *calls) == [second for second, *_ in calls]


def test_after_a_refusal_the_pace_is_kept_for_a_while() -> None:
    pacing = Pacing()
    asked(pacing, *((0, POST, "C1", str(number)) for number in range(50)))
    pacing.limited(POST, "C1", timedelta(seconds=5), at(0))
    assert asked(pacing, *((5, POST, "C1", name) for name in "abcd")) == [5, 5, 5, 6]
    assert asked(pacing, *((5, POST, "C2", name) for name in "abcd")) == [5, 5, 5, 5]
    assert asked(pacing, *((700, POST, "C1", name) for name in "efghi")) == [700] * 5


@pytest.mark.parametrize(
    ("refused", "asked_for", "waits"),
    [
        pytest.param((POST, "C1"), (POST, "C1"), True, id="same-conversation"),
        pytest.param((POST, "C1"), (POST, "C2"), False, id="another-conversation"),
        pytest.param((POST, "C1"), ("chat.update", "C1"), False, id="another-method"),
        pytest.param(("chat.update", "C1"), ("chat.update", "C2"), True, id="a-method-is-limited-everywhere"),
        pytest.param(("chat.update", "C1"), (POST, "C1"), False, id="posting-is-not-updating"),
    ],
)
def test_a_refusal_holds_back_what_it_was_said_of(
    refused: tuple[str, str],
    asked_for: tuple[str, str],
    waits: bool,  # noqa: FBT001 - a column of the table
) -> None:
    pacing = Pacing(always_careful=True)
    assert pacing.limited(*refused, timedelta(seconds=30), at(0)) == at(30)
    assert asked(pacing, (29, *asked_for, "x")) == [30 if waits else 29]
    assert asked(pacing, (30, *asked_for, "x")) == [30]


def test_a_shorter_refusal_does_not_end_a_longer_one() -> None:
    pacing = Pacing(always_careful=True)
    pacing.limited(POST, "C1", timedelta(seconds=60), at(0))
    assert pacing.limited(POST, "C1", timedelta(seconds=1), at(1)) == at(60)
    assert asked(pacing, (30, POST, "C1", "x")) == [60]


def test_those_who_waited_for_the_end_of_a_refusal_come_one_after_the_other() -> None:
    pacing = Pacing(always_careful=True)
    pacing.limited(POST, "C1", timedelta(seconds=30), at(0))
    assert asked(pacing, *((1, POST, "C1", name) for name in "abc")) == [30, 31, 32]


LIMITS = {2: 20, 3: 50, 4: 100}
MINUTE = timedelta(minutes=1)
steps = st.lists(
    st.tuples(st.integers(0, 20_000), st.sampled_from([POST, POST, *METHODS]), st.sampled_from(["C1", "C2", "C3"])),
    min_size=1,
    max_size=300,
)


def played(steps: list[tuple[int, str, str]]) -> list[tuple[datetime, str, str]]:
    """Calls wanted at these milliseconds, each asked for again at the moment that it was told."""
    pacing, made = Pacing(always_careful=True), []
    waiting = [(at(ms / 1000), number, method, channel) for number, (ms, method, channel) in enumerate(steps)]
    while waiting:
        now, number, method, channel = min(waiting)
        waiting.remove((now, number, method, channel))
        turn = pacing.turn(method, channel, str(number), now)
        if turn is None:
            made.append((now, method, channel))
        else:
            assert turn > now
            waiting.append((turn, number, method, channel))
    return made


@given(steps)
def test_no_limit_of_the_platform_is_met_and_every_turn_comes(steps: list[tuple[int, str, str]]) -> None:
    made = played(steps)
    assert len(made) == len(steps)
    for method in METHODS:
        moments = [moment for moment, name, _ in made if name == method]
        assert all(
            sum(start <= one < start + MINUTE for one in moments) <= LIMITS[METHODS[method]] for start in moments
        )
    for room in ("C1", "C2", "C3"):
        moments = [moment for moment, name, channel in made if (name, channel) == (POST, room)]
        for span in (1, 10):
            end = timedelta(seconds=span)
            assert all(sum(start <= one <= start + end for one in moments) <= 3 + span for start in moments)
