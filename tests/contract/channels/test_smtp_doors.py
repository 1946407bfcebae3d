"""Who stands at the SMTP door, and behind what: proxies, mail servers of our own, TLS in its three ways."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
import ssl
import struct
from contextlib import asynccontextmanager
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contract.channels.certificates import write_certificate
from contract.channels.harness import DEADLINE, Conversation, FakeIntake, key_of, smtp_serving, talking
from intakebot.channels.smtp_session import SmtpSession
from intakebot.channels.smtp_settings import DoorTls, counted_as
from intakebot.channels.smtp_tls import Certificates

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

LOOPBACK = (ip_network("127.0.0.0/8"),)
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
Tls = tuple[ssl.SSLContext, ssl.SSLContext, Path]


@asynccontextmanager
async def saying_first(port: int, octets: bytes, source: str = "127.0.0.1") -> AsyncIterator[Conversation]:
    """A client that speaks before it has read the greeting."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
    client = Conversation(reader, writer)
    await client.send(octets)
    try:
        yield client
    finally:
        writer.transport.abort()


def version_2(source: str, *, family: int = socket.AF_INET, command: int = 0x21) -> bytes:
    size = 4 if family == socket.AF_INET else 16
    address = socket.inet_pton(family, source)
    block = address + address[:size] + struct.pack("!HH", 4711, 25) + b"\x04\0\1x"  # and a TLV, which nobody needs
    kind = 0x11 if family == socket.AF_INET else 0x21
    return SIGNATURE + bytes([command, kind]) + struct.pack("!H", len(block)) + block


@pytest.mark.parametrize(
    ("header", "peer"),
    [
        pytest.param(b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 25\r\n", "192.0.2.7", id="version 1"),
        pytest.param(b"PROXY TCP6 2001:db8::7 2001:db8::1 4711 25\r\n", "2001:db8::7", id="version 1, IPv6"),
        pytest.param(b"PROXY UNKNOWN\r\n", "127.0.0.1", id="version 1, of nobody"),
        pytest.param(version_2("192.0.2.7"), "192.0.2.7", id="version 2"),
        pytest.param(version_2("2001:db8::7", family=socket.AF_INET6), "2001:db8::7", id="version 2, IPv6"),
        pytest.param(version_2("192.0.2.7", command=0x20), "127.0.0.1", id="version 2, of the proxy itself"),
    ],
)
async def test_a_proxy_says_for_whom_it_speaks(intake: FakeIntake, header: bytes, peer: str) -> None:
    async with smtp_serving(intake, proxy_networks=LOOPBACK) as inlet, saying_first(inlet.port, header) as client:
        assert (await client.reply()).startswith("220")
        await client.begin()
        assert (await client.say("x\r\n.")).startswith("250")
    assert intake.received[0].envelope.peer == peer


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(b"EHLO client.example\r\n", id="none"),
        pytest.param(b"PROXY TCP4 192.0.2.7\r\n", id="half"),
        pytest.param(b"PROXY TCP4 192.0.2 198.51.100.1 4711 25\r\n", id="no address"),
        pytest.param(b"PROXY " + b"x" * 200 + b"\r\n", id="too long"),
        pytest.param(b"PROXY " + b"x" * 300_000, id="without end"),
        pytest.param(SIGNATURE + b"\x21\x11\0\4abcd", id="version 2, cut short"),
        pytest.param(SIGNATURE + b"\x31\x11\0\0", id="version 3"),
    ],
)
async def test_without_its_header_a_proxy_is_not_greeted(intake: FakeIntake, header: bytes) -> None:
    async with smtp_serving(intake, proxy_networks=LOOPBACK) as inlet:
        async with saying_first(inlet.port, header) as client:
            assert await client.reply() == ""
        async with saying_first(inlet.port, b"PROXY UNKNOWN\r\n") as client:
            assert (await client.reply()).startswith("220")


async def test_only_a_proxy_is_believed(intake: FakeIntake) -> None:
    elsewhere = (ip_network("192.0.2.0/24"),)
    async with smtp_serving(intake, proxy_networks=elsewhere) as inlet, talking(inlet.port) as client:
        assert (await client.say("PROXY TCP4 192.0.2.7 198.51.100.1 4711 25")).startswith("500 5.5.2")
        await client.begin()
        assert (await client.say("x\r\n.")).startswith("250")
    assert intake.received[0].envelope.peer == "127.0.0.1"


