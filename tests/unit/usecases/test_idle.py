"""When a case counts as idle, and which rules wait for it."""

from __future__ import annotations

from typing import Any

from intakebot.usecases.rules_in_force import RulesInForce
from unit.rules.nodes import rule, ruleset_of


def waits(*rules: Any) -> tuple[float, ...]:
    return RulesInForce(ruleset_of(flag={"rules": list(rules)})).idle_hours


def idle(name: str, when: Any, **more: Any) -> Any:
    return rule(name, when, {"tags": ["a"]}, **({"on": "idle"} | more))


def test_every_number_of_hours_that_an_idle_rule_wants_exceeded_counts_once_shortest_first() -> None:
    deep = {"all": [{"any": [{"case.idle_hours": {"gt": 72}}, {"case.idle_hours": {"gt": 8.5}}]}, {"channel": "email"}]}
    assert waits(idle("a", {"case.idle_hours": {"gt": 48}}), idle("b", deep), idle("c", deep)) == (8.5, 48, 72)


def test_rules_on_other_events_and_other_comparisons_wait_for_nothing() -> None:
    appended = idle("a", {"case.idle_hours": {"gt": 48}}, on="appended")
    assert waits(appended, idle("b", {"case.idle_hours": {"lt": 5}}), idle("c", {"channel": "email"})) == ()


def test_only_the_stages_that_look_again_name_events() -> None:
    guard = rule("g", {"channel": "email"}, {"disposition": "machine"}, on="appended")
    route = rule("r", {"channel": "email"}, {"queue": "support"}, on=["created", "state"])
    in_force = RulesInForce(ruleset_of(guard={"rules": [guard]}, route={"rules": [route]}))
    assert in_force.events == {"state"}
    assert in_force.idle_hours == ()
