"""Compiling `when` into a boolean test over interned atoms.

Called by `load`. The keys of one mapping are AND, a list is any-of, `any` / `all` / `not` nest. A field is
written `subject: hello` (equal), `subject: [a, b]` (in), `subject: {words: x}` or `subject.words: x`. A list that
is divided by languages becomes one condition for each, chosen by the fact `language`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from intakebot.rules.facts import field_named
from intakebot.rules.model import AllOf, AnyOf, Atom, Condition, Leaf, NotOf
from intakebot.rules.operators import OPERATORS, Operator, Scalar
from intakebot.rules.shapes import Shapes, key_place, known

if TYPE_CHECKING:
    from intakebot.domain.positions import Node, Place

MAX_DEPTH = 8
_BY_LANGUAGE = frozenset({"words", "contains"})
_NOTHING = AllOf(())


@dataclass(frozen=True, slots=True)
class Lists:
    """The named lists of a ruleset: all entries of each, and for some their part for each language."""

    whole: Mapping[str, tuple[Scalar, ...]]
    variants: Mapping[str, Mapping[str, tuple[Scalar, ...]]]

    def entries(self, name: str, language: str) -> tuple[Scalar, ...]:
        """The entries for a language; all of them when the list does not know it ('': unknown)."""
        return self.variants.get(name, {}).get(language) or self.whole.get(name, ())


class Conditions:
    """The compiler of one ruleset: knows its lists, and every atom met so far."""

    def __init__(self, shapes: Shapes, lists: Lists) -> None:
        self._shapes = shapes
        self._lists = lists
        self._index: dict[tuple[str, str, str], int] = {}
        self.atoms: list[Atom] = []
        self.used_lists: set[str] = set()

    def read(self, node: Node, depth: int = 1) -> Condition:
        """A mapping (all of its keys) or a list of them (any of its items)."""
        if depth > MAX_DEPTH:
            self._shapes.add(node.place, f"conditions nest deeper than {MAX_DEPTH}")
            return _NOTHING
        if not node.value:
            self._shapes.add(node.place, "empty condition; what holds for every message is the stage's default")
            return _NOTHING
        if isinstance(node.value, tuple):
            return AnyOf(tuple(self.read(item, depth + 1) for item in node.value))
        if not isinstance(node.value, Mapping):
            self._shapes.add(node.place, f"a condition is a mapping of fields, not {node.plain()!r}")
            return _NOTHING
        parts = tuple(
            part for key, value in node.value.items() for part in self._key(key, value, key_place(node, key), depth)
        )
        return parts[0] if len(parts) == 1 else AllOf(parts)

    def _key(self, key: str, value: Node, place: Place, depth: int) -> Iterator[Condition]:
        match key:
            case "any" | "all":
                parts = tuple(self.read(item, depth + 1) for item in self._shapes.items(value, repr(key)))
                if value.value == ():
                    self._shapes.add(place, f"{key!r} names no condition")
                yield AnyOf(parts) if key == "any" else AllOf(parts)
            case "or" | "and":
                self._shapes.add(place, f"unknown field {key!r}; write `{'any' if key == 'or' else 'all'}: [...]`")
            case "not":
                yield NotOf(self.read(value, depth + 1))
            case _:
                yield from self._field(key, value, place)

    def _field(self, key: str, value: Node, place: Place) -> Iterator[Condition]:
        name, operator = split_key(key)
        if operator:
            yield from self._leaf(name, operator, value, place)
        elif isinstance(value.value, Mapping) and "list" not in value.value:
            if not value.value:
                self._shapes.add(place, f"{name} is compared with nothing")
            for operator_name, operand in value.value.items():
                yield from self._leaf(name, operator_name, operand, key_place(value, operator_name))
        else:
            bare = not isinstance(value.value, (tuple, Mapping))
            yield from self._leaf(name, "eq" if bare else "in", value, place)

    def _leaf(self, name: str, operator_name: str, operand: Node, place: Place) -> Iterator[Condition]:
        operator = OPERATORS.get(operator_name)
        if operator is None:
            self._shapes.add(
                place, f"unknown operator {operator_name!r}; known operators: {known(OPERATORS, operator_name)}"
            )
            return
        languages = self._languages(operand)
        if languages and operator_name not in _BY_LANGUAGE:
            self._shapes.add(operand.place, f"operator {operator_name!r} takes no list that is divided by languages")
        elif languages:
            yield from self._by_language(name, operator_name, operand, place, languages)
        else:
            yield from self._one_leaf(name, operator_name, operand, place, "")

    def _one_leaf(self, name: str, operator_name: str, operand: Node, place: Place, language: str) -> Iterator[Leaf]:
        problems_before = len(self._shapes.problems)
        wanted = tuple(self._operands(operand, language))
        if len(self._shapes.problems) > problems_before:
            return
        complaint = _operand_problem(operator_name, OPERATORS[operator_name], wanted)
        if complaint:
            self._shapes.add(operand.place, complaint)
            return
        index = self._intern(name, operator_name, wanted, operand.place)
        if index is not None:
            yield Leaf(index, place)

    def _by_language(
        self, name: str, operator: str, operand: Node, place: Place, languages: tuple[str, ...]
    ) -> Iterator[Condition]:
        """In a known language its own words; in any other, or in none that is known, those of all."""
        cases = []
        for language in (*languages, ""):
            leaf = tuple(self._one_leaf(name, operator, operand, place, language))
            asked = self._intern("language", "in", (language,) if language else languages, place)
            if not leaf or asked is None:
                return
            spoken = Leaf(asked, place) if language else NotOf(Leaf(asked, place))
            cases.append(AllOf((spoken, *leaf)))
        yield AnyOf(tuple(cases))

    def _languages(self, operand: Node) -> tuple[str, ...]:
        """The languages by which the lists of an operand are divided."""
        items = operand.value if isinstance(operand.value, tuple) else (operand,)
        named = [item.value["list"].value for item in items if isinstance(item.value, Mapping) and "list" in item.value]
        return tuple(dict.fromkeys(language for name in named for language in self._lists.variants.get(str(name), ())))

    def _operands(self, node: Node, language: str) -> Iterator[Scalar]:
        for item in node.value if isinstance(node.value, tuple) else (node,):
            if isinstance(item.value, Mapping):
                yield from self._listed(item, language)
            elif item.value is None:
                self._shapes.add(item.place, "no value; `present: false` tests for a missing field")
            elif isinstance(item.value, tuple):
                self._shapes.add(item.place, "a list of values holds no further list")
            else:
                yield item.value

    def _listed(self, node: Node, language: str) -> tuple[Scalar, ...]:
        entry = self._shapes.mapping(node, "operand", ("list",)).get("list")
        name = self._shapes.text(entry, "list name")
        if entry is not None and name not in self._lists.whole:
            self._shapes.add(entry.place, f"unknown list {name!r}; known lists: {known(self._lists.whole, name)}")
        self.used_lists.add(name)
        return self._lists.entries(name, language)

    def _intern(self, name: str, operator: str, wanted: tuple[Scalar, ...], place: Place) -> int | None:
        key = (name, operator, repr(wanted))
        if key not in self._index:
            try:
                probe = OPERATORS[operator].build(wanted)
            except ValueError as unusable:
                self._shapes.add(place, str(unusable))
                return None
            self._index[key] = len(self.atoms)
            self.atoms.append(Atom(name, operator, wanted, probe))
        return self._index[key]


def split_key(key: str) -> tuple[str, str]:
    """Field and operator of a key (`body.words`); the operator is '' when the key is only a field."""
    head, _, tail = key.rpartition(".")
    name, operator = (head, tail) if head and tail in OPERATORS else (key, "")
    if field_named(key) is not None and not key.startswith("header."):
        name, operator = key, ""
    return (name.lower() if name.startswith("header.") else name), operator


def _operand_problem(name: str, operator: Operator, wanted: tuple[Scalar, ...]) -> str:
    """What is wrong with the operands for this operator; '' when nothing is."""
    single = operator.takes in {"value", "flag", "number"}
    if not wanted:
        return f"operator {name!r} has no value to compare with"
    if single and len(wanted) > 1:
        return f"operator {name!r} takes one value, not {len(wanted)}"
    for value in wanted:
        if not _taken(operator.takes, value):
            quoted = operator.takes == "texts" and not isinstance(value, str)
            hint = f"; write '{str(value).lower()}' in quotes" if quoted else ""
            return f"operator {name!r} takes {_TAKEN_NAMES[operator.takes]}, not {value!r}{hint}"
    return ""


_TAKEN_NAMES = {
    "texts": "text that is not empty",
    "flag": "true or false",
    "number": "a number",
}


def _taken(takes: str, value: Scalar) -> bool:
    match takes:
        case "texts":
            return isinstance(value, str) and bool(value)
        case "flag":
            return isinstance(value, bool)
        case "number":
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        case _:
            return True
