"""Slack's own Node packages speak with the fake: a party that we did not write, in another language."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from contract.fake_slack.surfaces import CARD, modal
from fakes import node_peers
from fakes.slack import FakeSlack

pytestmark = pytest.mark.node


class NodeApp:
    """`heard` is what it has printed."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.heard: list[dict[str, Any]] = []

    async def listen(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.heard.append(json.loads(line))


@asynccontextmanager
async def node_app(slack: FakeSlack, door: str) -> AsyncIterator[NodeApp]:
    given = {
        "url": slack.api_url,
        "token": slack.app.bot_token,
        "secret": slack.app.signing_secret,
        "appToken": slack.app.app_token,
        "socket": door == "socket",
        "blocks": CARD,
        "modal": modal(),
    }
    app = NodeApp(await node_peers.start("app.cjs", json.dumps(given)))
    listening = asyncio.ensure_future(app.listen())
    try:
        await slack.until(lambda: app.heard or app.process.returncode is not None, within=20)
        if door == "http":
            slack.deliver_by_http(f"http://127.0.0.1:{app.heard[0]['port']}/slack/events")
        else:
            await slack.until(lambda: len(slack.sockets) == 1)
        yield app
    finally:
        await slack.quiet()
        app.process.stdin.close()
        await asyncio.wait_for(app.process.wait(), 10)
        await listening


@pytest.mark.parametrize("door", ["http", "socket"])
async def test_an_app_in_node(slack: FakeSlack, door: str) -> None:
    bob = slack.person("bob")
    room = slack.channel("help", members=[bob])
    async with node_app(slack, door) as app:
        asked = await bob.says(room, "Grüße & <hello>", typed=True)
        await slack.until(lambda: slack.thread(asked))
        slack.stacks.clear(bob.id)
        assert await bob.opens_home() is not None

        card = slack.acts.post(room, slack.app_message(room, "C-1001", CARD))
        assert (await bob.clicks(card, "Take")).acked
        await slack.until(lambda: bob.modal and bob.ephemerals)
        assert (await bob.submits({"Resolution": "wrong"})).errors == {"words": "not so"}
        assert (await bob.submits({"Resolution": "tightened"})).acked
        assert bob.modal is None
        assert (await bob.runs("/case", "find pump", room)).ephemerals == ["found find pump"]
        assert (await bob.presses("new_case", asked)).acked
        assert (await bob.presses("new_case")).acked
        await slack.settled()

    assert bob.ephemerals == ["yours now", "found find pump"]
    assert {"heard": "Grüße &amp; &lt;hello&gt;", "subtype": None} in app.heard
    assert [one["submitted"] for one in app.heard if "submitted" in one] == ["wrong", "tightened"]
    assert [one["shortcut"] for one in app.heard if "shortcut" in one] == ["message_action", "shortcut"]
    assert [one for one in app.heard if "error" in one] == []


async def test_the_node_app_refuses_a_wrong_signature(slack: FakeSlack) -> None:
    slack.verdict.allow("event-attempt", "event-unacked")
    alice = slack.person("alice")
    room = slack.channel("help", members=[alice])
    async with node_app(slack, "http") as app:
        slack.app.signing_secret = "another"
        await alice.says(room, "hello")
        await slack.settled()

    assert slack.deliveries[0].attempts[0].status == 401
    assert not any("heard" in one for one in app.heard)


async def test_a_node_socket_is_refreshed(slack: FakeSlack) -> None:
    alice = slack.person("alice")
    room = slack.channel("help", members=[alice])
    async with node_app(slack, "socket") as app:
        await slack.sockets.refresh()
        await alice.says(room, "hello")
        await slack.until(lambda: any(one.get("heard") == "hello" for one in app.heard))
        await slack.settled()


async def test_the_node_client(slack: FakeSlack) -> None:
    slack.verdict.allow("limits", "token")
    alice = slack.person("alice")
    room, slow = slack.channel("help", members=[alice]), slack.channel("slow")
    slack.faults.add(method="chat.postMessage", kind="ratelimited", channel=slow, retry_after=9)
    hook = slack.interactions.response_url(alice.user, room, None)
    given = {"url": slack.api_url, "token": slack.app.bot_token, "channel": room.id, "user": alice.id, "blocks": CARD}

    process = await node_peers.start("client.cjs", json.dumps(given | {"limited": slow.id}), hook)
    said, complaint = await asyncio.wait_for(process.communicate(), 30)

    assert process.returncode == 0, complaint.decode()
    found = json.loads(said)
    assert set(found.pop("scopes")) == slack.app.scopes
    assert found == {
        "me": slack.app.bot_user,
        "replies": ["C-1001", "one", "two", "three"],
        "updated": "taken",
        "metadata": {"event_type": "card", "event_payload": {"outbox_id": "1"}},
        "email": alice.email,
        "home": "home",
        "files": "A",
        "errors": {
            "channel": "channel_not_found",
            "blocks": "invalid_blocks",
            "token": "invalid_auth",
            "limited": "limited 9",
        },
        "hook": "",
    }
    assert alice.ephemerals == ["by a response_url"]
