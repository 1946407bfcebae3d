"""How the Web API is spoken: tokens, scopes, ways to send arguments, people, channels, views."""

from __future__ import annotations

import json

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from contract.fake_slack.surfaces import CARD, modal
from contract.fake_slack.test_messages import refused
from contract.fake_slack.trial_app import running
from fakes.slack import FakeSlack
from fakes.slack.registry import METHODS


async def test_who_am_i(slack: FakeSlack, client: AsyncWebClient) -> None:
    found = await client.auth_test()

    assert (found["team_id"], found["user_id"], found["bot_id"]) == ("T0ACME", slack.app.bot_user, slack.app.bot_id)
    assert set(found.headers["x-oauth-scopes"].split(",")) == slack.app.scopes


@pytest.mark.parametrize("way", ["query", "get", "form", "json", "multipart"])
async def test_arguments_come_in_every_way(slack: FakeSlack, way: str) -> None:
    room = slack.channel("help")
    arguments = {"channel": room.id, "text": "hello", "blocks": json.dumps(CARD)}
    headers = {"Authorization": f"Bearer {slack.app.bot_token}"}
    url = f"{slack.api_url}chat.postMessage"
    async with aiohttp.ClientSession(headers=headers) as session:
        if way in ("query", "get"):
            asked = session.request("GET" if way == "get" else "POST", url, params=arguments)
        elif way == "form":
            asked = session.post(url, data=arguments)
        elif way == "multipart":
            form = aiohttp.FormData(arguments, default_to_multipart=True)
            asked = session.post(url, data=form)
        else:
            asked = session.post(url, json=arguments)
        async with asked as answer:
            body = await answer.json()

    assert body["ok"], body
    assert ("missing_charset" in body.get("warning", "")) == (way == "json")
    assert len(slack.messages(room)[0].blocks) == 2


@pytest.mark.parametrize(
    ("raw", "kind", "error"),
    [
        pytest.param(b"{", "application/json", "invalid_json", id="broken"),
        pytest.param(b"[]", "application/json", "json_not_object", id="list"),
        pytest.param(b"x", "text/plain", "invalid_post_type", id="plain"),
    ],
)
async def test_what_is_no_argument(slack: FakeSlack, raw: bytes, kind: str, error: str) -> None:
    slack.verdict.allow("arguments")
    headers = {"Authorization": f"Bearer {slack.app.bot_token}", "Content-Type": kind}
    url = f"{slack.api_url}auth.test"
    async with aiohttp.ClientSession(headers=headers) as session, session.post(url, data=raw) as answer:
        assert (await answer.json())["error"] == error


async def test_tokens(slack: FakeSlack, client: AsyncWebClient) -> None:
    slack.verdict.allow("token")

    async def test_with(token: str | None) -> str:
        return await refused(AsyncWebClient(token, base_url=slack.api_url, retry_handlers=[]).auth_test())

    assert await test_with(None) == "not_authed"
    assert await test_with("xoxb-wrong") == "invalid_auth"
    assert await test_with(slack.app.app_token) == "not_allowed_token_type"
    assert await refused(client.apps_connections_open(app_token=slack.app.bot_token)) == "not_allowed_token_type"
    slack.state.tokens[slack.app.bot_token].expires = slack.clock.time() - 1
    assert await test_with(slack.app.bot_token) == "token_expired"
    slack.uninstall()
    assert await test_with(slack.app.bot_token) == "token_revoked"
    assert (await AsyncWebClient(slack.reinstall(), base_url=slack.api_url).auth_test())["ok"]


async def test_a_missing_scope_names_itself(slack: FakeSlack, client: AsyncWebClient) -> None:
    slack.verdict.allow("missing-scope")
    slack.app.scopes.discard("reactions:write")

    with pytest.raises(SlackApiError) as caught:
        await client.reactions_add(channel="C1", timestamp="1.1", name="ticket")

    assert caught.value.response["needed"] == "reactions:write"
    assert "chat:write" in caught.value.response["provided"].split(",")


async def test_people(slack: FakeSlack, client: AsyncWebClient) -> None:
    other = slack.workspace("T0OTHER", installed=False)
    alice = slack.person("alice", email="alice@acme.example", name="Alice Archer")
    guest, gone = slack.person("guest", kind="guest"), slack.person("gone", kind="deactivated")
    robot, eve = slack.person("robot", kind="bot"), slack.person("eve", team=other)

    async def told(user: str) -> dict:
        return (await client.users_info(user=user))["user"]

    assert (await told(alice.id))["profile"]["email"] == "alice@acme.example"
    assert (await told(alice.id))["profile"]["real_name"] == "Alice Archer"
    assert (await told(guest.id))["is_restricted"]
    assert (await told(gone.id))["deleted"]
    assert (await told(robot.id))["is_bot"]
    assert await refused(client.users_info(user=eve.id)) == "user_not_found"
    slack.channel("partners", members=[alice, eve], shared_with=other)
    stranger = await told(eve.id)
    assert (stranger["is_stranger"], stranger["team_id"], "email" in stranger["profile"]) == (True, "T0OTHER", False)
    assert (await client.users_lookupByEmail(email="ALICE@acme.example"))["user"]["id"] == alice.id
    assert await refused(client.users_lookupByEmail(email=gone.email)) == "users_not_found"
    ids = [user["id"] async for page in await client.users_list(limit=2) for user in page["members"]]
    assert set(ids) == {slack.app.bot_user, alice.id, guest.id, gone.id, robot.id}
    slack.app.scopes.discard("users:read.email")
    assert "email" not in (await told(alice.id))["profile"]


