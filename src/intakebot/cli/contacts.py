"""`intakebot contact ...` and `intakebot new`: the call log, and what agents register by hand."""

from __future__ import annotations

import base64
import sys

import click

from intakebot.cli.case_tables import changed_line
from intakebot.cli.lists import contact_page, contacts_table
from intakebot.cli.plain_text import visible
from intakebot.cli.session import HouseCommand, HouseGroup, Session, with_session
from intakebot.cli.values import Id, Written, limit_option
from intakebot.domain.commands import RegisterContact, RetryContact
from intakebot.domain.contact import ContactState

contact_commands = HouseGroup("contact", help="The call log: every contact as it came in.", short_help="The call log.")
_contact = click.argument("contact", type=Id("contact list"))


@contact_commands.command("list")
@click.option("--state", type=click.Choice([state.value for state in ContactState]), default=None)
@limit_option
@with_session
async def list_contacts(session: Session, state: str | None, limit: int) -> None:
    """List contacts, newest first."""
    await session.show(contacts_table, "contact.list", state=state or "", limit=limit)


@contact_commands.command("show")
@_contact
@with_session
async def show_contact(session: Session, contact: int) -> None:
    """Show a contact, how it came, and what became of it."""
    await session.show(contact_page, "contact.show", id=contact)


@contact_commands.command("retry")
@_contact
@with_session
async def retry_contact(session: Session, contact: int) -> None:
    """Register a quarantined contact again."""
    await session.perform(changed_line, RetryContact(contact))


@contact_commands.command("content")
@_contact
@with_session
async def content(session: Session, contact: int) -> None:
    """Print the raw bytes of a contact; on a terminal without what could steer it, in JSON as base64."""
    async with session.desk() as desk:
        encoded = await desk.ask("contact.content", {"id": contact})
    if session.as_json:
        session.print_json({"id": contact, "content": encoded})
        return
    raw = base64.b64decode(encoded)
    if sys.stdout.isatty():
        click.echo(visible(raw.decode("utf-8", "replace").replace("\r\n", "\n")))
    else:
        click.echo(raw, nl=False)


@click.command("new", cls=HouseCommand)
@click.option("--channel", type=click.Choice(["phone", "fax", "walk-in"]), required=True, help="How they came to us.")
@click.option("--caller", required=True, help="Who: a telephone number, a mail address or a name.")
@click.option("--title", type=Written(), required=True, help="What it is about, in one line.")
@click.option("--description", type=Written(), default="", help="All of it (- reads standard input).")
@click.option("--workflow", default="", help="The process, instead of the address's.")
@click.option("--address", default="", help="The receiving address whose process it follows.")
@with_session
async def register_contact(session: Session, /, **fields: str) -> None:
    """Register a phone call, fax or walk-in by hand."""
    await session.perform(changed_line, RegisterContact(**fields))
