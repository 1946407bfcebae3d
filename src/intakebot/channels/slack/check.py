"""Whether a workspace is set up as the configuration says: asked by a person before, and when something is silent.

Called by the command line. It only looks: nothing is posted, nobody is invited. What is wrong comes with the next
step, and what is right is said as well, because silence proves nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from intakebot.channels.slack.doors.socket_door import app_token_refused
from intakebot.channels.slack.drawing import layouts
from intakebot.channels.slack.web.calls import Calls, SlackLimitedError, SlackRefusedError, SlackUnreachableError, Us
from intakebot.channels.slack.web.connection import SlackConnection
from intakebot.channels.slack.web.people import read_person
from intakebot.channels.slack.web.rights import refusal
from intakebot.channels.slack.web.wants import SCOPES, TOO_MUCH
from intakebot.domain.chat import ChatTies
from intakebot.ports import Clock

Severity = Literal["ok", "warning", "error"]
PATIENCE = timedelta(minutes=3)
"""How long Slack may make us wait in all."""
_TROUBLE = (SlackLimitedError, SlackRefusedError, SlackUnreachableError)
_NO_METHOD = frozenset({"unknown_method", "not_allowed_token_type", "feature_not_enabled", "access_denied"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `what` names it (`scopes`, `channel C1`); the sentence says what to do."""

    severity: Severity
    what: str
    sentence: str


async def check(
    calls: Calls,
    connection: SlackConnection,
    ties: ChatTies,
    clock: Clock,
    drawn: Callable[[], Mapping[str, Mapping[str, Any]]] = layouts.every_layout,
) -> list[Finding]:
    """Everything that was looked at, in the order of setting a workspace up. Raises nothing that Slack may cause.

    `drawn` makes the layouts that Slack is shown; all of them take some seconds, and minutes when Slack wants rest.
    """
    try:
        us = await calls.ask_who_we_are()
    except _TROUBLE as error:
        return [Finding("error", "bot token", error.sentence)]
    found = [Finding("ok", "bot token", f"the app is {us.user} in {us.team_name or us.team} ({us.url})"), *_scopes(us)]
    looks = (
        _socket(calls, connection),
        _channels(calls, ties),
        _groups(calls, ties),
        _agents(calls, ties, us),
        _layouts(calls, clock, drawn()),
    )
    for look in looks:
        found += [finding async for finding in look]
    return found


def _scopes(us: Us) -> list[Finding]:
    if not us.scopes:
        return [
            Finding("warning", "scopes", "Slack does not say which scopes the token has; compare with the manifest")
        ]
    missing = [scope for scope in SCOPES if scope not in us.scopes]
    found = [
        Finding("error", f"scope {scope}", f"missing: no {SCOPES[scope]}; add it to the app and install the app again")
        for scope in missing
    ]
    found += [
        Finding("warning", f"scope {scope}", "nothing here needs it: take it from the app and install the app again")
        for scope in sorted(us.scopes & TOO_MUCH)
    ]
    return found or [Finding("ok", "scopes", f"all {len(SCOPES)} are there")]


async def _socket(calls: Calls, connection: SlackConnection) -> AsyncIterator[Finding]:
    if connection.mode != "socket":
        yield Finding("ok", "requests", f"Slack has to reach {connection.path} here; the app's settings verify that")
        return
    try:
        await calls.open_socket()
    except SlackRefusedError as refused:
        yield Finding("error", "app token", app_token_refused(refused.error))
    except _TROUBLE as error:
        yield Finding("warning", "app token", error.sentence)
    else:
        yield Finding("ok", "app token", "Socket Mode is on, and the token opens a connection")


async def _channels(calls: Calls, ties: ChatTies) -> AsyncIterator[Finding]:
    for channel, uses in _uses(ties).items():
        name = f"channel {channel}"
        try:
            answer = await calls.call("conversations.info", channel=channel.rpartition("/")[2])
        except SlackRefusedError as refused:
            yield Finding("error", name, f"({', '.join(uses)}) {_not_seen(refused)}")
        except _TROUBLE as error:
            yield Finding("warning", name, f"({', '.join(uses)}) was not looked at: {error.sentence}")
        else:
            yield _channel(name, uses, answer.get("channel") or {})


