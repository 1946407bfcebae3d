"""A call is made once, and whatever goes wrong says whether it was done."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from aiohttp import web

from contract.slack.workspace import calling, connection_to, serving, standing
from fakes.chat_books import ChatBooks
from fakes.slack import FakeSlack
from intakebot.channels.slack.web.calls import (
    Calls,
    SlackConnection,
    SlackLimitedError,
    SlackRefusedError,
    SlackUnreachableError,
)


async def test_a_call_answers_what_slack_says(slack: FakeSlack, calls: Calls) -> None:
    room = slack.channel("help")

    posted = await calls.call("chat.postMessage", channel=room.id, text="Hello", thread_ts=None)

    assert [message.ts for message in slack.messages(room)] == [posted["ts"]]
    assert "thread_ts" not in slack.calls("chat.postMessage")[0].arguments


async def test_lists_and_mappings_and_any_text_arrive_as_they_are(slack: FakeSlack, calls: Calls) -> None:
    room = slack.channel("help")
    blocks = [{"type": "section", "text": {"type": "plain_text", "text": "ü & <x> 漢 \u2028"}}]
    metadata = {"event_type": "intakebot_post", "event_payload": {"id": "7"}}

    await calls.call("chat.postMessage", channel=room.id, text="a\ud800b", blocks=blocks, metadata=metadata)

    [message] = slack.messages(room)
    assert message.text == "a?b"  # half a character cannot be sent; the rest of the text can
    assert message.blocks[0]["text"]["text"] == "ü & <x> 漢 \u2028"
    assert message.metadata == metadata


async def test_texts_go_out_with_everything_off_that_makes_more_of_them(slack: FakeSlack, calls: Calls) -> None:
    room = slack.channel("help")

    posted = await calls.call("chat.postMessage", channel=room.id, text="one")
    await calls.call("chat.update", channel=room.id, ts=posted["ts"], text="two")

    sent = [call.arguments for call in slack.calls() if call.method.startswith("chat.")]
    assert [(one["parse"], one["link_names"], one["unfurl_links"], one["unfurl_media"]) for one in sent] == [
        ("none", "false", "false", "false")
    ] * 2


async def test_slack_that_wants_rest_gets_it(slack: FakeSlack, calls: Calls) -> None:
    """I09: within Retry-After nothing is sent (the fake would hold it against us); another channel is not affected."""
    room, other = slack.channel("help"), slack.channel("other")
    slack.faults.add("chat.postMessage", "ratelimited", channel=room, retry_after=30)

    with pytest.raises(SlackLimitedError) as limited:
        await calls.call("chat.postMessage", channel=room.id, text="one")
    with pytest.raises(SlackLimitedError) as again:
        await calls.call("chat.postMessage", channel=room.id, text="one")
    await calls.call("chat.postMessage", channel=other.id, text="one")
    slack.clock.advance(31)
    await calls.call("chat.postMessage", channel=room.id, text="one")

    assert limited.value.retry_after == timedelta(seconds=30)
    assert timedelta(seconds=25) < again.value.retry_after <= timedelta(seconds=30)
    assert len(slack.calls("chat.postMessage")) == 3


async def test_a_limit_of_a_method_holds_in_the_whole_workspace(slack: FakeSlack, calls: Calls) -> None:
    room, other = slack.channel("help"), slack.channel("other")
    slack.faults.add("conversations.history", "ratelimited", retry_after=5)

    for one in (room, other):
        with pytest.raises(SlackLimitedError):
            await calls.call("conversations.history", channel=one.id)

    assert len(slack.calls("conversations.history")) == 1


@pytest.mark.parametrize(
    ("fault", "stored"),
    [("500", 0), ("503", 0), ("html", 0), ("timeout_before", 0), ("drop_after_store", 1), ("error:fatal_error", 0)],
)
async def test_nobody_knows_whether_a_call_was_done_and_it_is_not_made_again(
    slack: FakeSlack, calls: Calls, fault: str, stored: int
) -> None:
    room = slack.channel("help")
    slack.faults.add("chat.postMessage", fault)

    with pytest.raises(SlackUnreachableError) as broken:
        await calls.call("chat.postMessage", channel=room.id, text="one")

    assert broken.value.taken is None
    assert len(slack.calls("chat.postMessage")) == 1
    assert len(slack.messages(room)) == stored


async def test_who_waits_too_long_does_not_know_either(slack: FakeSlack, calls: Calls) -> None:
    room, gate = slack.channel("help"), asyncio.Event()
    slack.faults.add("chat.postMessage", "slow", gate=gate)

    with pytest.raises(SlackUnreachableError) as broken:
        await calls.call("chat.postMessage", channel=room.id, text="one", within=0.05)
    gate.set()

    assert broken.value.taken is None
    assert "too long" in broken.value.sentence


async def test_without_a_connection_certainly_nothing_was_done(slack: FakeSlack) -> None:
    async with serving(_not_found) as gone:
        pass
    async with calling(slack, gone) as calls:
        with pytest.raises(SlackUnreachableError) as broken:
            await calls.call("auth.test")

    assert broken.value.taken is False


async def _not_found(_: web.Request) -> web.Response:
    return web.Response(status=404)


@pytest.mark.parametrize("body", ["[1]", "null", '"text"', "{", "", "[" * 5000, '{"ok": "yes"', "\x00"])
@pytest.mark.parametrize("kind", ["application/json", "text/plain", "text/html", "application/gzip"])
@pytest.mark.parametrize("status", [200, 404, 502])
async def test_no_answer_however_odd_is_unplanned(slack: FakeSlack, body: str, kind: str, status: int) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=body, content_type=kind, status=status)

    async with serving(answer) as odd, calling(slack, odd) as calls:
        with pytest.raises(SlackUnreachableError) as broken:
            await calls.call("auth.test")

    assert broken.value.taken is None


async def test_a_refusal_says_which_scope_is_missing(slack: FakeSlack, calls: Calls) -> None:
    slack.verdict.allow("missing-scope")
    slack.app.scopes.discard("users:read")

    with pytest.raises(SlackRefusedError) as refused:
        await calls.call("users.info", user="U1")

    assert (refused.value.error, refused.value.needed) == ("missing_scope", "users:read")
    assert "add it to the app" in refused.value.sentence


async def test_a_refusal_says_what_is_wrong_with_blocks(slack: FakeSlack, calls: Calls) -> None:
    slack.verdict.allow("limits", "arguments")
    room = slack.channel("help")
    blocks = [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}]

    with pytest.raises(SlackRefusedError) as refused:
        await calls.call("chat.postMessage", channel=room.id, text="one", blocks=blocks)

    assert refused.value.error == "invalid_blocks"
    assert "json-pointer" in refused.value.sentence


@pytest.mark.parametrize("error", ["invalid_auth", "token_revoked", "account_inactive", "token_expired"])
async def test_a_token_that_opens_nothing_stops_what_goes_out_and_says_so(
    slack: FakeSlack, calls: Calls, error: str
) -> None:
    """I13, S17: what is owed stays owed (certainly not done, ask later); once a minute one call looks again."""
    room = slack.channel("help")
    slack.faults.add("chat.postMessage", f"error:{error}", times=2)

    for _ in range(3):
        with pytest.raises(SlackUnreachableError) as out:
            await calls.call("chat.postMessage", channel=room.id, text="one")
        assert out.value.taken is False

    assert error in calls.trouble
    assert "install the app" in calls.trouble
    assert len(slack.calls("chat.postMessage")) == 1
    slack.clock.advance(61)
    with pytest.raises(SlackUnreachableError):
        await calls.call("chat.postMessage", channel=room.id, text="one")
    slack.clock.advance(61)
    await calls.call("chat.postMessage", channel=room.id, text="one")
    assert calls.trouble == ""
    assert len(slack.messages(room)) == 1


async def test_of_many_who_want_something_one_looks_whether_we_are_let_in_again(slack: FakeSlack, calls: Calls) -> None:
    slack.faults.add("*", "error:invalid_auth", times=100)
    with pytest.raises(SlackUnreachableError):
        await calls.call("auth.test")
    slack.clock.advance(61)

    await asyncio.gather(*(calls.call("auth.test") for _ in range(5)), return_exceptions=True)

    assert len(slack.calls("auth.test")) == 2


@pytest.mark.parametrize(
    ("event", "out"),
    [
        ({"type": "app_uninstalled"}, True),
        ({"type": "tokens_revoked", "tokens": {"oauth": [], "bot": ["U1"]}}, True),
        ({"type": "tokens_revoked", "tokens": {"oauth": ["U1"], "bot": []}}, False),
        ({"type": "tokens_revoked"}, False),
        ({"type": "user_change"}, False),
    ],
)
async def test_an_event_can_say_that_we_are_out(
    slack: FakeSlack, calls: Calls, event: dict[str, object], *, out: bool
) -> None:
    calls.hear(event)

    if out:
        with pytest.raises(SlackUnreachableError):
            await calls.call("auth.test")
    else:
        await calls.call("auth.test")

    assert len(slack.calls()) == (0 if out else 1)


async def test_who_is_let_in_again_goes_on_in_the_same_threads(slack: FakeSlack, books: ChatBooks) -> None:
    """S17: thrown out, nothing is called any more; with the new token answers find their threads."""
    alice = slack.person("alice")
    room = slack.channel("help", [alice])
    async with standing(slack, books, "http") as transport:
        root = await alice.says(room, "My pump leaks")
        slack.uninstall()
        await slack.until(lambda: transport.calls.trouble)
        with pytest.raises(SlackUnreachableError) as out:
            await transport.calls.call("chat.postMessage", channel=room.id, text="We look", thread_ts=root.ts)
        assert out.value.taken is False
        assert slack.calls("chat.postMessage") == []

    slack.reinstall()
    async with calling(slack, slack.api_url) as calls:
        await calls.call("chat.postMessage", channel=room.id, text="We look", thread_ts=root.ts)

    assert [reply.text for reply in slack.thread(root)] == ["We look"]


async def test_we_know_who_we_are(slack: FakeSlack, calls: Calls) -> None:
    us = await calls.us()

    assert (us.team, us.user, us.bot) == (slack.home.id, slack.app.bot_user, slack.app.bot_id)
    assert us.scopes == slack.app.scopes
    assert await calls.us() is us
    assert len(slack.calls("auth.test")) == 1


async def test_all_calls_share_a_connection(slack: FakeSlack) -> None:
    """Fact 16: a session for each call makes them two to three times as slow."""
    callers = set()

    async def answer(request: web.Request) -> web.Response:
        callers.add(request.transport.get_extra_info("peername"))
        return web.json_response({"ok": True})

    async with serving(answer) as here, calling(slack, here) as calls:
        for _ in range(20):
            await calls.call("api.test")

    assert len(callers) == 1


async def test_a_proxy_is_taken_from_the_environment_unless_excepted(
    slack: FakeSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def proxy(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.json_response({"ok": True})

    async with serving(proxy) as here:
        monkeypatch.setenv("HTTPS_PROXY", here)
        async with calling(slack, "http://slack.invalid/api/") as calls:
            await calls.call("api.test")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        async with calling(slack, slack.api_url) as calls:
            await calls.call("auth.test")

    assert asked == ["/api/api.test"]


def test_no_secret_is_shown_by_what_holds_it(slack: FakeSlack) -> None:
    connection = connection_to(slack, client_secret="hush", refresh_token="hush-hush")

    shown = repr(connection)

    secrets = (slack.app.bot_token, slack.app.app_token, slack.app.signing_secret, "hush")
    assert [secret for secret in secrets if secret in shown] == []


async def test_no_secret_is_in_what_goes_wrong(slack: FakeSlack, connection: SlackConnection, calls: Calls) -> None:
    slack.faults.add("*", "error:invalid_auth")

    with pytest.raises(SlackUnreachableError) as out:
        await calls.call("auth.test")

    told = f"{out.value.sentence} {out.value.__cause__} {out.value.__cause__.__cause__}"
    assert connection.bot_token not in told
