"""Verdict: what the rules say about a case that exists, when a contact continues it, it moves, or nobody touches it.

Only the stages flag and route are asked; the defaults of a stage answer new cases only. Called by `assess` and
`look_again`. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from intakebot.domain.actors import Actor
from intakebot.domain.case import plain
from intakebot.rules.decide import Deliberation
from intakebot.rules.explain import explain
from intakebot.rules.model import Decision, Ruleset, StageTrace
from intakebot.usecases.rules_in_force import LOOKED_AT_AGAIN


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided on an event, stage by stage; `outcome` is all of it in one mapping."""

    event: str
    outcome: Mapping[str, Any]
    stages: tuple[StageTrace, ...]
    ruleset: str

    @property
    def spoken(self) -> bool:
        """Whether any rule matched, be it in shadow mode."""
        return any(stage.applied or stage.shadow for stage in self.stages if stage.stage in LOOKED_AT_AGAIN)

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that applied, in order."""
        return tuple(rule.id for stage in self.stages if stage.stage in LOOKED_AT_AGAIN for rule in stage.applied)

    @property
    def route(self) -> Mapping[str, Any]:
        """What the route stage says; empty where no rule of it matched."""
        trace = self._trace("route")
        return trace.outcome if trace and trace.applied else {}

    def by(self, stage: str) -> Actor:
        """The first rule that applied in a stage, else the first at all."""
        trace = self._trace(stage)
        return Actor.rule(trace.applied[0].id if trace and trace.applied else next(iter(self.rules), stage))

    def _trace(self, stage: str) -> StageTrace | None:
        return next((trace for trace in self.stages if trace.stage == stage), None)

    def trace(self) -> dict[str, Any]:
        """The stored explanation, as JSON-like data."""
        return {
            "event": self.event,
            "ruleset": self.ruleset,
            "stages": [stage.to_plain() for stage in self.stages],
            "sentences": list(explain(Decision(self.outcome, self.stages, self.ruleset))),
            "outcome": plain(dict(self.outcome)),
        }


def judge(ruleset: Ruleset, event: str, facts: Mapping[str, Any], spent: frozenset[str] = frozenset()) -> Verdict:
    """Ask the rules about a case that exists; `spent` names rules that have had their turn."""
    deliberation = Deliberation(facts, ruleset, event=event, spent=spent)
    for stage in LOOKED_AT_AGAIN:
        deliberation.decide(stage)
    decision = deliberation.decision
    return Verdict(event, decision.outcome, decision.stages, decision.ruleset_hash)
