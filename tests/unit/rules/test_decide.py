"""The meaning of rules, one test for each numbered line of the semantics (each names its line)."""

from __future__ import annotations

import json
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intakebot.rules.decide import decide, decide_stage
from intakebot.rules.model import STAGES
from unit.rules.nodes import rule, ruleset_of, shipped

SHIPPED = shipped()


def test_line_1_a_stage_reads_earlier_outcomes_never_its_own() -> None:
    ruleset = ruleset_of(
        classify={
            "rules": [rule("c", {"subject": "x"}, {"category": "a"})],
        },
        flag={
            "hit": "collect",
            "merge": {"tags": "union"},
            "rules": [
                rule("reads-own", {"tags": "first"}, {"tags": ["never"]}),
                rule("reads-earlier", {"category": "a"}, {"tags": ["first"]}),
                rule("reads-own-later", {"tags": "first"}, {"tags": ["never"]}),
            ],
        },
        route={"rules": [rule("r", {"tags": "first"}, {"queue": "noc"})]},
    )
    decision = decide({"subject": "x"}, ruleset)
    assert decision.outcome == {"category": "a", "tags": ["first"], "queue": "noc"}


def test_line_2_first_stops_and_names_the_others_collect_runs_all() -> None:
    rules = [
        rule("one", {"size.gt": 1}, {"tags": ["one"], "priority": "high"}),
        rule("two", {"size.gt": 2}, {"tags": ["two"], "priority": "low"}),
        rule("three", {"size.gt": 30}, {"tags": ["three"]}),
    ]
    first = decide_stage("flag", {"size": 9}, ruleset_of(flag={"hit": "first", "rules": rules}))
    assert (first.outcome, first.also) == ({"tags": ["one"], "priority": "high"}, ("two",))
    merge = {"tags": "union", "priority": "max"}
    collect = decide_stage("flag", {"size": 9}, ruleset_of(flag={"hit": "collect", "merge": merge, "rules": rules}))
    assert (collect.outcome, collect.also) == ({"tags": ["one", "two"], "priority": "high"}, ())


@pytest.mark.parametrize("disposition", ["machine", "refused"])
def test_line_2_later_stages_do_not_run_for_machine_mail_and_refusals(disposition: str) -> None:
    then = {"disposition": disposition, "reason": "spam"}
    ruleset = ruleset_of(
        guard={"rules": [rule("g", {"subject": "x"}, then)]},
        classify={"default": {"category": "a"}},
    )
    assert [trace.stage for trace in decide({"subject": "x"}, ruleset).stages] == ["guard"]
    assert [trace.stage for trace in decide({"subject": "y"}, ruleset).stages] == list(STAGES)


def test_line_3_an_unmerged_field_keeps_the_first_value_and_records_the_conflict() -> None:
    ruleset = ruleset_of(
        flag={
            "hit": "collect",
            "rules": [
                rule("low", {"size.gt": 1}, {"priority": "low"}),
                rule("high", {"size.gt": 2}, {"priority": "high"}),
                rule("same", {"size.gt": 3}, {"priority": "low"}),
            ],
        }
    )
    trace = decide_stage("flag", {"size": 9}, ruleset)
    assert trace.outcome == {"priority": "low"}
    assert [each.to_plain() for each in trace.conflicts] == [
        {"field": "priority", "rule": "high", "kept": "low", "dropped": "high"}
    ]


def test_line_4_matched_matched_nothing_and_defaulted_are_told_apart() -> None:
    ruleset = ruleset_of(
        classify={"default": {"category": "none"}, "rules": [rule("c", {"size": 1}, {"category": "a"})]},
        route={"default": {"crc": {"queue": "crc"}, "manage-case": {"queue": "support"}}},
    )
    results = {trace.stage: trace.result for trace in decide({"case.workflow": "crc"}, ruleset).stages}
    assert results == {
        "guard": "matched_nothing",
        "identify": "matched_nothing",
        "classify": "defaulted",
        "flag": "matched_nothing",
        "route": "defaulted",
    }
    assert decide({"size": 1}, ruleset).stages[2].result == "matched"


@pytest.mark.parametrize(("workflow", "queue"), [("crc", "crc"), ("crc-technical", "noc"), ("manage-case", "support")])
def test_line_4_the_route_default_is_per_workflow(workflow: str, queue: str) -> None:
    facts = {"case.workflow": workflow, "customer.id": "4711", "category": "general/unsorted"}
    assert decide_stage("route", facts, SHIPPED).outcome == {"queue": queue}


def test_line_6_a_rule_answers_to_its_events_and_defaults_to_new_cases_only() -> None:
    ruleset = ruleset_of(
        classify={
            "default": {"category": "none"},
            "rules": [
                rule("new", {"size": 1}, {"category": "new"}),
                rule("later", {"size": 1}, {"category": "later"}, on=["appended", "idle"]),
            ],
        }
    )
    outcomes = {
        event: decide_stage("classify", {"size": 1}, ruleset, event).outcome
        for event in ("created", "appended", "idle", "state")
    }
    assert outcomes == {
        "created": {"category": "new"},
        "appended": {"category": "later"},
        "idle": {"category": "later"},
        "state": {},
    }


def test_line_6_nothing_applies_to_a_closed_case() -> None:
    ruleset = ruleset_of(flag={"rules": [rule("f", {"size": 1}, {"priority": "low"}, on="appended")]})
    facts = {"size": 1, "case.closed": True}
    assert decide_stage("flag", facts, ruleset, "appended").result == "matched_nothing"
    assert decide_stage("flag", {**facts, "case.closed": False}, ruleset, "appended").result == "matched"


