"""Search and suggestions: cases by their words, and answers that helped before. Called by `questions`.

A suggestion is made of answers that were sent and of resolution templates only; what is internal is in neither. It
is ranked by the rare words that a case shares with it, and sent by nobody but an agent who has read it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from intakebot.ports import Archive
from intakebot.reading.search_words import passage, search_words
from intakebot.usecases.house import House
from intakebot.usecases.preview import as_read

WORDS_CONSIDERED = 40
RARE_WORDS = 10
SHORTEST_WORD = 3
COMMON = 0.5
"""A word that more than this share of all cases has says nothing; with few cases nothing is common yet."""
FEW_CASES = 20
CANDIDATES = 40
LEAST_SHARED = 2
"""So many rare words an answer must share, or all there are."""

Suggestion = dict[str, Any]


def cases_found(archive: Archive, text: str, limit: int = 20, offset: int = 0) -> dict[str, Any]:
    """Cases that have every word, best first, and how many there are in all."""
    found = archive.find(text, max(1, limit), max(0, offset))
    return {"total": found.total, "cases": list(found.rows)}


def suggestions(house: House, archive: Archive, number: int, limit: int = 5) -> list[Suggestion]:
    """What may help, best first; raises NotFoundError."""
    case = archive.case_alone(number)
    weights = _weights(archive, f"{case.title}\n{case.description}")
    rarest = sorted(weights, key=lambda word: -weights[word])[:RARE_WORDS]
    solved = archive.solved_with(rarest, number, CANDIDATES)
    found = [*_templates(house, archive, number, weights), *_answers(solved, weights)]
    enough = min(LEAST_SHARED, len(weights))
    best = sorted((each for each in found if len(each["words"]) >= enough), key=lambda each: -each["score"])
    return _without_repetition(best)[:limit]


def _weights(archive: Archive, text: str) -> dict[str, float]:
    """The words of a case that tell it from others, each with its weight: the rarer, the heavier."""
    words = [word for word in dict.fromkeys(search_words(text)) if len(word) >= SHORTEST_WORD and not word.isdecimal()]
    rarity = archive.rarity(words[:WORDS_CONSIDERED])
    most = rarity.cases if rarity.cases < FEW_CASES else rarity.cases * COMMON
    return {word: math.log((rarity.cases + 1) / max(have, 1)) for word, have in rarity.having.items() if have <= most}


def _answers(solved: Sequence[Mapping[str, Any]], weights: Mapping[str, float]) -> Iterator[Suggestion]:
    """Answers that agents wrote; those that came out of a template are the template's."""
    for row in solved:
        if not row["template"]:
            shared = _shared(f"{row['title']}\n{row['description']}\n{row['text']}", weights)
            shown = passage(f"{row['title']}. {row['description']}", shared)
            yield _suggestion(row["text"], "", row["label"], row["title"], shown, shared, weights)


def _templates(house: House, archive: Archive, number: int, weights: Mapping[str, float]) -> Iterator[Suggestion]:
    """Every resolution template as this case's caller would read it, where it is about the same."""
    file = archive.case_file(number)
    for name in house.render.resolutions():
        written = as_read(house, file, name)
        shared = _shared(f"{name.replace('-', ' ')}\n{written.text}", weights)
        yield _suggestion(written.text, name, "", name, passage(written.text, shared), shared, weights)


def _shared(text: str, weights: Mapping[str, float]) -> list[str]:
    return sorted(weights.keys() & set(search_words(text)), key=lambda word: -weights[word])


def _suggestion(
    text: str, template: str, label: str, title: str, shown: str, shared: list[str], weights: Mapping[str, float]
) -> Suggestion:
    """`score` is the share of the case's telling words that the answer's case has: 0 to 1."""
    score = sum(weights[word] for word in shared) / (sum(weights.values()) or 1.0)
    return {
        "text": text,
        "template": template,
        "label": label,
        "title": title,
        "passage": shown,
        "words": shared[:RARE_WORDS],
        "score": round(score, 3),
    }


def _without_repetition(found: Sequence[Suggestion]) -> list[Suggestion]:
    """The same answer once, where it fits best."""
    return list({(each["template"], each["text"].strip()): each for each in reversed(found)}.values())[::-1]
