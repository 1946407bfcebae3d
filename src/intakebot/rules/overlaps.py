"""What can be proved about rules without a message: contradictions, duplicates, shadows, conflicts.

Called by `check`. Rules are compared as alternatives of literals (`terms`) through an index (`covering`); whatever
is not provable that way is not reported. A rule in shadow mode decides nothing, so it is compared with no other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from intakebot.domain.errors import Problem, Severity
from intakebot.rules.covering import Among, Covering
from intakebot.rules.literals import Literals
from intakebot.rules.model import EVENTS, AllOf, AnyOf, Atom, Condition, Leaf, NotOf, Rule, Stage, spoken
from intakebot.rules.terms import Shape, are_apart, shape_of

MOST_MEETINGS = 64
"""So many more general rules are compared with one rule of a collecting stage."""

MOST_NAMED = 3
"""So many rules are named that together leave nothing to another one."""

MOST_PAIRS = 20_000
"""So many pairs of rules are tried for each field that a collecting stage does not merge."""


class Overlaps:
    """The rules of one stage, compared."""

    def __init__(self, stage: Stage, atoms: Sequence[Atom], literals: Literals) -> None:
        self._stage = stage
        self._atoms = atoms
        self._literals = literals
        self.shapes = [shape_of(rule.condition, atoms, literals) for rule in stage.rules]
        live = [shape if rule.mode == "live" else None for rule, shape in zip(stage.rules, self.shapes, strict=True)]
        self.covering = Covering(live, literals)
        self._answering = {
            event: {index for index, rule in enumerate(stage.rules) if event in rule.on} for event in EVENTS
        }

    def problems(self) -> Iterator[Problem]:
        """Everything provable about the rules of the stage."""
        for rule, shape in zip(self._stage.rules, self.shapes, strict=True):
            yield from _contradictions(rule, shape, self._atoms)
        twins = dict(self._twins())
        for later, earlier in twins.items():
            sentence = f"rule {self._rule(later).id!r} has the same condition as rule {_named(self._rule(earlier))}"
            yield _problem(self._rule(later), sentence)
        if self._stage.hit == "first":
            yield from self._shadowed(twins)
        else:
            yield from self._conflicts(twins)

    def _rule(self, index: int) -> Rule:
        return self._stage.rules[index]

    def _live(self) -> Iterator[tuple[int, Rule, Shape]]:
        for index, (rule, shape) in enumerate(zip(self._stage.rules, self.shapes, strict=True)):
            if rule.mode == "live" and not shape.is_impossible:
                yield index, rule, shape

    def _twins(self) -> Iterator[tuple[int, int]]:
        """Indexes of a later and an earlier rule with the same condition and an event in common."""
        seen: dict[tuple[object, str], int] = {}
        for index, rule, shape in self._live():
            meaning = shape.terms if shape.exact else _canonical(rule.condition)
            keys = [(meaning, event) for event in rule.on]
            earlier = [seen[key] for key in keys if key in seen]
            if earlier:
                yield index, earlier[0]
            for key in keys:
                seen.setdefault(key, index)

    def _shadowed(self, twins: Mapping[int, int]) -> Iterator[Problem]:
        """Rules of a `first` stage before which another always stops the stage."""
        for index, rule, shape in self._live():
            earlier = None if index in twins else self._before(index, rule, shape)
            if earlier is None:
                continue
            yield _problem(rule, f"rule {rule.id!r} is never reached: {_together(earlier)} whenever it would")
        if self.covering.is_tired:
            sentence = (
                f"the rules of stage {self._stage.name!r} are too alike to compare all; some may never be reached"
            )
            yield Problem(self._stage.place.file, self._stage.place.line, sentence, "warning")

    def _before(self, index: int, rule: Rule, shape: Shape) -> list[Rule] | None:
        """Earlier rules that leave nothing to a rule, for every event it answers to."""
        found: set[int] = set()
        for event in rule.on:
            before = self.covering.over(shape, Among(index, self._answering[event]))
            if before is None:
                return None
            found.update(before)
        return [self._rule(each) for each in sorted(found)]

    def _conflicts(self, twins: Mapping[int, int]) -> Iterator[Problem]:
        """Rules of a collecting stage that set a field differently for the same message."""
        sure: set[str] = set()
        for index, rule, shape in self._live():
            for other in islice(self.covering.general(shape), MOST_MEETINGS):
                if other != index and set(rule.on) & set(self._rule(other).on) and twins.get(index) != other:
                    earlier, later = self._rule(min(index, other)), self._rule(max(index, other))
                    for name in sorted(_set_differently(self._stage, earlier, later)):
                        sure.add(name)
                        sentence = (
                            f"rule {later.id!r} and rule {_named(earlier)} both set {name!r}; declare merge.{name}"
                        )
                        yield _problem(later, sentence)
        yield from self._meetings(sure)

    def _meetings(self, sure: set[str]) -> Iterator[Problem]:
        """For each field that is not merged: the first two rules that may both match and set it differently."""
        setting: dict[str, list[tuple[Rule, Shape]]] = defaultdict(list)
        for _, rule, shape in self._live():
            for name in _plain_actions(rule).keys() - self._stage.merge.keys() - sure:
                setting[name].append((rule, shape))
        for name, rules in sorted(setting.items()):
            pairs = ((one, two) for at, two in enumerate(rules) for one in rules[:at])
            for (earlier, one), (later, other) in islice(pairs, MOST_PAIRS):
                if name in _set_differently(self._stage, earlier, later) and _may_meet(earlier, one, later, other):
                    yield _problem(
                        later,
                        f"rule {later.id!r} and rule {_named(earlier)} may both match and both set {name!r}; then the"
                        f" first one counts: declare merge.{name}, or let their conditions exclude each other",
                        "warning",
                    )
                    break


def _contradictions(rule: Rule, shape: Shape, atoms: Sequence[Atom]) -> Iterator[Problem]:
    """A rule that never matches; an alternative of it that never holds.

    Two lists that are divided by languages always have alternatives that exclude each other: nobody wrote those.
    """
    if shape.is_impossible:
        yield _problem(rule, f"rule {rule.id!r} never matches: {shape.clashes[0]}")
    elif shape.clashes and shape.exact and not _has_spoken(rule.condition, atoms):
        yield _problem(rule, f"rule {rule.id!r} has an alternative that never holds: {shape.clashes[0]}", "warning")


def _has_spoken(condition: Condition, atoms: Sequence[Atom]) -> bool:
    """Whether a list that is divided by languages is asked for somewhere in a condition."""
    match condition:
        case Leaf():
            return False
        case NotOf(part):
            return _has_spoken(part, atoms)
        case AllOf(parts) | AnyOf(parts):
            return spoken(condition, atoms) or any(_has_spoken(part, atoms) for part in parts)


def _may_meet(one: Rule, shape: Shape, two: Rule, other: Shape) -> bool:
    """Whether one message may satisfy both, as far as can be told."""
    if not set(one.on) & set(two.on):
        return False
    return any(not are_apart(term, theirs) for term in shape.terms for theirs in other.terms)


def _set_differently(stage: Stage, one: Rule, two: Rule) -> set[str]:
    """Fields without a merge to which two rules give different values."""
    ours, theirs = _plain_actions(one), _plain_actions(two)
    return {name for name in ours.keys() & theirs.keys() - stage.merge.keys() if ours[name] != theirs[name]}


def _canonical(condition: Condition) -> object:
    """Equal for conditions that differ only in the order of their parts."""
    match condition:
        case Leaf(atom):
            return atom
        case AllOf(parts) | AnyOf(parts):
            return type(condition), frozenset(_canonical(part) for part in parts)
        case NotOf(part):
            return NotOf, _canonical(part)


def _plain_actions(rule: Rule) -> Mapping[str, object]:
    plain = rule.then.plain()
    return plain if isinstance(plain, dict) else {}


def _together(rules: Sequence[Rule]) -> str:
    names = [_named(rule) for rule in rules[:MOST_NAMED]]
    if len(rules) == 1:
        return f"rule {names[0]} matches"
    names += [f"{len(rules) - MOST_NAMED} more"] if len(rules) > MOST_NAMED else []
    return f"rules {', '.join(names[:-1])} and {names[-1]} together match"


def _named(rule: Rule) -> str:
    return f"{rule.id!r} ({rule.place})"


def _problem(rule: Rule, sentence: str, severity: Severity = "error") -> Problem:
    return Problem(rule.place.file, rule.place.line, sentence, severity)