def _channel(name: str, uses: list[str], seen: Mapping[str, Any]) -> Finding:
    called = f"#{seen.get('name')} ({', '.join(uses)})"
    if seen.get("is_archived"):
        return Finding("error", name, f"{called} is archived: bring it back, or name another channel")
    if not seen.get("is_member"):
        return Finding("error", name, f"{called} is there without the app: write `/invite @` and the app's name in it")
    if seen.get("is_ext_shared") and any(not use.startswith("intake") for use in uses):
        sentence = f"{called} is shared with another company, whose people see the cards: use a channel of your own"
        return Finding("warning", name, sentence)
    return Finding("ok", name, called)


def _not_seen(refused: SlackRefusedError) -> str:
    if refused.needed:
        return f"was not looked at: the app lacks the scope {refused.needed}"
    if refused.error == "channel_not_found":
        return (
            "is not there, or private and without the app: check the id (channel details, at the bottom), and write"
            " `/invite @` and the app's name in it"
        )
    return f"was not looked at: {refused.sentence}"


def _uses(ties: ChatTies) -> dict[str, list[str]]:
    """What each channel of the configuration is for."""
    found: dict[str, list[str]] = {}
    for channel, room in ties.rooms.items():
        found.setdefault(channel, []).append(f"intake for {room.address}")
    for queue, channel in ties.queues.items():
        found.setdefault(channel, []).append(f"queue {queue}")
    if ties.operators:
        found.setdefault(ties.operators, []).append("alarms")
    return found


async def _groups(calls: Calls, ties: ChatTies) -> AsyncIterator[Finding]:
    for group, queues in ties.groups.items():
        name = f"group {group}"
        try:
            members = (await calls.call("usergroups.users.list", usergroup=group)).get("users") or []
        except SlackRefusedError as refused:
            yield Finding("error", name, f"is not there: check its id; {refused.sentence}")
        except _TROUBLE as error:
            yield Finding("warning", name, f"was not looked at: {error.sentence}")
        else:
            severity: Severity = "ok" if members else "warning"
            yield Finding(severity, name, f"has {len(members)} people for {', '.join(queues)}")


async def _agents(calls: Calls, ties: ChatTies, us: Us) -> AsyncIterator[Finding]:
    for user, agent in ties.agents.items():
        name = f"agent {agent}"
        team, _, user_id = user.rpartition("/")
        try:
            answer = await calls.call("users.info", user=user_id)
        except SlackRefusedError as refused:
            yield Finding(
                "error",
                name,
                f"{user} is nobody there: check the id (profile, More, Copy member ID); {refused.sentence}",
            )
        except _TROUBLE as error:
            yield Finding("warning", name, f"was not looked at: {error.sentence}")
        else:
            person = read_person(answer.get("user") or {}, team or us.team, us)
            refused_as = refusal(person)
            sentence = f"{user} is {person.name}"
            if refused_as:
                yield Finding("error", name, f"{sentence}, who cannot be an agent ({refused_as.reason}): name a member")
            else:
                yield Finding("ok", name, sentence)


async def _layouts(calls: Calls, clock: Clock, drawn: Mapping[str, Mapping[str, Any]]) -> AsyncIterator[Finding]:
    """Have Slack itself look at everything that we ever show."""
    shown = {name: layout for name, layout in drawn.items() if layout.get("blocks")}
    rest_until = clock.now() + PATIENCE
    for number, (name, layout) in enumerate(shown.items()):
        try:
            await _validated(calls, clock, layout, rest_until)
        except SlackRefusedError as refused:
            if refused.error in _NO_METHOD:
                yield Finding("warning", "layouts", "this workspace does not validate layouts (blocks.validate)")
                return
            yield Finding("error", f"layout {name}", f"{refused.sentence}; please report this")
        except _TROUBLE as error:
            yield Finding("warning", "layouts", f"{len(shown) - number} were not looked at: {error.sentence}")
            return
    yield Finding("ok", "layouts", f"Slack was shown all {len(shown)}")


async def _validated(calls: Calls, clock: Clock, layout: Mapping[str, Any], rest_until: datetime) -> None:
    """Show one to Slack; wait where it wants rest, until `rest_until` at the latest. Raises as `Calls.call`."""
    view, message = (layout, None) if "type" in layout else (None, layout)
    while True:
        try:
            await calls.call("blocks.validate", view=view, message=message)
        except SlackLimitedError as limited:
            rested_at = clock.now() + limited.retry_after
            if rested_at > rest_until:
                raise
            await clock.until(rested_at, asyncio.Event())
        else:
            return
