"""`rules reload` as it is printed, and how it ends."""

from __future__ import annotations

import json
from typing import Any

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
