"""Two IMAP servers that we did not write: pymap, in a thread of this process, and Dovecot where it is installed.

Both keep one user with an INBOX; `Post` is a mail program of the test's own that files mail and looks at flags.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from imapclient import IMAPClient
from proxyprotocol.noop import ProxyProtocolNoop
from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.dict import DictBackend
from pymap.imap import IMAPServer
from pysasl.hashing import BuiltinHash

USER, PASSWORD = "support@intakebot.example", "secret"
DOVECOT = shutil.which("dovecot") or ("/usr/sbin/dovecot" if Path("/usr/sbin/dovecot").exists() else "")
_QUIET: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
ON_DOVECOT = pytest.param("dovecot", marks=pytest.mark.dovecot)


@dataclass
class MailServer:
    """Where a server listens on 127.0.0.1."""

    name: str
    port: int

    @contextmanager
    def post(self) -> Iterator[Post]:
        """A mail program, logged in."""
        with IMAPClient("127.0.0.1", self.port, ssl=False, timeout=20) as client:
            client.login(USER, PASSWORD)
            yield Post(client)


@dataclass
class Post:
    """What the test does to the mailbox."""

    client: IMAPClient

    def file(self, *mails: bytes, at: datetime | None = None, folder: str = "INBOX") -> None:
        """Mails come into the folder."""
        for mail in mails:
            self.client.append(folder, mail, msg_time=at)

    def seen(self, folder: str = "INBOX") -> list[bool]:
        """For each mail of the folder, in the order of arrival, whether it is marked as seen."""
        self.client.select_folder(folder, readonly=True)
        flags = self.client.get_flags(self.client.search("ALL"))
        return [b"\\Seen" in flags[uid] for uid in sorted(flags)]

    def count(self, folder: str = "INBOX") -> int:
        self.client.select_folder(folder, readonly=True)
        return len(self.client.search("ALL"))

    def empty(self, *folders: str) -> None:
        """Nothing is in these folders any more."""
        for folder in folders:
            if self.client.folder_exists(folder):
                self.client.select_folder(folder)
                self.client.delete_messages(self.client.search("ALL"))
                self.client.expunge()

    def drop(self, folder: str) -> None:
        if self.client.folder_exists(folder):
            self.client.delete_folder(folder)


@contextmanager
def pymap_server() -> Iterator[MailServer]:
    """pymap with its own event loop, in a thread."""
    started, stop, found = threading.Event(), [], []

    def serve() -> None:
        asyncio.run(_serve_pymap(found, stop, started))

    thread = threading.Thread(target=serve, name="pymap")
    thread.start()
    assert started.wait(20), "pymap did not start"
    try:
        yield MailServer("pymap", found[0])
    finally:
        stop[0]()
        thread.join()


async def _serve_pymap(found: list[int], stop: list[Any], started: threading.Event) -> None:
    arguments = Namespace(
        host="127.0.0.1", port=0, debug=False, cert=None, key=None, tls=False, passlib_cfg=None, proxy_protocol=None,
        demo_data=False, demo_user=USER, demo_password=PASSWORD, inherited_sockets=None,
    )  # fmt: skip
    backend, config = await DictBackend.init(arguments, invalid_user_sleep=0.0, hash_context=BuiltinHash(rounds=1))
    config.apply_context()
    stopping, loop = asyncio.Event(), asyncio.get_running_loop()
    server = await asyncio.start_server(
        ProxyProtocolReader(ProxyProtocolNoop()).get_callback(IMAPServer(backend.login, config)), "127.0.0.1", 0
    )
    found.append(server.sockets[0].getsockname()[1])
    stop.append(lambda: loop.call_soon_threadsafe(stopping.set))
    started.set()
    await stopping.wait()
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    config.cpu_subsystem  # noqa: B018 - nothing of it runs any more


@contextmanager
def dovecot_server() -> Iterator[MailServer]:
    """Dovecot in a directory of its own, as an unprivileged user sees it."""
    place = Path(tempfile.mkdtemp(prefix="dc-", dir="/tmp"))
    place.chmod(0o755)
    port = _free_port()
    settings = place / "dovecot.conf"
    settings.write_text(_dovecot_settings(place, port), "utf-8")
    (place / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n", "utf-8")
    (place / "mail").mkdir()
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(place / "mail", nobody.pw_uid, nobody.pw_gid)
    subprocess.run([DOVECOT, "-c", settings], check=True, timeout=30, **_QUIET)
    try:
        yield MailServer("dovecot", port)
    finally:
        subprocess.run([DOVECOT, "-c", settings, "stop"], check=False, timeout=30, **_QUIET)
        shutil.rmtree(place, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _dovecot_settings(place: Path, port: int) -> str:
    lines: Sequence[str] = (
        "protocols = imap",
        "listen = 127.0.0.1",
        f"base_dir = {place}/run",
        f"state_dir = {place}/state",
        f"log_path = {place}/log",
        "ssl = no",
        "disable_plaintext_auth = no",
        "auth_mechanisms = plain login",
        "auth_failure_delay = 0",
        "first_valid_uid = 1",
        "mail_uid = nobody",
        "mail_gid = nogroup",
        "mail_location = maildir:~/Maildir",
        "mail_fsync = never",
        "mailbox_idle_check_interval = 1 secs",  # where the system has no watch left for it, it looks by itself
        "mail_max_userip_connections = 200",
        f"passdb {{\n driver = passwd-file\n args = scheme=PLAIN username_format=%u {place}/users\n}}",
        f"userdb {{\n driver = static\n args = uid=nobody gid=nogroup home={place}/mail/%u\n}}",
        "namespace inbox {\n inbox = yes\n}",
        "service imap-login {\n chroot =",
        f" inet_listener imap {{\n address = 127.0.0.1\n port = {port}\n }}",
        " inet_listener imaps {\n port = 0\n }\n}",
        "service stats {\n chroot =\n}",
        "service anvil {\n chroot =\n}",
    )
    return "\n".join(lines) + "\n"
