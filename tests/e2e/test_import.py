"""`intakebot import` as an operator runs it: beside no service, killed half way, and through a running one."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0
KEPT = "SELECT id FROM contacts"
DATE = "Date: Mon, 2 Feb 2015 09:00:00 +0000"
BOUNCE = "Return-Path: <>\nContent-Type: multipart/report; report-type=delivery-status; boundary=x\n"


def mail(number: int, more: str = "") -> str:
    return (
        f"{more}From: a{number}@acme.example\nTo: support@intakebot.example\n{DATE}\n"
        f"Message-ID: <{number}@acme.example>\nSubject: Pump {number}\n\nIt does not start, says {number}.\n"
    )


class Place:
    """An installation with a box of old mail; its path is short enough for a socket."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.data = place / "data"
        for name in ("config", "templates"):
            shutil.copytree(ROOT / name, place / name)
        settings = place / "config" / "intakebot.yaml"
        written = settings.read_text("utf-8").replace("listen: 127.0.0.1:2525", "listen: 127.0.0.1:0")
        settings.write_text(written, "utf-8")

    def write(self, name: str, content: str) -> Path:
        path = self.place / "old" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
        return path

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """Begin a command of the program."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("INTAKEBOT_")}
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "intakebot",
                *words,
                "--config",
                str(self.place / "config"),
                "--data",
                str(self.data),
            ],
            env=environment | {"PYTHONPATH": str(ROOT / "src"), "INTAKEBOT_AGENT": "dana"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def said(self, *words: str) -> Any:
        """What a command says as JSON."""
        with self.begin(*words, "--json") as command:
            out, err = command.communicate(timeout=60)
        assert out, err
        return json.loads(out)

    def stored(self, query: str) -> list[tuple[Any, ...]]:
        """What the database says; nothing as long as it is not there."""
        if not (self.data / "intakebot.db").exists():
            return []
        with closing(sqlite3.connect(f"file:{self.data / 'intakebot.db'}?mode=ro", uri=True)) as database:
            try:
                return database.execute(query).fetchall()
            except sqlite3.OperationalError:
                return []


@pytest.fixture
def place() -> Iterator[Place]:
    with tempfile.TemporaryDirectory() as directory:
        yield Place(Path(directory))


def wait_for(condition: Callable[[], bool]) -> None:
    latest, pause = time.monotonic() + PATIENCE, threading.Event()
    while not condition():
        assert time.monotonic() < latest, "it did not come true in time"
        pause.wait(0.01)


def figures(answer: Any) -> dict[str, int]:
    return {name: number for name, number in answer.items() if number and name != "problems"}


def test_an_import_that_was_killed_goes_on_and_nothing_is_answered(place: Place) -> None:
    for number in range(400):
        place.write(f"{number:03}.eml", mail(number))
    place.write("box", "".join(f"From a Mon Mar  2 09:00:00 2015\nStatus: RO\n{mail(n)}\n" for n in (0, 400)))
    place.write("Maildir/cur/1.a", mail(500, BOUNCE))
    place.write("Maildir/new/2.a", "From: a@acme.example\nTo: elsewhere@acme.example\n\nNot to us.")
    place.write("empty.eml", "")
    old = str(place.place / "old")
    with place.begin("import", old) as command:
        wait_for(lambda: bool(place.stored(KEPT)))
        command.send_signal(signal.SIGKILL)
    before = len(place.stored(KEPT))
    again = place.said("import", old)
    assert 0 < before < 402, "it was killed half way"
    assert (again["read"], again["known"], again["new"]) == (404, before + 1, 402 - before)
    assert {Path(problem["file"]).name for problem in again["problems"]} == {"2.a", "empty.eml"}
    assert len(place.stored("SELECT DISTINCT case_id FROM contacts WHERE state = 'registered'")) == 401
    assert place.stored("SELECT state FROM contacts WHERE state <> 'registered'") == [("machine",)]
    assert place.stored("SELECT id FROM deliveries") == []
    reason = "no acknowledgement: it is old mail that was imported; it arrived on 2015-02-02 09:00 UTC"
    assert place.stored("SELECT DISTINCT note FROM case_events WHERE kind = 'reply.suppressed'") == [(reason,)]


def test_a_running_service_takes_old_mail_in(place: Place) -> None:
    for number in range(20):
        place.write(f"{number:03}.eml", mail(number))
    place.write("large.eml", mail(30) + "A long line of old mail.\n" * 1_000_000)
    with place.begin("run") as service:
        try:
            assert service.stdout
            assert "ready" in service.stdout.readline()
            answer = place.said("import", str(place.place / "old"))
            assert figures(answer) == {"read": 21, "new": 21, "registered": 21}
        finally:
            service.send_signal(signal.SIGTERM)
            service.communicate(timeout=30)
