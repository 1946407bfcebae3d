"""Values that a field never has: words that are not among its few, and what no earlier stage gives.

Called by `check`. Also finds the one value that was forgotten where rules branch on all the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from intakebot.domain.customer import AgreementKind, Validity
from intakebot.domain.customer_entries import SUBSCRIPTION_STATUSES
from intakebot.domain.errors import Problem
from intakebot.domain.positions import Node, Place
from intakebot.rules.covering import Covering
from intakebot.rules.folding import fold
from intakebot.rules.literals import Literal, Literals
from intakebot.rules.model import PRIORITIES, STAGES, Atom, Rule, Ruleset, Stage, leaves
from intakebot.rules.shapes import known
from intakebot.rules.terms import Shape
from intakebot.rules.world import World

_EQUALITIES = frozenset({"eq", "in", "not_in"})
_FEWEST = 3
"""A field of fewer values is not branched on, it is asked."""

ENUMS: Mapping[str, tuple[str, ...]] = {
    "disposition": ("machine", "refused"),
    "support": ("known", "unknown"),
    "priority": PRIORITIES,
    "case.priority": PRIORITIES,
    "agreement.kind": tuple(kind.value for kind in AgreementKind),
    "subscription.status": SUBSCRIPTION_STATUSES,
    "support_key.state": tuple(state.value for state in Validity),
}


def enum_sentences(atom: Atom) -> Iterator[str]:
    """A value that the field never has."""
    words = ENUMS.get(atom.field)
    for value in atom.wanted if words and atom.operator in _EQUALITIES else ():
        if words and isinstance(value, str) and fold(value) not in words:
            yield f"{atom.field} is never {value!r}; it is one of {', '.join(words)}"


def never_given(ruleset: Ruleset, world: World) -> Iterator[Problem]:
    """Categories and tags that rules for new cases ask for and no rule gives."""
    for name, action, stage_name in (("category", "category", "classify"), ("tags", "tags", "flag")):
        given = {fold(value) for value in _given(ruleset.stage(stage_name), action)}
        known_to_all = world.categories if name == "category" else None
        if known_to_all is None and not any("{" in value for value in given):
            yield from _asked_in_vain(ruleset, name, given, stage_name)


def _asked_in_vain(ruleset: Ruleset, name: str, given: set[str], stage_name: str) -> Iterator[Problem]:
    later = ruleset.stages[STAGES.index(stage_name) + 1 :]
    rules = [rule for stage in later for rule in stage.rules if rule.on == ("created",)]
    said: set[str] = set()
    for leaf in (leaf for rule in rules for leaf in leaves(rule.condition)):
        atom = ruleset.atoms[leaf.atom]
        if atom.field != name or atom.operator not in {*_EQUALITIES, "under"}:
            continue
        for value in (fold(value) for value in atom.wanted if isinstance(value, str)):
            below = atom.operator == "under" and any(each.startswith(f"{value}/") for each in given)
            if value not in given and value not in said and not below:
                said.add(value)
                sentence = f"no rule of stage {stage_name!r} gives {name} {value!r}; given: {known(given, value)}"
                yield Problem(leaf.place.file, leaf.place.line, sentence, "warning")


def _given(stage: Stage, action: str) -> Iterator[str]:
    thens = [rule.then for rule in stage.rules]
    for then in [*thens, stage.default] if stage.default else thens:
        actions = then.value if isinstance(then.value, Mapping) else {}
        yield from _texts(actions.get(action))
        if action == "category" and "split" in actions:
            parts = actions["split"].value
            for part in parts if isinstance(parts, tuple) else ():
                yield from _texts(part.value.get("category") if isinstance(part.value, Mapping) else None)


def _texts(node: Node | None) -> Iterator[str]:
    if node is not None:
        for each in node.value if isinstance(node.value, tuple) else (node,):
            if isinstance(each.value, str):
                yield each.value


def gaps(
    stage: Stage, shapes: Sequence[Shape], covering: Covering, literals: Literals, world: World
) -> Iterator[Problem]:
    """Where rules of a `first` stage branch on every value of a field but one."""
    branches: dict[tuple[str, frozenset[Literal]], list[tuple[Rule, frozenset[object]]]] = defaultdict(list)
    for rule, shape in zip(stage.rules, shapes, strict=True):
        for term in shape.terms if shape.exact and rule.mode == "live" else ():
            for literal in term:
                if literal.operator == "eq" and not literal.negated and literal.field in {*_BRANCHED, _WORKFLOW}:
                    branches[literal.field, term - {literal}].append((rule, frozenset(literal.chosen)))
    for (name, rest), found in branches.items():
        values = _values_of(name, stage, world)
        seen = frozenset[object]().union(*(chosen for _, chosen in found))
        left = [value for value in values if fold(value) not in seen]
        if len(values) >= _FEWEST and len(left) == 1 and len(found) > 1:
            missing = rest | {literals.literal(name, "eq", (fold(left[0]),))}
            if covering.over_term(missing) is None:
                place: Place = found[-1][0].place
                sentence = f"rules of stage {stage.name!r} branch on every {name} but {left[0]!r}; it gets the default"
                yield Problem(place.file, place.line, sentence, "warning")


_WORKFLOW = "case.workflow"
_BRANCHED = ("priority", "case.priority")


def _values_of(name: str, stage: Stage, world: World) -> Sequence[str]:
    if name != _WORKFLOW:
        return ENUMS[name]
    # A case follows a variant only once it is classified.
    early = stage.name not in {"flag", "route"}
    return sorted(world.workflows - (world.variants if early else frozenset()))
