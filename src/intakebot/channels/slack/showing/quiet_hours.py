"""When an agent is told something by direct message: at once, when their quiet hours end, or never. Pure.

Hours are meant as the clock on the agent's wall shows them, through every change to and from summer time: what is
told is never told while that clock stands within the quiet hours.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from intakebot.domain.chat import Preferences


def when_to_tell(wants: Preferences, notice: str, now: datetime) -> datetime | None:
    """When to tell: `now`, a later moment, or None for never.

    Args:
        wants: The agent's preferences. Hours or a zone that nobody understands keep nothing quiet.
        notice: What it is about (`assigned`, `answered`, `due-soon`, `overdue`, `not-delivered`).
        now: Aware; the answer is in its zone or UTC.
    """
    if notice in wants.muted:
        return None
    start, end, zone = _hour(wants.quiet_from), _hour(wants.quiet_to), _zone(wants.zone)
    if start is None or end is None or start == end:
        return now
    moment = now
    while _within(moment, start, end, zone):  # more than once where the clock jumps over the whole of the loud hours
        moment = _next(end, zone, moment)
    return moment


def _within(moment: datetime, start: time, end: time, zone: tzinfo) -> bool:
    """Whether the clock on the wall stands in the hours; they may go over midnight."""
    shown = moment.astimezone(zone).time()
    return start <= shown < end if start < end else shown >= start or shown < end


def _next(hour: time, zone: tzinfo, now: datetime) -> datetime:
    """The first moment after `now` at which the clock on the wall shows `hour` (or has jumped over it)."""
    today = now.astimezone(zone).date()
    shown = [datetime.combine(today + day, hour) for day in (timedelta(0), timedelta(days=1))]
    moments = [
        moment
        for wall in shown
        for fold in (0, 1)
        if _wall(moment := wall.replace(tzinfo=zone, fold=fold).astimezone(UTC), zone) >= wall
    ]
    return min(moment for moment in moments if moment > now)


def _wall(moment: datetime, zone: tzinfo) -> datetime:
    """What the clock on the wall shows. In a night that it jumps over an hour, one of two readings comes too early."""
    return moment.astimezone(zone).replace(tzinfo=None)


def _hour(text: str) -> time | None:
    try:
        return time.fromisoformat(text).replace(tzinfo=None) if text else None
    except ValueError:
        return None


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):  # no zone of that name, a folder's name, or no name at all
        return UTC
