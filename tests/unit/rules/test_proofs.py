"""What the checks prove about rules holds for every message: properties over random rules and messages."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from intakebot.rules.literals import Literals
from intakebot.rules.model import Ruleset
from intakebot.rules.overlaps import Overlaps
from intakebot.rules.terms import are_apart, shape_of
from intakebot.rules.truths import Truths
from unit.rules.nodes import ruleset_of

WORDS = ["a", "b", "ab", "a b", "b a", "a/b", "a/b/c", "A"]
SUBNETS = ["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32", "11.0.0.0/8"]
word, words = st.sampled_from(WORDS), st.lists(st.sampled_from(WORDS), min_size=1, max_size=3)
TEXT = st.one_of(
    st.tuples(st.just("eq"), word),
    st.tuples(st.sampled_from(["in", "not_in", "words", "contains", "starts", "ends", "under"]), words),
    st.tuples(st.just("present"), st.booleans()),
    st.tuples(st.just("matches"), st.sampled_from(["^a", "[ab]$"])),
)
NUMBER = st.tuples(st.sampled_from(["eq", "gt", "lt"]), st.integers(0, 4))
LEAVES = st.one_of(
    st.tuples(st.sampled_from(["subject", "to", "language"]), TEXT),
    st.tuples(st.just("size"), NUMBER),
    st.tuples(st.just("agreement.valid"), st.tuples(st.sampled_from(["eq", "present"]), st.booleans())),
    st.tuples(
        st.just("client.ip"), st.tuples(st.just("cidr"), st.lists(st.sampled_from(SUBNETS), min_size=1, max_size=2))
    ),
).map(lambda leaf: {leaf[0]: {leaf[1][0]: leaf[1][1]}})
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=5,
)
MESSAGES = st.fixed_dictionaries(
    {},
    optional={
        "subject": st.one_of(word, st.sampled_from(["a c", "ba", "c"])),
        "language": word,
        "to": st.lists(word, min_size=1, max_size=2).map(tuple),
        "size": st.integers(-1, 5),
        "agreement.valid": st.booleans(),
        "client.ip": st.sampled_from(["10.1.2.3", "10.2.0.1", "11.1.1.1", "here"]),
    },
)


def of(conditions: list[Any]) -> Ruleset:
    rules = [{"id": f"r{at}", "when": each, "then": {"category": "x"}} for at, each in enumerate(conditions)]
    return ruleset_of(classify={"rules": rules})


@settings(max_examples=150, deadline=None)
@given(st.lists(CONDITIONS, min_size=1, max_size=5), st.lists(MESSAGES, min_size=20, max_size=20))
def test_what_is_never_reached_is_never_reached(conditions: list[Any], messages: list[Any]) -> None:
    ruleset = of(conditions)
    stage = ruleset.stage("classify")
    overlaps = Overlaps(stage, ruleset.atoms, Literals())
    found = [problem.sentence for problem in overlaps.problems() if problem.severity == "error"]
    useless = {sentence.split("'")[1] for sentence in found}
    for message in messages:
        truths = Truths(message, ruleset.atoms)
        first = next((rule.id for rule in stage.rules if truths.holds(rule.condition)), None)
        assert first not in useless, (message, found)


@settings(max_examples=150, deadline=None)
@given(CONDITIONS, CONDITIONS, st.lists(MESSAGES, min_size=20, max_size=20))
def test_what_is_apart_never_meets_and_what_is_impossible_never_holds(one: Any, two: Any, messages: list[Any]) -> None:
    ruleset = of([one, two])
    literals = Literals()
    rules = ruleset.stage("classify").rules
    shapes = [shape_of(rule.condition, ruleset.atoms, literals) for rule in rules]
    apart = all(are_apart(term, other) for term in shapes[0].terms for other in shapes[1].terms)
    for message in messages:
        truths = Truths(message, ruleset.atoms)
        holds = [truths.holds(rule.condition) for rule in rules]
        assert not (apart and all(holds))
        for shape, holding in zip(shapes, holds, strict=True):
            assert not (shape.is_impossible and holding)
