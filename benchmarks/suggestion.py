"""`make bench ARGS='suggestion'`: how right suggested categories are, how honest their confidence, and what they cost.

By default the model learns messages of our own words and is asked about others of the same kind. With
`INTAKEBOT_BANKING77` naming a folder that has the published files `train.csv` and `test.csv` (columns `text` and
`category`), it learns the one in one pass, shuffled by a fixed seed because the file is sorted by category, and is
asked about the other; then the bars count. Nothing was chosen on `test.csv`: features, step and damping were chosen on
the messages of `train.csv` behind the first 8,000 of that shuffle, after learning those 8,000 (docs/decisions/0016).

The calibration error is the expected one of the first suggestion's confidence, over 15 bins of equal width. `shown`
are suggestions above the threshold that the model has earned by its own predictions while it learned.
"""

from __future__ import annotations

import csv
import os
import random
import time
import tracemalloc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import Figure

from fakes.lessons import labelled
from intakebot.suggesting.model import CategoryModel
from intakebot.suggesting.packing import packed

PUBLISHED = "INTAKEBOT_BANKING77"
OWN_TRAIN, OWN_TEST = 2_000, 1_000
BINS = 15
LEAST_TOP_1, LEAST_TOP_3, LEAST_SHOWN_RIGHT = 0.89, 0.96, 0.95
MOST_ERROR = 3.0
"""Per cent."""
MOST_MS = 1.0
ROUNDS = 3

Labelled = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was suggested for one message: whether the first and one of the first three were right, and how sure."""

    first: bool
    among_three: bool
    confidence: float
    shown: bool


def suggestion() -> Iterator[Figure]:
    """On our own messages; on the published split too, if its folder is named."""
    yield from _measured("own words", labelled(OWN_TRAIN, seed=1), labelled(OWN_TEST, seed=2), bars=False)
    folder = os.environ.get(PUBLISHED)
    if folder:
        train = _read(Path(folder) / "train.csv")
        random.Random(7).shuffle(train)  # noqa: S311 - an order that can be had again
        yield from _measured("Banking77", train, _read(Path(folder) / "test.csv"), bars=True)


def _read(path: Path) -> list[tuple[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return [(row["text"], row["category"]) for row in csv.DictReader(file)]


def _measured(name: str, train: Labelled, test: Labelled, *, bars: bool) -> Iterator[Figure]:
    model, memory, ms_to_learn = _taught(train)
    answers = [_answer(model, text, category) for text, category in test]
    shown = [answer.first for answer in answers if answer.shown]
    yield _share(f"{name}: top-1", [one.first for one in answers], LEAST_TOP_1 if bars else None)
    yield _share(f"{name}: top-3", [one.among_three for one in answers], LEAST_TOP_3 if bars else None)
    error = 100 * calibration_error(answers)
    ok = error <= MOST_ERROR if bars else None
    yield Figure(f"{name}: calibration error", round(error, 2), "%", ok=ok, most=MOST_ERROR if bars else None)
    yield _share(f"{name}: shown", [one.shown for one in answers], None)
    yield _share(f"{name}: right of those shown", shown, LEAST_SHOWN_RIGHT if bars else None)
    yield from _times(name, model, test)
    yield Figure(f"{name}: to learn a message", round(ms_to_learn, 3), "ms")
    yield Figure(f"{name}: memory of the model", round(memory / 2**20, 2), "MiB")
    yield Figure(f"{name}: stored", round(len(packed(model)) / 2**20, 2), "MiB")


def _taught(train: Labelled) -> tuple[CategoryModel, int, float]:
    """A model that learned everything once, what it takes in memory, and milliseconds per message, without tracing."""
    model, began = CategoryModel(), time.perf_counter()
    for text, category in train:
        model.learn(text, category)
    took = time.perf_counter() - began
    tracemalloc.start()
    traced = CategoryModel()
    for text, category in train:
        traced.learn(text, category)
    memory, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return model, memory, 1000 * took / len(train)


def _answer(model: CategoryModel, text: str, category: str) -> Answer:
    found = model.suggest(text)
    if found is None:
        return Answer(first=False, among_three=False, confidence=0.0, shown=False)
    named = [guess.category for guess in found.guesses]
    return Answer(named[0] == category, category in named, found.guesses[0].confidence, found.shown)


def calibration_error(answers: Sequence[Answer]) -> float:
    """The expected calibration error: |right - confidence| of each bin, weighted by how many answers are in it."""
    bins: dict[int, list[Answer]] = {}
    for answer in answers:
        bins.setdefault(min(int(answer.confidence * BINS), BINS - 1), []).append(answer)
    return sum(abs(sum(one.first - one.confidence for one in held)) for held in bins.values()) / len(answers)


def _share(name: str, hits: Sequence[bool], least: float | None) -> Figure:
    share = sum(hits) / len(hits) if hits else 0.0
    return Figure(name, round(100 * share, 2), "%", bar=least, ok=None if least is None else share >= least)


def _times(name: str, model: CategoryModel, test: Labelled) -> Iterator[Figure]:
    """Milliseconds for one message: the best of some rounds for each, so that a busy machine counts less."""
    best = [float("inf")] * len(test)
    for _ in range(ROUNDS):
        for at, (text, _category) in enumerate(test):
            began = time.perf_counter()
            model.suggest(text)
            best[at] = min(best[at], 1000 * (time.perf_counter() - began))
    best.sort()
    for label, at in (("p50", len(best) // 2), ("p99", len(best) * 99 // 100)):
        yield Figure(f"{name}: a suggestion, {label}", round(best[at], 3), "ms", ok=best[at] <= MOST_MS, most=MOST_MS)
