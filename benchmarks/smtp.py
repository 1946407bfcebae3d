"""Mail over SMTP: acceptance beside a bare server, and the whole way from 250 to the owed acknowledgement."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.machine import go_first
from benchmarks.mails import STORIES

MAILS = 2_000
ROUNDS = 3
LONGEST_WAIT = 60.0
BARE = "bare aiosmtpd that drops mail"
ACCEPTANCE_BARS = {1: None, 8: None, 64: 0.5}
END_TO_END_BAR = 0.25
_ROOT = Path(__file__).resolve().parents[1]
_numbers = count(1, MAILS)


@dataclass(frozen=True, slots=True)
class Sent:
    """One measured stream of mails; moments are of the machine's monotonic clock, in seconds."""

    began: float
    ended: float
    accepted: int

    def rate(self, until: float | None = None) -> float:
        """Mails per second, until the last 250 or until a later moment."""
        return self.accepted / ((until or self.ended) - self.began)


def acceptance() -> Iterator[Figure]:
    """Keeping mail durable before 250, nobody registering, with 1, 8 and 64 connections."""
    with directory() as place, server("keeping", place) as our_port, server("bare", place) as bare_port:
        for connections, bar in ACCEPTANCE_BARS.items():
            pairs = [(send(our_port, connections).rate(), send(bare_port, connections).rate()) for _ in range(ROUNDS)]
            yield _beside(f"accepted over SMTP, {connections} connections", pairs, bar)


def end_to_end() -> Iterator[Figure]:
    """From the first MAIL to the last registered contact: case, classification, queue, owed acknowledgement."""
    for name, kind, bar in (
        ("registered end to end, 8 connections, replies owed", "registering", END_TO_END_BAR),
        ("registered end to end, 8 connections, replies filed", "service", None),
    ):
        yield _beside(name, [_registered(kind) for _ in range(ROUNDS)], bar)


def _registered(kind: str) -> tuple[float, float]:
    with directory() as place, server(kind, place) as our_port, server("bare", place) as bare_port:
        send(our_port, 8, mails=50)  # what is loaded with the first mail is loaded
        wait_until_registered(place, 50)
        sent = send(our_port, 8)
        return sent.rate(wait_until_registered(place, MAILS + 50)), send(bare_port, 8).rate()


def _beside(name: str, pairs: list[tuple[float, float]], bar: float | None) -> Figure:
    figures, limits = zip(*pairs, strict=True)
    ratio = statistics.median(figure / limit for figure, limit in pairs)
    return Figure.beside(name, statistics.median(figures), BARE, statistics.median(limits), ratio, bar)


@contextmanager
def directory() -> Iterator[Path]:
    """The shipped example installation in a directory of its own, on a free port."""
    with tempfile.TemporaryDirectory(prefix="intakebot-bench-") as name:
        place = Path(name)
        for folder in ("config", "templates"):
            shutil.copytree(_ROOT / folder, place / folder)
        settings = place / "config" / "intakebot.yaml"
        settings.write_text(re.sub(r"listen: \S+", "listen: 127.0.0.1:0", settings.read_text("utf-8")), "utf-8")
        yield place


@contextmanager
def server(kind: str, place: Path) -> Iterator[int]:
    """A server of `benchmarks.servers`, or the service itself; gives its port."""
    with started(kind, place) as (_, port):
        yield port


@contextmanager
def started(kind: str, place: Path) -> Iterator[tuple[int, int]]:
    """The same; gives its process id, and its port."""
    command = [sys.executable, "-m", "benchmarks.servers", kind, str(place)]
    if kind == "service":
        settings = ["--config", str(place / "config" / "intakebot.yaml"), "--data", str(place / "data")]
        command = [sys.executable, "-m", "intakebot", *settings, "run"]
    # A session of its own, as a service manager gives it and as Postfix takes it: `go_first` says what for.
    with subprocess.Popen(
        command, cwd=_ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True
    ) as process:
        go_first(process.pid)
        try:
            said = process.stdout.readline() if process.stdout else ""
            found = re.search(r"(?:port |:)(\d{4,5})\b", said)
            if found is None:
                raise RuntimeError(f"{kind} did not start: {said}")
            yield process.pid, int(found[1])
        finally:
            process.terminate()


def send(port: int, connections: int, mails: int = MAILS, stories: int = STORIES) -> Sent:
    """Stream mails that were never sent before, from a process of its own."""
    arguments = map(str, (port, connections, mails, next(_numbers), stories))
    command = [sys.executable, "-m", "benchmarks.client", *arguments]
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, start_new_session=True) as client:
        go_first(client.pid)
        sent = Sent(**json.loads(client.communicate()[0]))
    if sent.accepted != mails:
        raise RuntimeError(f"only {sent.accepted} of {mails} mails were accepted")
    return sent


def wait_until_registered(place: Path, mails: int) -> float:
    """The moment at which so many contacts are registered and their acknowledgements owed."""
    question = (
        "SELECT (SELECT count(*) FROM contacts WHERE state = 'registered'),"
        " (SELECT count(*) FROM deliveries WHERE kind = 'acknowledgement')"
    )
    latest = time.perf_counter() + LONGEST_WAIT
    with closing(sqlite3.connect(f"file:{place}/data/intakebot.db?mode=ro", uri=True)) as database:
        # Case numbers have an index: looking must not cost what is being measured.
        while database.execute("SELECT count(number) FROM cases").fetchone() != (mails,):
            if time.perf_counter() > latest:
                raise TimeoutError(f"not registered after {LONGEST_WAIT:.0f} s")
            time.sleep(0.02)
        moment = time.perf_counter()
        if database.execute(question).fetchone() != (mails, mails):
            raise RuntimeError("there are as many cases as mails, but not as many registered contacts and replies owed")
    return moment
