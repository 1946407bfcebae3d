"""One SMTP or LMTP conversation (RFC 5321, RFC 2033), on top of aiosmtpd.

Made by `channels.smtp` for each connection. aiosmtpd speaks most commands; ours are the reading of addresses and of
the content, and the promise that 250 is said only after `Intake.receive` returned.
"""

# ruff: noqa: N802, N815 - aiosmtpd finds commands by these names

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from intakebot.channels.smtp_connection import CHUNK_SIZE, Phase, SmtpConnection
from intakebot.channels.smtp_content import IncomingContent, Pace, hops
from intakebot.channels.smtp_reception import NO_MEMORY
from intakebot.channels.smtp_replies import answer
from intakebot.domain.contact import Envelope, Incoming, Kept
from intakebot.edge import guarded

if TYPE_CHECKING:
    from collections.abc import Awaitable

_PATH = re.compile(r"<((?:\"(?:[^\"\\]|\\.)*\"|[^<>\"\s])*)>\s*(.*)|([^<>\s]+)\s*(.*)", re.DOTALL)


class SmtpSession(SmtpConnection):
    """The commands of SMTP."""

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
        replies = self._replies_for(await self._take_message())
        self.envelope = self._create_envelope()
        self._phase = Phase.COMMANDS
        errors = self._errors
        for reply in replies:
            self._errors = errors  # a refused message is one error, however many answers LMTP wants for it
            await self.push(reply)
        if self._leaving:
            self._say_goodbye("421 4.3.2 shutting down")

    async def _take_message(self) -> str:
        """Read it and have it kept; what it holds in memory is given back, however this ends."""
        content = IncomingContent(self._reception.settings.size_limit)
        self._held = 0
        try:
            has_room = await self._read_content(content)
            self._phase = Phase.KEEPING
            return await self._keep(content) if has_room else NO_MEMORY
        finally:
            self._reception.hold(-self._held)

    async def _read_content(self, content: IncomingContent) -> bool:
        """Fill `content` until its end; False when there was no room for all of it."""
        settings, has_room, rest = self._reception.settings, True, None
        pace = Pace(settings.idle_timeout.total_seconds(), settings.min_rate, self.loop.time())
        while rest is None:
            chunk = await self._reader.read(CHUNK_SIZE)
            if not chunk:
                raise ConnectionResetError
            self._reset_timeout(pace.patience(len(chunk), self.loop.time()))
            rest = content.feed(chunk)
            if self._reception.hold(content.held - self._held):
                self._held = content.held
            else:
                has_room = False
                content.drop()
        if rest:  # pipelined commands; asyncio has no public way to give octets back to a stream
            self._reader._buffer[:0] = rest  # type: ignore[attr-defined]  # noqa: SLF001 - see above
        return has_room

    async def _keep(self, content: IncomingContent) -> str:
        if content.too_large:
            return self._refused("too-large", "552 5.3.4 message too large")
        incoming = Incoming("email", self._envelope_as_received(), content.take())
        if hops(incoming.content) > self._reception.settings.max_hops:  # case D12: it goes in circles
            return self._refused("too-many-hops", "554 5.4.6 too many hops")
        if self._timeout_handle is not None:  # how long the house takes is not the sender's silence
            self._timeout_handle.cancel()
        kept = await guarded(f"smtp {self._reception.route}", self._reception.intake.receive(incoming))
        self._reset_timeout()
        if isinstance(kept, Kept):
            self._errors = 0
        return answer(kept)

    def _refused(self, code: str, reply: str) -> str:
        for recipient in self.envelope.rcpt_tos:
            self._reception.intake.refused_before_content(recipient, code)
        return reply

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
        await self._present(super().smtp_EHLO(hostname))

    async def smtp_HELO(self, hostname: str) -> None:
        """Greet the old way."""
        await self._present(super().smtp_HELO(hostname))

    async def _present(self, greeting: Awaitable[None]) -> None:
        """Answer a greeting: its lines are no replies with codes (RFC 2034 section 4)."""
        self._presenting = True
        try:
            await greeting
        finally:
            self._presenting = False

    async def smtp_STARTTLS(self, arg: str) -> None:
        """Begin TLS; once is enough."""
        if self._tls_protocol is None:
            await super().smtp_STARTTLS(arg)
        else:
            await self.push("503 5.5.1 TLS is on already")


class LmtpSession(SmtpSession):
    """One LMTP connection: greeted by LHLO, one reply per recipient after the content (RFC 2033 4.2)."""

    async def smtp_LHLO(self, hostname: str) -> None:
        """Greet."""
        await super().smtp_EHLO(hostname)

    async def smtp_EHLO(self, hostname: str) -> None:
        """Refuse: RFC 2033 4.1 wants LHLO."""
        del hostname
        await self.push("500 5.5.1 LHLO is the greeting here")

    smtp_HELO = smtp_EHLO

    def _replies_for(self, reply: str) -> list[str]:
        return [reply] * len(self.envelope.rcpt_tos)
