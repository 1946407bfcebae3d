"""The cases that a contact was weighed against, and what was found out about its sender; for contact and why pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from intakebot.cli.looks import Rows, case_number
from intakebot.cli.plain_text import one_line

Record = Mapping[str, Any]


def candidates_block(candidates: Sequence[Record]) -> RenderableType:
    """Every case with each sign and its points, and whether it was taken, or why not."""
    rows = [row for candidate in candidates for row in _rows(candidate)]
    return Rows(("Case", "Points", "Evidence", "Says"), rows, right=("Points",), wraps=("Says",))


def _rows(candidate: Record) -> Iterator[tuple[Text, str, Text, Text]]:
    taken = Text("taken", style="green")
    why_not = Text.assemble(("not taken: ", "yellow"), one_line(candidate["why_not"]))
    yield case_number(candidate["case"]), str(candidate["score"]), Text(""), why_not if candidate["why_not"] else taken
    for sign in candidate["signs"]:
        yield Text(""), f"+ {sign['points']}", one_line(sign["evidence"]), one_line(sign["sentence"])


def checked_line(decisions: Sequence[Record]) -> Text:
    """SPF, DKIM and DMARC of the sender, and who says so; empty where nobody has checked."""
    found = next((check for one in decisions if (check := one["trace"].get("sender"))), None)
    if not found:
        return Text("")
    words = ", ".join(f"{name.upper()} {found[name]}" for name in ("spf", "dkim", "dmarc"))
    return one_line(f"{words} (by {found['checked_by']})")
