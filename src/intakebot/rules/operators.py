"""The operators of a condition: one table of what each reads, what it takes, and how it is tested.

Called by `conditions` to compile an atom and by `explain` for its words. A probe gets the entries of one
field (none when the fact is missing) and answers with the first hit. No operator but `present: false` holds
for a missing field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Literal, TypeAlias

from intakebot.rules.folding import Span, Text, fold, shared, words_of
from intakebot.rules.patterns import Pattern

if TYPE_CHECKING:
    from intakebot.rules.facts import Kind

Scalar: TypeAlias = "str | int | float | bool"
Entry: TypeAlias = "Text | int | float | bool"
Takes: TypeAlias = Literal["value", "values", "texts", "number", "flag"]
EXCERPT = 80


@dataclass(frozen=True, slots=True)
class Hit:
    """Why an atom holds: which wanted value, on what text, where (no span for numbers and absence)."""

    wanted: tuple[Scalar, ...]
    actual: str
    span: Span | None = None
    captures: Mapping[str, str] = field(default_factory=dict)


Probe: TypeAlias = Callable[[tuple[Entry, ...]], Hit | None]


@dataclass(frozen=True, slots=True)
class Operator:
    """What an operator reads (kinds of field), takes (operands), and how it is built and said.

    `build` raises ValueError with a sentence for an operand that cannot be used.
    """

    reads: frozenset[Kind]
    takes: Takes
    build: Callable[[tuple[Scalar, ...]], Probe]
    phrase: str


def excerpt(entry: Entry) -> str:
    """What a person is shown of a value."""
    if isinstance(entry, Text):
        return entry.original[:EXCERPT]
    return str(entry).lower() if isinstance(entry, bool) else str(entry)


def _whole(entry: Entry, *wanted: Scalar) -> Hit:
    return Hit(wanted, excerpt(entry), (0, len(entry.original)) if isinstance(entry, Text) else None)


def _part(text: Text, span: Span, wanted: str, captures: Mapping[str, str] | None = None) -> Hit:
    start, end = span
    return Hit((wanted,), text.original[start : min(end, start + EXCERPT)], span, captures or {})


def key_of(value: Entry | str) -> tuple[bool, str | float]:
    """Equal keys are equal values: text without regard to case, and `true` is not 1."""
    if isinstance(value, (str, Text)):
        return False, value.folded if isinstance(value, Text) else fold(value)
    return isinstance(value, bool), value


def _among(wanted: tuple[Scalar, ...]) -> Probe:
    by_key = {key_of(value): value for value in wanted}

    def probe(entries: tuple[Entry, ...]) -> Hit | None:
        for entry in entries:
            value = by_key.get(key_of(entry))
            if value is not None:
                return _whole(entry, value)
        return None

    return probe


def _not_among(wanted: tuple[Scalar, ...]) -> Probe:
    """Holds when the field is there and none of its entries is among the wanted."""
    among = _among(wanted)

    def probe(entries: tuple[Entry, ...]) -> Hit | None:
        return _whole(entries[0], *wanted) if entries and among(entries) is None else None

    return probe


def _present(wanted: tuple[Scalar, ...]) -> Probe:
    expected = wanted[0]

    def probe(entries: tuple[Entry, ...]) -> Hit | None:
        if bool(entries) is not expected:
            return None
        return Hit(wanted, excerpt(entries[0]) if entries else "")

    return probe


def _each_text(wanted: tuple[Scalar, ...], find: Callable[[Text, str], Span | None]) -> Probe:
    """Any entry, any wanted text, in the order written; operands are folded once."""
    folded = [(fold(str(value)), str(value)) for value in wanted]

    def probe(entries: tuple[Entry, ...]) -> Hit | None:
        for entry in entries:
            if isinstance(entry, Text):
                for part, value in folded:
                    span = find(entry, part)
                    if span is not None:
                        return _part(entry, span, value)
        return None

    return probe


def _contains(wanted: tuple[Scalar, ...]) -> Probe:
    return _each_text(wanted, Text.find)


def _starts(wanted: tuple[Scalar, ...]) -> Probe:
    return _each_text(wanted, lambda text, part: _at(text, part, 0))


def _ends(wanted: tuple[Scalar, ...]) -> Probe:
    return _each_text(wanted, lambda text, part: _at(text, part, len(text.folded) - len(part)))


def _at(text: Text, part: str, start: int) -> Span | None:
    if start >= 0 and text.folded.startswith(part, start):
        return text.span(start, start + len(part))
    return None


def _under(wanted: tuple[Scalar, ...]) -> Probe:
    def below(text: Text, path: str) -> Span | None:
        inside = text.folded == path or text.folded.startswith(path + "/")
        return (0, len(text.original)) if inside else None

    return _each_text(wanted, below)


def _words(wanted: tuple[Scalar, ...]) -> Probe:
    phrases = [(words_of(str(value)), str(value)) for value in wanted]
    for phrase, value in phrases:
        if not phrase:
            raise ValueError(f"keyword {value!r} has no letter or digit, so it is no word; use contains")
    by_first: dict[str, list[int]] = {}
    for number, (phrase, _) in enumerate(phrases):
        by_first.setdefault(phrase[0], []).append(number)

    def probe(entries: tuple[Entry, ...]) -> Hit | None:
        for entry in entries:
            if isinstance(entry, Text):
                # Of a list of thousands only what begins with a word of the text is looked for, in the order written.
                begun = shared(by_first, entry.words)
                for number in sorted(number for word in begun for number in by_first[word]):
                    phrase, value = phrases[number]
                    span = entry.find_phrase(phrase)
                    if span is not None:
                        return _part(entry, span, value)
        return None

    return probe


def _matches(wanted: tuple[Scalar, ...]) -> Probe:
    patterns = [(Pattern(str(value)), str(value)) for value in wanted]

    def probe(entries: tuple[Entry, ...]) -> Hit | None:
        for entry in entries:
            if isinstance(entry, Text):
                for pattern, source in patterns:
                    found = pattern.search(entry)
                    if found is not None:
                        start, end, captures = found
                        return _part(entry, (start, end), source, captures)
        return None

    return probe


def _compared(wanted: tuple[Scalar, ...], *, above: bool) -> Probe:
    limit = float(wanted[0])

    def probe(entries: tuple[Entry, ...]) -> Hit | None:
        for entry in entries:
            if not isinstance(entry, Text) and (entry > limit if above else entry < limit):
                return Hit(wanted, excerpt(entry))
        return None

    return probe


def _network(written: str) -> IPv4Network | IPv6Network:
    """A network as it is written; raises ValueError with what to write instead."""
    try:
        whole = ip_network(written, strict=False)
    except ValueError:
        raise ValueError(f"{written!r} is no network; write one such as 10.0.0.0/8 or 2001:db8::/32") from None
    try:
        return ip_network(written)
    except ValueError:
        raise ValueError(f"{written} is one address in a network; write {whole}") from None


def _cidr(wanted: tuple[Scalar, ...]) -> Probe:
    networks = [(_network(str(value)), str(value)) for value in wanted]

    def inside(text: Text) -> str | None:
        try:
            address = ip_address(text.original.strip())
        except ValueError:
            return None
        return next((written for network, written in networks if address in network), None)

    def probe(entries: tuple[Entry, ...]) -> Hit | None:
        for entry in entries:
            network = inside(entry) if isinstance(entry, Text) else None
            if network is not None:
                return _whole(entry, network)
        return None

    return probe


_ANY: frozenset[Kind] = frozenset({"text", "texts", "number", "flag"})
_TEXTUAL: frozenset[Kind] = frozenset({"text", "texts"})
_NUMERIC: frozenset[Kind] = frozenset({"number"})

OPERATORS: Mapping[str, Operator] = {
    "eq": Operator(_ANY, "value", _among, "is {wanted}"),
    "in": Operator(_ANY, "values", _among, "is {wanted}"),
    "not_in": Operator(_ANY, "values", _not_among, "is not {wanted}"),
    "words": Operator(_TEXTUAL, "texts", _words, "contains the words {wanted}"),
    "contains": Operator(_TEXTUAL, "texts", _contains, "contains {wanted}"),
    "starts": Operator(_TEXTUAL, "texts", _starts, "starts with {wanted}"),
    "ends": Operator(_TEXTUAL, "texts", _ends, "ends with {wanted}"),
    "under": Operator(_TEXTUAL, "texts", _under, "is under {wanted}"),
    "matches": Operator(_TEXTUAL, "texts", _matches, "matches {wanted}"),
    "present": Operator(_ANY, "flag", _present, "is {wanted}"),
    "gt": Operator(_NUMERIC, "number", lambda wanted: _compared(wanted, above=True), "is above {wanted}"),
    "lt": Operator(_NUMERIC, "number", lambda wanted: _compared(wanted, above=False), "is below {wanted}"),
    "cidr": Operator(_TEXTUAL, "texts", _cidr, "is in the network {wanted}"),
}


def phrase(operator: str, wanted: tuple[object, ...], said: str) -> str:
    """What a condition asks of its field, in words; `said` are its operands as a sentence names them."""
    if operator == "present":
        said = " or ".join("present" if each else "missing" for each in wanted)
    return OPERATORS[operator].phrase.format(wanted=said)


def later(operator: str, wanted: tuple[Scalar, ...]) -> Probe:
    """A probe that is built when it first tests something: for operands that were found usable before."""
    built: list[Probe] = []

    def probe(entries: tuple[Entry, ...]) -> Hit | None:
        if not built:
            built.append(OPERATORS[operator].build(wanted))
        return built[0](entries)

    return probe
