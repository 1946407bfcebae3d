"""`intakebot delivery ...`, `queue ...` and `handover ...`: what leaves, what waits, what others finish."""

from __future__ import annotations

import click

from intakebot.cli.case_tables import changed_line, told
from intakebot.cli.lists import deliveries_table, delivery_page, queues_table
from intakebot.cli.session import HouseGroup, Session, with_session
from intakebot.cli.values import Id, limit_option
from intakebot.domain.commands import CompleteHandover, RetryDelivery, WithdrawDelivery
from intakebot.domain.delivery import DeliveryState

delivery_commands = HouseGroup("delivery", help="Replies that leave for callers.", short_help="Outgoing replies.")
queue_commands = HouseGroup("queue", help="Queues: where cases wait for a team.", short_help="Queues.")
handover_commands = HouseGroup("handover", help="Orders elsewhere that tasks wait for.", short_help="Handovers.")
_delivery = click.argument("delivery", type=Id("delivery list"))


@delivery_commands.command("list")
@click.option("--state", type=click.Choice([state.value for state in DeliveryState]), default=None)
@limit_option
@with_session
async def list_deliveries(session: Session, state: str | None, limit: int) -> None:
    """List deliveries, newest first."""
    await session.show(deliveries_table, "delivery.list", state=state or "", limit=limit)


@delivery_commands.command("show")
@_delivery
@with_session
async def show_delivery(session: Session, delivery: int) -> None:
    """Show a delivery with its text and every attempt."""
    await session.show(delivery_page, "delivery.show", id=delivery)


@delivery_commands.command("retry")
@_delivery
@with_session
async def retry_delivery(session: Session, delivery: int) -> None:
    """Try a failed, held or deferred delivery again now."""
    await session.perform(
        told(f"delivery {delivery} is due again, and leaves when its turn comes"), RetryDelivery(delivery)
    )


@delivery_commands.command("withdraw")
@_delivery
@with_session
async def withdraw_delivery(session: Session, delivery: int) -> None:
    """Take back a delivery that has not been sent."""
    await session.perform(told(f"delivery {delivery} is withdrawn, and never leaves"), WithdrawDelivery(delivery))


@queue_commands.command("list")
@with_session
async def list_queues(session: Session) -> None:
    """List queues with what waits in them."""
    await session.show(queues_table, "queue.list")


@handover_commands.command("complete")
@click.argument("reference")
@with_session
async def complete_handover(session: Session, reference: str) -> None:
    """Say that an order elsewhere is complete; so are the tasks that wait for it."""
    await session.perform(changed_line, CompleteHandover(reference))
