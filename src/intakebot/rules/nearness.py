"""Near misses: rules of which all conditions hold but one, so that a person sees what a word would have changed.

Called by `reasons`, when somebody asks; deciding does not come here, because every rule of a stage is looked at.
A rule of one condition is never near: whatever does not hold would be.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass

from intakebot.rules.explain import first_false
from intakebot.rules.model import AllOf, AnyOf, Condition, NotOf, Rule, Ruleset, Stage, leaves
from intakebot.rules.truths import Truths

MOST = 5
"""Near misses of one stage that are shown."""


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A rule that would have matched but for one condition, and the sentence that names it with its actual value.

    `held` counts the conditions that do hold.
    """

    rule: Rule
    held: int
    sentence: str


def near_misses(
    stage: Stage, truths: Truths, ruleset: Ruleset, event: str, unknown: Container[str] = frozenset()
) -> list[NearMiss]:
    """At most `MOST` of the stage's live rules, those with most conditions that hold first, else in file order.

    Rules that read a field in `unknown` (one that is not kept, so that nobody can say what it was) are left out.
    """
    found: list[NearMiss] = []
    for rule in stage.rules:
        if rule.mode != "live" or event not in rule.on:
            continue
        near = _nearest(rule.condition, truths)
        if near and not _reads(rule.condition, ruleset, unknown):
            held, missing = near
            found.append(NearMiss(rule, held, first_false(missing, truths, ruleset)))
    return sorted(found, key=lambda miss: -miss.held)[:MOST]


def _reads(condition: Condition, ruleset: Ruleset, fields: Container[str]) -> bool:
    return any(ruleset.atoms[leaf.atom].field in fields for leaf in leaves(condition))


def _nearest(condition: Condition, truths: Truths) -> tuple[int, Condition] | None:
    """How many conditions hold, and the only one that does not; None when the rule matches or is further away."""
    if not isinstance(condition, (AllOf, AnyOf)) or truths.holds(condition):
        return None
    alternatives = condition.parts if isinstance(condition, AnyOf) else (condition,)
    near = [found for each in alternatives if isinstance(each, AllOf) and (found := _but_one(each, truths))]
    return max(near, key=lambda found: found[0], default=None)


def _but_one(condition: AllOf, truths: Truths) -> tuple[int, Condition] | None:
    held, missing = 0, None
    for part in _parts(condition):
        if truths.holds(part):
            # That something is absent holds for nearly every message, so it makes no rule a near one.
            held += not isinstance(part, NotOf)
        elif missing is None:
            missing = part
        else:
            return None
    return (held, missing) if held and missing else None


def _parts(condition: AllOf) -> Iterator[Condition]:
    """The conditions that must all hold, however they are nested."""
    for part in condition.parts:
        if isinstance(part, AllOf):
            yield from _parts(part)
        else:
            yield part
