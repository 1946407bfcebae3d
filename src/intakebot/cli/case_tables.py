"""Lists of cases, a case's history and its possible actions, and the line that says what a command changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from intakebot.cli.looks import ROOMY, case_number, fields, listed, named, section, status, table
from intakebot.cli.moments import Calendar
from intakebot.cli.plain_text import one_line, shown

SHORT = 60
"""Characters of a changed value that a history shows."""


def cases_table(rows: Sequence[Mapping[str, Any]], calendar: Calendar, width: int) -> RenderableType:
    """One row per case."""
    roomy = width >= ROOMY
    more = ("Category", "Customer") if roomy else ()
    drawn = table("Case", "Status", "Prio", "Queue", "Owner", *more, "Title", "Opened", "Due", exact=("Case", "Due"))
    drawn.columns[-3].ratio = 1
    drawn.columns[-3].min_width = 12
    drawn.expand = True
    for row in rows:
        drawn.add_row(
            case_number(row["number"]),
            status(row.get("ended_as") or row["status"]),
            status(row.get("priority")),
            one_line(row.get("queue")),
            one_line(row.get("owner")),
            *((one_line(row.get("category")), named(row.get("customer"))) if roomy else ()),
            one_line(row.get("title")),
            calendar.relative(row.get("opened_at")),
            due(row, calendar),
        )
    return listed(rows, drawn, "no cases")


def due(row: Mapping[str, Any], calendar: Calendar) -> Text:
    """When the case must be solved by, red once that has passed; nothing for a case that is done."""
    if row.get("resolved_at") or row.get("closed_at") or row.get("ended_as"):
        return Text("")
    moment = row.get("solve_by")
    return Text(calendar.relative(moment), style="bold red" if calendar.is_past(moment) else "")


def log_table(rows: Sequence[Mapping[str, Any]], calendar: Calendar, width: int) -> RenderableType:  # noqa: ARG001 - a page's shape
    """The history of a case, oldest first."""
    drawn = table("When", "Who", "What", "Changed", exact=("When", "Who", "What"), wraps=("Changed",))
    for row in rows:
        drawn.add_row(calendar.local(row["at"]), one_line(row["by"]), one_line(row["kind"]), _changes(row))
    return listed(rows, drawn, "no events")


def _changes(row: Mapping[str, Any]) -> Text:
    """What an event changed: short values in full, long ones by their name."""
    parts = [Text.assemble((f"{name} ", "dim"), one_line(_short(value))) for name, value in row["changes"].items()]
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


def actions_table(answer: Mapping[str, Any], calendar: Calendar, width: int) -> RenderableType:  # noqa: ARG001 - a page's shape
    """What is possible now, and why the rest is not."""
    possible = Text(", ").join(one_line(name, "bold green") for name in answer["allowed"]) or Text("nothing")
    drawn = table("Action", "Why not", exact=("Action",), wraps=("Why not",))
    for name, sentence in answer["refused"].items():
        drawn.add_row(one_line(name), one_line(sentence))
    return Group(Text.assemble("Possible now: ", possible), section("Not possible now", drawn))


_FIRST = ("status", "queue", "assignee", "owner")


def changed_line(answer: Mapping[str, Any], calendar: Calendar, width: int) -> RenderableType:  # noqa: ARG001 - a page's shape
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
    return one_line(_short(value)) if isinstance(value, Mapping) else shown(value)
