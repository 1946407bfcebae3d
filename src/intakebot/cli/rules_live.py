"""`intakebot rules reload` and `rules agreement`: the rules that decide now, and how people like what they decide."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from pathlib import Path

import click
from rich.console import Group, RenderableType
from rich.text import Text

from intakebot.cli.agreement_page import agreement_page
from intakebot.cli.exits import ATTENTION, DONE
from intakebot.cli.house_pages import Record, problems_page
from intakebot.cli.looks import fields
from intakebot.cli.moments import Calendar
from intakebot.cli.plain_text import one_line, shown
from intakebot.cli.session import HouseCommand, Session, with_session
from intakebot.cli.values import Span
from intakebot.domain.actors import SYSTEM, Actor
from intakebot.domain.commands import ReloadRules
from intakebot.domain.errors import ConfigError, Problem

TRUTH_COLUMNS = ("message-id", "category", "queue")


@click.command("reload", cls=HouseCommand)
@with_session
async def reload_rules(session: Session) -> int:
    """Have the running service read its rules again; the exit code is 1 when it keeps the ones it has.

    Changed files are also found without it, within a few seconds.
    """
    by = Actor.agent(session.agent) if session.agent else SYSTEM
    async with session.desk() as desk:
        answer = await desk.perform(ReloadRules(), by)
        await session.print(desk, reload_page, answer)
    return (DONE if answer["reloaded"] else ATTENTION).code


def reload_page(answer: Record, calendar: Calendar) -> RenderableType:  # noqa: ARG001 - a page's shape
    """Which rules decide now, and what was found on the way."""
    if not answer["reloaded"]:
        verdict = Text("the rules in force stay: the files cannot be used", style="bold red")
    elif answer["old"] == answer["new"]:
        verdict = Text("read again; they say what they said", style="bold green")
    else:
        verdict = Text("other rules decide from now on", style="bold green")
    rows: list[tuple[str, Text | str]] = [
        ("before", one_line(answer["old"])),
        ("now", one_line(answer["new"])),
        ("rules", str(answer["rules"])),
        ("tests", str(answer["tests"])),
        ("needs a new start", shown(answer["read_at_the_start_only"])),
    ]
    problems = [problems_page(answer["problems"])] if answer["problems"] else []
    return Group(verdict, fields(rows), *problems)


@click.command("agreement", cls=HouseCommand)
@click.option("--since", type=Span(), default="30d", show_default=True, help="How far back cases count.")
@click.option(
    "--truth",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="What another helpdesk made of the same mails: CSV with the columns message-id, category, queue.",
)
@with_session
async def rules_agreement(session: Session, since: timedelta, truth: Path | None) -> None:
    """Compare what the rules decided with what people made of it, by category and queue.

    People say it by working here: by classifying and moving cases. Or the list says it, for the mails that it names.
    """
    arguments = {} if truth is None else {"truth": read_truth(truth)}
    async with session.desk() as desk:
        now = datetime.fromisoformat(await desk.ask("clock", {}))
        answer = await desk.ask("rules.agreement", {"since": (now - since).isoformat(), **arguments})
        await session.print(desk, agreement_page, answer)


def read_truth(path: Path) -> list[list[str]]:
    """The rows of a list of Message-ID, category and queue; raises ConfigError with every problem.

    UTF-8, separated by commas or semicolons. Other columns are left aside; a missing cell says nothing.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError([Problem(str(path), 0, "is not valid UTF-8")]) from error
    head, _, _ = text.partition("\n")
    reader = csv.DictReader(io.StringIO(text), delimiter=";" if head.count(";") > head.count(",") else ",")
    missing = [name for name in TRUTH_COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise ConfigError([Problem(str(path), 1, f"the columns are {', '.join(TRUTH_COLUMNS)}; missing: {missing[0]}")])
    return [[row[name] or "" for name in TRUTH_COLUMNS] for row in reader if row["message-id"]]
