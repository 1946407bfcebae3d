"""What stands in the workspace already: one message, the beginning of a thread, a whole thread, what came just before.

Used where an event alone does not say enough. Everything is bounded, and comes as the platform shows it now.
Raises what `calls` raises.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from intakebot.channels.slack.hearing.spoken import Payload
from intakebot.channels.slack.web.calls import Calls, SlackRefusedError

THREAD_LIMIT = 200
"""So much of a thread is brought along when a case is made of it, the beginning first."""
LOOK_BACK = 100
NOT_THERE = frozenset({"thread_not_found", "message_not_found"})


async def thread_of(calls: Calls, channel: str, root_ts: str) -> list[Payload]:
    """A thread, its first message before all, oldest first; at most `THREAD_LIMIT` messages."""
    answer = await calls.call("conversations.replies", channel=channel, ts=root_ts, limit=THREAD_LIMIT)
    return _messages(answer)


async def message_at(calls: Calls, channel: str, ts: str) -> Payload | None:
    """One message, in a thread or not, or None when it is not there (any more)."""
    try:
        answer = await calls.call(
            "conversations.replies", channel=channel, ts=ts, oldest=ts, latest=ts, inclusive=True, limit=2
        )
    except SlackRefusedError as error:
        if error.error in NOT_THERE:
            return None
        raise
    return next((message for message in _messages(answer) if message.get("ts") == ts), None)


async def said_before(calls: Calls, channel: str, ts: str, since_ts: str, within: float) -> list[Payload]:
    """The top-level messages with since_ts <= ts < `ts`, newest first; at most the `LOOK_BACK` newest.

    `within` is how long that may take, in seconds.
    """
    answer = await calls.call(
        "conversations.history",
        within=within,
        channel=channel,
        oldest=since_ts,
        latest=ts,
        inclusive=True,
        limit=LOOK_BACK,
    )
    before = [message for message in _messages(answer) if message.get("ts") != ts and not _is_reply(message)]
    return sorted(before, key=lambda message: str(message.get("ts")), reverse=True)


def _is_reply(message: Payload) -> bool:
    return message.get("thread_ts") not in (None, "", message.get("ts"))


def _messages(answer: Mapping[str, Any]) -> list[Payload]:
    found = answer.get("messages")
    return [message for message in found if isinstance(message, Mapping)] if isinstance(found, list) else []
