"""Agreement clocks: when a span of working time that starts now is over, in the calendar's own zone.

Results are UTC instants. Daylight saving is the zone's: an opening hour that a clock change skips does not
count, one that it repeats counts twice, because real time is what passes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
_SEARCHED_DAYS = 366 * 5


@dataclass(frozen=True, slots=True)
class Calendar:
    """Opening hours per weekday (0 = Monday) in a zone, without `holidays`. No hours at all = always open."""

    name: str
    zone: str = "UTC"
    hours: Mapping[int, tuple[tuple[time, time], ...]] = field(default_factory=dict)
    holidays: frozenset[date] = frozenset()

    def after(self, start: datetime, span: timedelta) -> datetime:
        """The instant at which `span` of open time has passed since `start`.

        Raises ValueError when the calendar has so little open time that five years do not hold the span.
        """
        if not self.hours:
            return start.astimezone(UTC) + span
        left = span
        for opens, closes in self._openings(start):
            available = closes - max(opens, start.astimezone(UTC))
            if available >= left:
                return max(opens, start.astimezone(UTC)) + left
            left -= max(available, timedelta())
        raise ValueError(f"calendar {self.name} has less than {span} of open time within five years")

    def days_after(self, start: datetime, days: int) -> datetime:
        """The instant `days` working days after `start`, at the same local time."""
        local = start.astimezone(ZoneInfo(self.zone))
        day = local.date()
        for _ in range(_SEARCHED_DAYS):
            if days <= 0:
                break
            day += DAY
            days -= self._is_open_on(day)
        return datetime.combine(day, local.timetz()).astimezone(UTC)

    def _is_open_on(self, day: date) -> bool:
        return not self.hours or (day not in self.holidays and bool(self.hours.get(day.weekday())))

    def _openings(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        zone = ZoneInfo(self.zone)
        first = start.astimezone(zone).date()
        for offset in range(_SEARCHED_DAYS):
            day = first + offset * DAY
            if day in self.holidays:
                continue
            for opens, closes in self.hours.get(day.weekday(), ()):
                end = datetime.combine(day + DAY if closes == time.min else day, closes, zone).astimezone(UTC)
                if end > start:
                    yield datetime.combine(day, opens, zone).astimezone(UTC), end


ALWAYS = Calendar("always")
