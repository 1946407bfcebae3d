"""A decision laid out for people: matched words in their place, near misses, and why a rule does not apply."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intakebot.domain.errors import NotFoundError
from intakebot.rules.decide import decide
from intakebot.rules.load import load_ruleset
from intakebot.rules.nearness import MOST
from intakebot.rules.places import AROUND, place_of
from intakebot.rules.reasons import Told, reasons
from intakebot.rules.trials import run_trials, untested
from intakebot.rules.why_not import why_not_in
from unit.rules.nodes import parse, rule, ruleset_of

RULES = """\
schema: intakebot.rules/1
stages:
  classify:
    default: {category: none}
    rules:
      - id: pump
        note: A pump leaks.
        when: {body.words: [leaks]}
        then: {category: pump/leak}
      - id: pump.key
        when: {body: {matches: 'KEY-(?P<key>[0-9]+)'}}
        then: {category: pump/key}
      - id: pump.gold
        when: {body.words: pump, customer.tier: gold, not: {subject.words: test}}
        then: {category: pump/gold}
      - id: pump.calm
        mode: shadow
        when: {body.words: pump}
        then: {category: pump/calm}
  flag:
    hit: collect
    rules:
      - id: urgent
        when: {category: pump/leak, subject.words: [urgent, at once]}
        then: {priority: high}
        tests:
          - {given: {category: pump/leak, subject: "Urgent"}, expect: match}
          - {given: {category: pump/leak, subject: "Calm"}, expect: match}
