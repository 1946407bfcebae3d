"""Somebody who has asked something in the workspace, and the outlet that answers, as the house uses it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from contract.channels.harness import a_delivery
from contract.slack.workspace import connection_to
from fakes.slack import Channel, FakeSlack, Message
from intakebot.channels.slack.showing.outlet import SlackOutlet
from intakebot.channels.slack.showing.paced_calls import PacedCalls
from intakebot.channels.slack.web.alarms import Alarms
from intakebot.channels.slack.web.calls import Calls
from intakebot.channels.slack.web.rooms import Rooms
from intakebot.domain.chat import ChatTies, IntakeRoom
from intakebot.domain.delivery import Delivery, DeliveryState
from intakebot.domain.errors import IntakebotError
from intakebot.ports import Receipt
from intakebot.usecases.deliver import Sent, settlement_of


@dataclass
class Asked:
    """A caller who has asked something, and the outlet. `send` does what the worker does with a delivery."""

    slack: FakeSlack
    room: Channel
    asked: Message
    opened: list[Calls] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """A new process."""
        clock = self.slack.clock.source
        self.calls = Calls(connection_to(self.slack), clock)
        self.opened.append(self.calls)
        self.alarms, self.rooms = Alarms(clock), Rooms(ChatTies(IntakeRoom("", "support@intakebot.example")))
        self.outlet = SlackOutlet(PacedCalls(self.calls, clock, self.alarms), self.rooms, clock)

    def delivery(self, **changes: Any) -> Delivery:
        place = f"{self.slack.home.id}/{self.asked.channel.id}/{self.asked.ts}"
        given = {"channel": "slack", "recipient": place, "created_at": self.slack.clock.now()}
        return a_delivery(**(given | changes))

    async def outcome(self, delivery: Delivery) -> Receipt | IntakebotError:
        try:
            return await self.outlet.deliver(delivery)
        except IntakebotError as error:
            return error

    async def send(self, delivery: Delivery, times: int = 20) -> tuple[DeliveryState, Delivery]:
        """Attempt after attempt, as the house settles them, each when it is due; returns where it ends."""
        for _ in range(times):
            delivery = replace(delivery, attempts=delivery.attempts + 1)
            now = self.slack.clock.now()
            settlement = settlement_of(Sent(delivery, await self.outcome(delivery)), now, idempotent=True)
            delivery = replace(delivery, resends=settlement.resends, answer=settlement.answer)
            if settlement.due_at is None:
                return settlement.state, delivery
            self.slack.clock.advance(max((settlement.due_at - self.slack.clock.now()).total_seconds(), 0) + 0.01)
        return DeliveryState.DEFERRED, delivery

    @property
    def replies(self) -> list[Message]:
        return self.slack.thread(self.asked)
