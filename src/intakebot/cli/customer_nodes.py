"""Customers out of a tree of values that know their lines; all problems are collected, not only the first.

Both file formats end here, so that the same is checked whichever was written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import TypeVar

from intakebot.domain.customer import AgreementKind
from intakebot.domain.customer_entries import (
    SUBSCRIPTION_STATUSES,
    AccountEntry,
    AgreementEntry,
    CallerEntry,
    CustomerEntry,
    SubscriptionEntry,
)
from intakebot.domain.errors import ConfigError, Problem
from intakebot.domain.positions import Node, Place

SCHEMA = "intakebot.customers/1"
EntryT = TypeVar("EntryT")
_AGREEMENT_KINDS = tuple(kind.value for kind in AgreementKind)


def entries_of(root: Node) -> list[CustomerEntry]:
    """The customers of a file's tree; raises ConfigError with every problem."""
    found = _Findings()
    top = _Record(root, found, "schema", "customers")
    if top.text("schema", required=True) not in {SCHEMA, ""}:
        found.add(root.place, f"the schema must be {SCHEMA}")
    entries = top.records("customers", _customer)
    if not entries:
        found.add(root.place, "there are no customers in it")
    if found.problems:
        raise ConfigError(found.problems)
    return list(entries)


class _Findings:
    """Problems so far, and where each thing that must be unique was first seen."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._seen: dict[tuple[str, str], Place] = {}

    def add(self, place: Place, sentence: str) -> None:
        self.problems.append(Problem(place.file, place.line, sentence))

    def once(self, kind: str, value: str, place: Place) -> str:
        """The value; a problem when the file has it twice."""
        first = self._seen.setdefault((kind, value.casefold()), place)
        if value and first is not place:
            self.add(place, f"the {kind} {value!r} is there twice; the first is in line {first.line}")
        return value


class _Record:
    """One mapping of the file with the keys that it may have."""

    def __init__(self, node: Node, found: _Findings, *known: str) -> None:
        self.place = node.place
        self._found = found
        self._values: Mapping[str, Node] = {}
        self._readable = isinstance(node.value, Mapping)
        if not isinstance(node.value, Mapping):
            found.add(node.place, f"expected {', '.join(known)} here, as `name: value` lines")
            return
        self._values = node.value
        for key, value in node.value.items():
            if key not in known:
                place = node.keys[key] if node.keys else value.place
                found.add(place, f"there is no {key!r} here; known: {', '.join(known)}")

    def place_of(self, key: str) -> Place:
        """Where a value stands, or the record when it is missing."""
        return self._values[key].place if key in self._values else self.place

    def text(self, key: str, otherwise: str = "", *, required: bool = False) -> str:
        """A text; whole numbers are taken as written."""
        node = self._values.get(key)
        if node is None or node.value in (None, ""):
            if required and self._readable:
                self._found.add(self.place, f"{key!r} is missing")
            return otherwise
        return self._text_of(node, key)

    def _text_of(self, node: Node, key: str) -> str:
        if isinstance(node.value, str):
            return node.value.strip()
        if type(node.value) is int:
            return str(node.value)
        self._found.add(node.place, f"{key!r} must be a text; put it in quotes")
        return ""

    def unique(self, key: str, kind: str) -> str:
        """A required text that the file may have only once."""
        return self._found.once(kind, self.text(key, required=True), self.place_of(key))

    def texts(self, key: str, kind: str, pattern: str = "") -> tuple[str, ...]:
        """A list of texts, each of which the file may have only once; `pattern` is what each must contain."""
        written = [(self._text_of(node, key), node.place) for node in self._items(key)]
        for value, place in written:
            if pattern and value and pattern not in value:
                self._found.add(place, f"{value!r} is no {kind}")
        return tuple(self._found.once(kind, value, place) for value, place in written)

    def one_of(self, key: str, choices: tuple[str, ...], otherwise: str = "") -> str:
        """One of some words; required when there is no default."""
        word = self.text(key, otherwise, required=not otherwise)
        if word and word not in choices:
            self._found.add(self.place_of(key), f"{key!r} is {word!r}; possible: {', '.join(choices)}")
        return word if word in choices else choices[0]

    def day(self, key: str, *, required: bool = False) -> date | None:
        """A date as 2026-12-31."""
        written = self.text(key, required=required)
        try:
            return date.fromisoformat(written) if written else None
        except ValueError:
            self._found.add(self.place_of(key), f"{key!r} is {written!r}; write a date as 2026-12-31")
            return None

    def records(self, key: str, read: Callable[[Node, _Findings], EntryT]) -> tuple[EntryT, ...]:
        """A list of records."""
        return tuple(read(node, self._found) for node in self._items(key))

    def _items(self, key: str) -> Iterator[Node]:
        node = self._values.get(key)
        if node is None or node.value is None:
            return
        if isinstance(node.value, tuple):
            yield from node.value
        else:
            self._found.add(node.place, f"{key!r} must be a list")


def _customer(node: Node, found: _Findings) -> CustomerEntry:
    record = _Record(
        node, found, "reference", "name", "segment", "tier", "domains", "callers", "accounts", "agreements"
    )
    return CustomerEntry(
        reference=record.unique("reference", "customer"),
        name=record.text("name", required=True),
        segment=record.text("segment"),
        tier=record.text("tier"),
        domains=record.texts("domains", "mail domain", "."),
        callers=record.records("callers", _caller),
        accounts=record.records("accounts", _account),
        agreements=record.records("agreements", _agreement),
    )


def _caller(node: Node, found: _Findings) -> CallerEntry:
    record = _Record(node, found, "name", "emails", "slack", "phone", "language")
    caller = CallerEntry(
        name=record.text("name"),
        emails=record.texts("emails", "mail address", "@"),
        slack=record.text("slack"),
        phone=record.text("phone"),
        language=record.text("language"),
    )
    if not (caller.emails or caller.slack or caller.phone):
        found.add(record.place, "a caller needs an address: emails, slack or phone")
    return caller


def _account(node: Node, found: _Findings) -> AccountEntry:
    record = _Record(node, found, "reference", "name", "subscriptions")
    return AccountEntry(
        reference=record.text("reference", required=True),
        name=record.text("name"),
        subscriptions=record.records("subscriptions", _subscription),
    )


def _subscription(node: Node, found: _Findings) -> SubscriptionEntry:
    record = _Record(node, found, "reference", "product", "status", "support_keys", "agreements")
    return SubscriptionEntry(
        reference=record.unique("reference", "subscription"),
        product=record.text("product"),
        status=record.one_of("status", SUBSCRIPTION_STATUSES, "active"),
        support_keys=record.texts("support_keys", "support key"),
        agreements=record.records("agreements", _agreement),
    )


def _agreement(node: Node, found: _Findings) -> AgreementEntry:
    record = _Record(node, found, "reference", "kind", "policy", "valid_from", "valid_to")
    first, last = record.day("valid_from", required=True), record.day("valid_to")
    if first and last and last < first:
        found.add(record.place_of("valid_to"), "'valid_to' is before 'valid_from'")
    return AgreementEntry(
        reference=record.unique("reference", "agreement"),
        kind=AgreementKind(record.one_of("kind", _AGREEMENT_KINDS)),
        policy=record.text("policy", required=True),
        valid_from=first or date.min,
        valid_to=last,
    )
