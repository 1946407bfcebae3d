"""Rule files for tests: YAML text or plain values as nodes with their places."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from intakebot.domain.positions import Node, Place
from intakebot.rules.check import check_ruleset
from intakebot.rules.load import load_ruleset
from intakebot.rules.world import World

if TYPE_CHECKING:
    from intakebot.rules.model import Ruleset

SHIPPED = Path(__file__).parents[3] / "config" / "rules"
WORLD = World(
    queues=frozenset({"crc", "noc", "support", "triage"}),
    workflows=frozenset({"manage-case", "crc", "crc-technical"}),
    templates=frozenset({"how-to-reset"}),
    agents=frozenset({"ada"}),
    reached=frozenset({"triage"}),
)


class _Loader(yaml.SafeLoader):
    """Words stay words (`no`, `on`), as in YAML 1.2."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool" or first in "tTfF"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def parse(text: str, file: str = "main.yaml") -> Node:
    """The nodes of a YAML text, with lines."""
    loader = _Loader(text)
    return _node(loader, loader.get_single_node(), file)


def _node(loader: _Loader, node: Any, file: str) -> Node:
    place = Place(file, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        keys = {key.value: Place(file, key.start_mark.line + 1) for key, _ in node.value}
        return Node({key.value: _node(loader, value, file) for key, value in node.value}, place, keys)
    if isinstance(node, yaml.SequenceNode):
        return Node(tuple(_node(loader, item, file) for item in node.value), place)
    return Node(loader.construct_object(node), place)


def node_of(value: Any, file: str = "main.yaml") -> Node:
    """Plain values as nodes, all in line 1."""
    place = Place(file, 1)
    if isinstance(value, dict):
        return Node({key: node_of(item, file) for key, item in value.items()}, place)
    if isinstance(value, (list, tuple)):
        return Node(tuple(node_of(item, file) for item in value), place)
    return Node(value, place)


def ruleset_of(**stages: Any) -> Ruleset:
    """A ruleset of one file with these stages; `lists` gives the lists."""
    lists = stages.pop("lists", {})
    return load_ruleset([node_of({"schema": "intakebot.rules/1", "lists": lists, "stages": stages})])


def one_rule(when: Any, **lists: Any) -> Ruleset:
    """A ruleset whose only rule, `r` in classify, has this condition."""
    rule = {"id": "r", "when": when, "then": {"category": "x"}}
    return ruleset_of(classify={"rules": [rule]}, lists=lists)


def shipped() -> Ruleset:
    """The rules that the program ships."""
    files = sorted(SHIPPED.glob("*.yaml"))
    return load_ruleset([parse(file.read_text("utf-8"), f"config/rules/{file.name}") for file in files])


COMPLETE: dict[str, Any] = {
    "classify": {"default": {"category": "none"}},
    "route": {
        "default": {
            "manage-case": {"queue": "support"},
            "crc": {"queue": "crc"},
            "crc-technical": {"queue": "noc"},
        }
    },
}


def sentences(stage: str, world: Any = WORLD, **parts: Any) -> list[str]:
    """Sentences of the problems of a ruleset that is complete but for this stage's parts."""
    stages = {**COMPLETE, stage: {**COMPLETE.get(stage, {}), **parts}}
    return [problem.sentence for problem in check_ruleset(ruleset_of(**stages), world)]


def rule(name: str, when: Any, then: Any, **more: Any) -> Any:
    return {"id": name, "when": when, "then": then, **more}
