"""Large raw messages as files, so that the database stays small: `blobs/aa/<sha256>` under the data directory.

Called by the store while a contact is kept. Promises that a blob is on disk, name included, before the
transaction that names it commits. The same bytes are one file.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from intakebot.domain.contact import KeptFile

INLINE_LIMIT = 256 * 1024
"""Bytes up to which raw messages are kept in the database."""
_BEGINNING = 4096


@dataclass(frozen=True, slots=True)
class Blobs:
    """The blob files of one data directory. Raises OSError; a name is the SHA-256 of the bytes."""

    data_dir: Path
    inline_limit: int = INLINE_LIMIT

    def write(self, content: bytes) -> str:
        """Make `content` durable and return its name."""
        name = hashlib.sha256(content).hexdigest()
        place = self._place(name)
        for folder in (place.parent.parent, place.parent):
            if not folder.is_dir():
                folder.mkdir(mode=0o700, exist_ok=True)
                _sync_folder(folder.parent)
        unfinished = place.with_suffix(".unfinished")
        _write_synced(unfinished, content)
        unfinished.rename(place)
        _sync_folder(place.parent)
        return name

    def read(self, name: str) -> bytes:
        """The bytes of a blob."""
        with os.fdopen(self._opened(name), "rb") as file:
            return file.read()

    def beginning(self, name: str) -> tuple[bytes, KeptFile]:
        """The first 4 kB of a blob, and where all of it is."""
        with os.fdopen(self._opened(name), "rb", buffering=0) as file:
            return file.read(_BEGINNING), KeptFile(self._place(name).absolute(), os.fstat(file.fileno()).st_size)

    def _opened(self, name: str) -> int:
        return os.open(self._place(name), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)

    def _place(self, name: str) -> Path:
        return self.data_dir / "blobs" / name[:2] / name


def _write_synced(place: Path, content: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(place, flags, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
