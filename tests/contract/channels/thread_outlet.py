"""The outlet for Slack as the outlet contract speaks to it: its one caller has an address there, a thread."""

from __future__ import annotations

from dataclasses import replace
from email.message import EmailMessage

from contract.channels.harness import a_delivery
from fakes.slack import FakeSlack, Message
from intakebot.channels.slack.showing.outlet import SlackOutlet
from intakebot.channels.slack.showing.paced_calls import PacedCalls
from intakebot.channels.slack.showing.reconcile import mark_of
from intakebot.channels.slack.web.alarms import Alarms
from intakebot.channels.slack.web.calls import Calls
from intakebot.channels.slack.web.connection import SlackConnection
from intakebot.channels.slack.web.rooms import Rooms
from intakebot.domain.chat import ChatTies, IntakeRoom
from intakebot.domain.delivery import Delivery
from intakebot.ports import Receipt

CALLER = a_delivery().recipient


class ThreadOutlet:
    """Takes the contract's caller for the thread in which that caller asked; every other recipient as it is."""

    channel = SlackOutlet.channel
    idempotent = SlackOutlet.idempotent
    at_once = SlackOutlet.at_once

    def __init__(self, workspace: FakeSlack) -> None:
        clock = workspace.clock.source
        connection = SlackConnection("slack", "socket", workspace.app.bot_token, api_url=workspace.api_url)
        self._calls = Calls(connection, clock)
        rooms = Rooms(ChatTies(IntakeRoom("", "support@intakebot.example")))
        self._outlet = SlackOutlet(PacedCalls(self._calls, clock, Alarms(clock)), rooms, clock)
        self._workspace = workspace
        self._carla = workspace.person("carla")
        self._room = workspace.channel("help", members=[self._carla])
        self._asked: Message | None = None

    async def deliver(self, delivery: Delivery) -> Receipt:
        if delivery.recipient != CALLER:
            return await self._outlet.deliver(delivery)
        self._asked = self._asked or await self._carla.says(self._room, "It does not work.")
        place = f"{self._workspace.home.id}/{self._room.id}/{self._asked.ts}"
        return await self._outlet.deliver(replace(delivery, recipient=place))

    def replies(self) -> list[Message]:
        """What stands in the thread."""
        return self._workspace.thread(self._asked) if self._asked else []

    async def close(self) -> None:
        await self._outlet.close()
        await self._calls.close()


def as_mail(message: Message) -> bytes:
    """A reply as the contract reads it: the delivery's id as Message-ID, and its words."""
    mail = EmailMessage()
    mail["Message-ID"] = f"<{mark_of({'metadata': message.metadata})['id']}.support@example.com>"
    mail.set_content(message.text)
    return mail.as_bytes()
