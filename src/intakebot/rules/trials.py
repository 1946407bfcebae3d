"""Inline tests of rules, run one by one through the live matching, with what went wrong for each.

Called by the composition root for `rules test`. `check` runs the same tests when rules are loaded and only names
those that fail.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from intakebot.domain.positions import Place
from intakebot.rules.explain import first_false
from intakebot.rules.model import Rule, Ruleset, RuleTest
from intakebot.rules.truths import Truths


@dataclass(frozen=True, slots=True)
class Trial:
    """One inline test, run. `number` counts from 1 within its rule; `sentence` says why it failed, '' if it did not."""

    stage: str
    rule_id: str
    number: int
    place: Place
    expected: str
    sentence: str

    @property
    def passed(self) -> bool:
        """Whether the rule did what the test expects."""
        return not self.sentence


def run_trials(ruleset: Ruleset) -> Iterator[Trial]:
    """Every inline test of every rule, in file order."""
    for stage in ruleset.stages:
        for rule in stage.rules:
            for number, test in enumerate(rule.tests, start=1):
                expected = "match" if test.expect else "no_match"
                sentence = _failure(rule, test, ruleset)
                yield Trial(stage.name, rule.id, number, test.place, expected, sentence)


def untested(ruleset: Ruleset) -> list[str]:
    """The ids of rules without a test, in file order."""
    return [rule.id for stage in ruleset.stages for rule in stage.rules if not rule.tests]


def _failure(rule: Rule, test: RuleTest, ruleset: Ruleset) -> str:
    truths = Truths(test.given, ruleset.atoms)
    if truths.holds(rule.condition) == test.expect:
        return ""
    return first_false(rule.condition, truths, ruleset) if test.expect else "it matches"
