"""Calls that keep the pace: what may not be called now comes back with the moment to ask again.

Everything that leaves to the workspace goes through here: the outlet, the worker of posts, files. Nothing waits in
here, but calls that share a limit go one after the other, so that none is under way when the platform refuses the
one before it. While nobody answers over there, all but one are held back.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from intakebot.channels.slack.showing.pacing import POST, Pacing
from intakebot.channels.slack.showing.reach import Reach
from intakebot.channels.slack.showing.troubles import SHARED_OUTSIDE, Trouble, trouble_of
from intakebot.channels.slack.web.alarms import Alarms
from intakebot.channels.slack.web.calls import LOOK_AGAIN, Calls, Us
from intakebot.domain.errors import (
    IntakebotError,
    Remedy,
    SlackLimitedError,
    SlackRefusedError,
    SlackUnreachableError,
)
from intakebot.ports import Clock

_WRITING = frozenset({POST, "chat.update", "files.completeUploadExternal"})


class HeldBackError(IntakebotError):
    """This may not be called now; it certainly was not done. Ask again at `until`."""

    code = "slack.held-back"
    remedy = Remedy.LATER

    def __init__(self, sentence: str, until: datetime) -> None:
        super().__init__(sentence)
        self.until = until


NO_WRITING = "slack.no-writing"
ASKED_AGAIN = timedelta(minutes=5)


class PacedCalls:
    """The calls of one workspace; `calls` without a pace, for what is limited in no way that matters.

    A conversation that cannot be written in sounds an alarm here, whoever wrote.
    """

    def __init__(self, calls: Calls, clock: Clock, alarms: Alarms) -> None:
        self.calls = calls
        self.alarms = alarms
        self._clock = clock
        self._pacing = Pacing()
        self._reach = Reach()
        self._inside_until: dict[str, datetime] = {}
        self._lanes: defaultdict[tuple[str, str], asyncio.Lock] = defaultdict(asyncio.Lock)

    async def call(self, who: str, method: str, **arguments: Any) -> Mapping[str, Any]:  # noqa: ANN401 - the platform's
        """Call a method, if it may be called now.

        Args:
            who: What is being shown or sent (`post 17`); it keeps its place among those who wait.
            method: The platform's name of the method.
            arguments: Its arguments.

        Raises:
            HeldBackError: It was not called, or refused for a time, or the workspace does not let us in.
            SlackRefusedError, SlackUnreachableError: As `calls.Calls`.
        """
        channel = str(arguments.get("channel") or arguments.get("channel_id") or "")
        async with self._lanes[(method, channel if method == POST else "")]:
            self._take_turn(who, method, channel)
            with self._translating(method, channel):
                answer = await self.calls.call(method, **arguments)
        self._reach.answered()
        if method in _WRITING:
            self.alarms.silence(NO_WRITING, channel)
        return answer

    async def keep_inside(self, who: str, channel: str) -> None:
        """Make sure that nobody of another company reads a channel; asked again after some minutes.

        Raises SlackRefusedError (`SHARED_OUTSIDE`) where they do, and as `call`. What cannot be asked about cannot be
        written in either, and says so by itself.
        """
        now = self._clock.now()
        if self._inside_until.get(channel, now) > now:
            return
        try:
            answer = await self.call(who, "conversations.info", channel=channel)
        except SlackRefusedError:
            return
        if (answer.get("channel") or {}).get("is_ext_shared"):
            sentence = f"{channel} is shared with another company, whose people would read what is internal"
            self.alarms.sound(NO_WRITING, channel, f"{sentence}: give the queue another channel. What is owed waits.")
            raise SlackRefusedError(sentence, SHARED_OUTSIDE)
        self._inside_until[channel] = now + ASKED_AGAIN

    async def us(self) -> Us:
        """Who we are there. Raises as `call`."""
        with self._translating("auth.test", ""):
            return await self.calls.us()

    async def put_file(self, url: str, content: bytes) -> None:
        """Bring the bytes of a file where the platform said. Raises as `call`."""
        with self._translating("upload", ""):
            await self.calls.put_file(url, content)

    def _take_turn(self, who: str, method: str, channel: str) -> None:
        now = self._clock.now()
        rest = self._reach.rest(now)
        if rest is not None:
            raise HeldBackError("Slack does not answer; it is looked for now and then", rest)
        turn = self._pacing.turn(method, channel, who, now)
        if turn is not None:
            raise HeldBackError(f"{method} waits for its turn", turn)

    @contextmanager
    def _translating(self, method: str, channel: str) -> Iterator[None]:
        try:
            yield
        except IntakebotError as error:
            translated = self._translated(error, method, channel)
            if translated is error:
                raise
            raise translated from error

    def _translated(self, error: IntakebotError, method: str, channel: str) -> IntakebotError:
        """The same, as whoever keeps the pace understands it."""
        now = self._clock.now()
        self._reach.unanswered(now) if isinstance(error, SlackUnreachableError) else self._reach.answered()
        if isinstance(error, SlackLimitedError):
            until = self._pacing.limited(method, channel, error.retry_after, now)
            return HeldBackError(error.sentence, until)
        if isinstance(error, SlackUnreachableError) and error.taken is False and self.calls.trouble:
            return HeldBackError(self.calls.trouble, now + LOOK_AGAIN)
        if isinstance(error, SlackRefusedError) and method in _WRITING and trouble_of(error) is Trouble.PLACE:
            sentence = f"Slack does not let the app write in {channel} ({error.error}): "
            self.alarms.sound(
                NO_WRITING,
                channel,
                f"{sentence}let the app in again, or name another channel in the configuration. What is owed waits.",
            )
        return error
