"""A picture of the fake's state in words, for the message of a test that waited in vain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fakes.slack.fake import FakeSlack

LAST = 15


def of(slack: FakeSlack) -> str:
    """Channels with their messages, modals, what was sent to the app, and its last calls."""
    return "\n".join(["the fake Slack stands so:", *_channels(slack), *_screens(slack), *_traffic(slack)])


def _channels(slack: FakeSlack) -> Iterator[str]:
    for channel in dict.fromkeys(slack.state.channels.values()):
        messages = slack.state.live(channel)
        if messages:
            yield f"  #{channel.name or 'dm of ' + str(channel.dm_with)} ({channel.id})"
        for message in messages[-LAST:]:
            indent = "      " if message.thread_ts else "    "
            yield f"{indent}{message.ts} {message.user}: {message.text[:120]!r}"


def _screens(slack: FakeSlack) -> Iterator[str]:
    for user, texts in slack.state.ephemerals.items():
        for message in texts[-LAST:]:
            yield f"  only {user} sees: {message.text[:120]!r}"
    for user, stack in slack.state.modals.items():
        if stack:
            yield f"  {user} has open: {', '.join(view.title for view in stack)}"


def _traffic(slack: FakeSlack) -> Iterator[str]:
    for delivery in slack.deliveries[-LAST:]:
        event = delivery.body.get("event") or delivery.body
        tries = ", ".join(one.reason or "taken" for one in delivery.attempts) or "not tried yet"
        yield f"  sent {delivery.kind} {event.get('type', '')} {event.get('subtype', '')}: {tries}"
    for call in slack.api.calls[-LAST:]:
        yield f"  called {call.method}: {call.status} {call.answer.get('error', 'ok') if call.answer else call.fault}"
    yield f"  open sockets: {len(slack.sockets)}; held against the app: {slack.verdict.standing()}"
