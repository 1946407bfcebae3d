"""When somebody hears of what an agreement promises, and how the clock goes with the case."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fakes.standing_house import START, shipped
from intakebot.domain.case import Case
from intakebot.domain.change import Timer, TimerCleared
from intakebot.domain.lifecycle import CaseInHand, transition
from intakebot.domain.promises import PROMISE, promise_timers, warnings_of
from unit.domain.desk import SENT, UNSENT, case_in, ids, step

ORGANISATION = shipped()[0].organisation
SOLVE_BY = START + timedelta(hours=8)
ANSWER = {"resolution": UNSENT}
SOON = START + timedelta(hours=6)


def a_case(**fields: Any) -> Case:
    given: dict[str, Any] = {"opened_at": START, "solve_by": SOLVE_BY} | fields
    return Case(1, 1001, "crc", "Open", "No signal", "", "email", **given)


def promised(process: str, status: str, **fields: Any) -> CaseInHand:
    hand = case_in(process, status, **{"solve_by": SOLVE_BY} | fields)
    case = replace(hand.case, opened_at=START)
    return replace(hand, case=case, warnings=lambda case: warnings_of(ORGANISATION, case))


@pytest.mark.parametrize(
    ("policy", "opened_at", "soon"),
    [
        pytest.param("gold", START, SOON, id="always-open"),
        # 30 of 40 hours on a calendar of 8 hours a day, 09:00-17:00 in Berlin: three days and six hours
        pytest.param("general", START, datetime(2026, 3, 5, 15, 0, tzinfo=UTC), id="business-hours"),
        # Friday 16:00 in Berlin, 12 of 16 hours: one on Friday, eight on Monday, three on Tuesday
        pytest.param(
            "silver", datetime(2026, 3, 6, 15, 0, tzinfo=UTC), datetime(2026, 3, 10, 11, 0, tzinfo=UTC), id="weekend"
        ),
    ],
)
def test_a_solution_is_due_soon_in_the_calendar_of_its_agreement(
    policy: str, opened_at: datetime, soon: datetime
) -> None:
    chosen = ORGANISATION.policies[policy]
    solve_by = ORGANISATION.calendars[chosen.calendar].after(opened_at, chosen.solve_within)
    assert warnings_of(ORGANISATION, a_case(opened_at=opened_at, solve_by=solve_by)) == (soon, solve_by)


def test_a_promise_that_no_policy_made_counts_plain_time() -> None:
    case = a_case(solve_by=START + timedelta(hours=100))
    assert warnings_of(ORGANISATION, case) == (START + timedelta(hours=75), START + timedelta(hours=100))
    assert warnings_of(ORGANISATION, a_case(solve_by=None)) == ()


@pytest.mark.parametrize(
    ("at", "due"),
    [(START, SOON), (SOON, SOLVE_BY), (SOLVE_BY - timedelta(seconds=1), SOLVE_BY), (SOLVE_BY, None)],
)
def test_the_clock_rings_at_what_is_still_ahead(at: datetime, due: datetime | None) -> None:
    assert promise_timers(a_case(), (SOON, SOLVE_BY), at) == ((Timer(1, PROMISE, due),) if due else ())


@pytest.mark.parametrize("process", ["crc", "crc-technical"])
def test_a_solution_stops_the_clock(process: str) -> None:
    hand = promised(process, "Taken in charge")
    assert TimerCleared(1, PROMISE) in transition(hand, step("resolve", **ANSWER), ids()).timers_cleared
    without = promised(process, "Taken in charge", solve_by=None)
    assert TimerCleared(1, PROMISE) not in transition(without, step("resolve", **ANSWER), ids()).timers_cleared


@pytest.mark.parametrize(
    ("at", "due"),
    [
        pytest.param(START + timedelta(hours=1), SOON, id="before-it-is-due-soon"),
        pytest.param(START + timedelta(hours=7), SOLVE_BY, id="before-it-is-overdue"),
        pytest.param(START + timedelta(hours=9), None, id="too-late"),
    ],
)
def test_a_case_that_comes_back_is_waited_for_again(at: datetime, due: datetime | None) -> None:
    back = step("reopen", cause="caller-answered", at=at)
    change = transition(promised("crc", "Resolved"), back, ids())
    assert change.timers == ((Timer(1, PROMISE, due),) if due else ())


def test_the_clock_runs_on_between_queue_and_owner() -> None:
    change = transition(promised("crc", "Pending"), step("take"), ids())
    assert (change.timers, change.timers_cleared) == ((), ())
    closed = transition(promised("crc", "Resolved", resolution=SENT), step("close"), ids())
    assert TimerCleared(1, PROMISE) not in closed.timers_cleared
