"""A checked ruleset as bytes and back, so that ten thousand rules need not be read and checked at every start.

Called by `app`, which keeps the bytes in a file that only its owner may write. What was found while checking comes
back with it, and its sources from the files themselves, which the key names. Bytes that are damaged, foreign or of
another program give None: the rules are then loaded from their files. Nothing in the bytes is run.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any, TypeAlias

from intakebot.domain.errors import Problem
from intakebot.domain.positions import Node, Place
from intakebot.rules.model import AllOf, AnyOf, Atom, Condition, Leaf, NotOf, Rule, Ruleset, RuleTest, Stage
from intakebot.rules.operators import later
from intakebot.rules.world import World

SCHEMA = "intakebot.ruleset/2"
"""Changes with the form of the bytes and with the meaning of rules; whoever changes either raises it."""


Places: TypeAlias = "dict[Place, int]"
"""Every place that a ruleset names, once, and its number."""


def cache_key(program: str, files: Iterable[tuple[str, bytes]], world: World) -> str:
    """Names what a checked ruleset follows from: the program's version, every file by name, and the checked world."""
    digest = hashlib.sha256()
    checked = {each.name: _settled(getattr(world, each.name)) for each in fields(World)}
    for part in (SCHEMA.encode(), program.encode(), json.dumps(checked).encode()):
        digest.update(hashlib.sha256(part).digest())
    for name, content in files:
        digest.update(hashlib.sha256(name.encode()).digest() + hashlib.sha256(content).digest())
    return digest.hexdigest()


def _settled(part: object) -> Any:  # noqa: ANN401 - JSON-like, whatever the world consists of
    """The same value for the same part of a world, in whatever order it was built."""
    if isinstance(part, Mapping):
        return [[str(name), _settled(part[name])] for name in sorted(part, key=str)]
    if isinstance(part, (frozenset, set)):
        return sorted(json.dumps(_settled(each)) for each in part)
    if isinstance(part, (tuple, list)):
        return [_settled(each) for each in part]
    return part if part is None or isinstance(part, (str, int, float)) else repr(part)


def to_bytes(ruleset: Ruleset, warnings: Iterable[Problem], key: str) -> bytes:
    """A ruleset without errors and what was found, under the key of what it follows from."""
    places: Places = {}
    content = {
        "hash": ruleset.hash,
        "lists": {name: list(entries) for name, entries in ruleset.lists.items()},
        "atoms": [[atom.field, atom.operator, list(atom.wanted)] for atom in ruleset.atoms],
        "stages": [_stage(stage, places) for stage in ruleset.stages],
        "unused": [[name, _place(place, places)] for name, place in ruleset.unused_lists],
        "warnings": [[each.file, each.line, each.sentence] for each in warnings],
    }
    payload = json.dumps(
        {**content, "places": [[each.file, each.line] for each in places]}, separators=(",", ":")
    ).encode()
    return _header(key, payload) + payload


def from_bytes(
    content: bytes, key: str, sources: tuple[tuple[str, str], ...] = ()
) -> tuple[Ruleset, tuple[Problem, ...]] | None:
    """The ruleset that was kept under this key, with its warnings; None when these bytes are anything else."""
    length = len(_header(key, b""))
    payload = content[length:]
    if content[:length] != _header(key, payload):
        return None
    plain = json.loads(payload)
    reader = _Reader([Place(file, line) for file, line in plain["places"]])
    ruleset = Ruleset(
        hash=plain["hash"],
        stages=tuple(reader.stage(stage) for stage in plain["stages"]),
        lists={name: tuple(entries) for name, entries in plain["lists"].items()},
        atoms=tuple(_atom(*atom) for atom in plain["atoms"]),
        unused_lists=tuple((name, reader.places[place]) for name, place in plain["unused"]),
        sources=sources,
    )
    return ruleset, tuple(Problem(file, line, said, "warning") for file, line, said in plain["warnings"])


