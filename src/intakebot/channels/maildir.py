"""An outlet that files replies in a Maildir instead of sending them: for trying things out, and for archives.

Called by the worker in place of the relay. It promises that a delivery that was answered for is on disk, and
that the same delivery is one file however often it is delivered.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from intakebot.channels.composition import compose, envelope_sender
from intakebot.domain.errors import DeliveryDeferredError
from intakebot.ports import Receipt

if TYPE_CHECKING:
    from pathlib import Path

    from intakebot.domain.delivery import Delivery


class MaildirOutlet:
    """Files deliveries of the channel `email` under `directory`, which is made when only its parent is there."""

    channel = "email"
    idempotent = True
    at_once = 4

    def __init__(self, directory: Path, *, bounce_key: bytes = b"") -> None:
        self._directory = directory
        self._bounce_key = bounce_key

    async def deliver(self, delivery: Delivery) -> Receipt:
        """File once, as `ports.Outlet` says; raises DeliveryDeferredError when the disk does not take it."""
        path = f"Return-Path: <{envelope_sender(delivery, self._bounce_key)}>\r\n"  # RFC 5321 4.4: filed is arrived
        content = path.encode() + compose(delivery)
        try:
            name = await asyncio.to_thread(file_message, self._directory, f"{delivery.id}.intakebot", content)
        except OSError as error:
            raise DeliveryDeferredError(f"the Maildir did not take it: {error.strerror}") from error
        return Receipt(f"filed as {name}")

    async def close(self) -> None:
        """Nothing is held."""


def file_message(directory: Path, name: str, content: bytes) -> str:
    """Put a message into a Maildir under a fixed name, durable on return; a name that is there is left alone.

    Returns the path inside the Maildir. Raises OSError.
    """
    for folder in (directory, directory / "tmp", directory / "new", directory / "cur"):
        folder.mkdir(mode=0o700, exist_ok=True)
    for seen in (directory / "cur").glob(f"{name}*"):  # a mail reader moves and marks what it has shown
        return f"cur/{seen.name}"
    _write_durably(directory / "tmp" / name, content)
    (directory / "tmp" / name).rename(directory / "new" / name)
    _sync(directory / "new")
    _sync(directory)
    return f"new/{name}"


def _write_durably(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)  # what a crash left
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
