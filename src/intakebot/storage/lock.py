"""One process per data directory: an advisory lock that the kernel lets go of when its holder dies.

Taken by the composition root before the database is opened for writing.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from intakebot.domain.errors import AlreadyRunningError


@contextmanager
def lock_directory(data_dir: Path) -> Iterator[None]:
    """Hold the data directory; raises AlreadyRunningError while another process (or we) hold it."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(data_dir / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRunningError(
                f"{data_dir} is in use by another process; stop it, or let it do the work"
            ) from error
        yield
    finally:
        os.close(descriptor)
