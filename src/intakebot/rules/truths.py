"""What holds for one message: each atom is tested at most once, when it is first asked for.

Called by `decide` and `explain`, one object per message. This is the seam where a one-pass engine may replace
the tests one by one: all that rules ask of it is `hit`.
"""

from __future__ import annotations

from collections import ChainMap
from typing import TYPE_CHECKING

from intakebot.rules.facts import is_message_fact
from intakebot.rules.folding import SCAN_CAP, Text
from intakebot.rules.model import AllOf, AnyOf, Atom, Condition, Evidence, KnownAtoms, Leaf, NotOf
from intakebot.rules.operators import Entry, Hit, excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from intakebot.rules.facts import Fact, Facts

NOTHING_KNOWN = KnownAtoms(frozenset(), frozenset())


class Truths:
    """The truth of every atom for the facts known so far."""

    def __init__(self, facts: Facts, atoms: Sequence[Atom], known: KnownAtoms = NOTHING_KNOWN) -> None:
        self._learned: dict[str, Fact] = {}
        self.facts: Facts = ChainMap(self._learned, facts)  # type: ignore[arg-type]  # the first map alone is written
        self._atoms = atoms
        self._known = known
        self._hits: dict[int, Hit | None] = {}
        self._entries: dict[str, tuple[Entry, ...]] = {}

    def learn(self, facts: Facts) -> None:
        """Add what an earlier stage decided; what rested on those fields is asked again."""
        if not facts:
            return
        self._learned.update(facts)
        for name in facts:
            self._entries.pop(name, None)
        self._hits = {index: hit for index, hit in self._hits.items() if self._atoms[index].field not in facts}

    def hit(self, index: int) -> Hit | None:
        """Why the atom holds; None when it does not."""
        try:
            return self._hits[index]
        except KeyError:
            atom = self._atoms[index]
            hit = self._hits[index] = atom.probe(self.entries(atom.field))
            return hit

    def true(self, index: int) -> bool:
        """Whether the atom holds: from what is known of it, where its field has not been learned since."""
        atom = self._atoms[index]
        if atom.field in self._learned or atom.key not in self._known.tested:
            return self.hit(index) is not None
        return atom.key in self._known.true

    def true_keys(self) -> frozenset[int]:
        """The keys of all atoms that hold, but for those on fields that stages decide."""
        tested = (index for index, atom in enumerate(self._atoms) if is_message_fact(atom.field))
        return frozenset(self._atoms[index].key for index in tested if self.true(index))

    def holds(self, condition: Condition) -> bool:
        """Whether a condition is true."""
        # The innermost loop of every decision: plain type tests take a third of the time of `match`.
        if isinstance(condition, Leaf):
            return self.true(condition.atom)
        if isinstance(condition, NotOf):
            return not self.holds(condition.part)
        whole = isinstance(condition, AllOf)
        for part in condition.parts:
            if self.holds(part) is not whole:
                return not whole
        return whole

    def evidence(self, condition: Condition, *, negated: bool = False) -> Iterator[Evidence]:
        """The atoms that a true condition rests on: true ones, and false ones under `not`."""
        match condition:
            case NotOf(part):
                yield from self.evidence(part, negated=not negated)
            case AllOf(parts) | AnyOf(parts):
                for part in parts:
                    yield from self.evidence(part, negated=negated)
            case Leaf(index):
                if self.true(index) is not negated:
                    yield self.evidence_of(index, negated=negated)

    def evidence_of(self, index: int, *, negated: bool) -> Evidence:
        """One atom with what it was tested on."""
        atom, hit = self._atoms[index], self.hit(index)
        if hit is not None:
            return Evidence(atom.field, atom.operator, hit.wanted, hit.actual, hit.span, negated)
        return Evidence(atom.field, atom.operator, atom.wanted, self.shown(atom.field), None, negated)

    def captures(self, condition: Condition) -> dict[str, str]:
        """Named captures of the atoms that hold, outside `not`; the first in reading order counts."""
        match condition:
            case Leaf(index):
                hit = self.hit(index)
                return dict(hit.captures) if hit else {}
            case NotOf():
                return {}
            case AllOf(parts) | AnyOf(parts):
                found: dict[str, str] = {}
                for part in parts:
                    found = self.captures(part) | found
                return found

    def shown(self, name: str) -> str:
        """A field as a person is shown it; '' when it is missing."""
        return ", ".join(excerpt(entry) for entry in self.entries(name))

    def entries(self, name: str) -> tuple[Entry, ...]:
        """The values of a field, none when it is missing; at most `SCAN_CAP` characters in all."""
        if name not in self._entries:
            fact = self.facts.get(name)
            self._entries[name] = () if fact is None else tuple(_entries(fact))
        return self._entries[name]


def _entries(fact: Fact) -> Iterator[Entry]:
    if not isinstance(fact, (str, tuple)):
        yield fact
        return
    left = SCAN_CAP
    for value in (fact,) if isinstance(fact, str) else fact:
        text = Text(value, left)
        left -= len(text.original)
        yield text
