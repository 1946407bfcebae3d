"""An inverted index over contacts of the past: for every condition the contacts on which it held, as one big integer.

Bit n stands for the n-th contact, so that a rule's condition is a few operations on integers, whatever the number of
contacts. What messages said is indexed by the stored keys of conditions; what was looked up or decided, by its few
different values. A condition that no stored ruleset has is tested on the facts, in one pass for all that are asked.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from operator import or_

from intakebot.rules.facts import Fact, is_message_fact
from intakebot.rules.index import AtomIndex
from intakebot.rules.model import AllOf, Atom, Condition, KnownAtoms, Leaf, NotOf
from intakebot.rules.truths import Truths
from intakebot.usecases.past import PastContact, Was
from intakebot.usecases.seen_facts import is_said, unpacked_keys

_BITS_OF_BYTE = tuple(tuple(bit for bit in range(8) if byte >> bit & 1) for byte in range(256))
_BEFORE_LOOKING_UP = ("guard", "identify")
_BEFORE_THE_VARIANT = ("guard", "identify", "classify")


class PastIndex:
    """Contacts with what was decided about them; `tested` names the conditions of every stored ruleset."""

    def __init__(
        self, contacts: Sequence[PastContact], was: Sequence[Was], tested: Mapping[str, frozenset[int]]
    ) -> None:
        self.contacts = contacts
        self.was = was
        self.everybody = (1 << len(contacts)) - 1
        self._tested = tested
        self._places: defaultdict[int, array[int]] = defaultdict(lambda: array("I"))
        self._by_rules: dict[str, int] = {}
        self._scanned: dict[int, int] = {}
        self._held: dict[tuple[int, str], int] = {}
        self._columns: dict[tuple[str, str], list[tuple[Fact | None, int]]] = {}
        self._fill()

    def _fill(self) -> None:
        by_rules: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))
        places = self._places
        for place, contact in enumerate(self.contacts):
            by_rules[contact.rules].append(place)
            for key in unpacked_keys(contact.true_keys):
                places[key].append(place)
        self._by_rules = {rules: self.bits(found) for rules, found in by_rules.items()}

    def part(self, places: Sequence[int]) -> PastIndex:
        """An index of some of the contacts."""
        return PastIndex([self.contacts[n] for n in places], [self.was[n] for n in places], self._tested)

    def bits(self, places: Iterable[int]) -> int:
        """The integer of these contacts."""
        held = bytearray(len(self.contacts) // 8 + 1)
        for place in places:
            held[place >> 3] |= 1 << (place & 7)
        return int.from_bytes(held, "little")

    def places(self, bits: int) -> Iterator[int]:
        """The contacts of an integer, in order."""
        for start, byte in enumerate(bits.to_bytes((bits.bit_length() + 7) // 8, "little")):
            if byte:
                for bit in _BITS_OF_BYTE[byte]:
                    yield start * 8 + bit

    def decided_by(self, rules: str) -> int:
        """The contacts that a stored ruleset decided."""
        return self._by_rules.get(rules, 0)

    def holds(self, condition: Condition, atoms: Sequence[Atom], stage: str) -> int:
        """The contacts on which a condition held when that stage asked."""
        if isinstance(condition, Leaf):
            return self._atom(atoms[condition.atom], stage)
        if isinstance(condition, NotOf):
            return self.everybody & ~self.holds(condition.part, atoms, stage)
        whole = isinstance(condition, AllOf)
        bits = self.everybody if whole else 0
        for part in condition.parts:
            held = self.holds(part, atoms, stage)
            bits = bits & held if whole else bits | held
        return bits

    def scan(self, conditions: AtomIndex) -> int:
        """Test on the facts what no stored ruleset has tested; returns how many contacts had to be read."""
        new = {atom.key for atom in conditions.atoms if is_said(atom.field)} - self._scanned.keys()
        untested = {key: bits for key in new if (bits := self._untested(key))}
        passed_over = KnownAtoms(frozenset(), frozenset(conditions.by_key.keys() - untested))
        held: dict[int, list[int]] = {key: [] for key in untested}
        together = reduce(or_, untested.values(), 0)
        for place in self.places(together):
            truths = Truths(self.contacts[place].said(), conditions.atoms, passed_over, conditions)
            for key in truths.true_keys():
                held[key].append(place)
        self._scanned |= {key: self.bits(found) & untested[key] for key, found in held.items()}
        return together.bit_count()

    def _untested(self, key: int) -> int:
        return reduce(or_, (bits for rules, bits in self._by_rules.items() if key not in self._tested[rules]), 0)

    def _atom(self, atom: Atom, stage: str) -> int:
        known = (atom.key, "" if is_said(atom.field) else stage)
        if known not in self._held:
            if is_said(atom.field):
                stored = self._places.get(atom.key, ())
                self._held[known] = self.bits(stored) & ~self._untested(atom.key) | self._scanned.get(atom.key, 0)
            else:
                column = self._column(atom.field, stage)
                self._held[known] = reduce(or_, (bits for fact, bits in column if _true(atom, fact)), 0)
        return self._held[known]

    def _column(self, field: str, stage: str) -> list[tuple[Fact | None, int]]:
        """The different values of a field as that stage was told it, each with its contacts."""
        phase = stage if field == "case.workflow" else "before" if stage in _BEFORE_LOOKING_UP else "after"
        if (field, phase) not in self._columns:
            found: defaultdict[Fact | None, array[int]] = defaultdict(lambda: array("I"))
            for place, (contact, was) in enumerate(zip(self.contacts, self.was, strict=True)):
                found[_told(contact, was, field, stage)].append(place)
            self._columns[field, phase] = [(fact, self.bits(places)) for fact, places in found.items()]
        return self._columns[field, phase]


def _told(contact: PastContact, was: Was, field: str, stage: str) -> Fact | None:
    told = contact.told
    if not is_message_fact(field):
        return was.facts.get(field)
    if stage in _BEFORE_LOOKING_UP:
        return told.given.get(field)
    if field == "case.workflow" and stage not in _BEFORE_THE_VARIANT:
        return told.workflow
    return told.identified.get(field, told.given.get(field))


def _true(atom: Atom, fact: Fact | None) -> bool:
    return Truths({} if fact is None else {atom.field: fact}, (atom,)).true(0)
