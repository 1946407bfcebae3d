"""`rules reload` as it is printed, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fakes.answers import ANSWERS
from fakes.desk import RecordingDesk
from intakebot.domain.actors import SYSTEM
from intakebot.domain.commands import ReloadRules


def test_rules_that_were_taken_end_well_whatever_was_warned_of(intakebot: Any) -> None:
    result = intakebot("rules", "reload")
    assert result.exit_code == 0
    for said in ("other rules decide from now on", "a" * 64, "b" * 64, "rules/20.yaml:7", "intakebot.yaml"):
        assert said in result.stdout


def test_rules_that_stay_end_with_the_table_of_problems(intakebot: Any, desk: RecordingDesk) -> None:
    problem = {"severity": "error", "place": "rules/30.yaml:41", "sentence": "unknown queue 'x'"}
    kept = ANSWERS["ReloadRules"] | {"reloaded": False, "new": "a" * 64, "problems": [problem]}
    desk.answers["ReloadRules"] = kept
    result = intakebot("rules", "reload")
    assert result.exit_code == 1
    assert "the rules in force stay" in result.stdout
    assert "rules/30.yaml:41" in result.stdout
    assert "unknown queue 'x'" in result.stdout
    in_json = intakebot("rules", "reload", "--json")
    assert (in_json.exit_code, json.loads(in_json.stdout)) == (1, kept)


def test_reload_needs_nobody_to_be_named(intakebot: Any, desk: RecordingDesk) -> None:
    assert intakebot("rules", "reload", agent="").exit_code == 0
    assert desk.performed == [(ReloadRules(), SYSTEM)]


def test_health_says_that_nothing_is_sent(intakebot: Any, desk: RecordingDesk) -> None:
    assert "shadow: nothing is sent" not in intakebot("health").stdout
    desk.answers["health"] = ANSWERS["health"] | {"mode": "shadow"}
    assert "shadow: nothing is sent" in intakebot("health").stdout


def test_agreement_asks_for_the_last_thirty_days_by_the_desks_clock(intakebot: Any, desk: RecordingDesk) -> None:
    result = intakebot("rules", "agreement")
    assert result.exit_code == 0, result.stderr
    assert ("rules.agreement", {"since": "2026-10-24T12:00:00+00:00"}) in desk.asked
    for said in ("2 of 3 (66.7%)", "technical/no-signal", "commercial", "C-1003", "nobody has judged"):
        assert said in result.stdout


@pytest.mark.parametrize("separator", [",", ";"])
def test_the_list_of_another_helpdesk_is_sent_along(
    intakebot: Any, desk: RecordingDesk, written: Callable[[str, str], Path], separator: str
) -> None:
    rows = [["subject", "message-id", "queue", "category"], ["Hi", "<1@x>", "noc", "a"], ["", "", "noc", "a"]]
    rows.append(["Short", "<2@x>"])
    path = written("truth.csv", "\n".join(separator.join(row) for row in rows) + "\n")
    result = intakebot("rules", "agreement", "--since", "7d", "--truth", str(path), "--json")
    assert json.loads(result.stdout) == ANSWERS["rules.agreement"]
    asked = dict(desk.asked)["rules.agreement"]
    assert asked == {"since": "2026-11-16T12:00:00+00:00", "truth": [["<1@x>", "a", "noc"], ["<2@x>", "", ""]]}


@pytest.mark.parametrize(
    ("content", "said"), [("message-id,queue\n", "missing: category"), (b"message-id,\xe9\n", "is not valid UTF-8")]
)
def test_a_list_that_cannot_be_read_is_named(
    intakebot: Any, written: Callable[[str, Any], Path], content: str | bytes, said: str
) -> None:
    result = intakebot("rules", "agreement", "--truth", str(written("truth.csv", content)))
    assert result.exit_code == 6
    assert said in result.stderr
