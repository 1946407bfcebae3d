"""Explanations (Semantics 10): every reason with its place, and why a rule did not apply."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intakebot.rules.decide import decide
from intakebot.rules.explain import explain, why_not
from intakebot.rules.folding import fold
from intakebot.rules.load import load_ruleset
from unit.rules.nodes import parse, shipped

RULES = """\
schema: intakebot.rules/1
stages:
  guard:
    rules:
      - id: guard.robot
        when: {subject: robot}
        then: {disposition: machine}
  classify:
    default: {category: none}
    rules:
      - id: crc.no-service
        when: {customer.segment: telecom, body.words: [no signal, outage]}
        then: {category: technical}
      - id: crc.all
        when: {customer.segment: telecom, not: {subject.contains: test}}
        then: {category: other}
      - id: crc.idle
        on: idle
        when: {case.idle_hours: {gt: 5}}
        then: {category: idle}
  flag:
    hit: collect
    rules:
      - id: flag.one
        when: {category: {under: technical}}
        then: {priority: high}
      - id: flag.two
        when: {any: [{body.matches: 'sig(?P<rest>\\w+)'}, {customer.id: {present: false}}]}
        then: {priority: low}
"""
SHIPPED = shipped()
RULESET = load_ruleset([parse(RULES)])
MAIL = {"customer.segment": "telecom", "body": "There is no\nsignal.", "subject": "Help"}


def test_line_10_explain_names_rule_place_atoms_spans_and_rivals() -> None:
    assert explain(decide(MAIL, RULESET)) == [
        "guard: no rule matched",
        "identify: no rule matched",
        (
            "classify: rule crc.no-service (main.yaml:11) because customer.segment is 'telecom'"
            " and body contains the words 'no signal' at 9-18; sets category: technical;"
            " would also have matched: crc.all"
        ),
        "flag: rule flag.one (main.yaml:24) because category is under 'technical'",
        (
            "flag: rule flag.two (main.yaml:27) because body matches 'sig(?P<rest>\\\\w+)' at 12-18"
            " and customer.id is missing; sets priority: high"
        ),
        "flag: conflict on priority: kept 'high', not 'low' of flag.two",
        "route: no rule matched",
    ]


def test_line_10_a_decision_keeps_every_reason_as_plain_values() -> None:
    trace = decide(MAIL, RULESET).to_plain()["stages"][2]  # type: ignore[index]
    assert trace == {
        "stage": "classify",
        "result": "matched",
        "outcome": {"category": "technical"},
        "applied": [
            {
                "id": "crc.no-service",
                "place": "main.yaml:11",
                "evidence": [
                    {
                        "field": "customer.segment",
                        "operator": "eq",
                        "wanted": ["telecom"],
                        "actual": "telecom",
                        "start": 0,
                        "end": 7,
                        "negated": False,
                    },
                    {
                        "field": "body",
                        "operator": "words",
                        "wanted": ["no signal"],
                        "actual": "no\nsignal",
                        "start": 9,
                        "end": 18,
                        "negated": False,
                    },
                ],
                "captures": {},
                "unfilled": [],
            }
        ],
        "also": ["crc.all"],
        "conflicts": [],
        "shadow": [],
    }


def test_a_default_and_a_negated_reason_are_said() -> None:
    sentences = explain(decide({"customer.segment": "telecom"}, RULESET))
    assert "not: subject contains 'test'; sets category: other" in sentences[2]
    assert explain(decide({}, RULESET))[2] == "classify: no rule matched, the default applies; sets category: none"


WHY_NOT = [
    pytest.param(
        "crc.no-service",
        {"customer.segment": "bank"},
        "rule crc.no-service (main.yaml:11) did not match: customer.segment is 'bank';"
        " wanted: customer.segment is 'telecom'",
        id="value",
    ),
    pytest.param(
        "crc.no-service",
        {"customer.segment": "telecom"},
        "rule crc.no-service (main.yaml:11) did not match: body is missing;"
        " wanted: body contains the words 'no signal' or 'outage'",
        id="missing",
    ),
    pytest.param(
        "crc.all",
        {"customer.segment": "telecom", "subject": "a test"},
        "rule crc.all (main.yaml:14) did not match: it must not be that subject contains 'test' at 2-6",
        id="negated",
    ),
    pytest.param(
        "crc.all",
        MAIL,
        "rule crc.all (main.yaml:14) would match, but rule crc.no-service (main.yaml:11) comes first in stage classify",
        id="rival",
    ),
    pytest.param(
        "crc.idle",
        MAIL,
        "rule crc.idle (main.yaml:17) does not answer to the event created, only to idle",
        id="event",
    ),
    pytest.param(
        "flag.one",
        {},
        "rule flag.one (main.yaml:24) did not match: category is 'none'; wanted: category is under 'technical'",
        id="earlier-outcome",
    ),
    pytest.param(
        "flag.two",
        {"customer.id": "1", "body": "x"},
        "rule flag.two (main.yaml:27) did not match: none of 2 alternatives holds; the first: body is 'x';"
        " wanted: body matches 'sig(?P<rest>\\\\w+)'",
        id="alternatives",
    ),
    pytest.param(
        "flag.one",
        {"subject": "robot"},
        "no stage runs after guard: disposition is machine",
        id="guard-ended",
    ),
    pytest.param("crc.no-service", MAIL, "rule crc.no-service (main.yaml:11) applies", id="applies"),
    pytest.param("nobody", {}, "there is no rule 'nobody'", id="unknown"),
]


@pytest.mark.parametrize(("rule_id", "facts", "sentence"), WHY_NOT)
def test_line_10_why_not_names_the_first_false_atom_and_its_value(rule_id: str, facts: Any, sentence: str) -> None:
    assert why_not(rule_id, facts, RULESET) == sentence


def test_why_not_on_a_closed_case() -> None:
    facts = {"case.idle_hours": 9, "case.closed": True}
    assert why_not("crc.idle", facts, RULESET, event="idle").endswith("did not apply: the case is closed")


PIECES = st.lists(
    st.sampled_from(["kein Signal", "NO  SIGNAL", "Rücksendung", "e\u0301", "ß", "ﬁ", "dringend", " ", ".", "\n", "a"])
)


@given(PIECES.map(" ".join))
def test_spans_point_at_text_that_contains_the_words(body: str) -> None:
    for trace in decide({"body": body}, SHIPPED).stages:
        for each in (each for rule in trace.applied for each in rule.evidence if each.operator == "words"):
            assert each.span is not None
            start, end = each.span
            assert body[start:end] == each.actual
            assert fold(str(each.wanted[0])).split() == fold(each.actual).split()