async def test_groups_of_people(slack: FakeSlack, client: AsyncWebClient) -> None:
    alice = slack.person("alice")
    group = slack.usergroup("agents", [alice])

    assert (await client.usergroups_users_list(usergroup=group))["users"] == [alice.id]
    assert (await client.usergroups_list())["usergroups"][0]["handle"] == "agents"
    assert await refused(client.usergroups_users_list(usergroup="S404")) == "no_such_subteam"


async def test_channels(slack: FakeSlack, client: AsyncWebClient) -> None:
    alice = slack.person("alice")
    other = slack.workspace("T0OTHER", installed=False)
    room = slack.channel("help", members=[alice])
    shared = slack.channel("partners", members=[alice], shared_with=other)
    slack.channel("secret", private=True, bot=False)
    outside = slack.channel("outside", bot=False)

    told = (await client.conversations_info(channel=room.id))["channel"]
    assert (told["name"], told["is_member"], told["is_ext_shared"]) == ("help", True, False)
    told = (await client.conversations_info(channel=shared.id))["channel"]
    assert (told["is_ext_shared"], told["shared_team_ids"]) == (True, ["T0ACME", "T0OTHER"])
    assert (await client.conversations_members(channel=room.id))["members"] == [alice.id, slack.app.bot_user]
    listed = await client.conversations_list(types="public_channel,private_channel")
    assert [one["name"] for one in listed["channels"]] == ["help", "partners", "outside"]
    slack.app.scopes.add("channels:join")
    await client.conversations_join(channel=outside.id)
    assert slack.app.bot_user in outside.members


async def test_views(slack: FakeSlack) -> None:
    bob = slack.person("bob")
    async with running(slack, "http") as app:
        triggers: list[str] = []

        @app.bolt.shortcut("new_case")
        async def new_case(ack, body) -> None:  # noqa: ANN001 - slack_bolt finds arguments by name
            triggers.append(body["trigger_id"])
            await ack()

        async def trigger() -> str:
            await bob.presses("new_case")
            return triggers[-1]

        first = await trigger()
        opened = (await app.client.views_open(trigger_id=first, view=modal("One")))["view"]
        assert (bob.modal and bob.modal.title, opened["previous_view_id"]) == ("One", None)
        assert await refused(app.client.views_open(trigger_id=first, view=modal())) == "exchanged_trigger_id"
        assert await refused(app.client.views_open(trigger_id="1.1.1", view=modal())) == "invalid_trigger_id"
        late = await trigger()
        slack.clock.advance(3.1)
        assert await refused(app.client.views_open(trigger_id=late, view=modal())) == "expired_trigger_id"
        pushed = (await app.client.views_push(trigger_id=await trigger(), view=modal("Two")))["view"]
        assert (pushed["previous_view_id"], pushed["root_view_id"]) == (opened["id"], opened["id"])
        await app.client.views_push(trigger_id=await trigger(), view=modal("Three"))
        fourth = app.client.views_push(trigger_id=await trigger(), view=modal("Four"))
        assert await refused(fourth) == "push_limit_reached"

        updated = await app.client.views_update(view_id=pushed["id"], hash=pushed["hash"], view=modal("Other"))
        assert updated["view"]["hash"] != pushed["hash"]
        stale = app.client.views_update(view_id=pushed["id"], hash=pushed["hash"], view=modal("Other"))
        assert await refused(stale) == "hash_conflict"
        assert await refused(app.client.views_update(view_id="V404", view=modal())) == "not_found"


async def test_what_was_filled_in_stays_when_the_field_stays(slack: FakeSlack, client: AsyncWebClient) -> None:
    bob = slack.person("bob")
    view = slack.stacks.open(bob.id, slack.home, modal())
    await bob.fills({"Resolution": "tightened", "Priority": "Low"})
    changed = modal("Again")
    changed["blocks"][1]["block_id"] = "urgency"

    await client.views_update(view_id=view.id, view=changed)

    assert view.values["words"]["text"]["value"] == "tightened"
    assert view.values["urgency"]["prio"]["selected_option"] is None


async def test_home(slack: FakeSlack, client: AsyncWebClient) -> None:
    bob = slack.person("bob")
    home = {"type": "home", "blocks": CARD}

    first = (await client.views_publish(user_id=bob.id, view=home))["view"]
    await client.views_publish(user_id=bob.id, view=home, hash=first["hash"])

    assert await refused(client.views_publish(user_id=bob.id, view=home, hash=first["hash"])) == "hash_conflict"
    assert bob.home_view is not None


async def test_blocks_are_validated_on_demand(client: AsyncWebClient) -> None:
    assert (await client.blocks_validate(blocks=CARD))["ok"]
    assert (await client.blocks_validate(view=modal()))["ok"]
    with pytest.raises(SlackApiError) as caught:
        await client.blocks_validate(blocks=[{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}])

    assert caught.value.response["error"] == "invalid_blocks"
    assert caught.value.response["errors"][0]["pointer"] == "/blocks/0/text/text"
    assert caught.value.response["errors"][0]["constraint"]["expected"] == [3000]


async def test_every_method_is_one_of_slacks() -> None:
    unknown = [name for name in METHODS if not hasattr(AsyncWebClient, name.replace(".", "_"))]

    assert unknown == []
