"""What a channel of kind `slack` means once it is loaded; what is wrong with one stands in tests/bad_config."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from intakebot.config.settings import load_settings
from intakebot.config.slack_file import Mode, SlackSettings
from intakebot.domain.chat import IntakeRoom

ROOT = Path(__file__).parents[3]
GOOD = ROOT / "tests/bad_config/good"
SECRETS = {
    "SLACK_BOT_TOKEN": "xoxb-canary",
    "SLACK_APP_TOKEN": "xapp-canary",
    "SLACK_SIGNING_SECRET": "new-canary",
    "SLACK_OLD_SECRET": "old-canary",
    "SLACK_CLIENT_SECRET": "client-canary",
    "SLACK_REFRESH_TOKEN": "xoxe-canary",
}
SMALLEST = """
  slack:
    kind: slack
    bot_token: {env: SLACK_BOT_TOKEN}
    app_token: {env: SLACK_APP_TOKEN}
    direct: {address: help@example.org}
"""
WHOLE = """
  slack:
    kind: slack
    mode: http
    listen: 0.0.0.0:8443
    path: /hooks/slack
    api_url: http://127.0.0.1:9/api
    command: /help-case
    signing_secret: {env: SLACK_SIGNING_SECRET}
    previous_signing_secret: {env: SLACK_OLD_SECRET}
    client_id: "1.2"
    client_secret: {env: SLACK_CLIENT_SECRET}
    refresh_token: {env: SLACK_REFRESH_TOKEN}
    intake:
      C0HELP: {address: help@example.org, reaction: sos, reactions_by: everybody, joins_within: 30s, customer: NEW}
      T0OTHER/C0ROOM: {address: help@example.org}
    direct: {address: help@example.org}
    queues: {first: C0FIRST}
    agents: {ada: [U0ADA, T0OTHER/U0ADA]}
    groups: {S0FIRST: first}
    operators: C0OPS
"""


def slack(folder: Path, section: str) -> SlackSettings:
    shutil.copytree(GOOD, folder, dirs_exist_ok=True)
    main = folder / "intakebot.yaml"
    text = main.read_text(encoding="utf-8")
    main.write_text(text.replace("channels:\n", f"channels:{section}", 1), encoding="utf-8")
    (found,) = load_settings(folder, SECRETS).slack
    return found


def test_the_smallest_one_speaks_by_socket_and_has_a_room_for_direct_messages(tmp_path: Path) -> None:
    found = slack(tmp_path, SMALLEST)
    assert (found.name, found.mode, found.command, found.api_url) == (
        "slack",
        Mode.SOCKET,
        "/case",
        "https://slack.com/api/",
    )
    assert (found.bot_token.value, found.app_token.value) == ("xoxb-canary", "xapp-canary")
    assert (found.signing_secret.value, found.refresh_token.value, found.client_id) == ("", "", "")
    assert found.ties.direct == IntakeRoom("", "help@example.org")
    assert (found.ties.rooms, found.ties.queues, found.ties.agents, found.ties.groups) == ({}, {}, {}, {})


def test_a_whole_one(tmp_path: Path) -> None:
    found = slack(tmp_path, WHOLE)
    assert (found.mode, found.host, found.port, found.path) == (Mode.HTTP, "0.0.0.0", 8443, "/hooks/slack")  # noqa: S104 - what is written
    assert (found.api_url, found.command) == ("http://127.0.0.1:9/api/", "/help-case")
    assert (found.signing_secret.value, found.previous_signing_secret.value) == ("new-canary", "old-canary")
    assert (found.client_id, found.client_secret.value, found.refresh_token.value, found.bot_token.value) == (
        "1.2",
        "client-canary",
        "xoxe-canary",
        "",
    )
    room = IntakeRoom(
        "C0HELP", "help@example.org", "sos", agents_only=False, joins_within=timedelta(seconds=30), customer="NEW"
    )
    assert found.ties.rooms["C0HELP"] == room
    assert found.ties.rooms["T0OTHER/C0ROOM"].joins_within == timedelta(seconds=120)
    assert found.ties.agents == {"U0ADA": "ada", "T0OTHER/U0ADA": "ada"}
    assert (found.ties.queues, found.ties.groups, found.ties.operators) == (
        {"first": "C0FIRST"},
        {"S0FIRST": ("first",)},
        "C0OPS",
    )


@pytest.mark.parametrize("section", [SMALLEST, WHOLE], ids=["smallest", "whole"])
def test_no_secret_shows(tmp_path: Path, section: str) -> None:  # case K01
    found = slack(tmp_path, section)
    assert "canary" not in repr(found) + str(found)


def test_the_example_that_is_commented_out_is_a_good_one(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "config", tmp_path, dirs_exist_ok=True)
    main = tmp_path / "intakebot.yaml"
    lines = main.read_text(encoding="utf-8").replace("../templates", str(ROOT / "templates")).splitlines()
    start = lines.index("  # slack:")
    end = next(number for number, line in enumerate(lines[start:], start) if not line.strip())
    example = [line.replace("  # ", "  ", 1) for line in lines[start:end]]
    main.write_text("\n".join([*lines[:start], *example, *lines[end:], ""]), encoding="utf-8")
    (found,) = load_settings(tmp_path, SECRETS).slack
    assert set(found.ties.queues) <= {"support", "noc"}
    assert found.ties.agents == {"U0ALICE": "alice"}
