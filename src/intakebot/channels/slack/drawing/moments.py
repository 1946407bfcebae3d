"""Times as answers of the house give them (ISO text), and how far away they are, in words. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def at(text: object) -> datetime | None:
    """A time out of an answer; None for none and for what is none. Without a zone it is UTC."""
    if not isinstance(text, str) or not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def span(length: timedelta) -> str:
    """A length of time in one word and a half: `less than a minute`, `12 min`, `3 h`, `4 days`."""
    length = abs(length)
    if length < _MINUTE:
        return "less than a minute"
    if length < _HOUR:
        return f"{length // _MINUTE} min"
    if length < 2 * _DAY:
        return f"{length // _HOUR} h"
    return f"{length // _DAY} days"


def until(moment: datetime, now: datetime) -> str:
    """`in 3 h`, or `3 h ago`."""
    return f"in {span(moment - now)}" if moment >= now else f"{span(now - moment)} ago"


def is_over(moment: datetime | None, now: datetime) -> bool:
    """Whether a promised time has passed."""
    return moment is not None and moment < now
