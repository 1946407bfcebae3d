"""`intakebot rules reload`: what concerns the rules that decide now, in the service that runs."""

from __future__ import annotations

import click
from rich.console import Group, RenderableType
from rich.text import Text

from intakebot.cli.exits import ATTENTION, DONE
from intakebot.cli.house_pages import Record, problems_page
from intakebot.cli.looks import fields
from intakebot.cli.moments import Calendar
from intakebot.cli.plain_text import one_line, shown
from intakebot.cli.session import HouseCommand, Session, with_session
from intakebot.domain.actors import SYSTEM, Actor
from intakebot.domain.commands import ReloadRules


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
