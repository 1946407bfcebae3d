"""The door for Socket Mode: several connections, watched, so that there is always one that Slack can send to.

Started by the channel as one task. Slack ends each connection every few hours and says so ten seconds before: the
next one is open before the old one is given up. It promises to go on trying for as long as the house stands, less and
less often, and to say what is wrong (`trouble`) when nothing can come in.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from slack_sdk.socket_mode.request import SocketModeRequest

from intakebot.channels.slack.doors.app import SlackApp, acknowledgement
from intakebot.channels.slack.doors.socket import Socket
from intakebot.channels.slack.web.calls import Calls, SlackLimitedError, SlackRefusedError
from intakebot.domain.errors import IntakebotError, TokenRefusedError
from intakebot.edge import guarded
from intakebot.ports import Clock

_log = logging.getLogger(__name__)

SENTENCES: Mapping[str, str] = {
    "link_disabled": "Socket Mode is switched off: switch it on in the settings of the app, or use `mode: http`",
    "too_many_websockets": "the app has more than ten connections: stop other programs that use the same app token",
}


PLANNED = frozenset({"warning", "refresh_requested"})
"""Slack ends this connection soon, and would like another one in its place."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How many connections, and how fast. `heartbeat` in real seconds; everything else on the house's clock.

    The connections are opened `stagger` apart, so that they do not end together. `again` is the wait after the first
    failure, doubled by each further one up to `at_most`; a connection that lasted `settled` starts anew. `alarm` is
    how long nothing may come in before that is trouble.
    """

    connections: int = 2
    stagger: timedelta = timedelta(seconds=5)
    hello: timedelta = timedelta(seconds=10)
    again: timedelta = timedelta(seconds=1)
    at_most: timedelta = timedelta(minutes=1)
    settled: timedelta = timedelta(seconds=30)
    alarm: timedelta = timedelta(minutes=1)
    heartbeat: float = 10.0

    def rest(self, failures: int, reason: str, random: Random) -> timedelta:
        """How long to wait before the next connection after so many failures; `reason` ended the last one."""
        doubled: int = 2 ** min(max(failures - 1, 0), 10)
        longest = self.at_most if reason in SENTENCES else min(self.again * doubled, self.at_most)
        return longest * random.uniform(0.5, 1.0)


class SocketDoor:
    """`listening` is set once the first connection was greeted; `random` spreads what many would do at once."""

    def __init__(
        self, name: str, app: SlackApp, calls: Calls, clock: Clock, random: Random, pace: Pace | None = None
    ) -> None:
        self.name = name
        self.listening = asyncio.Event()
        self._app = app
        self._calls = calls
        self._clock = clock
        self._random = random
        self._pace = pace or Pace()
        self._sockets: dict[Socket, asyncio.Task[Any]] = {}
        self._down_since: datetime | None = clock.now()
        self._why = ""
        self._said = False
        self._has_asked = False
        self._not_before = clock.now()

    @property
    def trouble(self) -> str:
        """'' or a sentence for operators: why nothing comes in, and what to change."""
        if self._down_since is None:
            return ""
        known = SENTENCES.get(self._why, "") or (self._why if " " in self._why else "")
        if not known and self._clock.now() - self._down_since < self._pace.alarm:
            return ""
        return f"nothing comes in from Slack since {self._down_since:%H:%M}: {known or 'it cannot be reached'}"

    async def serve(self, stop: asyncio.Event) -> None:
        """Keep the connections open until `stop`; then finish what is under way.

        Raises TokenRefusedError when Slack refuses the app token at the very start; later on that is `trouble`.
        """
        lanes = [asyncio.get_running_loop().create_task(self._lane(n, stop)) for n in range(self._pace.connections)]
        try:
            await asyncio.gather(*lanes)
        finally:
            for lane in lanes:
                lane.cancel()
            for socket in self._sockets:
                socket.close()
            if self._sockets:
                await asyncio.wait(set(self._sockets.values()))

    async def _lane(self, number: int, stop: asyncio.Event) -> None:
        """Keep one connection open: replace it when it is about to end, and try again when it fails."""
        await self._clock.until(self._clock.now() + number * self._pace.stagger, stop)
        failures = 0
        while not stop.is_set():
            opened_at = self._clock.now()
            reason = await self._one_connection(stop)
            lasted = self._clock.now() - opened_at >= self._pace.settled
            failures = 0 if lasted and reason else failures + 1
            self._look_around()
            if failures or reason not in PLANNED:
                rested_at = self._clock.now() + self._pace.rest(failures, reason, self._random)
                await self._clock.until(max(rested_at, self._not_before), stop)

    async def _one_connection(self, stop: asyncio.Event) -> str:
        """Open a connection; return when it is about to end, or has ended, with the reason ('' = none was opened).

        Until Slack closes it, it goes on answering: the next one is open by then.
        """
        socket = await self._opened(stop)
        if socket is None:
            return ""
        await _either(socket.leaving, stop)
        self._why = socket.reason
        return socket.reason

    async def _opened(self, stop: asyncio.Event) -> Socket | None:
        """A connection that Slack has greeted, or None."""
        url = await guarded("slack socket", self._calls.open_socket())
        if isinstance(url, IntakebotError):
            self._failed(url)
            return None
        socket = Socket(self._receive, self._pace.heartbeat)
        task = asyncio.get_running_loop().create_task(self._lived(socket, url))
        self._sockets[socket] = task
        await self._greeting(socket, stop)
        if socket.usable:
            self._up()
            return socket
        task.cancel()  # not greeted: nothing has come by it
        self._why = socket.reason
        return None

    async def _lived(self, socket: Socket, url: str) -> None:
        try:
            await guarded("slack socket", socket.live(url))
        finally:
            del self._sockets[socket]
            self._look_around()

    async def _greeting(self, socket: Socket, stop: asyncio.Event) -> None:
        over = asyncio.get_running_loop().create_task(_either(socket.greeted, socket.leaving, stop))
        enough = asyncio.Event()
        over.add_done_callback(lambda _: enough.set())
        try:
            await self._clock.until(self._clock.now() + self._pace.hello, enough)
        finally:
            over.cancel()

    async def _receive(self, request: SocketModeRequest) -> str | None:
        headers = {"x-slack-retry-num": str(request.retry_attempt)} if request.retry_attempt else {}
        if request.retry_attempt and request.retry_reason:
            headers["x-slack-retry-reason"] = str(request.retry_reason)
        answer = await guarded("slack socket", self._app.by_socket(request.payload, headers))
        return None if isinstance(answer, IntakebotError) else acknowledgement(request.envelope_id, answer)

    # --- how it stands

    def _up(self) -> None:
        if self._said:
            _log.warning("slack: things come in again")
        self._down_since, self._why, self._said, self._has_asked = None, "", False, True
        self.listening.set()

    def _failed(self, error: IntakebotError) -> None:
        """No address for a connection. What Slack refuses needs a person; everything else needs time."""
        if isinstance(error, SlackLimitedError):
            self._not_before = self._clock.now() + error.retry_after
            return
        self._why = ""
        if isinstance(error, SlackRefusedError):
            self._why = app_token_refused(error.error)
            if not self._has_asked:
                raise TokenRefusedError(f"the channel {self.name} cannot start: {self._why}") from error
        self._has_asked = True

    def _look_around(self) -> None:
        """Note since when nothing can come in, and say so once."""
        if any(socket.usable for socket in self._sockets):
            return
        self._down_since = self._down_since or self._clock.now()
        if self.trouble and not self._said:
            self._said = True
            _log.error("slack: %s", self.trouble)


def app_token_refused(error: str) -> str:
    """The sentence for an app token that opens no socket."""
    return (
        f"Slack refuses the app token ({error}): make one with the scope connections:write in the settings of the app"
        " (Basic Information, App-Level Tokens), put it into `app_token` and restart"
    )


async def _either(*events: asyncio.Event) -> None:
    """Return when one of them is set."""
    waiting = [asyncio.get_running_loop().create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
