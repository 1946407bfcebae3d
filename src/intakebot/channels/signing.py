"""DKIM: signs what leaves, so that receivers know it for the domain's own (RFC 6376).

Asked by the relay outlet. Off unless the configuration names keys; the package comes with the extra `auth`. Nearly
every relay signs by itself: this is for those that do not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from intakebot.domain.errors import ConfigError, DeliveryDeferredError, Problem

_SIGNED = (b"From", b"To", b"Subject", b"Date", b"Message-ID", b"In-Reply-To", b"References", b"Reply-To")
_AND_FURTHER = (b"MIME-Version", b"Content-Type", b"Content-Transfer-Encoding", b"Auto-Submitted")
_OVERSIGNED = (b"From", b"To", b"Cc", b"Subject", b"Date", b"Message-ID", b"Reply-To", b"Content-Type")
"""Signed once more than they are there: whoever adds another one breaks the signature (RFC 6376 5.4.2)."""
_EXAMPLE = b"From: x@example.com\r\n\r\n\r\n"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """What the mail of a domain and its subdomains is signed with; `pem` is an RSA key."""

    domain: str
    selector: str
    pem: bytes = field(repr=False)


class DkimSigner:
    """Signs the mail of the domains that it has keys of; the mail of others leaves as it is."""

    def __init__(self, keys: Sequence[SigningKey]) -> None:
        """Raises ConfigError when the extra is missing or a key is none."""
        self._keys = {key.domain: key for key in keys}
        self._door = _door()
        for key in keys:
            self._try(key)

    def signature(self, sender: str, content: bytes) -> bytes:
        """The header `DKIM-Signature` of a message from this address, CRLF included; b"" without a key for it.

        Raises DeliveryDeferredError: nothing leaves unsigned that should be signed.
        """
        key = self._key_of(sender.rpartition("@")[2].lower())
        if key is None:
            return b""
        from dkim import DKIMException  # noqa: PLC0415 - of the extra

        try:
            return self._signed(key, content)
        except DKIMException as error:
            raise DeliveryDeferredError(f"it could not be signed: {error}") from error

    def _key_of(self, domain: str) -> SigningKey | None:
        while domain and domain not in self._keys:
            domain = domain.partition(".")[2]
        return self._keys.get(domain)

    def _signed(self, key: SigningKey, content: bytes) -> bytes:
        names = [name for name in (*_SIGNED, *_AND_FURTHER) if _has(content, name)]
        signed: bytes = self._door(
            content,
            key.selector.encode(),
            key.domain.encode("idna"),
            key.pem,
            canonicalize=(b"relaxed", b"simple"),  # relaxed bodies cost dkimpy the square of a run of blanks
            include_headers=[*names, *_OVERSIGNED],
        )
        return signed

    def _try(self, key: SigningKey) -> None:
        from dkim import DKIMException  # noqa: PLC0415 - of the extra

        try:
            self._signed(key, _EXAMPLE)
        except (DKIMException, UnicodeError, ValueError) as error:
            sentence = f"relay.dkim.{key.domain}: no mail can be signed with this: {error}"
            raise ConfigError([Problem("intakebot.yaml", 0, sentence)]) from error


def signing_key(domain: str, selector: str, path: Path) -> SigningKey:
    """The key in a PEM file; raises ConfigError."""
    try:
        return SigningKey(domain, selector, path.read_bytes())
    except OSError as error:
        sentence = f"relay.dkim.{domain}: {path} cannot be read: {error.strerror}"
        raise ConfigError([Problem("intakebot.yaml", 0, sentence)]) from error


def _has(content: bytes, name: bytes) -> bool:
    header = b"\r\n" + content[: content.index(b"\r\n\r\n") + 2].lower()
    return b"\r\n" + name.lower() + b":" in header


def _door() -> Callable[..., Any]:
    try:
        from dkim import sign  # noqa: PLC0415 - of the extra
    except ImportError as error:
        sentence = "relay.dkim needs a package that is not here; install it with: pip install 'intakebot[auth]'"
        raise ConfigError([Problem("intakebot.yaml", 0, sentence)]) from error
    signing: Callable[..., Any] = sign
    return signing
