"""What becomes of replies when the way out is in trouble: the whole house, and where it matters a real next hop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from contract.channels.sink import Sink, sinking
from fakes.standing_house import REPLY_KEY, StandingHouse
from intakebot.channels.relay import RelayOutlet, RelaySettings, Tls
from intakebot.domain.bounce_address import bounce_address, delivery_of_bounce
from intakebot.domain.commands import Ask, Reopen, Resolve, Take, WithdrawDelivery
from intakebot.domain.delivery import LEASE, Delivery
from intakebot.ports import CaseFilter, Receipt
from intakebot.storage.store import SqlStore
from intakebot.storage.writer import GroupWriter
from intakebot.usecases.deliver import Delivering, Room, Sent
from intakebot.worker import Worker

CALLER = "ann@caller.example"
DEADLINE = 20


async def opened(standing: StandingHouse, sender: str = CALLER) -> int:
    """A case in charge of an agent, its acknowledgement sent by the outlet of the test."""
    mail = f"From: Ann <{sender}>\r\nTo: support@intakebot.example\r\nSubject: Router\r\nMessage-ID: <{sender}>\r\n\r\nDown.\r\n"
    await standing.receive(mail.encode(), sender, ("support@intakebot.example",))
    await standing.register()
    number = int(standing.archive.cases(CaseFilter())[0]["number"])
    await standing.perform("dana", Take(number))
    return number


def shown(standing: StandingHouse, kind: str) -> dict[str, Any]:
    [found] = [row for row in standing.archive.deliveries("", 100) if row["kind"] == kind]
    return standing.archive.delivery(found["id"])


def steps(standing: StandingHouse, kind: str) -> list[str]:
    return [step["state"] for step in shown(standing, kind)["steps"]]


@asynccontextmanager
async def relaying(standing: StandingHouse, sink: Sink) -> AsyncIterator[Worker]:
    """The worker of the house with the sink as its next hop."""
    settings = RelaySettings("127.0.0.1", sink.port, "bot.example", Tls.NONE, content_timeout=timedelta(seconds=0.3))
    outlet = RelayOutlet(settings, bounce_key=REPLY_KEY)
    registration = standing.desk._registration  # type: ignore[attr-defined] # noqa: SLF001
    yield Worker(
        standing.house, standing.writer, standing.archive, registration, {"email": outlet}, standing.wake, standing.read
    )
    await outlet.close()
