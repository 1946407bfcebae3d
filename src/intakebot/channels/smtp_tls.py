"""The certificate of an SMTP door, as its files hold it now: renewed on disk, it is in use seconds later.

Used by `channels.smtp`. It promises that sessions go on, that a certificate which cannot be used leaves the one
before it in force, and that `trouble` says so until it is mended.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from datetime import timedelta
    from pathlib import Path

_log = logging.getLogger(__name__)
_Stamp: TypeAlias = "tuple[tuple[int, int, int], ...]"


class Certificates:
    """Gives `context`, which is the same object for ever and always speaks with the newest usable certificate.

    Raises OSError (ssl.SSLError is one) when the files cannot be used at the start.
    """

    def __init__(self, certificate: Path, key: Path) -> None:
        self._files = (certificate, key)
        self._seen = self._settled = self._stamp()
        self._newest = self._load()
        self.context = self._load()
        # OpenSSL asks this for every connection, also for one that names no host.
        self.context.sni_callback = self._choose
        self.trouble = ""

    async def watch(self, every: timedelta) -> None:
        """Look at the files again and again, until cancelled."""
        while True:
            await asyncio.sleep(every.total_seconds())
            self.look()

    def look(self) -> None:
        """Take over what has changed, once two looks agree on it: somebody may be writing."""
        stamp = self._stamp()
        if stamp == self._settled or stamp != self._seen:
            self._seen = stamp
        else:
            self._settled = stamp
            self._renew()

    def _renew(self) -> None:
        try:
            self._newest = self._load()
        except OSError as error:
            file = self._files[0].name
            self.trouble = f"the new certificate {file} cannot be used ({_reason(error)}); the one before stays"
            _log.warning("%s", self.trouble)
        else:
            self.trouble = ""
            _log.info("the certificate %s was renewed", self._files[0].name)

    def _load(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*self._files)
        return context

    def _choose(self, connection: ssl.SSLSocket | ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = self._newest

    def _stamp(self) -> _Stamp:
        """What tells one state of the files from another; a missing file is one too."""
        found = []
        for file in self._files:
            try:
                seen = file.stat()
            except OSError:
                found.append((0, 0, 0))
            else:
                found.append((seen.st_ino, seen.st_size, seen.st_mtime_ns))
        return tuple(found)


def _reason(error: OSError) -> str:
    """In words, without the places of OpenSSL's source."""
    if isinstance(error, ssl.SSLError):
        return error.reason.replace("_", " ").lower() if error.reason else "this is no PEM file"
    return error.strerror or type(error).__name__
