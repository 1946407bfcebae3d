"""Deciding stored contacts again: one changed rule over 100,000 contacts, and a whole ruleset over as many as it takes.

The contacts are made and packed as registration packs them, the decisions of then by the live function; what is
measured begins where a dry run has read its rows.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from benchmarks.figures import Figure

from fakes.past_contacts import Letter, node_of, past_of
from fakes.standing_house import shipped
from intakebot.domain.workflow import Workflow
from intakebot.rules.lasting import lasting_objects
from intakebot.rules.load import load_ruleset
from intakebot.rules.model import Ruleset
from intakebot.usecases.past import Judge
from intakebot.usecases.past_index import PastIndex
from intakebot.usecases.rehearsal import Past, decide_touched, touched

CONTACTS, DIFFERENT = 100_000, 10_000
RULES = 300
CHANGED = 20
VOCABULARY = 4_000
WORDS_OF_A_MAIL = 150
ONE_RULE_MS = 500
WHOLE_RULESET = 5_000  # contacts in a second
UNTESTED = 1_000


def rehearsal() -> Iterator[Figure]:
    """All figures, on 300 rules and mails of 1 kB, with the collector at rest as in the command."""
    with lasting_objects():
        yield from _figures()


def _figures() -> Iterator[Figure]:
    past, old, workflows = _past()
    began = time.perf_counter()
    index = PastIndex(past.contacts, past.was, past.tested)
    yield _span("index of 100,000 stored contacts", began)
    for name, new in (
        ("a rule says otherwise", _ruleset(then={"category": "logistics/changed"})),
        ("a rule asks otherwise", _ruleset(when=_both(CHANGED, CHANGED + 20))),
        ("a rule is taken out", _ruleset(when=_both(CHANGED, CHANGED), prefix="rule", without=True)),
    ):
        yield _one_rule(name, index, past, old, new, workflows)
    new = _ruleset(when={"body.words": ["never heard of"]})
    began = time.perf_counter()
    touched(index, old, new)
    yield _span("a rule asks what nobody has tested: all are read", began)
    yield from _whole(PastIndex(past.contacts[:DIFFERENT], past.was[:DIFFERENT], past.tested), past, workflows)


def _one_rule(
    name: str, index: PastIndex, past: Past, old: Ruleset, new: Ruleset, workflows: Mapping[str, Workflow]
) -> Figure:
    judge = Judge(new, workflows, past.tested)
    began = time.perf_counter()
    found = decide_touched(index, judge, touched(index, old, new))
    took = (time.perf_counter() - began) * 1000
    named = f"{name}: {found.decided_again} decided again"
    return Figure(named, round(took, 1), "ms", ok=took <= ONE_RULE_MS, most=ONE_RULE_MS)


def _whole(index: PastIndex, past: Past, workflows: Mapping[str, Workflow]) -> Iterator[Figure]:
    """Contacts of which no two say the same are decided again, by rules that are all others.

    The last figure has no bar: nobody can spare work where rules write something of the caller into every decision.
    """
    untested, by_caller = _ruleset(prefix="other", words=UNTESTED), _ruleset(prefix="other", queue="{from}")
    for name, new, bar in (
        ("a whole ruleset", _ruleset(prefix="other"), WHOLE_RULESET),
        ("a whole ruleset, of conditions that nobody has tested", untested, WHOLE_RULESET),
        ("a whole ruleset, every contact by itself", by_caller, None),
    ):
        judge = Judge(new, workflows, past.tested)
        began = time.perf_counter()
        decide_touched(index, judge, index.everybody)
        rate = len(index.contacts) / (time.perf_counter() - began)
        yield Figure(name, round(rate, 1), "contacts/s", bar=bar, ok=None if bar is None else rate >= bar)


def _span(name: str, began: float) -> Figure:
    return Figure(name, round((time.perf_counter() - began) * 1000, 1), "ms")


def _word(number: int) -> str:
    return f"wort{number}"


def _both(first: int, second: int) -> dict[str, Any]:
    """Two words that a mail has to have."""
    return {"all": [{"body.words": [_word(60 + first)]}, {"body.words": [_word(100 + second * 3)]}]}


def _ruleset(
    when: dict[str, Any] | None = None,
    then: dict[str, Any] | None = None,
    prefix: str = "rule",
    *,
    without: bool = False,
    words: int = 0,
    queue: str = "noc",
) -> Ruleset:
    """300 rules on words (from the how-many-th on), of which one is changed, or missing."""
    classify = [
        {
            "id": f"{prefix}.{number}",
            "when": _both(words + number, words + number),
            "then": {"category": f"area{number % 7}/topic{number}"},
        }
        for number in range(RULES)
    ]
    classify[CHANGED] |= {"when": when} if when else {}
    classify[CHANGED] |= {"then": then} if then else {}
    if without:
        del classify[CHANGED]
    route = [{"id": f"{prefix}.route", "when": {"category": {"under": "area3"}}, "then": {"queue": "noc"}}]
    queues = {name: {"queue": queue} for name in ("crc", "crc-technical")}
    stages = {
        "identify": {"default": {"support": "unknown"}},
        "classify": {"default": {"category": "general/unsorted"}, "rules": classify},
        "route": {"default": queues, "rules": route},
    }
    return load_ruleset([node_of({"schema": "intakebot.rules/1", "stages": stages})])


def _past() -> tuple[Past, Ruleset, Mapping[str, Workflow]]:
    """Mails of words as often as in speech (the n-th word one n-th as often as the first)."""
    ruleset, workflows = _ruleset(), shipped()[0].organisation.workflows
    chance = random.Random(7)  # noqa: S311 - the same mails every time
    words = [_word(number) for number in range(VOCABULARY)]
    weights = [1 / (number + 20) for number in range(VOCABULARY)]
    letters = []
    for _ in range(DIFFERENT):
        body = " ".join(chance.choices(words, weights, k=WORDS_OF_A_MAIL))
        said = {"subject": chance.choice(words), "body": body, "body.full": body, "from": "ann@acme.example"}
        letters.append((Letter(said, {"caller.identified": False}, {}), ruleset))
    past = past_of(letters, workflows)
    times = CONTACTS // DIFFERENT
    return replace(past, contacts=list(past.contacts) * times, was=list(past.was) * times), ruleset, workflows
