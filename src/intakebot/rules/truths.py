"""What holds for one message: each atom is tested at most once, when it is first asked for.

Called by `decide` and `explain`, one object per message. This is the seam where a one-pass engine may replace
the tests one by one: all that rules ask of it is `hit`.
"""

from __future__ import annotations

from collections import ChainMap
from itertools import chain
from typing import TYPE_CHECKING

from intakebot.rules.facts import is_message_fact
from intakebot.rules.folding import SCAN_CAP, Text
from intakebot.rules.model import AllOf, AnyOf, Atom, Condition, Evidence, KnownAtoms, Leaf, NotOf
from intakebot.rules.operators import Entry, Hit, excerpt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from intakebot.rules.facts import Fact, Facts
    from intakebot.rules.index import AtomIndex, Finders

_NONE: frozenset[int] = frozenset()
NOTHING_KNOWN = KnownAtoms(frozenset(), frozenset())


class Truths:
    """The truth of every atom for the facts known so far.

    With an `index` only atoms that its one pass over a field found are tested; without, each when it is asked for.
    """

    def __init__(
        self,
        facts: Facts,
        atoms: Sequence[Atom],
        known: KnownAtoms = NOTHING_KNOWN,
        index: AtomIndex | None = None,
        scan_cap: int = SCAN_CAP,
    ) -> None:
        self._learned: dict[str, Fact] = {}
        self.facts: Facts = ChainMap(self._learned, facts)  # type: ignore[arg-type]  # the first map alone is written
        self._atoms = atoms
        self._index = index
        self._scan_cap = scan_cap
        self._known_true = index.known(known.true) if index and known.tested else _NONE
        known_here: tuple[frozenset[int], Finders | None] = (_NONE, None)
        if index and known.tested:
            known_here = index.divided(known.tested)
        self._tested, self._untested = known_here
        self._candidates: dict[str, frozenset[int]] = {}
        # What was brought along and holds is true from the start; the rest of what was tested is not (`true`).
        self._true = dict.fromkeys(self._known_true & self._tested, True)
        self._hits: dict[int, Hit | None] = {}
        self._entries: dict[str, tuple[Entry, ...]] = {}

    @property
    def from_known(self) -> bool:
        """Whether some truths were brought along, so that the message is read no more than needed."""
        return self._untested is not None

    def learn(self, facts: Facts) -> None:
        """Add what an earlier stage decided; what rested on those fields is asked again."""
        if not facts:
            return
        self._learned.update(facts)
        for name in facts:
            self._entries.pop(name, None)
            self._candidates.pop(name, None)
        fields = facts if self._index is None else facts.keys() & self._index.finders.fields.keys()
        if fields:  # that nothing asks for a field is the rule
            for answers in (self._hits, self._true):
                for index in [index for index in answers if self._atoms[index].field in fields]:
                    del answers[index]

    def candidates(self, name: str) -> frozenset[int]:
        """The atoms on a field that may hold, by one pass over it; without an index any may."""
        found = self._candidates.get(name)
        if found is None:
            found = self._candidates[name] = self._find(name)
        return found

    def _find(self, name: str) -> frozenset[int]:
        if self._index is None:
            return frozenset(range(len(self._atoms)))
        finders = self._index.finders.fields.get(name)
        if finders is None:
            return _NONE
        if not self.from_known or name in self._learned:
            return finders.find(self.entries(name))
        known = self._known_true & finders.indexes
        untested = self._untested.fields.get(name) if self._untested else None
        return untested.find(self.entries(name)) | known if untested else known

    def hit(self, index: int) -> Hit | None:
        """Why the atom holds; None when it does not."""
        try:
            return self._hits[index]
        except KeyError:
            atom = self._atoms[index]
            ruled_out = self._index is not None and index not in self.candidates(atom.field)
            hit = self._hits[index] = None if ruled_out else atom.probe(self.entries(atom.field))
            return hit

    def is_known(self, index: int) -> bool:
        """Whether the atom's truth was brought along, and nothing was learned since that may change it."""
        return index in self._tested and self._atoms[index].field not in self._learned

    def true(self, index: int) -> bool:
        """Whether the atom holds: from what is known of it, where its field has not been learned since."""
        true = self._true.get(index)
        if true is None:
            untrue = index in self._tested and self._atoms[index].field not in self._learned
            true = self._true[index] = not untrue and self._is_true(index)
        return true

    def _is_true(self, index: int) -> bool:
        if self._index is not None and index in self._index.settled:
            return index in self.candidates(self._atoms[index].field)
        return self.hit(index) is not None

    def true_keys(self) -> frozenset[int]:
        """The keys of all atoms that hold, but for those on fields that stages decide."""
        if self._index is None:
            asked: Iterable[int] = (i for i, atom in enumerate(self._atoms) if is_message_fact(atom.field))
        else:
            asked = chain.from_iterable(map(self.candidates, self._index.message_fields))
        return frozenset(self._atoms[index].key for index in asked if self.true(index))

    def holds(self, condition: Condition) -> bool:
        """Whether a condition is true."""
        # The innermost loop of every decision: plain type tests take a third of the time of `match`.
        if isinstance(condition, Leaf):
            return self.true(condition.atom)
        if isinstance(condition, NotOf):
            return not self.holds(condition.part)
        whole = isinstance(condition, AllOf)
        for part in condition.parts:
            if (self.true(part.atom) if isinstance(part, Leaf) else self.holds(part)) is not whole:
                return not whole
        return whole

    def evidence(self, condition: Condition, *, negated: bool = False) -> Iterator[Evidence]:
        """The atoms that a true condition rests on: true ones, and false ones under `not`.

        What stands in an alternative that does not hold is no reason, even where it is true itself.
        """
        match condition:
            case NotOf(part):
                yield from self.evidence(part, negated=not negated)
            case AllOf(parts) | AnyOf(parts):
                for part in parts:
                    if self.holds(part) is not negated:
                        yield from self.evidence(part, negated=negated)
            case Leaf(index):
                if self.true(index) is not negated:
                    yield self.evidence_of(index, negated=negated)

    def evidence_of(self, index: int, *, negated: bool) -> Evidence:
        """One atom with what it was tested on; of one that was only known, nobody has read where it stands."""
        atom = self._atoms[index]
        if self.is_known(index):
            return Evidence(atom.field, atom.operator, atom.wanted, "", None, negated)
        hit = self.hit(index)
        if hit is not None:
            return Evidence(atom.field, atom.operator, hit.wanted, hit.actual, hit.span, negated)
        return Evidence(atom.field, atom.operator, atom.wanted, self.shown(atom.field), None, negated)

    def captures(self, condition: Condition) -> dict[str, str]:
        """Named captures of the atoms that hold, outside `not`; the first in reading order counts."""
        match condition:
            case Leaf(index):
                hit = self.hit(index) if self._atoms[index].operator == "matches" and self.true(index) else None
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
        """The values of a field, none when it is missing; at most `scan_cap` characters in all."""
        if name not in self._entries:
            fact = self.facts.get(name)
            self._entries[name] = () if fact is None else tuple(_entries(fact, self._scan_cap))
        return self._entries[name]


def _entries(fact: Fact, left: int) -> Iterator[Entry]:
    if not isinstance(fact, (str, tuple)):
        yield fact
        return
    for value in (fact,) if isinstance(fact, str) else fact:
        text = Text(value, left)
        left -= len(text.original)
        yield text
