"""An interpreter of rules as simple as the specification: no atoms, no index, one rule after the other.

Written from the design alone, on the plain values of a rule file. It knows what the tests' rules use.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import cache
from ipaddress import ip_address, ip_network
from itertools import pairwise
from typing import Any

_MARKS = "".join(chr(code) for code in range(sys.maxunicode) if unicodedata.category(chr(code)).startswith("M"))
_LETTER = rf"\w{_MARKS}"
_TOKEN = re.compile(f"[{_LETTER}]+")
_EDGE = f"(?:(?<=[{_LETTER}])(?![{_LETTER}])|(?<![{_LETTER}])(?=[{_LETTER}]))"


def fold(value: Any) -> Any:
    """Text without regard to case and form."""
    return unicodedata.normalize("NFKC", value).casefold() if isinstance(value, str) else value


def same(one: Any, other: Any) -> bool:
    """Equal values of one kind: true is no number."""
    return isinstance(one, bool) == isinstance(other, bool) and fold(one) == fold(other)


def entries_of(facts: Any, name: str) -> list[Any]:
    fact = facts.get(name)
    if fact is None:
        return []
    return list(fact) if isinstance(fact, tuple) else [fact]


def has_phrase(text: str, phrase: str) -> bool:
    """The words of the phrase stand in the text next to each other, with nothing but blanks and hyphens between."""
    folded = fold(text)
    tokens = [(found.start(), found.end()) for found in _TOKEN.finditer(folded)]
    wanted = _TOKEN.findall(fold(phrase))
    for first in range(len(tokens) - len(wanted) + 1):
        run = tokens[first : first + len(wanted)]
        gaps = [folded[end:start] for (_, end), (start, _) in pairwise(run)]
        if [folded[start:end] for start, end in run] == wanted and all(re.fullmatch(r"[\s\-\u2010]+", g) for g in gaps):
            return True
    return False


@cache
def regex(source: str) -> re.Pattern[str]:
    """A pattern whose words and edges are those of every script."""
    return re.compile(source.replace(r"\w", f"[{_LETTER}]").replace(r"\b", _EDGE))


def in_network(entry: str, network: str) -> bool:
    try:
        return ip_address(entry.strip()) in ip_network(network)
    except ValueError:
        return False


ON_TEXT: dict[str, Any] = {
    "contains": lambda entry, value: fold(value) in fold(entry),
    "starts": lambda entry, value: fold(entry).startswith(fold(value)),
    "ends": lambda entry, value: fold(entry).endswith(fold(value)),
    "under": lambda entry, value: f"{fold(entry)}/".startswith(f"{fold(value)}/"),
    "matches": lambda entry, value: regex(value).search(entry) is not None,
    "words": has_phrase,
    "cidr": in_network,
}
ON_NUMBERS: dict[str, Any] = {"gt": lambda entry, value: entry > value, "lt": lambda entry, value: entry < value}


def holds_for(operator: str, entry: Any, value: Any) -> bool:
    """Whether one entry and one wanted value fit."""
    if operator in {"eq", "in"}:
        return same(entry, value)
    fits = ON_TEXT if isinstance(entry, str) else ON_NUMBERS
    return operator in fits and bool(fits[operator](entry, value))


def tested(facts: Any, name: str, operator: str, wanted: list[Any]) -> bool:
    """One operator on one field: nothing but `present: false` holds for a missing field."""
    entries = entries_of(facts, name)
    if operator == "present":
        return bool(entries) is wanted[0]
    if operator == "not_in":
        return bool(entries) and not any(same(entry, value) for entry in entries for value in wanted)
    return any(holds_for(operator, entry, value) for entry in entries for value in wanted)


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def holds(when: Any, facts: Any) -> bool:
    """Whether a condition of a rule file is true."""
    if isinstance(when, list):
        return any(holds(part, facts) for part in when)
    for key, value in when.items():
        if key == "any":
            true = any(holds(part, facts) for part in value)
        elif key == "all":
            true = all(holds(part, facts) for part in value)
        elif key == "not":
            true = not holds(value, facts)
        elif isinstance(value, dict):
            true = all(tested(facts, key, operator, listed(wanted)) for operator, wanted in value.items())
        else:
            true = tested(facts, key, "in", listed(value))
        if not true:
            return False
    return True


STAGES = ("guard", "identify", "classify", "flag", "route")
RANKS = ("low", "normal", "high", "urgent")


def decide(stages: Any, facts: Any, event: str) -> dict[str, Any]:
    """For each stage that runs: result, outcome, rules applied, also, in shadow, conflicts."""
    facts, decided = dict(facts), {}
    for name in STAGES:
        decided[name] = traced = run(name, stages.get(name, {}), facts, event)
        outcome = traced["outcome"]
        for key in {"disposition", "support", "category", "tags", "priority"} & outcome.keys():
            facts[key] = tuple(outcome[key]) if isinstance(outcome[key], list) else outcome[key]
        if outcome.get("disposition") in {"machine", "refused"}:
            break
    return decided


def run(name: str, stage: Any, facts: Any, event: str) -> dict[str, Any]:
    closed = event != "created" and facts.get("case.closed") is True
    true = [
        rule
        for rule in stage.get("rules", [])
        if event in listed(rule.get("on", "created")) and not closed and holds(rule["when"], facts)
    ]
    live = [rule for rule in true if rule.get("mode", "live") == "live"]
    traced: dict[str, Any] = {"shadow": [rule["id"] for rule in true if rule not in live], "also": [], "conflicts": []}
    if not live:
        default = stage.get("default")
        if name == "route":
            default = (default or {}).get(facts.get("case.workflow", ""))
        unanswered = default is None or event != "created"
        result = "matched_nothing" if unanswered else "defaulted"
        return {**traced, "result": result, "outcome": {} if unanswered else default, "applied": []}
    applied = live if stage.get("hit", "first") == "collect" else live[:1]
    outcome: dict[str, Any] = {}
    for rule in applied:
        for key, value in rule["then"].items():
            merge(stage, rule, key, value, outcome, traced["conflicts"])
    ids = [rule["id"] for rule in applied]
    also = [rule["id"] for rule in live if rule not in applied]
    return {**traced, "result": "matched", "outcome": outcome, "applied": ids, "also": also}


def merge(stage: Any, rule: Any, key: str, value: Any, outcome: Any, conflicts: Any) -> None:
    how = stage.get("merge", {}).get(key)
    if key not in outcome:
        outcome[key] = value
    elif how == "union":
        outcome[key] = outcome[key] + [each for each in value if each not in outcome[key]]
    elif how == "max":
        outcome[key] = max(outcome[key], value, key=RANKS.index)
    elif how is None and outcome[key] != value:
        conflicts.append((key, rule["id"]))
