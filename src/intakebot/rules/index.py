"""A ruleset made ready for deciding: from a message to the rules that may answer it, without walking all of them.

Called by `decide`, once for each ruleset (`index_of`). Rules are filed under conditions of which one must hold for
the rule to hold (`_triggers`), the least common ones; what can hold without any is looked at every time.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property

from intakebot.rules.facts import is_message_fact
from intakebot.rules.finding import FieldFinders, is_settled
from intakebot.rules.model import AllOf, AnyOf, Atom, Condition, Leaf, NotOf, Rule, Ruleset, Stage, leaves

_KEPT = 16
# How often a condition holds, roughly: only the order counts.
_OFTEN = {"eq": 4, "in": 4, "starts": 2, "ends": 2, "under": 4, "gt": 40, "lt": 40, "cidr": 10, "present": 50}
_NEARLY_ALWAYS = {"not_in": 100}
_NO_ATOMS: frozenset[int] = frozenset()


def index_of(ruleset: Ruleset) -> Index:
    """The index of a ruleset, built when it is first asked for (whoever loads rules asks before they count)."""
    return ruleset.ready.get(lambda: Index(ruleset))


class Finders:
    """The finders of every field, for all atoms of a ruleset or some of them."""

    def __init__(self, atoms: Sequence[Atom], indexes: Iterable[int]) -> None:
        by_field: dict[str, list[tuple[int, Atom]]] = defaultdict(list)
        for index in indexes:
            by_field[atoms[index].field].append((index, atoms[index]))
        self.fields: Mapping[str, FieldFinders] = {name: FieldFinders(numbered) for name, numbered in by_field.items()}


class AtomIndex:
    """What follows from atoms before any message is there. Immutable but for what it remembers."""

    def __init__(self, atoms: Sequence[Atom]) -> None:
        self.atoms = atoms
        self.finders = Finders(atoms, range(len(atoms)))
        self.settled = frozenset(index for index, atom in enumerate(atoms) if is_settled(atom))
        self._by_tested: dict[frozenset[int], tuple[frozenset[int], Finders]] = {}

    @cached_property
    def by_key(self) -> Mapping[int, int]:
        """Atoms by their key."""
        return {atom.key: index for index, atom in enumerate(self.atoms)}

    @cached_property
    def message_fields(self) -> tuple[str, ...]:
        """The fields asked for that are known apart from what stages decide."""
        return tuple(name for name in self.finders.fields if is_message_fact(name))

    def divided(self, tested: frozenset[int]) -> tuple[frozenset[int], Finders]:
        """The atoms whose keys are among the tested, and finders of the others; kept for the sets of keys seen last."""
        found = self._by_tested.get(tested)
        if found is None:
            known = frozenset(self.by_key[key] for key in self.by_key.keys() & tested)
            found = known, Finders(self.atoms, sorted(set(self.by_key.values()) - known))
            if len(self._by_tested) >= _KEPT:
                self._by_tested = {}
            self._by_tested[tested] = found
        return found

    def known(self, true: frozenset[int]) -> frozenset[int]:
        """The atoms of these keys."""
        return frozenset(map(self.by_key.__getitem__, true & self.by_key.keys()))


class Index(AtomIndex):
    """What follows from a whole ruleset."""

    def __init__(self, ruleset: Ruleset) -> None:
        super().__init__(ruleset.atoms)
        self.stages = {stage.name: StageIndex(stage, ruleset.atoms) for stage in ruleset.stages}


class StageIndex:
    """The rules of one stage by their triggers."""

    def __init__(self, stage: Stage, atoms: Sequence[Atom]) -> None:
        self._rules = stage.rules
        self._always: list[int] = []
        self._by_field: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        uses = Counter(index for rule in stage.rules for index in {leaf.atom for leaf in leaves(rule.condition)})
        costs = {index: count * _frequency(atoms[index]) for index, count in uses.items()}
        for position, rule in enumerate(stage.rules):
            triggers = _triggers(rule.condition, costs)
            if triggers is None:
                self._always.append(position)
            for index in triggers or ():
                self._by_field[atoms[index].field][index].append(position)
        self._needs = [_needed(rule.condition) for rule in stage.rules]
        needed = {atoms[index].field for needs in self._needs for index in needs}
        self._also_asked = sorted(needed - self._by_field.keys())

    def rules(self, candidates: Callable[[str], frozenset[int]]) -> list[Rule]:
        """The rules that may hold, in the order of the file; `candidates` gives the atoms of a field that may hold."""
        if not self._rules:
            return []
        positions, may_hold = set(self._always), set[int]()
        for name, triggers in self._by_field.items():
            found = candidates(name)
            may_hold |= found
            positions.update(*filter(None, map(triggers.get, found)))
        if not positions:
            return []
        may_hold.update(*map(candidates, self._also_asked))
        needs = self._needs
        return [self._rules[position] for position in sorted(positions) if needs[position] <= may_hold]


def _frequency(atom: Atom) -> int:
    if atom.operator == "present" and atom.wanted == (False,):
        return _NEARLY_ALWAYS["not_in"]
    return _NEARLY_ALWAYS.get(atom.operator) or _OFTEN.get(atom.operator, 1)


def _needed(condition: Condition) -> frozenset[int]:
    """Atoms that all have to hold for the condition to hold."""
    if isinstance(condition, Leaf):
        return frozenset((condition.atom,))
    return _NO_ATOMS.union(*map(_needed, condition.parts)) if isinstance(condition, AllOf) else _NO_ATOMS


def _triggers(condition: Condition, costs: Mapping[int, int]) -> set[int] | None:
    """Atoms of which at least one holds whenever the condition does; None when it can hold without any."""
    match condition:
        case Leaf(index):
            return {index}
        case NotOf():
            return None
        case AllOf(parts):
            known = [found for part in parts if (found := _triggers(part, costs)) is not None]
            return min(known, key=lambda found: sum(costs[index] for index in found), default=None)
        case AnyOf(parts):
            each = [_triggers(part, costs) for part in parts]
            return None if None in each else set().union(*(found for found in each if found is not None))
