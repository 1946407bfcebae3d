"""The demonstration as a newcomer runs it: a process that plays both processes and checks what came of them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SCENE = """
schema: intakebot.story/1
scenes:
  - title: One mail
    steps:
      - mail:
          from: Kari Nordmann <kari@fjord.example>
          to: crc@intakebot.example
          subject: Invoice 2210
          body: Why is my invoice higher than last month?
          case: invoice
      - {as: bob, act: 'case take {invoice}'}
      - {as: bob, act: 'case comment {invoice} "ZIRKON"'}
      - {as: bob, act: 'case resolve {invoice} "It is the yearly fee."'}
      - expect: the answer is sent
        of:
          invoice: {status: Resolved, owner: OWNER, deliveries: [acknowledgement sent, resolution sent]}
    afterwards:
      - expect: it closed by itself
        of:
          invoice: {status: Closed}
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory for temporary ones; pytest's own paths are too long for a control socket below them."""
    with tempfile.TemporaryDirectory() as directory:
        yield Path(directory)


def environment(temporary: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INTAKEBOT_")}
    return kept | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}", "TMPDIR": str(temporary)}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "intakebot", *arguments]


def run_demo(temporary: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command("demo", *arguments),
        cwd=ROOT,
        env=environment(temporary),
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )


def story(folder: Path, *, owner: str) -> str:
    folder.mkdir()
    (folder / "scene.yaml").write_text(SCENE.replace("OWNER", owner), encoding="utf-8")
    return str(folder)


def failed(report: dict[str, Any]) -> list[str]:
    return [check["name"] for check in report["checks"] if not check["ok"]]


@pytest.mark.timeout(180)
def test_the_shipped_story_comes_true(place: Path) -> None:
    played = run_demo(place, "--json", "--workspace", "fakes.slack.on_stage:workspace")
    report = json.loads(played.stdout)
    assert failed(report) == []
    assert any(check["name"].startswith("The customer relations centre works in Slack") for check in report["checks"])
    assert played.returncode == 0
    assert set(report) == {"cases", "contacts", "deliveries", "checks"}
    assert {"number", "status", "scene", "time_line"} <= set(report["cases"][0])
    assert {"at", "by", "kind"} <= set(report["cases"][0]["time_line"][0])
    assert {workflow["workflow"] for workflow in report["cases"]} == {"manage-case", "crc", "crc-technical"}
    assert report["contacts"].keys() == {"registered", "appended", "split", "machine"}
    assert sum(report["contacts"].values()) >= 14
    assert report["deliveries"].keys() == {"sent", "bounced"}
    assert list(place.iterdir()) == []


def test_an_expectation_that_does_not_come_true_fails_the_demonstration(place: Path) -> None:
    broken = story(place / "broken", owner="carol")
    played = run_demo(place, "--json", "--story", broken)
    report = json.loads(played.stdout)
    assert played.returncode == 1
    wrong = next(check for check in report["checks"] if not check["ok"])
    assert wrong["name"] == "One mail: the answer is sent"
    assert "owner is 'bob' instead of 'carol'" in wrong["detail"]
    assert "kept: " in played.stderr


def test_a_service_that_is_kept_can_be_asked_and_stopped(place: Path) -> None:
    played = run_demo(place, "--keep", "--story", story(place / "story", owner="bob"))
    assert played.returncode == 0, played.stdout + played.stderr
    (home,) = place.glob("intakebot-demo-*")
    words = played.stderr.split()
    pid = int(words[words.index("-INT") + 1])
    asking = command("--data", str(home / "data"), "case", "list", "--json")
    try:
        asked = subprocess.run(asking, cwd=ROOT, env=environment(place), capture_output=True, check=True)
        assert [case["status"] for case in json.loads(asked.stdout)] == ["Closed"]
    finally:
        os.kill(pid, signal.SIGINT)
    shutil.rmtree(home)


def test_an_interrupted_demonstration_leaves_nothing(place: Path) -> None:
    with subprocess.Popen(command("demo"), cwd=ROOT, env=environment(place), stderr=subprocess.PIPE) as playing:
        assert playing.stderr is not None
        next(line for line in playing.stderr if b"callers write" in line)
        playing.send_signal(signal.SIGINT)
        playing.communicate(timeout=60)
    assert playing.returncode == 130
    assert list(place.iterdir()) == []
