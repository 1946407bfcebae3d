"""`intakebot suggestions ...`: what closed cases have taught, how right suggestions are, and catching up."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import click
from rich.console import Console, Group, RenderableType
from rich.progress import Progress
from rich.text import Text

from intakebot.cli.case_tables import changed_line
from intakebot.cli.looks import Rows, fields
from intakebot.cli.moments import Calendar
from intakebot.cli.plain_text import one_line
from intakebot.cli.session import HouseGroup, Session, with_session
from intakebot.domain.commands import LearnSuggestions

suggestion_commands = HouseGroup(
    "suggestions",
    help="Categories suggested from closed cases: shown to people, never set by themselves.",
    short_help="Suggested categories.",
)
AT_ONCE = 200
"""Cases in one command: a second of learning at most, so that the bar moves."""


@suggestion_commands.command("show")
@with_session
async def show_suggestions(session: Session) -> None:
    """Show what was learned, how right suggestions are, and from which confidence on they are shown."""
    await session.show(figures_page, "suggestions.show")


@suggestion_commands.command("learn")
@click.option("--anew", is_flag=True, help="Forget everything first, and learn all closed cases again.")
@with_session
async def learn_suggestions(session: Session, *, anew: bool) -> None:
    """Learn from every closed case that has not taught yet. The service does so by itself, every minute."""
    actor = session.actor()
    async with session.desk() as desk:
        looked_at = learned = 0
        left = 0 if anew else (await desk.ask("suggestions.show", {}))["left"]
        with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as progress:
            bar = progress.add_task("closed cases", total=left or None)
            while True:
                taught = await desk.perform(LearnSuggestions(AT_ONCE, anew=anew and not looked_at), actor)
                looked_at, learned = looked_at + taught["looked_at"], learned + taught["learned"]
                progress.update(bar, completed=looked_at, total=looked_at + taught["left"])
                if not taught["left"]:
                    break
        await session.print(desk, changed_line, {"looked_at": looked_at, "learned": learned})


def suggested_line(suggestion: Mapping[str, Any] | None) -> Text:
    """What is suggested and how far to trust it, in one line; '' for nothing."""
    if not suggestion:
        return Text("")
    record = f"(learned from {suggestion['learned']} closed cases; {_record(suggestion)})"
    return Text.assemble(
        one_line(suggestion["category"]), f" {percent(suggestion['confidence'])} ", (one_line(record).plain, "dim")
    )


def percent(share: float | None) -> str:
    """A share as people read it; '' for none."""
    return "" if share is None else f"{round(100 * share)} %"


def _record(answer: Mapping[str, Any]) -> str:
    return f"right {answer['right']} of the last {answer['of']}" if answer["of"] else "none shown so far"


def figures_page(answer: Mapping[str, Any], calendar: Calendar) -> RenderableType:
    """The figures, then one line per category."""
    head = fields(
        (
            ("learned from", f"{answer['learned']} closed cases"),
            ("to be learned", f"{answer['left']} closed cases" if answer["left"] else ""),
            ("kept", calendar.both(answer["kept_at"])),
            (
                "shown from",
                percent(answer["threshold"]) or "nothing is shown yet: too few were right, or too few in all",
            ),
            ("shown", f"{percent(answer['shown_share'])} of the last {answer['judged']}" if answer["judged"] else ""),
            ("of those", _record(answer)),
        )
    )
    rows = [
        (
            one_line(one["category"]),
            str(one["decided"]),
            str(one["predicted"]),
            percent(one["precision"]),
            percent(one["recall"]),
        )
        for one in answer["categories"]
    ]
    columns = ("Category", "Decided", "Predicted", "Precision", "Recall")
    drawn = Rows(columns, rows, wraps=("Category",), right=columns[1:])
    return Group(head, Text(""), drawn) if rows else head
