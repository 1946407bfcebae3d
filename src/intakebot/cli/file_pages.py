"""Tables of the files that came with a contact or a case, and of those that were saved. Pages put them in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import RenderableType

from intakebot.cli.looks import Rows, listed
from intakebot.cli.moments import Calendar
from intakebot.cli.plain_text import one_line

Record = Mapping[str, Any]
FILES = "Files (`intakebot attachment save ID` saves one)"
_COLUMNS = ("Attachment", "Contact", "Type", "Bytes", "Careful", "File")


def files_table(rows: Sequence[Record], *, contact: bool = False) -> RenderableType:
    """Files, one line each, by the id that saves them; with the `contact` that each came with."""
    lines = [
        (
            str(row["id"]),
            str(row["contact_id"]) if contact else "",
            one_line(row["media_type"]),
            str(row["size"]),
            one_line(_marked(row), "bold red" if row["flags"] else ""),
            one_line(row["name"]),
        )
        for row in rows
    ]
    return Rows(_COLUMNS, lines, wraps=("File",), right=("Bytes",), gives_way=("Type", "Contact"))


def attachments_table(rows: Sequence[Record], calendar: Calendar) -> RenderableType:  # noqa: ARG001 - a page's shape
    """The files of a case or a contact."""
    return listed(rows, files_table(rows, contact=True), "no files")


def _marked(row: Record) -> str:
    return ", ".join([*row["flags"], *(["kept back"] if row["withheld"] else [])])


def saved_table(rows: Sequence[Record], calendar: Calendar) -> RenderableType:  # noqa: ARG001 - a page's shape
    """Where files were saved."""
    lines = [
        (str(row["id"]), str(row["size"]), one_line(", ".join(row["flags"])), one_line(row["path"])) for row in rows
    ]
    columns = ("Attachment", "Bytes", "Careful", "Saved as")
    return listed(rows, Rows(columns, lines, wraps=("Saved as",), right=("Bytes",)), "nothing was saved")
