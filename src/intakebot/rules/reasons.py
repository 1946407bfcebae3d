"""A decision laid out for people: per stage the rules that applied, the words they matched, and what nearly matched.

Called by the use cases for `rules explain`, `case why` and the view of the same in a chat, so that all of them say
the same. Works on traces as they are stored (`StageTrace.to_plain`), of a decision that was just made or of one of
last year. Nothing is decided here: outcomes are those of the trace.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from intakebot.rules.decide import outcome_facts
from intakebot.rules.explain import claim
from intakebot.rules.model import STAGES, Rule, Ruleset, Stage
from intakebot.rules.nearness import near_misses
from intakebot.rules.places import place_of
from intakebot.rules.truths import Truths

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from intakebot.domain.positions import Plain
    from intakebot.rules.facts import Facts

Seen: TypeAlias = "Mapping[str, Facts]"
"""What the rules saw, by the stage before which it was learned: the message before `guard`, look-ups later."""
ALSO_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Told:
    """A decision to lay out: what the rules saw, the rules it is compared with, and fields nobody kept.

    `ruleset` may be another than the one that decided: notes and near misses are then those of today's rules.
    """

    seen: Seen
    ruleset: Ruleset
    event: str = "created"
    unknown: Container[str] = field(default=frozenset())


def reasons(traces: Sequence[Mapping[str, Any]], told: Told) -> list[dict[str, Plain]]:
    """Each stage that ran, as JSON-like values.

    `stage`, `result`, `outcome`; `rules` that applied (`id`, `note`, `place`, `because`, `captures`, `unfilled`);
    `conflicts`; `also`, `nearly` and `shadow` rules (`id`, `note`, `place`, and `sentence` or `outcome`); `also_more`
    and `shadow_more` count those left out. `because` has the `sentence` of each condition and the `place` of its
    words, or None.
    """
    truths = Truths({}, told.ruleset.atoms)
    known = {rule.id: rule for stage in told.ruleset.stages for rule in stage.rules}
    by_stage = {str(trace["stage"]): trace for trace in traces}
    laid_out: list[dict[str, Plain]] = []
    for name in STAGES:
        truths.learn(told.seen.get(name, {}))
        if name in by_stage:
            laid_out.append(_stage(by_stage[name], told, truths, known))
            truths.learn(outcome_facts(by_stage[name]["outcome"]))
    return laid_out


def _stage(trace: Mapping[str, Any], told: Told, truths: Truths, known: Mapping[str, Rule]) -> dict[str, Plain]:
    stage = told.ruleset.stage(trace["stage"])
    also = [_named(str(name), known) for name in trace["also"]]
    shadow = trace.get("shadow", ())  # older decisions know nothing of rules in shadow mode
    applied = {str(rule["id"]) for rule in trace["applied"]}
    return {
        "stage": stage.name,
        "result": trace["result"],
        "outcome": dict(trace["outcome"]),
        "rules": [_rule(rule, truths, known) for rule in trace["applied"]],
        "conflicts": list(trace["conflicts"]),
        "also": [*also[:ALSO_SHOWN]],
        "also_more": max(0, len(also) - ALSO_SHOWN),
        "nearly": [*_nearly(stage, told, truths, applied)],
        "shadow": [_named(rule["id"], known) | {"outcome": rule["outcome"]} for rule in shadow[:ALSO_SHOWN]],
        "shadow_more": max(0, len(shadow) - ALSO_SHOWN),
    }


def _rule(applied: Mapping[str, Any], truths: Truths, known: Mapping[str, Rule]) -> dict[str, Plain]:
    rule = known.get(applied["id"])
    return {
        "id": applied["id"],
        "note": rule.note if rule else "",
        "place": applied["place"],
        "because": [_because(evidence, truths) for evidence in applied["evidence"]],
        "captures": dict(applied["captures"]),
        "unfilled": list(applied["unfilled"]),
    }


def _because(evidence: Mapping[str, Any], truths: Truths) -> dict[str, Plain]:
    sentence = claim(evidence["field"], evidence["operator"], tuple(evidence["wanted"]))
    place = place_of(evidence, truths.facts.get(evidence["field"]))
    return {
        "sentence": f"not: {sentence}" if evidence["negated"] else sentence,
        "place": place.to_plain() if place else None,
    }


def _nearly(stage: Stage, told: Told, truths: Truths, applied: Container[str]) -> list[dict[str, Plain]]:
    """Nothing where nobody kept what the rules saw."""
    if not told.seen:
        return []
    found = near_misses(stage, truths, told.ruleset, told.event, told.unknown)
    return [
        {"id": miss.rule.id, "note": miss.rule.note, "place": str(miss.rule.place), "sentence": miss.sentence}
        for miss in found
        if miss.rule.id not in applied
    ]


def _named(name: str, known: Mapping[str, Rule]) -> dict[str, Plain]:
    """A rule by its id; a rule that is not there any more has no place."""
    rule = known.get(name)
    return {"id": name, "note": rule.note if rule else "", "place": str(rule.place) if rule else ""}
