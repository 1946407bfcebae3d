"""Static checks (Semantics 3, 4, 11): each with its exact message."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from intakebot.rules.check import check_ruleset
from intakebot.rules.load import load_ruleset
from unit.rules.nodes import COMPLETE, SHIPPED, WORLD, parse, rule, ruleset_of, sentences, shipped


def test_the_shipped_rules_are_without_problems_and_all_stages_have_tests() -> None:
    ruleset = shipped()
    assert check_ruleset(ruleset, WORLD) == []
    for stage in ruleset.stages:
        assert all({test.expect for test in each.tests} == {True, False} for each in stage.rules), stage.name


def test_an_error_names_file_line_and_what_is_known() -> None:
    text = (SHIPPED / "50-route.yaml").read_text("utf-8").replace("{queue: noc, comment", "{queue: nok, comment")
    line = text[: text.index("nok")].count("\n") + 1
    files = [
        parse(text if file.name == "50-route.yaml" else file.read_text("utf-8"), f"config/rules/{file.name}")
        for file in sorted(SHIPPED.glob("*.yaml"))
    ]
    problems = check_ruleset(load_ruleset(files), WORLD)
    expected = (
        f"config/rules/50-route.yaml:{line}: unknown queue 'nok'; known queues: crc, noc, support, triage;"
        " did you mean 'noc'?"
    )
    assert [str(problem) for problem in problems] == [expected]


CONDITIONS = [
    pytest.param(
        {"sbject": "x"},
        "unknown field 'sbject'; known fields, beside header.<name>: ",
        id="field",
    ),
    pytest.param(
        {"sbject.words": "x"}, "unknown field 'sbject'; known fields, beside header.<name>: ", id="field-shorthand"
    ),
    pytest.param(
        {"flag.all": 1},
        "unknown field 'flag.all'; known fields, beside header.<name>: ",
        id="field-dotted",
    ),
    pytest.param(
        {"size.words": "x"},
        "operator 'words' does not read size, which is a number",
        id="operator-reads",
    ),
    pytest.param({"subject.gt": 1}, "operator 'gt' does not read subject, which is text", id="gt-text"),
    pytest.param({"subject": 5}, "subject is text, not 5", id="text-number"),
    pytest.param({"agreement.valid": "yes"}, "agreement.valid is true or false, not 'yes'", id="flag-text"),
    pytest.param({"size": True}, "size is a number, not True", id="number-flag"),
    pytest.param(
        {"case.workflow": "crm"},
        "unknown workflow 'crm'; known workflows: crc, crc-technical, manage-case; did you mean 'crc'?",
        id="workflow",
    ),
    pytest.param(
        {"category": "a"},
        "stage 'classify' cannot read 'category': it is decided in 'classify'",
        id="own-outcome",
    ),
    pytest.param(
        {"tags": "a"},
        "stage 'classify' cannot read 'tags': it is decided in 'flag'",
        id="later-outcome",
    ),
    pytest.param(
        {"channel": "fax", "all": [{"channel": ["email", "slack"]}]},
        "rule 'r' never matches: channel is both 'email' or 'slack' and 'fax'",
        id="contradiction",
    ),
    pytest.param(
        {"channel": {"present": False, "words": "x"}},
        "rule 'r' never matches: channel is both missing and tested",
        id="missing-and-tested",
    ),
]


@pytest.mark.parametrize(("when", "sentence"), CONDITIONS)
def test_line_11_conditions(when: Any, sentence: str) -> None:
    found = sentences("classify", rules=[rule("r", when, {"category": "x"})])
    assert len(found) == 1
    assert found[0].startswith(sentence) if sentence.endswith(": ") else found == [sentence]


def test_line_11_two_equal_texts_of_another_case_are_no_contradiction() -> None:
    when = {"channel": "fax", "all": [{"channel": "FAX"}, {"to": "a@x"}, {"to.in": ["b@x"]}]}
    assert sentences("classify", rules=[rule("r", when, {"category": "x"})]) == []


def test_line_11_categories_are_known_where_the_world_knows_them() -> None:
    world = replace(WORLD, categories=frozenset({"none", "a"}))
    found = sentences("classify", world, rules=[rule("r", {"subject": "x"}, {"category": "b"})])
    assert found == ["unknown category 'b'; known categories: a, none"]
    found = sentences("route", world, rules=[rule("r", {"category": "b"}, {"queue": "crc"})])
    assert found == ["unknown category 'b'; known categories: a, none"]


MAY_MEET = (
    "rule 'b' and rule 'a' (main.yaml:1) may both match and both set 'priority'; then the first one counts:"
    " declare merge.priority, or let their conditions exclude each other"
)
PAIRS = [
    pytest.param(
        "classify",
        rule("a", {"subject": "x"}, {"category": "x"}),
        rule("a", {"subject": "y"}, {"category": "y"}),
        ["rule id 'a' is used twice; first at main.yaml:1"],
        id="id",
    ),
    pytest.param(
        "classify",
        rule("a", {"subject": "x", "size": 1}, {"category": "x"}),
        rule("b", {"all": [{"size": 1}, {"subject": "x"}]}, {"category": "y"}),
        ["rule 'b' has the same condition as rule 'a' (main.yaml:1)"],
        id="duplicate",
    ),
    pytest.param(
        "classify",
        rule("a", {"subject": "x"}, {"category": "x"}),
        rule("b", {"subject": "x", "size": 1}, {"category": "y"}),
        ["rule 'b' is never reached: rule 'a' (main.yaml:1) matches whenever it would"],
        id="shadowed",
    ),
    pytest.param(
        "classify",
        rule("a", {"subject": "x", "size": 1}, {"category": "x"}),
        rule("b", {"subject": "x"}, {"category": "y"}),
        [],
        id="special-before-general",
    ),
    pytest.param(
        "route",
        rule("a", {"subject": "x"}, {"queue": "noc"}, on="appended"),
        rule("b", {"subject": "x", "size": 1}, {"queue": "noc"}, on=["appended", "created"]),
        [],
        id="other-events",
    ),
    pytest.param(
        "flag",
        rule("a", {"subject": "x"}, {"priority": "low", "tags": ["a"]}),
        rule("b", {"subject": "x", "size": 1}, {"priority": "high", "tags": ["b"]}),
        ["rule 'b' and rule 'a' (main.yaml:1) both set 'priority'; declare merge.priority"],
        id="line-3-provable-overlap",
    ),
    pytest.param(
        "flag",
        rule("a", {"subject": "x", "size": 1}, {"priority": "low"}),
        rule("b", {"subject": "x"}, {"priority": "high"}),
        ["rule 'b' and rule 'a' (main.yaml:1) both set 'priority'; declare merge.priority"],
        id="line-3-either-order",
    ),
    pytest.param(
        "flag",
        rule("a", {"subject": "x"}, {"priority": "low"}),
        rule("b", {"size": 1}, {"priority": "high"}),
        [MAY_MEET],
        id="line-3-not-provable",
    ),
]


@pytest.mark.parametrize(("stage", "first", "second", "expected"), PAIRS)
def test_line_11_pairs_of_rules(stage: str, first: Any, second: Any, expected: list[str]) -> None:
    hit = {"hit": "collect", "merge": {"tags": "union"}} if stage == "flag" else {"hit": "first"}
    assert sentences(stage, rules=[first, second], **hit) == expected


DEFAULTS = [
    pytest.param({"route": COMPLETE["route"]}, ["classify.default is missing; write `default: {category: ...}`"]),
    pytest.param(
        {"classify": COMPLETE["classify"]},
        ["route.default is missing; write `default: {<workflow>: {queue: ...}}`"],
    ),
    pytest.param(
        {**COMPLETE, "route": {"default": {"crc": {"queue": "crc"}}}},
        ["route.default has no entry for workflow: crc-technical, manage-case"],
    ),
    pytest.param(
        {
            **COMPLETE,
            "route": {"default": {**COMPLETE["route"]["default"], "crc": {"assignee": "ada"}}},
        },
        ["route.default of workflow 'crc' names no queue"],
    ),
    pytest.param(
        {**COMPLETE, "route": {"default": {**COMPLETE["route"]["default"], "crm": {"queue": "crc"}}}},
        ["unknown workflow 'crm'; known workflows: crc, crc-technical, manage-case; did you mean 'crc'?"],
    ),
    pytest.param(
        {**COMPLETE, "identify": {"default": {"support": "perhaps"}}},
        ["support is one of known, unknown, not 'perhaps'"],
    ),
    pytest.param(
        {**COMPLETE, "classify": {"hit": "collect", "default": {"category": "a"}}},
        ["stage 'classify' gives one answer: hit is first"],
    ),
]


@pytest.mark.parametrize(("stages", "expected"), DEFAULTS)
def test_line_4_defaults(stages: Any, expected: list[str]) -> None:
    problems = check_ruleset(ruleset_of(**stages), WORLD)
    assert [each.sentence for each in problems if each.severity == "error"] == expected


TESTS = [
    pytest.param(
        {"given": {"subject": "y"}, "expect": "match"},
        "test 1 of rule 'r' fails: expected match, but subject is 'y'; wanted: subject is 'x'",
        id="no-match",
    ),
    pytest.param(
        {"given": {"subject": "x"}, "expect": "no_match"},
        "test 1 of rule 'r' fails: expected no_match, but it matches",
        id="match",
    ),
    pytest.param(
        {"given": {"subject": "x", "sbject": "x"}, "expect": "match"},
        "test 1 of rule 'r': unknown field 'sbject'; known fields, beside header.<name>: ",
        id="unknown-field",
    ),
    pytest.param(
        {"given": {"subject": "x", "size": "big"}, "expect": "match"},
        "test 1 of rule 'r': size is a number, not 'big'",
        id="bad-type",
    ),
]


@pytest.mark.parametrize(("test", "sentence"), TESTS)
def test_inline_tests_run(test: Any, sentence: str) -> None:
    found = sentences("classify", rules=[rule("r", {"subject": "x"}, {"category": "x"}, tests=[test])])
    assert [each[: len(sentence)] for each in found] == [sentence]


def test_line_5_a_flag_that_is_missing_is_neither_true_nor_false() -> None:
    when = {"agreement.valid": {"present": False}, "not": {"agreement.valid": False}}
    assert sentences("classify", rules=[rule("r", when, {"category": "x"})]) == []
