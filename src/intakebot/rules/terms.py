"""Conditions as alternatives of literals that must all hold (a disjunctive normal form of bounded size).

Called by `overlaps`. What contradicts itself is taken out and said; what a field can still be is narrowed. A
condition with more than `MOST_TERMS` alternatives is known only by what it requires in every case.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

from intakebot.rules.facts import field_named
from intakebot.rules.literals import Literal, Literals, Value, excludes, implies, is_single
from intakebot.rules.model import AllOf, Atom, Condition, Leaf, NotOf

MOST_TERMS = 64
Term: TypeAlias = "frozenset[Literal]"


@dataclass(frozen=True, slots=True)
class Shape:
    """What a condition comes to: it holds where one of its terms does.

    `exact` False: the terms are weaker than the condition, so they prove nothing about what it covers.
    `clashes` says of each alternative that can never hold why not.
    """

    terms: frozenset[Term]
    clashes: tuple[str, ...] = ()
    exact: bool = True

    @property
    def is_impossible(self) -> bool:
        """Whether no message can satisfy it."""
        return not self.terms


class _TooManyError(Exception):
    """More alternatives than are looked at."""


def shape_of(condition: Condition, atoms: Sequence[Atom], literals: Literals) -> Shape:
    """The terms of a condition."""
    reader = _Reader(atoms, literals)
    try:
        found, exact = reader.terms(condition, negated=False), True
    except _TooManyError:
        found, exact = reader.terms(_required(condition), negated=False), False
    terms, clashes = [], []
    for term in dict.fromkeys(found):
        narrowed, clash = _narrowed(term, literals)
        if clash:
            clashes.append(clash)
        else:
            terms.append(narrowed)
    return Shape(frozenset(terms), tuple(clashes), exact)


class _Reader:
    """Reads conditions into terms."""

    def __init__(self, atoms: Sequence[Atom], literals: Literals) -> None:
        self._atoms = atoms
        self._literals = literals

    def terms(self, condition: Condition, *, negated: bool) -> list[Term]:
        """All alternatives, at most `MOST_TERMS`."""
        match condition:
            case Leaf(index):
                return [frozenset(term) for term in self._literals.of(self._atoms[index], negated=negated)]
            case NotOf(part):
                return self.terms(part, negated=not negated)
            case _:
                parts = [self.terms(part, negated=negated) for part in condition.parts]
        if isinstance(condition, AllOf) is not negated:
            return _product(parts)
        return _bounded([term for part in parts for term in part])


def _product(parts: Iterable[list[Term]]) -> list[Term]:
    found: list[Term] = [frozenset()]
    for part in parts:
        if len(found) * len(part) > MOST_TERMS:
            raise _TooManyError
        found = [one | other for one in found for other in part]
    return found


def _bounded(terms: list[Term]) -> list[Term]:
    if len(terms) > MOST_TERMS:
        raise _TooManyError
    return terms


def _required(condition: Condition) -> Condition:
    """The leaves that must hold whatever else does."""
    match condition:
        case Leaf():
            return condition
        case AllOf(parts):
            return AllOf(tuple(_required(part) for part in parts))
        case _:
            return AllOf(())


def _narrowed(term: Term, literals: Literals) -> tuple[Term, str]:
    """The term with every field narrowed to the values that its other literals leave; or why none is left."""
    fields = [literal.field for literal in term]
    if len(set(fields)) == len(fields):
        return term, ""
    kept = set(term)
    for name in sorted({name for name in fields if fields.count(name) > 1}):
        group = sorted((literal for literal in term if literal.field == name), key=_order)
        whole = _with_both_flags(group, literals)
        clash = _clash(whole)
        if clash:
            return term, clash
        kept.difference_update(group)
        kept.update(_group(whole, literals))
    return frozenset(kept), ""


def _group(group: Sequence[Literal], literals: Literals) -> Iterable[Literal]:
    """The literals of one field without the values that another of them rules out."""
    for literal in group:
        left = _left(literal, group)
        if len(left) != len(literal.values):
            yield literals.literal(literal.field, literal.operator, left)
        elif literal.values != (True,) or literal.operator != "present" or _only_negated(group):
            yield literal


def _only_negated(group: Sequence[Literal]) -> bool:
    """Whether nothing but `present: true` says that the field is there."""
    return all(literal.negated or literal.operator == "present" for literal in group)


def _with_both_flags(group: Sequence[Literal], literals: Literals) -> list[Literal]:
    """A flag that is there is true or false: what is not the one is the other."""
    name = group[0].field
    found = field_named(name)
    there = any(literal.operator == "present" and literal.values == (True,) for literal in group)
    if found is None or found.kind != "flag" or not there:
        return list(group)
    return [*group, literals.literal(name, "eq", (True, False))]


def _left(literal: Literal, group: Sequence[Literal]) -> tuple[Value, ...]:
    """Values of a literal that no other literal of the field rules out."""
    if literal.negated:
        return literal.values
    others = [other for other in group if other is not literal]
    return tuple(value for value in literal.values if not any(_rules_out(other, literal, value) for other in others))


def _rules_out(other: Literal, literal: Literal, value: Value) -> bool:
    if other.negated:
        return implies(literal.operator, value, other.operator, other.values[0])
    if literal.operator in {"words", "contains", "matches"} and other.operator not in {"eq", "present"}:
        return False
    return all(excludes(literal.field, literal.operator, value, other.operator, wanted) for wanted in other.values)


def _clash(group: Sequence[Literal]) -> str:
    """Why the literals of one field never hold together; '' when they may."""
    name = group[0].field
    absent = [literal for literal in group if literal.operator == "present" and literal.values == (False,)]
    if absent:
        tested = any(not literal.negated for literal in group if literal not in absent)
        return f"{name} is both missing and tested" if tested else ""
    equal = [literal for literal in group if literal.operator == "eq" and not literal.negated]
    if is_single(name) and len(equal) > 1 and not frozenset.intersection(*(each.chosen for each in equal)):
        both = " and ".join(str(each).removeprefix(f"{name} is ") for each in equal)
        return f"{name} is both {both}"
    for one, other in combinations(group, 2):
        if any(not literal.negated and not _left(literal, (one, other)) for literal in (one, other)):
            return f"{one} and {other} exclude each other"
    if any(not literal.negated and not _left(literal, group) for literal in group):
        return f"nothing is left of {' and '.join(str(literal) for literal in group)}"
    return ""


def _order(literal: Literal) -> tuple[bool, str, str]:
    return literal.negated, literal.operator, str(literal)


def split(term: Term, literal: Literal, literals: Literals) -> list[Term]:
    """The term once for each value of one of its literals: together they say the same."""
    rest = term - {literal}
    single = (replace_values(literal, value, literals) for value in literal.values)
    return [rest | {each} for each in single]


def replace_values(literal: Literal, value: Value, literals: Literals) -> Literal:
    """The literal with one of its values."""
    return literals.literal(literal.field, literal.operator, (value,))


def are_apart(one: Term, other: Term) -> bool:
    """Whether two terms can be proved never to hold for the same message."""
    return any(_apart(literal, theirs) for literal in one for theirs in other if literal.field == theirs.field)


def _apart(one: Literal, other: Literal) -> bool:
    if one.negated and other.negated:
        return False
    if one.negated:
        one, other = other, one
    return all(_rules_out(other, one, value) for value in one.values)
