"""Delivery by Socket Mode: web sockets that the app opens, each envelope to one of them, acknowledged by its id.

Tests make trouble through `Sockets`: refresh, kill, half-open, disconnect.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from fakes.slack.background import Background
from fakes.slack.courier import ACK_SECONDS, Attempt, Delivery
from fakes.slack.records import Json
from fakes.slack.state import State
from fakes.slack.verdict import Verdict

MOST = 10
TYPES = {"event": "events_api", "interactive": "interactive", "options": "interactive", "command": "slash_commands"}
PING_SECONDS = 10.0
WARNING_SECONDS = 10.0


@dataclass(eq=False)
class Socket:
    """One connection. `half_open`: it looks alive and hears nothing."""

    number: int
    web_socket: web.WebSocketResponse
    request: web.Request
    half_open: bool = False
    leaving: bool = False
    pending: dict[str, asyncio.Future[Any]] = field(default_factory=dict)

    @property
    def usable(self) -> bool:
        """Whether Slack would still send to it."""
        return not self.leaving and not self.web_socket.closed


@dataclass
class SocketDoor:
    """`app_id` is told in the hello; `background` runs what takes its time."""

    state: State
    verdict: Verdict
    app_id: str
    background: Background
    origin: str = ""
    tickets: set[str] = field(default_factory=set)
    sockets: list[Socket] = field(default_factory=list)
    opened: int = 0
    lifetime: int = 18060
    _envelopes: dict[str, Socket] = field(default_factory=dict)
    _acked: set[str] = field(default_factory=set)
    _last: dict[str, Socket] = field(default_factory=dict)
    _turn: int = 0

    def open(self) -> str:
        """An address for one socket, good once."""
        ticket = secrets.token_hex(16)
        self.tickets.add(ticket)
        return f"{self.origin.replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id={self.app_id}"

    @property
    def live(self) -> list[Socket]:
        """The open sockets that Slack would send to."""
        return [one for one in self.sockets if one.usable]

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One socket, from its handshake to its end."""
        ticket = request.query.get("ticket", "")
        if ticket not in self.tickets:
            return web.Response(status=404, text="invalid ticket")
        self.tickets.discard(ticket)
        web_socket = web.WebSocketResponse(autoping=False, autoclose=True, timeout=0.5)
        await web_socket.prepare(request)
        if len(self.live) >= MOST:
            await web_socket.send_json(_disconnect("too_many_websockets"))
            await web_socket.close()
            return web_socket
        await self._live(Socket(self.opened, web_socket, request))
        return web_socket

    async def send(self, delivery: Delivery, number: int, reason: str) -> Attempt:
        """Send it once, to a socket other than last time if there is one."""
        attempt = Attempt(number, "socket", self.state.clock.time())
        try:
            attempt.body = await self.state.clock.within(ACK_SECONDS, self._exchange(delivery, number, reason, attempt))
            attempt.status = 200
        except TimeoutError:
            attempt.reason = "timeout"
            attempt.blameless = attempt.status is None or self._last[delivery.id].half_open
        except ConnectionError:
            attempt.reason, attempt.blameless = "connection_failed", True
        attempt.seconds = self.state.clock.time() - attempt.at
        return attempt

    async def _exchange(self, delivery: Delivery, number: int, reason: str, attempt: Attempt) -> Any:
        socket = await self._choose(delivery)
        attempt.status = 0  # it was sent: from here on the app can be blamed
        envelope = secrets.token_hex(16)
        answer = socket.pending[envelope] = asyncio.get_running_loop().create_future()
        self._envelopes[envelope], self._last[delivery.id] = socket, socket
        try:
            if not socket.half_open:
                with contextlib.suppress(ConnectionError):
                    await socket.web_socket.send_str(json.dumps(_envelope(envelope, delivery, number, reason)))
            return await answer
        finally:
            socket.pending.pop(envelope, None)

    async def _choose(self, delivery: Delivery) -> Socket:
        bell = self.state.listen()
        try:
            while not self.live:
                bell.clear()
                await bell.wait()
        finally:
            self.state.ignore(bell)
        others = [one for one in self.live if one is not self._last.get(delivery.id)] or self.live
        self._turn += 1
        return others[self._turn % len(others)]

    async def _live(self, socket: Socket) -> None:
        self.opened += 1
        await socket.web_socket.send_json(self._hello(len(self.live) + 1))
        self.sockets.append(socket)
        self.state.changed()
        pinging = asyncio.ensure_future(self._ping(socket))
        try:
            await self._listen(socket)
        finally:
            pinging.cancel()
            self.sockets.remove(socket)
            for answer in list(socket.pending.values()):
                if not answer.done():
                    answer.set_exception(ConnectionError("the socket is gone"))
            self.state.changed()

    async def _listen(self, socket: Socket) -> None:
        async for message in socket.web_socket:
            if socket.half_open:
                continue
            if message.type is WSMsgType.PING:
                await socket.web_socket.pong(message.data)
            elif message.type is WSMsgType.TEXT:
                self._heard(socket, message.data)

    def _heard(self, socket: Socket, text: str) -> None:
        try:
            said = json.loads(text)
        except ValueError:
            self.verdict.fail("interaction-body", f"not JSON on a socket: {text[:80]!r}")
            return
        envelope = str(said.get("envelope_id", ""))
        origin = self._envelopes.get(envelope)
        if origin is None:
            self.verdict.fail("unknown-ack", f"an acknowledgement of {envelope or 'nothing'}")
            return
        if envelope in self._acked:
            self.verdict.fail("duplicate-ack", f"{envelope} was acknowledged again")
            return
        self._acked.add(envelope)
        if origin is not socket:
            self.verdict.note("ack-elsewhere", f"{envelope} of socket {origin.number} came on {socket.number}")
        answer = origin.pending.get(envelope)
        if answer is None or answer.done():
            self.verdict.note("late-ack", f"{envelope} was acknowledged when nobody waited any more")
        else:
            answer.set_result(said.get("payload"))

    async def _ping(self, socket: Socket) -> None:
        while not socket.web_socket.closed:
            if not socket.half_open:
                with contextlib.suppress(ConnectionError):
                    await socket.web_socket.ping(f"Ping from slack {socket.number}".encode())
            await self.state.clock.until(self.state.clock.time() + PING_SECONDS)

    def _hello(self, count: int) -> Json:
        debug = {"host": "applink-0", "build_number": 10, "approximate_connection_time": self.lifetime}
        connection = {"app_id": self.app_id}
        return {"type": "hello", "num_connections": count, "debug_info": debug, "connection_info": connection}


