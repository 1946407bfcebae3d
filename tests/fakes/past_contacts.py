"""Contacts of the past without a database: decided by the live function, packed as they are stored, and read again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from intakebot.domain.positions import Node, Place
from intakebot.domain.workflow import Workflow
from intakebot.ports.history import Decided
from intakebot.rules.decide import Deliberation
from intakebot.rules.model import Ruleset
from intakebot.usecases.past import past_contact
from intakebot.usecases.rehearsal import Past
from intakebot.usecases.rule_run import run_rules, workflow_named
from intakebot.usecases.seen_facts import Seen, packed_facts, stored_ruleset, unpacked_keys

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Letter:
    """What a contact says and is told; `looked_up` is what identification finds, whatever is asked."""

    said: Mapping[str, Any]
    given: Mapping[str, Any]
    looked_up: Mapping[str, Any]
    in_thread: bool = False
    on_topic: bool = False
    left_in: tuple[str, str] = ("", "")


@dataclass
class _Around:
    letter: Letter
    workflows: Mapping[str, Workflow]
    workflow: str = "crc"

    def identified(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: ARG002 - whatever is asked
        return self.letter.looked_up

    def continues_a_case(self) -> bool:
        return self.letter.in_thread

    def workflow_for(self, named: str, category: str) -> str:
        self.workflow = workflow_named(self.workflows, "crc", named, category)
        return self.workflow

    def shares_a_topic(self, outcome: Mapping[str, Any], *, classified: bool) -> bool:  # noqa: ARG002 - as it is told
        return classified and self.letter.on_topic


def node_of(value: Any, file: str = "main.yaml") -> Node:
    """Plain values as nodes, all in line 1."""
    place = Place(file, 1)
    if isinstance(value, dict):
        return Node({key: node_of(item, file) for key, item in value.items()}, place)
    if isinstance(value, (list, tuple)):
        return Node(tuple(node_of(item, file) for item in value), place)
    return Node(value, place)


def decided(letter: Letter, ruleset: Ruleset, workflows: Mapping[str, Workflow], number: int) -> Decided:
    """The letter decided by the live function, as storage gives it back."""
    given = {**letter.said, **letter.given, "case.workflow": "crc"}
    deliberation = Deliberation(given, ruleset)
    around = _Around(letter, workflows)
    ran = run_rules(deliberation, around)
    looked_up = {} if ran == "guard" else letter.looked_up
    seen = Seen(stored_ruleset(ruleset), given, looked_up, around.workflow, ran, deliberation)
    kept = packed_facts(seen, number, deliberation.decision.outcome, AT)[0]
    trace = json.loads(json.dumps({**deliberation.decision.to_plain(), "disposition": "open a case"}))
    category, queue = letter.left_in
    return Decided(
        number,
        number,
        AT,
        trace,
        number,
        number,
        category,
        queue,
        kept.rules.key,
        kept.facts,
        kept.told,
        kept.true_keys,
    )


def past_of(letters: Sequence[tuple[Letter, Ruleset]], workflows: Mapping[str, Workflow]) -> Past:
    """All letters, each decided by the ruleset of its time."""
    rulesets = {stored_ruleset(ruleset).key: ruleset for _, ruleset in letters}
    rows = [decided(letter, ruleset, workflows, 1001 + n) for n, (letter, ruleset) in enumerate(letters)]
    found = [pair for pair in map(past_contact, rows) if pair]
    tested = {key: frozenset(unpacked_keys(stored_ruleset(each).atoms)) for key, each in rulesets.items()}
    return Past([contact for contact, _ in found], [was for _, was in found], dict(rulesets), tested)
