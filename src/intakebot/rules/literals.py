"""What one elementary condition says about another of the same field: implied, or excluded. Proved, never guessed.

Called by `terms`, `covering` and `overlaps`. An atom becomes literals: an operator with the values of which any
one suffices, plain or negated (then with one value). Where a table has no line, nothing is concluded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as member
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any, TypeAlias

from intakebot.rules.facts import field_named
from intakebot.rules.folding import Text, fold, words_of
from intakebot.rules.model import Atom
from intakebot.rules.operators import Scalar, phrase

Value: TypeAlias = "str | int | float | tuple[str, ...] | IPv4Network | IPv6Network"
Test: TypeAlias = Callable[[Any, Any], bool]


@dataclass(frozen=True, slots=True, eq=False)
class Literal:
    """One interned literal: equal literals of one `Literals` are one object. `values` are folded."""

    field: str
    operator: str
    values: tuple[Value, ...]
    negated: bool
    chosen: frozenset[Value] = member(repr=False)
    one_word: bool = False

    @property
    def is_simple(self) -> bool:
        """Whether only the same values imply its values, where operators are the same."""
        return self.operator == "eq" or self.one_word

    def __str__(self) -> str:
        wanted = " or ".join(_said(value) for value in self.values)
        claim = f"{self.field} {phrase(self.operator, self.values, wanted)}"
        return f"not: {claim}" if self.negated else claim


class Literals:
    """The literals of one ruleset, each made once."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str, frozenset[Value], bool], Literal] = {}
        self._implied: dict[tuple[Literal, Literal], bool] = {}

    def literal(self, name: str, operator: str, values: tuple[Value, ...], *, negated: bool = False) -> Literal:
        """The one literal that says this. `not present: x` is said as `present: not x`."""
        if operator == "present" and negated:
            values, negated = tuple(not value for value in values), False
        chosen = frozenset(values)
        key = (name, operator, chosen, negated)
        if key not in self._made:
            one_word = operator == "words" and all(isinstance(each, tuple) and len(each) == 1 for each in chosen)
            self._made[key] = Literal(name, operator, tuple(dict.fromkeys(values)), negated, chosen, one_word)
        return self._made[key]

    def of(self, atom: Atom, *, negated: bool) -> Iterator[tuple[Literal, ...]]:
        """An atom as alternatives of literals that hold together."""
        name, values = atom.field, tuple(_folded(atom.operator, value) for value in atom.wanted)
        operator = "eq" if atom.operator in {"in", "not_in"} else atom.operator
        if (atom.operator == "not_in") == negated:
            yield (self.literal(name, operator, values),)
            if negated:
                yield (self.literal(name, "present", (False,)),)
            return
        missing = () if negated else (self.literal(name, "present", (True,)),)
        yield (*missing, *(self.literal(name, operator, (value,), negated=True) for value in values))

    def implied(self, one: Literal, other: Literal) -> bool:
        """Whether the other holds wherever the one does."""
        if one is other:
            return True
        if one.field != other.field:
            return False
        if one.operator == other.operator and one.negated is other.negated is False and one.is_simple:
            return one.chosen <= other.chosen
        pair = (one, other)
        if pair not in self._implied:
            self._implied[pair] = _implied(one, other)
        return self._implied[pair]


def _implied(one: Literal, other: Literal) -> bool:
    if one.negated:
        return other.negated and implies(other.operator, other.values[0], one.operator, one.values[0])
    if other.negated:
        return all(excludes(one.field, one.operator, value, other.operator, other.values[0]) for value in one.values)
    if one.operator == other.operator and one.chosen <= other.chosen:
        return True
    return all(implies_any(one.operator, value, other) for value in one.values)


def implies_any(operator: str, value: Value, other: Literal) -> bool:
    """Whether a value of an operator implies one of the other's (which is not negated)."""
    if operator == other.operator:
        if value in other.chosen:
            return True
        if operator == "words" and isinstance(value, tuple):
            return not other.chosen.isdisjoint(phrases_in(value))
    return any(implies(operator, value, other.operator, wanted) for wanted in other.values)


