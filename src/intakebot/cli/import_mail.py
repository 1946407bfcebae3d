"""`intakebot import`: old mail out of Maildirs, mbox files and folders of .eml files, without any automatic answer.

The mails are handed to the running service, else to the house opened here, some at a time, and their registration is
waited for, so that memory stays flat and the figures are true. What was kept is known again: a run that was
interrupted is repeated, and goes on where it stopped.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from rich.console import Console, Group, RenderableType
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from intakebot.cli.exits import ATTENTION, DONE
from intakebot.cli.looks import Rows, fields, section
from intakebot.cli.mail_files import Found, files_below, mails_in, size_of
from intakebot.cli.moments import Calendar
from intakebot.cli.plain_text import one_line
from intakebot.cli.session import HouseCommand, Session, show_page, with_session
from intakebot.domain.actors import Actor
from intakebot.domain.commands import ImportMails
from intakebot.domain.contact import ContactState
from intakebot.ports import Desk

AT_ONCE = 64
BYTES_AT_ONCE = 4 * 2**20
"""Mails of one command, and their bytes; a mail that is larger travels alone."""
MOST_WAITING = 1_024
"""Contacts that may wait for their registration while more are read."""
ASK_EVERY = 0.2
PATIENCE = 60.0
"""Seconds between two questions how far registration is, and without any progress before we stop asking."""
MOST_TOLD = 1_000
"""Problems that are told one by one; the others are counted."""
INTERRUPTED = "interrupted; what was taken in is kept, and is only counted when the same command runs again"

NOTHING_FOUND = (
    "no mail was found there; a Maildir has the folders cur and new, and other folders' files end in .eml or are mboxes"
)


@dataclass
class Tally:
    """What became of the mails so far. `waiting` are contacts whose registration has not been seen."""

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[Mapping[str, str]] = field(default_factory=list)
    waiting: set[int] = field(default_factory=set)

    def problem(self, place: str, reason: str) -> None:
        """A mail that was not taken in."""
        self.counts["unreadable"] += 1
        if len(self.problems) < MOST_TOLD:
            self.problems.append({"file": place, "reason": reason})

    def answer(self) -> dict[str, Any]:
        """The figures, all of them, and the problems."""
        states = (state.value for state in ContactState if state is not ContactState.RECEIVED)
        names = ("read", "new", "known", *states, "waiting", "unreadable")
        self.counts["waiting"] = len(self.waiting)
        return {name: self.counts[name] for name in names} | {"problems": self.problems}


@click.command("import", cls=HouseCommand)
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="PATH...")
@click.option("--to", default="", metavar="ADDRESS", help="Our address that mail is for whose headers name none.")
@with_session
async def import_mail(session: Session, paths: Sequence[Path], to: str) -> int:
    """Take in old mail: Maildirs, mbox files, folders of .eml files, single files.

    Every mail is registered, and nothing answers it by itself. Running it again changes nothing.
    """
    actor, tally = session.actor(), Tally()
    session.say_where_it_begins()
    async with session.house.open_registering_desk(session.settings, session.data) as desk:
        run = _Run(desk, actor, to, tally, PATIENCE if session.house.is_served(desk) else 0.0)
        try:
            await run.take_in(paths)
        except asyncio.CancelledError:
            click.echo(INTERRUPTED, err=True)
            raise
    answer = tally.answer()
    session.print_json(answer) if session.as_json else show_page(import_page(answer))
    left = answer["unreadable"] or answer["quarantined"] or answer["waiting"] or not answer["read"]
    return (ATTENTION if left else DONE).code


@dataclass(frozen=True, slots=True)
class _Run:
    """One run of the command against a desk; `patience` is how long registration may stand still."""

    desk: Desk
    actor: Actor
    to: str
    tally: Tally
    patience: float

    async def take_in(self, paths: Sequence[Path]) -> None:
        """All of it, with a bar on standard error, if that is a terminal."""
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[done]} mails"))
        console = Console(stderr=True)
        with Progress(
            *columns, TimeRemainingColumn(), console=console, disable=not sys.stderr.isatty(), transient=True
        ) as bar:
            total = sum(map(size_of, files_below(paths)))
            task = bar.add_task("reading", total=total, done=0)
            for part in _parts(paths):
                await self._hand_over([found for found in part if not found.problem])
                for found in part:
                    if found.problem:
                        self.tally.problem(found.place, found.problem)
                await self._wait_until(MOST_WAITING)
                bar.update(task, advance=sum(found.size for found in part), done=self.tally.counts["read"])
            bar.update(task, description="registering")
            await self._wait_until(0)

    async def _hand_over(self, part: Sequence[Found]) -> None:
        if not part:
            return
        mails = tuple(found.content for found in part)
        answer = await self.desk.perform(ImportMails(mails, self.to), self.actor)
        for found, mail in zip(part, answer["mails"], strict=True):
            self.tally.counts["read"] += 1
            if mail["is"] == "not-ours":
                self.tally.problem(found.place, "its headers name no address of ours; say with --to whose it is")
                continue
            self.tally.counts[mail["is"]] += 1
            if mail["is"] == "new":
                self.tally.waiting.add(mail["contact"])

    async def _wait_until(self, most: int) -> None:
        """Wait until at most so many contacts wait for their registration, as long as there is progress."""
        left = self.patience
        while len(self.tally.waiting) > most:
            states = await self.desk.ask("contact.states", {"ids": sorted(self.tally.waiting)})
            settled = {int(known): state for known, state in states.items() if state != ContactState.RECEIVED.value}
            self.tally.counts.update(settled.values())
            self.tally.waiting.difference_update(settled)
            left = self.patience if settled else left - ASK_EVERY
            if left <= 0:
                return
            if len(self.tally.waiting) > most:
                await asyncio.sleep(ASK_EVERY)


def _parts(paths: Sequence[Path]) -> Iterator[list[Found]]:
    """The mails in parts of a bounded number of mails and bytes."""
    part: list[Found] = []
    size = 0
    for file in files_below(paths):
        for found in mails_in(file):
            if part and (len(part) == AT_ONCE or size + len(found.content) > BYTES_AT_ONCE):
                yield part
                part, size = [], 0
            part.append(found)
            size += len(found.content)
    if part:
        yield part


_MEANINGS = {
    "read": "mails read",
    "new": "taken in now",
    "known": "known already",
    "registered": "opened a case",
    "appended": "continue a case",
    "split": "made several cases",
    "machine": "machine mail, kept as evidence",
    "refused": "refused by a rule, with the reason",
    "quarantined": "could not be registered: intakebot contact list --state quarantined",
    "waiting": "kept, and registered when the service runs",
    "unreadable": "not taken in, see below",
}


def import_page(answer: Mapping[str, Any], calendar: Calendar | None = None) -> RenderableType:  # noqa: ARG001 - a page's shape
    """What became of the mails: a line for each figure, then the problems."""
    shown = ((name, f"{answer[name]:>7}  {meaning}") for name, meaning in _MEANINGS.items() if answer[name])
    if not answer["read"] and not answer["problems"]:
        return Text(NOTHING_FOUND)
    parts: list[RenderableType] = [fields(shown)]
    rows = [(one_line(problem["file"]), one_line(problem["reason"])) for problem in answer["problems"]]
    if rows:
        parts.append(section("Not taken in", Rows(("File", "Reason"), rows, wraps=("File", "Reason"))))
    return Group(*parts)
