"""How tables and panels look, in one place, so that every page looks alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from intakebot.cli.plain_text import one_line, shown
from intakebot.domain.case import shown_number

Justify = Literal["left", "right"]
ROOMY = 96
"""Characters from which on two blocks stand beside each other."""
TITLE_LIMIT = 100
"""Characters of a title in a list."""
WRAPS_FROM = 24
"""Characters that a column of free text gets at least, before other columns give way."""

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


def title(value: object) -> Text:
    """A title, not longer than a list can bear."""
    text = one_line(value)
    text.truncate(TITLE_LIMIT, overflow="ellipsis")
    return text


def named(value: object, key: str = "name") -> Text:
    """Something that is a name already, or a record with a name or a reference."""
    if isinstance(value, Mapping):
        return one_line(value.get(key) or value.get("reference"))
    return one_line(value)


@dataclass(frozen=True, slots=True)
class Rows:
    """A table that cuts nothing: columns in `wraps` take several lines, the others are as wide as they need.

    Columns without any content are left out. Where the place is too narrow, columns go in the order of
    `gives_way`; if that is not enough the lines are longer than the place.
    """

    columns: tuple[str, ...]
    rows: Sequence[Sequence[Text | str]]
    wraps: tuple[str, ...] = ()
    right: tuple[str, ...] = ()
    gives_way: tuple[str, ...] = ()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        widths = self._widths(options.max_width)
        drawn = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
        for column, width in widths.items():
            wraps = column in self.wraps
            justify: Justify = "right" if column in self.right else "left"
            drawn.add_column(
                column, width=None if wraps else width, no_wrap=not wraps, overflow="fold", justify=justify
            )
        places = [self.columns.index(column) for column in widths]
        for row in self.rows:
            drawn.add_row(*(row[place] for place in places))
        yield from console.render(drawn, options.update_width(max(options.max_width, _needed(widths))))

    def _widths(self, place: int) -> dict[str, int]:
        """The columns to show, with the least width of each."""
        widths = {column: self._width(index) for index, column in enumerate(self.columns)}
        shown_widths = {column: width for column, width in widths.items() if width}
        for column in self.gives_way:
            if _needed(shown_widths) > place:
                shown_widths.pop(column, None)
        return shown_widths

    def _width(self, index: int) -> int:
        column = self.columns[index]
        content = max((cell_len(str(row[index])) for row in self.rows), default=0)
        if not content:
            return 0
        width = max(content, len(column))
        return min(width, WRAPS_FROM) if column in self.wraps else width


def _needed(widths: Mapping[str, int]) -> int:
    return sum(widths.values()) + 2 * (len(widths) - 1)


@dataclass(frozen=True, slots=True)
class Beside:
    """Two blocks beside each other where there is room, else below each other."""

    left: RenderableType
    right: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if options.max_width < ROOMY:
            yield Group(self.left, Text(""), self.right)
            return
        grid = Table.grid(expand=True, padding=(0, 2))
        grid.add_column(ratio=1)
        grid.add_column(ratio=1)
        grid.add_row(self.left, self.right)
        yield grid


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


def listed(rows: Sequence[object], drawn: RenderableType, nothing: str) -> RenderableType:
    """The table, or a sentence when it has no rows."""
    return drawn if rows else Text(nothing, style="dim")


def points(sentences: Iterable[object]) -> RenderableType:
    """Sentences below each other, each with its mark."""
    grid = Table.grid(padding=(0, 1))
    for sentence in sentences:
        grid.add_row("  •", one_line(sentence))
    return grid


def quoted(value: object) -> RenderableType:
    """A longer text, indented."""
    return Padding(shown(value), (0, 0, 0, 2), expand=False)
