"""Static checks: what can be known to be wrong with rules before a message comes.

Called by `config` at start and by `rules check`. Every problem is an error and names its file and line.
Inline tests run through the same matching as live messages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from intakebot.domain.errors import Problem
from intakebot.domain.positions import Node, Place
from intakebot.rules.actions import action_problems, named_problems
from intakebot.rules.decide import PLACEHOLDER
from intakebot.rules.explain import first_false
from intakebot.rules.facts import FIELDS, field_named, fits
from intakebot.rules.literals import Literals
from intakebot.rules.model import STAGES, Atom, Leaf, Rule, Ruleset, RuleTest, Stage, leaves
from intakebot.rules.operators import OPERATORS
from intakebot.rules.overlaps import Overlaps
from intakebot.rules.patterns import Pattern
from intakebot.rules.shapes import key_place, known
from intakebot.rules.truths import Truths
from intakebot.rules.world import World

__all__ = ["World", "check_ruleset"]

_KIND_NAMES = {"text": "text", "texts": "texts", "number": "a number", "flag": "true or false"}
_NAMES_WORLD = {"category": ("category", "categories"), "case.workflow": ("workflow", "workflows")}
_ONE_ANSWER = frozenset({"classify", "route"})


def check_ruleset(ruleset: Ruleset, world: World) -> list[Problem]:
    """Every problem of the ruleset in this world, in order of place."""
    literals = Literals()
    problems = [*_duplicate_ids(ruleset), *_default_problems(ruleset, world)]
    for stage in ruleset.stages:
        if stage.name in _ONE_ANSWER and stage.hit != "first":
            problems.append(_at(stage.place, f"stage {stage.name!r} gives one answer: hit is first"))
        overlaps = Overlaps(stage, ruleset.atoms, literals)
        problems.extend(overlaps.problems())
        for rule in stage.rules:
            problems.extend(_rule_problems(stage, rule, ruleset, world))
    return sorted(set(problems))


def _rule_problems(stage: Stage, rule: Rule, ruleset: Ruleset, world: World) -> Iterator[Problem]:
    for leaf in leaves(rule.condition):
        yield from _atom_problems(stage, leaf, ruleset.atoms[leaf.atom], world)
    yield from action_problems(stage.name, rule.then, world)
    yield from _placeholder_problems(rule, ruleset)
    for number, test in enumerate(rule.tests, start=1):
        yield from _test_problems(rule, test, number, ruleset)


def _duplicate_ids(ruleset: Ruleset) -> Iterator[Problem]:
    seen: dict[str, Place] = {}
    for rule in (rule for stage in ruleset.stages for rule in stage.rules):
        if rule.id in seen:
            yield _at(rule.place, f"rule id {rule.id!r} is used twice; first at {seen[rule.id]}")
        seen.setdefault(rule.id, rule.place)


def _default_problems(ruleset: Ruleset, world: World) -> Iterator[Problem]:
    for stage in ruleset.stages:
        default = stage.default
        if stage.name == "route":
            yield from _route_default_problems(stage, world)
        elif default is not None:
            yield from action_problems(stage.name, default, world)
        if stage.name == "classify" and (default is None or "category" not in _keys(default)):
            yield _at(stage.place, "classify.default is missing; write `default: {category: ...}`")


def _route_default_problems(stage: Stage, world: World) -> Iterator[Problem]:
    default = stage.default
    if default is None:
        yield _at(stage.place, "route.default is missing; write `default: {<workflow>: {queue: ...}}`")
        return
    for workflow, node in _keys(default).items():
        name = Node(workflow, key_place(default, workflow))
        yield from named_problems(name, "workflow", "workflows", world)
        yield from action_problems("route", node, world)
        if not {"queue", "escalate"} & _keys(node).keys():
            yield _at(node.place, f"route.default of workflow {workflow!r} names no queue")
    missing = world.workflows - _keys(default).keys()
    if missing:
        yield _at(default.place, f"route.default has no entry for workflow: {known(missing)}")


def _keys(node: Node) -> Mapping[str, Node]:
    return node.value if isinstance(node.value, Mapping) else {}


def _atom_problems(stage: Stage, leaf: Leaf, atom: Atom, world: World) -> Iterator[Problem]:
    field = field_named(atom.field)
    if field is None:
        yield _at(leaf.place, f"unknown field {atom.field!r}; known fields: {known(FIELDS)}, header.<name>")
        return
    if field.decided_in and STAGES.index(field.decided_in) >= STAGES.index(stage.name):
        sentence = f"stage {stage.name!r} cannot read {atom.field!r}: it is decided in {field.decided_in!r}"
        yield _at(leaf.place, sentence)
    if field.kind not in OPERATORS[atom.operator].reads:
        sentence = f"operator {atom.operator!r} does not read {atom.field}, which is {_KIND_NAMES[field.kind]}"
        yield _at(leaf.place, sentence)
    elif OPERATORS[atom.operator].takes in {"value", "values"}:
        for value in atom.wanted:
            if not fits(field.kind, value):
                yield _at(leaf.place, f"{atom.field} is {_KIND_NAMES[field.kind]}, not {value!r}")
    if atom.field in _NAMES_WORLD and atom.operator in {"eq", "in", "not_in"}:
        what, plural = _NAMES_WORLD[atom.field]
        for value in atom.wanted:
            yield from named_problems(Node(value, leaf.place), what, plural, world)


def _placeholder_problems(rule: Rule, ruleset: Ruleset) -> Iterator[Problem]:
    """A `{name}` is a capture of one of the rule's patterns, or a field."""
    captures: set[str] = set()
    for leaf in leaves(rule.condition):
        atom = ruleset.atoms[leaf.atom]
        if atom.operator == "matches":
            captures.update(name for source in atom.wanted for name in Pattern(str(source)).names)
    for node in _texts(rule.then):
        for found in PLACEHOLDER.finditer(str(node.value)):
            if found[1] not in captures and field_named(found[1]) is None:
                yield _at(node.place, f"unknown name {found[0]}; known captures: {known(captures)}")


def _texts(node: Node) -> Iterator[Node]:
    if isinstance(node.value, str):
        yield node
    elif isinstance(node.value, (tuple, Mapping)):
        for part in node.value.values() if isinstance(node.value, Mapping) else node.value:
            yield from _texts(part)


def _test_problems(rule: Rule, test: RuleTest, number: int, ruleset: Ruleset) -> Iterator[Problem]:
    for name, fact in test.given.items():
        field = field_named(name)
        if field is None:
            yield _at(test.place, f"test {number} of rule {rule.id!r} gives unknown field {name!r}")
        elif not fits(field.kind, fact):
            sentence = f"test {number} of rule {rule.id!r}: {name} is {_KIND_NAMES[field.kind]}, not {fact!r}"
            yield _at(test.place, sentence)
    truths = Truths(test.given, ruleset.atoms)
    if truths.holds(rule.condition) != test.expect:
        reason = first_false(rule.condition, truths, ruleset) if test.expect else "it matches"
        expected = "match" if test.expect else "no_match"
        yield _at(test.place, f"test {number} of rule {rule.id!r} fails: expected {expected}, but {reason}")


def _at(place: Place, sentence: str) -> Problem:
    return Problem(place.file, place.line, sentence)
