"""The SMTP door and clients that others wrote: swaks and the standard library's smtplib."""

from __future__ import annotations

import asyncio
import shutil
import smtplib
from email.message import EmailMessage
from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest

from contract.channels.harness import DEADLINE, FakeIntake, key_of, smtp_serving
from intakebot.channels.smtp_settings import DoorTls

if TYPE_CHECKING:
    import ssl
    from pathlib import Path


@pytest.fixture
def swaks() -> str:
    """The command; without it these tests are a tier that is absent."""
    return shutil.which("swaks") or ""


async def said_by(swaks: str, port: int, *arguments: str) -> tuple[int | None, str]:
    """Run swaks against a door on loopback; its exit status, and the conversation."""
    command = [swaks, "--server", f"127.0.0.1:{port}", "--from", "caller@example.net", "--timeout", str(DEADLINE)]
    running = await asyncio.create_subprocess_exec(
        *command, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    async with asyncio.timeout(DEADLINE):
        said, _ = await running.communicate()
    return running.returncode, said.decode()


async def test_swaks_hands_over_by_lmtp_with_one_answer_for_each_recipient(intake: FakeIntake, swaks: str) -> None:
    to = "support+1@example.com,nobody@example.com,support+2@example.com"
    async with smtp_serving(intake, lmtp=True) as inlet:
        status, said = await said_by(swaks, inlet.port, "--protocol", "LMTP", "--to", to, "--body", "by LMTP")
    assert status == 0, said
    assert said.count("<-  250 2.6.0 kept as 1") == 2
    assert said.count("550 5.1.1") == 1
    assert intake.received[0].envelope.recipients == ("support+1@example.com", "support+2@example.com")


async def test_swaks_speaks_through_a_proxy(intake: FakeIntake, swaks: str) -> None:
    for version in ("1", "2"):
        family = ("TCP4",) if version == "1" else ("AF_INET", "--proxy-protocol", "STREAM")
        proxied = ("--proxy-version", version, "--proxy-family", *family, "--proxy-source", "192.0.2.7",
                   "--proxy-source-port", "4711", "--proxy-dest", "127.0.0.1", "--proxy-dest-port", "25")  # fmt: skip
        async with smtp_serving(intake, proxy_networks=(ip_network("127.0.0.1"),)) as inlet:
            status, said = await said_by(swaks, inlet.port, "--to", "support@example.com", *proxied)
        assert status == 0, said
    assert [incoming.envelope.peer for incoming in intake.received] == ["192.0.2.7"] * 2


@pytest.mark.parametrize("kind", [DoorTls.OFFERED, DoorTls.REQUIRED, DoorTls.IMPLICIT])
async def test_smtplib_speaks_tls(
    intake: FakeIntake, tls: tuple[ssl.SSLContext, ssl.SSLContext, Path], kind: DoorTls
) -> None:
    def send(port: int) -> None:
        if kind is DoorTls.IMPLICIT:
            client: smtplib.SMTP = smtplib.SMTP_SSL("localhost", port, timeout=DEADLINE, context=tls[1])
        else:
            client = smtplib.SMTP("localhost", port, timeout=DEADLINE)
            client.starttls(context=tls[1])
        with client:
            client.sendmail("caller@example.net", ["support@example.com"], "Subject: x\r\n\r\ny\r\n")

    async with smtp_serving(intake, certificate=tls[2], key=key_of(tls[2]), tls=kind) as inlet:
        await asyncio.to_thread(send, inlet.port)
    assert intake.received[0].envelope.tls


async def test_smtplib_speaks_of_addresses_beyond_ascii(intake: FakeIntake) -> None:  # case G06, SMTPUTF8
    intake.addresses.add("hjälp@example.com")
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "björn@exämple.net", "hjälp@example.com", "hjälp mig"
    message.set_content("tack så mycket")

    def send(port: int) -> dict[str, tuple[int, bytes]]:
        with smtplib.SMTP("127.0.0.1", port, timeout=DEADLINE) as client:
            return client.send_message(message)

    async with smtp_serving(intake) as inlet:
        assert await asyncio.to_thread(send, inlet.port) == {}
    envelope = intake.received[0].envelope
    assert (envelope.sender, envelope.recipients) == ("björn@exämple.net", ("hjälp@example.com",))
    assert "Subject: hjälp mig".encode() in intake.received[0].content
