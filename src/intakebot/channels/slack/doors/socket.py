"""One Socket Mode connection: from the address that Slack gave for it to its end.

Made by `socket_door`, which keeps several of them alive. It promises that an envelope is acknowledged only after the
app has answered it with 200, on the connection that it came by, and that what is under way is finished before the
connection is closed by us.

This is not slack_sdk's client: that one closes a connection before it opens the next, keeps no hold of the tasks that
answer, waits for its lost token without end, and can only be watched from outside.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

import aiohttp
from slack_sdk.socket_mode.request import SocketModeRequest

from intakebot.channels.slack.web.addresses import proxy_for

Receive: TypeAlias = Callable[[SocketModeRequest], Awaitable[str | None]]
"""Answers an envelope with the acknowledgement to send, or with None when there shall be none."""

AT_ONCE = 50
"""Envelopes under way on one connection; the next ones wait with Slack."""
LARGEST_MESSAGE = 16 << 20
FINISH_SECONDS = 5.0
CLOSE_SECONDS = 2.0

_log = logging.getLogger(__name__)


class Socket:
    """One connection. `greeted` is set by Slack's hello; `leaving` when it is about to end or has ended.

    `reason` then says why: Slack's word (`warning`, `refresh_requested`, `link_disabled`, `too_many_websockets`),
    `closed` or `unreachable`.
    """

    def __init__(self, receive: Receive, heartbeat: float) -> None:
        self.greeted = asyncio.Event()
        self.leaving = asyncio.Event()
        self.reason = ""
        self._receive = receive
        self._heartbeat = heartbeat
        self._room = asyncio.Semaphore(AT_ONCE)
        self._under_way: set[asyncio.Task[None]] = set()
        self._closing = asyncio.Event()

    @property
    def usable(self) -> bool:
        """Whether Slack sends to it."""
        return self.greeted.is_set() and not self.leaving.is_set()

    async def live(self, url: str) -> None:
        """Connect, and answer what comes until either side ends it. Never raises for the network."""
        try:
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None, sock_connect=10)) as session:
                # The heartbeat finds a connection that looks alive and is not: no pong, and it is closed.
                connecting = session.ws_connect(
                    url,
                    heartbeat=self._heartbeat,
                    proxy=proxy_for(url),
                    max_msg_size=LARGEST_MESSAGE,
                    timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_SECONDS),
                )
                async with connecting as wire:
                    await self._converse(wire)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            _log.info("slack socket: %s", type(error).__name__)
            self._leave("unreachable")
        finally:
            self._leave("closed")

    def close(self) -> None:
        """Take nothing more, finish what is under way, then close. `live` returns when that has happened."""
        self._closing.set()

    async def _converse(self, wire: aiohttp.ClientWebSocketResponse) -> None:
        reading = asyncio.get_running_loop().create_task(self._read(wire))
        closing = asyncio.get_running_loop().create_task(self._closing.wait())
        try:
            await asyncio.wait({reading, closing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._leave("closed")
            reading.cancel()
            closing.cancel()
            await asyncio.wait({reading, closing})
            await self._finish()
        if not reading.cancelled():
            reading.result()

    async def _read(self, wire: aiohttp.ClientWebSocketResponse) -> None:
        async for message in wire:
            if message.type is aiohttp.WSMsgType.TEXT:
                await self._hear(wire, message.data)

    async def _hear(self, wire: aiohttp.ClientWebSocketResponse, text: str) -> None:
        try:
            said = json.loads(text)
        except (ValueError, RecursionError):
            said = None
        kind = said.get("type") if isinstance(said, dict) else None
        if kind == "hello":
            self.greeted.set()
        elif kind == "disconnect":
            self._leave(str(said.get("reason") or "closed"))
        elif isinstance(said, dict) and "envelope_id" in said:
            await self._room.acquire()
            self._start(wire, said)
        else:
            _log.warning("slack socket: something that nobody knows: %.60r", kind)

    def _start(self, wire: aiohttp.ClientWebSocketResponse, said: Mapping[str, Any]) -> None:
        task = asyncio.get_running_loop().create_task(self._answer(wire, said))
        self._under_way.add(task)
        task.add_done_callback(self._answered)

    def _answered(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._room.release()

    async def _answer(self, wire: aiohttp.ClientWebSocketResponse, said: Mapping[str, Any]) -> None:
        payload = said.get("payload")
        if not isinstance(payload, dict):
            _log.warning("slack socket: an envelope without a payload")
            return
        request = SocketModeRequest.from_dict({**said, "payload": payload})
        acknowledgement = await self._receive(request) if request else None
        if acknowledgement is None:
            return
        try:
            await wire.send_str(acknowledgement)
        except (aiohttp.ClientError, OSError, RuntimeError):  # closed meanwhile: Slack brings it again
            _log.info("slack socket: closed before an envelope was acknowledged")

    async def _finish(self) -> None:
        """Wait for what is under way; what takes too long stays without an acknowledgement, and comes again."""
        if not self._under_way:
            return
        _, late = await asyncio.wait(set(self._under_way), timeout=FINISH_SECONDS)
        for task in late:
            task.cancel()

    def _leave(self, reason: str) -> None:
        self.reason = self.reason or reason
        self.leaving.set()