@dataclass
class Sockets:
    """What a test does to the sockets; `n` counts the open ones from 0, None is all of them."""

    door: SocketDoor

    def __len__(self) -> int:
        return len(self.door.live)

    def refresh(self, n: int | None = None, reason: str = "refresh_requested") -> asyncio.Future[Any]:
        """Ask for a new connection in place of this one; Slack closes the old one ten seconds later."""
        return self.door.background.start(self._each(n, self._leave, reason, WARNING_SECONDS))

    def warn(self, n: int | None = None) -> asyncio.Future[Any]:
        """As `refresh`, in the words that come ten seconds before the end of a connection's life."""
        return self.refresh(n, "warning")

    def disconnect(self, reason: str, n: int | None = None) -> asyncio.Future[Any]:
        """Say why and close at once (`link_disabled`: somebody has turned Socket Mode off)."""
        return self.door.background.start(self._each(n, self._leave, reason, 0.0))

    def kill(self, n: int | None = None) -> None:
        """Cut the connection without a word."""
        for socket in self._chosen(n):
            socket.leaving = True
            if socket.request.transport is not None:
                socket.request.transport.abort()

    def half_open(self, n: int | None = None) -> None:
        """From now on it stays open, answers no ping and hears nothing."""
        for socket in self._chosen(n):
            socket.half_open = True

    def _chosen(self, n: int | None) -> list[Socket]:
        return list(self.door.live) if n is None else [self.door.live[n]]

    async def _each(self, n: int | None, act: Any, *arguments: Any) -> None:
        await asyncio.gather(*(act(socket, *arguments) for socket in self._chosen(n)))

    async def _leave(self, socket: Socket, reason: str, seconds: float) -> None:
        socket.leaving = True
        with contextlib.suppress(ConnectionError):
            await socket.web_socket.send_json(_disconnect(reason))
        self.door.background.start(self._end(socket, seconds))

    async def _end(self, socket: Socket, seconds: float) -> None:
        if seconds:
            await self.door.state.clock.until(self.door.state.clock.time() + seconds)
        await socket.web_socket.close()


def _disconnect(reason: str) -> Json:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-0"}}


def _envelope(name: str, delivery: Delivery, number: int, reason: str) -> Json:
    envelope: Json = {
        "envelope_id": name,
        "payload": delivery.body,
        "type": TYPES[delivery.kind],
        "accepts_response_payload": delivery.kind != "event",
    }
    if delivery.kind == "event":
        envelope |= {"retry_attempt": number, "retry_reason": reason}
    return envelope
