"""One connection to the next hop: kept, renewed when it died, and used for one message at a time.

Called by the relay outlet. It promises to tell apart what was certainly not taken (deferred, failed) from what nobody
can know (ambiguous): only from the moment the content goes out until its answer is there can a message be both lost to
us and taken there (RFC 1047).
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum

from aiosmtplib import SMTP, SMTPException, SMTPResponseException, SMTPServerDisconnected
from aiosmtplib.protocol import SMTPProtocol

from intakebot.channels.relay_answers import NOT_TAKEN, TAKEN, refusal
from intakebot.domain.errors import DeliveryAmbiguousError, DeliveryDeferredError, DeliveryFailedError
from intakebot.ports import Receipt

GO_AHEAD = 354
_TROUBLE = (SMTPException, OSError, asyncio.TimeoutError)


class Tls(Enum):
    """How the way to the next hop is protected. With `OPPORTUNISTIC` its certificate is not looked at."""

    REQUIRED = "required"
    OPPORTUNISTIC = "opportunistic"
    NONE = "none"
    IMPLICIT = "implicit"


@dataclass(frozen=True, slots=True)
class RelaySettings:
    """The next hop. `tls_context` None = the system's authorities are trusted.

    `timeout` is for each answer, `hand_over_timeout` for all of them together before the content, so that a next hop
    which is slow over each is told, before the worker gives up, from one that may have taken the mail.
    `content_timeout` is for the answer after the content: the next hop may have much to do then, and whoever gives up
    early makes duplicates (RFC 5321 4.5.3.2.6 asks for ten minutes). `probe_timeout` is for a sign of life of a kept
    connection, which a firewall between us may have forgotten: a new one costs little. `connections` is how
    many messages may be on their way at once. With `token` the login is XOAUTH2, and it is asked before each login;
    else the strongest of CRAM-MD5, PLAIN and LOGIN that is offered.

    Raises ValueError for a login over opportunistic TLS: whoever strips the TLS would be told the secret.
    """

    host: str
    port: int
    hostname: str
    tls: Tls = Tls.REQUIRED
    username: str = ""
    password: str = field(default="", repr=False)
    token: Callable[[], Awaitable[str]] | None = field(default=None, repr=False)
    timeout: timedelta = timedelta(minutes=2)
    hand_over_timeout: timedelta = timedelta(minutes=8)
    content_timeout: timedelta = timedelta(minutes=10)
    probe_timeout: timedelta = timedelta(seconds=10)
    connections: int = 4
    tls_context: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        if self.username and self.tls is Tls.OPPORTUNISTIC:
            raise ValueError("a login needs `tls: required` (or `implicit`, or `none` on a trusted wire)")


@dataclass(frozen=True, slots=True)
class Mail:
    """A message with its envelope; `sender` '' is the null sender. `content` has CRLF line ends."""

    sender: str
    recipient: str
    content: bytes = field(repr=False)

    @property
    def beyond_ascii(self) -> bool:
        """Whether an address or the header needs SMTPUTF8 (RFC 6531 3.4)."""
        return not ((self.sender + self.recipient).isascii() and self.content.isascii())


class RelaySession:
    """A connection that lasts as long as nothing goes wrong on it."""

    def __init__(self, settings: RelaySettings) -> None:
        self._settings = settings
        self._client = _client(settings)

    async def send(self, mail: Mail) -> Receipt:
        """Send once, as `ports.Outlet.deliver` says."""
        with ExitStack() as broken_off:
            broken_off.callback(self._client.close)  # a late answer must not be taken for the next message's
            protocol = await self._hand_over(mail)
            receipt = await self._outcome(protocol)
            broken_off.pop_all()
        return receipt

    async def close(self) -> None:
        """Say goodbye and let go of the connection."""
        if self._client.is_connected:
            with suppress(*_TROUBLE):
                await self._client.quit(timeout=GOODBYE.total_seconds())
        self._client.close()

    async def _hand_over(self, mail: Mail) -> SMTPProtocol:
        """Everything up to the octets of the content; what fails in here was certainly not taken."""
        try:
            async with asyncio.timeout(self._settings.hand_over_timeout.total_seconds()):
                await self._connect()
                await self._introduce(mail)
                protocol = await self._begin_content()
            protocol.write(mail.content.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        except _TROUBLE as error:
            raise DeliveryDeferredError(f"the next hop was not reached: {_in_short(error)}") from error
        return protocol

    async def _connect(self) -> None:
        """Have a connection that answers; a kept one may have died meanwhile."""
        if self._client.is_connected:
            with suppress(*_TROUBLE):
                await self._client.rset(timeout=self._settings.probe_timeout.total_seconds())
                return
        self._client.close()
        await self._client.connect()

    async def _introduce(self, mail: Mail) -> None:
        """Name sender and recipient; in UTF-8 where an address is not ASCII (RFC 6531), with the size (RFC 1870)."""
        if self._client.is_ehlo_or_helo_needed:
            await self._client.ehlo()
        if mail.beyond_ascii and not self._client.supports_extension("smtputf8"):
            raise DeliveryFailedError("the next hop takes ASCII addresses only (no SMTPUTF8)")
        options = ["SMTPUTF8"] if mail.beyond_ascii else []
        if self._client.supports_extension("size"):
            options.append(f"SIZE={len(mail.content)}")
        encoding = "utf-8" if mail.beyond_ascii else "ascii"
        try:
            await self._client.mail(mail.sender, options=options, encoding=encoding)
        except SMTPResponseException as error:
            raise refusal(error.code, error.message, "sender") from error
        try:
            await self._client.rcpt(mail.recipient, encoding=encoding)
        except SMTPResponseException as error:
            raise refusal(error.code, error.message, "recipient") from error

    async def _begin_content(self) -> SMTPProtocol:
        response = await self._client.execute_command(b"DATA")
        if response.code != GO_AHEAD:
            raise refusal(response.code, response.message, "content")
        if self._client.protocol is None:
            raise SMTPServerDisconnected("the connection was lost")
        return self._client.protocol

    async def _outcome(self, protocol: SMTPProtocol) -> Receipt:
        """Wait for the answer to the content."""
        try:
            response = await protocol.read_response(timeout=self._settings.content_timeout.total_seconds())
        except _TROUBLE as error:
            raise DeliveryAmbiguousError(f"no answer after the content was sent: {_in_short(error)}") from error
        if response.code in TAKEN:
            return Receipt(f"{response.code} {response.message}")
        if response.code not in NOT_TAKEN:
            raise DeliveryAmbiguousError(f"the answer to the content makes no sense: {response.code}")
        raise refusal(response.code, response.message, "content")


GOODBYE = timedelta(seconds=5)
"""How long a next hop has for its answer to QUIT; nothing depends on it."""


def _client(settings: RelaySettings) -> SMTP:
    start_tls = {Tls.REQUIRED: True, Tls.OPPORTUNISTIC: None}.get(settings.tls, False)
    return SMTP(
        hostname=settings.host,
        port=settings.port,
        local_hostname=settings.hostname,
        username=settings.username or None,
        password=settings.password or None,
        oauth_token_generator=settings.token,
        timeout=settings.timeout.total_seconds(),
        use_tls=settings.tls is Tls.IMPLICIT,
        start_tls=start_tls,
        validate_certs=settings.tls is not Tls.OPPORTUNISTIC,
        tls_context=settings.tls_context,
    )


def _in_short(error: BaseException) -> str:
    if isinstance(error, TimeoutError) and not str(error):
        return "it took too long"
    return f"{type(error).__name__}: {error}"
