"""Which rules hold wherever another does: found by an index, so that 20,000 rules are compared with few others each.

Called by `overlaps` and `value_checks`. Every term is filed under its rarest literal, or its two rarest where one is
common; a search follows what its own literals imply (the phrases of a phrase, the networks around a network, ...).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, product
from typing import TypeAlias

from intakebot.rules.literals import Literal, Literals, Value, implies
from intakebot.rules.nearby import LIMITS, NEAR, Limits, Near
from intakebot.rules.terms import Shape, Term, split

Key: TypeAlias = "tuple[str, str, Value]"
Entry: TypeAlias = "tuple[int, tuple[Literal, ...]]"
COMMON = 24
"""A literal that more terms have than this is no good to file a term under alone."""

MOST_SPLIT = 64
"""A literal of more values is not taken apart to look for rules that cover them together."""

MOST_LOOKS = 500_000
"""So many pairs of terms are compared in one stage; then no more is found."""


@dataclass(frozen=True, slots=True)
class Among:
    """Where to look: rules with these indexes, below `before`."""

    before: int
    indexes: Container[int]


class Covering:
    """The terms of many rules, by their index in a stage. None: a rule that is not compared."""

    def __init__(self, shapes: Sequence[Shape | None], literals: Literals) -> None:
        self._literals = literals
        self._everywhere = Among(len(shapes), range(len(shapes)))
        self._looks = MOST_LOOKS
        self._filed = _Filed(shapes)

    @property
    def is_tired(self) -> bool:
        """Whether so many terms were compared that some rules were not."""
        return self._looks <= 0

    def over(self, shape: Shape, among: Among) -> list[int] | None:
        """Rules that leave nothing to the shape; None when there are none."""
        found: set[int] = set()
        for term in shape.terms:
            rules = self.over_term(term, among)
            if rules is None:
                return None
            found.update(rules)
        return sorted(found) or None

    def over_term(self, term: Term, among: Among | None = None) -> list[int] | None:
        """Rules that together hold wherever the term does: one where one is enough."""
        among = among or self._everywhere
        single = self._first(term, among)
        if single is not None:
            return [single]
        wide = sorted((each for each in term if 1 < len(each.values) <= MOST_SPLIT), key=lambda each: len(each.values))
        for literal in wide:
            rules = self._together(split(term, literal, self._literals), among)
            if rules:
                return rules
        return None

    def general(self, shape: Shape) -> Iterator[int]:
        """Every rule that holds, by one term alone, wherever the shape does; some more than once."""
        terms = list(shape.terms)
        for index, other in self._candidates(terms[0], self._everywhere) if terms else ():
            if all(self._implied(term, other) for term in terms):
                yield index

    def _first(self, term: Term, among: Among) -> int | None:
        found = (index for index, other in self._candidates(term, among) if self._implied(term, other))
        return next(found, None)

    def _together(self, terms: Iterable[Term], among: Among) -> list[int] | None:
        found: set[int] = set()
        for term in terms:
            index = self._first(term, among)
            if index is None:
                return None
            found.add(index)
        return sorted(found)

    def _candidates(self, term: Term, among: Among) -> Iterator[Entry]:
        before, indexes = among.before, among.indexes
        for entries in self._filed.near(term):
            self._looks -= 1
            if self._looks <= 0:
                return
            for entry in entries:
                if entry[0] >= before:
                    break
                self._looks -= 1
                if entry[0] in indexes:
                    yield entry

    def _implied(self, term: Term, other: Sequence[Literal]) -> bool:
        implied = self._literals.implied
        for literal in other:
            if literal not in term:
                for each in term:
                    if each.field == literal.field and implied(each, literal):
                        break
                else:
                    return False
        return True


class _Filed:
    """Terms by the values of a literal or two. Entries of one place are in the order of their rules."""

    def __init__(self, shapes: Sequence[Shape | None]) -> None:
        self._uses = _uses(shapes)
        self._ids: dict[Key, int] = {}
        self._single: dict[int, list[Entry]] = defaultdict(list)
        self._pairs: dict[tuple[int, int], list[Entry]] = defaultdict(list)
        self._negative: dict[str, list[Entry]] = defaultdict(list)
        self._above: dict[Key, list[int]] = {}
        for index, shape in enumerate(shapes):
            for term in shape.terms if shape and shape.exact else ():
                self._file(index, term)
        self._near: dict[str, list[Near]] = defaultdict(list)
        self._limits: dict[str, list[Limits]] = defaultdict(list)
        self._prepare()

    def near(self, term: Term) -> Iterator[list[Entry]]:
        """Terms that may hold wherever this one does; all that do are among them."""
        ids: set[int] = set()
        for literal in term:
            if literal.field in self._negative:
                yield self._negative[literal.field]
            if not literal.negated:
                ids.update(self._ids_above(literal.field, literal.operator, literal.values[0]))
        yield from (self._single[each] for each in ids if each in self._single)
        if self._pairs:
            yield from (self._pairs[pair] for pair in combinations(sorted(ids), 2) if pair in self._pairs)
        for literal in term:
            for limits in self._limits.get(literal.field, ()) if not literal.negated else ():
                for limit in limits.implied(literal.operator, literal.values[0]):
                    yield self._single[self._ids[literal.field, limits.operator, limit]]

    def _file(self, index: int, term: Term) -> None:
        """Under the rarest literal; what rules it out soonest is compared first."""
        plain = sorted((literal for literal in term if not literal.negated), key=self._cost)
        entry = (index, (*plain[1:], *(literal for literal in term if literal.negated), *plain[:1]))
        if not plain:
            self._negative[next(iter(term)).field].append(entry)
        elif self._pays(plain):
            for one, other in product(plain[0].values, plain[1].values):
                pair = sorted((self._id(plain[0], one), self._id(plain[1], other)))
                self._pairs[pair[0], pair[1]].append(entry)
        else:
            for value in plain[0].values:
                self._single[self._id(plain[0], value)].append(entry)

    def _pays(self, plain: Sequence[Literal]) -> bool:
        """Whether two literals tell terms apart much better than one."""
        if len(plain) < 2 or plain[1].operator in LIMITS or self._cost(plain[0])[1] <= COMMON:  # noqa: PLR2004 - a pair
            return False
        return len(plain[0].values) * len(plain[1].values) <= COMMON

    def _id(self, literal: Literal, value: Value) -> int:
        return self._ids.setdefault((literal.field, literal.operator, value), len(self._ids))

    def _cost(self, literal: Literal) -> tuple[int, int]:
        uses = max(self._uses[literal.field, literal.operator, value] for value in literal.values)
        return _WIDE.get(literal.operator, 0), uses

    def _prepare(self) -> None:
        known: dict[tuple[str, str], list[Value]] = defaultdict(list)
        for name, operator, value in self._ids:
            known[name, operator].append(value)
        for (name, operator), values in known.items():
            if operator in LIMITS:
                self._limits[name].append(Limits(operator, values))
            elif operator in NEAR:
                self._near[name].append(Near(operator, values))

    def _ids_above(self, name: str, operator: str, value: Value) -> list[int]:
        """Places under which something is filed that this value implies."""
        key = (name, operator, value)
        if key not in self._above:
            wanted = ((near.operator, each) for near in self._near.get(name, ()) for each in near.implied(*key[1:]))
            above = ((name, *each) for each in wanted if each == key[1:] or implies(operator, value, *each))
            exact = () if operator in LIMITS else (key,)
            self._above[key] = [self._ids[each] for each in dict.fromkeys(chain(exact, above)) if each in self._ids]
        return self._above[key]


# Searches for these have to look at more than one place, so that other literals are filed under first.
_WIDE = {"present": 2, "gt": 1, "lt": 1}


def _uses(shapes: Iterable[Shape | None]) -> Counter[Key]:
    """How many terms ask for each value."""
    return Counter(
        (literal.field, literal.operator, value)
        for shape in shapes
        for term in (shape.terms if shape else ())
        for literal in term
        if not literal.negated
        for value in literal.values
    )