"""
RULESET = load_ruleset([parse(RULES)])
MAIL = {
    "subject": "Pump",
    "body": "Hello,\n\nsince today the pump leaks and KEY-77 is on it.",
    "customer.tier": "silver",
}


def laid_out(facts: Any = MAIL, ruleset: Any = RULESET, **told: Any) -> dict[str, Any]:
    traces: Any = decide(facts, ruleset).to_plain()["stages"]
    seen = told.pop("seen", {"guard": facts})
    return {str(stage["stage"]): stage for stage in reasons(traces, Told(seen, ruleset, **told))}


def test_a_stage_names_its_rule_the_note_and_the_words_in_their_place() -> None:
    (applied,) = laid_out()["classify"]["rules"]
    assert (applied["id"], applied["note"], applied["place"]) == ("pump", "A pump leaks.", "main.yaml:6")
    assert applied["because"] == [
        {
            "sentence": "body contains the words 'leaks'",
            "place": {
                "field": "body",
                "before": "Hello, since today the pump ",
                "words": "leaks",
                "after": " and KEY-77 is on it.",
                "line": 3,
                "column": 22,
                "offset": 29,
            },
        }
    ]


def test_rules_that_lost_nearly_matched_or_are_in_shadow_are_named() -> None:
    stage = laid_out()["classify"]
    assert [each["id"] for each in stage["also"]] == ["pump.key"]
    assert [(each["id"], each["sentence"]) for each in stage["nearly"]] == [
        ("pump.gold", "customer.tier is 'silver'; wanted: customer.tier is 'gold'")
    ]
    assert [(each["id"], each["outcome"]) for each in stage["shadow"]] == [("pump.calm", {"category": "pump/calm"})]


def test_a_later_stage_is_seen_with_what_an_earlier_one_decided() -> None:
    (near,) = laid_out()["flag"]["nearly"]
    assert near["sentence"] == ("subject is 'Pump'; wanted: subject contains the words 'urgent' or 'at once'"), (
        "the category, which holds, was decided by classify"
    )


def test_look_ups_count_from_the_stage_before_which_they_were_learned() -> None:
    seen = {"guard": {"subject": "a"}, "flag": {"customer.tier": "gold"}}
    ruleset = ruleset_of(
        classify={"rules": [rule("early", {"subject": "a", "customer.tier": "silver"}, {"category": "x"})]},
        flag={"rules": [rule("late", {"subject": "a", "customer.tier": "silver"}, {"priority": "low"})]},
    )
    found = laid_out({}, ruleset, seen=seen)
    assert "is missing" in found["classify"]["nearly"][0]["sentence"]
    assert "is 'gold'" in found["flag"]["nearly"][0]["sentence"]


NEAR = [
    pytest.param({"subject": "a"}, False, id="one condition is never near"),
    pytest.param({"subject": "a", "body": "x"}, True, id="one of two"),
    pytest.param({"subject": "a", "from": "b", "body": "x"}, False, id="one of three"),
    pytest.param({"all": [{"subject": "a"}, {"all": [{"body": "x"}, {"to": "me"}]}]}, True, id="nested"),
    pytest.param({"body": "x", "any": [{"subject": "a"}, {"subject": "b"}]}, True, id="an any-of counts as one"),
    pytest.param([{"subject": "a"}, {"subject": "b", "body": "x"}], True, id="one of several alternatives"),
    pytest.param([{"body": "x"}, {"subject": "b", "body": "x"}], False, id="it matches"),
    pytest.param({"subject": "a", "not": {"body": "y"}}, False, id="what only is absent makes nothing near"),
    pytest.param({"body": "x", "not": {"to": "me"}}, True, id="held back by a not"),
]


@pytest.mark.parametrize(("when", "near"), NEAR)
def test_near_is_all_conditions_but_one(when: Any, *, near: bool) -> None:
    first = rule("first", {"to": "me"}, {"category": "c"})
    ruleset = ruleset_of(classify={"rules": [first, rule("r", when, {"category": "c"})]})
    found = laid_out({"body": "x", "to": ("me",)}, ruleset)["classify"]
    assert bool(found["nearly"]) is near


def test_of_many_near_misses_those_with_most_conditions_are_named() -> None:
    rules = [rule(f"r{at}", {"body": "x", "subject": str(at)}, {"category": "c"}) for at in range(50)]
    rules.append(rule("best", {"body": "x", "to": "me", "subject": "no"}, {"category": "c"}))
    found = laid_out({"body": "x", "to": ("me",), "subject": "?"}, ruleset_of(classify={"rules": rules}))
    names = [each["id"] for each in found["classify"]["nearly"]]
    assert names == ["best", "r0", "r1", "r2", "r3"][:MOST]


def test_rules_about_what_nobody_kept_are_not_called_near() -> None:
    ruleset = ruleset_of(classify={"rules": [rule("r", {"body": "x", "header.a": "1"}, {"category": "c"})]})
    facts = {"body": "x"}
    assert laid_out(facts, ruleset)["classify"]["nearly"]
    assert not laid_out(facts, ruleset, unknown={"header.a"})["classify"]["nearly"]
    assert not laid_out(facts, ruleset, seen={})["classify"]["nearly"], "nothing was kept at all"


def test_a_rule_that_is_gone_is_still_named() -> None:
    traces: Any = decide(MAIL, RULESET).to_plain()["stages"]
    today = ruleset_of(classify={"rules": [rule("new", {"body.words": "leaks"}, {"category": "c"})]})
    stage = next(each for each in reasons(traces, Told({}, today)) if each["stage"] == "classify")
    assert stage["rules"][0] | {"because": 0} == {
        "id": "pump", "note": "", "place": "main.yaml:6", "because": 0, "captures": {}, "unfilled": [],
    }  # fmt: skip
    assert stage["also"] == [{"id": "pump.key", "note": "", "place": ""}]


def evidence(start: int, end: int, actual: str) -> dict[str, Any]:
    return {"field": "body", "operator": "words", "start": start, "end": end, "actual": actual, "negated": False}


def test_words_of_another_text_stand_alone() -> None:
    place = place_of(evidence(3, 7, "pump"), "quite another text")
    assert place
    assert (place.before, place.words, place.after, place.line) == ("", "pump", "", None)


def test_the_entry_of_a_list_is_found_that_the_words_are_in() -> None:
    place = place_of(evidence(2, 6, "pump"), ("a leak", "a pump"))
    assert place
    assert (place.before, place.words) == ("a ", "pump")


@pytest.mark.parametrize("more", [{"negated": True}, {"operator": "eq"}, {"start": None}])
def test_a_whole_value_or_an_absence_has_no_place(more: dict[str, Any]) -> None:
    assert place_of(evidence(0, 4, "pump") | more, "pump") is None


TEXTS = st.text(alphabet="ab c\n\tß水", max_size=200)


@given(TEXTS, TEXTS, TEXTS)
def test_what_is_shown_is_the_text_around_the_span(before: str, words: str, after: str) -> None:
    text = before + words + after
    start, end = len(before), len(before) + len(words)
    place = place_of(evidence(start, end, text[start : min(end, start + 80)]), text)
    assert place
    assert place.offset == start
    assert text.split("\n")[place.line - 1][: place.column - 1] == before.rsplit("\n", maxsplit=1)[-1]
    shown = (place.before + place.words + place.after).replace("…", "").split()
    assert "".join(shown) in "".join(text.split())
    assert len(place.before) + len(place.after) <= 2 * (AROUND + 1)


def why_not(rule_id: str, facts: Any = MAIL, seen: Any = None, ended: str = "") -> tuple[bool, str]:
    traces: Any = [trace for trace in decide(facts, RULESET).to_plain()["stages"] if not ended]  # type: ignore[union-attr]
    found = why_not_in(rule_id, traces, Told(seen or {"guard": facts}, RULESET), ended)
    return found.applies, found.sentence


WHY_NOT = [
    ("pump", True, "rule pump (main.yaml:6) applies"),
    ("pump.key", False, "would match, but rule pump (main.yaml:6) comes first in stage classify"),
    ("pump.gold", False, "did not match: customer.tier is 'silver'; wanted: customer.tier is 'gold'"),
    ("pump.calm", False, "matches, but it is in shadow mode: what it would set is noted and not applied"),
    ("urgent", False, "did not match: subject is 'Pump'; wanted: subject contains the words 'urgent' or 'at once'"),
]


@pytest.mark.parametrize(("rule_id", "applies", "says"), WHY_NOT)
def test_why_not_names_the_first_false_condition(rule_id: str, says: str, *, applies: bool) -> None:
    found = why_not(rule_id)
    assert found[0] is applies
    assert found[1].endswith(says)


def test_a_rule_whose_stage_did_not_run_had_no_turn() -> None:
    applies, sentence = why_not("pump", ended="append to a case, because it continues C-1")
    assert not applies
    assert sentence.endswith("stage classify did not run: append to a case, because it continues C-1")


def test_an_unknown_rule_is_refused_with_those_it_may_mean() -> None:
    with pytest.raises(NotFoundError, match=r"did you mean pump\.gold"):
        why_not("pump.glod")
    with pytest.raises(NotFoundError, match=r"there is no rule 'zzz'; the files in config/rules have their ids$"):
        why_not("zzz")


def test_a_rule_in_shadow_mode_does_not_come_first() -> None:
    ruleset = ruleset_of(
        classify={
            "rules": [
                rule("a", {"body": "x"}, {"category": "a"}, mode="shadow"),
                rule("b", {"body": "x"}, {"category": "b"}),
            ]
        }
    )
    traces: Any = decide({"body": "x"}, ruleset).to_plain()["stages"]
    assert why_not_in("b", traces, Told({"guard": {"body": "x"}}, ruleset), "").applies


def test_inline_tests_run_one_by_one() -> None:
    first, second = run_trials(RULESET)
    assert (first.rule_id, first.number, first.passed) == ("urgent", 1, True)
    assert (second.number, second.expected, second.place.line) == (2, "match", 28)
    assert second.sentence == "subject is 'Calm'; wanted: subject contains the words 'urgent' or 'at once'"
    assert untested(RULESET) == ["pump", "pump.key", "pump.gold", "pump.calm"]


def test_a_long_list_is_named_by_its_first_values() -> None:
    ruleset = ruleset_of(classify={"rules": [rule("r", {"body": [str(at) for at in range(9)]}, {"category": "c"})]})
    traces: Any = decide({"body": "x"}, ruleset).to_plain()["stages"]
    found = why_not_in("r", traces, Told({"guard": {"body": "x"}}, ruleset), "")
    assert found.sentence.endswith("body is '0' or '1' or '2' or '3' or '4' or '5' or 3 more")


DIVIDED = load_ruleset(
    [
        parse("""\
