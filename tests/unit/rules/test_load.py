"""Reading rule files (Semantics 9): what is refused, how files join, what the hash means."""

from __future__ import annotations

import re
from typing import Any

import pytest

from intakebot.domain.errors import ConfigError
from intakebot.rules.load import load_ruleset
from intakebot.rules.model import STAGES
from unit.rules.nodes import node_of, one_rule, parse, rule, ruleset_of, sentences

LOAD = [
    pytest.param("schema: other/1", "main.yaml:1: a rule file begins with `schema: intakebot.rules/1`", id="schema"),
    pytest.param("stages: {}", "main.yaml:1: a rule file begins with `schema: intakebot.rules/1`", id="no-schema"),
    pytest.param(
        "{{S}}\nrules: []",
        "main.yaml:2: unknown key 'rules' in rule file; known keys: lists, schema, stages",
        id="top-key",
    ),
    pytest.param(
        "{{S}}\nstages:\n  triage: {}",
        "main.yaml:3: unknown key 'triage' in stages; known keys: classify, flag, guard, identify, route",
        id="stage",
    ),
    pytest.param(
        "{{S}}\nstages:\n  flag: {hit: some}",
        "main.yaml:3: unknown hit 'some'; known: collect, first",
        id="hit",
    ),
    pytest.param(
        "{{S}}\nstages:\n  flag: {merge: {tags: union}}",
        "main.yaml:3: merge belongs to a stage with `hit: collect`",
        id="merge",
    ),
    pytest.param(
        "{{S}}\nstages:\n  flag: {rules: [{id: a, when: {size: 1}, then: {tags: [a]}, modus: shadow}]}",
        "main.yaml:3: unknown key 'modus' in rule; known keys: id, mode, note, on, tests, then, when;"
        " did you mean 'mode'?",
        id="rule-key",
    ),
    pytest.param(
        "{{S}}\nstages:\n  flag: {rules: [{id: a, then: {tags: [a]}}]}",
        "main.yaml:3: rule has no 'when'",
        id="when",
    ),
    pytest.param(
        "{{S}}\nstages:\n  flag: {rules: [{id: a, when: {size: 1}, then: {}}]}",
        "main.yaml:3: `then` says nothing",
        id="then",
    ),
    pytest.param(
        "{{S}}\nstages:\n  flag: {rules: [{id: a, when: {}, then: {tags: [a]}}]}",
        "main.yaml:3: empty condition; what holds for every message is the stage's default",
        id="empty-when",
    ),
    pytest.param(
        "{{S}}\nstages:\n  flag: {rules: [{id: a, on: closed, when: {size: 1}, then: {tags: [a]}}]}",
        "main.yaml:3: unknown event 'closed'; known: appended, created, idle, state",
        id="event",
    ),
    pytest.param(
        "{{S}}\nstages:\n  flag:\n    rules:\n      - id: a\n        when: {subject: {wrods: x}}\n"
        "        then: {tags: [a]}",
        "main.yaml:6: unknown operator 'wrods'; known operators: cidr, contains, ends, eq, gt, in, lt,"
        " matches, not_in, present, starts, under, words; did you mean 'words'?",
        id="operator",
    ),
    pytest.param(
        "{{S}}\nlists: {known: [a]}\nstages:\n  flag: {rules: [{id: a, when: {subject.words: {list: b}},"
        " then: {tags: [a]}}]}",
        "main.yaml:4: unknown list 'b'; known lists: known",
        id="list",
    ),
    pytest.param(
        "{{S}}\nstages:\n  guard: {default: machine}",
        "main.yaml:3: guard.default is a mapping of keys to values",
        id="default",
    ),
    pytest.param(
        "{{S}}\nlists: {a: [b, null]}", "main.yaml:2: list 'a' holds single values, not None", id="list-entry"
    ),
    pytest.param(
        "{{S}}\nlists: {a: {en: [b], English: [c]}}",
        "main.yaml:2: list 'a' is divided by languages such as en, not 'English'",
        id="list-language",
    ),
    pytest.param(
        "{{S}}\nlists: {a: {en: [b]}}\nstages:\n  flag: {rules: [{id: a, when: {subject.starts: {list: a}},"
        " then: {tags: [a]}}]}",
        "main.yaml:4: operator 'starts' takes no list that is divided by languages",
        id="list-by-language",
    ),
    pytest.param(
        "{{S}}\nstages:\n  flag: {rules: [{id: a, when: {subject: null}, then: {tags: [a]}}]}",
        "main.yaml:3: no value; `present: false` tests for a missing field",
        id="null",
    ),
]