def _header(key: str, payload: bytes) -> bytes:
    """Only who wrote all of the bytes could have written this before them."""
    return f"{SCHEMA} {key} {hashlib.sha256(payload).hexdigest()}\n".encode()


def _atom(field: str, operator: str, wanted: list[Any]) -> Atom:
    operands = tuple(wanted)
    return Atom(field, operator, operands, later(operator, operands))


def _stage(stage: Stage, places: Places) -> list[Any]:
    default = None if stage.default is None else _node(stage.default, places)
    rules = [_rule(rule, places) for rule in stage.rules]
    return [stage.name, _place(stage.place, places), stage.hit, dict(stage.merge), default, rules]


def _rule(rule: Rule, places: Places) -> list[Any]:
    tests = [[_given(test), test.expect, _place(test.place, places)] for test in rule.tests]
    when, then = _condition(rule.condition, places), _node(rule.then, places)
    return [rule.id, _place(rule.place, places), rule.note, list(rule.on), when, then, tests, rule.mode]


def _given(test: RuleTest) -> dict[str, Any]:
    return {name: list(fact) if isinstance(fact, tuple) else fact for name, fact in test.given.items()}


def _place(place: Place, places: Places) -> int:
    return places.setdefault(place, len(places))


def _node(node: Node, places: Places) -> list[Any]:
    place = _place(node.place, places)
    if isinstance(node.value, Mapping):
        keys = None if node.keys is None else {key: _place(at, places) for key, at in node.keys.items()}
        return [place, "mapping", {key: _node(part, places) for key, part in node.value.items()}, keys]
    if isinstance(node.value, tuple):
        return [place, "list", [_node(part, places) for part in node.value]]
    return [place, "value", node.value]


def _condition(condition: Condition, places: Places) -> list[Any]:
    match condition:
        case Leaf(atom, place):
            return ["is", atom, _place(place, places)]
        case NotOf(part):
            return ["not", _condition(part, places)]
        case AllOf(parts):
            return ["all", [_condition(part, places) for part in parts]]
        case AnyOf(parts):
            return ["any", [_condition(part, places) for part in parts]]


class _Reader:
    """Makes of plain values what they were made of. Places are shared: a ruleset has many in one line."""

    def __init__(self, places: list[Place]) -> None:
        self.places = places

    def stage(self, plain: list[Any]) -> Stage:
        name, place, hit, merge, default, rules = plain
        read = None if default is None else self._node(default)
        return Stage(name, self.places[place], hit, merge, read, tuple(self._rule(rule) for rule in rules))

    def _rule(self, plain: list[Any]) -> Rule:
        name, place, note, on, when, then, tests, mode = plain
        return Rule(
            id=name,
            place=self.places[place],
            note=note,
            on=tuple(on),
            condition=self._condition(when),
            then=self._node(then),
            tests=tuple(self._test(test) for test in tests),
            mode=mode,
        )

    def _test(self, plain: list[Any]) -> RuleTest:
        given, expect, place = plain
        facts = {name: tuple(fact) if isinstance(fact, list) else fact for name, fact in given.items()}
        return RuleTest(facts, expect, self.places[place])

    def _node(self, plain: list[Any]) -> Node:
        place, kind, value = self.places[plain[0]], plain[1], plain[2]
        if kind == "value":
            return Node(value, place)
        if kind == "list":
            return Node(tuple(self._node(part) for part in value), place)
        keys = None if plain[3] is None else {key: self.places[at] for key, at in plain[3].items()}
        return Node({key: self._node(part) for key, part in value.items()}, place, keys)

    def _condition(self, plain: list[Any]) -> Condition:
        kind, what = plain[0], plain[1]
        if kind == "is":
            return Leaf(what, self.places[plain[2]])
        if kind == "not":
            return NotOf(self._condition(what))
        parts = tuple(self._condition(part) for part in what)
        return AllOf(parts) if kind == "all" else AnyOf(parts)
