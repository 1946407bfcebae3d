"""Show a calendar part (RFC 5545) as text: what, when, where, and by whom.

Called by `content`. The only module that knows icalendar, which is loaded when the first invitation comes.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from intakebot.reading.charset import clean_text, decode

if TYPE_CHECKING:
    from icalendar import Component

MAX_CALENDAR: Final = 128 * 1024  # bytes
_MAX_EVENTS: Final = 10
_MAX_TEXT: Final = 20_000
_SHOWN: Final = ("VEVENT", "VTODO", "VJOURNAL")
_METHODS: Final = {"REQUEST": "Invitation", "CANCEL": "Cancelled", "REPLY": "Answer to an invitation"}


def invitation_text(content: bytes, charset: str = "") -> str:
    """Return the events of a calendar in words, at most ten.

    Raises ValueError, or what icalendar raises on hostile nesting: the caller attempts this.
    """
    from icalendar import Calendar  # noqa: PLC0415 - see the module's text

    if len(content) > MAX_CALENDAR:
        raise ValueError("too large")
    calendar = Calendar.from_ical(decode(content, charset))
    heading = _METHODS.get(_line(calendar, "METHOD").upper(), "Calendar")
    found = [_event(heading, each) for each in calendar.walk() if each.name in _SHOWN]
    return "\n\n".join(found[:_MAX_EVENTS])[:_MAX_TEXT]


def _event(heading: str, event: Component) -> str:
    pairs = (
        (heading, _line(event, "SUMMARY")),
        ("When", _span(event)),
        ("Repeats", _rule(event)),
        ("Where", _line(event, "LOCATION")),
        ("Organiser", _organiser(event)),
    )
    lines = [f"{name}: {value}" for name, value in pairs if value]
    words = clean_text(str(event.get("DESCRIPTION", ""))).strip()
    return "\n".join(lines) + (f"\n\n{words}" if words else "")


def _span(event: Component) -> str:
    moments = [_moment(event, name) for name in ("DTSTART", "DTEND", "DUE")]
    return " - ".join(moment for moment in moments if moment)


def _moment(event: Component, name: str) -> str:
    value = getattr(event.get(name), "dt", None)
    if isinstance(value, datetime):
        zone = event[name].params.get("TZID") or (value.tzname() or "")
        return f"{value:%Y-%m-%d %H:%M} {zone}".strip()
    return value.isoformat() if isinstance(value, date) else ""


def _rule(event: Component) -> str:
    rule = event.get("RRULE")
    return rule.to_ical().decode("utf-8", "replace") if rule is not None and hasattr(rule, "to_ical") else ""


def _organiser(event: Component) -> str:
    written = _line(event, "ORGANIZER")
    return written[len("mailto:") :] if written.lower().startswith("mailto:") else written


def _line(component: Component, name: str) -> str:
    return " ".join(clean_text(str(component.get(name, ""))).split())
