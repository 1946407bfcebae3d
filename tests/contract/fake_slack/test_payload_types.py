"""Every payload that the fake sends has the shape that others, who know Slack, have written down."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter, ValidationError
from slack_events import (
    AppRateLimitedPayload,
    BlockActionsPayload,
    EventCallbackEnvelope,
    SlashCommandPayload,
    ViewClosedPayload,
    ViewSubmissionPayload,
)
from slack_events.validation import get_adapter, payload_type_for, validate_payload

from contract.fake_slack.surfaces import CARD, modal
from contract.fake_slack.trial_app import TrialApp
from fakes.slack import FakeSlack


def as_the_types_know_it(event: dict[str, Any]) -> dict[str, Any]:
    """Two things the types forgot: what is left of a deleted root, and that a root may have come with a file."""
    if event.get("message", {}).get("subtype") == "tombstone":
        return {**event, "message": {**event["message"], "subtype": None}}
    if event.get("root", {}).get("subtype"):
        return {**event, "root": {**event["root"], "subtype": None}}
    return event


def wrong(event: dict[str, Any]) -> list[str]:
    """What the types object to: a wrong type anywhere, a field missing at the top."""
    name, subtype = event["type"], event.get("subtype")
    kind = payload_type_for(name, subtype)
    if kind is None:
        return [f"{name} {subtype}: nobody knows it"]
    event = as_the_types_know_it(event)
    validate_payload(name, subtype, event)
    try:
        get_adapter(kind).validate_python(event)
    except ValidationError as error:
        missing = [one["loc"] for one in error.errors() if one["type"] == "missing" and len(one["loc"]) == 1]
        return [f"{name} {subtype}: {where[0]}" for where in missing]
    return []


async def everything_happens(slack: FakeSlack, app: TrialApp) -> None:
    other = slack.workspace("T0OTHER", installed=False)
    alice, bob, eve = slack.person("alice"), slack.person("bob"), slack.person("eve", team=other)
    robot = slack.person("robot", kind="bot")
    room = slack.channel("help", members=[alice, bob, robot])
    shared = slack.channel("partners", members=[alice, eve], shared_with=other)
    private = slack.channel("triage", members=[bob], private=True)
    first = await alice.says(room, "hello & <goodbye>", typed=True)
    reply = await bob.says(room, "yes", thread=first)
    await bob.says(room, "for all", thread=first, broadcast=True)
    await alice.says(room, "look", files=[("a.png", b"png", "image/png")])
    await eve.says(shared, "from outside", files=[("b.txt", b"text", "text/plain")], check_first=True)
    await robot.says(room, "beep", subtype="bot_message")
    await robot.says(room, "boop")
    await alice.mentions(room, "help", thread=first)
    await alice.edits(first, "hello again")
    await alice.unfurls(first)
    await alice.reacts(first, "ticket")
    await alice.unreacts(first, "ticket")
    await bob.deletes(reply)
    await alice.deletes(first)
    await slack.slackbot_says(alice, "Reminder")
    await alice.says(alice.dm(), "direct")
    late = slack.person("late")
    await late.joins(room)
    await late.leaves(room)
    await bob.opens_home(within=0)
    await bob.says(private, "inside")
    await app.client.chat_postMessage(channel=room.id, text="C-1001", blocks=CARD)
    await app.client.chat_update(channel=room.id, ts=slack.messages(room)[-1].ts, text="C-1001 taken", blocks=CARD)
    slack.change_channel_id(shared)
    await bob.kicks_the_app(private)
    await bob.invites_the_app(private)
    await alice.archives(room)
    late.deactivate()
    slack.uninstall()
    await slack.settled()


KINDS = {
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "channel_archive",
    "channel_id_changed",
    "file_shared",
    "member_joined_channel",
    "member_left_channel",
    "message",
    "message bot_message",
    "message channel_archive",
    "message channel_join",
    "message channel_leave",
    "message file_share",
    "message message_changed",
    "message message_deleted",
    "message thread_broadcast",
    "reaction_added",
    "reaction_removed",
    "tokens_revoked",
    "user_change",
}
LEFT_OUT_IN_LIFE = {"message channel_join: inviter"}
"""Fields that the types want and Slack leaves out: who joins without being invited has no inviter."""


async def test_every_kind_of_event_has_its_shape(slack: FakeSlack, app: TrialApp) -> None:
    await everything_happens(slack, app)

    assert {f"{one['type']} {one.get('subtype', '')}".strip() for one in app.events} == KINDS
    assert {line for event in app.events for line in wrong(event)} == LEFT_OUT_IN_LIFE


async def test_every_envelope_has_its_shape(slack: FakeSlack, app: TrialApp) -> None:
    await everything_happens(slack, app)
    slack.say_rate_limited()
    await slack.settled()

    *events, limited = app.bodies
    bare = {"type": "app_home_opened", "user": "U1", "channel": "D1", "tab": "home", "event_ts": "1.1"}
    envelope = TypeAdapter(EventCallbackEnvelope)
    for body in events:
        envelope.validate_python(body | {"event": bare})
    TypeAdapter(AppRateLimitedPayload).validate_python(limited)
    assert len({body["event_id"] for body in events}) == len(events)
    shared = [body for body in events if body["is_ext_shared_channel"]]
    assert {body["event"].get("user_team") for body in shared if body["event"].get("files")} == {"T0OTHER"}
    assert all(len(body["authorizations"]) == 1 for body in events[:-2])


async def test_every_interaction_has_its_shape(slack: FakeSlack, app: TrialApp) -> None:
    bob = slack.person("bob")
    room = slack.channel("triage", members=[bob])
    for kind in ("take", "more"):
        app.bolt.action(kind)(_opens_modal if kind == "take" else _acks)
    app.bolt.view("resolve")(_acks)
    app.bolt.view_closed("resolve")(_acks)
    app.bolt.command("/case")(_acks)
    app.bolt.shortcut("new_case")(_acks)
    await app.client.chat_postMessage(channel=room.id, text="C-1001", blocks=CARD)
    card = slack.messages(room)[0]
    await slack.settled()
    app.bodies.clear()

    await bob.clicks(card, "Take")
    await bob.submits({"Resolution": "tightened"})
    await bob.clicks(card, "take")
    await bob.closes_modal()
    await bob.clicks(card, "Split case")
    await bob.presses("new_case", card)
    await bob.presses("new_case")
    await bob.runs("/case", "find pump", room)

    actions = [body for body in app.bodies if body.get("type") == "block_actions"]
    assert [body["actions"][0]["action_id"] for body in actions] == ["take", "take", "more"]
    for body in app.bodies:
        shape = SHAPES.get(body.get("type", "command"))
        if shape:
            TypeAdapter(shape).validate_python({key: value for key, value in body.items() if value is not None})
            assert (shape is SlashCommandPayload) or set(body) >= IN_EVERY_INTERACTION
    assert {body.get("type", "command") for body in app.bodies} == {*SHAPES, "shortcut", "message_action"}


IN_EVERY_INTERACTION = {"user", "team", "api_app_id", "token", "enterprise", "is_enterprise_install"}
SHAPES = {
    "block_actions": BlockActionsPayload,
    "view_submission": ViewSubmissionPayload,
    "view_closed": ViewClosedPayload,
    "command": SlashCommandPayload,
}


async def _acks(ack: Any) -> None:
    await ack()


async def _opens_modal(ack: Any, body: Any, client: Any) -> None:
    await client.views_open(trigger_id=body["trigger_id"], view=modal())
    await ack()
