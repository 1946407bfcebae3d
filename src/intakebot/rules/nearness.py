"""Near misses: rules of which all conditions hold but one, so that a person sees what a word would have changed.

Called by `reasons`, when somebody asks; deciding does not come here, because every rule of a stage is looked at.
A rule of one condition is never near: whatever does not hold would be. Neither is one of which nothing holds but
what most messages have in common: their process, channel or language.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from itertools import islice

from intakebot.rules.explain import first_false
from intakebot.rules.model import AllOf, AnyOf, Atom, Condition, NotOf, Rule, Ruleset, Stage, is_about, leaves
from intakebot.rules.truths import Truths

MOST = 5
"""Near misses of one stage that are shown."""
_COMMON = frozenset({"case.workflow", "channel", "language"})
_FAR: tuple[int, Condition | None] = (0, None)


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
    near: list[tuple[int, Condition, Rule]] = []
    for rule in stage.rules:
        if rule.mode == "live" and event in rule.on and isinstance(rule.condition, (AllOf, AnyOf)):
            held, missing = _nearest(rule.condition, truths, ruleset.atoms)
            if missing is not None:
                near.append((held, missing, rule))
    near.sort(key=lambda each: -each[0])
    sayable = (each for each in near if not _reads(each[2].condition, ruleset, unknown))
    return [
        NearMiss(rule, held, first_false(missing, truths, ruleset)) for held, missing, rule in islice(sayable, MOST)
    ]


def _reads(condition: Condition, ruleset: Ruleset, fields: Container[str]) -> bool:
    return any(ruleset.atoms[leaf.atom].field in fields for leaf in leaves(condition))


def _nearest(condition: AllOf | AnyOf, truths: Truths, atoms: Sequence[Atom]) -> tuple[int, Condition | None]:
    """How many conditions hold, and the only one that does not; None when the rule matches or is further away."""
    if isinstance(condition, AllOf):
        return _but_one(condition, truths, atoms)
    near: tuple[int, Condition | None] = _FAR
    for alternative in condition.parts:
        found = _but_one(alternative, truths, atoms) if isinstance(alternative, AllOf) else _FAR
        if truths.holds(alternative):
            return _FAR
        if found[1] is not None and found[0] > near[0]:
            near = found
    return near


def _but_one(condition: AllOf, truths: Truths, atoms: Sequence[Atom]) -> tuple[int, Condition | None]:
    held, missing = 0, None
    for part in _parts(condition):
        if truths.holds(part):
            # That something is absent holds for nearly every message, so it makes no rule a near one.
            held += not isinstance(part, NotOf) and not is_about(part, _COMMON, atoms)
        elif missing is None:
            missing = part
        else:
            return _FAR
    return (held, missing) if held else _FAR


def _parts(condition: AllOf) -> Sequence[Condition]:
    """The conditions that must all hold, however they are nested."""
    if not any(isinstance(part, AllOf) for part in condition.parts):
        return condition.parts
    return [inner for part in condition.parts for inner in (_parts(part) if isinstance(part, AllOf) else (part,))]
