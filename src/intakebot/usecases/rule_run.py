"""The one order of stages, and what is looked up between them: guard, identify, classify, flag, route.

`assess` runs it on a contact that has come in, `rehearsal` on one that came in long ago. Both decide by this function,
so what a dry run says is what would have happened; they differ in `Between` only, which looks things up or remembers
what was found then.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from intakebot.domain.workflow import Workflow, base_process, variant_for
from intakebot.rules.decide import Deliberation, ends
from intakebot.rules.facts import Fact, Facts
from intakebot.usecases.assessment import business_object_of
from intakebot.usecases.facts import business_object_facts
from intakebot.usecases.parts import with_own_part

FOUND_ON_THE_WAY = frozenset({"case.workflow", "business_object", "business_object.reference"})
"""Facts that follow from the classification although no stage decides them (`_classified`)."""


class Between(Protocol):
    """What the rules are told between the stages."""

    def identified(self, asked: Mapping[str, Any]) -> Facts:
        """What identification found; `asked` is what the identify stage says: `lookup`, `agreement`."""

    def continues_a_case(self) -> bool:
        """Whether the contact is appended to the case of its thread, so that nothing is left to classify."""

    def workflow_for(self, named: str, category: str) -> str:
        """The workflow that a contact of this category follows; `named` is the one that a rule names, if any."""

    def shares_a_topic(self, outcome: Mapping[str, Any], *, classified: bool) -> bool:
        """Whether it is appended to a case on the same topic; `classified`: by a rule, and not by the default."""


def run_rules(rules: Deliberation, between: Between) -> str:
    """Run the stages for a new contact; returns the name of the last one that ran."""
    if ends(rules.decide("guard")):
        return "guard"
    rules.learn(between.identified(rules.decide("identify").outcome))
    if between.continues_a_case():
        return "identify"
    trace = rules.decide("classify")
    rules.learn(_classified(trace.outcome, between))
    if between.shares_a_topic(with_own_part(rules.decision.outcome), classified=trace.result == "matched"):
        return "classify"
    rules.decide("flag")
    rules.decide("route")
    return "route"


def _classified(outcome: Mapping[str, Any], between: Between) -> Facts:
    """What later stages know by the classification beside what it says."""
    whole = with_own_part(outcome)
    named, category = str(whole.get("workflow", "")), str(whole.get("category", ""))
    facts: dict[str, Fact] = {"case.workflow": between.workflow_for(named, category)}
    return facts | business_object_facts(business_object_of(whole))


def workflow_named(workflows: Mapping[str, Workflow], workflow: str, named: str, category: str) -> str:
    """The process of a contact that came in for `workflow`; a variant by name leaves the category no say."""
    if named in workflows and base_process(workflows, named).name != named:
        return named
    return variant_for(workflows, named if named in workflows else workflow, category)
