"""`intakebot read`: what a saved mail says, as we understand it. No service, nothing kept; settings are optional."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import click

from intakebot.cli.reading_page import mails_page
from intakebot.cli.reading_records import Record, scored, whole
from intakebot.cli.session import DEFAULT_SETTINGS, HouseCommand, Session, show_page, with_session
from intakebot.cli.values import MailFile
from intakebot.domain.messages import ReadMessage

ReadMail = Callable[[bytes], ReadMessage]


@click.command("read", cls=HouseCommand)
@click.argument("files", type=MailFile(), nargs=-1, metavar="FILE...")
@click.option("--why", is_flag=True, help="Show the trimmed view, too, and what it leaves out.")
@click.option("--batch", is_flag=True, help="Read paths from standard input; print one JSON object a line.")
@with_session
async def read(session: Session, files: tuple[tuple[str, bytes], ...], *, why: bool, batch: bool) -> None:
    """Show what a saved mail says, as we understand it (- reads standard input).

    With --json each file is one object, alone or in a list. With --batch a file that cannot be read gives
    {"file", "error"}, and the rest is read all the same.
    """
    if batch == bool(files):
        raise click.UsageError("name files, or give their paths on standard input with --batch")
    read_mail = session.house.mail_reader(_settings(session))
    if batch:
        for record in batch_records(sys.stdin, read_mail):
            click.echo(json.dumps(record))
        return
    mails = [whole(name, read_mail(content)) for name, content in files]
    if session.as_json:
        session.print_json(mails[0] if len(mails) == 1 else mails)
    else:
        show_page(mails_page(mails, why=why))


def batch_records(lines: Iterable[str], read_mail: ReadMail) -> Iterator[Record]:
    """The record of each path, in order; blank lines are left out."""
    for path in filter(None, (line.rstrip("\r\n") for line in lines)):
        try:
            content = Path(path).read_bytes()
        except (OSError, ValueError) as error:  # ValueError: the path holds a NUL
            yield {"file": path, "error": getattr(error, "strerror", None) or str(error)}
        else:
            yield scored(path, read_mail(content))


def _settings(session: Session) -> Path | None:
    """The settings that were named, or those in their usual place; None where there are none."""
    if session.settings == DEFAULT_SETTINGS and not DEFAULT_SETTINGS.exists():
        return None
    return session.settings
