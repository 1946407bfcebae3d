"""The engine that decides in one pass says what the specification says, and what tests one by one say."""

from __future__ import annotations

import unicodedata
from typing import Any

import re2
from hypothesis import example, given, settings
from hypothesis import strategies as st

from intakebot.rules.decide import Deliberation, ends
from intakebot.rules.folding import Text
from intakebot.rules.index import index_of
from intakebot.rules.model import KnownAtoms, Ruleset
from intakebot.rules.needed import needed
from intakebot.rules.operators import OPERATORS
from intakebot.rules.patterns import Pattern, PatternSet
from intakebot.rules.truths import Truths
from unit.rules import naive
from unit.rules.dice import FIELDS, WORDS, Dice
from unit.rules.nodes import ruleset_of

DICE = st.integers(0, 2**64).map(Dice)
EVENTS = st.sampled_from(["created", "appended"])


def played(deliberation: Deliberation) -> Any:
    for name in naive.STAGES:
        if ends(deliberation.decide(name)):
            break
    return deliberation.decision


def outline(decision: Any) -> Any:
    return {
        trace.stage: {
            "result": trace.result,
            "outcome": trace.outcome,
            "applied": [rule.id for rule in trace.applied],
            "also": list(trace.also),
            "shadow": [rule.id for rule in trace.shadow],
            "conflicts": [(each.field, each.rule_id) for each in trace.conflicts],
        }
        for trace in decision.stages
    }


@settings(max_examples=100, deadline=None)
@given(DICE, EVENTS)
def test_the_engine_decides_what_the_specification_says(dice: Dice, event: str) -> None:
    stages = dice.stages()
    ruleset = ruleset_of(**stages)
    for facts in (dice.facts() for _ in range(4)):
        assert outline(played(Deliberation(facts, ruleset, event=event))) == naive.decide(stages, facts, event)


@settings(max_examples=80, deadline=None)
@given(DICE)
def test_what_is_found_in_one_pass_is_what_holds(dice: Dice) -> None:
    ruleset, facts = ruleset_of(**dice.stages()), dice.facts()
    index = index_of(ruleset)
    quick, slow = Truths(facts, ruleset.atoms, index=index), Truths(facts, ruleset.atoms)
    for number in range(len(ruleset.atoms)):
        assert quick.hit(number) == slow.hit(number)
    assert quick.true_keys() == slow.true_keys()


def keys(ruleset: Ruleset) -> frozenset[int]:
    fields = {"category", "tags"}
    return frozenset(atom.key for atom in ruleset.atoms if atom.field not in fields)


@settings(max_examples=100, deadline=None)
@given(DICE, EVENTS)
def test_other_rules_decide_the_same_from_what_is_known(dice: Dice, event: str) -> None:
    old, new, facts = dice.stages(), dice.stages(), dice.facts()
    new["route"]["rules"] += old["route"]["rules"][:2]
    before, after = ruleset_of(**old), ruleset_of(**new)
    known = KnownAtoms(Deliberation(facts, before).true_keys(), keys(before))
    decision = played(Deliberation(facts, after, event=event, known=known))
    assert outline(decision) == outline(played(Deliberation(facts, after, event=event)))


@settings(max_examples=60, deadline=None)
@given(DICE)
def test_a_decision_from_what_is_known_reads_no_message(dice: Dice) -> None:
    ruleset, facts = ruleset_of(**dice.stages()), dice.facts()
    known = KnownAtoms(Deliberation(facts, ruleset).true_keys(), keys(ruleset))
    case = {name: fact for name, fact in facts.items() if name.startswith("case.")}
    assert outline(played(Deliberation(case, ruleset, known=known))) == outline(played(Deliberation(facts, ruleset)))


def test_what_was_learned_is_believed_before_what_was_known() -> None:
    ruleset = ruleset_of(route={"rules": [{"id": "r", "when": {"customer.id": "1"}, "then": {"queue": "noc"}}]})
    known = KnownAtoms(frozenset(), keys(ruleset))
    deliberation = Deliberation({"customer.id": "1"}, ruleset, known=known)
    assert deliberation.decide("route").outcome == {}
    deliberation.learn({"customer.id": "1"})
    assert deliberation.decide("route").outcome == {"queue": "noc"}
    assert deliberation.true_keys() == keys(ruleset)


