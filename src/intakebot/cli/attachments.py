"""`intakebot attachment ...`: the files that came with contacts, listed and saved. Archives are never opened."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from intakebot.cli.file_pages import attachments_table, saved_table
from intakebot.cli.session import HouseGroup, Session, with_session
from intakebot.cli.values import Id
from intakebot.domain.errors import RefusedError
from intakebot.ports import Desk

HIGHEST_CASE = 1 << 40
"""Contacts have larger ids than cases have numbers: ids begin with the time, and have 63 bits."""

attachment_commands = HouseGroup(
    "attachment", help="Files that came with contacts; they stay in the raw message.", short_help="Files that came."
)


class CaseOrContact(click.ParamType[dict[str, int]]):
    """A case as `1001` or `C-1001`, or a contact by its id."""

    name = "case-or-contact"

    def convert(
        self, value: str | dict[str, int], param: click.Parameter | None, ctx: click.Context | None
    ) -> dict[str, int]:
        """`{"case": number}` or `{"contact": id}`; fails with a usage error."""
        if isinstance(value, dict):
            return value
        digits = value.upper().removeprefix("C-")
        if not (digits.isascii() and digits.isdecimal()):
            self.fail(f"{value!r} is neither a case number (C-1001) nor the id of a contact", param, ctx)
        number = int(digits)
        return {"case" if digits != value or number < HIGHEST_CASE else "contact": number}


@attachment_commands.command("list")
@click.argument("of", metavar="CASE|CONTACT", type=CaseOrContact())
@with_session
async def list_attachments(session: Session, of: dict[str, int]) -> None:
    """List the files that came with a case or a contact."""
    await session.show(attachments_table, "attachment.list", **of)


@attachment_commands.command("save")
@click.argument("attachments", metavar="ATTACHMENT...", type=Id("attachment list"), nargs=-1, required=True)
@click.option(
    "--into",
    "folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False, writable=True),
    default=Path(),
    help="The folder; the current one when left out.",
)
@click.option("--flagged", is_flag=True, help="Also files that this house keeps back.")
@with_session
async def save_attachments(session: Session, attachments: Sequence[int], folder: Path, *, flagged: bool) -> None:
    """Save files under the names they came with, readable for you alone; a file that is there is never replaced."""
    async with session.desk() as desk:
        found = [await desk.ask("attachment.show", {"id": each}) for each in dict.fromkeys(attachments)]
        for file in found:
            _refuse(file, folder, flagged=flagged)
        saved = [await _saved(session, desk, file, folder) for file in found]
        await session.print(desk, saved_table, saved)


def _refuse(file: Mapping[str, Any], folder: Path, *, flagged: bool) -> None:
    if file["withheld"] and not flagged:
        why = ", ".join(file["flags"])
        sentence = f"{file['name']!r} is kept back ({why}); add --flagged when you know what you are doing"
        raise RefusedError("attachment.withheld", sentence)
    if os.path.lexists(_place(file, folder)):
        raise RefusedError("attachment.exists", f"{_place(file, folder)} is there already; save into another folder")


async def _saved(session: Session, desk: Desk, file: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    raw = base64.b64decode(await desk.ask("contact.content", {"id": file["contact_id"]}))
    content = session.house.attached_file(file["channel"], raw, file["sha256"])
    place = _place(file, folder)
    try:
        _write_new(place, content)
    except FileExistsError as error:
        raise RefusedError("attachment.exists", f"{place} is there already; save into another folder") from error
    except OSError as error:
        raise RefusedError("attachment.not-written", f"{place} was not written: {error.strerror}") from error
    return {"id": file["id"], "path": str(place), "size": len(content), "flags": file["flags"]}


def _place(file: Mapping[str, Any], folder: Path) -> Path:
    """Names were made safe when the message was read; a program's own files begin with a dot, and none of ours."""
    return folder / (Path(file["name"]).name.lstrip(".") or "attachment")


def _write_new(place: Path, content: bytes) -> None:
    handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
