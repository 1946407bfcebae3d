"""Contacts of the past that a ruleset cannot tell apart, so that one decision stands for all of them. Pure.

Called by `rehearsal`. Two contacts are alike when the same rules hold for them, as far as it matters which, and they
were told the same where a decision reads it. Whatever cannot be known before the decision - what asks for a category,
what writes a customer's number into an action - keeps contacts apart.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from functools import reduce
from operator import and_

from intakebot.rules.decide import names_something
from intakebot.rules.facts import is_message_fact
from intakebot.rules.index import index_of
from intakebot.rules.model import AllOf, Atom, Condition, Ruleset, Stage, leaves
from intakebot.usecases.past_index import PastIndex
from intakebot.usecases.rule_run import FOUND_ON_THE_WAY
from intakebot.usecases.seen_facts import Told


def alike(index: PastIndex, ruleset: Ruleset) -> list[Hashable | None]:
    """For every contact of the index what it has in common with those that the ruleset decides as it is decided.

    None where it is like no other.
    """
    index.scan(index_of(ruleset))
    marks: list[list[int]] = [[] for _ in index.contacts]
    alone: set[int] = set()
    differences = (each for stage in ruleset.stages for each in _differences(index, ruleset.atoms, stage))
    for number, (bits, named) in enumerate(differences):
        for place in index.places(bits):
            marks[place].append(number)
        alone.update(index.places(bits) if named else ())
    asked = sorted({atom.field for atom in ruleset.atoms if _is_open(atom)})
    return [
        None if place in alone else (*marks[place], *_told(contact.told, asked))
        for place, contact in enumerate(index.contacts)
    ]


def _differences(index: PastIndex, atoms: Sequence[Atom], stage: Stage) -> Iterator[tuple[int, bool]]:
    """What keeps contacts apart in a stage, each as bits; and whether these contacts are like no other.

    Where the first rule that holds is the only one that counts, those behind it make no difference.
    """
    left = index.everybody
    for rule in stage.rules:
        if "created" not in rule.on:
            continue
        counts = stage.hit == "first" and rule.mode == "live"
        bits = _may_hold(index, rule.condition, atoms, stage.name) & (left if counts else index.everybody)
        yield bits, names_something(rule.then)
        if _rests_on_open(rule.condition, atoms):
            for leaf in leaves(rule.condition):
                if not _is_open(atoms[leaf.atom]):
                    yield bits & index.holds(leaf, atoms, stage.name), False
        elif counts:
            left &= ~bits
    if stage.default is not None and names_something(stage.default):
        yield left, True


def _may_hold(index: PastIndex, condition: Condition, atoms: Sequence[Atom], stage: str) -> int:
    """The contacts on which a condition holds, whatever is decided on the way."""
    if not _rests_on_open(condition, atoms):
        return index.holds(condition, atoms, stage)
    needed = condition.parts if isinstance(condition, AllOf) else ()
    return reduce(and_, (_may_hold(index, part, atoms, stage) for part in needed), index.everybody)


def _rests_on_open(condition: Condition, atoms: Sequence[Atom]) -> bool:
    return any(_is_open(atoms[leaf.atom]) for leaf in leaves(condition))


def _is_open(atom: Atom) -> bool:
    """Whether nobody knows what it asks for before the stages ran."""
    return atom.field in FOUND_ON_THE_WAY or not is_message_fact(atom.field)


def _told(told: Told, asked: Sequence[str]) -> tuple[Hashable, ...]:
    """What a decision reads of what was looked up, beside the conditions of its rules."""
    facts = (found.get(name) for name in ("case.workflow", *asked) for found in (told.given, told.identified))
    return (repr(told.asked), told.named, told.category, told.workflow, told.last, *facts)
