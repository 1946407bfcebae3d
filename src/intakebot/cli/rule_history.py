"""`rules backtest | diff | coverage | report`: what rules did, and what other rules would have done.

They read the database beside a running service instead of asking it: see app/rule_history.py.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from intakebot.cli.exits import ATTENTION, DONE
from intakebot.cli.rule_commands import rules_commands
from intakebot.cli.rule_history_pages import coverage_page, rehearsal_page, report_page
from intakebot.cli.session import Session, show_page, with_session
from intakebot.cli.values import Share, Span
from intakebot.ports.history import LookingBack

__all__ = ["rules_commands"]

Told = Callable[[int, int], None]
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_since_option = click.option(
    "--since", type=Span(), default="30d", show_default=True, help="How far to look back, as `30d`."
)
_limit_option = click.option(
    "--fail-over",
    "limit",
    type=Share(),
    help="End with code 1 when more than this share of the contacts would change, as `5%`.",
)


@rules_commands.command("backtest")
@_since_option
@click.option("--rules", type=_FOLDER, help="A folder of rules, instead of the configured one.")
@_limit_option
@with_session
async def backtest(session: Session, since: timedelta, rules: Path | None, limit: float | None) -> int:
    """Decide past contacts again by the rules on disk, and show what would differ from what was decided."""
    back = await _looking_back(session, since)
    with _bar() as told:
        found = session.house.backtest_rules(back, rules, told)
    return _show_rehearsal(session, found, limit)


@rules_commands.command("diff")
@click.argument("old", type=_FOLDER)
@click.argument("new", type=_FOLDER)
@_since_option
@_limit_option
@with_session
async def diff(session: Session, old: Path, new: Path, since: timedelta, limit: float | None) -> int:
    """Decide past contacts by two folders of rules, and show what differs."""
    back = await _looking_back(session, since)
    with _bar() as told:
        found = session.house.diff_rules(back, old, new, told)
    return _show_rehearsal(session, found, limit)


@rules_commands.command("coverage")
@_since_option
@with_session
async def coverage(session: Session, since: timedelta) -> None:
    """List the rules that decided nothing, and how much fell to the defaults of each stage."""
    found = session.house.rule_coverage(await _looking_back(session, since))
    session.print_json(found) if session.as_json else show_page(coverage_page(found))


@rules_commands.command("report")
@_since_option
@with_session
async def report(session: Session, since: timedelta) -> None:
    """Show for each rule its hits, and how many of its cases people moved or re-categorised within a day."""
    found = session.house.rule_report(await _looking_back(session, since))
    session.print_json(found) if session.as_json else show_page(report_page(found))


async def _looking_back(session: Session, since: timedelta) -> LookingBack:
    now = await session.house.now(session.settings, session.data)
    return LookingBack(session.settings, session.data, now, since)


def _show_rehearsal(session: Session, found: Mapping[str, Any], limit: float | None) -> int:
    over = limit is not None and found["share"] > limit
    if session.as_json:
        session.print_json({**found, "fail_over": limit, "over": over})
    else:
        show_page(rehearsal_page(found, limit))
    return (ATTENTION if over else DONE).code


@contextmanager
def _bar() -> Iterator[Told]:
    """A bar on standard error while contacts are decided again; none where nobody watches."""
    console = Console(stderr=True)
    columns = (TextColumn("deciding again"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)