@pytest.mark.parametrize(("text", "report"), LOAD)
def test_a_file_that_cannot_be_read_is_refused(text: str, report: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_ruleset([parse(text.replace("{{S}}", "schema: intakebot.rules/1"))])
    assert str(refused.value) == report


def test_line_9_depth_is_bounded() -> None:
    when: Any = {"size": 1}
    for _ in range(7):
        when = {"not": when}
    assert one_rule(when).atoms
    with pytest.raises(ConfigError, match=re.escape("conditions nest deeper than 8")):
        one_rule({"not": when})


def test_line_9_the_number_of_rules_is_bounded_and_large_sets_are_checked_in_time() -> None:
    rules = [rule(str(number), {"size": number}, {"category": "x"}) for number in range(20_000)]
    assert sentences("classify", rules=rules) == []
    with pytest.raises(ConfigError, match="20001 rules; at most 20000 are allowed"):
        ruleset_of(classify={"rules": [*rules, rule("more", {"size": -1}, {"category": "x"})]})


def test_line_9_the_length_of_a_list_is_bounded() -> None:
    words = [str(number) for number in range(10_000)]
    assert ruleset_of(lists={"a": words}).lists["a"] == tuple(words)
    with pytest.raises(ConfigError, match="list 'a' has 10001 entries; at most 10000 are allowed"):
        ruleset_of(lists={"a": [*words, "more"]})


def test_several_files_join_by_stage_in_the_given_order() -> None:
    def file(name: str, **stage: Any) -> Any:
        return node_of({"schema": "intakebot.rules/1", "stages": {"classify": stage}}, name)

    first = file("1.yaml", default={"category": "a"}, rules=[rule("a", {"size": 1}, {"category": "a"})])
    second = file("2.yaml", rules=[rule("b", {"size": 2}, {"category": "b"})])
    joined = load_ruleset([first, second])
    assert [stage.name for stage in joined.stages] == list(STAGES)
    assert [each.id for each in joined.stage("classify").rules] == ["a", "b"]
    with pytest.raises(ConfigError, match=re.escape("2.yaml:1: classify.default differs from 1.yaml:1")):
        load_ruleset([first, file("2.yaml", default={"category": "b"})])


def test_the_hash_names_the_content_not_the_layout() -> None:
    stages = "{flag: {rules: [{id: a, when: {size: 1, to: x}, then: {tags: [a]}}]}}"
    one = f"schema: intakebot.rules/1\nstages: {stages}"
    same = one.replace("{size: 1, to: x}", "{to: x,\n # why\n size: 1}")
    other = one.replace("size: 1", "size: 2")
    hashes = [load_ruleset([parse(text, f"{number}.yaml")]).hash for number, text in enumerate((one, same, other))]
    assert hashes[0] == hashes[1] != hashes[2]
    assert re.fullmatch("[0-9a-f]{64}", hashes[0])


def test_equal_conditions_are_one_atom() -> None:
    rules = [rule(name, {"size": 1, "subject.words": "x"}, {"category": name}) for name in "abc"]
    assert len(ruleset_of(classify={"rules": rules}).atoms) == 2


@pytest.mark.parametrize(
    ("given", "domain"),
    [
        ({"from": "ann@acme.example"}, "acme.example"),
        ({"from": "ann@acme.example", "from.domain": "other.example"}, "other.example"),
        ({"from": "T0ACME/U0ANN"}, None),
        ({"subject": "x"}, None),
    ],
)
def test_a_test_that_is_from_somebody_is_from_that_domain(given: Any, domain: str | None) -> None:
    tests = [{"given": given, "expect": "no_match"}]
    ruleset = ruleset_of(guard={"rules": [rule("r", {"subject": "y"}, {"disposition": "machine"}, tests=tests)]})

    assert ruleset.stage("guard").rules[0].tests[0].given.get("from.domain") == domain
