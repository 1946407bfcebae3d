"""Every operator: what it holds for, what not, and that a missing field is never matched (Semantics 5)."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intakebot.domain.errors import ConfigError
from intakebot.rules.decide import decide_stage
from intakebot.rules.folding import SCAN_CAP, Text, fold, words_of
from intakebot.rules.patterns import Pattern, PatternSet
from unit.rules.nodes import one_rule


def matches(when: Any, facts: Any, **lists: Any) -> bool:
    return decide_stage("classify", facts, one_rule(when, **lists)).result == "matched"


OPERATORS = [
    pytest.param({"channel": "email"}, {"channel": "EMail"}, {"channel": "slack"}, id="eq"),
    pytest.param({"agreement.valid": True}, {"agreement.valid": True}, {"agreement.valid": False}, id="eq-flag"),
    pytest.param({"size": 1}, {"size": 1.0}, {"size": True}, id="eq-number-is-no-flag"),
    pytest.param({"channel": ["email", "fax"]}, {"channel": "fax"}, {"channel": "slack"}, id="bare-list-is-in"),
    pytest.param({"channel": {"in": ["email"]}}, {"channel": "email"}, {"channel": "fax"}, id="in"),
    pytest.param({"channel": {"not_in": ["email"]}}, {"channel": "fax"}, {"channel": "email"}, id="not_in"),
    pytest.param({"to": {"not_in": ["a@x"]}}, {"to": ("b@x",)}, {"to": ("b@x", "a@x")}, id="not_in-no-entry"),
    pytest.param({"to": "b@x"}, {"to": ("a@x", "B@x")}, {"to": ("a@x",)}, id="any-entry"),
    pytest.param({"header.precedence": "bulk"}, {"header.precedence": "bulk"}, {}, id="open-header"),
    pytest.param({"header.X-Loop.contains": "a"}, {"header.x-loop": ("b", "a")}, {}, id="header-shorthand"),
    pytest.param({"body.words": "no signal"}, {"body": "No\r\n  signal!"}, {"body": "no. Signal"}, id="words"),
    pytest.param({"body.words": "no signal"}, {"body": "no-signal"}, {"body": "casino signals"}, id="words-edge"),
    pytest.param({"body.words": "ärger"}, {"body": "viel Ärger!"}, {"body": "xärger"}, id="words-umlaut"),
    pytest.param({"body.words": "ärger"}, {"body": "viel A\u0308rger!"}, {"body": "arger"}, id="words-composed"),
    pytest.param({"body.words": "straße"}, {"body": "in der STRASSE"}, {"body": "Strasser"}, id="words-casefold"),
    pytest.param({"body.words": "हिन्दी"}, {"body": "यह हिन्दी है"}, {"body": "हिन्दीx"}, id="words-marks"),
    pytest.param({"body.words": "x y"}, {"body": "x z x y"}, {"body": "y x"}, id="words-order"),
    pytest.param(
        {"subject.contains": "\uff2b\uff25\uff39"},
        {"subject": "my key: 1"},
        {"subject": "k e y"},
        id="contains-width",
    ),
    pytest.param({"subject.starts": "re:"}, {"subject": "RE: x"}, {"subject": "x re:"}, id="starts"),
    pytest.param({"subject.ends": "!"}, {"subject": "x!"}, {"subject": "!x"}, id="ends"),
    pytest.param({"subject.ends": "long"}, {"subject": "long"}, {"subject": "ng"}, id="ends-short"),
    pytest.param({"case.category.under": "a"}, {"case.category": "a/b"}, {"case.category": "ab"}, id="under"),
    pytest.param({"subject.matches": "^K-[0-9]+$"}, {"subject": "K-1"}, {"subject": "xK-1"}, id="matches"),
    pytest.param({"subject.matches": ["a+", "b+"]}, {"subject": "b"}, {"subject": "c"}, id="matches-any"),
    pytest.param({"customer.id.present": True}, {"customer.id": "1"}, {}, id="present"),
    pytest.param({"customer.id.present": False}, {}, {"customer.id": "1"}, id="absent"),
    pytest.param({"size.gt": 10}, {"size": 11}, {"size": 10}, id="gt"),
    pytest.param({"size.lt": 10}, {"size": 9.5}, {"size": 10}, id="lt"),
    pytest.param({"size": {"gt": 1, "lt": 9}}, {"size": 5}, {"size": 9}, id="two-operators-are-and"),
    pytest.param({"client.ip.cidr": "10.0.0.0/8"}, {"client.ip": "10.1.2.3"}, {"client.ip": "11.0.0.1"}, id="cidr"),
    pytest.param({"client.ip.cidr": "fd00::/8"}, {"client.ip": "fd00::1"}, {"client.ip": "no address"}, id="cidr-6"),
    pytest.param({"any": [{"size": 1}, {"size": 2}]}, {"size": 2}, {"size": 3}, id="any"),
    pytest.param([{"size": 1}, {"size": 2}], {"size": 1}, {"size": 3}, id="list-is-any"),
    pytest.param({"all": [{"size.gt": 1}, {"size.lt": 3}]}, {"size": 2}, {"size": 3}, id="all"),
    pytest.param({"not": {"size": 1}}, {"size": 2}, {"size": 1}, id="not"),
    pytest.param({"size": 1, "channel": "fax"}, {"size": 1, "channel": "fax"}, {"size": 1}, id="keys-are-and"),
]


@pytest.mark.parametrize(("when", "holds", "fails"), OPERATORS)
def test_operator(when: Any, holds: Any, fails: Any) -> None:
    assert matches(when, holds)
    assert not matches(when, fails)


POSITIVE_AND_NEGATIVE = [
    {"subject": "x"},
    {"subject": ["x"]},
    {"subject.not_in": ["x"]},
    {"subject.words": "x"},
    {"subject.contains": "x"},
    {"subject.starts": "x"},
    {"subject.ends": "x"},
    {"subject.under": "x"},
    {"subject.matches": ".*"},
    {"subject.present": True},
    {"size.gt": -1},
    {"size.lt": 1},
    {"client.ip.cidr": "0.0.0.0/0"},
]


@pytest.mark.parametrize("when", POSITIVE_AND_NEGATIVE, ids=str)
def test_semantics_5_no_operator_matches_a_missing_field_and_not_is_plain_negation(when: Any) -> None:
    assert not matches(when, {})
    assert not matches(when, {"subject": (), "client.ip": ()})
    assert matches({"not": when}, {})


def test_lists_are_named_in_conditions() -> None:
    facts = {"body": "total loss since noon"}
    assert matches({"body.words": {"list": "outage"}}, facts, outage=["line down", "total loss"])
    assert matches({"channel": {"list": "written"}}, {"channel": "fax"}, written=["email", "fax"])
    assert matches({"channel": ["slack", {"list": "written"}]}, {"channel": "fax"}, written=["fax"])


OUTAGE = {"en": ["outage", "die"], "de": ["Ausfall", "kein Netz"]}


@pytest.mark.parametrize(
    ("facts", "holds"),
    [
        pytest.param({"body": "an outage", "language": "en"}, True, id="own-words"),
        pytest.param({"body": "die Leitung", "language": "de"}, False, id="not-the-words-of-another-language"),
        pytest.param({"body": "die Leitung"}, True, id="all-words-when-the-language-is-unknown"),
        pytest.param({"body": "kein Netz", "language": "fr"}, True, id="all-words-for-a-language-without-its-own"),
        pytest.param({"body": "broken", "language": "de"}, True, id="words-beside-the-list-are-for-every-language"),
        pytest.param({"language": "en"}, False, id="missing-field"),
    ],
)
def test_a_list_may_be_divided_by_languages(facts: Any, *, holds: bool) -> None:
    assert matches({"body.words": ["broken", {"list": "outage"}]}, facts, outage=OUTAGE) is holds


EDGES = [
    pytest.param(r"\brger\b", "viel Ärger!", None, id="no-edge-inside-a-word"),
    pytest.param(r"\bno\b", "xno ärno noä no", (13, 15), id="edges-on-both-sides"),
    pytest.param(r"Kunde (?P<name>\w+)", "von Kunde Müller-Ost", (4, 16), id="letters-of-every-script"),
    pytest.param(r"\w+_\w+", "ä_ß", (0, 3), id="the-underscore-itself"),
    pytest.param(r"foo\b_bar", "fooä_bar", None, id="no-letter-stands-in-for-another"),
    pytest.param(r"\bK\sx", "ж K\u00a0x", (2, 5), id="spaces"),
    pytest.param(r"ä\w+", "xäöü!", (1, 4), id="classes-beside-letters-outside-ascii"),
    pytest.param(r"ä\W", "xäö ä!", (4, 6), id="negated-classes-beside-them"),
    pytest.param(r"[\wä]+", "!été", (1, 4), id="a-class-inside-a-class"),
    pytest.param(r"(?i)\b[a-z_]+\b", "ärger abc", (6, 9), id="a-pattern-that-names-every-ascii-letter"),
]


@pytest.mark.parametrize(("pattern", "text", "span"), EDGES)
def test_edges_and_letters_are_those_of_every_script(pattern: str, text: str, span: Any) -> None:
    found = Pattern(pattern).search(Text(text))
    assert (found and found[:2]) == span
    assert (PatternSet(["x{9}", pattern]).find(Text(text)) == [1]) is (span is not None)


# case F11
@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        pytest.param(r"(a+)+$", "a" * SCAN_CAP + "!", id="nested-repeat"),
        pytest.param(r"\s+$", " " * SCAN_CAP + "x", id="blanks"),
        pytest.param(r"(x+x+)+y", "x" * SCAN_CAP, id="overlapping"),
    ],
)
def test_hostile_text_costs_linear_time(pattern: str, text: str) -> None:
    ruleset = one_rule({"body.matches": pattern})
    started = time.perf_counter()
    decide_stage("classify", {"body": text}, ruleset)
    assert time.perf_counter() - started < 1.0


# case F11
@pytest.mark.parametrize("text", ["no" + " " * SCAN_CAP, "no " * SCAN_CAP, "\u0301" * SCAN_CAP, "ßno " * SCAN_CAP])
def test_hostile_text_costs_words_linear_time(text: str) -> None:
    ruleset = one_rule({"body.words": ["no signal", "no no no no x"]})
    started = time.perf_counter()
    decide_stage("classify", {"body": text}, ruleset)
    assert time.perf_counter() - started < 2.0


def test_a_field_is_read_up_to_the_scan_cap_over_all_entries() -> None:
    assert matches({"body.contains": "end"}, {"body": "x" * (SCAN_CAP - 3) + "end"})
    assert not matches({"body.contains": "end"}, {"body": "x" * (SCAN_CAP - 2) + "end"})
    assert not matches({"to.contains": "end"}, {"to": ("x" * SCAN_CAP, "end")})


UNUSABLE = [
    pytest.param({"subject.matches": "(a"}, "pattern '(a' is not valid: missing ): (a", id="broken"),
    pytest.param({"subject.matches": "a" * 513}, "pattern has 513 characters; at most 512 are allowed", id="long"),
    pytest.param({"subject.matches": "a{900}"}, "pattern repeats {900}; at most 100 repeats are allowed", id="repeat"),
    pytest.param(
        {"subject.matches": "a{2,101}"},
        "pattern repeats {2,101}; at most 100 repeats are allowed",
        id="repeat-to",
    ),
    pytest.param(
        {"subject.matches": r"\bärger\b"},
        r"pattern has \b beside letters outside ASCII, whose edges it does not see; use words",
        id="ascii-edge",
    ),
    pytest.param(
        {"subject.words": "+++"},
        "keyword '+++' has no letter or digit, so it is no word; use contains",
        id="no-word",
    ),
    pytest.param(
        {"client.ip.cidr": "10.0.0.1/8"}, "10.0.0.1/8 is one address in a network; write 10.0.0.0/8", id="cidr"
    ),
    pytest.param(
        {"client.ip.cidr": "10.0.0.300/8"},
        "'10.0.0.300/8' is no network; write one such as 10.0.0.0/8 or 2001:db8::/32",
        id="network",
    ),
    pytest.param(
        {"subject.words": [12]},
        "operator 'words' takes text that is not empty, not 12; write '12' in quotes",
        id="unquoted",
    ),
    pytest.param(
        {"subject.matches": "(?=a)b"},
        "pattern '(?=a)b' is not valid: invalid perl operator: (?=;"
        " there is no look-around: write a second condition, or `not`",
        id="around",
    ),
    pytest.param({"or": [{"subject": "x"}]}, "unknown field 'or'; write `any: [...]`", id="or"),
    pytest.param({"subject.contains": ""}, "operator 'contains' takes text that is not empty, not ''", id="empty"),
    pytest.param({"size.gt": "x"}, "operator 'gt' takes a number, not 'x'", id="gt"),
    pytest.param({"size.gt": [1, 2]}, "operator 'gt' takes one value, not 2", id="two"),
    pytest.param({"size.present": "no"}, "operator 'present' takes true or false, not 'no'", id="present"),
    pytest.param({"size": {}}, "size is compared with nothing", id="empty-mapping"),
    pytest.param({"size": [[1]]}, "a list of values holds no further list", id="nested-list"),
    pytest.param({"any": []}, "'any' names no condition", id="empty-any"),
    pytest.param({"any": {"size": 1}}, "'any' is a list", id="any-mapping"),
    pytest.param("size", "a condition is a mapping of fields, not 'size'", id="scalar"),
    pytest.param({"size": []}, "operator 'in' has no value to compare with", id="none"),
]


@pytest.mark.parametrize(("when", "sentence"), UNUSABLE)
def test_semantics_9_an_operand_that_cannot_be_used_is_refused_at_load(when: Any, sentence: str) -> None:
    with pytest.raises(ConfigError) as refused:
        one_rule(when)
    assert str(refused.value) == f"main.yaml:1: {sentence}"


COMPOSING = st.text(
    st.sampled_from("aAeE ßﬁİ\u0301\u0308\u0323\u00ad\uff76\uff9eᄀ\u1161\u11a8가ﾡx-.ÄäK\uff19"),
    min_size=1,
    max_size=30,
)


@given(COMPOSING | st.text(max_size=40), st.sampled_from(["a", "ss", "fi", "ä", "x", "가", "각", "ガ"]))
def test_a_span_points_at_original_text_that_folds_to_what_was_found(text: str, part: str) -> None:
    whole = Text(text)
    span = whole.find(fold(part))
    assert (span is None) == (fold(part) not in whole.folded)
    if span is not None:
        start, end = span
        assert 0 <= start < end <= len(text)
        assert fold(part) in fold(whole.original[start:end])


@pytest.mark.parametrize("text", ["casino signal, no", "no signals, signal", "signal no", "no, signal"])
def test_words_that_stand_elsewhere_do_not_make_a_phrase(text: str) -> None:
    assert Text(text).find_phrase(("no", "signal")) is None


@given(COMPOSING, COMPOSING)
def test_a_phrase_is_found_between_its_neighbours_with_exact_edges(before: str, after: str) -> None:
    assert Text(f"{before} no signal {after}").find_phrase(("no", "signal")) is not None
    glued = Text(f"{before} xno signal {after}")
    assert glued.find_phrase(("no", "signal")) is None or "no" in words_of(before + " " + after)


@given(st.text(st.characters(categories=["Cs", "Ll", "Mn"]), max_size=20))
def test_lone_surrogates_break_nothing(text: str) -> None:
    assert len(Text(text).original) == len(text)
    matches({"body.matches": "(?i)a", "body.words": "a"}, {"body": text})
