"""How the program ends: the exit code, one sentence and the next step; never a traceback unless asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fakes.desk import RecordingDesk
from fakes.house import FakeHouse
from intakebot.cli.exits import EXITS
from intakebot.domain.errors import (
    AlreadyRunningError,
    ConfigError,
    ConflictError,
    IntakebotError,
    NotFoundError,
    Problem,
    RefusedError,
    ServiceUnreachableError,
    StorageUnavailableError,
    TemplateError,
)

ERRORS = [
    (RefusedError("transition.not-allowed", "C-1 is Closed"), 3),
    (ConflictError("bob was first"), 3),
    (NotFoundError("there is no case C-1"), 4),
    (ServiceUnreachableError("nobody answers"), 5),
    (AlreadyRunningError("held by another process"), 5),
    (StorageUnavailableError("the disk is full"), 5),
    (ConfigError([Problem("a.yaml", 3, "unknown queue")]), 6),
    (TemplateError("there is no template thanks"), 6),
    (IntakebotError("something unplanned"), 70),
]


@pytest.mark.parametrize(("raised", "code"), ERRORS, ids=lambda value: getattr(value, "code", ""))
def test_an_error_has_its_exit_code_its_sentence_and_a_next_step(
    intakebot: Any, desk: RecordingDesk, raised: IntakebotError, code: int
) -> None:
    desk.answers["Take"] = raised
    result = intakebot("case", "take", "1")
    assert (result.exit_code, result.stdout) == (code, "")
    assert raised.sentence in result.stderr
    assert "next:" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(("raised", "code"), ERRORS, ids=lambda value: getattr(value, "code", ""))
def test_with_json_an_error_is_one_document_on_standard_error(
    intakebot: Any, desk: RecordingDesk, raised: IntakebotError, code: int
) -> None:
    desk.answers["case.show"] = raised
    result = intakebot("case", "show", "1", "--json")
    assert (result.exit_code, result.stdout) == (code, "")
    error = json.loads(result.stderr)["error"]
    assert (error["code"], error["sentence"]) == (raised.code, raised.sentence)
    assert error["reason"] == getattr(raised, "reason", "")


def test_with_json_a_usage_error_is_one_document_too(intakebot: Any) -> None:
    result = intakebot("--json", "case", "take")
    assert (result.exit_code, result.stdout) == (2, "")
    assert json.loads(result.stderr)["error"]["code"] == "usage"


def test_the_unplanned_ends_with_70_and_without_its_text(intakebot: Any, desk: RecordingDesk) -> None:
    desk.answers["Take"] = KeyError("secret")
    result = intakebot("case", "take", "1")
    assert result.exit_code == 70
    assert "secret" not in result.stderr
    assert "Traceback" not in result.stderr
    assert "--debug" in result.stderr


def test_an_answer_of_an_unexpected_shape_ends_with_70_too(intakebot: Any, desk: RecordingDesk) -> None:
    desk.answers["case.list"] = [{"title": "no number"}]
    assert intakebot("case", "list").exit_code == 70


def test_debug_prints_the_traceback(intakebot: Any, desk: RecordingDesk) -> None:
    desk.answers["Take"] = NotFoundError("there is no case C-1")
    assert "Traceback" in intakebot("case", "take", "1", "--debug").stderr


def test_a_house_that_cannot_be_opened_is_said_so(intakebot: Any, house: FakeHouse) -> None:
    house.closed_by = ConfigError([Problem("config/intakebot.yaml", 0, "cannot be read")])
    result = intakebot("case", "list")
    assert result.exit_code == 6
    assert "config/intakebot.yaml: cannot be read" in result.stderr


@pytest.mark.parametrize(("attention", "code"), [([], 0), ([{"what": "resting", "sentence": "x"}], 1)])
def test_health_ends_with_1_when_something_needs_attention(
    intakebot: Any, desk: RecordingDesk, attention: list[dict[str, str]], code: int
) -> None:
    desk.answers["health"] = {"attention": attention, "counts": {}}
    assert intakebot("health").exit_code == code
    assert intakebot("health", "--json").exit_code == code


def test_a_data_directory_that_is_not_there_is_named(intakebot: Any, house: FakeHouse) -> None:
    assert intakebot("case", "list").stderr == ""
    house.begins = Path("/mistyped")
    result = intakebot("case", "list", "--json")
    assert (result.exit_code, result.stderr) == (0, "an empty house begins in /mistyped, which was not there\n")
    assert isinstance(json.loads(result.stdout), list)


def test_health_without_a_service_needs_attention(intakebot: Any, house: FakeHouse, desk: RecordingDesk) -> None:
    desk.answers["health"] = {"attention": [], "counts": {}}
    house.served = False
    result = intakebot("health")
    assert (result.exit_code, result.stdout.count("service.not-running")) == (1, 1)
    assert json.loads(intakebot("health", "--json").stdout)["attention"][0]["what"] == "service.not-running"


@pytest.mark.parametrize("command", ["rules", "template", "config"])
@pytest.mark.parametrize(
    ("problems", "code"),
    [
        ([], 0),
        ([{"place": "a.yaml:3", "severity": "warning", "sentence": "unused"}], 0),
        ([{"place": "a.yaml:3", "sentence": "bad"}], 1),
    ],
    ids=["none", "a-warning", "an-error"],
)
def test_a_check_ends_with_1_when_it_finds_an_error(
    intakebot: Any, house: FakeHouse, command: str, problems: list[dict[str, str]], code: int
) -> None:
    house.found = {"files": 3, "problems": problems}
    result = intakebot(command, "check")
    assert result.exit_code == code
    assert all(problem["place"] in result.stdout for problem in problems)
    assert json.loads(intakebot(command, "check", "--json").stdout) == house.found


def test_a_strict_check_of_rules_ends_with_1_when_it_finds_a_warning(intakebot: Any, house: FakeHouse) -> None:
    house.found = {"rules": 3, "problems": [{"place": "a.yaml:3", "severity": "warning", "sentence": "unused"}]}
    assert intakebot("rules", "check").exit_code == 0
    assert intakebot("rules", "check", "--strict").exit_code == 1


def test_a_drawing_is_printed_as_it_is(intakebot: Any) -> None:
    assert intakebot("workflow", "draw", "crc").stdout == "stateDiagram-v2\n\n"
    assert json.loads(intakebot("workflow", "draw", "crc", "--json").stdout) == {"crc": "stateDiagram-v2\n"}


def test_the_documented_exit_codes_are_the_table() -> None:
    document = (Path(__file__).parents[3] / "docs/reference/exit-codes.md").read_text()
    rows = [line for line in document.splitlines() if line.startswith("| ") and line[2].isdigit()]
    assert rows == [f"| {end.code} | {end.meaning} | {end.next_step or '-'} |" for end in EXITS]
