"""What a rule may do: one table of actions per stage, and what each must look like.

Called by `check`. A shape that is not met yields problems in the words of the table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from intakebot.domain.case import NNR
from intakebot.domain.errors import Problem
from intakebot.rules.model import PRIORITIES
from intakebot.rules.shapes import key_place, known
from intakebot.rules.world import World

if TYPE_CHECKING:
    from intakebot.domain.positions import Node, Place


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some words."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """The name of something in the `World`."""

    what: str
    plural: str


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a Python type; text may hold `{name}` of a capture or a fact."""

    type: type
    says: str


@dataclass(frozen=True, slots=True)
class Texts:
    """A list of texts."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of such things, at least `least` and at most `most`; `or_one`: a single one stands for itself."""

    each: Shape
    says: str
    least: int = 1
    most: int = 20
    or_one: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """A mapping with these keys; `any_one`: exactly one of the optional keys is given."""

    required: Mapping[str, Shape] = field(default_factory=dict)
    optional: Mapping[str, Shape] = field(default_factory=dict)
    any_one: bool = False


Shape: TypeAlias = "Choice | Named | Value | Texts | Listed | Record"

_TEXT, _YES = Value(str, "a text"), Value(bool, "true or false")
_QUEUE, _AGENT = Named("queue", "queues"), Named("agent", "agents")
_TEMPLATE, _CATEGORY = Named("template", "templates"), Named("category", "categories")
_PRIORITY = Choice(PRIORITIES)
_HANDOVER = Record(
    {"kind": Choice(("service_order", "customer_order", "return_material_authorisation"))},
    {"reference": _TEXT},
)
_TASK = Record({"title": _TEXT}, {"queue": _QUEUE, "assignee": _AGENT, "handover": _HANDOVER})
_TASKS = Listed(_TASK, "a task or a list of 1 to 20 tasks", or_one=True)
_PARTS = Listed(Record({"title": _TEXT, "category": _CATEGORY}), "a list of 2 to 5 cases", least=2, most=5)

ACTIONS: Mapping[str, Mapping[str, Shape]] = {
    "guard": {
        "disposition": Choice(("machine", "refused")),
        "reason": _TEXT,
        "suppress_reply": _YES,
        "complete_handover": _TEXT,
    },
    "identify": {
        "lookup": Record(optional={"subscription": _TEXT, "account": _TEXT, "support_key": _TEXT}, any_one=True),
        "support": Choice(("known", "unknown")),
        "agreement": Record({"policy": Named("policy", "policies")}),
    },
    "classify": {
        "category": _CATEGORY,
        "workflow": Named("workflow", "workflows"),
        "split": _PARTS,
        "task": _TASKS,
        "business_object": Record({"type": _TEXT}, {"reference": _TEXT}),
    },
    "flag": {
        "tags": Texts(),
        "priority": _PRIORITY,
        "suppress_reply": _YES,
        "markers": Listed(Named("marker", "markers"), "a list of 1 to 20 markers"),
        "task": _TASKS,
    },
    "route": {
        "queue": _QUEUE,
        "assignee": _AGENT,
        "escalate": Record({"queue": _QUEUE, "comment": _TEXT}),
        "resolve": Record({"template": _TEMPLATE}),
        "priority": _PRIORITY,
    },
}

# What people try, and what to write instead: the process is kept by verbs, not by setting its status.
_INSTEAD = {
    "status": "a rule sets no status; write `escalate: {queue, comment}` for Pending, `resolve: {template}`",
    "close": "no rule closes a case; a resolution that was sent does",
    "owner": "a rule names no owner; write `assignee` or `queue`",
    "markers": "markers belong to stage 'flag'",
}

# Markers that mean something to the process: nobody's words but theirs set them.
_NOT_FOR_RULES = {
    NNR: "is set by an agent, never by a caller's words; write `tags`",
    "unidentified": "is set by the program while nobody knows the caller",
}


