"""Sends the operators' mail: looks once a minute at the alarms that stand, and mails what is news.

Started by `service` where the configuration names somebody to tell. A mail that did not leave is tried again with the
next look; after a new start all that stands is news.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from intakebot.app.house import OpenHouse
from intakebot.domain.errors import IntakebotError
from intakebot.edge import guarded
from intakebot.ports import Desk, Outlet
from intakebot.usecases.alarm_mail import AlarmMail
from intakebot.usecases.watch import Alarm

LOOK = timedelta(minutes=1)
DOOR = "alarm mail"


async def tell_operators(opened: OpenHouse, desk: Desk, outlet: Outlet, stop: asyncio.Event) -> None:
    """Look until `stop`."""
    organisation = opened.house.organisation
    sender = organisation.queues[organisation.triage_queue].reply_address
    mail = AlarmMail(opened.settings.alarms_to, sender, opened.settings.service.host_name, opened.house.new_id)
    clock = opened.house.clock
    while not stop.is_set():
        await clock.until(clock.now() + LOOK, stop)
        if not stop.is_set():
            await guarded(DOOR, _look(mail, opened, desk, outlet))


async def _look(mail: AlarmMail, opened: OpenHouse, desk: Desk, outlet: Outlet) -> None:
    answer = await desk.ask("health", {})
    standing: Sequence[Alarm] = [Alarm(**alarm) for alarm in answer["attention"]]
    now = opened.house.clock.now()
    left = [await guarded(DOOR, outlet.deliver(delivery)) for delivery in mail.due(standing, now)]
    if not all(isinstance(receipt, IntakebotError) for receipt in left):
        mail.told(standing, now)
