"""Reads `workflows/<name>.yaml` into a `Workflow`; the name of the file is the name of the process.

Called by `settings`. The shape is read here; whether the process can work is `domain.workflow_check`'s question.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from intakebot.config.reader import Problems, Section
from intakebot.domain.workflow import State, StateKind, TimerRule, Transition, Verb, Workflow
from intakebot.domain.workflow_check import check_variants, check_workflow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from intakebot.domain.positions import Node

SCHEMA = "intakebot.workflow/1"


def read_workflows(nodes: Mapping[str, Node], problems: Problems) -> dict[str, Workflow]:
    """All processes by name, checked one by one and against each other."""
    workflows = {}
    for name, node in nodes.items():
        shape = Problems()
        workflows[name] = _read_workflow(name, node, shape)
        problems.extend(shape.found or check_workflow(workflows[name]))
    problems.extend(check_variants(workflows))
    return workflows


def _read_workflow(name: str, node: Node, problems: Problems) -> Workflow:
    with Section(node, problems, "") as file:
        file.one_of("schema", {SCHEMA}, "schema")
        return Workflow(
            name=name,
            title=file.text("title"),
            states={state: _read_state(state, section) for state, section in file.sections("states")},
            transitions=tuple(_read_transition(section) for section in file.items("transitions")),
            verbs=_read_verbs(file.section("verbs")),
            timers=tuple(_read_timer(section) for section in file.items("timers")),
            variants=_read_variants(file.section("variants")),
            place=node.place,
        )


def _read_state(name: str, section: Section) -> State:
    with section:
        return State(name, section.member("kind", StateKind), section.place, rest=section.flag("rest", default=True))


def _read_transition(section: Section) -> Transition:
    with section:
        return Transition(
            sources=section.texts("from"),
            action=section.text("action"),
            target=section.text("to"),
            guards=section.texts("guards", ()),
            event=section.text("event"),
            place=section.place,
            target_without_owner=section.text("without_owner_to") if section.has("without_owner_to") else "",
            closes_when_sent=section.flag("closes_when_sent", default=False),
        )


def _read_verbs(section: Section) -> dict[Verb, str]:
    with section:
        return {verb: section.text(verb.value) for verb in Verb if section.has(verb.value)}


def _read_timer(section: Section) -> TimerRule:
    with section:
        return TimerRule(
            state=section.text("state"),
            action=section.text("action"),
            after=section.span("after"),
            place=section.place,
            business_days=section.flag("business_days", default=False),
        )


def _read_variants(section: Section) -> dict[str, str]:
    with section:
        return {root: section.text(root) for root in section.names()}
