"""Whatever people and an app do, in any order, the fake stays a Slack: its records agree with each other."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from slack_events.validation import validate_payload
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from contract.fake_slack.surfaces import CARD, modal
from contract.fake_slack.test_payload_types import as_the_types_know_it
from fakes.slack import Channel, FakeSlack, Message, Person
from fakes.slack.courier import Attempt, Delivery

Step = tuple[int, int, int]
steps = st.lists(st.tuples(st.integers(0, 15), st.integers(0, 1), st.integers(0, 9)), min_size=40, max_size=80)
EXPECTED_REFUSALS = {"is_archived", "already_reacted", "not_in_channel", "thread_not_found", "push_limit_reached"}


@dataclass
class Listener:
    """An app that takes everything; `triggers` are those it may still open a modal with."""

    triggers: list[str] = field(default_factory=list)

    async def send(self, delivery: Delivery, number: int, reason: str) -> Attempt:  # noqa: ARG002 - a door's arguments
        if "trigger_id" in delivery.body and delivery.body["type"] == "shortcut":
            self.triggers.append(delivery.body["trigger_id"])
        return Attempt(number, "here", 0.0, status=200)


@dataclass
class World:
    """Two people, three rooms, and the app's client."""

    slack: FakeSlack
    client: AsyncWebClient
    listener: Listener
    people: list[Person]
    rooms: list[Channel]

    def room(self, who: Person, number: int) -> Channel | None:
        rooms = [one for one in self.rooms if who.id in one.members and not one.archived]
        return rooms[number % len(rooms)] if rooms else None

    def message(self, number: int, user: str = "") -> Message | None:
        live = [one for room in self.rooms if not room.archived for one in self.slack.messages(room)]
        found = [one for one in live if one.user == user or (not user and one.user != "USLACKBOT")]
        return found[number % len(found)] if found else None


Act = Callable[[World, Person, int], Awaitable[Any]]
ACTS: list[Act] = []


def act(run: Act) -> Act:
    ACTS.append(run)
    return run


@act
async def says(world: World, who: Person, n: int) -> None:
    if room := world.room(who, n):
        files = [("a.txt", b"x", "text/plain")] if n % 5 == 0 else []
        await who.says(room, f"word {n}", files=files)


@act
async def replies(world: World, who: Person, n: int) -> None:
    root = world.message(n)
    if root and who.id in root.channel.members:
        await who.says(root.channel, f"reply {n}", thread=root, broadcast=n % 4 == 0)


@act
async def edits(world: World, who: Person, n: int) -> None:
    message = world.message(n, who.id)
    if message and not (message.subtype or "").startswith("channel_"):
        await who.edits(message, f"edited {n}")


@act
async def deletes(world: World, who: Person, n: int) -> None:
    message = world.message(n, who.id)
    if message and not (message.subtype or "").startswith("channel_"):
        await who.deletes(message)


@act
async def reacts(world: World, who: Person, n: int) -> None:
    message = world.message(n)
    if message and who.id in message.channel.members and who.id not in message.reactions.get("ticket", []):
        await who.reacts(message, "ticket")


@act
async def unreacts(world: World, who: Person, n: int) -> None:
    message = world.message(n)
    if message and who.id in message.reactions.get("ticket", []):
        await who.unreacts(message, "ticket")


@act
async def comes_and_goes(world: World, who: Person, n: int) -> None:
    room = world.rooms[n % len(world.rooms)]
    if not room.archived:
        await (who.leaves(room) if who.id in room.members else who.joins(room))


@act
async def archives(world: World, who: Person, n: int) -> None:
    if n % 10 == 0 and (room := world.room(who, n)):
        await who.archives(room)


@act
async def presses(world: World, who: Person, n: int) -> None:
    await who.presses("new_case")
    opening = world.client.views_open if n % 2 else world.client.views_push
    await opening(trigger_id=world.listener.triggers.pop(), view=modal())


@act
async def submits(world: World, who: Person, n: int) -> None:  # noqa: ARG001 - an act's arguments
    if who.modal:
        await who.submits({"Resolution": "word" * (n % 3)})


@act
async def closes(world: World, who: Person, n: int) -> None:  # noqa: ARG001 - an act's arguments
    if who.modal:
        await who.closes_modal()


