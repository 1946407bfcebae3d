"""Rehearsals: deciding again only what can change gives what deciding everything again gives."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.past_contacts import Letter, node_of, past_of
from fakes.standing_house import shipped
from intakebot.rules.load import load_ruleset
from intakebot.rules.model import Ruleset
from intakebot.usecases.past import Judge, Was
from intakebot.usecases.past_index import PastIndex
from intakebot.usecases.rehearsal import Rehearsal, compare, decide_all, decide_touched, rehearse

WORKFLOWS = shipped()[0].organisation.workflows
WORDS = ("signal", "invoice", "cancel", "router", "parcel", "KEY-1", "KEY-2")
CATEGORIES = ("technical/no-signal", "cancellation/late", "logistics/return", "general/unsorted")

said = st.builds(
    lambda subject, body, header: {"subject": subject, "body": body, "body.full": body, **header},
    st.sampled_from(WORDS),
    st.lists(st.sampled_from(WORDS), max_size=3).map(" ".join),
    st.sampled_from([{}, {"header.precedence": ("bulk",)}, {"header.x-priority": ("1", "high")}]),
)
letters = st.builds(
    Letter,
    said,
    st.sampled_from([{"caller.identified": False}, {"caller.identified": True, "customer.tier": "gold"}]),
    st.sampled_from([{}, {"agreement.tier": "gold"}, {"customer.tier": "silver", "support_key.state": "valid"}]),
    st.sampled_from([False, False, False, True]),
    st.sampled_from([False, False, False, True]),
    st.tuples(st.sampled_from(CATEGORIES), st.sampled_from(["crc", "noc"])),
)

told_early = [{"customer.tier": "gold"}, {"case.workflow": "crc"}, {"header.precedence": "bulk"}]
told_early += [{"agreement.tier": {"present": True}}, {"caller.identified": True}]
told_late = [*told_early, {"agreement.tier": "gold"}, {"support": "unknown"}, {"support_key.state": {"present": False}}]
decided = [*told_late, {"category": {"under": "technical"}}, {"category": "cancellation/late"}]
decided += [{"business_object": "order"}, {"business_object.reference": "KEY-1"}]
flagged = [*decided, {"case.workflow": "crc-technical"}, {"priority": "high"}, {"tags": ["gold"]}]
says = [{"subject.words": [word]} for word in WORDS] + [{"body.words": [word]} for word in WORDS]
says += [{"body": {"matches": "(?P<key>KEY-[0-9])"}}, {"header.x-priority": {"present": True}}]
known = {"guard": told_early[:3], "identify": told_early, "classify": told_late, "flag": decided, "route": flagged}
ACTIONS: dict[str, list[Any]] = {
    "guard": [{"disposition": "machine"}, {"disposition": "refused", "reason": "no"}, {"suppress_reply": True}],
    "identify": [{"lookup": {"support_key": "{key}"}}, {"lookup": {"account": "7"}}, {"support": "known"}],
    "classify": [
        *({"category": category} for category in CATEGORIES),
        {"category": "logistics/{customer.tier}"},
        {"business_object": {"type": "order", "reference": "{key}"}},
    ],
    "flag": [{"tags": ["gold"], "priority": "high"}, {"priority": "low"}, {"tags": ["late"]}],
    "route": [{"queue": "crc"}, {"resolve": {"template": "how-to-reset"}}, {"assignee": "{customer.tier}"}],
}
DEFAULTS: dict[str, list[Any]] = {
    "guard": [None],
    "identify": [{"support": "unknown"}, {"support": "known"}],
    "classify": [{"category": "general/unsorted"}, {"category": "technical/other"}],
    "flag": [None, {"tags": ["{customer.tier}"]}],
    "route": [{"crc": {"queue": "crc"}, "crc-technical": {"queue": queue}} for queue in ("noc", "crc")],
}


def conditions(stage: str) -> st.SearchStrategy[Any]:
    leaf = st.sampled_from(says + known[stage])
    nest = st.lists(leaf, min_size=1, max_size=3)
    return st.one_of(
        leaf, nest.map(lambda c: {"any": c}), nest.map(lambda c: {"all": c}), leaf.map(lambda c: {"not": c})
    )


def rule(stage: str, name: str) -> st.SearchStrategy[Any]:
    mode = st.sampled_from([{}, {}, {}, {"mode": "shadow"}, {"on": "appended"}])
    when, then = conditions(stage), st.sampled_from(ACTIONS[stage])
    return st.builds(lambda w, t, m: {"id": name, "when": w, "then": t, **m}, when, then, mode)


def stage(name: str) -> st.SearchStrategy[Any]:
    names = st.permutations([f"{name}.{letter}" for letter in "abcd"]).map(lambda order: order[:3])
    rules = names.flatmap(lambda order: st.tuples(*(rule(name, each) for each in order)))
    return st.builds(
        lambda found, default: {
            "hit": "collect" if name == "flag" else "first",
            **({"merge": {"tags": "union", "priority": "max"}} if name == "flag" else {}),
            **({"default": default} if default else {}),
            "rules": list(found),
        },
        rules,
        st.sampled_from(DEFAULTS[name]),
    )


rule_files = st.fixed_dictionaries({name: stage(name) for name in ACTIONS})


@st.composite
def two_rule_files(draw: st.DrawFn) -> tuple[Ruleset, Ruleset]:
    """Two rulesets that are alike but for one thing, as versions of one file are; or for a whole stage."""
    old = draw(rule_files)
    name = draw(st.sampled_from(["classify", "route", "identify", "flag", "guard"]))
    whole, rules = draw(stage(name)), old[name]["rules"]
    at, when = draw(st.integers(0, len(rules) - 1)), draw(conditions(name))
    changed = {
        "stage": whole,
        "condition": old[name] | {"rules": [*rules[:at], rules[at] | {"when": when}, *rules[at + 1 :]]},
        "rule": old[name] | {"rules": [*rules[:-1], draw(rule(name, rules[-1]["id"]))]},
        "default": old[name] | {key: whole[key] for key in ("default",) if key in whole},
        "order": old[name] | {"rules": list(draw(st.permutations(rules)))},
        "less": old[name] | {"rules": rules[1:]},
    }
    return loaded(old), loaded(old | {name: changed[draw(st.sampled_from(sorted(changed)))]})


def loaded(stages: Any) -> Ruleset:
    return load_ruleset([node_of({"schema": "intakebot.rules/1", "stages": stages})])


def otherwise(old: list[Was], new: list[Was]) -> dict[int, tuple[object, ...]]:
    """What differs: effects, rules, what later stages read, and whether something else would have been looked up."""
    pairs = enumerate(zip(old, new, strict=True))
    return {
        place: (was.effects, now.effects, now.stages, now.anew)
        for place, (was, now) in pairs
        if (was.effects, was.stages, was.facts) != (now.effects, now.stages, now.facts) or (now.anew and not was.anew)
    }


def altered(found: Rehearsal) -> dict[int, tuple[object, ...]]:
    return {a.place: (a.old.effects, a.new.effects, a.new.stages, a.new.anew) for a in found.altered}


@settings(max_examples=60, deadline=None)
@given(st.lists(letters, min_size=1, max_size=8), two_rule_files(), two_rule_files())
def test_only_what_can_change_is_decided_again_and_that_is_enough(
    found: list[Letter], rules: tuple[Ruleset, Ruleset], earlier: tuple[Ruleset, Ruleset]
) -> None:
    old, new = rules
    past = past_of([(letter, (old, earlier[0])[n % 2]) for n, letter in enumerate(found)], WORKFLOWS)
    everything = list(decide_all(past, Judge(new, WORKFLOWS, {key: frozenset() for key in past.tested})))

    rehearsed = rehearse(past, new, WORKFLOWS)
    compared = compare(past, earlier[1], new, WORKFLOWS)

    assert altered(rehearsed) == otherwise(list(past.was), everything)
    by_earlier = list(decide_all(past, Judge(earlier[1], WORKFLOWS, past.tested)))
    assert altered(compared) == otherwise(by_earlier, everything)


EVERY_KIND = [
    Letter({"subject": subject, "body": body, "body.full": body}, given, looked_up)
    for subject in WORDS[:3]
    for body in ("", "router KEY-1", "router KEY-2")
    for given in ({}, {"customer.tier": "gold", "caller.identified": True})
    for looked_up in ({}, {"agreement.tier": "gold"}, {"customer.tier": "silver", "support_key.state": "valid"})
]
"""Letters that differ from one another in one thing, each of which some rules see and others do not."""


@settings(max_examples=30, deadline=None)
@given(rule_files.map(loaded), rule_files.map(loaded))
def test_contacts_that_a_ruleset_cannot_tell_apart_are_decided_once_and_as_each_of_them_would_be(
    old: Ruleset, new: Ruleset
) -> None:
    past = past_of([(letter, old) for letter in EVERY_KIND], WORKFLOWS)
    everything = list(decide_all(past, Judge(new, WORKFLOWS, {key: frozenset() for key in past.tested})))
    index = PastIndex(past.contacts, past.was, past.tested)

    rehearsed = decide_touched(index, Judge(new, WORKFLOWS, past.tested), index.everybody)

    assert altered(rehearsed) == otherwise(list(past.was), everything)


def _letter(subject: str = "signal", body: str = "", tier: str = "gold", *, thread: bool = False) -> Letter:
    return Letter({"subject": subject, "body": body, "body.full": body}, {"customer.tier": tier}, {}, in_thread=thread)


def _routes(name: str, when: Any) -> dict[str, Any]:
    return {"id": f"r.{name}", "when": when, "then": {"queue": f"queue-{name}"}}


ROUTE = {"default": {"crc": {"queue": "crc"}, "crc-technical": {"queue": "crc"}}}
ON_ROUTER = {"body.words": ["router"]}
UNSORTED = {"category": "general/unsorted"}
FOUND = {"id": "c", "when": {"subject": "signal"}, "then": {"category": "logistics/return"}}
TOLD_APART: dict[str, tuple[Letter, Letter, Any, Any]] = {
    "by a second rule of a stage that collects": (
        _letter(body="router"),
        _letter(),
        {},
        {
            "flag": {
                "hit": "collect",
                "rules": [
                    {"id": "f.a", "when": {"subject": "signal"}, "then": {"tags": ["a"]}},
                    {"id": "f.b", "when": ON_ROUTER, "then": {"tags": ["b"], "priority": "high"}},
                ],
            }
        },
    ),
    "by what a default writes": (
        _letter(tier="gold"),
        _letter(tier="silver"),
        {},
        {"route": {"default": {"crc": {"assignee": "{customer.tier}"}}}},
    ),
    "by what was looked up for them": (
        _letter(body="router"),
        _letter(),
        {"identify": {"rules": [{"id": "i", "when": ON_ROUTER, "then": {"lookup": {"account": "7"}}}]}},
        {"route": {"default": {"crc": {"queue": "noc"}}}},
    ),
    "by the thread that one stands in": (
        _letter(thread=True),
        _letter(),
        {},
        {"route": {"default": {"crc": {"queue": "noc"}}}},
    ),
    "by the topic that one shares": (
        replace(_letter(), on_topic=True),
        _letter(),
        {"classify": {"rules": [FOUND]}},
        {"classify": {"rules": [FOUND]}, "route": {"default": {"crc": {"queue": "noc"}}}},
    ),
    "by the topics that they share": (
        replace(_letter(body="router"), on_topic=True),
        replace(_letter(), on_topic=True),
        {"classify": {"rules": [{"id": "d", "when": ON_ROUTER, "then": {"category": "cancellation/late"}}, FOUND]}},
        {"classify": {"rules": [FOUND]}, "route": {"default": {"crc": {"queue": "noc"}}}},
    ),
    "by a rule behind one for a thing that another was found instead of": (
        replace(_letter(body="router"), looked_up={"business_object": "order"}),
        replace(_letter(), looked_up={"business_object": "order"}),
        {},
        {
            "classify": {"rules": [FOUND | {"then": {"business_object": {"type": "bill"}}}]},
            "route": {**ROUTE, "rules": [_routes("a", {"business_object": "order"}), _routes("b", ON_ROUTER)]},
        },
    ),
    "by a rule behind one for the process that they do not follow any more": (
        _letter(body="router"),
        _letter(),
        {},
        {
            "classify": {"rules": [FOUND | {"then": {"category": "technical/other"}}]},
            "route": {**ROUTE, "rules": [_routes("a", {"case.workflow": "crc"}), _routes("b", ON_ROUTER)]},
        },
    ),
    "by a rule behind one that is only in shadow": (
        _letter(body="router"),
        _letter(),
        {},
        {
            "route": {
                **ROUTE,
                "rules": [_routes("a", {"subject": "signal"}) | {"mode": "shadow"}, _routes("b", ON_ROUTER)],
            }
        },
    ),
    "by an alternative of which a part is not known yet": (
        _letter(body="router"),
        _letter(),
        {},
        {"route": {**ROUTE, "rules": [_routes("a", {"any": [{"all": [UNSORTED, ON_ROUTER]}, {"subject": "parcel"}]})]}},
    ),
    "by a part of what must not be": (
        _letter(body="router"),
        _letter(),
        {},
        {"route": {**ROUTE, "rules": [_routes("a", {"not": {"all": [UNSORTED, ON_ROUTER]}})]}},
    ),
    "by a part of a condition of which the rest is not known yet": (
        _letter(body="router"),
        _letter(),
        {},
        {
            "classify": {"default": {"category": "general/unsorted"}},
            "route": {
                **ROUTE,
                "rules": [
                    {
                        "id": "r",
                        "when": {"all": [UNSORTED, {"not": ON_ROUTER}]},
                        "then": {"queue": "noc"},
                    }
                ],
            },
        },
    ),
}


@pytest.mark.parametrize("way", TOLD_APART)
def test_contacts_are_told_apart(way: str) -> None:
    one, other, old, new = TOLD_APART[way]
    classify = {"classify": {"default": {"category": "general/unsorted"}}}
    was, now = loaded({**classify, "route": ROUTE, **old}), loaded({**classify, "route": ROUTE, **new})

    for first, second in ((one, other), (other, one)):
        past = past_of([(first, was), (second, was)], WORKFLOWS)
        each, judge = PastIndex(past.contacts, past.was, past.tested), Judge(now, WORKFLOWS, past.tested)
        found, everything = decide_touched(each, judge, each.everybody), list(decide_all(past, judge))
        assert everything[0] != everything[1]
        assert altered(found) == otherwise(list(past.was), everything)


@pytest.mark.parametrize("now", ["general/unsorted", "technical/other"])
def test_contacts_are_told_apart_by_the_process_that_they_came_in_for(now: str) -> None:
    """Of two contacts that say the same, one came in when its category had a process of its own."""

    def ruled(category: str, queue: str) -> Ruleset:
        rule = {"id": "r", "when": {"case.workflow": "crc-technical"}, "then": {"queue": queue}}
        return loaded({"classify": {"default": {"category": category}}, "route": {**ROUTE, "rules": [rule]}})

    past = past_of([(_letter(), ruled("general/unsorted", "noc"))] * 2, WORKFLOWS)
    told = replace(past.contacts[0].told, workflow="crc-technical")
    past = replace(past, contacts=[replace(past.contacts[0], told=told), past.contacts[1]])
    index, judge = PastIndex(past.contacts, past.was, past.tested), Judge(ruled(now, "desk"), WORKFLOWS, past.tested)

    found = decide_touched(index, judge, index.everybody)

    assert altered(found) == otherwise(list(past.was), list(decide_all(past, judge)))


@settings(max_examples=25, deadline=None)
@given(st.lists(letters, min_size=1, max_size=5), rule_files.map(loaded))
def test_the_rules_that_decided_decide_the_same_again(found: list[Letter], rules: Ruleset) -> None:
    past = past_of([(letter, rules) for letter in found], WORKFLOWS)

    again = list(decide_all(past, Judge(rules, WORKFLOWS, past.tested)))

    assert [(was.effects, was.stages) for was in again] == [(was.effects, was.stages) for was in past.was]
    assert rehearse(past, rules, WORKFLOWS).decided_again == 0


def test_what_the_older_of_two_rulesets_would_have_flagged_is_what_the_newer_is_compared_with() -> None:
    """Tags are no effect of a decision, but a route may ask for them: here only the newer rules do."""

    def ruled(tag: str, asked: str) -> Ruleset:
        flag = {"id": "f", "when": {"subject": "signal"}, "then": {"tags": [tag]}}
        route = {"id": "r", "when": {"tags": [asked]}, "then": {"queue": "noc"}}
        default = {"crc": {"queue": "crc"}}
        return loaded({"flag": {"hit": "collect", "rules": [flag]}, "route": {"default": default, "rules": [route]}})

    past = past_of([(Letter({"subject": "signal"}, {}, {}), ruled("then", "nobody"))], WORKFLOWS)

    found = compare(past, ruled("late", "nobody"), ruled("late", "late"), WORKFLOWS)

    assert [(each.old.effects.queue, each.new.effects.queue) for each in found.altered] == [("crc", "noc")]


def test_a_contact_that_would_be_split_shares_no_topic() -> None:
    """As when it comes in: it would have opened cases, so all of its stages would have run."""
    parts = [{"title": "one"}, {"title": "other", "category": "cancellation/late"}]

    def ruled(**more: Any) -> Ruleset:
        then = {"category": "technical/no-signal", **more}
        classify = {"id": "c", "when": {"subject": "signal"}, "then": then}
        return loaded({"classify": {"rules": [classify]}, "route": {"default": {"crc": {"queue": "crc"}}}})

    past = past_of([(Letter({"subject": "signal"}, {}, {}, on_topic=True), ruled())], WORKFLOWS)

    (found,) = rehearse(past, ruled(split=parts), WORKFLOWS).altered

    assert ("route" in found.old.stages, "route" in found.new.stages) == (False, True)
