"""`intakebot customer ...`: import customers from files, and see one."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from intakebot.cli.case_tables import changed_line
from intakebot.cli.customer_files import read_customers
from intakebot.cli.lists import customer_page, customers_table
from intakebot.cli.session import HouseGroup, Session, with_session
from intakebot.domain.commands import ImportCustomers
from intakebot.domain.customer_entries import CustomerEntry

customer_commands = HouseGroup(
    "customer", help="Customers, accounts, subscriptions, agreements.", short_help="Customers."
)
AT_ONCE = 200
"""Customers sent in one command: one transaction, and far below the control socket's limit."""


def _progressing(entries: Sequence[CustomerEntry]) -> Iterator[tuple[CustomerEntry, ...]]:
    """The entries in parts, with a bar on standard error while they are worked on, if that is a terminal."""
    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as progress:
        bar = progress.add_task("customers", total=len(entries))
        for start in range(0, len(entries), AT_ONCE):
            part = tuple(entries[start : start + AT_ONCE])
            yield part
            progress.advance(bar, len(part))


@customer_commands.command("show")
@click.argument("reference")
@with_session
async def show_customer(session: Session, reference: str) -> None:
    """Show a customer with all that hangs on it."""
    await session.show(customer_page, "customer.show", reference=reference)


@customer_commands.command("find")
@click.argument("text")
@with_session
async def find_customers(session: Session, text: str) -> None:
    """Find customers by reference, name, domain, or a caller's address."""
    await session.show(customers_table, "customer.find", text=text)


@customer_commands.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_session
async def import_customers(session: Session, file: Path) -> None:
    """Import customers from a .yaml or .csv file; importing it again changes nothing."""
    entries = read_customers(file)
    actor = session.actor()
    new = 0
    async with session.desk() as desk:
        for part in _progressing(entries):
            new += (await desk.perform(ImportCustomers(part), actor))["new"]
        await session.print(desk, changed_line, {"customers": len(entries), "new": new})
