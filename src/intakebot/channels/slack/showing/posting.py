"""Putting something up in a conversation, and changing it: the last step of cards, lines and notices.

What is put up carries a mark (`reconcile`), so that it can be found again. What the platform does not take as blocks
is put up as words: less pretty, and there.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from typing import Final

from intakebot.channels.slack.drawing.blocks import Rendered
from intakebot.channels.slack.showing.paced_calls import PacedCalls
from intakebot.channels.slack.showing.reconcile import Where, marked
from intakebot.channels.slack.showing.troubles import Trouble, trouble_of
from intakebot.domain.errors import SlackRefusedError

_log = logging.getLogger(__name__)
_DIGEST: Final = 32


def digest_of(shown: Rendered) -> str:
    """What tells two renderings apart."""
    written = json.dumps([shown.text, shown.blocks], sort_keys=True).encode()
    return hashlib.sha256(written).hexdigest()[:_DIGEST]


async def post(calls: PacedCalls, who: str, where: Where, shown: Rendered, mark: Mapping[str, str]) -> str:
    """Put it up; returns its `ts`. Raises as `PacedCalls.call`."""
    thread = {"thread_ts": where.thread_ts} if where.thread_ts else {}
    arguments = {"channel": where.channel, "text": shown.text, "metadata": marked(mark), **thread}
    try:
        answer = await calls.call(who, "chat.postMessage", blocks=shown.blocks, **arguments)
    except SlackRefusedError as refusal:
        _check_form(who, refusal)
        answer = await calls.call(who, "chat.postMessage", mrkdwn=False, **arguments)
    return str(answer["ts"])


async def change(calls: PacedCalls, who: str, where: Where, ts: str, shown: Rendered) -> None:
    """Show something else in a message of ours; doing it twice is doing it once. Raises as `PacedCalls.call`."""
    arguments = {"channel": where.channel, "ts": ts, "text": shown.text}
    try:
        await calls.call(who, "chat.update", blocks=shown.blocks, **arguments)
    except SlackRefusedError as refusal:
        _check_form(who, refusal)
        await calls.call(who, "chat.update", **arguments)


def _check_form(who: str, refusal: SlackRefusedError) -> None:
    """Raise it again unless it is about the blocks."""
    if trouble_of(refusal) is not Trouble.FORM:
        raise refusal
    _log.error("slack: %s is shown without its blocks: %s", who, refusal.sentence)
