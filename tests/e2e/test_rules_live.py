"""A running service whose rules are changed under it, and one that runs in shadow mode: as an operator does it."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from intakebot.channels.control import RemoteDesk, control_socket
from intakebot.cli.customer_files import read_customers
from intakebot.domain import commands as c
from intakebot.domain.actors import Actor
from intakebot.domain.delivery import SHADOW

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0
OURS = """
schema: intakebot.rules/1
stages:
  classify:
    rules:
      - {id: ours, when: {subject.contains: ZIRKON}, then: {CATEGORY}}
"""


@dataclass
class Running:
    """A service on a copy of the shipped installation."""

    place: Path
    port: int
    greeting: str

    @property
    def settings(self) -> Path:
        return self.place / "config" / "intakebot.yaml"

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "intakebot", *words, "--config", str(self.settings), "--data", self.data],
            env=environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    @property
    def data(self) -> str:
        return str(self.place / "data")

    def perform(self, agent: str, command: c.Command) -> Any:
        return asyncio.run(RemoteDesk(control_socket(Path(self.data))).perform(command, Actor.agent(agent)))

    def ask(self, question: str, **arguments: Any) -> Any:
        return asyncio.run(RemoteDesk(control_socket(Path(self.data))).ask(question, arguments))

    def write_rule(self, then: str) -> None:
        """As an editor does: a new file in the place of the old one."""
        new = self.place / "new"
        new.write_text(OURS.replace("CATEGORY", then), "utf-8")
        new.replace(self.place / "config" / "rules" / "90-ours.yaml")

    def mail(self, number: int, to: str = "support@intakebot.example", **headers: str) -> dict[str, Any]:
        """Send a mail and wait for its case; gives the case."""
        message = EmailMessage()
        given = {"From": f"a{number}@elsewhere.example", "To": to, "Subject": f"ZIRKON {number}"}
        for name, value in (given | headers).items():
            message[name] = value
        message["Message-ID"] = f"<{number}@elsewhere.example>"
        message.set_content(f"Please help, number {number}.")
        before = len(self.ask("case.list"))
        with smtplib.SMTP("127.0.0.1", self.port, timeout=PATIENCE) as client:
            client.send_message(message)
        wait_for(lambda: len(self.ask("case.list")) > before)
        cases: list[dict[str, Any]] = self.ask("case.list")
        return cases[0]


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INTAKEBOT_")}
    return kept | {"PYTHONPATH": str(ROOT / "src"), "INTAKEBOT_AGENT": "dana"}


def wait_for(condition: Callable[[], bool]) -> None:
    latest, pause = time.monotonic() + PATIENCE, threading.Event()
    while not condition():
        assert time.monotonic() < latest, "it did not come true in time"
        pause.wait(0.05)


@contextmanager
def running(change: Callable[[str], str]) -> Iterator[Running]:
    """A service on the shipped installation, its settings changed; pytest's own paths are too long for a socket."""
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        for name in ("config", "templates"):
            shutil.copytree(ROOT / name, place / name)
        settings = place / "config" / "intakebot.yaml"
        written = settings.read_text("utf-8").replace("listen: 127.0.0.1:2525", "listen: 127.0.0.1:0")
        settings.write_text(change(written), "utf-8")
        service = Running(place, 0, "")
        service.write_rule("category: ours/first")
        words = ["run", "--simulated-clock", "--config", str(settings), "--data", service.data]
        with (place / "log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "intakebot", *words],
                env=environment(),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert process.stdout is not None
        try:
            service.greeting = "".join(process.stdout.readline() for _ in range(6))
            ready = re.search(r"SMTP on 127\.0\.0\.1:(\d+)", service.greeting)
            assert ready, (place / "log").read_text("utf-8")
            service.port = int(ready[1])
            yield service
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()
            process.wait(PATIENCE)
            process.stdout.close()


def relayed(listener: socket.socket, mode: str) -> Callable[[str], str]:
    """The settings with a way out that leads to the listener, in this mode."""
    relay = f"\nrelay: {{host: 127.0.0.1, port: {listener.getsockname()[1]}, tls: none}}\n"
    return lambda text: text.replace("mode: live", f"mode: {mode}", 1) + relay


def was_called(listener: socket.socket) -> bool:
    try:
        listener.accept()[0].close()
    except BlockingIOError:
        return False
    return True


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """The next hop: it takes every connection, and whoever connected is seen."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(0)
        yield door


def test_rules_change_under_a_running_service(listener: socket.socket) -> None:
    with running(relayed(listener, "live")) as service:
        assert service.mail(1)["category"] == "ours/first"
        service.write_rule("category: ours/second")
        before = service.ask("health")["rules"]
        wait_for(lambda: bool(service.ask("health")["rules"] != before))  # found by itself
        assert service.mail(2)["category"] == "ours/second"
        service.write_rule("queue: nowhere")
        refused = service.command("rules", "reload")
        assert refused.returncode == 1
        assert "the rules in force stay" in refused.stdout
        assert "rules/90-ours.yaml:6" in refused.stdout
        assert service.mail(3)["category"] == "ours/second"
        health = service.ask("health")
        (alarm,) = [alarm for alarm in health["attention"] if alarm["what"] == "rules.not-loaded"]
        assert alarm["sentence"].startswith(f"rules running {health['rules'][:8]}, disk has ")
        assert "rules/90-ours.yaml:6" in alarm["sentence"]
        service.write_rule("category: ours/third")
        assert service.perform("dana", c.ReloadRules())["old"] == health["rules"]
        assert "rules.not-loaded" not in [alarm["what"] for alarm in service.ask("health")["attention"]]
        assert service.mail(4)["category"] == "ours/third"
        wait_for(lambda: was_called(listener))  # what the other test must not see


def test_in_shadow_mode_whole_conversations_send_nothing(listener: socket.socket) -> None:
    with running(relayed(listener, "shadow")) as service:
        assert SHADOW in service.greeting
        support, crc = service.mail(1)["number"], service.mail(2, "crc@intakebot.example")["number"]
        service.perform("dana", c.ImportCustomers(tuple(read_customers(ROOT / "config" / "customers.example.yaml"))))
        howto = service.mail(3, Subject="How do I reset my password?", From="ann@acme.example")
        service.perform("alice", c.Take(support))
        service.perform("alice", c.Ask(support, "Which pump is it?"))
        service.perform("alice", c.Resolve(support, "Switch it on."))
        service.perform("bob", c.Take(crc))
        service.perform("bob", c.Resolve(crc, "It is the yearly fee."))
        service.perform("bob", c.AdvanceClock(11 * 86_400))
        assert (howto["status"], howto["category"]) == ("Queued", "product/how-to")
        deliveries = service.ask("delivery.list")
        assert {(delivery["state"], delivery["answer"]) for delivery in deliveries} == {("withdrawn", SHADOW)}
        kinds = sorted(delivery["kind"] for delivery in deliveries)
        assert kinds == ["acknowledgement", "acknowledgement", "question", "resolution", "resolution"]
        assert service.ask("health")["mode"] == "shadow"
        assert not any((service.place / "data").glob("outbox/*/*"))
    assert not was_called(listener)
