"""An SMTP connection around its conversation: what comes before the greeting, caps, time limits, and the goodbye.

The base of `smtp_session`, on top of aiosmtpd. It promises that no peer stays longer, says more or holds more than
the settings allow, and that a stop ends every connection.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from contextlib import suppress
from enum import Enum, auto
from typing import TYPE_CHECKING, cast

from aiosmtpd.smtp import SMTP, TLSSetupException

from intakebot.channels.smtp_proxy import ProxyHeaderError, source_address
from intakebot.channels.smtp_replies import with_enhanced_code
from intakebot.channels.smtp_settings import DoorTls, is_in

if TYPE_CHECKING:
    import aiosmtpd.smtp

    from intakebot.channels.smtp_reception import Reception

CHUNK_SIZE = 65_536
COMMAND_SIZE = 2048
MAX_ERRORS = 20
HANDSHAKE_SECONDS = 30.0
_log = logging.getLogger(__name__)


class Phase(Enum):
    """Where a session is: not greeted yet, between messages, reading content, or waiting until it is kept."""

    ARRIVING = auto()
    COMMANDS = auto()
    READING = auto()
    KEEPING = auto()


class SmtpConnection(SMTP):
    """One connection, from its first octet to its end; `smtp_session` adds the commands."""

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
            tls_context=reception.tls_context,
            timeout=settings.idle_timeout.total_seconds(),
            auth_exclude_mechanism=("LOGIN", "PLAIN"),
            loop=asyncio.get_running_loop(),
        )
        # aiosmtpd keeps these for all sessions at once and lets each EHLO raise them (case G05).
        self.command_size_limits = defaultdict(lambda: COMMAND_SIZE)
        self.peer_address = ""
        self._reception = reception
        self._phase = Phase.ARRIVING
        self._behind_proxy = False
        self._presenting = False
        self._leaving = False
        self._spoken = False
        self._errors = 0
        self._held = 0
        self._total_handle: asyncio.TimerHandle | None = None

    # --- the connection ---

    @property
    def conversation(self) -> asyncio.Task[None] | None:
        """The task that ends when the connection has."""
        return self._handler_coroutine

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, or turn away who is above a cap; comes a second time when TLS has started."""
        if self._total_handle is None:
            settings = self._reception.settings
            peer = transport.get_extra_info("peername")
            self.peer_address = str(peer[0]) if peer else ""
            self._behind_proxy = is_in(self.peer_address, settings.proxy_networks)
            if not self._reception.admit(self) or not (self._behind_proxy or self._reception.seat(self)):
                self._reception.see_off(self)
                _turn_away(cast("asyncio.Transport", transport))
                return
            self._total_handle = self.loop.call_later(settings.total_timeout.total_seconds(), self._out_of_time)
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Hang up on what is no SMTP, like a TLS hello on the plain port (case G09): a command begins with a letter."""
        if self._phase is not Phase.ARRIVING and not self._spoken:
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
        try:
            with suppress(ConnectionError):  # a peer that went away is nobody's failure
                if await self._is_welcome():
                    self._phase = Phase.COMMANDS
                    await super()._handle_client()
        finally:
            self._reception.see_off(self)
            if self._phase is Phase.ARRIVING and self.transport is not None:
                self.transport.close()  # a peer that hung up before the greeting; aiosmtpd sees off the later ones

    async def _is_welcome(self) -> bool:
        """What comes before the greeting: for whom a proxy speaks, the cap of that peer, TLS, and manners."""
        self._reset_timeout(HANDSHAKE_SECONDS)
        if self._behind_proxy and not await self._knows_its_peer():
            return False
        if self._reception.tls_context is not None and self._reception.settings.tls is DoorTls.IMPLICIT:
            try:
                await self._begin_tls()
            except TLSSetupException as error:
                self.hang_up()
                self.connection_lost(error)  # nobody else calls it when a handshake fails
                return False
        if not self._reception.trusts(self) and await self._speaks_first():
            self._say_goodbye("554 5.5.1 you spoke before you were greeted")
            return False
        self._reset_timeout()
        return True

    async def _knows_its_peer(self) -> bool:
        try:
            self.peer_address = await source_address(self._reader) or self.peer_address
        except (ProxyHeaderError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            _log.warning("smtp %s: no PROXY header from %s: %s", self._reception.route, self.peer_address, error)
            self.hang_up()
            return False
        if not self._reception.seat(self):
            self._say_goodbye("421 4.7.0 too many connections")
            return False
        return True

    async def _begin_tls(self) -> None:
        """STARTTLS without its command and its answer; what the client has said already is its hello."""
        self.loop.call_soon(self._hand_over_hello, self._take_buffer())
        await super().smtp_STARTTLS("")

    def _hand_over_hello(self, hello: bytes) -> None:
        layer = self._tls_protocol
        while hello and layer:
            room = layer.get_buffer(len(hello))
            piece, hello = hello[: len(room)], hello[len(room) :]
            room[: len(piece)] = piece
            layer.buffer_updated(len(piece))

    async def _speaks_first(self) -> bool:
        """Whether the peer speaks out of turn (case G09); without a delay only what came with the connection shows."""
        delay = self._reception.settings.greeting_delay.total_seconds()
        for seconds in (delay, 0):  # reading begins a turn of the loop later, and what was read comes one later still
            await asyncio.sleep(seconds)
        return bool(self._take_buffer())

    def _take_buffer(self) -> bytes:
        """What was read and nobody has asked for; asyncio has no public way to look."""
        buffer: bytearray = self._reader._buffer  # type: ignore[attr-defined]  # noqa: SLF001 - see above
        taken = bytes(buffer)
        buffer.clear()
        return taken

    async def push(self, status: str | bytes) -> None:
        """Answer; after too many refusals the answer is goodbye (case G07)."""
        reply: str = status if isinstance(status, str) else status.decode("utf-8", "replace")
        if self._phase is Phase.ARRIVING and reply.startswith("220"):
            return  # the answer to a STARTTLS that nobody has sent
        if not (self._presenting and reply.startswith("250")):
            reply = with_enhanced_code(reply)
        self._errors += reply.startswith("5")
        if self._errors > MAX_ERRORS:
            self._say_goodbye("421 4.7.0 too many errors")
            await self._writer.drain()
        else:
            # What it quotes of the peer need not be text.
            await super().push(reply.encode("utf-8", "replace"))

    def leave(self) -> None:
        """End the session: now, or as soon as the message that is being taken has its answer."""
        if self._phase in (Phase.ARRIVING, Phase.COMMANDS):
            self._say_goodbye("421 4.3.2 shutting down")
        else:
            self._leaving = True

    def say_last_word(self) -> None:
        """End the session: a message that is still coming is put off; one that is being kept has its answer."""
        if self._phase is not Phase.KEEPING:
            self._say_goodbye("421 4.3.2 shutting down")

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
        slow = self._phase is Phase.READING
        self._say_goodbye(f"421 4.4.2 {'this comes too slowly' if slow else 'nothing heard for too long'}")

    def _say_goodbye(self, reply: str) -> None:
        if self.transport is not None and not self.transport.is_closing():
            # Who does not read our answers will not read this one: waiting for that would never end.
            end = self.transport.abort if self.transport.get_write_buffer_size() else self.transport.close
            self.transport.write(reply.encode() + b"\r\n")
            end()
        if self._handler_coroutine is not None:
            self._handler_coroutine.cancel()


def _turn_away(transport: asyncio.Transport) -> None:
    transport.set_protocol(asyncio.Protocol())
    transport.write(b"421 4.7.0 too many connections\r\n")
    transport.close()
