"""Seals texts that the database must not give away: `ports.chat.Seal` under a key file of the data directory.

Called by the composition root. AES-GCM under a fresh nonce each time (NIST SP 800-38D); what a text is about is
authenticated with it. Whoever has the database, or a copy of it, without the key file, reads nothing and can put
nothing of their own in place.
"""

from __future__ import annotations

import os
import secrets
import stat
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from intakebot.domain.errors import StorageUnavailableError

TOKEN_KEY_FILE = "chat-tokens.key"  # noqa: S105 - the name of a file, no password
_KEY_LENGTH = 32
_NONCE_LENGTH = 12
_VERSION = "1."


class KeySeal:
    """A `Seal` under one key of 32 bytes. `named` is what the operator knows the key by."""

    def __init__(self, key: bytes, named: str) -> None:
        self._cipher = AESGCM(key)
        self._named = named

    def seal(self, text: str, about: str) -> str:
        """The sealed text; it opens under the same `about` only."""
        nonce = secrets.token_bytes(_NONCE_LENGTH)
        return _VERSION + urlsafe_b64encode(nonce + self._cipher.encrypt(nonce, text.encode(), about.encode())).decode()

    def open(self, sealed: str, about: str) -> str:
        """The text; raises StorageUnavailableError for another key, another `about`, or a changed text."""
        try:
            packed = urlsafe_b64decode(sealed.removeprefix(_VERSION))
            return self._cipher.decrypt(packed[:_NONCE_LENGTH], packed[_NONCE_LENGTH:], about.encode()).decode()
        except (ValueError, InvalidTag) as error:
            raise StorageUnavailableError(
                f"{self._named} is not the key that {about} was sealed with; put the right key file in its place"
            ) from error


def key_seal(directory: Path) -> KeySeal:
    """The seal of this data directory; its key is made on the first call, owner-only.

    Raises StorageUnavailableError when the file is not a key or others may read it.
    """
    path = directory / TOKEN_KEY_FILE
    try:
        _make_key(path)
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            rights = stat.S_IMODE(os.fstat(descriptor).st_mode)
            key = file.read()
    except OSError as error:
        raise StorageUnavailableError(f"{path} cannot be read or made: {error.strerror}") from error
    if len(key) != _KEY_LENGTH or rights & 0o077:
        raise StorageUnavailableError(f"{path} must be {_KEY_LENGTH} bytes that only its owner may read (chmod 600)")
    return KeySeal(key, str(path))


def _make_key(path: Path) -> None:
    """Make the file whole or not at all: whoever finds its name finds the key."""
    if path.exists():
        return
    unfinished = path.with_suffix(f".{secrets.token_hex(4)}.unfinished")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
        file.write(secrets.token_bytes(_KEY_LENGTH))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(unfinished, path)
    except FileExistsError:  # another process was faster: its key holds
        pass
    finally:
        unfinished.unlink()
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