def action_problems(stage: str, then: Node, world: World) -> Iterator[Problem]:
    """Everything wrong with the actions of a rule or a default of that stage."""
    allowed = ACTIONS[stage]
    actions = then.value if isinstance(then.value, Mapping) else {}
    for name, node in actions.items():
        if name in allowed:
            yield from _shape_problems(name, node, allowed[name], world)
        else:
            sentence = _INSTEAD.get(name, f"unknown action {name!r} in stage {stage!r}")
            yield _problem(key_place(then, name), f"{sentence}; known actions: {known(allowed.keys(), name)}")
    if stage == "guard" and actions.get("disposition", then).value == "refused" and "reason" not in actions:
        yield _problem(then.place, "`disposition: refused` needs a reason")
    if stage == "route":
        yield from _destination_problems(then, actions)


def _destination_problems(then: Node, actions: Mapping[str, Node]) -> Iterator[Problem]:
    """A case goes one way: to a queue (and an assignee), by escalation, or resolved."""
    ways = [way for way in ("queue", "escalate", "resolve") if way in actions]
    if len(ways) > 1:
        yield _problem(then.place, f"{' and '.join(ways)} exclude each other; keep one")
    elif ways != ["queue"] and ways and "assignee" in actions:
        yield _problem(then.place, f"{ways[0]} and assignee exclude each other; keep one")
    elif not ways and "assignee" not in actions:
        yield _problem(then.place, "a route says where to: queue, assignee, escalate or resolve")


def _shape_problems(name: str, node: Node, shape: Shape, world: World) -> Iterator[Problem]:
    match shape:
        case Record():
            yield from _record_problems(name, node, shape, world)
        case Choice(words):
            if node.value not in words:
                yield _problem(node.place, f"{name} is one of {', '.join(words)}, not {node.plain()!r}")
        case Named(what, plural):
            yield from named_problems(node, what, plural, world)
        case Value(type=kind, says=says):
            if not isinstance(node.value, kind) or node.value == "":
                yield _problem(node.place, f"{name} is {says}, not {node.plain()!r}")
        case Texts():
            entries = node.value if isinstance(node.value, tuple) else ()
            if not entries or not all(isinstance(entry.value, str) for entry in entries):
                yield _problem(node.place, f"{name} is a list of texts, not {node.plain()!r}")
        case Listed():
            yield from _listed_problems(name, node, shape, world)


def _listed_problems(name: str, node: Node, shape: Listed, world: World) -> Iterator[Problem]:
    entries = node.value
    if shape.or_one and not isinstance(entries, tuple):
        yield from _shape_problems(name, node, shape.each, world)
    elif not isinstance(entries, tuple) or not shape.least <= len(entries) <= shape.most:
        yield _problem(node.place, f"{name} is {shape.says}, not {node.plain()!r}")
    else:
        for entry in entries:
            yield from _shape_problems(name, entry, shape.each, world)


def named_problems(node: Node, what: str, plural: str, world: World) -> Iterator[Problem]:
    """A problem when a node is not the name of something known."""
    names = world.names(what)
    if not isinstance(node.value, str):
        yield _problem(node.place, f"{what} is a name, not {node.plain()!r}")
    elif what == "marker" and node.value in _NOT_FOR_RULES:
        yield _problem(node.place, f"marker {node.value!r} {_NOT_FOR_RULES[node.value]}")
    elif names is not None and node.value not in names:
        yield _problem(node.place, f"unknown {what} {node.value!r}; known {plural}: {known(names, node.value)}")


def _record_problems(name: str, node: Node, shape: Record, world: World) -> Iterator[Problem]:
    shapes = {**shape.required, **shape.optional}
    if not isinstance(node.value, Mapping):
        yield _problem(node.place, f"{name} is a mapping with {', '.join(shapes)}, not {node.plain()!r}")
        return
    missing = [key for key in shape.required if key not in node.value]
    if missing:
        yield _problem(node.place, f"{name} needs {' and '.join(shape.required)}, in one act")
    if shape.any_one and len(node.value) != 1:
        yield _problem(node.place, f"{name} takes exactly one of {', '.join(shapes)}")
    for key, value in node.value.items():
        if key in shapes:
            yield from _shape_problems(f"{name}.{key}", value, shapes[key], world)
        else:
            yield _problem(key_place(node, key), f"unknown key {key!r} in {name}; known keys: {known(shapes, key)}")


def _problem(place: Place, sentence: str) -> Problem:
    return Problem(place.file, place.line, sentence)
