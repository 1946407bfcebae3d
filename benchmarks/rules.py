"""Deciding by many rules: how long a message takes, beside a loop over Python's `re`; loading; what is hostile.

Every decision is compared with the loop's before it is timed. The bars are those of the issue: from 10 to 10,000 rules
at 20 kB at most four times as long, and at 10,000 rules at least a hundred times as fast as the loop.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from statistics import median

from benchmarks.figures import Figure
from benchmarks.rule_sets import Facts, Written, message, rule_file, written

from intakebot.config.yaml_source import parse_node
from intakebot.rules.cache import cache_key, from_bytes, to_bytes
from intakebot.rules.check import World, check_ruleset
from intakebot.rules.decide import Deliberation, decide
from intakebot.rules.folding import SCAN_CAP
from intakebot.rules.index import index_of
from intakebot.rules.lasting import lasting_objects
from intakebot.rules.load import load_ruleset
from intakebot.rules.model import KnownAtoms, Ruleset, StageTrace

COUNTS = (10, 100, 1_000, 10_000)
SIZES = (2_000, 20_000, 200_000)
MOST, MIDDLE = COUNTS[-1], SIZES[1]
NO_CAP = 10**9
WORLD = World(queues=frozenset({"crc"}), workflows=frozenset({"crc"}))
_WARM, _TIMED, _PAIRED, _LOOPED = 60, 30, 90, 3
_HOSTILE = (
    ("nested repeat", r"(a+)+$", "a" * SCAN_CAP + "!"),
    ("overlapping", r"(x+x+)+y", "x" * SCAN_CAP),
    ("blanks", r"\s+$", " " * SCAN_CAP + "x"),
    ("counted", r"(?:[ab]{1,100}c?){1,10}z", "ab" * SCAN_CAP),
    ("alternatives", r"(?:a|b|ab|ba|aab|bba)+\bz", "ab" * SCAN_CAP),
    ("every script", r"\b\w+_\w+\b", "ä\u0301ß" * SCAN_CAP),
)


def rules() -> Iterator[Figure]:
    """All figures of the rules."""
    yield from deciding()
    yield from again()
    yield from loading()
    yield from hostile()


def deciding() -> Iterator[Figure]:
    """Milliseconds per message by number of rules and size, and the two ratios that have bars."""
    yield from _by_number()
    few, many = (_checked(rule_file(written(count))) for count in (COUNTS[0], MOST))
    messages = [message(number, MIDDLE) for number in range(_WARM + _PAIRED)]
    # Message by message, so that both meet the same machine.
    spans = [(_decided(few, facts), _decided(many, facts)) for facts in messages][_WARM:]
    slower = median(of_many for _, of_many in spans) / median(of_few for of_few, _ in spans)
    yield _times("decide: from 10 to 10000 rules at 20 kB", slower, at_most=4)


def _by_number() -> Iterator[Figure]:
    for count in COUNTS:
        made = written(count)
        ruleset = _checked(rule_file(made))
        index_of(ruleset)
        for size in SIZES:
            messages = [message(number, size) for number in range(_WARM + _TIMED)]
            loops = {} if size > MIDDLE else _loops(made, ruleset, messages[-_LOOPED:])
            span = _engine(ruleset, messages)
            name = f"decide: {count} rules, {size // 1000} kB"
            yield Figure(name, round(span, 3), "ms")
            for loop, took in loops.items():
                bar = 100 if (count, size, loop) == (MOST, MIDDLE, "re") else None
                yield _times(f"{name}, a loop of {loop} takes", took / span, at_least=bar)


def _engine(ruleset: Ruleset, messages: list[Facts]) -> float:
    for facts in messages[:_WARM]:
        _decided(ruleset, facts)
    return median(_decided(ruleset, facts) for facts in messages[_WARM:])


def _decided(ruleset: Ruleset, facts: Facts) -> float:
    return _milliseconds(lambda: decide(facts, ruleset, scan_cap=NO_CAP))


def _loops(made: list[Written], ruleset: Ruleset, messages: list[Facts]) -> dict[str, float]:
    """How long the two loops take for one message, the same rules being found."""
    took: dict[str, list[float]] = {"re": [], "functions": []}
    for facts in messages:
        decided = _answering(decide(facts, ruleset, scan_cap=NO_CAP).stages[2])
        for name, tests in (("re", [rule.by_re for rule in made]), ("functions", [rule.by_hand for rule in made])):
            found: list[str] = []
            took[name].append(_milliseconds(lambda: found.extend(_loop(made, tests, facts))))  # noqa: B023
            if name == "re" and found != decided:
                raise AssertionError(f"the loop finds {found}, the engine {decided}")
    return {name: median(spans) for name, spans in took.items()}


def _loop(made: list[Written], tests: list[Callable[[Facts], bool]], facts: Facts) -> list[str]:
    return [rule.id for rule, test in zip(made, tests, strict=True) if test(facts)]


def _answering(trace: StageTrace) -> list[str]:
    return [*(rule.id for rule in trace.applied), *trace.also]


def again() -> Iterator[Figure]:
    """Deciding messages again from the conditions that are kept with them, by a ruleset that differs in one rule."""
    for count in (300, MOST):
        made = written(count)
        before = _checked(rule_file(made))
        after = _checked(rule_file([*written(count + 1)[1:]]))
        tested = frozenset(atom.key for atom in before.atoms)
        kept = [
            (facts, KnownAtoms(Deliberation(facts, before).true_keys(), tested))
            for facts in (message(number, SIZES[0]) for number in range(300))
        ]
        for ruleset, name in ((before, "the same"), (after, "changed")):
            _decide_again(ruleset, kept)
            took = median(_milliseconds(lambda: _decide_again(ruleset, kept)) for _ in range(5))  # noqa: B023
            rate = len(kept) / (took / 1000)
            bar = 5_000 if name == "the same" else None
            yield Figure(f"decide again: {count} rules, {name}", round(rate), "1/s", bar=bar, ok=bar and rate >= bar)


def _decide_again(ruleset: Ruleset, kept: list[tuple[Facts, KnownAtoms]]) -> None:
    for facts, known in kept:
        deliberation = Deliberation(facts, ruleset, known=known)
        for stage in ruleset.stages:
            deliberation.decide(stage.name)
        deliberation.decision  # noqa: B018 - it is made when it is asked for


def loading() -> Iterator[Figure]:
    """Loading and checking 10,000 rules, from their file and from the cache, and how long other threads waited."""
    text = rule_file(written(MOST))
    rulesets: list[Ruleset] = []
    waited = _longest_wait(lambda: rulesets.append(_checked(text)))
    cold = _milliseconds(lambda: index_of(_checked(text)))
    key = cache_key("benchmark", [("rules.yaml", text.encode())], WORLD)
    kept = to_bytes(rulesets[0], (), key)
    with lasting_objects():
        cached = median(_milliseconds(lambda: index_of(_from_cache(text, kept))) for _ in range(5))
    yield _at_most(f"load and check {MOST} rules, {len(text) // 1024} kB", cold, 8_000)
    yield _at_most(f"load {MOST} rules from the cache, {len(kept) // 1024} kB", cached, 1_000)
    yield _at_most("longest wait of another thread while they load", waited, 200)


def _from_cache(text: str, kept: bytes) -> Ruleset:
    found = from_bytes(kept, cache_key("benchmark", [("rules.yaml", text.encode())], WORLD))
    if found is None:
        raise AssertionError("the cache was not taken")
    return found[0]


def _checked(text: str) -> Ruleset:
    """The ruleset, loaded, checked and ready. Rules that chance made alike are no matter here."""
    with lasting_objects():
        ruleset = load_ruleset([parse_node(text, "rules.yaml")])
        problems = [each for each in check_ruleset(ruleset, WORLD) if "same condition" not in each.sentence]
        index_of(ruleset)
    if problems:
        raise AssertionError(str(problems[0]))
    return ruleset


def _longest_wait(work: Callable[[], None]) -> float:
    """How long a thread that looks at the clock every millisecond was kept from it, in milliseconds."""
    done = threading.Event()
    longest = 0.0

    def look() -> None:
        nonlocal longest
        last = time.perf_counter()
        while not done.wait(0.001):
            now = time.perf_counter()
            longest, last = max(longest, now - last), now

    looking = threading.Thread(target=look)
    looking.start()
    work()
    done.set()
    looking.join()
    return longest * 1000


def hostile() -> Iterator[Figure]:
    """Patterns and texts made to take long, the pattern for the first time."""
    for name, source, text in _HOSTILE:
        when = "{body: {matches: '" + source + "'}}"
        rule = f"{{id: r, when: {when}, then: {{category: made/r}}}}"
        ruleset = _checked(
            f"schema: intakebot.rules/1\nstages:\n  classify: {{default: {{category: none}}, rules: [{rule}]}}\n"
            "  route: {default: {crc: {queue: crc}}}\n"
        )
        took = _milliseconds(lambda: decide({"body": text}, ruleset, scan_cap=NO_CAP))  # noqa: B023
        yield _at_most(f"hostile: {name}, {len(text) // 1024} k characters", took, 2_000)


def _milliseconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def _at_most(name: str, figure: float, most: float) -> Figure:
    return Figure(name, round(figure, 1), "ms", most=most, ok=figure <= most)


def _times(name: str, figure: float, *, at_least: float | None = None, at_most: float | None = None) -> Figure:
    ok = None
    if at_least is not None or at_most is not None:
        ok = figure >= (at_least or 0) and figure <= (at_most or figure)
    return Figure(name, round(figure, 2), "times as long", bar=at_least, most=at_most, ok=ok)
