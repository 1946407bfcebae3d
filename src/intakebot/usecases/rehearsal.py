"""Rehearsal: what another ruleset would have made of the contacts of the past. Pure.

Only contacts that can change are decided again, by today's live function; that gives the same as deciding all of them
again (a property test holds it to that). What was looked up then counts as it was found then; where the other rules
would have had something else looked up, the contact is counted as `anew`, because nobody knows what would have been
found.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from intakebot.domain.workflow import Workflow
from intakebot.rules.index import AtomIndex
from intakebot.rules.model import Ruleset
from intakebot.usecases.past import Judge, PastContact, Was
from intakebot.usecases.past_alike import alike
from intakebot.usecases.past_index import PastIndex
from intakebot.usecases.ruleset_changes import Comparison

Progress = Callable[[int, int], None]
"""Told how many contacts are done, of how many."""
_AT_ONCE = 4_096
"""Contacts that are looked at together; with more of them the bits of 10,000 rules take more memory."""


@dataclass(frozen=True, slots=True)
class Past:
    """Contacts of the past with what was decided, and the rulesets that decided (None = cannot be read any more).

    `tested` has the keys of each ruleset's conditions.
    """

    contacts: Sequence[PastContact]
    was: Sequence[Was]
    rulesets: Mapping[str, Ruleset | None]
    tested: Mapping[str, frozenset[int]]


@dataclass(frozen=True, slots=True)
class Altered:
    """A contact (`place`: the how-many-th) that would have been decided differently, or looked up anew."""

    place: int
    contact: PastContact
    old: Was
    new: Was


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """How many contacts there are, how many had to be decided again, and what differs."""

    contacts: int
    decided_again: int
    altered: tuple[Altered, ...] = field(repr=False)


def nothing_told(_done: int, _of: int) -> None:
    """For callers that nobody watches."""


def rehearse(
    past: Past, new: Ruleset, workflows: Mapping[str, Workflow], progress: Progress = nothing_told
) -> Rehearsal:
    """What `new` would have decided otherwise than the rules that did decide."""
    index = PastIndex(past.contacts, past.was, past.tested)
    bits = 0
    for name, old in past.rulesets.items():
        bits |= index.decided_by(name) & (touched(index, old, new) if old else index.everybody)
    return decide_touched(index, Judge(new, workflows, past.tested), bits, progress)


def compare(
    past: Past, old: Ruleset, new: Ruleset, workflows: Mapping[str, Workflow], progress: Progress = nothing_told
) -> Rehearsal:
    """What `new` would have decided otherwise than `old` would have."""
    first = rehearse(past, old, workflows, progress)
    replaced = {each.place: each.new for each in first.altered}
    was = [replaced.get(place, each) for place, each in enumerate(past.was)]
    index = PastIndex(past.contacts, was, past.tested)
    return decide_touched(index, Judge(new, workflows, past.tested), touched(index, old, new), progress)


def touched(index: PastIndex, old: Ruleset, new: Ruleset) -> int:
    """The contacts that `new` may decide otherwise than `old` did, as bits of the index."""
    if old.hash == new.hash:
        return 0
    comparison = Comparison.of(old, new)
    index.scan(AtomIndex(list(comparison.atoms())))
    return comparison.touched(index)


def decide_touched(index: PastIndex, judge: Judge, bits: int, progress: Progress = nothing_told) -> Rehearsal:
    """Decide these contacts again, and keep what differs."""
    places, altered = list(index.places(bits)), []
    decided: dict[Hashable, Was] = {}
    for start in range(0, len(places), _AT_ONCE):
        progress(start, len(places))
        some = places[start : start + _AT_ONCE]
        for place, likeness in zip(some, alike(index.part(some), judge.ruleset), strict=True):
            new = decided.get(likeness) or judge.was(index.contacts[place])
            if likeness is not None:
                decided[likeness] = new
            if _differs(index.was[place], new):
                altered.append(Altered(place, index.contacts[place], index.was[place], new))
    progress(len(places), len(places))
    return Rehearsal(len(index.contacts), len(places), tuple(altered))


def decide_all(past: Past, judge: Judge) -> Iterable[Was]:
    """Decide everything again, as the yardstick of what goes by the index."""
    return (judge.was(contact) for contact in past.contacts)


def _differs(old: Was, new: Was) -> bool:
    anew = new.anew and not old.anew
    # Facts too: tags are no effect, and the rules that are compared with these may still ask for them.
    return anew or (old.effects, old.stages, old.facts) != (new.effects, new.stages, new.facts)