@act
async def looks_home(world: World, who: Person, n: int) -> None:
    await who.opens_home(within=0)
    await world.client.views_publish(user_id=who.id, view={"type": "home", "blocks": CARD[: 1 + n % 2]})


@act
async def posts(world: World, who: Person, n: int) -> None:  # noqa: ARG001 - an act's arguments
    room = world.rooms[n % len(world.rooms)]
    root = world.message(n)
    thread = root.ts if root and root.channel is room and n % 2 else None
    await world.client.chat_postMessage(channel=room.id, text=f"card {n}", blocks=CARD, thread_ts=thread)


@act
async def updates(world: World, who: Person, n: int) -> None:  # noqa: ARG001 - an act's arguments
    if message := world.message(n, world.slack.app.bot_user):
        await world.client.chat_update(channel=message.channel.id, ts=message.ts, text=f"updated {n}")


@act
async def withdraws(world: World, who: Person, n: int) -> None:  # noqa: ARG001 - an act's arguments
    if message := world.message(n, world.slack.app.bot_user):
        await world.client.chat_delete(channel=message.channel.id, ts=message.ts)


async def walk(taken: list[Step]) -> None:
    async with FakeSlack() as slack, aiohttp.ClientSession() as session:
        slack.limits.enabled = False
        slack.courier.door = listener = Listener()
        people = [slack.person(name) for name in ("alice", "bob")]
        rooms = [slack.channel(name, members=people, private=name == "triage") for name in ("help", "triage", "noc")]
        client = AsyncWebClient(slack.app.bot_token, base_url=slack.api_url, retry_handlers=[], session=session)
        world = World(slack, client, listener, people, rooms)
        for which, who, number in taken:
            await attempt(ACTS[which % len(ACTS)](world, people[who % 2], number))
            check_records(world)
        await slack.settled()
        await check_answers(world)
        check_events(world)


async def attempt(step: Awaitable[Any]) -> None:
    """Some steps are refused, as Slack refuses them."""
    try:
        await step
    except SlackApiError as refused:
        if refused.response["error"] not in EXPECTED_REFUSALS:
            raise


def check_records(world: World) -> None:
    state = world.slack.state
    for room in world.rooms:
        names = [one.ts for one in state.timeline[room.id]]
        assert names == sorted(names, key=float)
        assert len(set(names)) == len(names)
        for message in world.slack.messages(room):
            assert message.thread_ts is None or state.message(room, message.thread_ts) is not None
            assert all(users and len(set(users)) == len(users) for users in message.reactions.values())
            assert len({block["block_id"] for block in message.blocks}) == len(message.blocks)
    for stack in state.modals.values():
        assert len(stack) <= 3
        assert [view.previous for view in stack] == [None, *[view.id for view in stack[:-1]]][: len(stack)]
        assert len({view.root for view in stack}) <= 1


async def check_answers(world: World) -> None:
    for room in world.rooms:
        listed = (await world.client.conversations_history(channel=room.id, limit=999))["messages"]
        live = world.slack.messages(room)
        expected = [one.ts for one in live if one.thread_ts is None or one.broadcast]
        assert [one["ts"] for one in listed] == expected[::-1]
        for one in listed:
            found = await world.client.conversations_replies(channel=room.id, ts=one["ts"], limit=1000)
            assert len(found["messages"]) == 1 + one.get("reply_count", 0) or one.get("thread_ts")


def check_events(world: World) -> None:
    events = [one.body["event"] for one in world.slack.deliveries if one.kind == "event"]
    counted = Counter(one["ts"] for one in events if one["type"] == "message" and not one.get("hidden"))
    for room in world.rooms:
        for message in world.slack.state.timeline[room.id]:
            assert counted[message.ts] == 1
    for event in events:
        validate_payload(event["type"], event.get("subtype"), as_the_types_know_it(event))


TO_THE_POINT = [Phase.explicit, Phase.reuse, Phase.generate]
"""A walk that fails is not made shorter: that takes minutes."""


@settings(max_examples=25, deadline=None, phases=TO_THE_POINT, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_no_walk_breaks_it(taken: list[Step]) -> None:
    asyncio.run(walk(taken))
