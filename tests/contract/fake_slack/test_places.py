"""Files in both directions, answers to a response_url, installation and rotation of tokens."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from contract.fake_slack.surfaces import CARD
from contract.fake_slack.test_messages import refused
from contract.fake_slack.trial_app import TrialApp
from fakes.slack import FakeSlack


async def fetch(url: str, token: str = "") -> tuple[str, bytes]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with aiohttp.ClientSession(headers=headers) as session, session.get(url) as answer:
        assert answer.status == 200
        return answer.content_type, await answer.read()


async def test_files_of_people(slack: FakeSlack, app: TrialApp) -> None:
    alice = slack.person("alice")
    room = slack.channel("help", members=[alice])
    await alice.says(room, "two", files=[("a.png", b"\x89PNG", "image/png"), ("b.txt", b"text", "text/plain")])
    await slack.until(lambda: any(event.get("files") for event in app.events))

    event = next(event for event in app.events if event.get("files"))
    assert event["subtype"] == "file_share"
    addresses = [file["url_private_download"] for file in event["files"]]
    assert [await fetch(url, slack.app.bot_token) for url in addresses] == [
        ("image/png", b"\x89PNG"),
        ("text/plain", b"text"),
    ]
    for token in ("", "xoxb-wrong", slack.app.app_token):
        kind, page = await fetch(addresses[0], token)
        assert (kind, b"Sign in" in page) == ("text/html", True)
    slack.app.scopes.discard("files:read")
    assert (await fetch(addresses[0], slack.app.bot_token))[0] == "text/html"
    slack.app.scopes.add("files:read")


async def test_files_of_another_organisation_are_asked_for(slack: FakeSlack, app: TrialApp) -> None:
    eve = slack.person("eve", team=slack.workspace("T0OTHER", installed=False))
    room = slack.channel("partners", members=[eve], shared_with=eve.user.team)
    await eve.says(room, "look", files=[("a.png", b"\x89PNG", "image/png")], check_first=True)
    await slack.until(lambda: any(event.get("files") for event in app.events))

    shown = next(event for event in app.events if event.get("files"))["files"][0]
    assert (shown["file_access"], "url_private" in shown) == ("check_file_info", False)
    told = (await app.client.files_info(file=shown["id"]))["file"]
    assert await fetch(told["url_private_download"], slack.app.bot_token) == ("image/png", b"\x89PNG")


async def test_files_of_the_app(slack: FakeSlack, client: AsyncWebClient) -> None:
    alice = slack.person("alice")
    room = slack.channel("help", members=[alice])
    root = await alice.says(room, "please send it")

    await client.files_upload_v2(
        channel=room.id,
        thread_ts=root.ts,
        initial_comment="here",
        file_uploads=[{"content": "one", "filename": "a.txt"}, {"content": "two", "filename": "b.txt", "title": "B"}],
    )

    reply = slack.thread(root)[0]
    assert (reply.text, [file.content for file in reply.files]) == ("here", [b"one", b"two"])
    assert [file.title for file in reply.files] == ["a.txt", "B"]


async def test_an_upload_breaks_half_way(slack: FakeSlack, client: AsyncWebClient) -> None:
    slack.places.broken_uploads = 1
    room = slack.channel("help")
    with pytest.raises((aiohttp.ClientError, OSError)):
        await client.files_upload_v2(channel=room.id, content="one", filename="a.txt")

    assert slack.messages(room) == []
    [file] = slack.state.files.values()
    lost = client.files_completeUploadExternal(files=[{"id": file.id}], channel_id=room.id)
    assert await refused(lost) == "file_update_failed"
    assert await refused(client.files_info(file=file.id)) == "file_not_found"


async def test_answers_to_a_response_url(slack: FakeSlack, app: TrialApp) -> None:
    bob = slack.person("bob")
    room = slack.channel("triage", members=[bob])
    urls: list[str] = []

    @app.bolt.action("take")
    async def take(ack: Any, body: Any) -> None:
        urls.append(body["response_url"])
        await ack()

    await app.client.chat_postMessage(channel=room.id, text="C-1001", blocks=CARD)
    card = slack.messages(room)[0]
    await bob.clicks(card, "Take")
    answer = AsyncWebhookClient(urls[0], retry_handlers=[])

    assert (await answer.send(text="only you")).body == "ok"
    assert (await answer.send(text="everybody", response_type="in_channel")).status_code == 200
    assert (await answer.send(text="taken", replace_original=True)).status_code == 200
    assert (bob.ephemerals, [one.text for one in slack.messages(room)]) == (["only you"], ["taken", "everybody"])
    for expected in ("ok", "ok", "used_url"):
        assert (await answer.send(text="again")).body == expected
    await app.client.chat_update(channel=room.id, ts=card.ts, text="C-1001", blocks=CARD)
    await bob.clicks(card, "Take")
    slack.clock.advance(1801)
    assert (await AsyncWebhookClient(urls[-1], retry_handlers=[]).send(text="late")).body == "expired_url"


async def test_an_ephemeral_with_buttons_replaces_itself(slack: FakeSlack, app: TrialApp) -> None:
    bob = slack.person("bob")
    room = slack.channel("triage", members=[bob])

    @app.bolt.action("take")
    async def take(ack: Any, body: Any, respond: Any) -> None:
        await ack()
        assert body["container"]["is_ephemeral"]
        assert "message" not in body
        await respond(text="done", replace_original=True)

    await app.client.chat_postEphemeral(channel=room.id, user=bob.id, text="sure?", blocks=CARD)
    await bob.clicks(bob.ephemeral_messages[0], "Take")
    await slack.until(lambda: bob.ephemerals == ["done"])


OLD_WAY = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated")  # slack_sdk 3.48 uses it, aiohttp 3.14 warns


@OLD_WAY
async def test_installation(slack: FakeSlack) -> None:
    other = slack.workspace("T0OTHER", installed=False)
    admin = slack.person("admin", team=other)
    url = "https://slack.com/oauth/v2/authorize?client_id=1&scope=chat:write,commands&state=s1&redirect_uri=http://127.0.0.1/back"
    back = slack.app.approve(url, other, admin.id)
    assert back.startswith("http://127.0.0.1/back?code=")
    assert back.endswith("&state=s1")
    code = back.split("code=")[1].split("&")[0]
    client = AsyncWebClient(base_url=slack.api_url)

    got = await client.oauth_v2_access(client_id=slack.app.client_id, client_secret=slack.app.client_secret, code=code)

    assert (got["team"]["id"], got["scope"], got["bot_user_id"]) == ("T0OTHER", "chat:write,commands", other.bot_user)
    assert (await AsyncWebClient(got["access_token"], base_url=slack.api_url).auth_test())["team_id"] == "T0OTHER"
    again = client.oauth_v2_access(client_id=slack.app.client_id, client_secret=slack.app.client_secret, code=code)
    assert await refused(again) == "invalid_code"
    wrong = client.oauth_v2_access(client_id=slack.app.client_id, client_secret="x", code=code)
    assert await refused(wrong) == "bad_client_secret"


@OLD_WAY
async def test_rotation(slack: FakeSlack) -> None:
    slack.app.rotating = True
    old = slack.app.install(slack.home)
    client = AsyncWebClient(base_url=slack.api_url)

    async def refresh(token: str | None) -> Any:
        return await client.oauth_v2_access(
            client_id=slack.app.client_id,
            client_secret=slack.app.client_secret,
            grant_type="refresh_token",
            refresh_token=token,
        )

    refresh_token = old.refreshes_as
    slack.clock.advance(11 * 3600)
    new = await refresh(refresh_token)
    assert (new["expires_in"], new["access_token"] != old.value) == (43200, True)
    assert await refused(refresh(refresh_token)) == "invalid_refresh_token"
    assert (await AsyncWebClient(old.value, base_url=slack.api_url).auth_test())["ok"]
    slack.clock.advance(2 * 3600)
    slack.verdict.allow("token")
    assert await refused(AsyncWebClient(old.value, base_url=slack.api_url).auth_test()) == "token_expired"
    assert (await AsyncWebClient(new["access_token"], base_url=slack.api_url).auth_test())["ok"]
