"""Lists of cases, a case's history and its possible actions, and the line that says what a command changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from intakebot.cli.looks import Rows, case_number, fields, listed, named, section, status, title
from intakebot.cli.moments import Calendar
from intakebot.cli.plain_text import one_line, shown

_MOMENTS = frozenset({"opened_at", "respond_by", "solve_by", "resolved_at", "closed_at"})
SHORT = 60
"""Characters of a changed value that a history shows."""
PLACE = ("workflow", "status", "queue", "owner", "assignee", "category")
"""The fields that say where a case is."""
REGISTERED = "case.registered"
_READ_OF_THE_FIRST = (
    *PLACE,
    "priority",
    "title",
    "answer_to",
    "support_key",
    "support_key_state",
    "support_agreement_state",
    "customer_agreement_state",
    "missing",
    "markers",
)
"""What people read of the event that set all fields; --json has the rest."""


def cases_table(rows: Sequence[Mapping[str, Any]], calendar: Calendar) -> RenderableType:
    """One row per case."""
    drawn = Rows(
        ("Case", "Status", "Priority", "Queue", "Owner", "Category", "Customer", "Title", "Opened", "Due"),
        [_case_row(row, calendar) for row in rows],
        wraps=("Title", "Customer"),
        gives_way=("Customer", "Category", "Opened", "Priority"),
    )
    return listed(rows, drawn, "no cases")


def _case_row(row: Mapping[str, Any], calendar: Calendar) -> tuple[Text | str, ...]:
    return (
        case_number(row["number"]),
        status(row.get("ended_as") or row["status"]),
        status(row.get("priority")),
        one_line(row.get("queue")),
        one_line(row.get("owner")),
        one_line(row.get("category")),
        named(row.get("customer")),
        title(row.get("title")),
        calendar.relative(row.get("opened_at")),
        due(row, calendar),
    )


def due(row: Mapping[str, Any], calendar: Calendar) -> Text:
    """When the case must be solved by, red once that has passed; nothing for a case that is done."""
    if row.get("resolved_at") or row.get("closed_at") or row.get("ended_as"):
        return Text("")
    moment = row.get("solve_by")
    return Text(calendar.relative(moment), style="bold red" if calendar.is_past(moment) else "")


def log_table(rows: Sequence[Mapping[str, Any]], calendar: Calendar) -> RenderableType:
    """The history of a case, oldest first."""
    lines = [
        (calendar.local(row["at"]), one_line(row["by"]), one_line(row["kind"]), _changes(row, calendar)) for row in rows
    ]
    return listed(rows, Rows(("When", "Who", "What", "Changed"), lines, wraps=("Changed",)), "no events")


def moves_table(rows: Sequence[Mapping[str, Any]], calendar: Calendar) -> RenderableType:
    """Of a history what moved the case after it was registered: by whom, when, and the note."""
    moved = [{**row, "changes": _of_fields(row, PLACE)} for row in rows if row["kind"] != REGISTERED]
    return log_table([row for row in moved if row["changes"]], calendar)


def _of_fields(row: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The changes of an event to these fields, in this order."""
    return {name: row["changes"][name] for name in names if name in row["changes"]}


def _changes(row: Mapping[str, Any], calendar: Calendar) -> Text:
    """What an event changed: long values cut short, ids left out (--json has them), times as people read them."""
    parts = []
    changes = _of_fields(row, _READ_OF_THE_FIRST) if row["kind"] == REGISTERED else row["changes"]
    for name, value in changes.items():
        if name != "id" and not name.endswith("_id"):
            told = calendar.local(value) if value and name in _MOMENTS else _short(value)
            parts.append(Text.assemble((f"{name.replace('_', ' ')} ", "dim"), one_line(told)))
    if row.get("note"):
        parts.append(Text.assemble(("“", "dim"), one_line(row["note"]), ("”", "dim")))
    return Text("; ").join(parts)


def _short(value: object) -> str:
    if value is None or value in ("", []):
        return "none"
    if isinstance(value, Mapping):
        return "…"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= SHORT else f"{text[: SHORT - 1]}…"


def actions_table(answer: Mapping[str, Any], calendar: Calendar) -> RenderableType:  # noqa: ARG001 - a page's shape
    """What is possible now, and why the rest is not."""
    possible = Text(", ").join(one_line(name, "bold green") for name in answer["allowed"]) or Text("nothing")
    refused = [(one_line(name), one_line(sentence)) for name, sentence in answer["refused"].items()]
    drawn = Rows(("Action", "Why not"), refused, wraps=("Why not",))
    return Group(Text.assemble("Possible now: ", possible), section("Not possible now", drawn))


def told(sentence: str) -> Callable[[object, Calendar], RenderableType]:
    """A page for a command whose answer names no case: it says what was done."""
    return lambda _answer, _calendar: Text(sentence)


_FIRST = ("status", "queue", "assignee", "owner")


def changed_line(answer: Mapping[str, Any], calendar: Calendar) -> RenderableType:  # noqa: ARG001 - a page's shape
    """What a command changed, in one line for a case, else field by field."""
    number = answer.get("case")
    if not isinstance(number, int):
        return fields((name.replace("_", " "), _plain(value)) for name, value in answer.items())
    parts = [case_number(number)]
    parts += [status(answer[name]) if name == "status" else _part(name, answer) for name in _FIRST if answer.get(name)]
    parts += [_part(name, answer) for name, value in answer.items() if name not in (*_FIRST, "case") and value]
    return Text("  ").join(parts)


def _part(name: str, answer: Mapping[str, Any]) -> Text:
    return Text.assemble((f"{name.replace('_', ' ')} ", "dim"), _plain(answer[name]))


def _plain(value: object) -> Text:
    """A changed value; of records (deliveries, tasks) all their fields, the id first."""
    if isinstance(value, Mapping):
        return shown(" ".join(str(part) for part in value.values() if part))
    return Text(", ").join(map(_plain, value)) if isinstance(value, (list, tuple)) else shown(value)
