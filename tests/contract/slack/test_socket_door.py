"""Socket Mode: there is always a connection that Slack can send to, or somebody is told why not (S5, S6, I11)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from aiohttp import web
from slack_sdk.socket_mode.request import SocketModeRequest

from contract.slack.workspace import FAST, Transport, connection_to, serving, standing
from fakes.chat_books import ChatBooks
from fakes.slack import Channel, FakeSlack, Person
from intakebot.channels.slack.doors.probe import probe
from intakebot.channels.slack.doors.socket import Socket
from intakebot.channels.slack.doors.socket_door import Pace
from intakebot.channels.slack.web.calls import Calls
from intakebot.domain.errors import DoorUnavailableError


@pytest.fixture
async def transport(slack: FakeSlack, books: ChatBooks) -> AsyncIterator[Transport]:
    async with standing(slack, books, "socket") as made:
        yield made


@pytest.fixture
def alice(slack: FakeSlack) -> Person:
    return slack.person("alice")


@pytest.fixture
def room(slack: FakeSlack, alice: Person) -> Channel:
    return slack.channel("help", [alice])


async def say_some(alice: Person, room: Channel, start: int) -> None:
    """A few messages, one after the other, as fast as the loop turns."""
    for number in range(start, start + 10):
        await alice.says(room, f"message {number}")
        await asyncio.sleep(0)


def said(books: ChatBooks) -> list[str]:
    return sorted(json.loads(one.payload)["event"]["text"] for one in books.events)


async def all_acked(slack: FakeSlack) -> None:
    """Bring everything that was not acknowledged again, until it is."""
    for _ in range(4):
        if await slack.comes(lambda: all(one.acked for one in slack.deliveries), within=1):
            return
        slack.clock.advance(61)
    await slack.until(lambda: all(one.acked for one in slack.deliveries))


@pytest.mark.parametrize("fault", ["refresh", "warn", "kill", "half_open"])
@pytest.mark.parametrize("which", [0, None], ids=["one", "all"])
async def test_nothing_is_lost_whatever_happens_to_connections(
    transport: Transport,
    slack: FakeSlack,
    books: ChatBooks,
    alice: Person,
    room: Channel,
    fault: str,
    which: int | None,
) -> None:
    """S5, I11: each message once, whichever of the connections goes, and however."""
    slack.verdict.allow("event-attempt")
    await say_some(alice, room, 0)
    getattr(slack.sockets, fault)(which)
    await say_some(alice, room, 10)
    await slack.until(lambda: transport.slack.socket_door.opened >= (3 if which == 0 else 4))
    await say_some(alice, room, 20)
    await all_acked(slack)

    assert said(books) == sorted(f"message {number}" for number in range(30))
    assert transport.door.trouble == ""


@pytest.mark.usefixtures("transport")
async def test_the_next_connection_is_open_before_the_old_one_is_closed(
    slack: FakeSlack, books: ChatBooks, alice: Person, room: Channel
) -> None:
    """Fact 11: what is under way on the old one is acknowledged there."""
    books.gate = asyncio.Event()
    await alice.says(room, "Hello")
    await slack.until(lambda: books.keeping == 1)

    await slack.sockets.warn()
    await slack.until(lambda: len(slack.sockets) == 2)
    assert len(slack.socket_door.sockets) == 4  # two old ones, two new ones
    books.gate.set()
    await slack.until(lambda: slack.deliveries[0].acked)

    assert slack.verdict.notes == []
    assert books.keeping == 1
    slack.clock.advance(11)
    await slack.until(lambda: len(slack.socket_door.sockets) == 2)


async def test_connections_are_opened_one_after_the_other(slack: FakeSlack, books: ChatBooks) -> None:
    slack.limits.enabled = False
    transport = Transport(slack, books, "socket", connection_to(slack), pace=Pace())
    transport.serving = asyncio.create_task(transport.door.serve(transport.stop))
    await slack.until(lambda: len(slack.sockets) == 1)
    slack.clock.advance(4)
    assert not await slack.comes(lambda: len(slack.sockets) == 2, within=0.1)

    slack.clock.advance(1)
    await slack.until(lambda: len(slack.sockets) == 2)
    await transport.close()


async def test_slack_gives_out_addresses_of_connections_when_it_likes(slack: FakeSlack, books: ChatBooks) -> None:
    """Nobody asks again before Slack's Retry-After is over (the fake would hold it against us)."""
    slack.faults.add("apps.connections.open", "ratelimited", retry_after=60)
    pace = replace(FAST, stagger=timedelta(seconds=30))
    transport = Transport(slack, books, "socket", connection_to(slack), pace=pace)
    transport.serving = asyncio.create_task(transport.door.serve(transport.stop))
    await slack.until(lambda: slack.calls("apps.connections.open"))
    slack.clock.advance(31)  # the second one has its turn as well
    assert not await slack.comes(lambda: len(slack.calls("apps.connections.open")) > 1, within=0.2)

    slack.clock.advance(30)
    await slack.until(lambda: len(slack.sockets) == 2 and not transport.door.trouble)
    await transport.close()


