"""`rules explain | why-not | test` and `case why`: what is printed, what is asked, and how they end."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from fakes.answers import EXPLAINED, REASONS
from fakes.house import FakeHouse
from intakebot.cli.moments import Calendar
from intakebot.cli.reason_page import outcome, reasons_block
from intakebot.cli.why_page import why_page

Write = Callable[[str, "str | bytes"], Path]

STAGES = """\
guard  no rule matched
classify
  crc.no-service  rules/30-classify.yaml:12  The line is \ufffd[31mdown.
    because customer.segment is 'telecom'
    because body contains the words 'no signal'
      body, line 3, column 5: …since this morning there is [no signal] in the\ufffd house.
    captured port = '7'
    left out for want of a value: agreement
  sets category: technical/no-signal, task: {title: look at port 7, queue: noc}
  would also have matched: crc.any  rules/30-classify.yaml:40
  nearly matched: crc.street  rules/30-classify.yaml:44  The whole street.
      but subject is 'No signal'; wanted: subject contains 'street'
  in shadow mode, not applied: crc.calm  not there any more
      would set category: general/calm
  and 4 more would also have matched
route  no rule matched: the default applies
  sets queue: noc, tags: outage, gold
  conflict on queue: kept 'noc', not 'crc' of route.b
"""


@pytest.fixture
def mail(written: Write) -> Path:
    return written("pump.eml", b"Subject: x\r\n\r\n\xff")


def test_an_explanation_shows_every_stage_with_its_words(intakebot: Any, house: FakeHouse, mail: Path) -> None:
    house.explained = [EXPLAINED]
    result = intakebot("rules", "explain", str(mail), "--to", "noc@example.org")
    assert (result.exit_code, result.stderr) == (0, "")
    assert house.mails == [(str(mail), b"Subject: x\r\n\r\n\xff")]
    assert STAGES in result.stdout
    for said in ("open a case: a new case", "noc@example.org", "it refers to a mail of C-1001", "ACME"):
        assert said in result.stdout
    assert "nobody was looked up" not in result.stdout


def test_the_same_stages_stand_on_the_page_of_a_case(intakebot: Any) -> None:
    printed = intakebot("case", "why", "1").stdout
    assert STAGES in printed
    assert "other rules are in force today" in printed


def test_it_is_said_when_nobody_was_looked_up(intakebot: Any, house: FakeHouse, mail: Path) -> None:
    house.explained = [EXPLAINED | {"looked_up": False}]
    assert "nobody was looked up" in intakebot("rules", "explain", str(mail)).stdout


def test_matched_words_are_in_colour_on_a_terminal() -> None:
    console = Console(force_terminal=True, color_system="standard", width=120, file=StringIO())
    console.print(reasons_block(REASONS))
    assert "\x1b[1;7m[no signal]\x1b[0m" in console.file.getvalue()  # type: ignore[attr-defined]


def test_several_files_and_standard_input_are_explained(intakebot: Any, house: FakeHouse, mail: Path) -> None:
    house.explained = [EXPLAINED, EXPLAINED | {"file": "standard input", "reasons": []}]
    printed = intakebot("rules", "explain", str(mail), "-", given="Subject: y\n\n").stdout
    assert house.mails[1] == ("standard input", b"Subject: y\n\n")
    assert printed.count("open a case") == 2
    assert printed.count("not asked: identify, flag") == 2


def test_an_explanation_as_json_is_what_the_house_said(intakebot: Any, house: FakeHouse, mail: Path) -> None:
    house.explained = [EXPLAINED]
    read = json.loads(intakebot("rules", "explain", str(mail), "--json").stdout)
    assert read == [EXPLAINED | {"recipients": []}]


def test_a_file_that_is_not_there_is_a_usage_error(intakebot: Any) -> None:
    result = intakebot("rules", "explain", "nowhere.eml")
    assert result.exit_code == 2
    assert "nowhere.eml: No such file" in result.stderr


@pytest.mark.parametrize(("applies", "code"), [(False, 0), (True, 1)])
def test_why_not_ends_by_whether_the_rule_applies(
    intakebot: Any, house: FakeHouse, mail: Path, code: int, *, applies: bool
) -> None:
    sentence = "rule a (rules/x.yaml:1) did not match: body is missing; wanted: body contains 'x'"
    house.found = {"sentence": sentence, "note": "A note.", "applies": applies, "looked_up": False}
    result = intakebot("rules", "why-not", "a", str(mail))
    assert result.exit_code == code
    assert sentence in result.stdout
    assert "A note." in result.stdout
    assert "nobody was looked up" in result.stdout
    read = json.loads(intakebot("rules", "why-not", "a", str(mail), "--to", "noc@example.org", "--json").stdout)
    assert read == house.found | {"rule": "a", "to": ["noc@example.org"]}


def trial(rule: str, number: int, sentence: str = "") -> dict[str, Any]:
    return {
        "stage": "classify",
        "rule": rule,
        "number": number,
        "place": f"rules/30-classify.yaml:{number}",
        "expected": "match",
        "passed": not sentence,
        "sentence": sentence,
    }


def tried(*trials: dict[str, Any], untested: tuple[str, ...] = ()) -> dict[str, Any]:
    failed = sum(not each["passed"] for each in trials)
    return {"rules": 3, "tests": len(trials), "failed": failed, "trials": [*trials], "untested": [*untested]}


def test_tests_that_pass_are_counted(intakebot: Any, house: FakeHouse) -> None:
    house.found = tried(trial("a", 1), trial("a", 2), trial("b", 1), untested=("c",))
    result = intakebot("rules", "test")
    assert result.exit_code == 0
    assert [line.split() for line in result.stdout.splitlines() if line.startswith("classify")] == [
        ["classify", "a", "2"],
        ["classify", "b", "1"],
    ]
    assert "without a test: c" in result.stdout
    assert "3 tests of 3 rules: all passed" in result.stdout


def test_a_test_that_fails_says_why_and_fails_the_command(intakebot: Any, house: FakeHouse, tmp_path: Path) -> None:
    house.found = tried(trial("a", 1), trial("a", 2, "body is missing; wanted: body is 'x'"))
    result = intakebot("rules", "test", str(tmp_path))
    assert (result.exit_code, house.opened) == (1, [(tmp_path, None)])
    for said in ("rules/30-classify.yaml:2", "a test 2", "body is missing; wanted: body is 'x'", "1 of 2 tests"):
        assert said in result.stdout


def test_what_a_rule_splits_and_switches_is_said_in_the_words_of_the_rule_file() -> None:
    said = outcome(
        {"split": [{"title": "A", "category": "a"}, {"title": "B", "category": "b"}], "suppress_reply": True}
    )

    assert said == "split: {title: A, category: a}, {title: B, category: b}, suppress_reply: true"


def test_a_case_that_was_looked_at_again_shows_each_stage_once() -> None:
    trace = {"event": "idle", "sentences": ["flag: no rule matched"]}
    decision = {"contact_id": None, "at": "2026-03-02T09:00:00+00:00", "trace": trace, "reasons": REASONS}
    paper = StringIO()
    moment = datetime(2026, 3, 2, 9, tzinfo=UTC)

    Console(file=paper, width=100).print(why_page({"case": 1001, "decisions": [decision]}, Calendar(moment)))

    assert "Nobody touched it" in paper.getvalue()
    assert "• flag: no rule matched" not in paper.getvalue()
