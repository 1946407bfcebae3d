"""Lists and pages of contacts, deliveries, queues and customers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from intakebot.cli.looks import ROOMY, case_number, fields, listed, quoted, section, status, table
from intakebot.cli.moments import Calendar
from intakebot.cli.plain_text import one_line, shown

Record = Mapping[str, Any]


def contacts_table(rows: Sequence[Record], calendar: Calendar, width: int) -> RenderableType:  # noqa: ARG001 - a page's shape
    """The call log."""
    drawn = table("Contact", "Came", "Channel", "From", "Subject", "State", "Case", exact=("Contact", "Case", "State"))
    for row in rows:
        drawn.add_row(
            str(row["id"]),
            calendar.relative(row["received_at"]),
            one_line(row["channel"]),
            one_line(row.get("sender")),
            one_line(row.get("subject")),
            status(row["state"]),
            case_number(row.get("case")),
        )
    return listed(rows, drawn, "no contacts")


def contact_page(contact: Record, calendar: Calendar, width: int) -> RenderableType:  # noqa: ARG001 - a page's shape
    """One contact: how it came, what it carries, what became of it."""
    parts: list[RenderableType] = [fields(_contact_fields(contact, calendar))]
    arrivals = table("Recipient", "Route", "When", exact=("Recipient", "When"))
    for arrival in contact.get("arrivals", ()):
        arrivals.add_row(one_line(arrival["recipient"]), one_line(arrival["route"]), calendar.both(arrival["at"]))
    files = table("File", "Type", "Bytes", wraps=("File",), right=("Bytes",), exact=("Bytes",))
    for file in contact.get("files", ()):
        files.add_row(one_line(file["name"]), one_line(file["media_type"]), str(file["size"]))
    parts += [section(title, drawn) for title, drawn in (("Arrivals", arrivals), ("Files", files)) if drawn.row_count]
    return Group(*parts)


def _contact_fields(contact: Record, calendar: Calendar) -> Iterator[tuple[str, Text | str]]:
    yield "contact", str(contact["id"])
    yield "state", status(contact["state"])
    yield "reason", one_line(contact.get("reason"))
    yield "case", case_number(contact.get("case"))
    yield "came", calendar.both(contact["received_at"])
    yield "channel", one_line(contact["channel"])
    yield "from", one_line(contact.get("sender") or contact.get("envelope_sender"))
    yield "subject", one_line(contact.get("subject"))
    yield "message id", one_line(contact.get("message_id"))
    yield "peer", one_line(contact.get("peer"))
    yield "attempts", str(contact.get("attempts", ""))
    yield "defects", shown(contact.get("defects"))


def deliveries_table(rows: Sequence[Record], calendar: Calendar, width: int) -> RenderableType:
    """Replies that left, wait or failed."""
    more = ("Tries", "Answer") if width >= ROOMY else ()
    drawn = table("Delivery", "Case", "Kind", "To", "State", "When", *more, exact=("Delivery", "Case", "State"))
    for row in rows:
        when = calendar.relative(row.get("settled_at") or row.get("due_at") or row.get("created_at"))
        drawn.add_row(
            str(row["id"]),
            case_number(row.get("case")),
            one_line(row["kind"]),
            one_line(row["recipient"]),
            status(row["state"]),
            when,
            *((str(row.get("attempts", "")), one_line(row.get("answer"))) if more else ()),
        )
    return listed(rows, drawn, "no deliveries")


def delivery_page(delivery: Record, calendar: Calendar, width: int) -> RenderableType:  # noqa: ARG001 - a page's shape
    """One delivery with its text and every step."""
    steps = table("When", "State", "Answer", exact=("When", "State"), wraps=("Answer",))
    for step in delivery.get("steps", ()):
        steps.add_row(calendar.both(step["at"]), status(step["state"]), one_line(step.get("answer")))
    head = fields(
        (
            ("delivery", str(delivery["id"])),
            ("case", case_number(delivery.get("case"))),
            ("kind", one_line(delivery["kind"])),
            ("state", status(delivery["state"])),
            ("to", one_line(delivery["recipient"])),
            ("from", one_line(delivery.get("sender"))),
            ("subject", one_line(delivery.get("subject"))),
            ("message id", one_line(delivery.get("message_id"))),
            ("created", calendar.both(delivery.get("created_at"))),
            ("next try", calendar.both(delivery.get("due_at"))),
            ("attempts", str(delivery.get("attempts", ""))),
            ("last answer", one_line(delivery.get("answer"))),
        )
    )
    parts: list[RenderableType] = [head, section("Text", quoted(delivery.get("text")))]
    return Group(*parts, *([section("Steps", steps)] if steps.row_count else []))


def queues_table(rows: Sequence[Record], calendar: Calendar, width: int) -> RenderableType:  # noqa: ARG001 - a page's shape
    """Queues with what waits in them."""
    drawn = table(
        "Queue", "Title", "Waiting", "In charge", "Oldest waits since", "Last taken", right=("Waiting", "In charge")
    )
    for row in rows:
        drawn.add_row(
            one_line(row["name"], "bold"),
            one_line(row.get("title")),
            str(row.get("waiting", 0)),
            str(row.get("in_charge", 0)),
            calendar.relative(row.get("oldest_waiting_at")),
            calendar.relative(row.get("last_taken_at")),
        )
    return listed(rows, drawn, "no queues")


def customer_page(record: Record, calendar: Calendar, width: int) -> RenderableType:  # noqa: ARG001 - a page's shape
    """A customer with all that hangs on it, as plain data of `CustomerRecord`."""
    customer = record["customer"]
    names = ("reference", "name", "segment", "tier", "domains")
    parts: list[RenderableType] = [fields((name, shown(customer.get(name))) for name in names)]
    for title, key, columns in _PARTS:
        rows = record.get(key) or ()
        if rows:
            drawn = table(*(column.replace("_", " ").capitalize() for column in columns))
            for row in rows:
                drawn.add_row(*(_cell(row.get(column)) for column in columns))
            parts.append(section(title, drawn))
    return Group(*parts)


def _cell(value: object) -> Text:
    if isinstance(value, list):
        return one_line(", ".join(str(item[-1]) if isinstance(item, list) else str(item) for item in value))
    return status(value)


_PARTS = (
    ("Callers", "callers", ("name", "addresses", "language")),
    ("Accounts", "accounts", ("reference", "name")),
    ("Subscriptions", "subscriptions", ("reference", "product", "status")),
    ("Support keys", "support_keys", ("key",)),
    ("Agreements", "agreements", ("reference", "kind", "policy", "valid_from", "valid_to")),
)
