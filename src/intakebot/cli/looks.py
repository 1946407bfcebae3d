"""How tables and panels look, in one place, so that every page looks alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from intakebot.cli.plain_text import one_line, shown
from intakebot.domain.case import shown_number

Justify = Literal["left", "right"]
ROOMY = 100
"""Characters from which on pages show more columns, or two beside each other."""

_STATUS_STYLES = {
    "Open": "bold red",
    "New": "bold red",
    "Pending": "yellow",
    "Queued": "yellow",
    "Taken in charge": "cyan",
    "Accepted": "cyan",
    "Resolved": "green",
    "Completed": "green",
    "Closed": "dim",
    "failed": "bold red",
    "held": "bold red",
    "bounced": "bold red",
    "quarantined": "bold red",
    "deferred": "yellow",
    "sent": "green",
    "valid": "green",
    "expired": "red",
    "urgent": "bold red",
    "high": "yellow",
    "low": "dim",
}


def status(value: object) -> Text:
    """A status, state or priority in its colour; other processes' own words stay plain."""
    return one_line(value, _STATUS_STYLES.get(str(value), ""))


def case_number(number: int | None) -> Text:
    """`C-1001`, never wrapped or cut."""
    return Text(shown_number(number), style="bold") if number else Text("")


def named(value: object, key: str = "name") -> Text:
    """Something that is a name already, or a record with a name or a reference."""
    if isinstance(value, Mapping):
        return one_line(value.get(key) or value.get("reference"))
    return one_line(value)


def table(*columns: str, exact: Sequence[str] = (), right: Sequence[str] = (), wraps: Sequence[str] = ()) -> Table:
    """A plain table. `exact` columns are never cut; `wraps` take several lines; the rest ends in an ellipsis."""
    drawn = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, show_edge=False)
    for column in columns:
        justify: Justify = "right" if column in right else "left"
        drawn.add_column(
            column,
            no_wrap=column not in wraps,
            overflow="fold" if column in (*exact, *wraps) else "ellipsis",
            min_width=None,
            justify=justify,
            ratio=1 if column in wraps else None,
        )
    return drawn


def fields(pairs: Iterable[tuple[str, Text | str]]) -> Table:
    """Names and values below each other; empty ones are left out."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in pairs:
        if value:
            grid.add_row(name, value)
    return grid


def section(title: str, body: RenderableType) -> Group:
    """A titled part of a page."""
    return Group(Text(""), Text(title, style="bold underline"), body)


def listed(rows: Sequence[Any], drawn: Table, nothing: str) -> RenderableType:
    """The table, or a sentence when it has no rows."""
    return drawn if rows else Text(nothing, style="dim")


def quoted(value: object) -> RenderableType:
    """A longer text, indented."""
    grid = Table.grid(padding=(0, 0, 0, 2))
    grid.add_row(shown(value))
    return grid
