"""Rules in figures: what looked at a case again counts as a hit, and not as a contact."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from intakebot.ports.history import Decided
from intakebot.usecases.rule_figures import coverage, report
from unit.rules.nodes import rule, ruleset_of

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def looked_again() -> Decided:
    applied = [{"id": "waits", "place": "main.yaml:1", "evidence": [], "captures": {}, "unfilled": []}]
    route = {"stage": "route", "result": "matched", "outcome": {"queue": "noc"}, "applied": applied, "shadow": []}
    trace: dict[str, Any] = {"event": "idle", "stages": [route]}
    return Decided(1, None, AT, trace, 7, 1001, "a", "noc", "", b"", b"", b"")


def test_a_rule_that_looked_at_a_case_again_is_reported() -> None:
    found = report([looked_again()], [])

    assert found["contacts"] == 0
    assert [(each["rule"], each["hits"]) for each in found["rules"]] == [("waits", 1)]


def test_a_rule_that_looked_at_a_case_again_is_covered() -> None:
    idle = rule("waits", {"case.idle_hours": {"gt": 1}}, {"queue": "noc"}, on="idle")

    found = coverage([looked_again()], ruleset_of(route={"rules": [idle]}))

    assert (found["contacts"], found["without_hits"]) == (0, [])
