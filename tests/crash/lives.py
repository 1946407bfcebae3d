"""Lives of a service on one data directory, for the tests that kill it."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from intakebot.channels.control import RemoteDesk, control_socket

ROOT = Path(__file__).resolve().parents[2]
LONGEST_WAIT = 60.0
_BORN = re.compile(r"born (\d+)")
_ENDED = re.compile(r"ended (-?\d+)")
_READY = re.compile(r"intakebot is ready: SMTP on 127\.0\.0\.1:(\d+)(?:, Slack \S+ on port (\d+))?")
_READY_OR_ENDED = re.compile(f"{_ENDED.pattern}|{_READY.pattern}")


@dataclass
class Life:
    """One service; `port` is 0 until it takes mail, `slack_port` where Slack brings nothing by HTTP.

    `status` is how it ended, as far as anybody has heard.
    """

    mother: Mother
    pid: int
    port: int = 0
    slack_port: int = 0
    status: int | None = None

    def kill(self) -> None:
        """The end without a word."""
        os.kill(self.pid, signal.SIGKILL)
        assert self.ended() == -signal.SIGKILL

    def stop(self) -> None:
        """The end as it should be."""
        os.kill(self.pid, signal.SIGTERM)
        assert self.ended() == 0

    def ended(self) -> int:
        """Wait for the end; the exit status, or minus the number of the signal."""
        if self.status is None:
            self.status = int(self.mother.hear(_ENDED)[1])
        self.mother.living = None
        return self.status

    def ask(self, question: str, **arguments: Any) -> Any:
        """Ask the desk through the control socket."""
        return asyncio.run(self.desk().ask(question, arguments))

    def desk(self) -> RemoteDesk:
        return RemoteDesk(control_socket(self.mother.data))

    def wait_until_nothing_waits(self) -> None:
        """Until every contact is registered, every delivery settled, every envelope worked off, every post shown."""
        wait_for(lambda: not _waiting(self.ask("health")["counts"]))


class Mother:
    """Bears lives on one data directory; see `mother`."""

    def __init__(self, place: Path, settings: Path) -> None:
        self.data = place / "data"
        self.living: Life | None = None
        self._log = (place / "log").open("w")
        self._process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("mother.py"), settings, self.data],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "OPENBLAS_NUM_THREADS": "1"},
        )  # fmt: skip

    def conceive(self, kind: str = "real") -> Life:
        """Begin a life; it is not ready yet."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{kind}\n")
        self._process.stdin.flush()
        self.living = Life(self, int(self.hear(_BORN)[1]))
        return self.living

    def bear(self, kind: str = "real") -> Life:
        """Begin a life and wait until it takes mail."""
        life = self.conceive(kind)
        ready = self.hear(_READY)
        life.port, life.slack_port = int(ready[1]), int(ready[2] or 0)
        return life

    def risk(self, kind: str) -> Life:
        """Begin a life that may end before it takes anything, and wait for the one or the other."""
        life = self.conceive(kind)
        status, port, slack_port = self.hear(_READY_OR_ENDED).groups()
        life.status = int(status) if status else None
        life.port, life.slack_port = int(port or 0), int(slack_port or 0)
        return life

    def hear(self, wanted: re.Pattern[str]) -> re.Match[str]:
        """The next line that matches; a life that ended unasked is an error."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            found = wanted.match(line)
            if found:
                return found
            assert not line.startswith("ended"), f"the service ended by itself: {line}{self._words()}"
        raise AssertionError(f"no more lives: {self._words()}")

    def close(self) -> None:
        """No more lives."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if self.living:
            with suppress(ProcessLookupError):  # it ended by itself, as the failing test says
                os.kill(self.living.pid, signal.SIGKILL)
        self._process.stdin.close()
        self._process.wait(LONGEST_WAIT)
        self._process.stdout.close()
        self._log.close()

    def _words(self) -> str:
        return Path(self._log.name).read_text("utf-8")[-3000:]


@contextmanager
def mother_of(place: Path, relay_port: int | None = None, database: str = "", **sections: str) -> Iterator[Mother]:
    """A mother for the shipped example installation in `place`, on free ports; replies go to a relay if given.

    `database` is the url of another database than a file in `place`. `sections` are lines to add at the top of a
    section of the configuration, such as `channels`.
    """
    place.mkdir(exist_ok=True)
    for folder in ("config", "templates"):
        shutil.copytree(ROOT / folder, place / folder)
    settings = place / "config" / "intakebot.yaml"
    written = settings.read_text("utf-8").replace("listen: 127.0.0.1:2525", "listen: 127.0.0.1:0")
    if relay_port:
        written += f"\nrelay: {{host: 127.0.0.1, port: {relay_port}, tls: none}}\n"
    if database:
        written += f"\ndatabase:\n  url: {database}\n"
    for name, lines in sections.items():
        indented = "".join(f"  {line}\n" for line in lines.splitlines())
        written = written.replace(f"\n{name}:\n", f"\n{name}:\n{indented}", 1)
    settings.write_text(written, "utf-8")
    mother = Mother(place, settings)
    try:
        yield mother
    finally:
        mother.close()


def wait_for(condition: Callable[[], bool]) -> None:
    """Ask again and again until it holds; too late is a failure."""
    latest = time.monotonic() + LONGEST_WAIT
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < latest, "it did not come true in time"
        pause.wait(0.02)


def _waiting(counts: dict[str, dict[str, int]]) -> int:
    unsettled = {
        "contacts": ("received",),
        "deliveries": ("queued", "sending", "deferred"),
        "envelopes": ("kept",),
        "posts": ("due", "sending"),
    }
    return sum(counts[what].get(state, 0) for what, states in unsettled.items() for state in states)
