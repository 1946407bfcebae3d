"""Decisions in sentences for people: why, and why not.

Called by the CLI, the case page and `check`. Works on stored decisions (`explain`) or asks the live matching
again (`why_not`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from intakebot.rules.decide import answers, decide_stage, ends, outcome_facts
from intakebot.rules.model import (
    AllOf,
    AnyOf,
    AppliedRule,
    Condition,
    Decision,
    Evidence,
    Leaf,
    NotOf,
    Rule,
    Ruleset,
    Stage,
    StageTrace,
    spoken,
)
from intakebot.rules.operators import Scalar, phrase
from intakebot.rules.truths import Truths

if TYPE_CHECKING:
    from collections.abc import Iterable

    from intakebot.rules.facts import Facts

VALUES_SAID = 6
"""Values of a list that a sentence names."""


def explain(decision: Decision) -> list[str]:
    """One sentence for each rule that applied, each conflict, and each stage in which none did."""
    return [sentence for trace in decision.stages for sentence in _trace_sentences(trace)]


def why_not(rule_id: str, facts: Facts, ruleset: Ruleset, *, event: str = "created") -> str:
    """Why a rule did not apply: the first atom that is false and its actual value, or what came before it.

    Earlier stages are decided first, so that the facts are those the rule would have seen.
    """
    for stage in ruleset.stages:
        rule = next((rule for rule in stage.rules if rule.id == rule_id), None)
        if rule is not None:
            _, sentence = verdict(stage, rule, Truths(facts, ruleset.atoms), ruleset, event)
            return f"rule {rule.id} ({rule.place}) {sentence}"
        trace = decide_stage(stage.name, facts, ruleset, event)
        facts = {**facts, **outcome_facts(trace.outcome)}
        if ends(trace):
            return f"no stage runs after {stage.name}: disposition is {trace.outcome['disposition']}"
    return f"there is no rule {rule_id!r}"


def first_false(condition: Condition, truths: Truths, ruleset: Ruleset) -> str:
    """The first reason, in reading order, why a condition is false: an atom and its actual value."""
    match condition:
        case AllOf(parts):
            return first_false(next(part for part in parts if not truths.holds(part)), truths, ruleset)
        case AnyOf(parts) if spoken(condition, ruleset.atoms):
            # Only the words of the message's own language could have matched.
            own = (part for part in parts if truths.holds(_language(part)))
            return first_false(next(own, parts[0]), truths, ruleset)
        case AnyOf(parts):
            reason = first_false(parts[0], truths, ruleset)
            return reason if len(parts) == 1 else f"none of {len(parts)} alternatives holds; the first: {reason}"
        case NotOf(part):
            return f"it must not be that {_joined(truths.evidence(part))}"
        case Leaf(index):
            atom = ruleset.atoms[index]
            wanted = claim(atom.field, atom.operator, atom.wanted)
            present = bool(truths.entries(atom.field))
            actual = f"is {truths.shown(atom.field)!r}" if present else "is missing"
            return f"{atom.field} {actual}; wanted: {wanted}"


def _language(alternative: Condition) -> Condition:
    """What an alternative of a list that is divided by languages asks of the language."""
    return alternative.parts[0] if isinstance(alternative, AllOf) else alternative


def verdict(stage: Stage, rule: Rule, truths: Truths, ruleset: Ruleset, event: str) -> tuple[bool, str]:
    """Whether a rule applies where its stage has its turn, and the rest of a sentence that says why, or why not."""
    if event not in rule.on:
        return False, f"does not answer to the event {event}, only to {', '.join(rule.on)}"
    if not truths.holds(rule.condition):
        return False, f"did not match: {first_false(rule.condition, truths, ruleset)}"
    if not answers(rule, truths, event):
        return False, "did not apply: the case is closed"
    if rule.mode == "shadow":
        return False, "matches, but it is in shadow mode: what it would set is noted and not applied"
    earlier = next(each for each in stage.rules if each.mode == "live" and answers(each, truths, event))
    if stage.hit == "first" and earlier is not rule:
        return False, f"would match, but rule {earlier.id} ({earlier.place}) comes first in stage {stage.name}"
    return True, "applies"


def _trace_sentences(trace: StageTrace) -> list[str]:
    if trace.result == "matched_nothing":
        return [f"{trace.stage}: no rule matched"]
    if trace.result == "defaulted":
        return [f"{trace.stage}: no rule matched, the default applies; sets {_settings(trace)}"]
    sentences = [f"{trace.stage}: {_applied_sentence(rule)}" for rule in trace.applied]
    sentences[-1] += f"; sets {_settings(trace)}"
    if trace.also:
        sentences[-1] += f"; would also have matched: {', '.join(trace.also)}"
    return sentences + [
        f"{trace.stage}: conflict on {each.field}: kept {each.kept!r}, not {each.dropped!r} of {each.rule_id}"
        for each in trace.conflicts
    ]


def _applied_sentence(rule: AppliedRule) -> str:
    sentence = f"rule {rule.id} ({rule.place}) because {_joined(rule.evidence)}"
    if rule.unfilled:
        sentence += f"; left out for want of a value: {', '.join(rule.unfilled)}"
    return sentence


def _settings(trace: StageTrace) -> str:
    return ", ".join(f"{name}: {value}" for name, value in trace.outcome.items()) or "nothing"


def _joined(evidence: Iterable[Evidence]) -> str:
    return " and ".join(_evidence_sentence(each) for each in evidence)


def _evidence_sentence(each: Evidence) -> str:
    sentence = claim(each.field, each.operator, each.wanted)
    if each.negated:
        return f"not: {sentence}"
    if each.span and each.operator not in {"eq", "in", "not_in", "under"}:
        sentence += f" at {each.span[0]}-{each.span[1]}"
    return sentence


def claim(name: str, operator: str, wanted: tuple[Scalar, ...]) -> str:
    """What a condition asks for, in words: `body contains the words 'pump'`; of a long list its first values."""
    values = " or ".join(_value(value) for value in wanted[:VALUES_SAID])
    if len(wanted) > VALUES_SAID:
        values += f" or {len(wanted) - VALUES_SAID} more"
    return f"{name} {phrase(operator, wanted, values)}"


def _value(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)