async def test_a_wrong_app_token_ends_the_start_with_what_to_do(slack: FakeSlack, books: ChatBooks) -> None:
    """S6, fact 13: slack_sdk's client would try for ever."""
    slack.verdict.allow("token")
    wrong = connection_to(slack, app_token="xapp-wrong")
    transport = Transport(slack, books, "socket", wrong)

    with pytest.raises(DoorUnavailableError) as failed:
        await asyncio.wait_for(transport.door.serve(transport.stop), 5)
    await transport.calls.close()

    assert "`app_token`" in failed.value.sentence
    assert "connections:write" in failed.value.sentence
    assert "xapp-wrong" not in failed.value.sentence


@pytest.mark.parametrize("token", ["xoxb-wrong", "xapp", ""])
async def test_a_wrong_bot_token_ends_the_start_with_what_to_do(slack: FakeSlack, token: str) -> None:
    """S6."""
    slack.verdict.allow("token")
    wrong = connection_to(slack, bot_token=slack.app.app_token if token == "xapp" else token)
    calls = Calls(wrong, slack.clock.source)

    with pytest.raises(DoorUnavailableError) as failed:
        await probe(wrong, calls)
    await calls.close()

    assert "`bot_token`" in failed.value.sentence
    assert "OAuth & Permissions" in failed.value.sentence
    assert not token or wrong.bot_token not in failed.value.sentence


async def test_a_network_that_is_down_at_the_start_is_no_reason_not_to_start(
    slack: FakeSlack, books: ChatBooks
) -> None:
    slack.limits.enabled = False
    slack.faults.add("auth.test", "503")
    refusing = slack.faults.add("apps.connections.open", "503", times=1000)
    transport = Transport(slack, books, "socket", connection_to(slack))

    await probe(transport.connection, transport.calls)
    transport.serving = asyncio.create_task(transport.door.serve(transport.stop))
    await slack.until(lambda: refusing.struck > 2)
    assert transport.door.trouble == ""
    slack.clock.advance(61)
    assert "nothing comes in from Slack since" in transport.door.trouble
    slack.faults.clear()
    await slack.until(lambda: len(slack.sockets) == 2)
    await transport.close()

    assert transport.door.trouble == ""


async def test_an_app_token_that_is_taken_back_later_is_an_alarm_and_no_end(
    transport: Transport, slack: FakeSlack
) -> None:
    refusing = slack.faults.add("apps.connections.open", "error:invalid_auth", times=1000)
    slack.sockets.kill()
    await slack.until(lambda: refusing.struck > 1)
    assert "Slack refuses the app token (invalid_auth)" in transport.door.trouble

    slack.faults.clear()
    slack.clock.advance(61)
    await slack.until(lambda: len(slack.sockets) == 2 and not transport.door.trouble)


@pytest.mark.parametrize(
    ("reason", "step"), [("link_disabled", "switch it on"), ("too_many_websockets", "stop other programs")]
)
async def test_a_reason_that_needs_a_person_is_told_at_once(
    transport: Transport, slack: FakeSlack, reason: str, step: str
) -> None:
    await slack.sockets.disconnect(reason)

    await slack.until(lambda: transport.door.trouble)
    assert step in transport.door.trouble
    assert not await slack.comes(lambda: len(slack.sockets), within=0.1)
    slack.clock.advance(61)
    await slack.until(lambda: len(slack.sockets) == 2 and not transport.door.trouble)


def test_who_fails_waits_longer_and_longer_but_not_for_ever() -> None:
    pace, random = Pace(), Random(1)  # noqa: S311 - no secret

    rests = [pace.rest(failures, "", random).total_seconds() for failures in range(12)]

    limits = [1, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60]
    assert all(limit / 2 <= rest <= limit for rest, limit in zip(rests, limits, strict=True))
    assert len(set(rests)) == len(rests)
    assert pace.rest(1, "link_disabled", random) >= timedelta(seconds=30)