async def test_whom_a_proxy_speaks_for_is_capped_and_not_the_proxy(intake: FakeIntake) -> None:  # case G07
    one, other = (f"PROXY TCP4 192.0.2.{n} 198.51.100.1 4711 25\r\n".encode() for n in (7, 8))
    async with (
        smtp_serving(intake, proxy_networks=LOOPBACK, max_connections_per_peer=1) as inlet,
        saying_first(inlet.port, one) as first,
        saying_first(inlet.port, other) as second,
    ):
        assert (await first.reply()).startswith("220")
        assert (await second.reply()).startswith("220")
        async with saying_first(inlet.port, one) as third:
            assert (await third.reply()).startswith("421 4.7.0")
            assert await third.closed()
        await first.say("QUIT")
        assert await first.closed()
        async with saying_first(inlet.port, one) as fourth:
            assert (await fourth.reply()).startswith("220")


async def test_a_mail_server_of_ours_has_no_cap_of_its_own(intake: FakeIntake) -> None:  # case G07
    trusted = (ip_network("127.0.0.1"),)
    async with smtp_serving(intake, trusted_networks=trusted, max_connections_per_peer=1) as inlet:
        async with talking(inlet.port) as one, talking(inlet.port) as two:
            assert [client.replies[0][:3] for client in (one, two)] == ["220", "220"]
        async with saying_first(inlet.port, b"", "127.0.0.2") as one, saying_first(inlet.port, b"", "127.0.0.2") as two:
            assert {(await client.reply())[:3] for client in (one, two)} == {"220", "421"}


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_a_host_is_counted_once_for_all_addresses_it_may_own(address: str, counted: str) -> None:
    assert counted_as(address) == counted


async def test_who_speaks_before_the_greeting_is_sent_away(intake: FakeIntake) -> None:  # case G09
    async with smtp_serving(intake, greeting_delay=timedelta(seconds=0.2)) as inlet:
        async with saying_first(inlet.port, b"EHLO client.example\r\nMAIL FROM:<a@example.net>\r\n") as client:
            assert (await client.reply()).startswith("554 5.5.1")
            assert await client.closed()
        async with talking(inlet.port) as client:
            assert client.replies[0].startswith("220")


async def test_who_speaks_and_hangs_up_before_the_greeting_leaves_nothing_open(intake: FakeIntake) -> None:  # case G09
    async with smtp_serving(intake, greeting_delay=timedelta(seconds=0.2)) as inlet:
        reader, writer = await asyncio.open_connection("127.0.0.1", inlet.port)
        writer.write(b"EHLO stranger\r\nQUIT\r\n")
        writer.write_eof()
        assert b"250" not in await asyncio.wait_for(reader.read(), DEADLINE)
        writer.close()


async def test_a_mail_server_of_ours_is_greeted_at_once(intake: FakeIntake) -> None:  # case G09
    hours = timedelta(hours=1)
    async with (
        smtp_serving(intake, greeting_delay=hours, trusted_networks=LOOPBACK) as inlet,
        talking(inlet.port) as client,
    ):
        assert client.replies[0].startswith("220")


async def test_without_tls_no_sender_is_taken_where_it_is_required(intake: FakeIntake, tls: Tls) -> None:
    _, trusting, certificate = tls
    required = {"certificate": certificate, "key": key_of(certificate), "tls": DoorTls.REQUIRED}
    for greeting, lmtp in (("EHLO", False), ("LHLO", True)):
        async with smtp_serving(intake, lmtp=lmtp, **required) as inlet, talking(inlet.port) as client:
            await client.say(f"{greeting} client.example")
            assert (await client.say("MAIL FROM:<caller@example.net>")).startswith("530 5.7.0")
            assert (await client.say("STARTTLS")).startswith("220")
            await client.writer.start_tls(trusting, server_hostname="localhost")
            await client.say(f"{greeting} client.example")
            assert (await client.say("STARTTLS")).startswith("503")
            await client.begin(greeting=greeting)
            assert (await client.say("x\r\n.")).startswith("250")
    assert [incoming.envelope.tls for incoming in intake.received] == [True, True]


async def test_tls_from_the_first_octet(intake: FakeIntake, tls: Tls) -> None:
    _, trusting, certificate = tls
    implicit = {"certificate": certificate, "key": key_of(certificate), "tls": DoorTls.IMPLICIT}
    async with smtp_serving(intake, **implicit) as inlet:
        async with saying_first(inlet.port, b"EHLO in.clear.example\r\n") as client:
            while await client.reader.read(100):  # an alert of TLS, perhaps
                pass
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", inlet.port, ssl=trusting, server_hostname="localhost"
        )
        client = Conversation(reader, writer)
        assert (await client.reply()).startswith("220 mx.example.com")
        assert "STARTTLS" not in await client.say("EHLO client.example")
        await client.begin()
        assert (await client.say("x\r\n.")).startswith("250")
        writer.close()
    assert intake.received[0].envelope.tls


