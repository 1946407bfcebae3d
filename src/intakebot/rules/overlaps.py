"""What can be proved about rules without a message: contradictions, duplicates, shadows, sure conflicts.

Called by `check`. Only conjunctions are compared (a rule as a set of atoms that must all hold), which is what
most rules are; whatever is not provable that way is not reported.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from intakebot.domain.errors import Problem
from intakebot.rules.facts import field_named
from intakebot.rules.folding import fold
from intakebot.rules.model import AllOf, AnyOf, Atom, Condition, Leaf, NotOf, Rule, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_EQUALITIES = ("eq", "in")


def overlap_problems(stage: Stage, atoms: Sequence[Atom]) -> Iterator[Problem]:
    """Everything provable about the rules of one stage."""
    for rule in stage.rules:
        yield from _contradictions(rule, atoms)
    duplicates = dict(_duplicates(stage))
    for later, earlier in duplicates.items():
        rule = stage.rules[later]
        yield _problem(rule, f"rule {rule.id!r} has the same condition as rule {_named(stage.rules[earlier])}")
    for later, earlier in _implied(stage):
        if later not in duplicates:
            yield from _shadow_or_conflict(stage, stage.rules[earlier], stage.rules[later])


def _shadow_or_conflict(stage: Stage, earlier: Rule, later: Rule) -> Iterator[Problem]:
    """Whenever `later` matches, `earlier` does too (or the other way round in a collecting stage)."""
    if stage.hit == "first":
        sentence = f"rule {later.id!r} is never reached: rule {_named(earlier)} matches whenever it would"
        yield _problem(later, sentence)
        return
    ours, theirs = _plain_actions(later), _plain_actions(earlier)
    for name in ours.keys() & theirs.keys() - stage.merge.keys():
        if ours[name] != theirs[name]:
            sentence = f"rule {later.id!r} and rule {_named(earlier)} both set {name!r}; declare merge.{name}"
            yield _problem(later, sentence)


def conjunction(condition: Condition) -> frozenset[int] | None:
    """The atoms that must all hold for the condition, when that is all it says."""
    match condition:
        case Leaf(atom):
            return frozenset({atom})
        case AllOf(parts):
            sets = [conjunction(part) for part in parts]
            return frozenset().union(*(each for each in sets if each is not None)) if None not in sets else None
        case _:
            return None


def _contradictions(rule: Rule, atoms: Sequence[Atom]) -> Iterator[Problem]:
    """One field with one value cannot equal two; a missing field has no value at all."""
    demands: dict[str, list[Atom]] = defaultdict(list)
    for index in _required(rule.condition):
        demands[atoms[index].field].append(atoms[index])
    for name, wanted in demands.items():
        absent = any(atom.operator == "present" and atom.wanted == (False,) for atom in wanted)
        if absent and len(wanted) > 1:
            yield _problem(rule, f"rule {rule.id!r} never matches: {name} is both missing and tested")
        known_field = field_named(name)
        equal = [atom for atom in wanted if atom.operator in _EQUALITIES]
        if known_field is None or known_field.kind == "texts" or not equal:
            continue
        if not frozenset.intersection(*(_values(atom) for atom in equal)):
            both = " and ".join(_shown(atom) for atom in equal)
            yield _problem(rule, f"rule {rule.id!r} never matches: {name} is both {both}")


def _required(condition: Condition) -> list[int]:
    """Atoms that must hold whatever else does, in reading order and each once."""
    match condition:
        case Leaf(atom):
            return [atom]
        case AllOf(parts):
            return list(dict.fromkeys(index for part in parts for index in _required(part)))
        case _:
            return []


def _values(atom: Atom) -> frozenset[object]:
    return frozenset(fold(value) if isinstance(value, str) else value for value in atom.wanted)


def _shown(atom: Atom) -> str:
    return " or ".join(repr(value) for value in atom.wanted)


def _duplicates(stage: Stage) -> Iterator[tuple[int, int]]:
    """Indexes of a later and an earlier rule with the same condition and an event in common."""
    seen: dict[tuple[object, str], int] = {}
    for index, rule in enumerate(stage.rules):
        keys = [(_canonical(rule.condition), event) for event in rule.on]
        earlier = [seen[key] for key in keys if key in seen]
        if earlier:
            yield index, earlier[0]
        for key in keys:
            seen.setdefault(key, index)


def _canonical(condition: Condition) -> object:
    """Equal for conditions that differ only in the order of their parts."""
    match condition:
        case Leaf(atom):
            return atom
        case AllOf(parts) | AnyOf(parts):
            return type(condition), frozenset(_canonical(part) for part in parts)
        case NotOf(part):
            return NotOf, _canonical(part)


def _implied(stage: Stage) -> Iterator[tuple[int, int]]:
    """Pairs (later, earlier): one of the two conjunctions holds whenever the other does.

    In a `first` stage only an earlier rule that is the more general counts. Each rule is filed under its
    rarest atom, so that 20,000 rules are compared with few others each.
    """
    sets = [conjunction(rule.condition) for rule in stage.rules]
    uses = Counter(atom for each in sets for atom in each or ())
    general: dict[int, list[int]] = defaultdict(list)
    for index, each in enumerate(sets):
        if each:
            general[min(each, key=lambda atom: (uses[atom], atom))].append(index)
    for index, each in enumerate(sets):
        for other in (other for atom in sorted(each or ()) for other in general[atom] if other != index):
            if (sets[other] or frozenset()) <= (each or frozenset()):
                later, earlier = max(index, other), min(index, other)
                if stage.hit == "first" and other > index:
                    continue
                if _events_covered(stage, stage.rules[other], stage.rules[index]):
                    yield later, earlier


def _events_covered(stage: Stage, general: Rule, special: Rule) -> bool:
    """Whether the general rule answers to every event of the special one (any event, in a collecting one)."""
    ours, theirs = set(special.on), set(general.on)
    return ours <= theirs if stage.hit == "first" else bool(ours & theirs)


def _plain_actions(rule: Rule) -> Mapping[str, object]:
    plain = rule.then.plain()
    return plain if isinstance(plain, dict) else {}


def _named(rule: Rule) -> str:
    return f"{rule.id!r} ({rule.place})"


def _problem(rule: Rule, sentence: str) -> Problem:
    return Problem(rule.place.file, rule.place.line, sentence)
