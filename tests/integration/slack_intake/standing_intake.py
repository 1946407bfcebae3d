"""A whole house with the intake of a workspace: people write in a fake Slack, contacts and cases come of it.

What lies between Slack and the books (signatures, sockets) has tests of its own; here a small door keeps each event as
it was delivered. Nothing runs by itself: `work` goes on until nothing is left to be done.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from aiohttp import web

from contract.slack.workspace import connection_to
from fakes.slack import FakeSlack
from fakes.slack.person import Person
from fakes.slack.records import Channel, Message
from fakes.standing_house import StandingHouse
from intakebot.channels.slack.hearing.arrivals import Arrivals
from intakebot.channels.slack.hearing.arrived import Surround
from intakebot.channels.slack.hearing.events import handlers
from intakebot.channels.slack.web.alarms import Alarms
from intakebot.channels.slack.web.calls import Calls
from intakebot.channels.slack.web.people import People
from intakebot.channels.slack.web.rooms import Rooms
from intakebot.domain.chat import (
    ChatTies,
    EnvelopeKind,
    IntakeRoom,
    NewEnvelope,
    PostKind,
    PostOwed,
    PostSettlement,
    PostState,
)
from intakebot.ports import CaseFilter, Store
from intakebot.storage.chat_archive import SqlChatArchive
from intakebot.usecases.chat import HouseChat

SUPPORT, CRC = "support@intakebot.example", "crc@intakebot.example"
Tie = Callable[[ChatTies], ChatTies]


@dataclass
class StandingIntake:
    """`ann` and `cal` call, `dana` works in every queue, `carol` in another one than the cases of `help` come to.

    `help` is an intake room, `triage` shows the cards of the queue support, `lounge` is any room that the app is in.
    """

    house: StandingHouse
    slack: FakeSlack
    ann: Person
    cal: Person
    dana: Person
    carol: Person
    help: Channel
    triage: Channel
    lounge: Channel
    ties: ChatTies
    alarms: Alarms

    async def open(self) -> None:
        self.calls = Calls(connection_to(self.slack), self.slack.clock.source)
        self.chat = HouseChat(self.house.house, self.house.writer, SqlChatArchive(self.house.database))
        self.people = People(self.calls, self.chat, self.ties)
        self.around = Surround(
            intake=self.house.reception,
            desk=self.house.desk,
            chat=self.chat,
            calls=self.calls,
            people=self.people,
            rooms=Rooms(self.ties, self.slack.home.id),
            own=await self.calls.us(),
        )
        self.arrivals = Arrivals(self.chat, handlers(self.around, self.alarms))

    @asynccontextmanager
    async def another(self) -> AsyncIterator[StandingIntake]:
        """The intake of another process of the same house, in the same workspace."""
        other = replace(self, alarms=Alarms(self.house.clock))
        await other.open()
        yield other
        await other.calls.close()

    # --- the door

    async def keep(self, request: web.Request) -> web.Response:
        body = await request.text()
        await self.chat.keep(envelope_of(json.loads(body)))
        return web.Response()

    async def bring(self, *bodies: dict[str, Any]) -> None:
        """Keep events that a test has recorded or made."""
        for body in bodies:
            await self.chat.keep(envelope_of(body))

    def recorded(self) -> list[dict[str, Any]]:
        """The events that Slack was told to hold back since the last time, in the order in which they happened."""
        held, self.slack.courier.held = self.slack.courier.held or [], []
        return [delivery.body for delivery in held]

    # --- the work

    async def work(self, patience: timedelta = timedelta(minutes=15)) -> None:
        """Until nothing is left that is due within `patience`, of which no time is spent waiting."""
        await self.slack.settled()
        end = self.house.clock.now() + patience
        while True:
            while await self.step():
                pass
            due = await self.chat.next_due()
            if due is None or due > end:
                return
            self.house.advance(max(due - self.house.clock.now(), timedelta(0)) + timedelta(milliseconds=1))

    async def step(self) -> int:
        """Everything that is due now, once."""
        found = await self.arrivals.claim()
        await self.arrivals.idle()
        while registered := await self.house.register():
            found += registered
        return found

    # --- what came of it

    @property
    def counted(self) -> dict[str, int]:
        """What became of envelopes, by outcome."""
        return dict(self.arrivals.counted)

    def cases(self) -> list[dict[str, Any]]:
        """All cases, oldest first, as `case.show` tells them."""
        rows = self.house.archive.cases(CaseFilter())
        return [self.house.archive.case(row["number"]) for row in reversed(rows)]

    def conversations(self) -> list[list[str]]:
        """What callers said, by case, oldest first."""
        return [[said["text"] for said in case["messages"]] for case in self.cases()]

    def comments(self, number: int = 1001) -> list[tuple[str, str]]:
        """Who commented on a case, and what; without the call log."""
        found = self.house.archive.case(number)["comments"]
        return [(each["by"], each["text"]) for each in found if each["kind"] == "comment"]

    def contacts(self) -> list[dict[str, Any]]:
        """The call log, oldest first, each contact whole."""
        rows = self.house.archive.contacts("", 100)
        return [self.house.archive.contact(row["id"]) for row in reversed(rows)]

    # --- what others do

    async def show_card(self, number: int = 1001, room: Channel | None = None) -> Message:
        """Post a card of the case as `posts` does."""
        room = room or self.triage
        posted = await self.calls.call("chat.postMessage", channel=room.id, text=f"card of {number}")
        await self.card_is_shown(number, room, posted["ts"])
        return next(message for message in self.slack.messages(room) if message.ts == posted["ts"])

    async def card_is_shown(self, number: int, room: Channel, ts: str) -> None:
        """The books know of a case's card."""
        case_id, place = self.house.archive.case(number)["id"], f"{self.slack.home.id}/{room.id}"
        owed = PostOwed(self.house.house.new_id(), PostKind.CARD, case_id, "", "", self.house.clock.now())
        await self.house.writer.submit(_owe, owed)
        (post,) = await self.chat.claim_posts(1)
        shown = PostSettlement(post.id, PostState.POSTED, post.wanted, self.house.clock.now(), place, ts)
        await self.chat.settle_posts([shown])
        at = self.house.clock.now()
        left = await self.chat.claim_posts(10)  # of a card that has moved: nobody shows that here
        await self.chat.settle_posts([PostSettlement(each.id, PostState.DROPPED, each.wanted, at) for each in left])


