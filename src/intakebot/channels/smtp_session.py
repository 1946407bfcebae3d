"""One SMTP or LMTP conversation (RFC 5321, RFC 2033), on top of aiosmtpd.

Made by `channels.smtp` for each connection. aiosmtpd speaks the commands; ours are the caps, the time limits,
the goodbye, the reading of the content, and the promise that 250 is said only after `Intake.receive` returned.
"""

# ruff: noqa: N802, N815 - aiosmtpd finds commands by these names

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from contextlib import suppress
from enum import Enum, auto
from typing import TYPE_CHECKING, cast

from aiosmtpd.smtp import SMTP

from intakebot.channels.smtp_content import IncomingContent
from intakebot.channels.smtp_reception import answer
from intakebot.domain.contact import Envelope, Incoming, Kept
from intakebot.edge import guarded

if TYPE_CHECKING:
    import aiosmtpd.smtp

    from intakebot.channels.smtp_reception import Reception

CHUNK_SIZE = 65_536
COMMAND_SIZE = 2048
MAX_ERRORS = 20
_PATH = re.compile(r"<((?:\"(?:[^\"\\]|\\.)*\"|[^<>\"\s])*)>\s*(.*)|([^<>\s]+)\s*(.*)", re.DOTALL)


class Phase(Enum):
    """Where a session is: between messages, reading content, or waiting until it is kept."""

    COMMANDS = auto()
    READING = auto()
    KEEPING = auto()


