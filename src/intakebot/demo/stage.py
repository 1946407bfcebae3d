"""The stage: a directory of its own, the service as a process, and the real command line for whoever acts.

Called by `performance`. It promises that the process it started has ended when `end` returns, however it went.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from intakebot.channels.control import RemoteDesk, control_socket
from intakebot.config.settings import load_settings
from intakebot.demo.workspace import Workspace
from intakebot.domain.errors import ServiceUnreachableError

HOST = "127.0.0.1"
PATIENCE = 20.0
"""Seconds that anything may take before it is called a failure."""
PAUSE = 0.1
_CHANNELS = re.compile(r"(?m)^channels:\n")
_LISTEN = re.compile(r"(?m)^(\s+listen:).*$")


async def met(condition: Callable[[], Awaitable[bool]]) -> bool:
    """Wait until a condition holds; False when it did not within `PATIENCE`."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not await condition():  # noqa: ASYNC110 - what is waited for happens in another process
                await asyncio.sleep(PAUSE)
    except TimeoutError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended: its exit code, and what it printed as data (an error's fields when it failed)."""

    code: int
    answer: Any


class Stage:
    """A copy of the configuration in a fresh directory, and the service that runs on it, beside a workspace if given.

    Raises ConfigError when the configuration cannot be used.
    """

    def __init__(self, settings: Path, workspace: Workspace | None = None) -> None:
        self.workspace = workspace
        templates = load_settings(settings).templates_directory
        self.home = Path(tempfile.mkdtemp(prefix="intakebot-demo-"))
        self.data = self.home / "data"
        self.outbox = self.data / "outbox"
        self.port = _free_port()
        self.settings = _copied(settings, templates, self.home, self.port)
        self.desk = RemoteDesk(control_socket(self.data))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The service's process."""
        return self._process.pid if self._process else 0

    def said(self) -> str:
        """What the service has printed and logged."""
        return (self.home / "service.log").read_text(encoding="utf-8", errors="replace")

    async def begin(self) -> None:
        """Start the service; returns when it listens. Raises ServiceUnreachableError."""
        if self.workspace:
            _add_channel(self.settings, await self.workspace.begin(self.settings.parent))
        self._process = self._started()

        async def settled() -> bool:
            return "is ready" in self.said() or self._exit_code() is not None

        await met(settled)
        if "is ready" not in self.said():
            raise ServiceUnreachableError(f"the service did not start; {self.home}/service.log: {self.said()[-500:]}")

    async def command(self, agent: str, words: Sequence[str]) -> Outcome:
        """Have an agent give a command, as a process of its own."""
        process = await asyncio.create_subprocess_exec(
            *self._program(),
            "--as",
            agent,
            "--json",
            *words,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        printed, complained = await process.communicate()
        return Outcome(process.returncode or 0, _parsed(complained if process.returncode else printed))

    async def end(self) -> int | None:
        """Stop the service as Ctrl-C does, and kill it when it does not obey; returns its exit code."""
        if self._process is None:
            return None
        if self._exit_code() is None:
            self._process.send_signal(signal.SIGINT)

        async def ended() -> bool:
            return self._exit_code() is not None

        if not await met(ended):
            self._process.kill()
        return self._process.wait()

    def clear(self) -> None:
        """Remove everything."""
        shutil.rmtree(self.home)

    def _started(self) -> subprocess.Popen[bytes]:
        """The service in a session of its own: Ctrl-C here does not reach it, and --keep leaves it alone."""
        command = [*self._program(), "run", "--simulated-clock"]
        with (self.home / "service.log").open("wb") as log:
            return subprocess.Popen(  # noqa: S603 - this very program, with arguments of our own
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )

    def _exit_code(self) -> int | None:
        return self._process.poll() if self._process else None

    def _program(self) -> tuple[str, ...]:
        return (sys.executable, "-m", "intakebot", "--config", str(self.settings), "--data", str(self.data))


def _parsed(printed: bytes) -> Any:  # noqa: ANN401 - JSON-like data
    try:
        return json.loads(printed)
    except ValueError:
        return {"error": {"reason": "", "sentence": printed.decode("utf-8", "replace").strip()[-500:]}}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _copied(settings: Path, templates: Path, home: Path, port: int) -> Path:
    """The configuration and its templates, listening on a port of their own."""
    shutil.copytree(settings.parent, home / "config")
    shutil.copytree(templates, home / "templates")
    copy = home / "config" / settings.name
    copy.write_text(_LISTEN.sub(rf"\1 {HOST}:{port}", copy.read_text(encoding="utf-8")), encoding="utf-8")
    return copy


def _add_channel(settings: Path, section: str) -> None:
    """Put a workspace's section under the channels of the copied configuration."""
    indented = "".join(f"  {line}\n" for line in section.splitlines())
    written = settings.read_text(encoding="utf-8")
    settings.write_text(_CHANNELS.sub(lambda _: f"channels:\n{indented}", written, count=1), encoding="utf-8")
