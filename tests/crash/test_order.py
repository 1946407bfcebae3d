"""The order of system calls: no 250 leaves before everything that was written for it is on the disk (case A04)."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from crash.lives import Life, mother_of, wait_for
from crash.senders import Sender

pytestmark = pytest.mark.crash
MAILS = 20
_CALLS = "trace=write,writev,pwrite64,sendto,sendmsg,fsync,fdatasync"
_WRITE = re.compile(r"pwrite64\(\d+<[^>]*-wal>")
_SYNC = re.compile(r"(?:fsync|fdatasync)\(\d+<[^>]*-wal>")
_LATER = re.compile(r"<\.\.\. f(?:data)?sync resumed>.*= 0")
_KEPT = re.compile(r'"250 2\.6\.0 kept')


def synced_before_each_answer(trace: Iterable[str]) -> Iterator[bool]:
    """For each 250 after content, whether a finished sync stood between it and the last write to the WAL."""
    synced, under_way = True, set()
    for line in trace:
        thread = line.split(maxsplit=1)[0]
        if _WRITE.search(line):
            synced = False
        elif _SYNC.search(line):
            if "unfinished" in line:
                under_way.add(thread)
            synced = synced or line.rstrip().endswith("= 0")
        elif thread in under_way and _LATER.search(line):
            under_way.remove(thread)
            synced = True
        elif _KEPT.search(line):
            yield synced


@contextmanager
def traced(life: Life, place: Path) -> Iterator[None]:
    """Write the system calls of a life to a file."""
    command = ["strace", "-f", "-y", "-s", "40", "-e", _CALLS, "-o", place, "-p", str(life.pid)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
        assert tracer.stderr is not None
        assert "attached" in tracer.stderr.readline()
        yield
        os.kill(tracer.pid, signal.SIGINT)
        tracer.communicate()


@pytest.mark.parametrize(("kind", "all_synced"), [("keeping", True), ("keeping carelessly", False)])
def test_no_answer_leaves_before_the_disk_has_what_it_promises(
    strace: Path,
    tmp_path: Path,
    kind: str,
    all_synced: bool,  # noqa: FBT001 - a column of the table
) -> None:  # cases A04, A05
    sender = Sender("alpha")
    with mother_of(tmp_path) as mother:
        life = mother.bear(kind)
        sender.send(life.port)
        with traced(life, strace):
            for _ in range(MAILS):
                sender.send(life.port)
        wait_for(lambda: strace.read_text("utf-8", "replace").count('"250 2.6.0 kept') == MAILS)
        life.kill()
    answers = list(synced_before_each_answer(strace.read_text("utf-8", "replace").splitlines()))
    assert len(answers) == MAILS
    assert all(answers) == all_synced
