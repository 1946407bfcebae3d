"""Reads `agreements/*.yaml`: calendars, agreement policies, and the policy that holds without an agreement.

Called by `settings`. All files count as one: a policy may use a calendar of another file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, time
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from intakebot.config.reader import Problems, Section, nearest
from intakebot.domain.calendar import ALWAYS, Calendar
from intakebot.domain.organisation import AgreementPolicy
from intakebot.domain.positions import Node, Place

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

SCHEMA = "intakebot.agreements/1"
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_OPENING = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-(?:([01][0-9]|2[0-3]):([0-5][0-9])|24:00)")
_DAY_RANGE = re.compile(f"({'|'.join(_DAYS)})(?:-({'|'.join(_DAYS)}))?")

Opening = tuple[time, time]


@dataclass(frozen=True, slots=True)
class Agreements:
    """What the agreement files say together."""

    calendars: Mapping[str, Calendar]
    policies: Mapping[str, AgreementPolicy]
    default_policy: str


def read_agreements(nodes: Mapping[str, Node], problems: Problems) -> Agreements:
    """Calendars first, then the policies that use them, over all files in name order."""
    files = [Section(node, problems, "") for node in nodes.values()]
    calendars = {ALWAYS.name: ALWAYS}
    policies: dict[str, AgreementPolicy] = {}
    defaults: list[tuple[Section, str]] = []
    for file in files:
        for name, section in file.sections("calendars"):
            _refuse_repeat(section, name, calendars)
            calendars[name] = _read_calendar(name, section)
    for file in files:
        with file:
            file.one_of("schema", {SCHEMA}, "schema")
            for name, section in file.sections("policies"):
                _refuse_repeat(section, name, policies)
                policies[name] = _read_policy(name, section, calendars)
            if file.has("default_policy"):
                defaults.append((file, file.text("default_policy")))
    return Agreements(calendars, policies, _default_policy(defaults, policies, problems))


def _refuse_repeat(section: Section, name: str, known: Collection[str]) -> None:
    if name in known:
        section.report(section.place, "this name is taken")


def _default_policy(defaults: list[tuple[Section, str]], policies: Collection[str], problems: Problems) -> str:
    if not defaults:
        problems.add(Place("agreements", 0), "no file names the default_policy, which holds without an agreement")
        return ""
    for file, name in defaults:
        if name not in policies:
            file.report(
                file.place_of("default_policy"), f"default_policy: unknown policy {name!r}; {nearest(name, policies)}"
            )
    for file, _ in defaults[1:]:
        file.report(file.place_of("default_policy"), "default_policy: another file names one already")
    return defaults[0][1]


def _read_policy(name: str, section: Section, calendars: Mapping[str, Calendar]) -> AgreementPolicy:
    with section:
        calendar = section.one_of("calendar", calendars, "calendar", ALWAYS.name)
        if calendar and calendars[calendar].hours:
            for key in ("respond_within", "solve_within"):
                _refuse_days(section, key)
        return AgreementPolicy(
            name=name,
            tier=section.text("tier") if section.has("tier") else "",
            respond_within=section.span("respond_within"),
            solve_within=section.span("solve_within"),
            calendar=calendar,
        )


def _refuse_days(section: Section, key: str) -> None:
    """On a calendar with opening hours only open time counts: `5d` would be 120 open hours, not five days."""
    node = section.node(key)
    if node is not None and str(node.value).endswith("d"):
        section.report(node.place, f"{key}: write open time in hours; 1d would be 24 open hours")


def _read_calendar(name: str, section: Section) -> Calendar:
    with section:
        zone = section.one_of("zone", available_timezones(), "time zone")
        hours = _read_hours(section.section("hours"))
        if not any(hours.values()):
            section.report(section.place, "no opening hours; the calendar 'always' is there already")
        holidays = frozenset(_read_holidays(section))
        return Calendar(name, zone or "UTC", hours, holidays)


def _read_hours(section: Section) -> dict[int, tuple[Opening, ...]]:
    hours: dict[int, tuple[Opening, ...]] = {}
    with section:
        for key in section.names():
            openings = _read_openings(section, key)
            for day in _weekdays(section, key):
                if day in hours:
                    section.report(section.place_of(key), f"{_DAYS[day]} is there twice")
                hours[day] = openings
    return hours


def _weekdays(section: Section, key: str) -> range:
    found = _DAY_RANGE.fullmatch(key)
    if found is None:
        section.report(section.place_of(key), f"{key!r} is no day; write mon to sun, or a range like mon-fri")
        return range(0)
    first = _DAYS.index(found[1])
    return range(first, _DAYS.index(found[2] or found[1]) + 1)


def _read_openings(section: Section, key: str) -> tuple[Opening, ...]:
    openings = sorted(opening for text in section.texts(key) if (opening := _opening(section, key, text)))
    if any(earlier[1] == time.min or later[0] < earlier[1] for earlier, later in pairwise(openings)):
        section.report(section.place_of(key), f"{key}: opening hours overlap")
    return tuple(openings)


def _opening(section: Section, key: str, text: str) -> Opening | None:
    found = _OPENING.fullmatch(text)
    if found is None:
        section.report(section.place_of(key), f"{key}: expected hours like 09:00-17:00, found {text!r}")
        return None
    opens = time(int(found[1]), int(found[2]))
    closes = time(int(found[3]), int(found[4])) if found[3] else time.min
    if closes != time.min and closes <= opens:
        section.report(section.place_of(key), f"{key}: {text} ends before it begins")
    return opens, closes


def _read_holidays(section: Section) -> list[date]:
    days = []
    for text in section.texts("holidays", ()):
        try:
            days.append(date.fromisoformat(text))
        except ValueError:
            section.report(section.place_of("holidays"), f"holidays: {text!r} is no day like 2026-12-25")
    return days
