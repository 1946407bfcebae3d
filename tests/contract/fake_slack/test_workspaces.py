"""Several workspaces, an organisation, channels between them, and the app's comings and goings."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from contract.fake_slack.surfaces import CARD
from contract.fake_slack.test_messages import refused
from contract.fake_slack.trial_app import TrialApp, running
from fakes.slack import FakeSlack
from intakebot.clocks import SimulatedClock, SystemClock

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


async def test_each_installation_has_its_own_token_and_account(slack: FakeSlack, app: TrialApp) -> None:
    other = slack.workspace("T2")
    eve = slack.person("eve", team=other)
    room = slack.channel("there", members=[eve], team=other)
    await eve.says(room, "hello")
    await slack.settled()

    body = next(body for body in app.bodies if body["event"].get("text") == "hello")
    assert (body["team_id"], body["authorizations"][0]["user_id"]) == ("T2", other.bot_user)
    client = AsyncWebClient(other.bot_token, base_url=slack.api_url)
    await client.chat_postMessage(channel=room.id, text="from the app there")
    assert await refused(app.client.chat_postMessage(channel=room.id, text="x")) == "channel_not_found"
    assert slack.messages(room)[-1].user == other.bot_user != slack.app.bot_user


async def test_a_channel_between_two_installations_gives_one_event(slack: FakeSlack, app: TrialApp) -> None:
    other = slack.workspace("T2")
    eve = slack.person("eve", team=other)
    room = slack.channel("partners", members=[eve], shared_with=other)
    await eve.says(room, "hello")
    await slack.settled()

    [body] = app.bodies
    assert body["is_ext_shared_channel"]
    assert (body["event"]["user_team"], body["context_team_id"]) == ("T2", "T0ACME")
    assert len(body["authorizations"]) == 1


async def test_an_organisation_is_named_everywhere(slack: FakeSlack, app: TrialApp) -> None:
    slack.home.enterprise = "E1"
    bob = slack.person("bob")
    room = slack.channel("help", members=[bob])
    await bob.says(room, "hello")
    await slack.settled()

    @app.bolt.command("/case")
    async def case(ack) -> None:  # noqa: ANN001 - slack_bolt finds arguments by name
        await ack()

    await bob.runs("/case", "find", room)

    event, command = app.bodies
    assert (event["enterprise_id"], event["authorizations"][0]["enterprise_id"]) == ("E1", "E1")
    assert (command["enterprise_id"], command["is_enterprise_install"]) == ("E1", "false")
    told = (await app.client.users_info(user=bob.id))["user"]["enterprise_user"]
    assert (told["enterprise_id"], told["id"]) == ("E1", f"W{bob.id[1:]}")


async def test_an_app_hears_only_what_it_asked_for(slack: FakeSlack, app: TrialApp) -> None:
    scopes = ["channels:history", "chat:write", "reactions:read"]
    events = ["message.channels", "reaction_added", "message.groups"]
    slack.app.follow(
        {
            "oauth_config": {"scopes": {"bot": scopes}},
            "settings": {"event_subscriptions": {"bot_events": events}},
        }
    )
    alice = slack.person("alice")
    room, secret = slack.channel("help", members=[alice]), slack.channel("secret", members=[alice], private=True)
    elsewhere = slack.channel("elsewhere", members=[alice], bot=False)

    message = await alice.says(room, "heard")
    await alice.says(secret, "not heard: the scope is missing")
    await alice.says(elsewhere, "not heard: the app is not there")
    await alice.reacts(message, "ticket")
    await alice.unreacts(message, "ticket")
    await slack.settled()

    assert sorted(event["type"] for event in app.events) == ["message", "reaction_added"]


async def test_after_the_end_nothing_is_heard_and_after_a_new_beginning_all(slack: FakeSlack, app: TrialApp) -> None:
    alice = slack.person("alice")
    room = slack.channel("help", members=[alice])
    slack.uninstall()
    await alice.says(room, "nobody hears this")
    await slack.settled()
    assert sorted(event["type"] for event in app.events) == ["app_uninstalled", "tokens_revoked"]

    before = slack.app.bot_user
    token = slack.reinstall()
    await alice.says(room, "the app is back")
    await slack.settled()

    assert app.events[-1]["text"] == "the app is back"
    assert (slack.app.bot_token, slack.app.bot_user) == (token, before)


async def test_a_channel_that_gets_another_id_keeps_its_messages(slack: FakeSlack, app: TrialApp) -> None:
    alice = slack.person("alice")
    room = slack.channel("help", members=[alice])
    root = await alice.says(room, "hello")
    old = slack.change_channel_id(room)
    await slack.settled()

    assert (app.events[-1]["old_channel_id"], app.events[-1]["new_channel_id"]) == (old, room.id)
    assert await refused(app.client.chat_postMessage(channel=old, text="x")) == "channel_not_found"
    await app.client.chat_postMessage(channel=room.id, text="here", thread_ts=root.ts)
    assert [one.text for one in slack.thread(root)] == ["here"]


async def test_an_event_more_than_two_hours_late(slack: FakeSlack, app: TrialApp) -> None:
    alice = slack.person("alice")
    room = slack.channel("help", members=[alice])
    slack.hold_events()
    await alice.says(room, "long ago")
    slack.clock.advance(7300)
    await slack.release_events()

    assert slack.clock.time() - app.bodies[0]["event_time"] > 7200


async def test_any_event_can_be_sent(slack: FakeSlack, app: TrialApp) -> None:
    room = slack.channel("help")
    slack.send_event({"type": "message", "subtype": "huddle_thread", "channel": room.id, "ts": "1.1", "text": "x"})
    await slack.settled()

    assert app.events[0]["subtype"] == "huddle_thread"


async def test_a_stale_copy_can_be_clicked_and_what_is_gone_cannot(slack: FakeSlack, app: TrialApp) -> None:
    bob, carol = slack.person("bob"), slack.person("carol")
    room = slack.channel("triage", members=[bob])
    values: list[str] = []

    @app.bolt.action("take")
    async def take(ack, action) -> None:  # noqa: ANN001 - slack_bolt finds arguments by name
        values.append(action["value"])
        await ack()

    await app.client.chat_postMessage(channel=room.id, text="C-1001", blocks=CARD)
    card = slack.messages(room)[0]
    stale = card.copy()
    await app.client.chat_update(channel=room.id, ts=card.ts, text="taken", blocks=CARD[:1])

    with pytest.raises(AssertionError, match=r"nothing to click that says 'Take'; there is \[\]"):
        await bob.clicks(card, "Take")
    with pytest.raises(AssertionError, match="is not in triage"):
        await carol.clicks(card, "Take")
    assert (await bob.clicks(card, "Take", stale=stale)).acked
    assert values == ["1:1"]


async def test_the_clock_of_a_house_is_the_clock_of_its_slack() -> None:
    clock = SimulatedClock(START)
    async with FakeSlack(clock) as slack:
        alice = slack.person("alice")
        async with running(slack, "http"):
            message = await alice.says(slack.channel("help", members=[alice]), "hello")
            await slack.settled()
    assert 0 <= float(message.ts) - START.timestamp() < 60


async def test_real_time_cannot_be_advanced() -> None:
    async with FakeSlack(SystemClock()) as slack:
        with pytest.raises(TypeError, match="SimulatedClock"):
            slack.clock.advance(1)
