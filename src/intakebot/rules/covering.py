"""Which rules hold wherever another does: found by an index, so that 20,000 rules are compared with few others each.

Called by `overlaps` and `gaps`. Every term is filed under its rarest literal; a search follows what its own
literals imply (the phrases of a phrase, the prefixes of a prefix, the networks around a network, ...).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from intakebot.rules.literals import Literal, Literals, Value, implies
from intakebot.rules.nearby import LIMITS, NEAR, Limits, Near
from intakebot.rules.terms import Shape, Term, split

Key: TypeAlias = "tuple[str, str, Value]"
Entry: TypeAlias = "tuple[int, Term]"
Accept: TypeAlias = Callable[[int], bool]
MOST_SPLIT = 64
"""A literal of more values is not taken apart to look for rules that cover them together."""


class Covering:
    """The terms of many rules, by their index in a stage."""

    def __init__(self, shapes: Sequence[Shape | None], literals: Literals) -> None:
        self._shapes = shapes
        self._literals = literals
        self._entries: dict[Key, list[Entry]] = defaultdict(list)
        self._negative: dict[str, list[Entry]] = defaultdict(list)
        self._known: dict[tuple[str, str], list[Value]] = defaultdict(list)
        self._near: dict[str, list[Near]] = defaultdict(list)
        self._limits: dict[str, list[Limits]] = defaultdict(list)
        self._above: dict[Key, list[Key]] = {}
        uses = _uses(shapes)
        for index, shape in enumerate(shapes):
            for term in shape.terms if shape and shape.exact else ():
                self._file(index, term, uses)
        for (name, operator), values in self._known.items():
            if operator in LIMITS:
                self._limits[name].append(Limits(operator, values))
            elif operator in NEAR:
                self._near[name].append(Near(operator, values))

    def over(self, shape: Shape, accept: Accept) -> list[int] | None:
        """Rules (only accepted ones) of which one holds wherever the shape does, the first found; or None."""
        found: set[int] = set()
        for term in shape.terms:
            rules = self.over_term(term, accept)
            if rules is None:
                return None
            found.update(rules)
        return sorted(found) or None

    def over_term(self, term: Term, accept: Accept) -> list[int] | None:
        """Rules that together hold wherever the term does: one where one is enough."""
        single = self._first(term, accept)
        if single is not None:
            return [single]
        wide = sorted((each for each in term if 1 < len(each.values) <= MOST_SPLIT), key=lambda each: len(each.values))
        for literal in wide:
            rules = self._together(split(term, literal, self._literals), accept)
            if rules:
                return rules
        return None

    def general(self, shape: Shape) -> Iterator[int]:
        """Every rule that holds, by one term alone, wherever the shape does; some more than once."""
        terms = list(shape.terms)
        for index, other in self._candidates(terms[0]) if terms else ():
            if all(self._implied(term, other) for term in terms):
                yield index

    def _first(self, term: Term, accept: Accept) -> int | None:
        matching = (index for index, other in self._candidates(term) if accept(index) and self._implied(term, other))
        return next(matching, None)

    def _together(self, terms: Iterable[Term], accept: Accept) -> list[int] | None:
        found: set[int] = set()
        for term in terms:
            index = self._first(term, accept)
            if index is None:
                return None
            found.add(index)
        return sorted(found)

    def _implied(self, term: Term, other: Term) -> bool:
        implied = self._literals.implied
        return all(literal in term or any(implied(each, literal) for each in term) for literal in other)

    def _file(self, index: int, term: Term, uses: Counter[Key]) -> None:
        plain = [literal for literal in term if not literal.negated]
        if not plain:
            for name in {literal.field for literal in list(term)[:1]}:
                self._negative[name].append((index, term))
            return
        rarest = min(plain, key=lambda literal: (_cost(literal, uses), str(literal.values)))
        for value in rarest.values:
            key = (rarest.field, rarest.operator, value)
            if key not in self._entries:
                self._known[rarest.field, rarest.operator].append(value)
            self._entries[key].append((index, term))

    def _candidates(self, term: Term) -> Iterator[Entry]:
        for literal in term:
            yield from self._negative.get(literal.field, ())
            if literal.negated:
                continue
            name, operator, value = literal.field, literal.operator, literal.values[0]
            for key in self._keys_above(name, operator, value):
                yield from self._entries[key]
            for limits in self._limits[name]:
                for limit in limits.implied(operator, value):
                    yield from self._entries[name, limits.operator, limit]

    def _keys_above(self, name: str, operator: str, value: Value) -> list[Key]:
        """Keys under which something is filed that this value implies."""
        key = (name, operator, value)
        if key not in self._above:
            wanted = ((near.operator, each) for near in self._near[name] for each in near.implied(operator, value))
            above = ((name, *each) for each in wanted if implies(operator, value, *each))
            self._above[key] = [each for each in dict.fromkeys((key, *above)) if each in self._entries]
        return self._above[key]


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


# Searches for these have to look at more than one key, so that other literals are filed under first.
_WIDE = {"present": 2, "gt": 1, "lt": 1}


def _cost(literal: Literal, uses: Counter[Key]) -> tuple[int, int]:
    return _WIDE.get(literal.operator, 0), max(uses[literal.field, literal.operator, each] for each in literal.values)
