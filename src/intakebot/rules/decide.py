"""Deciding: facts and rules in, a decision with its reasons out. Pure, total, bounded.

Called by the use cases stage by stage (`decide_stage`), because looking up who a caller is comes between
the stages, and as a whole (`decide`) by dry runs and tests. A stage reads the message, what was looked up,
and the outcomes of earlier stages, never its own. Defaults answer a new case only: an event on a case that
exists must not move it because no rule spoke.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from intakebot.rules.facts import FIELDS, Fact, Facts
from intakebot.rules.folding import SCAN_CAP
from intakebot.rules.index import index_of
from intakebot.rules.model import (
    PRIORITIES,
    AppliedRule,
    Conflict,
    Decision,
    KnownAtoms,
    Rule,
    Ruleset,
    ShadowRule,
    Stage,
    StageTrace,
)
from intakebot.rules.patterns import LONGEST_CAPTURE
from intakebot.rules.truths import NOTHING_KNOWN, Truths

if TYPE_CHECKING:
    from intakebot.domain.positions import Node, Plain

PLACEHOLDER = re.compile(r"\{([A-Za-z_][\w.-]*)\}")
ENDING_DISPOSITIONS = frozenset({"machine", "refused"})


class _UnfilledError(Exception):
    """A `{name}` in an action has no value."""


def decide(facts: Facts, ruleset: Ruleset, *, event: str = "created", scan_cap: int = SCAN_CAP) -> Decision:
    """Run all stages in order; none after the guard has called the message machine mail or refused it.

    No more than `scan_cap` characters of a field are read.
    """
    deliberation = Deliberation(facts, ruleset, event=event, scan_cap=scan_cap)
    for stage in ruleset.stages:
        if ends(deliberation.decide(stage.name)):
            break
    return deliberation.decision


class Deliberation:
    """One message before the rules: the stages one after the other, with the host's look-ups in between.

    What was tested for one stage is not tested again for the next, unless `learn` changed the field. `known` is
    believed for the facts given here, until they are learned anew: only atoms that it does not know are tested.
    """

    def __init__(
        self,
        facts: Facts,
        ruleset: Ruleset,
        *,
        event: str = "created",
        known: KnownAtoms = NOTHING_KNOWN,
        spent: frozenset[str] = frozenset(),
        scan_cap: int = SCAN_CAP,
    ) -> None:
        """Begin with these facts; `spent` names rules that have had their turn and are passed over."""
        self._ruleset = ruleset
        self._event = event
        self._spent = spent
        self._index = index_of(ruleset)
        self._truths = Truths(facts, ruleset.atoms, known, self._index, scan_cap)
        self._traces: list[StageTrace] = []

    def learn(self, facts: Facts) -> None:
        """Add facts that later stages may read."""
        self._truths.learn(facts)

    def decide(self, stage_name: str) -> StageTrace:
        """Run one stage (one of `model.STAGES`); its outcome becomes facts of the later ones."""
        rules = self._index.stages[stage_name].rules(self._truths.candidates)
        if self._spent:
            rules = [rule for rule in rules if rule.id not in self._spent]
        trace = _decide(self._ruleset.stage(stage_name), rules, self._truths, self._event)
        self._traces.append(trace)
        self._truths.learn(outcome_facts(trace.outcome))
        return trace

    @property
    def facts(self) -> Facts:
        """All that is known by now: what was given, learned, and decided."""
        return self._truths.facts

    def true_keys(self) -> frozenset[int]:
        """The keys of all atoms that hold for the facts known by now, but for fields that stages decide.

        What is kept with a message, to decide it again by other rules (`known`). Asked at the end it speaks of the
        facts at the end: what was learned in between counts.
        """
        return self._truths.true_keys()

    @property
    def decision(self) -> Decision:
        """What the stages that ran so far decided."""
        outcome = {name: value for trace in self._traces for name, value in trace.outcome.items()}
        return Decision(outcome, tuple(self._traces), self._ruleset.hash)


def decide_stage(stage_name: str, facts: Facts, ruleset: Ruleset, event: str = "created") -> StageTrace:
    """Run one stage alone (one of `model.STAGES`)."""
    return Deliberation(facts, ruleset, event=event).decide(stage_name)


def ends(trace: StageTrace) -> bool:
    """Whether no later stage may run."""
    return trace.outcome.get("disposition") in ENDING_DISPOSITIONS


def outcome_facts(outcome: Mapping[str, Plain]) -> dict[str, Fact]:
    """What later stages may read of an outcome: category, priority, tags, disposition, support.

    Where a contact is split and has no category of its own, it has that of its first part.
    """
    facts: dict[str, Fact] = {}
    parts = outcome.get("split")
    first = parts[0] if isinstance(parts, list) and parts else None
    if isinstance(first, dict) and "category" in first:
        facts["category"] = str(first["category"])
    for name, value in outcome.items():
        if name in FIELDS and FIELDS[name].decided_in:
            facts[name] = tuple(str(each) for each in value) if isinstance(value, list) else str(value)
    return facts


def answers(rule: Rule, truths: Truths, event: str) -> bool:
    """Whether a rule applies to this event and these facts. Nothing applies to a closed case."""
    if event not in rule.on or (event != "created" and truths.facts.get("case.closed") is True):
        return False
    return truths.holds(rule.condition)


def _decide(stage: Stage, rules: Iterable[Rule], truths: Truths, event: str) -> StageTrace:
    answering = [rule for rule in rules if answers(rule, truths, event)]
    matched = [rule for rule in answering if rule.mode == "live"]
    shadow = tuple(_in_shadow(rule, truths) for rule in answering if rule.mode == "shadow")
    if not matched:
        return _default(stage, truths, event, shadow)
    applying, also = (matched[:1], matched[1:]) if stage.hit == "first" else (matched, [])
    outcome: dict[str, Plain] = {}
    applied: list[AppliedRule] = []
    conflicts: list[Conflict] = []
    for rule in applying:
        application, actions = _apply(rule, truths)
        applied.append(application)
        conflicts.extend(_merge(stage, rule, outcome, actions))
    also_ids = tuple(rule.id for rule in also)
    return StageTrace(stage.name, "matched", outcome, tuple(applied), also_ids, tuple(conflicts), shadow)


def _default(stage: Stage, truths: Truths, event: str, shadow: tuple[ShadowRule, ...]) -> StageTrace:
    default = stage.default
    if stage.name == "route" and default is not None and isinstance(default.value, Mapping):
        default = default.value.get(str(truths.facts.get("case.workflow", "")))
    if default is None or event != "created":
        return StageTrace(stage.name, "matched_nothing", {}, shadow=shadow)
    outcome, _ = _actions(default, truths, {})
    return StageTrace(stage.name, "defaulted", outcome, shadow=shadow)


def _in_shadow(rule: Rule, truths: Truths) -> ShadowRule:
    _, outcome = _apply(rule, truths)
    return ShadowRule(rule.id, rule.place, outcome)


def _apply(rule: Rule, truths: Truths) -> tuple[AppliedRule, dict[str, Plain]]:
    captures = truths.captures(rule.condition) if not truths.from_known or names_something(rule.then) else {}
    actions, unfilled = _actions(rule.then, truths, captures)
    evidence = tuple(dict.fromkeys(truths.evidence(rule.condition)))
    return AppliedRule(rule.id, rule.place, evidence, captures, unfilled), actions


def names_something(then: Node) -> bool:
    """Whether an action may hold the name of a capture."""
    if isinstance(then.value, str):
        return "{" in then.value
    parts = then.value.values() if isinstance(then.value, Mapping) else then.value
    return isinstance(parts, Collection) and any(map(names_something, parts))


def _actions(then: Node, truths: Truths, captures: Mapping[str, str]) -> tuple[dict[str, Plain], tuple[str, ...]]:
    """The actions with their `{names}` filled in, and the names of those that could not be."""
    actions: dict[str, Plain] = {}
    unfilled: list[str] = []
    for name, node in then.value.items() if isinstance(then.value, Mapping) else ():
        try:
            actions[name] = _filled(node, truths, captures)
        except _UnfilledError:
            unfilled.append(name)
    return actions, tuple(unfilled)


def _filled(node: Node, truths: Truths, captures: Mapping[str, str]) -> Plain:
    if isinstance(node.value, Mapping):
        return {key: _filled(value, truths, captures) for key, value in node.value.items()}
    if isinstance(node.value, tuple):
        return [_filled(item, truths, captures) for item in node.value]
    if isinstance(node.value, str):
        return PLACEHOLDER.sub(lambda found: _named(found[1], truths, captures), node.value)
    return node.value


def _named(name: str, truths: Truths, captures: Mapping[str, str]) -> str:
    if name in captures:
        return captures[name]
    value = truths.facts.get(name)
    if value is None or isinstance(value, tuple):
        raise _UnfilledError(name)
    return str(value)[:LONGEST_CAPTURE]


def _merge(stage: Stage, rule: Rule, outcome: dict[str, Plain], actions: Mapping[str, Plain]) -> Iterator[Conflict]:
    """Join one rule's actions into the stage's outcome."""
    for name, value in actions.items():
        if name not in outcome:
            outcome[name] = value
            continue
        kept, how = outcome[name], stage.merge.get(name)
        if how == "union" and isinstance(kept, list) and isinstance(value, list):
            outcome[name] = kept + [each for each in value if each not in kept]
        elif how == "max":
            outcome[name] = max(kept, value, key=_rank)
        elif how is None and kept != value:
            yield Conflict(name, rule.id, kept, value)


def _rank(value: Plain) -> float:
    """Priorities by their order, numbers by size, anything else below."""
    if isinstance(value, str) and value in PRIORITIES:
        return PRIORITIES.index(value)
    return float(value) if isinstance(value, (int, float)) else -1.0
