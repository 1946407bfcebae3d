"""Lists and pages of contacts, deliveries, queues and customers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from intakebot.cli.candidates import candidates_block, checked_line
from intakebot.cli.file_pages import FILES, files_table
from intakebot.cli.looks import Rows, case_number, fields, listed, quoted, section, status, title
from intakebot.cli.moments import Calendar
from intakebot.cli.plain_text import one_line, shown

Record = Mapping[str, Any]


def contacts_table(rows: Sequence[Record], calendar: Calendar) -> RenderableType:
    """The call log."""
    lines = [
        (
            str(row["id"]),
            calendar.relative(row["received_at"]),
            one_line(row["channel"]),
            status(row["state"]),
            case_number(row.get("case")),
            one_line(row.get("sender")),
            title(row.get("subject")),
        )
        for row in rows
    ]
    columns = ("Contact", "Came", "Channel", "State", "Case", "From", "Subject")
    drawn = Rows(columns, lines, wraps=("From", "Subject"), gives_way=("Channel", "From"))
    return listed(rows, drawn, "no contacts")


def contact_page(contact: Record, calendar: Calendar) -> RenderableType:
    """One contact: how it came, what it carries, what became of it."""
    arrivals = [
        (one_line(arrival["recipient"]), one_line(arrival["route"]), calendar.both(arrival["at"]))
        for arrival in contact.get("arrivals", ())
    ]
    parts: list[RenderableType] = [fields(_contact_fields(contact, calendar))]
    if arrivals:
        parts.append(section("Arrivals", Rows(("Recipient", "Route", "When"), arrivals)))
    if contact.get("files"):
        parts.append(section(FILES, files_table(contact["files"])))
    weighed = (decision["trace"].get("candidates") for decision in contact.get("decisions", ()))
    parts += [section("Which case it belongs to", candidates_block(each)) for each in weighed if each]
    return Group(*parts)


def _contact_fields(contact: Record, calendar: Calendar) -> Iterator[tuple[str, Text | str]]:
    yield "contact", str(contact["id"])
    yield "state", status(contact["state"])
    yield "reason", one_line(contact.get("reason"))
    yield "case", case_number(contact.get("case"))
    for why in contact.get("not_sent") or ():
        yield "not sent", one_line(why)
    yield "came", calendar.both(contact["received_at"])
    if contact.get("arrived_at"):
        yield "arrived", calendar.both(contact["arrived_at"])
    yield "channel", one_line(contact["channel"])
    yield "from", one_line(contact.get("sender") or contact.get("envelope_sender"))
    yield "checked", checked_line(contact.get("decisions", ()))
    yield "subject", one_line(contact.get("subject"))
    yield "marks", shown(_marks(contact.get("decisions", ())))
    yield "message id", one_line(contact.get("message_id"))
    yield "peer", one_line(contact.get("peer"))
    yield "attempts", str(contact.get("attempts", ""))
    yield "defects", shown(contact.get("defects"))


def _marks(decisions: Sequence[Record]) -> Sequence[str]:
    """What the message is besides text; an encrypted one has no text."""
    return next((marks for one in decisions if (marks := one["trace"].get("marks"))), ())


def deliveries_table(rows: Sequence[Record], calendar: Calendar) -> RenderableType:
    """Replies that left, wait or failed."""
    lines = [
        (
            str(row["id"]),
            case_number(row.get("case")),
            one_line(row["kind"]),
            status(row["state"]),
            calendar.relative(row.get("settled_at") or row.get("due_at") or row.get("created_at")),
            str(row.get("attempts", "")),
            one_line(row["recipient"]),
            one_line(row.get("answer")),
        )
        for row in rows
    ]
    columns = ("Delivery", "Case", "Kind", "State", "When", "Tries", "To", "Answer")
    drawn = Rows(columns, lines, wraps=("To", "Answer"), right=("Tries",), gives_way=("Answer", "Tries", "When"))
    return listed(rows, drawn, "no deliveries")


def delivery_page(delivery: Record, calendar: Calendar) -> RenderableType:
    """One delivery with its text and every step."""
    steps = [
        (calendar.both(step["at"]), status(step["state"]), one_line(step.get("answer")))
        for step in delivery.get("steps", ())
    ]
    parts: list[RenderableType] = [
        fields(_delivery_fields(delivery, calendar)),
        section("Text", quoted(delivery.get("text"))),
    ]
    if steps:
        parts.append(section("Steps", Rows(("When", "State", "Answer"), steps, wraps=("Answer",))))
    return Group(*parts)


def _delivery_fields(delivery: Record, calendar: Calendar) -> Iterator[tuple[str, Text | str]]:
    yield "delivery", str(delivery["id"])
    yield "case", case_number(delivery.get("case"))
    yield "kind", one_line(delivery["kind"])
    yield "state", status(delivery["state"])
    yield "to", one_line(delivery["recipient"])
    yield "from", one_line(delivery.get("sender"))
    yield "subject", one_line(delivery.get("subject"))
    yield "message id", one_line(delivery.get("message_id"))
    yield "created", calendar.both(delivery.get("created_at"))
    yield "next try", calendar.both(delivery.get("due_at"))
    yield "attempts", str(delivery.get("attempts", ""))
    yield "last answer", one_line(delivery.get("answer"))


def queues_table(rows: Sequence[Record], calendar: Calendar) -> RenderableType:
    """Queues with what waits in them."""
    lines = [
        (
            one_line(row["name"], "bold"),
            one_line(row.get("title")),
            str(row.get("waiting", 0)),
            str(row.get("in_charge", 0)),
            calendar.relative(row.get("oldest_waiting_at")),
            calendar.relative(row.get("last_taken_at")),
        )
        for row in rows
    ]
    columns = ("Queue", "Title", "Waiting", "In charge", "Oldest waits since", "Last taken")
    return listed(rows, Rows(columns, lines, right=("Waiting", "In charge"), gives_way=("Title",)), "no queues")


def customers_table(rows: Sequence[Record], calendar: Calendar) -> RenderableType:  # noqa: ARG001 - a page's shape
    """Customers, one line each."""
    lines = [(one_line(row["reference"]), one_line(row["name"]), status(row.get("tier"))) for row in rows]
    return listed(rows, Rows(("Reference", "Name", "Tier"), lines, wraps=("Name",)), "no customers")


def customer_page(record: Record, calendar: Calendar) -> RenderableType:  # noqa: ARG001 - a page's shape
    """A customer with all that hangs on it, its callers, accounts, subscriptions, keys and agreements."""
    names = ("reference", "name", "segment", "tier", "domains")
    parts: list[RenderableType] = [fields((name, shown(record.get(name))) for name in names)]
    for heading, key, columns in _PARTS:
        rows = record.get(key) or ()
        if rows:
            headings = tuple(column.replace("_", " ").capitalize() for column in columns)
            lines = [[_cell(row.get(column)) for column in columns] for row in rows]
            parts.append(section(heading, Rows(headings, lines, wraps=("Addresses",))))
    return Group(*parts)


def _cell(value: object) -> Text:
    """A value; of a caller's addresses (channel, address) the addresses."""
    if isinstance(value, (list, tuple)):
        return one_line(", ".join(str(address) for _, address in value))
    return status(value)


_PARTS = (
    ("Callers", "callers", ("name", "addresses", "language")),
    ("Accounts", "accounts", ("reference", "name")),
    ("Subscriptions", "subscriptions", ("reference", "product", "status")),
    ("Support keys", "support_keys", ("key",)),
    ("Agreements", "agreements", ("reference", "kind", "policy", "valid_from", "valid_to")),
)
