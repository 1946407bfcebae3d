"""The one order of stages, and what is looked up between them: guard, identify, classify, flag, route.

`assess` runs it on a contact that has come in, `rehearsal` on one that came in long ago. Both decide by this function,
so what a dry run says is what would have happened; they differ in `Between` only, which looks things up or remembers
what was found then.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from intakebot.rules.decide import Deliberation, ends
from intakebot.rules.facts import Facts
from intakebot.rules.model import Decision


class Between(Protocol):
    """What the rules are told between the stages."""

    def identified(self, lookup: Mapping[str, Any]) -> Facts:
        """What identification found; `lookup` is what the identify stage wants looked up."""

    def continues_a_case(self) -> bool:
        """Whether the contact is appended to the case of its thread, so that nothing is left to classify."""

    def variant(self, category: str) -> str:
        """The workflow that a contact of this category follows."""

    def shares_a_topic(self, decision: Decision) -> bool:
        """Whether the contact is appended to a case on the same topic, so that nothing is left to route."""


def run_rules(rules: Deliberation, between: Between) -> str:
    """Run the stages for a new contact; returns the name of the last one that ran."""
    if ends(rules.decide("guard")):
        return "guard"
    lookup: Any = rules.decide("identify").outcome.get("lookup")
    rules.learn(between.identified(lookup or {}))
    if between.continues_a_case():
        return "identify"
    category = str(rules.decide("classify").outcome.get("category", ""))
    rules.learn({"case.workflow": between.variant(category)})
    rules.decide("flag")
    if between.shares_a_topic(rules.decision):
        return "flag"
    rules.decide("route")
    return "route"
