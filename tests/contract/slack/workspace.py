"""The transport to the home workspace of a fake Slack, by either door, and a server that answers what a test wants."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from aiohttp import web
from slack_bolt.async_app import AsyncApp

from fakes.chat_books import ChatBooks
from fakes.slack import FakeSlack
from intakebot.channels.slack.doors.app import SlackApp
from intakebot.channels.slack.doors.http_door import HttpDoor
from intakebot.channels.slack.doors.inbox import Inbox
from intakebot.channels.slack.doors.socket_door import Pace, SocketDoor
from intakebot.channels.slack.web.calls import Calls
from intakebot.channels.slack.web.connection import SlackConnection

Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]


def connection_to(slack: FakeSlack, mode: str = "socket", **more: object) -> SlackConnection:
    """As configured for the home workspace of the fake."""
    wanted = {
        "bot_token": slack.app.bot_token,
        "app_token": slack.app.app_token,
        "signing_secrets": (slack.app.signing_secret,),
        "port": 0,
        "api_url": slack.api_url,
    }
    return SlackConnection(name="workspace", mode=mode, **(wanted | more))


@asynccontextmanager
async def serving(answer: Answering) -> AsyncIterator[str]:
    """A server on this machine that answers everything by `answer`; its address, ending with `/`."""
    served = web.Application()
    served.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(served, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def calling(slack: FakeSlack, api_url: str) -> AsyncIterator[Calls]:
    """The calls of the home workspace, made to another address."""
    calls = Calls(connection_to(slack, api_url=api_url), slack.clock.source)
    try:
        yield calls
    finally:
        await calls.close()


FAST = Pace(stagger=timedelta(), again=timedelta(milliseconds=10), heartbeat=0.4)


@dataclass
class Transport:
    """What stands between Slack and a house: inbox, app and one door. `heard` are the hints, `woken` counts wakings."""

    slack: FakeSlack
    books: ChatBooks
    mode: str
    connection: SlackConnection
    registrars: Sequence[Callable[[AsyncApp], None]] = ()
    pace: Pace = FAST
    heard: list[Mapping[str, Any]] = field(default_factory=list)
    woken: int = 0
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        clock = self.slack.clock.source
        self.calls = Calls(self.connection, clock)
        self.inbox = Inbox(self.books, self._wake, self._hear)
        self.app = SlackApp(self.connection, self.books, self.inbox, self.registrars)
        self.door: HttpDoor | SocketDoor = (
            HttpDoor(self.app, self.connection)
            if self.mode == "http"
            else SocketDoor("workspace", self.app, self.calls, clock, Random(1), self.pace)  # noqa: S311 - no secret
        )

    def _wake(self) -> None:
        self.woken += 1

    def _hear(self, event: Mapping[str, Any]) -> None:
        self.heard.append(event)
        self.calls.hear(event)

    async def open(self) -> None:
        self.serving = asyncio.create_task(self.door.serve(self.stop))
        await asyncio.wait_for(self.door.listening.wait(), 5)
        if isinstance(self.door, HttpDoor):
            self.slack.deliver_by_http(f"http://127.0.0.1:{self.door.port}{self.connection.path}")
        else:
            await self.slack.until(lambda: len(self.slack.sockets) >= self.pace.connections)

    async def close(self) -> None:
        self.stop.set()
        await asyncio.wait_for(self.serving, 10)
        await self.app.close()
        await self.calls.close()


@asynccontextmanager
async def standing(slack: FakeSlack, books: ChatBooks, mode: str, **more: Any) -> AsyncIterator[Transport]:
    """A transport with its door open. Slack lets it open a connection at any time."""
    slack.limits.enabled = False
    transport = Transport(slack, books, mode, connection_to(slack, mode), **more)
    await transport.open()
    try:
        yield transport
    finally:
        await transport.close()
