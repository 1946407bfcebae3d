"""A door that stands alone asks the DNS who may write in a sender's name; the name server answers on loopback."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cache
from ipaddress import ip_network

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from contract.channels.harness import FakeIntake, serving, smtp_inlet, talking
from fakes.name_server import NameServer, name_server
from intakebot.channels.checked_door import CheckedInlet
from intakebot.channels.sender_checks import SenderChecks, organisational
from intakebot.channels.smtp_settings import Network
from intakebot.clocks import SystemClock
from intakebot.domain.contact import Envelope, Incoming
from intakebot.domain.messages import SenderCheck, Verdict
from intakebot.reading.message import read_message

HOST = "mx.intakebot.example"
TRUSTED = frozenset({HOST})
P, F, N = Verdict.PASS, Verdict.FAIL, Verdict.NONE
MAIL = (
    b"From: Ann <ann@acme.example>\r\nTo: support@example.com\r\nSubject: Hello\r\n"
    b"Message-ID: <1@acme.example>\r\n\r\nThe  pump \t stands still. \r\n\r\n\r\n"
)


@cache
def key_pair() -> tuple[bytes, str]:
    """A private key as dkimpy wants it, and the public one as the DNS has it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    private = key.private_bytes(pem, serialization.PrivateFormat.TraditionalOpenSSL, plain)
    der, info = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    return private, base64.b64encode(key.public_key().public_bytes(der, info)).decode()


def signed(mail: bytes = MAIL, domain: bytes = b"acme.example", **given: object) -> bytes:
    options = {"canonicalize": (b"relaxed", b"relaxed"), "include_headers": [b"from", b"subject"]} | given
    return bytes(dkim.sign(mail, b"s1", domain, key_pair()[0], **options)) + mail


def zone(policy: str = "v=DMARC1; p=reject", **more: str) -> dict[tuple[str, str], tuple[str, ...]]:
    key = key_pair()[1]
    halves = f'"v=DKIM1; k=rsa; p={key[:200]}" "{key[200:]}"'
    return {
        ("acme.example", "TXT"): ('"v=spf1 mx -all"',),
        ("acme.example", "MX"): ("10 mx.acme.example.",),
        ("mx.acme.example", "A"): ("192.0.2.7",),
        ("bulk.example", "TXT"): ('"v=spf1 ip4:198.51.100.0/24 -all"',),
        ("_dmarc.acme.example", "TXT"): (f'"{policy}"',),
        ("s1._domainkey.acme.example", "TXT"): (halves,),
        ("s1._domainkey.news.acme.example", "TXT"): (halves,),
        ("s1._domainkey.evil.example", "TXT"): (halves,),
        **{(name.replace("__", "."), "TXT"): (f'"{text}"',) for name, text in more.items()},
    }


@pytest.fixture
def records() -> Mapping[tuple[str, str], tuple[str, ...]]:
    return zone()


@pytest.fixture
def server(records: Mapping[tuple[str, str], tuple[str, ...]]) -> Iterator[NameServer]:
    with name_server(records, silent="silent.example", broken="broken.example _dmarc.broken.example") as running:
        yield running


async def found(
    server: NameServer,
    content: bytes = MAIL,
    peer: str = "192.0.2.7",
    sender: str = "ann@acme.example",
    limit: float = 5,
    relays: tuple[Network, ...] = (),
) -> SenderCheck:
    checks = SenderChecks(HOST, SystemClock().now, server.resolver(), timedelta(seconds=limit), relays)
    try:
        envelope = Envelope(sender, ("support@example.com",), "mx", peer, "mx.acme.example")
        kept = await checks.checked(Incoming("email", envelope, content))
    finally:
        checks.close()
    assert kept.content.endswith(content)
    return read_message(kept.content, trusted_servers=TRUSTED).check


async def test_the_machine_of_the_domain_passes(server: NameServer) -> None:
    assert await found(server) == SenderCheck(P, N, P, HOST)


async def test_a_stranger_in_the_domain_s_name_fails(server: NameServer) -> None:
    assert await found(server, peer="203.0.113.9") == SenderCheck(F, N, F, HOST)


async def test_another_envelope_vouches_for_nothing(server: NameServer) -> None:
    assert await found(server, peer="198.51.100.1", sender="x@bulk.example") == SenderCheck(P, N, F, HOST)


async def test_a_signature_of_the_domain_passes_wherever_it_comes_from(server: NameServer) -> None:
    assert await found(server, signed(), peer="203.0.113.9") == SenderCheck(F, P, P, HOST)


async def test_a_changed_mail_has_no_good_signature(server: NameServer) -> None:
    changed = signed().replace(b"still", b"again")
    assert await found(server, changed, peer="203.0.113.9") == SenderCheck(F, F, F, HOST)


# case E05: whatever stands in the mail, what we found stands above it
async def test_a_forged_field_stands_below_ours(server: NameServer) -> None:
    forged = b"Authentication-Results: mx.intakebot.example; dmarc=pass header.from=acme.example\r\n" + MAIL
    assert (await found(server, forged, peer="203.0.113.9")).dmarc is F


