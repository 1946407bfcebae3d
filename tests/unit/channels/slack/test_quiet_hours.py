"""When an agent is told: never within the quiet hours of their own clock, whatever that clock does in the night."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intakebot.channels.slack.showing.quiet_hours import when_to_tell
from intakebot.domain.chat import Preferences

NIGHT = Preferences("bob", quiet_from="22:00", quiet_to="07:00", zone="Europe/Berlin")
LUNCH = Preferences("bob", quiet_from="12:00", quiet_to="13:30", zone="Europe/Berlin")
SHORT_NIGHT = Preferences("bob", quiet_from="22:00", quiet_to="02:30", zone="Europe/Berlin")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("wants", "now", "told"),
    [
        pytest.param(NIGHT, "2026-01-15T11:00", "2026-01-15T11:00", id="by-day"),
        pytest.param(NIGHT, "2026-01-15T20:59:59", "2026-01-15T20:59:59", id="just-before"),
        pytest.param(NIGHT, "2026-01-15T21:00", "2026-01-16T06:00", id="from-the-first-second"),
        pytest.param(NIGHT, "2026-01-16T01:00", "2026-01-16T06:00", id="after-midnight"),
        pytest.param(NIGHT, "2026-01-16T06:00", "2026-01-16T06:00", id="over-at-the-last-second"),
        pytest.param(NIGHT, "2026-07-15T20:00", "2026-07-16T05:00", id="summer"),
        pytest.param(NIGHT, "2026-03-28T22:00", "2026-03-29T05:00", id="the-night-that-is-an-hour-shorter"),
        pytest.param(NIGHT, "2026-10-24T22:00", "2026-10-25T06:00", id="the-night-that-is-an-hour-longer"),
        pytest.param(LUNCH, "2026-01-15T11:30", "2026-01-15T12:30", id="within-a-day"),
        pytest.param(LUNCH, "2026-01-15T03:00", "2026-01-15T03:00", id="outside-within-a-day"),
        pytest.param(SHORT_NIGHT, "2026-03-29T00:30", "2026-03-29T01:30", id="an-end-that-the-clock-jumps-over"),
        pytest.param(SHORT_NIGHT, "2026-10-25T00:10", "2026-10-25T00:30", id="an-end-that-comes-twice-the-first"),
        pytest.param(SHORT_NIGHT, "2026-10-25T01:10", "2026-10-25T01:30", id="an-end-that-comes-twice-the-second"),
        pytest.param(Preferences("bob"), "2026-01-15T01:00", "2026-01-15T01:00", id="no-wishes"),
        pytest.param(Preferences("bob", quiet_from="22:00"), "2026-01-15T23:00", "2026-01-15T23:00", id="half-a-wish"),
        pytest.param(
            Preferences("bob", quiet_from="late", quiet_to="25:00"),
            "2026-01-15T23:00",
            "2026-01-15T23:00",
            id="no-hours",
        ),
        pytest.param(
            Preferences("bob", quiet_from="22:00", quiet_to="06:00", zone="Mars/North"),
            "2026-01-15T23:00",
            "2026-01-16T06:00",
            id="a-zone-that-is-none-is-utc",
        ),
    ],
)
def test_when_it_is_told(wants: Preferences, now: str, told: str) -> None:
    assert when_to_tell(wants, "assigned", utc(now)) == utc(told)


def test_what_is_muted_is_never_told() -> None:
    wants = Preferences("bob", muted=("assigned",))
    assert when_to_tell(wants, "assigned", utc("2026-01-15T11:00")) is None
    assert when_to_tell(wants, "answered", utc("2026-01-15T11:00")) is not None


hours = st.times(timezones=st.none()).map(lambda at: at.replace(second=0, microsecond=0))
zones = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kolkata"]
)
moments = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - made aware
changes = st.builds(  # the hours around the changes to and from summer time
    lambda day, span: day + span,
    st.sampled_from(
        [utc(f"2026-{day}T00:00") for day in ("03-08", "03-29", "04-05", "04-24", "10-04", "10-25", "11-01")]
    ),
    st.timedeltas(timedelta(hours=-16), timedelta(hours=16)),
)


@given(start=hours, end=hours, zone=zones, now=moments | changes)
def test_it_is_told_soon_and_never_within_quiet_hours(start: time, end: time, zone: str, now: datetime) -> None:
    wants = Preferences("bob", quiet_from=start.isoformat("minutes"), quiet_to=end.isoformat("minutes"), zone=zone)
    told = when_to_tell(wants, "assigned", now)
    assert told is not None
    assert now <= told <= now + timedelta(hours=50)
    assert when_to_tell(wants, "assigned", told) == told
    shown = told.astimezone(ZoneInfo(zone)).time()
    if start < end:
        assert not start <= shown < end
    elif start > end:
        assert end <= shown < start
