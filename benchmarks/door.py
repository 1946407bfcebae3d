"""The SMTP door beside Postfix, under a crowd, and under large mail.

Postfix accepts and holds: it is done with a mail where our door is done, with 250 said and the mail on disk. Both get
the same mails from the same client, in turns. Where there is no Postfix, the measure is files of the same size that
are written and synced one after the other.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from benchmarks.crowd import accept_times, crowd, large_mails, wait_until_large_are_registered
from benchmarks.figures import Figure
from benchmarks.machine import memory, processor_seconds
from benchmarks.mails import LONG, mail
from benchmarks.postfix import is_here, postfix
from benchmarks.smtp import directory, send, started

MAILS = 600
ROUNDS = 5
BAR = 0.9
CONNECTIONS = (1, 10)
SLOWER_BY_AT_MOST = 2.0
MEMORY_BARS = {1: 300, 4: 500}
"""Megabytes that a process tree may grow by, for so many mails of 50 MB at once (GOAL7)."""
_MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Taken:
    """One measured stream: mails a second, and milliseconds of processor time a mail."""

    rate: float
    milliseconds: float


def door() -> Iterator[Figure]:
    """Every figure of this part."""
    return chain(beside_postfix(), under_a_crowd(), under_large_mail())


def beside_postfix() -> Iterator[Figure]:
    """Mails of 45 kB, durable before 250."""
    with directory() as place, started("keeping", place) as (ours, our_port), _measure() as (name, measure):
        _taken(ours, our_port, 10)  # what is loaded with the first mail is loaded
        measure(10)
        for connections in CONNECTIONS:
            pairs = [(_taken(ours, our_port, connections), measure(connections)) for _ in range(ROUNDS)]
            yield from _beside(f"45 kB mails, {connections} connections", name, pairs)


def _beside(what: str, name: str, pairs: list[tuple[Taken, Taken]]) -> Iterator[Figure]:
    ours, theirs = zip(*pairs, strict=True)
    ratio = statistics.median(one.rate / other.rate for one, other in pairs)
    rate, limit = (statistics.median(one.rate for one in side) for side in (ours, theirs))
    yield Figure.beside(f"accepted, {what}", rate, name, limit, ratio, BAR)
    spent, least = (statistics.median(one.milliseconds for one in side) for side in (ours, theirs))
    yield Figure(f"processor, {what}", round(spent, 3), "ms", name, round(least, 3), round(spent / least, 3))


def _taken(root: int, port: int, connections: int) -> Taken:
    before = processor_seconds(root)
    sent = send(port, connections, MAILS, LONG)
    return Taken(sent.rate(), (processor_seconds(root) - before) / MAILS * 1000)


@contextmanager
def _measure() -> Iterator[tuple[str, Callable[[int], Taken]]]:
    if is_here():
        with postfix() as (master, port):
            yield "Postfix, accept and hold", lambda connections: _taken(master, port, connections)
    else:
        with tempfile.TemporaryDirectory(prefix="intakebot-bench-") as name:
            yield "synced files", lambda _connections: _synced_files(Path(name))


def _synced_files(place: Path) -> Taken:
    began, worked = time.perf_counter(), time.process_time()
    for number in range(MAILS):
        with (place / str(number)).open("wb") as file:
            file.write(mail(number, LONG))
            file.flush()
            os.fsync(file.fileno())
    spent, ended = time.process_time() - worked, time.perf_counter()
    return Taken(MAILS / (ended - began), spent / MAILS * 1000)


def under_a_crowd() -> Iterator[Figure]:
    """How long a mail takes, at the 99th of a hundred, with 1,000 idle and 100 trickling connections beside it."""
    with directory() as place, started("keeping", place) as (_, port):
        accept_times(port)
        alone = accept_times(port)
        with crowd(port, idle=890, trickling=100):  # the door takes 1,000 in all
            crowded = accept_times(port)
    slowest, least = (statistics.quantiles(times, n=100)[-1] * 1000 for times in (crowded, alone))
    yield Figure.span("accepted in a crowd, p99", slowest, "alone", least, SLOWER_BY_AT_MOST * least)


def under_large_mail() -> Iterator[Figure]:
    """By how much the processes grow while mails of 50 MB come in at once (GOAL7), and while one is registered too."""
    for mails, most in MEMORY_BARS.items():
        yield _grown(f"grown while {mails} of 50 MB is kept", "keeping", mails, most)
    yield _grown("grown until 1 of 50 MB is registered", "service", 1, MEMORY_BARS[1])


def _grown(name: str, kind: str, mails: int, most: float) -> Figure:
    with directory() as place, started(kind, place) as (service, port):
        send(port, 2, 10)
        before, peak, over = memory(service), [0], threading.Event()
        watching = threading.Thread(target=_watch, args=(service, peak, over))
        watching.start()
        try:
            large_mails(port, mails, 49 * _MEGABYTE)
            if kind == "service":
                wait_until_large_are_registered(place, mails)
        finally:
            over.set()
            watching.join()
        grown = (peak[0] - before) / _MEGABYTE
        return Figure(name, round(grown), "MB", ok=grown <= most, most=most)


def _watch(root: int, peak: list[int], over: threading.Event) -> None:
    while not over.wait(0.02):
        peak[0] = max(peak[0], memory(root))
