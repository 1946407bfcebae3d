"""Postfix as a measure: it accepts mail and holds it in its queue, from a configuration directory of its own.

Used by `benchmarks.smtp` where the command postfix is installed and we are root, as its master wants it. Nothing of
the machine's own Postfix is touched; the master is ended by the id it wrote down itself.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.machine import go_first

_PATIENCE = 20.0
_MAIN = """\
compatibility_level = 3.6
queue_directory = {place}/queue
data_directory = {place}/lib
myhostname = mx.intakebot.example
mydestination = intakebot.example
local_recipient_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtpd_peername_lookup = no
smtpd_recipient_restrictions = check_sender_access static:HOLD, permit
smtpd_client_connection_count_limit = 0
alias_maps =
alias_database =
"""
_MASTER = """\
127.0.0.1:{port} inet n - n - 100 smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
"""


def is_here() -> bool:
    """Whether this machine can run it for us."""
    return shutil.which("postfix") is not None and os.geteuid() == 0


@contextmanager
def postfix() -> Iterator[tuple[int, int]]:
    """Run it; gives the process id of its master, and its port on loopback."""
    with tempfile.TemporaryDirectory(prefix="intakebot-postfix-") as name:
        place, port = Path(name), _free_port()
        place.chmod(0o755)
        for folder in ("queue", "lib"):
            (place / folder).mkdir()
        shutil.chown(place / "lib", "postfix")
        (place / "main.cf").write_text(_MAIN.format(place=place))
        (place / "master.cf").write_text(_MASTER.format(port=port))
        command = ["postfix", "-c", name, "start-fg"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
            written = place / "queue" / "pid" / "master.pid"
            try:
                _wait_for(port)
                master = int(written.read_text())
                go_first(master)
                yield master, port
            finally:
                os.kill(int(written.read_text()) if written.exists() else running.pid, signal.SIGTERM)


def _free_port() -> int:
    with socket.socket() as looking:
        looking.bind(("127.0.0.1", 0))
        return int(looking.getsockname()[1])


def _wait_for(port: int) -> None:
    latest = time.perf_counter() + _PATIENCE
    while time.perf_counter() < latest:
        with socket.socket() as looking:
            if looking.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError("Postfix does not listen")
