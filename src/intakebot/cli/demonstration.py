"""`intakebot demo`: play the demonstration, show how it goes on, and print what came of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Column

from intakebot.cli.demonstration_page import demonstration_page, kept_lines
from intakebot.cli.exits import ATTENTION, DONE
from intakebot.cli.session import HouseCommand, Session, show_page, with_session

if TYPE_CHECKING:
    from intakebot.demo.performance import Audience


@click.command("demo", cls=HouseCommand)
@click.option("--keep", is_flag=True, help="Leave the service running, and say how to reach and stop it.")
@click.option(
    "--story", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Another story: a folder of scenes."
)
@click.option("--workspace", metavar="MODULE:FUNCTION", help="A Slack of the test kind, for the scenes that chat.")
@with_session
async def demo(session: Session, *, keep: bool, story: Path | None, workspace: str | None) -> int:
    """Play both processes, from mail to closed case, on a service of its own; about half a minute."""
    from intakebot.demo.performance import perform  # noqa: PLC0415 - as the service itself: it brings in much
    from intakebot.demo.story import SHIPPED  # noqa: PLC0415
    from intakebot.demo.workspace import load_workspace  # noqa: PLC0415

    played_in = load_workspace(workspace) if workspace else None
    with _audience() as audience:
        report, kept = await perform(session.settings, story or SHIPPED, audience, keep=keep, workspace=played_in)
    if session.as_json:
        session.print_json(report.plain())
    else:
        show_page(demonstration_page(report.plain()))
    if kept:
        click.echo("\n".join(kept_lines(kept)), err=True)
    return (DONE if report.ok else ATTENTION).code


@contextmanager
def _audience() -> Iterator[Audience]:
    """A moving bar on a terminal, plain lines elsewhere; never on standard output."""
    if not sys.stderr.isatty():
        yield PlainLines()
        return
    newest = TextColumn("[dim]{task.fields[newest]}", table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis"))
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(20), MofNCompleteColumn(), newest)
    with Progress(*columns, console=Console(stderr=True), transient=True, expand=True) as progress:
        yield Bars(progress)


class PlainLines:
    """One line for each part, and one for each step of a long one."""

    def __init__(self) -> None:
        self._steps = 0

    def told(self, sentence: str, *, of: int) -> None:
        """A new part begins."""
        self._steps = of
        click.echo(f"demo: {sentence}", err=True)

    def advanced(self, title: str) -> None:
        """A step is done."""
        if self._steps > 1:
            click.echo(f"demo:   {title}", err=True)


class Bars:
    """A bar for each part."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def told(self, sentence: str, *, of: int) -> None:
        """A new part begins."""
        self._part = self._progress.add_task(sentence, total=of, newest="")

    def advanced(self, title: str) -> None:
        """A step is done."""
        self._progress.update(self._part, advance=1, newest=title)
