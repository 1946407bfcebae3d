"""Why a rule does not apply to a message: the first condition that is false, and its actual value.

Called by the use cases for `rules why-not`, on a decision that was made by the live path: the outcomes of earlier
stages are those of its traces, look-ups included.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from intakebot.domain.errors import NotFoundError
from intakebot.rules.decide import outcome_facts
from intakebot.rules.explain import verdict
from intakebot.rules.model import STAGES, Rule, Ruleset, Stage
from intakebot.rules.truths import Truths

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from intakebot.rules.reasons import Told

ALIKE = 3
"""Rules with a similar id that are proposed."""


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Whether a rule applies, and a sentence that says why not."""

    rule: Rule
    applies: bool
    sentence: str


def why_not_in(rule_id: str, traces: Sequence[Mapping[str, Any]], told: Told, ended: str) -> WhyNot:
    """Why a rule does not apply in a decision. `ended` says why stages without a trace did not run.

    Raises NotFoundError for an unknown rule, with those that it may have meant.
    """
    stage, rule = rule_named(rule_id, told.ruleset)
    by_stage = {str(trace["stage"]): trace for trace in traces}
    truths = Truths({}, told.ruleset.atoms)
    for name in STAGES[: STAGES.index(stage.name) + 1]:
        truths.learn(told.seen.get(name, {}))
        if name in by_stage and name != stage.name:
            truths.learn(outcome_facts(by_stage[name]["outcome"]))
    applies, sentence = verdict(stage, rule, truths, told.ruleset, told.event)
    if stage.name not in by_stage:
        applies, sentence = False, f"had no turn, because stage {stage.name} did not run: {ended}"
    return WhyNot(rule, applies, f"rule {rule.id} ({rule.place}) {sentence}")


def rule_named(rule_id: str, ruleset: Ruleset) -> tuple[Stage, Rule]:
    """A rule and its stage; raises NotFoundError."""
    rules = {rule.id: (stage, rule) for stage in ruleset.stages for rule in stage.rules}
    if rule_id not in rules:
        alike = get_close_matches(rule_id, rules, ALIKE)
        hint = f"; did you mean {' or '.join(alike)}?" if alike else "; the files in config/rules have their ids"
        raise NotFoundError(f"there is no rule {rule_id!r}{hint}")
    return rules[rule_id]