def test_captures_and_facts_fill_the_actions() -> None:
    then = {"lookup": {"subscription": "{key}/{customer.id}"}}
    ruleset = ruleset_of(
        identify={"rules": [rule("i", {"subject.matches": "KEY-(?P<key>[0-9]+)"}, then)]},
    )
    trace = decide_stage("identify", {"subject": "Re: KEY-12", "customer.id": "c"}, ruleset)
    assert trace.outcome == {"lookup": {"subscription": "12/c"}}
    assert trace.applied[0].captures == {"key": "12"}


def test_what_fills_an_action_is_cut_however_long_the_text_is() -> None:
    """A caller's text makes no title, tag or stored reason of sixty thousand characters."""
    then = {"tags": ["{all}", "{body}"]}
    made = decide(
        {"body": "long " * 12_000}, ruleset_of(flag={"rules": [rule("r", {"body.matches": "(?P<all>.*)"}, then)]})
    )
    trace = made.stages[STAGES.index("flag")]
    assert [len(tag) for tag in trace.outcome["tags"]] == [1_000, 1_000]
    assert [len(each) for each in trace.applied[0].captures.values()] == [1_000]


def test_an_action_that_cannot_be_filled_is_left_out_and_recorded() -> None:
    then = {"lookup": {"subscription": "{key}"}, "support": "known"}
    when = {"subject.matches": "KEY(-(?P<key>[0-9]+))?"}
    trace = decide_stage("identify", {"subject": "KEY"}, ruleset_of(identify={"rules": [rule("i", when, then)]}))
    assert trace.outcome == {"support": "known"}
    assert trace.applied[0].unfilled == ("lookup",)


def test_a_stage_asked_alone_decides_as_in_the_whole() -> None:
    facts = {"subject": "x", "body": "Kein Signal!", "customer.id": "4711", "case.workflow": "crc-technical"}
    whole = decide(facts, SHIPPED)
    assert decide_stage("classify", facts, SHIPPED) == whole.stages[2]
    assert decide_stage("route", {**facts, "category": "technical/no-signal"}, SHIPPED) == whole.stages[4]


MAILS = [
    pytest.param(
        {"from": "warehouse@logistics.example", "subject": "RMA-77 completed"},
        {"disposition": "machine", "complete_handover": "RMA-77"},
        id="warehouse",
    ),
    pytest.param(
        {"body": "Seit heute kein Empfang, dringend!", "customer.id": "1", "case.workflow": "crc-technical"},
        {
            "lookup": {"account": "1"},
            "category": "technical/no-signal",
            "priority": "high",
            "tags": ["urgent"],
            "escalate": {"queue": "noc", "comment": "Technical fault (technical/no-signal), sent by rule."},
        },
        id="technical-german",
    ),
    pytest.param(
        {"subject": "KEY-123456", "body": "The pump is defective", "case.workflow": "manage-case"},
        {"lookup": {"support_key": "KEY-123456"}, "category": "technical/defect", "queue": "triage"},
        id="unidentified-manage-case",
    ),
    pytest.param(
        {
            "subject": "Kündigung",
            "customer.id": "1",
            "case.workflow": "crc",
            "subscription.status": "ordered",
        },
        {"lookup": {"account": "1"}, "category": "cancellation/before-activation", "queue": "crc"},
        id="cancellation",
    ),
    pytest.param(
        {"subject": "How do I reset my password?", "customer.id": "1", "case.workflow": "manage-case"},
        {"lookup": {"account": "1"}, "category": "product/how-to", "resolve": {"template": "how-to-reset"}},
        id="automatic-resolution",
    ),
    pytest.param(
        {"body": "Hello", "case.workflow": "crc"},
        {"support": "unknown", "category": "general/unsorted", "queue": "triage"},
        id="unsorted-stranger",
    ),
]


@pytest.mark.parametrize(("facts", "outcome"), MAILS)
def test_shipped_rules_decide_whole_mails(facts: Any, outcome: Any) -> None:
    assert decide(facts, SHIPPED).outcome == outcome


FACTS = st.dictionaries(
    st.sampled_from(["subject", "body", "from", "to", "customer.id", "case.workflow", "size", "tags", "header.x"]),
    st.text(max_size=30)
    | st.sampled_from(["kein Signal", "urgent", "KEY-123456", "cancel", "crc", "how do i reset my router"])
    | st.lists(st.text(max_size=10), max_size=3).map(tuple)
    | st.integers()
    | st.floats()
    | st.booleans(),
)


@given(FACTS, st.sampled_from(["created", "appended", "idle", "state", "unheard-of"]))
def test_decide_is_total_deterministic_and_plain(facts: Any, event: str) -> None:
    decision = decide(facts, SHIPPED, event=event)
    assert decide(facts, SHIPPED, event=event) == decision
    assert json.loads(json.dumps(decision.to_plain(), ensure_ascii=False)) == decision.to_plain()


@given(st.permutations(["red", "green", "blue"]), st.sampled_from(["red", "green", "blue", "none"]))
def test_order_of_unrelated_rules_does_not_change_a_first_stage(order: list[str], word: str) -> None:
    def outcome(names: Any) -> Any:
        rules = [rule(name, {"subject.words": name}, {"category": name}) for name in names]
        ruleset = ruleset_of(classify={"rules": rules, "default": {"category": "none"}})
        return decide_stage("classify", {"subject": f"a {word} one"}, ruleset).outcome

    assert outcome(order) == {"category": word}


def test_related_rules_go_by_file_order() -> None:
    for order in permutations(["a", "b", "c"]):
        rules = [rule(name, {"subject.words": ["x", name]}, {"category": name}) for name in order]
        trace = decide_stage("classify", {"subject": "x"}, ruleset_of(classify={"rules": rules}))
        assert (trace.applied[0].id, *trace.also) == order
