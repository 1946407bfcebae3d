"""Mail is signed so that a receiver's check holds, and breaks when somebody adds to it."""

from __future__ import annotations

import base64
import subprocess
import sys
from email import message_from_bytes
from pathlib import Path
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from contract.channels.harness import a_delivery
from contract.channels.sink import Sink, sinking
from intakebot.channels.composition import compose
from intakebot.channels.relay import RelayOutlet, RelaySettings, Tls
from intakebot.channels.signing import DkimSigner, SigningKey, signing_key
from intakebot.domain.errors import ConfigError

KEY = rsa.generate_private_key(65537, 2048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
)
PUBLIC = base64.b64encode(
    KEY.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
)


def holds(content: bytes, domain: str = "example.com") -> bool:
    """What a receiver finds, with our key in its DNS under the selector `desk`."""

    def dns(name: bytes, timeout: int = 5) -> bytes:  # noqa: ARG001 - as dkimpy asks
        assert name == f"desk._domainkey.{domain}.".encode()
        return b"v=DKIM1; k=rsa; p=" + PUBLIC

    return bool(dkim.verify(content, dnsfunc=dns))


def a_signer(*domains: str) -> DkimSigner:
    return DkimSigner([SigningKey(domain, "desk", PEM) for domain in domains or ("example.com",)])


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"automatic": True, "in_reply_to": "<1@example.net>", "reply_to": "support+t@example.com"},
        {"subject": "Grüße " * 40, "text": "ü" * 3000, "html": "<p>ü</p>", "sender_name": "Müller, Hans"},
        {"recipient": "björn@exämple.net"},
        {"text": "  blanks  \n\n\n.\n..\n\n\n"},
    ],
)
async def test_what_arrives_is_signed(changes: dict[str, Any]) -> None:
    async with sinking(Sink()) as sink:
        outlet = RelayOutlet(RelaySettings("127.0.0.1", sink.port, "bot.example", Tls.NONE), signer=a_signer())
        await outlet.deliver(a_delivery(**changes))
        await outlet.close()
    [(_, _, content)] = sink.taken
    assert holds(content)
    signature = message_from_bytes(content)["DKIM-Signature"]
    assert "".join(signature.split()).count("from:") >= 1
    assert max(map(len, content.split(b"\r\n"))) <= 998


@pytest.mark.parametrize("added", ["From: ceo@example.com", "Subject: other", "Reply-To: x@evil.example", "Cc: x@y"])
def test_nobody_can_add_to_what_was_signed(added: str) -> None:
    content = compose(a_delivery())
    signed = a_signer().signature("support@example.com", content) + content
    assert holds(signed)
    assert not holds(f"{added}\r\n".encode() + signed)
    assert not holds(signed.replace(b"Restart", b"Replace"))


def test_a_domain_signs_for_its_subdomains_and_for_nobody_else() -> None:
    content = compose(a_delivery())
    signer = a_signer("example.com", "other.example")
    assert holds(signer.signature("support@mail.example.com", content) + content)
    assert holds(signer.signature("support@OTHER.example", content) + content, "other.example")
    for stranger in ("support@example.org", "support@notexample.com", "support@com", ""):
        assert signer.signature(stranger, content) == b""


@pytest.mark.parametrize("pem", [b"", b"no key", PUBLIC])
def test_what_is_no_key_is_said_at_the_start(pem: bytes) -> None:
    with pytest.raises(ConfigError, match=r"relay\.dkim\.example\.com: no mail can be signed with this"):
        DkimSigner([SigningKey("example.com", "desk", pem)])


def test_a_key_comes_from_its_file_and_is_shown_to_nobody(tmp_path: Path) -> None:
    path = tmp_path / "desk.pem"
    path.write_bytes(PEM)
    key = signing_key("example.com", "desk", path)
    assert key.pem == PEM
    assert "PRIVATE" not in repr(key)
    with pytest.raises(ConfigError, match="cannot be read"):
        signing_key("example.com", "desk", tmp_path / "none")


def test_without_the_extra_a_start_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['dkim'] = None\n"
        "from intakebot.channels.signing import DkimSigner, SigningKey\n"
        "DkimSigner([SigningKey('example.com', 'desk', b'')])\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "pip install 'intakebot[auth]'" in ended.stderr