def _owe(store: Store, owed: Sequence[PostOwed]) -> list[None]:
    store.chat.owe_posts(owed)
    return [None for _ in owed]


def envelope_of(body: dict[str, Any]) -> NewEnvelope:
    """An event as the door keeps it."""
    key = f"event:{body.get('team_id')}|{body.get('event_id')}"
    return NewEnvelope("slack", key, EnvelopeKind.EVENT, json.dumps(body))


def intake_of(house: StandingHouse, slack: FakeSlack, tie: Tie = lambda ties: ties) -> StandingIntake:
    """The people and the rooms; `tie` changes what ties them to the house."""
    ann, cal = slack.person("ann", name="Ann Archer", email="ann@acme.example"), slack.person("cal", name="Cal Coe")
    dana, carol = slack.person("dana", name="Dana Dietz"), slack.person("carol", name="Carol Costa")
    everybody = [ann, cal, dana, carol]
    help_, lounge = slack.channel("help", everybody), slack.channel("lounge", everybody)
    triage = slack.channel("triage", everybody, private=True)
    ties = ChatTies(
        direct=IntakeRoom("", CRC),
        rooms={help_.id: IntakeRoom(help_.id, SUPPORT)},
        queues={"support": triage.id},
        agents={dana.id: "dana", carol.id: "carol"},
    )
    return StandingIntake(house, slack, ann, cal, dana, carol, help_, triage, lounge, tie(ties), Alarms(house.clock))


@asynccontextmanager
async def taking_in(house: StandingHouse, tie: Tie = lambda ties: ties) -> AsyncIterator[StandingIntake]:
    """The same at work: what people write is kept as it is delivered."""
    async with FakeSlack(house.clock) as slack:
        intake = intake_of(house, slack, tie)
        await intake.open()
        served = web.Application(client_max_size=64 * 1024 * 1024)
        served.router.add_post("/slack/events", intake.keep)
        runner = web.AppRunner(served, shutdown_timeout=0.2)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        slack.deliver_by_http(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events")
        try:
            yield intake
            await slack.settled()
        finally:
            await intake.calls.close()
            await runner.cleanup()
