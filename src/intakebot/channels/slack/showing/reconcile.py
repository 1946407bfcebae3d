"""Is it there already? Asked before anything is posted again whose first posting nobody knows the end of.

Each message of ours carries an id in its metadata (an id, and nothing else: everybody in the workspace may read
it). What is looked for is the message with that id, in the thread or conversation where it should stand. Where the
app is not allowed to look, nobody can know: that is said, not guessed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from intakebot.channels.slack.showing.paced_calls import PacedCalls
from intakebot.channels.slack.showing.troubles import Trouble, trouble_of
from intakebot.domain.errors import IntakebotError, Remedy, SlackRefusedError

EVENT_TYPE: Final = "intakebot_post"
EARLIER: Final = timedelta(minutes=2)
"""The platform's clock may be behind ours by so much."""
_PAGE: Final = 200
_PAGES: Final = 15

Said = Mapping[str, Any]


class BlindError(IntakebotError):
    """Nobody can know whether it is there: the app may not look, or there is too much to look through."""

    code = "slack.blind"
    remedy = Remedy.NEVER


@dataclass(frozen=True, slots=True)
class Where:
    """Where a message should stand: a conversation, and the thread in it ('' = in no thread)."""

    channel: str
    thread_ts: str = ""


def marked(mark: Mapping[str, str]) -> dict[str, Any]:
    """The metadata of a message of ours: `mark` is its id, and perhaps which part of it."""
    return {"event_type": EVENT_TYPE, "event_payload": dict(mark)}


def mark_of(message: Said) -> dict[str, str]:
    """The mark of a message; {} for what is not ours."""
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != EVENT_TYPE:
        return {}
    payload = metadata.get("event_payload")
    return {str(name): str(value) for name, value in payload.items()} if isinstance(payload, Mapping) else {}


async def find(calls: PacedCalls, who: str, where: Where, mark: Mapping[str, str], since: datetime) -> Said | None:
    """Our message with exactly this mark, or None when it is certainly not there.

    Raises BlindError, and what `PacedCalls.call` raises for trouble that passes.
    """
    async for message in _said(calls, who, where, since):
        if mark_of(message) == mark:
            return message
    return None


async def everything_since(calls: PacedCalls, who: str, where: Where, since: datetime) -> Sequence[Said]:
    """All messages there since then, in no order. Raises as `find`."""
    return [message async for message in _said(calls, who, where, since)]


async def _said(calls: PacedCalls, who: str, where: Where, since: datetime) -> AsyncIterator[Said]:
    method = "conversations.replies" if where.thread_ts else "conversations.history"
    asked: dict[str, Any] = {"channel": where.channel, "include_all_metadata": True, "limit": _PAGE}
    asked |= {"oldest": f"{(since - EARLIER).timestamp():.6f}"}
    asked |= {"ts": where.thread_ts} if where.thread_ts else {}
    for _ in range(_PAGES):
        answer = await _page(calls, who, method, asked)
        for message in answer.get("messages") or ():
            yield message
        cursor = (answer.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return
        asked["cursor"] = cursor
    raise BlindError(f"more than {_PAGE * _PAGES} messages have been said in {where.channel} since")


async def _page(calls: PacedCalls, who: str, method: str, asked: Mapping[str, Any]) -> Said:
    """One page. That the thread is gone is no secret: it is raised as it is."""
    try:
        return await calls.call(who, method, **asked)
    except SlackRefusedError as refusal:
        if trouble_of(refusal) in (Trouble.THREAD, Trouble.MESSAGE):
            raise
        raise BlindError(f"the app may not look there: {refusal.error}") from refusal
