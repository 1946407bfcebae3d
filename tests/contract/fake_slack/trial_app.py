"""A small app on slack_bolt, by HTTP or by Socket Mode: what the fake is tried with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from fakes.slack import FakeSlack

DOORS = ("http", "socket")


@dataclass
class TrialApp:
    """`bolt` takes listeners; `events` and `bodies` are what has come in. An event is kept and acknowledged at once.

    `heard` names the events that go on to listeners. With `gate` nothing is acknowledged before it is set; of
    `failures` as many answers are 500.
    """

    slack: FakeSlack
    client: AsyncWebClient
    bolt: AsyncApp = field(init=False)
    events: list[dict[str, Any]] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    retries: list[tuple[str, str]] = field(default_factory=list)
    handlers: list[AsyncSocketModeHandler] = field(default_factory=list)
    heard: set[str] = field(default_factory=set)
    gate: asyncio.Event | None = None
    failures: int = 0

    def __post_init__(self) -> None:
        secret = self.slack.app.signing_secret
        self.bolt = AsyncApp(client=self.client, signing_secret=secret, before_authorize=self._keep)

    async def _keep(self, req: AsyncBoltRequest, next: Any) -> Any:  # noqa: A002 - slack_bolt names it so
        self.bodies.append(req.body)
        event = req.body.get("event") or {}
        if self.gate:
            await self.gate.wait()
        if self.failures > 0:
            self.failures -= 1
            return BoltResponse(status=500)
        if req.body.get("type") == "event_callback":
            self.events.append(event)
            self.retries.append((req.headers.get("x-slack-retry-num", [""])[0], event.get("text", "")))
            if event["type"] not in self.heard:
                return BoltResponse(status=200)
        elif req.body.get("type") == "app_rate_limited":
            return BoltResponse(status=200)
        return await next()


@asynccontextmanager
async def running(slack: FakeSlack, door: str, sockets: int = 1) -> AsyncIterator[TrialApp]:
    """The app, connected."""
    app = TrialApp(slack, AsyncWebClient(slack.app.bot_token, base_url=slack.api_url, retry_handlers=[]))
    async with _by_http(app) if door == "http" else _by_socket(app, sockets):
        yield app


@asynccontextmanager
async def _by_http(app: TrialApp) -> AsyncIterator[None]:
    async def answer(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await app.bolt.async_dispatch(await to_bolt_request(request)))

    served = web.Application()
    served.router.add_post("/slack/events", answer)
    runner = web.AppRunner(served, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    app.slack.deliver_by_http(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events")
    try:
        yield
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _by_socket(app: TrialApp, sockets: int) -> AsyncIterator[None]:
    for _ in range(sockets):
        handler = AsyncSocketModeHandler(app.bolt, app.slack.app.app_token, web_client=app.client, ping_interval=0.2)
        app.handlers.append(handler)
        await handler.connect_async()
    await app.slack.until(lambda: len(app.slack.sockets) == sockets)
    try:
        yield
    finally:
        for handler in app.handlers:
            await handler.close_async()
