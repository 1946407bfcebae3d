"""Whether the conditions of a rule can be asked at all: fields, operators, types, names, stages, captures.

Called by `check`, for each use of a condition at its place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from intakebot.domain.errors import Problem
from intakebot.domain.positions import Node, Place
from intakebot.rules.decide import PLACEHOLDER
from intakebot.rules.facts import FIELDS, Field, field_named, fits
from intakebot.rules.folding import fold
from intakebot.rules.model import STAGES, Atom, Rule, Ruleset, Stage, leaves
from intakebot.rules.operators import OPERATORS
from intakebot.rules.patterns import Pattern
from intakebot.rules.shapes import known
from intakebot.rules.value_checks import enum_sentences
from intakebot.rules.world import World

KIND_NAMES = {"text": "text", "texts": "texts", "number": "a number", "flag": "true or false"}

_NAMED = {
    "category": ("category", "categories"),
    "case.category": ("category", "categories"),
    "case.workflow": ("workflow", "workflows"),
    "case.queue": ("queue", "queues"),
    "case.status": ("status", "statuses"),
}


def condition_problems(stage: Stage, rule: Rule, ruleset: Ruleset, world: World) -> Iterator[Problem]:
    """Everything wrong with what a rule asks."""
    for leaf in leaves(rule.condition):
        for sentence in _sentences(stage, ruleset.atoms[leaf.atom], world):
            yield _at(leaf.place, sentence)
    yield from _placeholder_problems(rule, ruleset)


def unknown_field(name: str) -> str:
    """The end of a sentence about a field that there is not, or an operator behind one that there is."""
    field, _, operator = name.rpartition(".")
    if field in FIELDS:
        return f"unknown field {name!r}; operators of {field}: {known(OPERATORS, operator)}"
    return f"unknown field {name!r}; known fields, beside header.<name>: {known(FIELDS, name)}"


def _sentences(stage: Stage, atom: Atom, world: World) -> Iterator[str]:
    field = field_named(atom.field)
    if field is None:
        yield unknown_field(atom.field)
        return
    if field.decided_in and STAGES.index(field.decided_in) >= STAGES.index(stage.name):
        yield f"stage {stage.name!r} cannot read {atom.field!r}: it is decided in {field.decided_in!r}"
    yield from _type_sentences(field, atom)
    yield from enum_sentences(atom)
    if atom.field in _NAMED and atom.operator in {"eq", "in", "not_in", "under"}:
        yield from _name_sentences(atom, world)


def _type_sentences(field: Field, atom: Atom) -> Iterator[str]:
    operator = OPERATORS[atom.operator]
    if field.kind not in operator.reads:
        yield f"operator {atom.operator!r} does not read {atom.field}, which is {KIND_NAMES[field.kind]}"
    elif operator.takes in {"value", "values"}:
        for value in atom.wanted:
            if not fits(field.kind, value):
                yield f"{atom.field} is {KIND_NAMES[field.kind]}, not {value!r}"


def _name_sentences(atom: Atom, world: World) -> Iterator[str]:
    """A name that nothing has. Upper and lower case do not count here, as they do not when rules are asked."""
    what, plural = _NAMED[atom.field]
    names = world.names(what)
    for value in atom.wanted if names is not None else ():
        if isinstance(value, str) and names is not None and not _is_known(fold(value), atom.operator, names):
            yield f"unknown {what} {value!r}; known {plural}: {known(names, value)}"


def _is_known(value: str, operator: str, names: Collection[str]) -> bool:
    if value in names:
        return True
    below = value + "/"
    return any(fold(name) == value or (operator == "under" and fold(name).startswith(below)) for name in names)


def _placeholder_problems(rule: Rule, ruleset: Ruleset) -> Iterator[Problem]:
    """A `{name}` is a capture of one of the rule's patterns, or a field."""
    named = [(node, found) for node in _texts(rule.then) for found in PLACEHOLDER.finditer(str(node.value))]
    captures = _captures(rule, ruleset) if named else set()
    for node, found in named:
        if found[1] not in captures and field_named(found[1]) is None:
            yield _at(node.place, f"unknown name {found[0]}; known captures: {known(captures, found[1])}")


def _captures(rule: Rule, ruleset: Ruleset) -> set[str]:
    atoms = (ruleset.atoms[leaf.atom] for leaf in leaves(rule.condition))
    sources = (str(source) for atom in atoms if atom.operator == "matches" for source in atom.wanted)
    return {name for source in sources for name in Pattern(source).names}


def _texts(node: Node) -> Iterator[Node]:
    if isinstance(node.value, str):
        yield node
    elif isinstance(node.value, (tuple, Mapping)):
        for part in node.value.values() if isinstance(node.value, Mapping) else node.value:
            yield from _texts(part)


def _at(place: Place, sentence: str) -> Problem:
    return Problem(place.file, place.line, sentence)
