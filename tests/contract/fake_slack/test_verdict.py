"""Each assertion of the fake can fail: the one whose app does it fails, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from contract.fake_slack.surfaces import CARD, modal
from contract.fake_slack.trial_app import running
from fakes.slack import FakeSlack
from fakes.slack.verdict import CHECKS

Sin = Callable[[FakeSlack, AsyncWebClient], Awaitable[Any]]
SINS: dict[str, Sin] = {}


def sin(check: str) -> Callable[[Sin], Sin]:
    def register(act: Sin) -> Sin:
        SINS[check] = act
        return act

    return register


async def quietly(call: Awaitable[Any]) -> None:
    await asyncio.gather(call, return_exceptions=True)


@sin("unknown-method")
async def _(_slack: FakeSlack, client: AsyncWebClient) -> None:
    await quietly(client.api_call("chat.startStream"))


@sin("token")
async def _(slack: FakeSlack, _client: AsyncWebClient) -> None:
    await quietly(AsyncWebClient("xoxb-wrong", base_url=slack.api_url).auth_test())


@sin("missing-scope")
async def _(slack: FakeSlack, client: AsyncWebClient) -> None:
    slack.app.scopes.discard("users:read")
    await quietly(client.users_info(user="U1"))


@sin("forbidden-scope")
async def _(slack: FakeSlack, _client: AsyncWebClient) -> None:
    slack.app.scopes.add("chat:write.public")


@sin("retry-after")
async def _(slack: FakeSlack, client: AsyncWebClient) -> None:
    slack.faults.add(method="auth.test", kind="ratelimited")
    await quietly(client.auth_test())
    await quietly(client.auth_test())


@sin("limits")
async def _(slack: FakeSlack, client: AsyncWebClient) -> None:
    long = [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}]
    await quietly(client.chat_postMessage(channel=slack.channel("help").id, text="x", blocks=long))


@sin("arguments")
async def _(slack: FakeSlack, client: AsyncWebClient) -> None:
    await quietly(client.api_call("chat.postMessage", json={"channel": slack.channel("help").id}))


@sin("fallback-text")
async def _(slack: FakeSlack, client: AsyncWebClient) -> None:
    await client.api_call("chat.postMessage", json={"channel": slack.channel("help").id, "blocks": CARD})


@sin("mass-mention")
async def _(slack: FakeSlack, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel=slack.channel("help").id, text="wake up <!channel>")


@sin("caller-mention")
async def _(slack: FakeSlack, client: AsyncWebClient) -> None:
    alice = slack.person("alice")
    room = slack.channel("help", members=[alice])
    await alice.says(room, "ask <@U0BOSS> about it", typed=True)
    await client.chat_postMessage(channel=room.id, text="from caller: ask <@U0BOSS> about it")


@sin("same-outbox-id")
async def _(slack: FakeSlack, client: AsyncWebClient) -> None:
    room = slack.channel("help")
    for _ in range(2):
        row = {"event_type": "card", "event_payload": {"outbox_id": 7}}
        await client.chat_postMessage(channel=room.id, text="x", metadata=row)


@sin("foreign-update")
async def _(slack: FakeSlack, client: AsyncWebClient) -> None:
    alice = slack.person("alice")
    room = slack.channel("help", members=[alice])
    message = await alice.says(room, "mine")
    await quietly(client.chat_update(channel=room.id, ts=message.ts, text="x"))


@sin("interaction-late")
async def _(slack: FakeSlack, _client: AsyncWebClient) -> None:
    async with running(slack, "http") as app:
        app.gate = asyncio.Event()
        late = asyncio.ensure_future(slack.person("bob").presses("new_case"))
        await slack.until(lambda: app.bodies)
        slack.clock.advance(3.1)
        await late
        app.gate.set()


@sin("interaction-body")
async def _(slack: FakeSlack, _client: AsyncWebClient) -> None:
    bob = slack.person("bob")
    async with running(slack, "http") as app:

        @app.bolt.view("resolve")
        async def resolve(ack: Any) -> None:
            await ack(response_action="errors", errors={"no-such-block": "wrong"})

        slack.stacks.open(bob.id, slack.home, modal())
        await bob.submits({"Resolution": "tightened"})


@sin("event-attempt")
async def _(slack: FakeSlack, _client: AsyncWebClient) -> None:
    alice = slack.person("alice")
    async with running(slack, "http") as app:
        app.failures = 1
        await alice.says(slack.channel("help", members=[alice]), "hello")
        await slack.until(lambda: slack.deliveries[0].acked)


@sin("event-unacked")
async def _(slack: FakeSlack, _client: AsyncWebClient) -> None:
    slack.verdict.allow("event-attempt")
    alice = slack.person("alice")
    async with running(slack, "http") as app:
        app.failures = 100
        await alice.says(slack.channel("help", members=[alice]), "hello")
        await slack.settled()
        await slack.quiet()


@sin("unknown-ack")
async def _(slack: FakeSlack, client: AsyncWebClient) -> None:
    await _acknowledge(slack, client, twice=False)


@sin("duplicate-ack")
async def _(slack: FakeSlack, client: AsyncWebClient) -> None:
    await _acknowledge(slack, client, twice=True)


async def _acknowledge(slack: FakeSlack, client: AsyncWebClient, *, twice: bool) -> None:
    alice = slack.person("alice")
    url = (await client.apps_connections_open(app_token=slack.app.app_token))["url"]
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as opened:
        await opened.receive_json()
        await alice.says(slack.channel("help", members=[alice]), "hello")
        name = (await opened.receive_json())["envelope_id"]
        for one in (name, name if twice else "made-up"):
            await opened.send_json({"envelope_id": one})
        await slack.until(lambda: slack.verdict.failings)


@sin("host")
async def _(slack: FakeSlack, _client: AsyncWebClient) -> None:
    headers = {"Host": "slack.example", "Authorization": f"Bearer {slack.app.bot_token}"}
    async with aiohttp.ClientSession() as session, session.post(f"{slack.api_url}auth.test", headers=headers) as answer:
        assert answer.status == 200


@pytest.mark.parametrize("check", CHECKS)
async def test_each_check_fails_for_what_it_checks(check: str) -> None:
    slack = FakeSlack()
    await slack.start()
    await SINS[check](slack, AsyncWebClient(slack.app.bot_token, base_url=slack.api_url, retry_handlers=[]))

    with pytest.raises(AssertionError, match=f"{check}: "):
        await slack.stop()

    assert {found for found, _ in slack.verdict.standing()} == {check}


async def test_what_is_allowed_does_not_fail() -> None:
    async with FakeSlack() as slack:
        slack.verdict.allow("forbidden-scope", because="the installation is refused in this test")
        slack.app.scopes.add("chat:write.public")


async def test_a_check_that_does_not_exist_cannot_be_allowed(slack: FakeSlack) -> None:
    with pytest.raises(ValueError, match="no such check: everything"):
        slack.verdict.allow("everything")


async def test_a_test_that_fails_says_its_own_error() -> None:
    async def fails() -> None:
        async with FakeSlack() as slack:
            slack.app.scopes.add("chat:write.public")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fails()


INERT = [
    "ask &lt;@U0BOSS&gt; about it",
    "a mention of the app's own: <@U0BOSS>",
    "`ask U0BOSS`",
]


@pytest.mark.parametrize("text", INERT)
async def test_what_is_inert_passes(slack: FakeSlack, client: AsyncWebClient, text: str) -> None:
    alice = slack.person("alice")
    room = slack.channel("help", members=[alice])
    await alice.says(room, "ask <@U0BOSS> about it <https://evil.example|bank>", typed=True)

    await client.chat_postMessage(channel=room.id, text=text)


async def test_links_with_a_callers_label_are_live_wherever_they_stand(
    slack: FakeSlack, client: AsyncWebClient
) -> None:
    slack.verdict.allow("caller-mention")
    alice = slack.person("alice")
    room = slack.channel("help", members=[alice])
    await alice.says(room, "see <https://evil.example|your bank>", typed=True)
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "<https://evil.example|your bank>"}}

    await client.chat_postMessage(channel=room.id, text="fine", blocks=[section])

    assert slack.verdict.failings[0][0] == "caller-mention"


async def test_a_wait_in_vain_shows_what_stands(slack: FakeSlack, client: AsyncWebClient) -> None:
    alice = slack.person("alice")
    room = slack.channel("help", members=[alice])
    await alice.says(room, "The pump leaks")
    await client.auth_test()

    with pytest.raises(AssertionError, match=r"(?s)#help.*The pump leaks.*sent event message.*called auth.test"):
        await slack.until(lambda: False, within=0.1)


TYPED = "wake up @channel, or a@here.example"


@pytest.mark.parametrize(
    ("method", "more", "live"),
    [
        pytest.param("chat.postMessage", {}, False, id="a post links no names"),
        pytest.param("chat.postMessage", {"link_names": True}, True, id="unless it is told to"),
        pytest.param("chat.postMessage", {"parse": "full"}, True, id="in either way"),
        pytest.param("chat.update", {}, True, id="a change does"),
        pytest.param("chat.update", {"parse": "none", "link_names": False}, False, id="unless it is told not to"),
    ],
)
async def test_a_typed_name_is_live_where_names_are_linked(
    slack: FakeSlack, client: AsyncWebClient, method: str, more: dict[str, Any], *, live: bool
) -> None:
    slack.verdict.allow("mass-mention")
    room = slack.channel("help")
    ts = (await client.chat_postMessage(channel=room.id, text="x"))["ts"]

    await client.api_call(method, json={"channel": room.id, "ts": ts, "text": TYPED, **more})

    assert [raw for _, raw in slack.scrutiny.mentions] == (["@channel"] if live else [])
