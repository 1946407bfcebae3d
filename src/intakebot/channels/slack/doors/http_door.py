"""The door for Slack's requests by HTTP: one address, small bodies, nobody who dawdles.

Started by the channel as one task. A reverse proxy with a certificate stands in front of it. It promises that a
request is answered only after the app has answered it, that no body is read further than Slack would write one, and
that requests which are under way when the house closes are finished.
"""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response

from intakebot.channels.slack.doors.app import SlackApp
from intakebot.channels.slack.web.connection import SlackConnection
from intakebot.domain.errors import DoorUnavailableError, IntakebotError
from intakebot.edge import guarded

LARGEST_BODY = 4 << 20
"""Bytes. A message of 40,000 characters comes several times in one interaction, each character as a form writes it."""
BODY_SECONDS = 10.0
HEAD_SECONDS = 30.0
"""How long a connection may be silent, or be at the head of a request."""
GRACE_SECONDS = 5.0
CHUNK = 64 * 1024

_log = logging.getLogger(f"{__name__}.aiohttp")
_log.setLevel(logging.CRITICAL)  # what strangers send is no error of ours, and needs no traceback


class HttpDoor:
    """`listening` is set once requests are taken; `port` is then the one that was bound.

    The times, in seconds, are there for tests.
    """

    def __init__(
        self,
        app: SlackApp,
        connection: SlackConnection,
        *,
        body_seconds: float = BODY_SECONDS,
        head_seconds: float = HEAD_SECONDS,
    ) -> None:
        self.name = connection.name
        self.port = connection.port
        self.trouble = ""
        self.listening = asyncio.Event()
        self._app = app
        self._connection = connection
        self._body_seconds = body_seconds
        self._head_seconds = head_seconds

    async def serve(self, stop: asyncio.Event) -> None:
        """Answer until `stop`, then finish what is under way. Raises DoorUnavailableError when it cannot listen."""
        server = web.Server(
            self._answer,
            keepalive_timeout=self._head_seconds,
            lingering_time=1.0,
            auto_decompress=False,  # Slack compresses nothing
            access_log=None,
            logger=_log,
        )
        runner = web.ServerRunner(server, shutdown_timeout=GRACE_SECONDS)
        await runner.setup()
        try:
            await self._listen(runner)
            await stop.wait()
        finally:
            self.listening.clear()
            await runner.cleanup()

    async def _listen(self, runner: web.ServerRunner) -> None:
        wanted = self._connection
        try:
            await web.TCPSite(runner, wanted.host, wanted.port).start()
        except OSError as error:
            sentence = (
                f"the door {self.name} cannot listen on {wanted.host}:{wanted.port}: {error.strerror or error};"
                " choose another address for it in the configuration, or stop what listens there"
            )
            raise DoorUnavailableError(sentence) from error
        self.port = runner.addresses[0][1]
        self.listening.set()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path != self._connection.path:
            return _status(HTTPStatus.NOT_FOUND)
        if request.method != "POST":
            return _status(HTTPStatus.METHOD_NOT_ALLOWED, Allow="POST")
        try:
            async with asyncio.timeout(self._body_seconds):
                body = await _body(request)
        except TimeoutError:
            return _status(HTTPStatus.REQUEST_TIMEOUT)
        if body is None:
            return _status(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        headers = {name.lower(): value for name, value in request.headers.items()}
        answer = await guarded(f"slack {self.name}", self._app.by_http(body, headers))
        if isinstance(answer, IntakebotError):
            return _status(HTTPStatus.INTERNAL_SERVER_ERROR)
        return await to_aiohttp_response(answer)


async def _body(request: web.BaseRequest) -> bytes | None:
    """The body; None when there is more of it than may be. What is announced as too large is not read at all."""
    if (request.content_length or 0) > LARGEST_BODY:
        return None
    body = bytearray()
    async for chunk in request.content.iter_chunked(CHUNK):
        body += chunk
        if len(body) > LARGEST_BODY:
            return None
    return bytes(body)


def _status(status: HTTPStatus, **headers: str) -> web.Response:
    """An answer without content, after which the connection ends."""
    response = web.Response(status=status, headers=headers)
    response.force_close()
    return response
