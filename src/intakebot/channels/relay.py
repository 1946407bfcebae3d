"""The outlet for mail: hands replies to the next mail system over SMTP.

Called by the worker, one message after the other over one kept connection. It promises to tell apart what was
certainly not taken (deferred, failed) from what nobody can know (ambiguous): only from the moment the content
goes out until its answer is there can a message be both lost to us and taken there (RFC 1047).
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING

from aiosmtplib import SMTP, SMTPException, SMTPResponseException, SMTPServerDisconnected

from intakebot.channels.composition import compose, envelope_sender
from intakebot.domain.errors import DeliveryAmbiguousError, DeliveryDeferredError, DeliveryFailedError
from intakebot.ports import Receipt

if TYPE_CHECKING:
    import ssl

    from aiosmtplib.protocol import SMTPProtocol

    from intakebot.domain.delivery import Delivery

GO_AHEAD = 354
TAKEN = range(200, 300)  # RFC 5321 4.2.1: the first digit decides
NOT_TAKEN = range(400, 600)
REFUSED = range(500, 600)
_TROUBLE = (SMTPException, OSError, asyncio.TimeoutError)


class Tls(Enum):
    """How the way to the next hop is protected. With `OPPORTUNISTIC` its certificate is not looked at."""

    REQUIRED = "required"
    OPPORTUNISTIC = "opportunistic"
    NONE = "none"
    IMPLICIT = "implicit"


@dataclass(frozen=True, slots=True)
class RelaySettings:
    """The next hop. `timeout` is for each answer; `tls_context` None = the system's authorities are trusted.

    Raises ValueError for a login over opportunistic TLS: whoever strips the TLS would be told the password.
    """

    host: str
    port: int
    hostname: str
    tls: Tls = Tls.REQUIRED
    username: str = ""
    password: str = field(default="", repr=False)
    timeout: timedelta = timedelta(minutes=2)
    tls_context: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        if self.username and self.tls is Tls.OPPORTUNISTIC:
            raise ValueError("a login needs `tls: required` (or `implicit`, or `none` on a trusted wire)")


class RelayOutlet:
    """Sends deliveries of the channel `email`. Not idempotent: SMTP cannot tell a repeat from a new message."""

    channel = "email"
    idempotent = False

    def __init__(self, settings: RelaySettings) -> None:
        self._settings = settings
        self._turn = asyncio.Lock()
        self._client = _client(settings)

    async def deliver(self, delivery: Delivery) -> Receipt:
        """Send once, as `ports.Outlet` says; a message that cannot be composed fails before anything is sent."""
        content = compose(delivery)
        async with self._turn:
            with ExitStack() as broken_off:
                broken_off.callback(self._client.close)  # a late answer must not be taken for the next message's
                protocol = await self._hand_over(delivery, content)
                receipt = await self._outcome(protocol)
                broken_off.pop_all()
        return receipt

    async def close(self) -> None:
        """Say goodbye and let go of the connection."""
        async with self._turn:
            if self._client.is_connected:
                with suppress(*_TROUBLE):
                    await self._client.quit()
            self._client.close()

    async def _hand_over(self, delivery: Delivery, content: bytes) -> SMTPProtocol:
        """Everything up to the octets of the content; what fails in here was certainly not taken."""
        try:
            await self._connect()
            await self._introduce(delivery)
            protocol = await self._begin_content()
            protocol.write(content.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        except _TROUBLE as error:
            raise DeliveryDeferredError(f"the next hop was not reached: {_in_short(error)}") from error
        return protocol

    async def _connect(self) -> None:
        """Have a connection that answers; a kept one may have died meanwhile."""
        if self._client.is_connected:
            with suppress(*_TROUBLE):
                await self._client.rset()
                return
        self._client.close()
        await self._client.connect()

    async def _introduce(self, delivery: Delivery) -> None:
        """Name sender and recipient; in UTF-8 where an address is not ASCII (RFC 6531)."""
        sender = envelope_sender(delivery)
        beyond_ascii = not (sender + delivery.recipient).isascii()
        if self._client.is_ehlo_or_helo_needed:
            await self._client.ehlo()
        if beyond_ascii and not self._client.supports_extension("smtputf8"):
            raise DeliveryFailedError("the next hop takes ASCII addresses only (no SMTPUTF8)")
        encoding = "utf-8" if beyond_ascii else "ascii"
        try:
            await self._client.mail(sender, options=["SMTPUTF8"] if beyond_ascii else [], encoding=encoding)
            await self._client.rcpt(delivery.recipient, encoding=encoding)
        except SMTPResponseException as error:
            raise _refusal(error.code, error.message) from error

    async def _begin_content(self) -> SMTPProtocol:
        response = await self._client.execute_command(b"DATA")
        if response.code != GO_AHEAD:
            raise _refusal(response.code, response.message)
        if self._client.protocol is None:
            raise SMTPServerDisconnected("the connection was lost")
        return self._client.protocol

    async def _outcome(self, protocol: SMTPProtocol) -> Receipt:
        """Wait for the answer to the content."""
        try:
            response = await protocol.read_response(timeout=self._settings.timeout.total_seconds())
        except _TROUBLE as error:
            raise DeliveryAmbiguousError(f"no answer after the content was sent: {_in_short(error)}") from error
        if response.code in TAKEN:
            return Receipt(f"{response.code} {response.message}")
        if response.code not in NOT_TAKEN:
            raise DeliveryAmbiguousError(f"the answer to the content makes no sense: {response.code}")
        raise _refusal(response.code, response.message)


def _client(settings: RelaySettings) -> SMTP:
    start_tls = {Tls.REQUIRED: True, Tls.OPPORTUNISTIC: None}.get(settings.tls, False)
    return SMTP(
        hostname=settings.host,
        port=settings.port,
        local_hostname=settings.hostname,
        username=settings.username or None,
        password=settings.password or None,
        timeout=settings.timeout.total_seconds(),
        use_tls=settings.tls is Tls.IMPLICIT,
        start_tls=start_tls,
        validate_certs=settings.tls is not Tls.OPPORTUNISTIC,
        tls_context=settings.tls_context,
    )


def _refusal(code: int, words: str) -> DeliveryDeferredError | DeliveryFailedError:
    sentence = f"the next hop said: {code} {words}"
    return DeliveryFailedError(sentence) if code in REFUSED else DeliveryDeferredError(sentence)


def _in_short(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
