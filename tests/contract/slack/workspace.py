"""The connection to the home workspace of a fake Slack, and a server that answers what a test wants."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from fakes.slack import FakeSlack
from intakebot.channels.slack.calls import Calls
from intakebot.channels.slack.connection import SlackConnection

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
