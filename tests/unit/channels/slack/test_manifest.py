"""The app's manifest asks for what the program uses, and for nothing else."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from fakes.slack import method_modules
from fakes.slack.registry import METHODS
from intakebot.channels.slack.answering.forms_create import MESSAGE_SHORTCUT
from intakebot.channels.slack.answering.shortcuts import GLOBAL_SHORTCUT
from intakebot.channels.slack.doors import inbox
from intakebot.channels.slack.hearing.arrived import Surround
from intakebot.channels.slack.hearing.events import handlers
from intakebot.channels.slack.showing.reconcile import EVENT_TYPE
from intakebot.channels.slack.web.alarms import Alarms
from intakebot.channels.slack.web.connection import SlackConnection
from intakebot.channels.slack.web.wants import EVENTS, SCOPES, TOO_MUCH
from intakebot.clocks import SystemClock

ROOT = Path(__file__).parents[4]
MESSAGES = {"message.channels", "message.groups", "message.im"}
HEARD_OTHERWISE = {"app_home_opened"}  # the channel gives it to the Home tab
NO_SUBSCRIPTION = {"app_rate_limited", "user_profile_changed", "user_status_changed"}  # sent unasked, or another name
BY_OTHER_MEANS = {
    "commands": "a slash command is no method",
    "users:read.email": "a field of users.info",
    "files:read": "a download is no method, either",
}

assert method_modules.ALL


@cache
def manifest() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "config/slack-manifest.yaml").read_text(encoding="utf-8"))


def bot_scopes() -> set[str]:
    return set(manifest()["oauth_config"]["scopes"]["bot"])


def bot_events() -> set[str]:
    return set(manifest()["settings"]["event_subscriptions"]["bot_events"])


@cache
def called_methods() -> frozenset[str]:
    """Every method of the Web API that is named anywhere in the channel."""
    found = set()
    for path in (ROOT / "src/intakebot/channels/slack").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in METHODS:
                found.add(node.value)
    return frozenset(found)


def test_scopes_are_the_ones_that_the_program_knows() -> None:
    assert bot_scopes() == set(SCOPES)
    assert bot_scopes() & TOO_MUCH == set()
    assert "user" not in manifest()["oauth_config"]["scopes"]


def test_every_method_that_is_called_has_its_scope() -> None:
    assert len(called_methods()) > 15
    without = {name for name in called_methods() if METHODS[name].scopes and "bot" in METHODS[name].tokens}

    assert {name for name in without if not bot_scopes() & set(METHODS[name].scopes)} == set()


def test_every_scope_is_used() -> None:
    by_methods = {scope for name in called_methods() for scope in METHODS[name].scopes}

    assert bot_scopes() - by_methods - set(EVENTS.values()) - set(BY_OTHER_MEANS) == set()


def test_events_are_the_ones_that_the_program_knows_with_their_scopes() -> None:
    assert bot_events() == set(EVENTS)
    assert set(EVENTS.values()) - {""} <= bot_scopes()


def test_every_event_is_handled_and_every_handled_event_subscribed() -> None:
    around = Surround(**dict.fromkeys(Surround.__dataclass_fields__))
    handled = {name.partition("/")[0] for name in handlers(around, Alarms(SystemClock()))}
    heard = {"message" if event in MESSAGES else event for event in bot_events()}

    assert heard - handled - inbox.HINTS - HEARD_OTHERWISE == set()
    assert (handled | inbox.HINTS | inbox.URGENT) - heard - NO_SUBSCRIPTION == set()


def test_names_are_the_ones_that_the_program_answers_to() -> None:
    features = manifest()["features"]
    command = SlackConnection.__dataclass_fields__["command"].default

    assert {(one["type"], one["callback_id"]) for one in features["shortcuts"]} == {
        ("message", MESSAGE_SHORTCUT),
        ("global", GLOBAL_SHORTCUT),
    }
    assert [one["command"] for one in features["slash_commands"]] == [command]
    assert set(manifest()["events"]) == {EVENT_TYPE}


def test_it_works_by_socket_with_home_and_direct_messages() -> None:
    settings, home = manifest()["settings"], manifest()["features"]["app_home"]

    assert (settings["socket_mode_enabled"], settings["interactivity"]["is_enabled"]) == (True, True)
    assert home == {
        "home_tab_enabled": True,
        "messages_tab_enabled": True,
        "messages_tab_read_only_enabled": False,
    }


@pytest.mark.parametrize(
    ("path", "least", "most"),
    [
        ("display_information.name", 1, 35),
        ("display_information.description", 1, 140),
        ("display_information.long_description", 174, 4000),
        ("features.bot_user.display_name", 1, 80),
        ("features.shortcuts.0.name", 1, 24),
        ("features.shortcuts.1.name", 1, 24),
        ("features.shortcuts.0.description", 1, 150),
        ("features.shortcuts.1.description", 1, 150),
        ("features.slash_commands.0.command", 2, 32),
        ("features.slash_commands.0.description", 1, 2000),
        ("features.slash_commands.0.usage_hint", 1, 1000),
    ],
)
def test_texts_are_as_long_as_slack_takes_them(path: str, least: int, most: int) -> None:
    value: Any = manifest()
    for part in path.split("."):
        value = value[int(part)] if part.isdigit() else value[part]

    assert least <= len(value) <= most


def test_every_scope_says_what_it_is_for() -> None:
    assert all(use and not use.endswith(".") for use in SCOPES.values())