def test_an_action_from_what_is_known_has_the_captures_that_it_names() -> None:
    then = {"business_object": {"type": "order", "reference": "{number}"}, "category": "a"}
    ruleset = ruleset_of(
        classify={"rules": [{"id": "r", "when": {"body.matches": "K-(?P<number>[0-9]+)"}, "then": then}]}
    )
    facts = {"body": "it is K-12"}
    known = KnownAtoms(Deliberation(facts, ruleset).true_keys(), keys(ruleset))
    trace = Deliberation(facts, ruleset, known=known).decide("classify")
    assert trace.outcome == {"business_object": {"type": "order", "reference": "12"}, "category": "a"}
    without = Deliberation({}, ruleset, known=known).decide("classify")
    assert (without.outcome, without.applied[0].unfilled) == ({"category": "a"}, ("business_object",))


def test_a_pattern_reads_the_text_as_it_was_composed() -> None:
    ruleset = ruleset_of(classify={"rules": [{"id": "r", "when": {"body.matches": "cafe"}, "then": {"category": "a"}}]})
    assert Deliberation({"body": "cafe\u0301"}, ruleset).decide("classify").result == "matched"
    assert Deliberation({"body": "caf\u00e9"}, ruleset).decide("classify").result == "matched_nothing"


PIECES = st.recursive(
    st.sampled_from(
        ["a", "ab", "Key", "k", "s", "ß", "-", r"\.", ".", r"\w", r"\b", "[a-c]", "[^]x]", "^", "$", r"\pL", "é"]
    ),
    lambda parts: (
        st.lists(parts, min_size=1, max_size=4).map("".join)
        | st.lists(parts, min_size=2, max_size=3).map(lambda each: "(?:" + "|".join(each) + ")")
        | st.tuples(parts, st.sampled_from(["?", "*", "+", "{2}", "{0,2}", "+?"])).map(
            lambda two: f"(?:{two[0]}){two[1]}"
        )
        | parts.map(lambda part: f"(?P<n>{part})" if "<n>" not in part else part)
    ),
    max_leaves=6,
)
LETTERS = st.text(st.sampled_from("aAbBcKkEeYysS\u212a\u017f-. xéß\u0301"), max_size=14)


@settings(max_examples=300, deadline=None)
@given(PIECES, st.booleans(), LETTERS)
@example(source="Key", fold_case=True, text="\u212aey")
def test_what_a_pattern_needs_is_in_all_that_it_matches(source: str, fold_case: bool, text: str) -> None:  # noqa: FBT001
    try:
        pattern = Pattern(f"(?i){source}" if fold_case else source)
    except ValueError:
        return
    if pattern.search(Text(text)) is not None:
        assert all(any(piece in text.casefold() for piece in pieces) for pieces in needed(source))
        assert PatternSet(["x{9}", f"(?i){source}" if fold_case else source]).find(Text(text)) == [1]


def test_letters_that_re2_takes_for_each_other_fold_alike() -> None:
    cased = [chr(code) for code in range(0x20000) if len({chr(code), chr(code).lower(), chr(code).upper()}) > 1]
    options = re2.Options()
    options.case_sensitive = False
    options.literal = True
    found = re2.Set.FullMatchSet(options)
    for letter in cased:
        found.Add(letter.encode())
    found.Compile()
    for letter in cased:
        assert {cased[hit].casefold() for hit in found.Match(letter.encode())} == {letter.casefold()}


def test_every_operator_is_in_the_comparison() -> None:
    assert {operator for operators in FIELDS.values() for operator in operators} == OPERATORS.keys()


def test_every_word_is_its_own_text() -> None:
    assert len({unicodedata.normalize("NFKC", word) for word in WORDS}) > len(WORDS) - 3
