"""From rule files to a `Ruleset`: the file format `intakebot.rules/1`.

Called by `config` with the nodes of every file in `config/rules`, in order of their names. What cannot be
read (shape, unknown keys, operators and lists, patterns, bounds) is refused here, all of it at once; what can
be read but makes no sense is found by `check`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from intakebot.domain.errors import ConfigError
from intakebot.domain.positions import Node, Place, Plain
from intakebot.rules.conditions import Conditions, Lists
from intakebot.rules.model import EVENTS, MODES, STAGES, Rule, Ruleset, RuleTest, Stage
from intakebot.rules.shapes import Shapes, key_place

if TYPE_CHECKING:
    from intakebot.rules.facts import Fact
    from intakebot.rules.operators import Scalar

SCHEMA = "intakebot.rules/1"
MAX_RULES = 20_000
MAX_LIST = 10_000
MERGES = ("union", "max", "first")
_LANGUAGE = re.compile("[a-z]{2,3}")
_NO_FILE = Place("rules", 0)


@dataclass(slots=True)
class _Draft:
    """One stage while its parts from several files are joined."""

    name: str
    settings: dict[str, Node] = field(default_factory=dict)
    rules: list[Node] = field(default_factory=list)
    place: Place = _NO_FILE


def load_ruleset(files: Sequence[Node]) -> Ruleset:
    """Join the files into one ruleset.

    Raises:
        ConfigError: with every problem of every file.
    """
    shapes = Shapes()
    tops = [shapes.mapping(file, "rule file", ("schema", "lists", "stages")) for file in files]
    for file, top in zip(files, tops, strict=True):
        _check_schema(shapes, file, top)
    lists = _lists(shapes, tops)
    drafts = _drafts(shapes, tops)
    conditions = Conditions(shapes, lists)
    stages = tuple(_stage(shapes, conditions, draft) for draft in drafts)
    count = sum(len(stage.rules) for stage in stages)
    if count > MAX_RULES:
        shapes.add(_NO_FILE, f"{count} rules; at most {MAX_RULES} are allowed")
    if shapes.problems:
        raise ConfigError(shapes.problems)
    unused = tuple(_places(tops, lists.whole.keys() - conditions.used_lists))
    sources = tuple((file.place.file, file.text) for file in files if file.text)
    return Ruleset(_content_hash(lists, drafts), stages, lists.whole, tuple(conditions.atoms), unused, sources)


def _check_schema(shapes: Shapes, file: Node, top: Mapping[str, Node]) -> None:
    schema = top.get("schema")
    if schema is None or schema.value != SCHEMA:
        place = schema.place if schema else file.place
        shapes.add(place, f"a rule file begins with `schema: {SCHEMA}`")


def _lists(shapes: Shapes, tops: Sequence[Mapping[str, Node]]) -> Lists:
    whole: dict[str, tuple[Scalar, ...]] = {}
    variants: dict[str, Mapping[str, tuple[Scalar, ...]]] = {}
    for top in tops:
        node = top.get("lists")
        for name, entries in shapes.mapping(node, "lists").items() if node else ():
            if name in whole:
                shapes.add(entries.place, f"list {name!r} is defined twice")
            if isinstance(entries.value, Mapping):
                variants[name] = _variants(shapes, entries, name)
                whole[name] = tuple(dict.fromkeys(chain.from_iterable(variants[name].values())))
            else:
                whole[name] = tuple(_scalars(shapes, entries, name))
            if len(whole[name]) > MAX_LIST:
                shapes.add(
                    entries.place, f"list {name!r} has {len(whole[name])} entries; at most {MAX_LIST} are allowed"
                )
    return Lists(whole, variants)


def _variants(shapes: Shapes, node: Node, name: str) -> dict[str, tuple[Scalar, ...]]:
    """The entries of a list by language."""
    for language in node.value if isinstance(node.value, Mapping) else ():
        if not _LANGUAGE.fullmatch(language):
            shapes.add(key_place(node, language), f"list {name!r} is divided by languages such as en, not {language!r}")
    entries = shapes.mapping(node, f"list {name!r}")
    return {language: tuple(_scalars(shapes, each, f"{name}.{language}")) for language, each in entries.items()}


def _places(tops: Sequence[Mapping[str, Node]], names: Collection[str]) -> Iterator[tuple[str, Place]]:
    """Where lists are defined."""
    for node in (top["lists"] for top in tops if "lists" in top):
        for name in node.value if isinstance(node.value, Mapping) else ():
            if name in names:
                yield name, key_place(node, name)


def _scalars(shapes: Shapes, node: Node, name: str) -> list[Scalar]:
    scalars: list[Scalar] = []
    for item in shapes.items(node, f"list {name!r}"):
        if item.value is None or isinstance(item.value, (tuple, Mapping)):
            shapes.add(item.place, f"list {name!r} holds single values, not {item.plain()!r}")
        else:
            scalars.append(item.value)
    return scalars


def _drafts(shapes: Shapes, tops: Sequence[Mapping[str, Node]]) -> list[_Draft]:
    drafts = {name: _Draft(name) for name in STAGES}
    for top in tops:
        stages = top.get("stages")
        for name, node in shapes.mapping(stages, "stages", STAGES).items() if stages else ():
            if name in drafts:
                _join(shapes, drafts[name], node)
    return list(drafts.values())


def _join(shapes: Shapes, draft: _Draft, node: Node) -> None:
    parts = shapes.mapping(node, f"stage {draft.name!r}", ("hit", "merge", "default", "rules"))
    if draft.place == _NO_FILE:
        draft.place = node.place
    for key in ("hit", "merge", "default"):
        setting = parts.get(key)
        if setting is None:
            continue
        if key != "hit":
            shapes.mapping(setting, f"{draft.name}.{key}")
        earlier = draft.settings.setdefault(key, setting)
        if earlier.plain() != setting.plain():
            shapes.add(setting.place, f"{draft.name}.{key} differs from {earlier.place}")
    draft.rules.extend(shapes.items(parts.get("rules"), f"rules of stage {draft.name!r}"))


def _stage(shapes: Shapes, conditions: Conditions, draft: _Draft) -> Stage:
    hit = shapes.choice(draft.settings.get("hit"), "hit", ("first", "collect"), "first")
    return Stage(
        name=draft.name,
        place=draft.place,
        hit=hit,
        merge=_merge(shapes, draft, hit),
        default=draft.settings.get("default"),
        rules=tuple(_rule(shapes, conditions, node) for node in draft.rules),
    )


def _merge(shapes: Shapes, draft: _Draft, hit: str) -> dict[str, str]:
    node = draft.settings.get("merge")
    if node is None:
        return {}
    if hit != "collect":
        shapes.add(node.place, "merge belongs to a stage with `hit: collect`")
    fields = node.value.items() if isinstance(node.value, Mapping) else ()
    return {name: shapes.choice(how, "merge", MERGES, "first") for name, how in fields}


def _rule(shapes: Shapes, conditions: Conditions, node: Node) -> Rule:
    parts = shapes.mapping(node, "rule", ("id", "note", "on", "mode", "when", "then", "tests"))
    then = parts.get("then", Node({}, node.place))
    for key in ("id", "when", "then"):
        if key not in parts:
            shapes.add(node.place, f"rule has no {key!r}")
    if "then" in parts and not shapes.mapping(then, "then"):
        shapes.add(then.place, "`then` says nothing")
    return Rule(
        id=shapes.text(parts.get("id"), "id"),
        place=node.place,
        note=shapes.text(parts.get("note"), "note"),
        on=_events(shapes, parts.get("on")),
        condition=conditions.read(parts.get("when", Node({"channel": Node("", node.place)}, node.place))),
        then=then,
        tests=tuple(_test(shapes, test) for test in shapes.items(parts.get("tests"), "tests")),
        mode=shapes.choice(parts.get("mode"), "mode", MODES, "live"),
    )


def _events(shapes: Shapes, node: Node | None) -> tuple[str, ...]:
    if node is None:
        return ("created",)
    nodes = node.value if isinstance(node.value, tuple) else (node,)
    return tuple(shapes.choice(each, "event", EVENTS, "created") for each in nodes)


def _test(shapes: Shapes, node: Node) -> RuleTest:
    parts = shapes.mapping(node, "test", ("given", "expect"))
    given = parts.get("given")
    expect = shapes.choice(parts.get("expect"), "expect", ("match", "no_match"), "match")
    facts = shapes.mapping(given, "given") if given else {}
    return RuleTest(
        given=_with_domain({name: _fact(shapes, name, value) for name, value in facts.items()}),
        expect=expect == "match",
        place=key_place(node, "given"),
    )


def _with_domain(given: dict[str, Fact]) -> dict[str, Fact]:
    """A message that is from somebody is from that domain, too, unless the test says otherwise."""
    sender = given.get("from")
    if not isinstance(sender, str) or "@" not in sender:
        return given
    return {"from.domain": sender.rpartition("@")[2]} | given


def _fact(shapes: Shapes, name: str, node: Node) -> Fact:
    if isinstance(node.value, tuple):
        return tuple(shapes.text(item, f"entry of {name!r}") for item in node.value)
    if node.value is None or isinstance(node.value, Mapping):
        shapes.add(node.place, f"given {name!r} is a value or a list of texts")
        return ""
    return node.value


def _content_hash(lists: Lists, drafts: Sequence[_Draft]) -> str:
    """What the rules say, apart from where and in which order of keys; piece by piece, so that other threads run."""
    digest = hashlib.sha256()
    digest.update(_written(_plain_lists(lists.whole)))
    if lists.variants:
        digest.update(_written({name: _plain_lists(parts) for name, parts in lists.variants.items()}))
    for draft in drafts:
        digest.update(_written([draft.name, {key: node.plain() for key, node in draft.settings.items()}]))
        for rule in draft.rules:
            digest.update(_written(rule.plain()))
    return digest.hexdigest()


def _plain_lists(lists: Mapping[str, tuple[Scalar, ...]]) -> dict[str, Plain]:
    return {name: list(entries) for name, entries in lists.items()}


def _written(value: Plain) -> bytes:
    return json.dumps(value, sort_keys=True).encode() + b"\n"
