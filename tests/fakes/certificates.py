"""Certificates as servers have them: good, for another name, run out. Each signs itself, so it is its own authority."""

from __future__ import annotations

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from intakebot.clocks import SystemClock


def certificate(place: Path, *, name: str = "", lasts: timedelta = timedelta(days=1)) -> tuple[Path, ssl.SSLContext]:
    """The file, and a server's context with it; `name` '' = it is for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name or "127.0.0.1")])
    known = x509.DNSName(name) if name else x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    now: datetime = SystemClock().now().astimezone(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + lasts)
        .add_extension(x509.SubjectAlternativeName([known]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = place / f"{name or 'here'}.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    kept = place / f"{name or 'here'}.key"
    kept.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file, kept)
    return file, context
