"""How long it takes to check many rules, and whether every planted mistake is found.

`python -m benchmarks.rule_checks [RULES]` prints JSON lines: 10,000 rules (a quarter in `flag`, a quarter in `route`,
the rest in `classify`) in which 200 shadows of eight kinds and 50 contradictions are planted, none by chance.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from time import perf_counter
from typing import Any, TypeAlias

from benchmarks.figures import Figure

from intakebot.domain.positions import Node, Place, Plain
from intakebot.rules.check import check_ruleset
from intakebot.rules.load import load_ruleset
from intakebot.rules.world import World

Rule: TypeAlias = "dict[str, Any]"
RULES = 10_000
SHADOWS = 200
CONTRADICTIONS = 50
AT_MOST_MS = 2_000
WORLD = World(
    queues=frozenset({"first", "second"}), workflows=frozenset({"desk"}), categories=frozenset({"a/b", "a/c"})
)
_SEGMENTS = ("home", "office", "public", "health", "school")


def rule_checks(count: int = RULES) -> Iterator[Figure]:
    """The time of all checks, and the share of the planted mistakes that they find."""
    rng = random.Random(5)  # noqa: S311 - figures, not secrets
    rules, shadowed, impossible = planted(rng, count)
    ruleset = load_ruleset([_node(_file(rng, rules, count))])
    began = perf_counter()
    problems = check_ruleset(ruleset, WORLD)
    spent = (perf_counter() - began) * 1000
    found = [problem.sentence for problem in problems]
    yield Figure.span(f"all checks of {count} rules", spent, "", 0, AT_MOST_MS)
    for what, ids, words in (
        ("shadowed rules", shadowed, "is never reached"),
        ("contradictions", impossible, "never matches"),
    ):
        reported = {sentence.split("'")[1] for sentence in found if words in sentence}
        yield Figure(f"planted {what} found", len(reported & ids), "", "planted", len(ids), ok=reported == ids)


def planted(rng: random.Random, count: int) -> tuple[list[Rule], set[str], set[str]]:
    """Rules of the classify stage, the ids of the shadowed ones, and of those that never match."""
    general = [_general(rng, number) for number in range(count // 2 - SHADOWS - CONTRADICTIONS)]
    shadows = [_shadow(rng, rule, number) for number, rule in enumerate(rng.sample(general, SHADOWS))]
    broken = [_contradiction(number) for number in range(CONTRADICTIONS)]
    rules = general + broken
    rng.shuffle(rules)
    return rules + shadows, {rule["id"] for rule in shadows}, {rule["id"] for rule in broken}


def _rule(name: str, when: Mapping[str, Any]) -> Rule:
    return {"id": name, "when": dict(when), "then": {"category": "a/b"}}


def _general(rng: random.Random, number: int) -> Rule:
    """A rule of a kind that people write; its number keeps it from standing in front of another one."""
    word = f"w{number}"
    kinds: list[dict[str, Any]] = [
        {"customer.segment": rng.choice(_SEGMENTS), "body.words": [word, f"other {word}"]},
        {"any": [{"subject.words": [word]}, {"body.words": [word, f"more {word}"]}]},
        {"subject": {"starts": f"[{word}]"}, "channel": ["email", "slack"]},
        {"from.domain": [f"{word}.example", f"{word}.test"]},
        {"customer.id": [f"c{number}", f"d{number}"], "language": "en"},
        {"customer.id": f"c{number}", "attachment.count": {"gt": 2}},
        {"client.ip": {"cidr": f"10.{number // 250}.{number % 250}.0/24"}},
        {"subject": {"contains": f"<{word}>"}, "not": {"customer.segment": "public"}},
    ]
    return _rule(f"rule-{number}", kinds[number % len(kinds)])


def _shadow(rng: random.Random, general: Rule, number: int) -> Rule:
    """A rule that another one, somewhere before it, leaves nothing to."""
    when = dict(general["when"])
    more: dict[str, Any] = {"language": "de"} if "language" not in when else {"caller.identified": True}
    narrower: dict[str, Any] = {}
    for key, value in when.items():
        match key:
            case "body.words":
                narrower[key] = [f"{value[0]} again"]
            case "any":
                narrower["subject.words"] = [f"please {value[0]['subject.words'][0]}"]
            case "from.domain" | "channel":
                narrower[key] = value[rng.randrange(len(value))]
            case "customer.id":
                narrower[key] = value if isinstance(value, str) else list(reversed(value))
            case "attachment.count":
                narrower[key] = {"gt": 5}
            case "client.ip":
                narrower[key] = {"cidr": value["cidr"].replace(".0/24", ".128/25")}
            case "subject":
                narrower[key] = {operator: f"{part} urgent" for operator, part in value.items()}
            case "not":
                narrower["customer.segment"] = "home"
            case _:
                narrower[key] = value
    return _rule(f"shadow-{number}", narrower | more)


def _contradiction(number: int) -> Rule:
    kinds: list[dict[str, Any]] = [
        {"size": {"gt": 900 + number, "lt": 900 - number}},
        {"customer.id": f"x{number}", "all": [{"customer.id": {"not_in": [f"x{number}", "y"]}}]},
        {"subject": {"starts": f"re: {number}"}, "all": [{"subject": f"fw: {number}"}]},
        {"body": {"words": f"never {number}"}, "not": {"body": {"words": "never"}}},
        {"cc": {"present": False}, "all": [{"cc": {"ends": f"@{number}.example"}}]},
    ]
    return _rule(f"broken-{number}", kinds[number % len(kinds)])


def _file(rng: random.Random, classify: list[Rule], count: int) -> dict[str, Any]:
    flags = [
        _rule(f"flag-{number}", {"body.words": [f"f{number}"], "customer.segment": rng.choice(_SEGMENTS)})
        | {"then": {"priority": rng.choice(["low", "high"]), "tags": [f"t{number}"]}}
        for number in range(count // 4)
    ]
    routes = [
        _rule(f"route-{number}", {"category": rng.choice(["a/b", "a/c"]), "customer.id": f"c{number}"})
        | {"then": {"queue": rng.choice(["first", "second"])}}
        for number in range(count // 4)
    ]
    return {
        "schema": "intakebot.rules/1",
        "stages": {
            "classify": {"default": {"category": "a/b"}, "rules": classify},
            "flag": {"hit": "collect", "merge": {"tags": "union"}, "rules": flags},
            "route": {"default": {"desk": {"queue": "first"}}, "rules": routes},
        },
    }


def _node(value: Plain | dict[str, Any], line: int = 1) -> Node:
    place = Place("rules.yaml", line)
    if isinstance(value, dict):
        return Node({key: _node(item, line) for key, item in value.items()}, place)
    if isinstance(value, list):
        return Node(tuple(_node(item, number) for number, item in enumerate(value, start=1)), place)
    return Node(value, place)
