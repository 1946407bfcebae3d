"""Calls that keep the pace: what may not be called now comes back with the moment to ask again.

Everything that leaves to the workspace goes through here: the outlet, the worker of posts, files. Nothing waits in
here, but calls that share a limit go one after the other, so that none is under way when the platform refuses the
one before it.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from intakebot.channels.slack.calls import LOOK_AGAIN, Calls
from intakebot.channels.slack.pacing import POST, Pacing
from intakebot.domain.errors import IntakebotError, Remedy, SlackLimitedError, SlackUnreachableError
from intakebot.ports import Clock


class HeldBackError(IntakebotError):
    """This may not be called now; it certainly was not done. Ask again at `until`."""

    code = "slack.held-back"
    remedy = Remedy.LATER

    def __init__(self, sentence: str, until: datetime) -> None:
        super().__init__(sentence)
        self.until = until


class PacedCalls:
    """The calls of one workspace; `calls` without a pace, for what is limited in no way that matters."""

    def __init__(self, calls: Calls, clock: Clock) -> None:
        self.calls = calls
        self._clock = clock
        self._pacing = Pacing()
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
        channel = str(arguments.get("channel", ""))
        async with self._lanes[(method, channel if method == POST else "")]:
            turn = self._pacing.turn(method, channel, who, self._clock.now())
            if turn is not None:
                raise HeldBackError(f"{method} waits for its turn", turn)
            try:
                return await self.calls.call(method, **arguments)
            except SlackLimitedError as limited:
                until = self._pacing.limited(method, channel, limited.retry_after, self._clock.now())
                raise HeldBackError(limited.sentence, until) from limited
            except SlackUnreachableError as unreachable:
                if self.calls.trouble and unreachable.taken is False:
                    raise HeldBackError(self.calls.trouble, self._clock.now() + LOOK_AGAIN) from unreachable
                raise