async def test_tls_from_the_first_octet_behind_a_proxy(intake: FakeIntake, tls: Tls) -> None:
    _, trusting, certificate = tls
    door = {"certificate": certificate, "key": key_of(certificate), "tls": DoorTls.IMPLICIT, "proxy_networks": LOOPBACK}
    header = b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 25\r\n"
    async with smtp_serving(intake, **door) as inlet, saying_first(inlet.port, header) as client:
        await client.writer.start_tls(trusting, server_hostname="localhost")
        assert (await client.reply()).startswith("220")
        await client.begin()
        assert (await client.say("x\r\n.")).startswith("250")
    assert (intake.received[0].envelope.peer, intake.received[0].envelope.tls) == ("192.0.2.7", True)


async def test_handshakes_that_fail_leave_no_session_behind(intake: FakeIntake, tls: Tls) -> None:
    certificate = tls[2]
    implicit = {"certificate": certificate, "key": key_of(certificate), "tls": DoorTls.IMPLICIT, "max_connections": 1}
    async with smtp_serving(intake, **implicit) as inlet:
        for hello in (b"\x16\x03\x01\0\6nonono", b"GET / HTTP/1.1\r\n\r\n", b""):
            async with saying_first(inlet.port, hello) as client:
                if hello:
                    while await client.reader.read(100):
                        pass
        trusting = ssl.create_default_context(cafile=certificate)
        async with asyncio.timeout(DEADLINE):
            while not await greeted(inlet.port, trusting):
                pass
        await until(lambda: gc.collect() >= 0 and not any(isinstance(one, SmtpSession) for one in gc.get_objects()))


async def greeted(port: int, trusting: ssl.SSLContext) -> bool:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting, server_hostname="localhost")
    except OSError:
        return False
    greeting = await Conversation(reader, writer).reply()
    writer.close()
    return greeting.startswith("220")


async def test_a_certificate_that_was_renewed_is_used_without_a_restart(
    intake: FakeIntake, tls: Tls, tmp_path: Path
) -> None:
    del tls  # it needs openssl as well
    certificate, key = write_certificate(tmp_path)
    renewing = {"certificate": certificate, "key": key, "look_every": timedelta(seconds=0.02)}
    async with smtp_serving(intake, **renewing) as inlet, talking(inlet.port) as before:
        first = await shown_certificate(inlet.port)
        assert first == await shown_certificate(inlet.port, name="localhost")
        (tmp_path / "new").mkdir()
        for old, new in zip((certificate, key), write_certificate(tmp_path / "new"), strict=True):
            new.replace(old)
        async with asyncio.timeout(DEADLINE):
            while await shown_certificate(inlet.port) == first:
                pass
        assert list(inlet.alarms()) == []
        assert (await before.begin()).startswith("354")  # who was connected stays


def test_a_certificate_is_taken_over_once_it_is_written(tls: Tls, tmp_path: Path) -> None:
    del tls  # it needs openssl as well
    certificate, key = write_certificate(tmp_path)
    good = certificate.read_bytes()
    certificates = Certificates(certificate, key)
    for written in (good[: len(good) // 2], good):
        certificate.write_bytes(written)
        certificates.look()
        assert certificates.trouble == "", "somebody is still writing"
    certificates.look()
    assert certificates.trouble == ""


async def test_a_new_certificate_that_cannot_be_used_leaves_the_old_one(
    intake: FakeIntake, tls: Tls, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    del tls  # it needs openssl as well
    certificate, key = write_certificate(tmp_path)
    good = certificate.read_bytes()
    renewing = {"certificate": certificate, "key": key, "look_every": timedelta(seconds=0.02)}
    async with smtp_serving(intake, **renewing) as inlet:
        first = await shown_certificate(inlet.port)
        certificate.write_bytes(good[: len(good) // 2])
        with caplog.at_level(logging.WARNING, logger="intakebot"):
            await until(lambda: any(inlet.alarms()))
        (alarm,) = inlet.alarms()
        assert (alarm.what, alarm.which) == ("smtp.certificate", "test")
        assert "the one before stays" in alarm.sentence
        assert alarm.sentence in caplog.text
        assert await shown_certificate(inlet.port) == first
        certificate.unlink()
        await until(lambda: any("No such file" in alarm.sentence for alarm in inlet.alarms()))
        certificate.write_bytes(good)
        await until(lambda: not any(inlet.alarms()))
        assert await shown_certificate(inlet.port) == first


async def until(condition: Callable[[], bool]) -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(DEADLINE):
        while not condition():
            soon = loop.create_future()
            loop.call_later(0.005, soon.set_result, None)
            await soon


async def shown_certificate(port: int, name: str | None = None) -> bytes:
    """The certificate that a client is shown after STARTTLS, with and without a name that it asks for."""
    anybody = ssl.create_default_context()
    anybody.check_hostname = False
    anybody.verify_mode = ssl.CERT_NONE
    async with talking(port) as client:
        await client.say("EHLO client.example")
        await client.say("STARTTLS")
        await client.writer.start_tls(anybody, server_hostname=name)
        return client.writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
