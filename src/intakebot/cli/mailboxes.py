"""Mailboxes that mail is fetched from: where each stands, and what is wrong with one."""

from __future__ import annotations

import click

from intakebot.cli.house_pages import mailboxes_page
from intakebot.cli.operation import show_findings
from intakebot.cli.session import HouseGroup, Session, with_session

mailbox_commands = HouseGroup("mailbox", help="The mailboxes that mail is fetched from.", short_help="Mailboxes.")


@mailbox_commands.command("list")
@with_session
async def list_mailboxes(session: Session) -> None:
    """Show where each mailbox stands: the last look that succeeded, the last UID, what is left in it."""
    await session.show(mailboxes_page, "mailbox.list")


@mailbox_commands.command("check")
@click.argument("name", default="")
@with_session
async def check_mailboxes(session: Session, name: str) -> int:
    """Look whether a mailbox, or each of them, is set up: host, certificate, login, folder, rights."""
    return show_findings(session, await session.house.check_mailboxes(session.settings, name))
