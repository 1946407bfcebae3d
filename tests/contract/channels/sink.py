"""A next hop that does as the test says: an SMTP server with scripted answers."""

from __future__ import annotations

import asyncio
import socket
import struct
from base64 import b64decode
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiosmtpd.smtp import SMTP, AuthResult

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator


@dataclass
class Sink:
    """Keeps what it takes. `answers` has the reply per hook ("MAIL", "RCPT", "DATA"); `reset` = RST after the dot.

    A `silent` sink does not answer the content until it `speaks`, one that is `silent_for` an address not that of its
    mails; `refused` has the answers to RCPT by address; `hang_up_before` names the hook that drops the connection
    instead, `silent_at` one that says nothing the first time it is reached.
    """

    answers: dict[str, str] = field(default_factory=dict)
    reset: bool = False
    silent: bool = False
    silent_for: str = ""
    refused: dict[str, str] = field(default_factory=dict)
    hang_up_before: str = ""
    silent_at: str = ""
    speaks: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0
    connections: int = 0
    logins: list[Any] = field(default_factory=list)
    taken: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    open: list[SMTP] = field(default_factory=list)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self._answer("MAIL", server)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        answer = self.refused.get(address) or self._answer("RCPT", server)
        await self._be_silent("RCPT")
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        answer = self._answer("DATA", server)
        if answer.startswith("2"):
            self.taken.append((envelope.mail_from, list(envelope.rcpt_tos), envelope.content))
        if self.reset:
            plug: socket.socket = server.transport.get_extra_info("socket")
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            server.transport.abort()
        if self.silent or self.silent_for in envelope.rcpt_tos:
            await self.speaks.wait()
        return answer

    async def handle_RSET(self, server: SMTP, _session: Any, _envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        answer = self._answer("RSET", server)
        await self._be_silent("RSET")
        return answer

    async def auth_XOAUTH2(self, _server: SMTP, arguments: list[str]) -> AuthResult:  # noqa: N802 - aiosmtpd's name
        self.logins.append(b64decode(arguments[1]))
        return AuthResult(success=b"fresh" in self.logins[-1], handled=False)

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, login: Any) -> AuthResult:
        self.logins.append(login)
        return AuthResult(success=login.password == b"right", handled=False)

    async def _be_silent(self, hook: str) -> None:
        if hook == self.silent_at:
            self.silent_at = ""
            await asyncio.Event().wait()

    def _answer(self, hook: str, server: SMTP) -> str:
        self.heard.append(hook)
        if self.hang_up_before == hook:
            server.transport.abort()
        return self.answers.get(hook, "250 taken")


@asynccontextmanager
async def sinking(
    sink: Sink, tls: ssl.SSLContext | None = None, *, smtputf8: bool = True, **options: Any
) -> AsyncIterator[Sink]:
    """Run the sink on loopback; `tls` makes it offer STARTTLS."""
    loop = asyncio.get_running_loop()

    def session() -> SMTP:
        sink.connections += 1
        sink.open.append(
            SMTP(
                sink, hostname="sink.example", loop=loop, tls_context=tls, authenticator=sink.authenticate,
                enable_SMTPUTF8=smtputf8, **options,
            )
        )  # fmt: skip
        return sink.open[-1]

    server = await loop.create_server(session, "127.0.0.1", 0)
    sink.port = server.sockets[0].getsockname()[1]
    try:
        yield sink
    finally:
        server.close()
        hang_up(sink)


def hang_up(sink: Sink) -> None:
    """Drop all connections, as a next hop does with idle ones."""
    for session in sink.open:
        if session.transport is not None:
            session.transport.abort()
