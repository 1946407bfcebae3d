"""Socket Mode with Slack's own client: sockets come, go, fall silent, and nothing is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

from contract.fake_slack.surfaces import CARD
from contract.fake_slack.trial_app import running
from fakes.slack import FakeSlack


@asynccontextmanager
async def socket(slack: FakeSlack) -> AsyncIterator[tuple[aiohttp.ClientWebSocketResponse, dict[str, Any]]]:
    """A bare socket, and its hello."""
    client = AsyncWebClient(base_url=slack.api_url)
    url = (await client.apps_connections_open(app_token=slack.app.app_token))["url"]
    slack.limits.enabled = False
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as opened:
        yield opened, await opened.receive_json()


async def test_hello_and_an_envelope(slack: FakeSlack) -> None:
    alice = slack.person("alice")
    async with socket(slack) as (opened, hello):
        assert (hello["type"], hello["num_connections"]) == ("hello", 1)
        assert hello["debug_info"]["approximate_connection_time"] > 0
        await alice.says(slack.channel("help", members=[alice]), "hello")
        envelope = await opened.receive_json()
        assert (envelope["type"], envelope["accepts_response_payload"]) == ("events_api", False)
        assert (envelope["retry_attempt"], envelope["payload"]["event"]["text"]) == (0, "hello")
        await opened.send_json({"envelope_id": envelope["envelope_id"]})
        await slack.settled()
    assert slack.deliveries[0].acked


async def test_a_ticket_is_good_once(slack: FakeSlack) -> None:
    client = AsyncWebClient(base_url=slack.api_url)
    url = (await client.apps_connections_open(app_token=slack.app.app_token))["url"]
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(url) as opened:
            await opened.receive_json()
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)


async def test_what_is_not_acknowledged_comes_again_on_another_socket(slack: FakeSlack) -> None:
    slack.verdict.allow("event-attempt")
    alice = slack.person("alice")
    room = slack.channel("help", members=[alice])
    async with socket(slack) as (first, _), socket(slack) as (second, hello):
        assert hello["num_connections"] == 2
        await alice.says(room, "hello")
        await slack.until(lambda: any(one.pending for one in slack.socket_door.sockets))
        silent = next(one for one in slack.socket_door.sockets if one.pending)
        heard_first, heard_then = (first, second) if silent.number == 0 else (second, first)
        envelope = await heard_first.receive_json()
        await alice.says(room, "it is not the turn of the other socket")
        await heard_then.send_json({"envelope_id": (await heard_then.receive_json())["envelope_id"]})
        await slack.until(lambda: slack.deliveries[1].acked)
        slack.clock.advance(3.1)
        again = await heard_then.receive_json()
        assert again["envelope_id"] != envelope["envelope_id"]
        assert (again["retry_attempt"], again["retry_reason"]) == (1, "timeout")
        await heard_then.send_json({"envelope_id": again["envelope_id"]})
        await heard_first.send_json({"envelope_id": envelope["envelope_id"]})
        await slack.until(lambda: slack.verdict.notes)
    assert slack.deliveries[0].acked
    assert slack.verdict.notes[0][0] == "late-ack"


async def test_an_acknowledgement_on_another_socket_is_taken_and_noted(slack: FakeSlack) -> None:
    alice = slack.person("alice")
    async with socket(slack) as (first, _), socket(slack) as (second, _):
        await alice.says(slack.channel("help", members=[alice]), "hello")
        await slack.until(lambda: any(one.pending for one in slack.socket_door.sockets))
        chosen = next(one for one in slack.socket_door.sockets if one.pending)
        heard, other = (first, second) if chosen.number == 0 else (second, first)
        envelope = await heard.receive_json()
        await other.send_json({"envelope_id": envelope["envelope_id"]})
        await slack.settled()
    assert [check for check, _ in slack.verdict.notes] == ["ack-elsewhere"]


async def test_acknowledgements_of_nothing_and_twice(slack: FakeSlack) -> None:
    slack.verdict.allow("unknown-ack", "duplicate-ack")
    alice = slack.person("alice")
    async with socket(slack) as (opened, _):
        await alice.says(slack.channel("help", members=[alice]), "hello")
        envelope = await opened.receive_json()
        for name in (envelope["envelope_id"], envelope["envelope_id"], "made-up"):
            await opened.send_json({"envelope_id": name})
        await slack.until(lambda: len(slack.verdict.failings) == 2)
    assert [check for check, _ in slack.verdict.failings] == ["duplicate-ack", "unknown-ack"]


async def test_the_eleventh_socket_is_sent_away(slack: FakeSlack) -> None:
    slack.limits.enabled = False
    client = AsyncWebClient(base_url=slack.api_url)
    async with aiohttp.ClientSession() as session:
        sockets = []
        for number in range(11):
            url = (await client.apps_connections_open(app_token=slack.app.app_token))["url"]
            sockets.append(await session.ws_connect(url))
            said = await sockets[-1].receive_json()
            expected = "hello" if number < 10 else "disconnect"
            assert said["type"] == expected
        assert said["reason"] == "too_many_websockets"


async def test_envelopes_take_turns(slack: FakeSlack) -> None:
    alice = slack.person("alice")
    room = slack.channel("help", members=[alice])
    async with running(slack, "socket", sockets=2) as app:
        for number in range(6):
            await alice.says(room, str(number))
        await slack.settled()
    assert len(app.events) == 6
    assert {one.attempts[0].via for one in slack.deliveries} == {"socket"}


async def test_a_large_envelope(slack: FakeSlack) -> None:
    alice = slack.person("alice")
    async with running(slack, "socket") as app:
        await alice.says(slack.channel("help", members=[alice]), "x" * 100_000)
        await slack.settled()
    assert len(app.events[0]["text"]) == 100_000


async def test_the_client_follows_a_refresh_and_nothing_is_lost(slack: FakeSlack) -> None:
    slack.limits.enabled = False
    alice = slack.person("alice")
    room = slack.channel("help", members=[alice])
    async with running(slack, "socket", sockets=2) as app:
        for turn in range(3):
            await alice.says(room, f"before {turn}")
            await slack.sockets.refresh()
            await alice.says(room, f"after {turn}")
            await slack.until(lambda: len(slack.sockets) == 2)
        await slack.until(lambda: all(one.acked for one in slack.deliveries))
        assert {event["text"] for event in app.events} == {
            f"{when} {n}" for when in ("before", "after") for n in range(3)
        }


async def test_a_killed_socket_comes_back_and_what_it_held_comes_again(slack: FakeSlack) -> None:
    slack.limits.enabled = False
    alice = slack.person("alice")
    room = slack.channel("help", members=[alice])
    async with running(slack, "socket") as app:
        slack.sockets.kill(0)
        await alice.says(room, "while nobody is connected")
        await slack.until(lambda: all(one.acked for one in slack.deliveries))
    assert [event["text"] for event in app.events] == ["while nobody is connected"]


async def test_a_half_open_socket_swallows_what_it_is_sent(slack: FakeSlack) -> None:
    slack.limits.enabled = False
    alice = slack.person("alice")
    room = slack.channel("help", members=[alice])
    async with running(slack, "socket", sockets=2):
        slack.sockets.half_open(0)
        for number in range(2):
            await alice.says(room, str(number))
        await slack.until(lambda: sum(one.acked for one in slack.deliveries) == 1)
        slack.clock.advance(3.1)
        await slack.until(lambda: all(one.acked for one in slack.deliveries))
    assert sorted(len(one.attempts) for one in slack.deliveries) == [1, 2]


async def test_socket_mode_is_turned_off(slack: FakeSlack) -> None:
    async with socket(slack) as (opened, _):
        await slack.sockets.disconnect("link_disabled")
        said = await opened.receive_json()
        assert (said["type"], said["reason"]) == ("disconnect", "link_disabled")
        assert (await opened.receive()).type is aiohttp.WSMsgType.CLOSE


async def test_interactions_are_brought_once(slack: FakeSlack) -> None:
    slack.verdict.allow("interaction-late")
    bob = slack.person("bob")
    room = slack.channel("triage", members=[bob])
    client = AsyncWebClient(slack.app.bot_token, base_url=slack.api_url)
    slack.app.events.clear()
    await client.chat_postMessage(channel=room.id, text="C-1001", blocks=CARD)
    async with socket(slack) as (opened, _):
        clicked = slack.background.start(bob.clicks(slack.messages(room)[0], "Take"))
        envelope = await opened.receive_json()
        assert (envelope["type"], "retry_attempt" in envelope) == ("interactive", False)
        slack.clock.advance(3.1)
        seen = await clicked
    assert not seen.acked
    assert seen.notice
    assert len(slack.deliveries[0].attempts) == 1


async def test_the_official_client_over_the_fake(slack: FakeSlack) -> None:
    alice = slack.person("alice")
    heard: list[str] = []
    web_client = AsyncWebClient(slack.app.bot_token, base_url=slack.api_url, retry_handlers=[])
    client = SocketModeClient(slack.app.app_token, web_client=web_client, ping_interval=0.1)

    async def listen(client: Any, request: Any) -> None:
        heard.append(request.payload["event"]["text"])
        await client.send_socket_mode_response({"envelope_id": request.envelope_id})

    client.socket_mode_request_listeners.append(listen)
    await client.connect()
    try:
        await alice.says(slack.channel("help", members=[alice]), "hello")
        await slack.settled()
        assert await client.is_connected()
    finally:
        await client.close()
    assert heard == ["hello"]
