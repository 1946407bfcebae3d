"""What the channel contract needs on both sides of a channel: a house that obeys the test, and a blunt client."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from intakebot.channels.smtp import SmtpInlet, SmtpSettings
from intakebot.domain.contact import Incoming, Kept
from intakebot.domain.delivery import Delivery, DeliveryKind

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from intakebot.ports import Inlet

DEADLINE = 15


class FakeIntake:
    """An intake whose disk is a list. `open` closed = receive waits; `error` = receive fails with it."""

    def __init__(self) -> None:
        self.addresses = {"support@example.com", "postmaster", "postmaster@example.com"}
        self.open = asyncio.Event()
        self.open.set()
        self.asked = asyncio.Event()
        self.error: Exception | None = None
        self.received: list[Incoming] = []
        self.refused: list[tuple[str, str]] = []

    def takes(self, address: str) -> bool:
        local, at, domain = address.partition("@")
        return local.partition("+")[0].lower() + at + domain.lower() in self.addresses

    async def receive(self, incoming: Incoming) -> Kept:
        self.asked.set()
        await self.open.wait()
        if self.error is not None:
            raise self.error
        self.received.append(incoming)
        return Kept(contact_id=len(self.received), repeat=False)

    def refused_before_content(self, address: str, code: str) -> None:
        self.refused.append((address, code))


class InletHarness(Protocol):
    """How the inlet contract speaks through a channel; a new channel brings one of these."""

    def inlet(self) -> Inlet:
        """A fresh inlet."""

    async def ready(self, inlet: Any) -> None:
        """Return when the inlet takes messages."""

    async def send(self, inlet: Any, content: bytes) -> str:
        """Send one message; return what the channel answered, whole."""

    def meaning(self, answer: str) -> str:
        """`kept`, `later` or `never`."""


@asynccontextmanager
async def serving(inlet: Inlet, intake: FakeIntake) -> AsyncIterator[asyncio.Event]:
    """Run an inlet; the event stops it. Leaving the block stops it too and waits for its end."""
    stop = asyncio.Event()
    task = asyncio.create_task(inlet.serve(intake, stop))
    try:
        yield stop
    finally:
        stop.set()
        async with asyncio.timeout(DEADLINE):
            await task


@dataclass
class Conversation:
    """A client that says exactly what it is told."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    replies: list[str] = field(default_factory=list)

    async def send(self, octets: bytes) -> None:
        self.writer.write(octets)
        await self.writer.drain()

    async def reply(self) -> str:
        """The next reply, whole; "" when the connection is closed."""
        lines = []
        async with asyncio.timeout(DEADLINE):
            while True:
                try:
                    line = (await self.reader.readline()).decode().rstrip("\r\n")
                except ConnectionError:
                    return ""
                lines.append(line)
                if line[3:4] != "-":
                    return "\n".join(lines)

    async def say(self, command: str | bytes) -> str:
        await self.send((command.encode() if isinstance(command, str) else command) + b"\r\n")
        return await self.reply()

    async def closed(self) -> bool:
        """Read on until the other side has closed."""
        while await self.reply():
            pass
        return True

    async def begin(self, *recipients: str, greeting: str = "EHLO") -> str:
        """Everything up to the 354; returns the last reply."""
        await self.say(f"{greeting} client.example")
        await self.say("MAIL FROM:<caller@example.net>")
        for recipient in recipients or ("support@example.com",):
            await self.say(f"RCPT TO:<{recipient}>")
        return await self.say("DATA")


@asynccontextmanager
async def talking(port: int) -> AsyncIterator[Conversation]:
    """A connection to a server on loopback, its greeting read."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    conversation = Conversation(reader, writer)
    conversation.replies.append(await conversation.reply())
    try:
        yield conversation
    finally:
        writer.transport.abort()


def key_of(certificate: Path) -> Path:
    """The key beside a certificate of the fixture `tls`."""
    return certificate.with_suffix("")


def smtp_inlet(**settings: Any) -> SmtpInlet:
    return SmtpInlet("test", SmtpSettings(host="127.0.0.1", port=0, hostname="mx.example.com", **settings))


@asynccontextmanager
async def smtp_serving(intake: FakeIntake, **settings: Any) -> AsyncIterator[SmtpInlet]:
    inlet = smtp_inlet(**settings)
    async with serving(inlet, intake):
        await inlet.listening.wait()
        yield inlet


def a_delivery(**changes: Any) -> Delivery:
    """A resolution that is owed."""
    values: dict[str, Any] = {
        "id": 7001,
        "case_id": 1,
        "kind": DeliveryKind.RESOLUTION,
        "channel": "email",
        "recipient": "caller@example.net",
        "recipient_name": "Carla Caller",
        "sender": "support@example.com",
        "sender_name": "Example Support",
        "reply_to": "",
        "subject": "[C-1001] Router",
        "text": "Restart it.\n",
        "html": "",
        "message_id": "<7001.support@example.com>",
        "in_reply_to": "",
        "references": (),
        "automatic": False,
        "created_at": datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
        "due_at": None,
    }
    return Delivery(**(values | changes))
