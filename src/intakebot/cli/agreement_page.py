"""The report of `rules agreement`: how often people left a case as the rules had decided, and where they did not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from intakebot.cli.looks import Rows, fields, section
from intakebot.cli.moments import Calendar
from intakebot.cli.plain_text import one_line

Record = Mapping[str, Any]
_NOBODY = Text("nobody has judged any of these cases yet", style="dim")


def agreement_page(answer: Record, calendar: Calendar) -> RenderableType:
    """Shares by category and by queue, then what was decided otherwise, the most frequent first."""
    head: list[tuple[str, Text | str]] = [
        ("since", calendar.both(answer["since"])),
        ("cases", str(answer["cases"])),
        ("void", str(answer["void"] or "")),
    ]
    if truth := answer["truth"]:
        head += [("rows of the list", str(truth["rows"])), ("rows without a case", str(truth["without_case"]))]
    parts = [part for name in ("category", "queue") for part in _compared(name, answer[name])]
    return Group(fields(head), *parts)


def _compared(name: str, found: Record) -> list[RenderableType]:
    if not found["judged"]:
        return [section(name.capitalize(), _NOBODY)]
    share = f"{found['agreed']} of {found['judged']} ({_percent(found['share'])})"
    title = f"{name.capitalize()}: {share} as the rules decided"
    lines = [
        (one_line(row[name] or "(none)"), str(row["judged"]), str(row["agreed"]), _percent(row["share"]))
        for row in found["chosen"]
    ]
    head = ("Rules chose", "Cases", "Agreed", "Share")
    chosen = Rows(head, lines, wraps=("Rules chose",), right=("Cases", "Agreed", "Share"))
    return [section(title, chosen), *_differences(found["differences"])]


def _differences(rows: Sequence[Record]) -> list[RenderableType]:
    if not rows:
        return []
    lines = [
        (
            one_line(row["rules"] or "(none)"),
            one_line(row["people"]),
            str(row["cases"]),
            one_line(", ".join(row["examples"])),
        )
        for row in rows
    ]
    head = ("Rules chose", "People chose", "Cases", "For example")
    return [Text(""), Rows(head, lines, wraps=("Rules chose", "People chose"), right=("Cases",))]


def _percent(share: float) -> str:
    return f"{share:.1%}"
