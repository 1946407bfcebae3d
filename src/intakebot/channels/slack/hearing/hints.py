"""A sentence for one person, seen by nobody else: why something was not done, or how it can be.

A courtesy: when the platform does not take it, nothing else fails.
"""

from __future__ import annotations

from intakebot.channels.slack.drawing.safe_text import escape
from intakebot.channels.slack.hearing.spoken import Spoken
from intakebot.channels.slack.web.calls import Calls
from intakebot.edge import guarded

SAY_WHAT = (
    "Say in the same message what it is about, or call me in the thread of a message: then it is registered as a case."
)
NOBODY_READS = "Nobody reads answers to this message. Write in the thread of the case's card, or send me a new message."
NOT_OF_APPS = "Only messages that people wrote can be made a case."


async def tell(calls: Calls, said: Spoken, sentence: str) -> None:
    """Show the sentence to whoever said it, where it was said."""
    await tell_user(calls, said.channel, said.user, sentence, said.thread_ts)


async def tell_user(calls: Calls, channel: str, user: str, sentence: str, thread_ts: str = "") -> None:
    """Show the sentence to that user there."""
    shown = calls.call(
        "chat.postEphemeral", channel=channel, user=user, text=escape(sentence), thread_ts=thread_ts or None
    )
    await guarded("slack hint", shown)