schema: intakebot.rules/1
lists:
  key: {en: [password], de: [Passwort, Kennwort]}
  bill: {en: [invoice], de: [Rechnung]}
stages:
  classify:
    default: {category: none}
    rules:
      - id: key
        when: {case.workflow: desk, any: [{subject.words: {list: key}}, {body.words: {list: key}}]}
        then: {category: key}
      - id: bill
        when: {case.workflow: desk, any: [{subject.words: {list: bill}}, {body.words: {list: bill}}]}
        then: {category: bill}
""")
    ]
)
GERMAN = {"case.workflow": "desk", "language": "de", "subject": "Hilfe", "body": "Das Passwort ist weg."}


def test_a_list_divided_by_languages_is_explained_once_and_by_the_language_of_the_message() -> None:
    stage = laid_out(GERMAN, DIVIDED)["classify"]

    assert [each["sentence"] for each in stage["rules"][0]["because"]] == [
        "case.workflow is 'desk'",
        "language is 'de'",
        "body contains the words 'Passwort'",
    ]
    assert stage["nearly"] == [], "that the process and the language fit brings a rule no nearer"


def test_why_not_names_the_words_of_the_language_of_the_message() -> None:
    traces: Any = decide(GERMAN, DIVIDED).to_plain()["stages"]

    said = why_not_in("bill", traces, Told({"guard": GERMAN}, DIVIDED), "").sentence

    assert said.endswith(
        "none of 2 alternatives holds; the first: subject is 'Hilfe'; wanted: subject contains the words 'Rechnung'"
    )


def test_near_misses_know_the_category_of_the_first_part_of_a_split_contact() -> None:
    split = rule(
        "two", {"body.words": "pump"}, {"split": [{"title": "A", "category": "a"}, {"title": "B", "category": "b"}]}
    )
    far = rule("far", {"subject.words": "pump", "category": "c"}, {"queue": "noc"})
    ruleset = ruleset_of(classify={"rules": [split]}, route={"rules": [far]})

    assert [each["sentence"] for each in laid_out(MAIL, ruleset)["route"]["nearly"]] == [
        "category is 'a'; wanted: category is 'c'"
    ]
