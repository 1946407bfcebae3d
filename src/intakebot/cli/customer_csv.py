"""A CSV file of customers as the same tree that a YAML file gives.

One row says as much as it likes about one customer: rows with the same reference belong together, and so do
rows with the same account, subscription, agreement or caller. What two rows say must not contradict.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping

from intakebot.cli.customer_nodes import SCHEMA
from intakebot.domain.errors import ConfigError, Problem
from intakebot.domain.positions import Node, Place

COLUMNS: Mapping[str, tuple[str, str]] = {
    "customer": ("customer", "reference"),
    "name": ("customer", "name"),
    "segment": ("customer", "segment"),
    "tier": ("customer", "tier"),
    "domains": ("customer", "domains"),
    "caller_name": ("caller", "name"),
    "caller_email": ("caller", "emails"),
    "caller_slack": ("caller", "slack"),
    "caller_phone": ("caller", "phone"),
    "caller_language": ("caller", "language"),
    "account": ("account", "reference"),
    "account_name": ("account", "name"),
    "subscription": ("subscription", "reference"),
    "product": ("subscription", "product"),
    "status": ("subscription", "status"),
    "support_key": ("subscription", "support_keys"),
    "agreement": ("agreement", "reference"),
    "agreement_kind": ("agreement", "kind"),
    "policy": ("agreement", "policy"),
    "valid_from": ("agreement", "valid_from"),
    "valid_to": ("agreement", "valid_to"),
}
"""Column -> the record that it belongs to, and its name there."""
_LISTS = frozenset({"domains", "emails", "support_keys"})
Row = Mapping[str, Mapping[str, str]]
"""One row: values by record and name; empty cells are left out."""


class _Draft:
    """A record that rows add to."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.values: dict[str, Node] = {}
        self.lists: dict[str, dict[str, Node]] = {}
        self.children: dict[str, dict[str, _Draft]] = {}

    def take(self, values: Mapping[str, str], place: Place) -> Iterator[Problem]:
        """Add what a row says; yields what contradicts an earlier row."""
        for name, value in values.items():
            if name in _LISTS:
                for part in value.split():
                    self.lists.setdefault(name, {}).setdefault(part, Node(part, place))
                continue
            known = self.values.setdefault(name, Node(value, place))
            if known.value != value:
                sentence = f"{name!r} is {value!r} here but {known.value!r} in line {known.place.line}"
                yield Problem(place.file, place.line, sentence)

    def child(self, group: str, key: str, place: Place) -> _Draft:
        """The record of this key below this one, made when it is new."""
        return self.children.setdefault(group, {}).setdefault(key, _Draft(place))

    def node(self) -> Node:
        """The record as a tree."""
        lists = {name: tuple(items.values()) for name, items in self.lists.items()}
        lists |= {group: tuple(draft.node() for draft in drafts.values()) for group, drafts in self.children.items()}
        return Node(self.values | {name: Node(items, self.place) for name, items in lists.items()}, self.place)


def csv_tree(content: bytes, shown_as: str) -> Node:
    """The tree of a CSV file (UTF-8, separated by commas or semicolons); raises ConfigError with every problem."""
    top = _Draft(Place(shown_as, 1))
    top.values["schema"] = Node(SCHEMA, top.place)
    problems: list[Problem] = []
    for place, row in _rows(content, shown_as, problems):
        problems += _take_row(top, row, place)
    if problems:
        raise ConfigError(problems)
    return top.node()


def _take_row(top: _Draft, row: Row, place: Place) -> Iterator[Problem]:
    reference = row.get("customer", {}).get("reference")
    if not reference:
        yield Problem(place.file, place.line, "the column 'customer' is empty; every row names its customer")
        return
    customer = top.child("customers", reference, place)
    yield from customer.take(row["customer"], place)
    caller = row.get("caller", {})
    if caller:
        key = next(iter(caller[name] for name in ("emails", "slack", "phone", "name") if name in caller), "")
        yield from customer.child("callers", key, place).take(caller, place)
    yield from _take_installation(customer, row, place)


def _take_installation(customer: _Draft, row: Row, place: Place) -> Iterator[Problem]:
    """The account, the subscription in it, and the agreement of whichever the row names."""
    holder = customer
    for record, group in (("account", "accounts"), ("subscription", "subscriptions"), ("agreement", "agreements")):
        values = row.get(record)
        if not values:
            continue
        if "reference" not in values:
            yield Problem(place.file, place.line, f"{', '.join(values)} without a {record!r}: whose is it?")
            return
        if record == "subscription" and holder is customer:
            yield Problem(place.file, place.line, "a 'subscription' needs the 'account' that it belongs to")
            return
        owner = customer if record == "agreement" and "subscription" not in row else holder
        holder = owner.child(group, values["reference"], place)
        yield from holder.take(values, place)


def _rows(content: bytes, shown_as: str, problems: list[Problem]) -> Iterator[tuple[Place, Row]]:
    text = _decoded(content, shown_as)
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(header, shown_as)
        line = reader.line_num + 1
        for cells in reader:
            place, line = Place(shown_as, line), reader.line_num + 1
            if len(cells) == len(header):
                yield place, _row(header, cells)
            elif cells:
                sentence = f"{len(cells)} cells, but the first line has {len(header)} columns"
                problems.append(Problem(shown_as, place.line, sentence))
    except csv.Error as error:
        problems.append(Problem(shown_as, reader.line_num, f"is not valid CSV: {error}"))


def _decoded(content: bytes, shown_as: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ConfigError([Problem(shown_as, line, "is not valid UTF-8")]) from error


def _check_header(header: list[str], shown_as: str) -> None:
    wrong = [f"there is no column {name!r}" for name in header if name not in COLUMNS]
    wrong += [f"the column {name!r} is there twice" for name in set(header) if header.count(name) > 1]
    if "customer" not in header:
        wrong.append("the first line must name the columns, 'customer' among them")
    if wrong:
        raise ConfigError([Problem(shown_as, 1, sentence) for sentence in wrong])


def _row(header: list[str], cells: list[str]) -> Row:
    row: dict[str, dict[str, str]] = {}
    for name, cell in zip(header, cells, strict=True):
        record, key = COLUMNS[name]
        if cell.strip():
            row.setdefault(record, {})[key] = cell.strip()
    return row
