"""Parts: the further cases that a rule makes of one contact, each decided for itself. Pure; `further_case` opens them.

The contact's own case is the parent. Where the rule names no category, the first part is that case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from intakebot.domain.workflow import variant_for
from intakebot.rules.decide import Deliberation
from intakebot.rules.model import Ruleset
from intakebot.usecases.house import House
from intakebot.usecases.rules_in_force import LOOKED_AT_AGAIN
from intakebot.usecases.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Part:
    """One matter among several: what it is called, what it is about, its process, and what the rules say of it."""

    title: str
    category: str
    workflow: str
    verdict: Verdict

    @property
    def sentence(self) -> str:
        """The line of the stored explanation."""
        return f"a further case of the same contact: {self.title} ({self.category})"


def own_part(outcome: Mapping[str, Any]) -> dict[str, Any]:
    """What the contact's own case takes from a split without a category: title and category of the first part."""
    split = list(outcome.get("split") or ())
    if not split or outcome.get("category"):
        return {}
    first = {name: value for name, value in split[0].items() if name in ("title", "category")}
    return first | {"split": split[1:]}


def with_own_part(outcome: Mapping[str, Any]) -> dict[str, Any]:
    """An outcome as it counts for the contact's own case."""
    return {**outcome, **own_part(outcome)}


def parts_of(
    house: House, ruleset: Ruleset, outcome: Mapping[str, Any], facts: Mapping[str, Any], workflow: str
) -> tuple[Part, ...]:
    """The parts beside the contact's own case, in the order of the rule."""
    return tuple(_part(house, ruleset, part, outcome, facts, workflow) for part in outcome.get("split") or ())


def _part(
    house: House,
    ruleset: Ruleset,
    part: Mapping[str, Any],
    outcome: Mapping[str, Any],
    facts: Mapping[str, Any],
    workflow: str,
) -> Part:
    category = str(part.get("category") or outcome.get("category") or "")
    its_own = variant_for(house.organisation.workflows, workflow, category)
    own = {name: fact for name, fact in facts.items() if name not in ("tags", "priority")}
    deliberation = Deliberation(own | {"category": category, "case.workflow": its_own}, ruleset)
    for stage in LOOKED_AT_AGAIN:
        deliberation.decide(stage)
    decision = deliberation.decision
    verdict = Verdict("created", decision.outcome, decision.stages, decision.ruleset_hash)
    return Part(str(part["title"]), category, its_own, verdict)
