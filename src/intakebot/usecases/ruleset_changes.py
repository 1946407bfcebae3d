"""Which contacts of the past may be decided differently by another ruleset. Pure; called by `rehearsal`.

Stage by stage: a contact can change only where a rule that differs holds for it now or then, where a default that
differs applied to it, or where an earlier stage may have changed it already. In a stage that stops at the first match,
a contact keeps its rule when that rule stands before everything that differs.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from intakebot.rules.decide import PLACEHOLDER
from intakebot.rules.model import AllOf, AnyOf, Atom, Condition, Leaf, NotOf, Rule, Ruleset, Stage, leaves
from intakebot.usecases.past_index import PastIndex


@dataclass(frozen=True, slots=True)
class RuleChange:
    """One rule that differs; None = it is not there."""

    old: Rule | None
    new: Rule | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two rulesets, and the rules of each stage that differ."""

    old: Ruleset
    new: Ruleset
    rules: tuple[tuple[RuleChange, ...], ...]

    @classmethod
    def of(cls, old: Ruleset, new: Ruleset) -> Comparison:
        """Compare stage by stage; a rule is known by its id, conditions by their keys."""
        stages = zip(old.stages, new.stages, strict=True)
        return cls(old, new, tuple(tuple(_changes(old, was, new, now)) for was, now in stages))

    def atoms(self) -> Iterator[Atom]:
        """The conditions of everything that differs."""
        for changes in self.rules:
            for change in changes:
                for rule, atoms in ((change.old, self.old.atoms), (change.new, self.new.atoms)):
                    yield from (atoms[leaf.atom] for leaf in leaves(rule.condition)) if rule else ()

    def touched(self, index: PastIndex) -> int:
        """The contacts that the new ruleset may decide differently, as bits; `index.scan` of `atoms()` comes first."""
        bits = 0
        for was, now, changes in zip(self.old.stages, self.new.stages, self.rules, strict=True):
            if (was.hit, dict(was.merge)) != (now.hit, dict(now.merge)):
                return index.everybody
            bits |= self._by_rules(index, was, now, changes)
            if (was.default and was.default.plain()) != (now.default and now.default.plain()):
                bits |= _without_rule(index, was.name)
        return bits

    def _by_rules(self, index: PastIndex, was: Stage, now: Stage, changes: tuple[RuleChange, ...]) -> int:
        live, shadow = 0, 0
        for change in changes:
            old = index.holds(change.old.condition, self.old.atoms, was.name) if change.old else 0
            new = index.holds(change.new.condition, self.new.atoms, was.name) if change.new else 0
            bits = old ^ new if _same_but_condition(change) else old | new
            if any(rule and rule.mode == "shadow" for rule in (change.old, change.new)):
                shadow |= bits  # it is noted wherever it matches, whatever stands before it
            else:
                live |= bits
        return shadow | (_behind_unchanged(index, was, now, changes, live) if was.hit == "first" and live else live)


def _behind_unchanged(index: PastIndex, was: Stage, now: Stage, changes: Sequence[RuleChange], bits: int) -> int:
    """Without the contacts whose rule stands before every rule that differs, then and now."""
    differing = {rule.id for change in changes for rule in (change.old, change.new) if rule}
    before = _before(was, differing) & _before(now, differing)
    if not before:
        return bits
    kept = (place for place in index.places(bits) if not before.intersection(_rules_of(index, place, was.name)))
    return index.bits(kept)


def _before(stage: Stage, differing: set[str]) -> set[str]:
    """The rules before the first one that differs."""
    first = next((place for place, rule in enumerate(stage.rules) if rule.id in differing), len(stage.rules))
    return {rule.id for rule in stage.rules[:first]}


def _rules_of(index: PastIndex, place: int, stage: str) -> tuple[str, ...]:
    found = index.was[place].stages.get(stage)
    return found.rules if found else ()


def _without_rule(index: PastIndex, stage: str) -> int:
    """The contacts that no rule of a stage decided."""
    return index.bits(place for place in range(len(index.contacts)) if not _rules_of(index, place, stage))


def _same_but_condition(change: RuleChange) -> bool:
    """Whether nothing but the condition differs, and what the rule says takes nothing from it."""
    old, new = change.old, change.new
    if old is None or new is None or _shape(old) != _shape(new):
        return False
    return not PLACEHOLDER.search(json.dumps(new.then.plain(), ensure_ascii=False))


def _changes(old: Ruleset, was: Stage, new: Ruleset, now: Stage) -> Iterator[RuleChange]:
    before, after = {rule.id: rule for rule in was.rules}, {rule.id: rule for rule in now.rules}
    moved = _moved([rule.id for rule in was.rules if rule.id in after], [rule.id for rule in now.rules])
    for name, rule in before.items():
        other = after.get(name)
        if other is None:
            yield RuleChange(rule, None)
        elif name in moved:  # whatever else: it may stand before another rule now
            yield from (RuleChange(rule, None), RuleChange(None, other))
        elif _shape(rule) != _shape(other) or _keys(rule.condition, old.atoms) != _keys(other.condition, new.atoms):
            yield RuleChange(rule, other)
    yield from (RuleChange(None, rule) for name, rule in after.items() if name not in before)


def _shape(rule: Rule) -> object:
    """Everything of a rule that counts, but for its condition."""
    return rule.on, rule.mode, rule.then.plain()


def _keys(condition: Condition, atoms: Sequence[Atom]) -> object:
    match condition:
        case Leaf(atom):
            return atoms[atom].key
        case NotOf(part):
            return ("not", _keys(part, atoms))
        case AllOf(parts):
            return ("all", *(_keys(part, atoms) for part in parts))
        case AnyOf(parts):
            return ("any", *(_keys(part, atoms) for part in parts))


def _moved(old: Sequence[str], new: Sequence[str]) -> set[str]:
    """The fewest rules that must have moved: those outside a longest run that kept its order."""
    rank = {name: place for place, name in enumerate(old)}
    ranks = [rank[name] for name in new if name in rank]
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for place, value in enumerate(ranks):
        at = bisect_left(ends, value)
        ends[at : at + 1] = [value]
        last[at : at + 1] = [place]
        before.append(last[at - 1] if at else -1)
    kept, place = set(), last[-1] if last else -1
    while place >= 0:
        kept.add(old[ranks[place]])
        place = before[place]
    return set(old) - kept