class SmtpSession(SMTP):
    """One connection."""

    session: aiosmtpd.smtp.Session
    envelope: aiosmtpd.smtp.Envelope
    transport: asyncio.Transport | None
    line_length_limit = CHUNK_SIZE  # the stream's buffer: content is read in chunks, its lines may have any length

    def __init__(self, reception: Reception) -> None:
        settings = reception.settings
        super().__init__(
            reception,
            data_size_limit=settings.size_limit,
            enable_SMTPUTF8=True,
            hostname=settings.hostname,
            ident="ESMTP",
            tls_context=settings.tls_context,
            timeout=settings.idle_timeout.total_seconds(),
            auth_exclude_mechanism=("LOGIN", "PLAIN"),
            loop=asyncio.get_running_loop(),
        )
        # aiosmtpd keeps these for all sessions at once and lets each EHLO raise them (case G05).
        self.command_size_limits = defaultdict(lambda: COMMAND_SIZE)
        self.peer_address = ""
        self._reception = reception
        self._phase = Phase.COMMANDS
        self._leaving = False
        self._spoken = False
        self._errors = 0
        self._total_handle: asyncio.TimerHandle | None = None

    # --- the connection ---

    @property
    def conversation(self) -> asyncio.Task[None] | None:
        """The task that ends when the connection has."""
        return self._handler_coroutine

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, or turn away who is above a cap; comes a second time when TLS has started."""
        if self._total_handle is None:
            peer = transport.get_extra_info("peername")
            self.peer_address = str(peer[0]) if peer else ""
            if not self._reception.admit(self):
                _turn_away(cast("asyncio.Transport", transport))
                return
            self._total_handle = self.loop.call_later(
                self._reception.settings.total_timeout.total_seconds(), self._out_of_time
            )
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Hang up on what is no SMTP, like a TLS hello on the plain port (case G09): a command begins with a letter."""
        if not self._spoken:
            self._spoken = True
            if not data[:1].isalpha() and self.transport is not None:
                self.transport.close()
                return
        super().data_received(data)

    def connection_lost(self, error: Exception | None) -> None:
        """Forget the session."""
        if self._total_handle is not None:
            self._total_handle.cancel()
        self._reception.see_off(self)
        super().connection_lost(error)

    async def _handle_client(self) -> None:
        with suppress(ConnectionError):  # a peer that went away is nobody's failure
            await super()._handle_client()

    async def push(self, status: str | bytes) -> None:
        """Answer; after too many refusals the answer is goodbye (case G07)."""
        self._errors += status[:1] in ("5", b"5")
        if self._errors > MAX_ERRORS:
            self._say_goodbye("421 4.7.0 too many errors")
            await self._writer.drain()
        else:  # an answer may quote what the peer said, which need not be text (VRFY)
            await super().push(status.encode("utf-8", "replace") if isinstance(status, str) else status)

    def leave(self) -> None:
        """End the session: now, or as soon as the message that is being taken has its answer."""
        if self._phase is Phase.COMMANDS:
            self._say_goodbye("421 4.3.2 shutting down")
        else:
            self._leaving = True

    def hang_up(self) -> None:
        """End the session, whatever it is doing."""
        if self.transport is not None:
            self.transport.abort()

    def _out_of_time(self) -> None:
        if self._phase is Phase.KEEPING:
            self._leaving = True
        else:
            self._say_goodbye("421 4.4.2 this took too long")

    def _timeout_cb(self) -> None:
        self._say_goodbye("421 4.4.2 nothing heard for too long")

    def _say_goodbye(self, reply: str) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(reply.encode() + b"\r\n")
            self.transport.close()
        if self._handler_coroutine is not None:
            self._handler_coroutine.cancel()

    # --- commands ---

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """An address and what follows it, or None twice; "<>" stays as it is (aiosmtpd takes "" for a mistake).

        Looks at no more than the brackets, so that hostile paths cost nothing (case F06). Source routes and
        the like stay part of the address, which is then simply unknown (case G06).
        """
        found = _PATH.fullmatch(arg)
        if not found or not arg.isprintable():  # isprintable: no controls, no octets that are not UTF-8
            return None, None
        bracketed, after, bare, after_bare = found.groups()
        return (bare, after_bare) if bare is not None else (bracketed or "<>", after)

    async def _hang_up_on_web_client(self, _arg: str | None) -> None:
        """A browser that was led here must not get to speak SMTP in its request's body (case G09)."""
        self._say_goodbye("421 4.7.0 this is not a web server")

    smtp_CONNECT = smtp_GET = smtp_POST = smtp_PUT = _hang_up_on_web_client

    async def smtp_DATA(self, arg: str | None) -> None:
        """Read the content, have it kept, and only then answer for it."""
        if await self.check_helo_needed():
            return
        if not self.envelope.rcpt_tos:
            await self.push("503 5.5.1 no valid recipients")
            return
        if arg:
            await self.push("501 5.5.4 DATA takes no argument")
            return
        self._phase = Phase.READING
        await self.push("354 end with <CR><LF>.<CR><LF>")
        content = await self._read_content()
        self._phase = Phase.KEEPING
        replies = self._replies_for(await self._keep(content))
        self.envelope = self._create_envelope()
        self._phase = Phase.COMMANDS
        for reply in replies:
            await self.push(reply)
        if self._leaving:
            self._say_goodbye("421 4.3.2 shutting down")

    async def _read_content(self) -> IncomingContent:
        content = IncomingContent(self._reception.settings.size_limit)
        rest = None
        while rest is None:
            chunk = await self._reader.read(CHUNK_SIZE)
            if not chunk:
                raise ConnectionResetError
            self._reset_timeout()
            rest = content.feed(chunk)
        if rest:  # pipelined commands; asyncio has no public way to give octets back to a stream
            self._reader._buffer[:0] = rest  # type: ignore[attr-defined]  # noqa: SLF001 - see above
        return content

    async def _keep(self, content: IncomingContent) -> str:
        if content.too_large:
            for recipient in self.envelope.rcpt_tos:
                self._reception.intake.refused_before_content(recipient, "too-large")
            return "552 5.3.4 message too large"
        incoming = Incoming("email", self._envelope_as_received(), content.content())
        if self._timeout_handle is not None:  # how long the house takes is not the sender's silence
            self._timeout_handle.cancel()
        kept = await guarded(f"smtp {self._reception.route}", self._reception.intake.receive(incoming))
        self._reset_timeout()
        if isinstance(kept, Kept):
            self._errors = 0
        return answer(kept)

    def _envelope_as_received(self) -> Envelope:
        return Envelope(
            sender="" if self.envelope.mail_from in ("<>", None) else self.envelope.mail_from,
            recipients=tuple(dict.fromkeys(self.envelope.rcpt_tos)),
            route=self._reception.route,
            peer=self.peer_address,
            greeting="".join(char if char.isprintable() else "?" for char in self.session.host_name or ""),
            tls=self.session.ssl is not None,
        )

    def _replies_for(self, reply: str) -> list[str]:
        return [reply]

    async def smtp_EHLO(self, hostname: str) -> None:
        """Greet; a limit that an earlier EHLO raised is put back first."""
        self.command_size_limits.clear()
        await super().smtp_EHLO(hostname)


class LmtpSession(SmtpSession):
    """One LMTP connection: greeted by LHLO, one reply per recipient after the content (RFC 2033 4.2)."""

    async def smtp_LHLO(self, hostname: str) -> None:
        """Greet."""
        await super().smtp_EHLO(hostname)

    async def smtp_EHLO(self, _hostname: str) -> None:
        """Refuse: RFC 2033 4.1 wants LHLO."""
        await self.push("500 5.5.1 LHLO is the greeting here")

    smtp_HELO = smtp_EHLO

    def _replies_for(self, reply: str) -> list[str]:
        return [reply] * len(self.envelope.rcpt_tos)


def _turn_away(transport: asyncio.Transport) -> None:
    transport.set_protocol(asyncio.Protocol())
    transport.write(b"421 4.7.0 too many connections\r\n")
    transport.close()
