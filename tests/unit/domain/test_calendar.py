"""Agreement clocks: opening hours, holidays, leap days and clock changes, all in the calendar's own zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intakebot.domain.calendar import ALWAYS, Calendar

HOUR = timedelta(hours=1)
OFFICE = Calendar(
    "office",
    "Europe/Berlin",
    {day: ((time(9), time(12)), (time(13), time(18))) for day in range(5)},
    frozenset({date(2026, 12, 25)}),
)
NIGHT = Calendar("night", "Europe/Berlin", {6: ((time(0), time(6)),)})
LATE = Calendar("late", "UTC", {day: ((time(20), time.min),) for day in range(7)})


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("calendar", "start", "hours", "due"),
    [
        pytest.param(ALWAYS, utc(2026, 3, 6, 16), 48, utc(2026, 3, 8, 16), id="always-open"),
        pytest.param(OFFICE, utc(2026, 3, 2, 8), 2, utc(2026, 3, 2, 10), id="inside-the-hours"),
        pytest.param(OFFICE, utc(2026, 3, 2, 10), 2, utc(2026, 3, 2, 13), id="over-the-lunch-break"),
        pytest.param(OFFICE, utc(2026, 3, 2, 3), 1, utc(2026, 3, 2, 9), id="before-opening"),
        pytest.param(OFFICE, utc(2026, 3, 6, 16), 2, utc(2026, 3, 9, 9), id="over-the-weekend"),
        pytest.param(OFFICE, utc(2026, 3, 2, 8), 8, utc(2026, 3, 2, 17), id="to-the-last-minute"),
        pytest.param(OFFICE, utc(2026, 12, 24, 16), 2, utc(2026, 12, 28, 9), id="over-a-holiday"),
        pytest.param(OFFICE, utc(2026, 3, 27, 16), 2, utc(2026, 3, 30, 8), id="clock-forward-over-the-weekend"),
        pytest.param(OFFICE, utc(2026, 10, 23, 15), 2, utc(2026, 10, 26, 9), id="clock-back-over-the-weekend"),
        pytest.param(OFFICE, utc(2028, 2, 28, 16), 2, utc(2028, 2, 29, 9), id="leap-day"),
        pytest.param(NIGHT, utc(2026, 3, 28, 23), 5, utc(2026, 3, 29, 4), id="a-night-of-five-hours"),
        pytest.param(NIGHT, utc(2026, 10, 24, 22), 7, utc(2026, 10, 25, 5), id="a-night-of-seven-hours"),
        pytest.param(LATE, utc(2026, 3, 2, 23), 2, utc(2026, 3, 3, 21), id="open-until-midnight"),
    ],
)
def test_open_time_passes(calendar: Calendar, start: datetime, hours: int, due: datetime) -> None:  # case J08
    assert calendar.after(start, hours * HOUR) == due


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        pytest.param(utc(2026, 3, 6, 10), 1, utc(2026, 3, 9, 10), id="friday-to-monday"),
        pytest.param(utc(2026, 12, 24, 10), 1, utc(2026, 12, 28, 10), id="over-a-holiday"),
        pytest.param(utc(2026, 3, 27, 9), 1, utc(2026, 3, 30, 8), id="same-local-time-after-clock-forward"),
        pytest.param(utc(2026, 10, 23, 8), 1, utc(2026, 10, 26, 9), id="same-local-time-after-clock-back"),
        pytest.param(utc(2028, 2, 28, 10), 1, utc(2028, 2, 29, 10), id="leap-day"),
        pytest.param(utc(2027, 2, 26, 10), 1, utc(2027, 3, 1, 10), id="no-leap-day"),
        pytest.param(utc(2026, 3, 6, 10), 10, utc(2026, 3, 20, 10), id="ten-business-days"),
    ],
)
def test_business_days_keep_the_local_time(start: datetime, days: int, due: datetime) -> None:  # case J08
    assert OFFICE.days_after(start, days) == due


def test_a_calendar_that_never_opens_long_enough_says_so() -> None:
    hour_a_week = Calendar("hour", "UTC", {0: ((time(9), time(10)),)})

    with pytest.raises(ValueError, match="hour has less than"):
        hour_a_week.after(utc(2026, 3, 2), timedelta(days=365))


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2029, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis wants naive bounds
    st.integers(1, 60),
    st.integers(1, 60),
)
def test_open_time_adds_up_and_never_runs_backwards(start: datetime, first: int, second: int) -> None:
    reached = OFFICE.after(start, first * HOUR)

    assert reached >= start + first * HOUR
    assert OFFICE.after(reached, second * HOUR) == OFFICE.after(start, (first + second) * HOUR)
