"""Times for people: the local time of day beside how long ago that was. Pure; `now` is passed in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_SPAN = re.compile(r"(?:[0-9]+[smhdw])+")


def span_of(text: str) -> timedelta:
    """A span such as `10d`, `90m` or `1d12h`; raises ValueError for anything else."""
    if not _SPAN.fullmatch(text):
        raise ValueError(f"{text!r} is no span of time; write 10d, 12h, 30m or 1d12h")
    parts = re.findall(r"([0-9]+)([smhdw])", text)
    return timedelta(seconds=sum(int(count) * _UNITS[unit] for count, unit in parts))


def rough(span: timedelta) -> str:
    """How long, in the one unit that says most: `5 min`, `3 h`, `12 d`."""
    long = abs(span)
    if long < timedelta(minutes=1):
        return f"{long.seconds} s"
    if long < timedelta(minutes=90):
        return f"{long / timedelta(minutes=1):.0f} min"
    return f"{long / timedelta(hours=1):.0f} h" if long < timedelta(days=2) else f"{long.days} d"


@dataclass(frozen=True, slots=True)
class Calendar:
    """Shows times as seen from `now`, in `zone` (None = this machine's)."""

    now: datetime
    zone: tzinfo | None = None

    def relative(self, iso: str | None) -> str:
        """`5 min ago` or `in 3 h`; '' for no time."""
        if not iso:
            return ""
        away = datetime.fromisoformat(iso) - self.now
        if abs(away) < timedelta(seconds=1):
            return "now"
        return f"in {rough(away)}" if away > timedelta(0) else f"{rough(away)} ago"

    def local(self, iso: str | None) -> str:
        """`2026-11-23 21:40` in the local zone; '' for no time."""
        return f"{datetime.fromisoformat(iso).astimezone(self.zone):%Y-%m-%d %H:%M}" if iso else ""

    def both(self, iso: str | None) -> str:
        """`2026-11-23 21:40 (5 min ago)`; '' for no time."""
        return f"{self.local(iso)} ({self.relative(iso)})" if iso else ""

    def is_past(self, iso: str | None) -> bool:
        """Whether that time has come."""
        return bool(iso) and datetime.fromisoformat(str(iso)) <= self.now
