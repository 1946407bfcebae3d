"""Finding in one pass which conditions on a field may hold, instead of testing one after the other.

Called by `index`. A finder answers with candidates: every atom that holds is among them, most others are not, and
the atom's own probe has the last word. So the answers of the engine are those of the probes, whatever is found here.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from ipaddress import ip_address, ip_network
from typing import Protocol, TypeAlias

from intakebot.rules.folding import Text, around_words, fold, shared, words_of
from intakebot.rules.model import Atom
from intakebot.rules.needed import needed, worth
from intakebot.rules.operators import Entry, Scalar, key_of
from intakebot.rules.patterns import PatternSet
from intakebot.rules.pieces import Pieces

Numbered: TypeAlias = "tuple[int, Atom]"
_TELLING = 3
"""A pattern with a run of so many letters is looked for by it; one with less is given to RE2 at once."""


class Finder(Protocol):
    """Finds candidates among the atoms that it was made of."""

    def find(self, entries: Sequence[Entry]) -> Iterable[int]:
        """Indexes of the atoms that may hold for these entries (at least one)."""


class FieldFinders:
    """All atoms on one field."""

    def __init__(self, atoms: Sequence[Numbered]) -> None:
        self.indexes = frozenset(index for index, _ in atoms)
        self._absent = frozenset(index for index, atom in atoms if atom.operator == "present" and not atom.wanted[0])
        by_finder: dict[Callable[[Sequence[Numbered]], Finder], list[Numbered]] = defaultdict(list)
        for index, atom in atoms:
            if index not in self._absent:
                by_finder[_FINDERS.get(atom.operator, _Untold)].append((index, atom))
        self._finders = [make(numbered) for make, numbered in by_finder.items()]

    def find(self, entries: Sequence[Entry]) -> frozenset[int]:
        """Indexes of the atoms that may hold; without entries only those that ask for that."""
        if not entries:
            return self._absent
        return frozenset().union(*(finder.find(entries) for finder in self._finders))


def is_settled(atom: Atom) -> bool:
    """Whether each candidate of it holds, so that only who wants to see the place has to look for it."""
    return atom.operator == "words" and all(len(words_of(str(value))) == 1 for value in atom.wanted)


class _Untold:
    """Atoms that nothing tells beforehand (`not_in`, `present: true`)."""

    def __init__(self, atoms: Sequence[Numbered]) -> None:
        self._indexes = frozenset(index for index, _ in atoms)

    def find(self, _entries: Sequence[Entry]) -> Iterable[int]:
        return self._indexes


class _Equal:
    """`eq` and `in`: by the value."""

    def __init__(self, atoms: Sequence[Numbered]) -> None:
        self._by_key: dict[object, list[int]] = defaultdict(list)
        for index, atom in atoms:
            for key in {key_of(value) for value in atom.wanted}:
                self._by_key[key].append(index)

    def find(self, entries: Sequence[Entry]) -> Iterable[int]:
        for entry in entries:
            yield from self._by_key.get(key_of(entry), ())


class _Phrases:
    """`words`: by the longest word of each phrase, which is the rarest as a rule."""

    def __init__(self, atoms: Sequence[Numbered]) -> None:
        self._by_word: dict[str, list[tuple[int, tuple[str, ...]]]] = defaultdict(list)
        for index, atom in atoms:
            for phrase in map(words_of, map(str, atom.wanted)):
                self._by_word[max(phrase, key=len)].append((index, phrase))

    def find(self, entries: Sequence[Entry]) -> Iterable[int]:
        for entry in _texts(entries):
            for word in shared(self._by_word, entry.words):
                for index, phrase in self._by_word[word]:
                    if len(phrase) == 1 or entry.words.issuperset(phrase):
                        yield index


class _Contained:
    """`contains`: by all words of the text that is looked for."""

    def __init__(self, atoms: Sequence[Numbered]) -> None:
        values = [(index, around_words(fold(value))) for index, atom in atoms for value in map(str, atom.wanted)]
        self._wanted = [(index, len(parts)) for index, parts in values]
        parts = [(number, part) for number, (_, parts) in enumerate(values) for part in parts]
        self._owner = [number for number, _ in parts]
        self._pieces = Pieces((each, part) for each, (_, part) in enumerate(parts))

    def find(self, entries: Sequence[Entry]) -> Iterable[int]:
        for entry in _texts(entries):
            met = Counter(map(self._owner.__getitem__, self._pieces.find(entry.words, entry.folded)))
            for number, count in met.items():
                index, parts = self._wanted[number]
                if count == parts:
                    yield index


class _Matched:
    """`matches`: by text that every match has, and what has none that tells anything by sets of patterns."""

    def __init__(self, atoms: Sequence[Numbered]) -> None:
        self._strong: list[tuple[int, int, tuple[frozenset[str], ...]]] = []
        self._weak: list[int] = []
        self._owner: list[int] = []
        looked_up: list[frozenset[str]] = []
        weak: list[str] = []
        for index, source in ((index, value) for index, atom in atoms for value in map(str, atom.wanted)):
            told, unsure = _divided(needed(source))
            if told:
                self._owner += [len(self._strong)] * len(told)
                self._strong.append((index, len(told), unsure))
                looked_up += told
            else:
                self._weak.append(index)
                weak.append(source)
        self._pieces = Pieces((need, piece) for need, pieces in enumerate(looked_up) for piece in pieces)
        self._sets = PatternSet(weak) if weak else None

    def find(self, entries: Sequence[Entry]) -> Iterable[int]:
        for entry in _texts(entries):
            lower = entry.written
            met = Counter(map(self._owner.__getitem__, self._pieces.find(entry.written_words, lower)))
            for number, count in met.items():
                index, needs, unsure = self._strong[number]
                if count == needs and all(any(piece in lower for piece in pieces) for pieces in unsure):
                    yield index
            if self._sets is not None:
                yield from (self._weak[number] for number in self._sets.find(entry))


def _divided(needs: Sequence[frozenset[str]]) -> tuple[list[frozenset[str]], tuple[frozenset[str], ...]]:
    """The needs that are looked up, and those that the look-up by one word of each piece does not settle.

    Looked up are those whose every piece has a run of letters that tells something.
    """
    told = [pieces for pieces in needs if worth(pieces) >= _TELLING]
    return told, tuple(pieces for pieces in needs if pieces not in told or not all(map(str.isalnum, pieces)))


class _Affixes:
    """`starts`, `ends`, `under`: by the beginning or end of each length that is asked for."""

    def __init__(self, atoms: Sequence[Numbered]) -> None:
        self._by_length: dict[tuple[bool, int], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for index, atom in atoms:
            for value in map(fold, map(str, atom.wanted)):
                self._by_length[atom.operator == "ends", len(value)][value].append(index)

    def find(self, entries: Sequence[Entry]) -> Iterable[int]:
        for entry in _texts(entries):
            for (at_end, length), indexes in self._by_length.items():
                folded = entry.folded
                affix = folded[max(0, len(folded) - length) :] if at_end else folded[:length]
                yield from indexes.get(affix, ())


class _Bounds:
    """`gt` and `lt`: by the place of the value among all limits."""

    def __init__(self, atoms: Sequence[Numbered]) -> None:
        self._above = _sorted((atom.wanted[0], index) for index, atom in atoms if atom.operator == "gt")
        self._below = _sorted((atom.wanted[0], index) for index, atom in atoms if atom.operator == "lt")

    def find(self, entries: Sequence[Entry]) -> Iterable[int]:
        for entry in entries:
            if not isinstance(entry, Text):
                limits, indexes = self._above
                yield from indexes[: bisect_left(limits, entry)]
                limits, indexes = self._below
                yield from indexes[bisect_right(limits, entry) :]


class _Networks:
    """`cidr`: by the network of each size that is asked for."""

    def __init__(self, atoms: Sequence[Numbered]) -> None:
        self._by_size: dict[tuple[int, int], dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        for index, atom in atoms:
            for network in map(ip_network, map(str, atom.wanted)):
                shift = network.max_prefixlen - network.prefixlen
                self._by_size[network.version, shift][int(network.network_address) >> shift].append(index)

    def find(self, entries: Sequence[Entry]) -> Iterable[int]:
        for entry in _texts(entries):
            try:
                address = ip_address(entry.original.strip())
            except ValueError:
                continue
            for (version, shift), networks in self._by_size.items():
                if version == address.version:
                    yield from networks.get(int(address) >> shift, ())


def _texts(entries: Iterable[Entry]) -> Iterator[Text]:
    return (entry for entry in entries if isinstance(entry, Text))


def _sorted(limits: Iterable[tuple[Scalar, int]]) -> tuple[list[float], list[int]]:
    ordered = sorted((float(limit), index) for limit, index in limits)
    return [limit for limit, _ in ordered], [index for _, index in ordered]


_FINDERS: dict[str, Callable[[Sequence[Numbered]], Finder]] = {
    "eq": _Equal,
    "in": _Equal,
    "words": _Phrases,
    "contains": _Contained,
    "matches": _Matched,
    "starts": _Affixes,
    "ends": _Affixes,
    "under": _Affixes,
    "gt": _Bounds,
    "lt": _Bounds,
    "cidr": _Networks,
}