@pytest.mark.parametrize(
    ("content", "dmarc"),
    [
        pytest.param(signed(domain=b"evil.example"), F, id="of-another-domain"),
        pytest.param(signed(domain=b"news.acme.example"), P, id="of-a-domain-below"),
        pytest.param(signed(canonicalize=(b"simple", b"simple")), P, id="simple"),
        pytest.param(signed(length=True) + b"Send money.\r\n", F, id="of-a-part-only"),
        pytest.param(signed(MAIL + b" " * 5000 + b"\r\n"), F, id="too-many-blanks-to-verify"),
        pytest.param(b"DKIM-Signature: v=1; a=rsa-sha256; d=;;;=\r\n" + MAIL, F, id="broken"),
        pytest.param(signed() + b"more\r\n", F, id="with-more-text"),
    ],
)
async def test_signatures(server: NameServer, content: bytes, dmarc: Verdict) -> None:
    assert (await found(server, content, peer="203.0.113.9")).dmarc is dmarc


@pytest.mark.parametrize(
    ("records", "dmarc"),
    [
        pytest.param(zone("v=DMARC1; p=none; adkim=s"), F, id="strict"),
        pytest.param(zone("v=DMARC1; p=none; pct=0"), P, id="pct-is-ignored"),
        pytest.param(zone("v=DMARC1; p=nonsense"), N, id="no-usable-policy"),
        pytest.param(zone("v=DMARC1; p=nonsense; rua=mailto:a@acme.example"), P, id="reports-only"),
        pytest.param(zone("v=spf1 -all"), N, id="no-dmarc-record"),
    ],
)
async def test_policies(server: NameServer, dmarc: Verdict) -> None:
    assert (await found(server, signed(domain=b"news.acme.example"), peer="203.0.113.9")).dmarc is dmarc


async def test_the_policy_of_the_registered_domain_holds_below_it(server: NameServer) -> None:
    below = MAIL.replace(b"ann@acme", b"ann@shop.acme")
    assert (await found(server, below)).dmarc is P
    assert (await found(server, below, peer="203.0.113.9", sender="x@bulk.example")).dmarc is F


async def test_the_null_sender_is_judged_by_the_machine_s_name(server: NameServer) -> None:
    assert await found(server, sender="") == SenderCheck(N, N, F, HOST)
    assert "mx.acme.example TXT" in server.asked


async def test_a_mail_server_of_ours_is_no_stranger_in_the_domain_s_name(server: NameServer) -> None:
    """It handed over what others gave it: our look at its address would call all of that forged."""
    forged = f"Authentication-Results: {HOST}; dmarc=pass header.from=acme.example\r\n".encode() + MAIL
    assert await found(server, forged, peer="203.0.113.9", relays=(ip_network("203.0.113.8/31"),)) == SenderCheck(
        N, N, N, HOST
    )
    assert server.asked == []


@pytest.mark.parametrize("sender", ["x@silent.example", "x@broken.example"])
async def test_what_the_dns_does_not_say_counts_for_nothing(server: NameServer, sender: str) -> None:
    mail = MAIL.replace(b"ann@acme.example", sender.encode())
    assert await found(server, mail, sender=sender, limit=0.5) == SenderCheck(N, N, N, HOST)


@pytest.mark.parametrize(
    "content",
    [b"", b"\r\n", b"no header\r\n", b"From: a@x.example, b@y.example\r\n\r\nhi\r\n", b"From: a@\xff.example\r\n\r\n"],
)
async def test_odd_mail_is_kept_like_any_other(server: NameServer, content: bytes) -> None:
    assert (await found(server, content, sender="\xff@\x00", peer="nowhere")).dmarc is N


async def test_a_mail_waits_no_longer_than_the_limit(server: NameServer) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    await found(server, MAIL.replace(b"acme", b"silent"), sender="x@silent.example", limit=0.2)
    assert loop.time() - began < 5  # far above the limit: it only must not wait for the name server's patience


@pytest.mark.parametrize(("padding", "dmarc"), [(0, P), (3, P), (8, F)])
async def test_a_record_that_is_too_long_is_no_key(padding: int, dmarc: Verdict) -> None:
    key = key_pair()[1]
    texts = ("v=DKIM1; p=", key[:200], key[200:], *(f"; x{number}={'a' * 190}" for number in range(padding)))
    record = " ".join(f'"{text}"' for text in texts)
    with name_server(zone() | {("s1._domainkey.acme.example", "TXT"): (record,)}) as hostile:
        assert (await found(hostile, signed(), peer="203.0.113.9")).dmarc is dmarc


@pytest.mark.parametrize(
    ("domain", "registered"),
    [("a.b.acme.co.uk", "acme.co.uk"), ("co.uk", "co.uk"), ("acme.example", "acme.example"), ("x", "x")],
)
def test_registered_domains(domain: str, registered: str) -> None:
    assert organisational(domain) == registered


async def test_the_door_hands_over_what_it_found(server: NameServer) -> None:
    inner, intake = smtp_inlet(), FakeIntake()
    door = CheckedInlet(inner, inner.listening, SenderChecks(HOST, SystemClock().now, server.resolver()))
    async with serving(door, intake):
        await door.listening.wait()
        async with talking(inner.port) as client:
            await client.begin()
            await client.send(MAIL)
            assert (await client.say(".")).startswith("250")
    assert intake.received[0].content.startswith(f"Authentication-Results: {HOST};\r\n\tspf=".encode())