def phrases_in(phrase: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Every phrase that stands in a phrase, itself included."""
    count = len(phrase)
    return [phrase[start:end] for start in range(count) for end in range(start + 1, count + 1)]


def implies(operator: str, value: Value, other: str, wanted: Value) -> bool:
    """Whether `operator value` can only hold where `other wanted` does, on the same field."""
    if other == "present":
        return bool(wanted) and not (operator == "present" and not value)
    if operator == other and value == wanted:
        return True
    test = _IMPLIES.get((operator, other))
    return test is not None and test(value, wanted)


def excludes(name: str, operator: str, value: Value, other: str, wanted: Value) -> bool:
    """Whether the two can never hold together on this field."""
    if operator == "present" or other == "present":
        absent = [seen == "present" and not of for seen, of in ((operator, value), (other, wanted))]
        return absent[0] != absent[1]
    if not is_single(name):
        return False
    if operator == "eq" and other in _DECIDED_BY_VALUE:
        return not implies(operator, value, other, wanted)
    if other == "eq" and operator in _DECIDED_BY_VALUE:
        return not implies(other, wanted, operator, value)
    test, turned = _EXCLUDES.get((operator, other)), _EXCLUDES.get((other, operator))
    return bool((test and test(value, wanted)) or (turned and turned(wanted, value)))


def is_single(name: str) -> bool:
    """Whether the field has at most one value, so that it cannot equal two."""
    found = field_named(name)
    return found is not None and found.kind != "texts"


def _folded(operator: str, value: Scalar) -> Value:
    """A value as the operator compares it; a pattern is compared with nothing but itself."""
    match operator:
        case "words":
            return words_of(str(value))
        case "cidr":
            return ip_network(str(value))
        case "gt" | "lt":
            return float(value)
        case "matches":
            return str(value)
        case _:
            return _fold(value) if isinstance(value, str) else value


_fold = lru_cache(maxsize=65_536)(fold)


def _said(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, tuple):
        return repr(" ".join(value))
    return repr(value) if isinstance(value, str) else str(value)


@lru_cache(maxsize=65_536)
def _text(folded: str) -> Text:
    return Text(folded)


def _below(path: str, above: str) -> bool:
    return path == above or path.startswith(above + "/")


def _address_in(text: str, network: IPv4Network | IPv6Network) -> bool:
    try:
        return ip_address(text.strip()) in network
    except ValueError:
        return False


def _inside(network: IPv4Network | IPv6Network, other: IPv4Network | IPv6Network) -> bool:
    return network.version == other.version and network.prefixlen >= other.prefixlen and network.overlaps(other)


def _text_value(test: Test) -> Test:
    return lambda value, wanted: isinstance(value, str) and test(value, wanted)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_IMPLIES: Mapping[tuple[str, str], Test] = {
    ("eq", "words"): _text_value(lambda value, phrase: _text(value).find_phrase(phrase) is not None),
    ("eq", "contains"): _text_value(lambda value, part: part in value),
    ("eq", "starts"): _text_value(lambda value, part: value.startswith(part)),
    ("eq", "ends"): _text_value(lambda value, part: value.endswith(part)),
    ("eq", "under"): _text_value(_below),
    ("eq", "gt"): lambda value, limit: _is_number(value) and value > limit,
    ("eq", "lt"): lambda value, limit: _is_number(value) and value < limit,
    ("eq", "cidr"): _text_value(_address_in),
    ("words", "words"): lambda phrase, part: part in phrases_in(phrase),
    ("words", "contains"): lambda phrase, part: any(part in word for word in phrase),
    ("contains", "contains"): lambda text, part: part in text,
    ("starts", "starts"): lambda text, part: text.startswith(part),
    ("starts", "contains"): lambda text, part: part in text,
    ("ends", "ends"): lambda text, part: text.endswith(part),
    ("ends", "contains"): lambda text, part: part in text,
    ("under", "under"): _below,
    ("under", "starts"): lambda path, part: path.startswith(part),
    ("under", "contains"): lambda path, part: part in path,
    ("gt", "gt"): lambda limit, other: limit >= other,
    ("lt", "lt"): lambda limit, other: limit <= other,
    ("cidr", "cidr"): _inside,
}

# What a single value settles one way or the other. A pattern reads the text as written, which is not known here.
_DECIDED_BY_VALUE = frozenset({"eq", "words", "contains", "starts", "ends", "under", "gt", "lt", "cidr"})

_EXCLUDES: Mapping[tuple[str, str], Test] = {
    ("starts", "starts"): lambda one, other: not (one.startswith(other) or other.startswith(one)),
    ("ends", "ends"): lambda one, other: not (one.endswith(other) or other.endswith(one)),
    ("under", "under"): lambda one, other: not (_below(one, other) or _below(other, one)),
    ("under", "starts"): lambda path, part: not ((path + "/").startswith(part) or part.startswith(path + "/")),
    ("gt", "lt"): lambda low, high: low >= high,
    ("cidr", "cidr"): lambda one, other: not (_inside(one, other) or _inside(other, one)),
}