async def test_without_a_hello_a_connection_is_given_up(slack: FakeSlack, books: ChatBooks) -> None:
    opened = 0

    async def silent(request: web.Request) -> web.StreamResponse:
        nonlocal opened
        if request.path.endswith("apps.connections.open"):
            return web.json_response({"ok": True, "url": str(request.url.with_scheme("ws").with_path("/link"))})
        wire = web.WebSocketResponse()
        await wire.prepare(request)
        opened += 1
        async for _ in wire:
            pass
        return wire

    async with serving(silent) as here:
        connection = connection_to(slack, api_url=f"{here}api/")
        transport = Transport(slack, books, "socket", connection, pace=Pace(connections=1, again=FAST.again))
        transport.serving = asyncio.create_task(transport.door.serve(transport.stop))
        await slack.until(lambda: opened == 1)
        slack.clock.advance(11)
        await slack.until(lambda: opened == 2)
        await transport.close()

    assert not transport.door.listening.is_set()


class Talking:
    """A server that says what a test wants over a socket, and writes down what it hears."""

    def __init__(self, *texts: Any) -> None:
        self.texts = [text if isinstance(text, str) else json.dumps(text) for text in texts]
        self.heard: list[str] = []

    async def serve(self, request: web.Request) -> web.StreamResponse:
        wire = web.WebSocketResponse(max_msg_size=0)
        await wire.prepare(request)
        for text in ('{"type":"hello"}', *self.texts, '{"envelope_id":"last","type":"events_api","payload":{}}'):
            await wire.send_str(text)
        async for message in wire:
            self.heard.append(message.data)
            if "last" in message.data:
                break
        await wire.close()
        return wire


@pytest.mark.parametrize(
    "odd",
    [
        "",
        "no JSON",
        "[1]",
        "null",
        "[" * 5000,
        {"type": "something_new"},
        {"envelope_id": "e1"},
        {"envelope_id": "e1", "type": "events_api", "payload": "text"},
        {"envelope_id": "e1", "payload": {}},
    ],
)
async def test_what_nobody_knows_on_a_socket_does_no_harm(odd: Any) -> None:
    talking = Talking(odd)

    async def receive(request: SocketModeRequest) -> str | None:
        return json.dumps({"envelope_id": request.envelope_id})

    async with serving(talking.serve) as here:
        socket = Socket(receive, 10)
        await asyncio.wait_for(socket.live(here.replace("http", "ws")), 5)

    assert talking.heard == ['{"envelope_id": "last"}']
    assert socket.reason == "closed"


async def test_what_nobody_acknowledges_stays_unacknowledged() -> None:
    talking = Talking({"envelope_id": "e1", "type": "events_api", "payload": {}})

    async def receive(request: SocketModeRequest) -> str | None:
        return None if request.envelope_id == "e1" else json.dumps({"envelope_id": request.envelope_id})

    async with serving(talking.serve) as here:
        await asyncio.wait_for(Socket(receive, 10).live(here.replace("http", "ws")), 5)

    assert talking.heard == ['{"envelope_id": "last"}']


async def test_a_big_envelope_is_taken(
    transport: Transport, slack: FakeSlack, books: ChatBooks, alice: Person, room: Channel
) -> None:
    await alice.says(room, "漢" * 40_000)

    await slack.until(lambda: slack.deliveries[0].acked)
    assert said(books) == ["漢" * 40_000]
    assert transport.door.trouble == ""


async def test_many_at_once_are_all_taken(
    transport: Transport, slack: FakeSlack, books: ChatBooks, alice: Person, room: Channel
) -> None:
    """More than are worked on at once by one connection; the rest waits with Slack."""
    books.gate = asyncio.Event()
    for number in range(150):
        await alice.says(room, f"message {number}")
    await slack.until(lambda: books.keeping == 100)
    books.gate.set()
    await slack.until(lambda: all(one.acked for one in slack.deliveries), within=20)

    assert len(said(books)) == 150
    assert transport.door.trouble == ""


async def test_when_the_door_closes_its_connections_close(transport: Transport, slack: FakeSlack) -> None:
    transport.stop.set()
    await asyncio.wait_for(transport.serving, 5)

    await slack.until(lambda: slack.socket_door.sockets == [])
    assert [task for task in asyncio.all_tasks() if "Socket" in repr(task.get_coro())] == []
