"""Rules and messages for the benchmark of the rules: made from a fixed seed, as many and as long as one asks for.

Each rule is written three times with one meaning: for the rule file, as a test by Python's `re`, and as a plain
function on folded text. Words are used as often as in a language: the n-th most common one in proportion to 1/n.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, TypeAlias

Facts: TypeAlias = "Mapping[str, Any]"
Test: TypeAlias = "Callable[[Facts], bool]"

_LETTERS = "etaoinshrdlucmfwypvbgkjqxz"
_LONGER = 4
_SEGMENTS = ("retail", "telecom", "public", "industry", "press")


@dataclass(frozen=True, slots=True)
class Written:
    """One rule: its condition as in a rule file, as Python's `re` tests it, and as a function on folded text."""

    id: str
    when: Mapping[str, Any]
    by_re: Test
    by_hand: Test


def _vocabulary() -> list[str]:
    chance = random.Random(1)  # noqa: S311 - the same words in every run
    weights = range(len(_LETTERS), 0, -1)
    words = {"".join(chance.choices(_LETTERS, weights=weights, k=chance.randint(3, 11))) for _ in range(24_000)}
    ordered = sorted(words)
    chance.shuffle(ordered)
    return sorted(ordered, key=len)[:200] + [word for word in ordered if len(word) >= _LONGER]


WORDS = _vocabulary()
_USES = list(accumulate(1 / (rank + 1) for rank in range(len(WORDS))))


def message(number: int, size: int) -> dict[str, Any]:
    """Facts of a message whose body has `size` characters; none is like another."""
    chance = random.Random(f"message {number}")  # noqa: S311
    parts = chance.choices(WORDS, cum_weights=_USES, k=size // 3)
    for place in range(20, len(parts), 90):
        parts[place] = f"{parts[place].upper()[:4]}-{chance.randint(1000, 999_999)}."
    lines = [" ".join(parts[first : first + 11]).capitalize() for first in range(0, len(parts), 11)]
    return {
        "body": "\n".join(lines)[:size],
        "subject": " ".join(chance.choices(WORDS, cum_weights=_USES, k=7)),
        "customer.segment": chance.choice(_SEGMENTS),
        "channel": "email",
        "case.workflow": "crc",
    }


def written(count: int) -> list[Written]:
    """That many rules."""
    chance = random.Random("rules")  # noqa: S311
    return [_KINDS[number % len(_KINDS)](f"r{number}", chance) for number in range(count)]


def rule_file(rules: list[Written]) -> str:
    """The rules as one rule file, with a note and an inline test each."""
    lines = ["schema: intakebot.rules/1", "stages:", "  classify:", "    default: {category: none}", "    rules:"]
    for rule in rules:
        lines += [
            f"      - id: {rule.id}",
            "        note: made for the benchmark, as long as a note may well be",
            f"        when: {_flow(rule.when)}",
            f"        then: {{category: made/{rule.id}}}",
            "        tests:",
            "          - {given: {body: nothing of the kind}, expect: no_match}",
        ]
    return "\n".join([*lines, "  route:", "    default: {crc: {queue: crc}}", ""])


def _flow(value: Any) -> str:  # noqa: ANN401 - as YAML has it
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return "'" + value.replace("'", "''") + "'"


def _rare(chance: random.Random) -> str:
    return WORDS[chance.randrange(300, len(WORDS))]


def _any_word(chance: random.Random) -> str:
    return WORDS[chance.randrange(40, len(WORDS))]


def _edged(phrase: str) -> re.Pattern[str]:
    joined = r"[\s-]+".join(map(re.escape, phrase.split()))
    return re.compile(rf"(?<!\w){joined}(?!\w)", re.IGNORECASE)


def _has_words(facts: Facts, phrase: str) -> bool:
    words = re.findall(r"\w+", facts["body"].casefold())
    return f" {phrase} " in f" {' '.join(words)} "


def _phrases(name: str, chance: random.Random) -> Written:
    wanted = [f"{_rare(chance)} {_any_word(chance)}", f"{_any_word(chance)} {_rare(chance)} {_any_word(chance)}"]
    tests = [_edged(phrase) for phrase in wanted]
    return Written(
        name,
        {"body": {"words": wanted}},
        lambda facts: any(test.search(facts["body"]) for test in tests),
        lambda facts: any(_has_words(facts, phrase) for phrase in wanted),
    )


def _segment_and_word(name: str, chance: random.Random) -> Written:
    segment, word = chance.choice(_SEGMENTS), _rare(chance)
    test = _edged(word)
    return Written(
        name,
        {"customer.segment": segment, "any": [{"body": {"words": word}}, {"subject": {"words": word}}]},
        lambda facts: (
            facts["customer.segment"] == segment and bool(test.search(facts["body"]) or test.search(facts["subject"]))
        ),
        lambda facts: (
            facts["customer.segment"] == segment
            and (_has_words(facts, word) or word in facts["subject"].casefold().split())
        ),
    )


def _contained(name: str, chance: random.Random) -> Written:
    part = f"{_rare(chance)[-5:]} {_any_word(chance)[:4]}"
    test = re.compile(re.escape(part), re.IGNORECASE)
    return Written(
        name,
        {"body": {"contains": part}},
        lambda facts: bool(test.search(facts["body"])),
        lambda facts: part in facts["body"].casefold(),
    )


def _reference(name: str, chance: random.Random) -> Written:
    source = rf"\b{_rare(chance).upper()[:4]}-(?P<reference>[0-9]{{4,6}})\b"
    test = re.compile(source)
    return Written(
        name,
        {"body": {"matches": source}},
        lambda facts: bool(test.search(facts["body"])),
        lambda facts: bool(test.search(facts["body"])),
    )


def _either(name: str, chance: random.Random) -> Written:
    source = rf"(?i)\b(?:{_rare(chance)}|{_rare(chance)})\w*\s+{_any_word(chance)}"
    test, out = re.compile(source), _edged(word := _any_word(chance))
    return Written(
        name,
        {"body": {"matches": source}, "not": {"body": {"words": word}}},
        lambda facts: bool(test.search(facts["body"])) and not out.search(facts["body"]),
        lambda facts: bool(test.search(facts["body"])) and not _has_words(facts, word),
    )


_KINDS = (_phrases, _segment_and_word, _phrases, _contained, _reference, _segment_and_word, _phrases, _either)
