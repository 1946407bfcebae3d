"""Operands that do not mean what they seem to: keywords that lose characters, patterns that are plain text, cost.

Called by `check`. Said once for each condition, where it is first used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from intakebot.domain.errors import Problem
from intakebot.domain.positions import Place
from intakebot.rules.folding import Text, fold, words_of
from intakebot.rules.model import Atom, Ruleset, Stage, leaves

MOST_COST = 2_000_000
"""Weight of all conditions of a stage together; see `weight`."""

_SIGN = re.compile(r"[^\w\s\-\u2010]")
_SPECIAL = re.compile(r"[.^$*+?{}\[\]|()\\]")
_ESCAPED = re.compile(r"\\([^\w\s])")
_REPEAT = re.compile(r"(?<!\\)\{(\d+)(?:,(\d*))?\}")


def operand_problems(ruleset: Ruleset) -> Iterator[Problem]:
    """Warnings about words and patterns, and stages that would cost too much."""
    said: set[int] = set()
    for stage in ruleset.stages:
        places = _first_uses(stage)
        yield from _cost_problems(stage, ruleset, places)
        for index, place in places.items():
            if index not in said:
                said.add(index)
                for sentence in _sentences(ruleset.atoms[index]):
                    yield Problem(place.file, place.line, sentence, "warning")


def weight(atom: Atom) -> int:
    """What a condition costs, about: steps of its compiled form, for each character of the text."""
    if atom.operator == "matches":
        return sum(_pattern_weight(str(source)) for source in atom.wanted)
    if atom.operator in {"words", "contains"}:
        return len(atom.wanted)
    return 1


def _pattern_weight(source: str) -> int:
    """The length of a pattern, and again for each time that the part before a repeat is repeated."""
    total = len(source)
    for repeat in _REPEAT.finditer(source):
        times = max(int(count or 0) for count in repeat.groups())
        total += times * _repeated_length(source[: repeat.start()])
    return total


def _repeated_length(before: str) -> int:
    """The length of the group, class or character that a repeat follows."""
    if not before.endswith(")"):
        return len(before) - before.rfind("[") if before.endswith("]") else 1
    depth = 0
    for length, character in enumerate(reversed(before), start=1):
        depth += (character == ")") - (character == "(")
        if depth == 0:
            return length
    return len(before)


def _first_uses(stage: Stage) -> dict[int, Place]:
    places: dict[int, Place] = {}
    for rule in stage.rules:
        for leaf in leaves(rule.condition):
            places.setdefault(leaf.atom, leaf.place)
    return places


def _cost_problems(stage: Stage, ruleset: Ruleset, places: Mapping[int, Place]) -> Iterator[Problem]:
    weights = {index: weight(ruleset.atoms[index]) for index in places}
    total = sum(weights.values())
    if total > MOST_COST:
        dearest = max(weights, key=lambda index: weights[index])
        sentence = (
            f"stage {stage.name!r} costs {total}, at most {MOST_COST} is allowed;"
            f" its dearest condition costs {weights[dearest]} ({places[dearest]})"
        )
        yield Problem(stage.place.file, stage.place.line, sentence)


def _sentences(atom: Atom) -> Iterator[str]:
    for value in atom.wanted:
        if atom.operator == "words":
            yield from _keyword_sentences(str(value))
        elif atom.operator == "matches":
            yield from _pattern_sentences(str(value))


def _keyword_sentences(keyword: str) -> Iterator[str]:
    """A keyword is read as words; signs beside them are lost, and signs between them are never skipped."""
    signs = _SIGN.search(fold(keyword))
    phrase = words_of(keyword)
    if signs is None or not phrase:
        return
    if Text(keyword).find_phrase(phrase) is None:
        yield (
            f"keyword {keyword!r} does not find itself: it is read as the words {' '.join(phrase)!r}, with nothing but"
            f" spaces and hyphens between them; write `contains: {keyword!r}`"
        )
    else:
        yield (
            f"keyword {keyword!r} loses characters: it is read as {' '.join(phrase)!r};"
            f" write that, or `contains: {keyword!r}`"
        )


def _pattern_sentences(source: str) -> Iterator[str]:
    """A pattern without anything that only patterns can say."""
    body = source.removeprefix("(?i)")
    start, end = body.startswith("^"), body.endswith("$") and not body.endswith("\\$")
    body = body.removeprefix("^") if start else body
    body = body.removesuffix("$") if end else body
    edges = body.startswith("\\b") and body.endswith("\\b")
    body = body.removeprefix("\\b").removesuffix("\\b")
    if not body or _SPECIAL.search(_ESCAPED.sub("", body)):
        return
    text = _ESCAPED.sub(r"\1", body)
    yield f"pattern {source!r} is plain text; write {_instead(text, start=start, end=end, edges=edges)}"


def _instead(text: str, *, start: bool, end: bool, edges: bool) -> str:
    if start or end:
        operator = "eq" if start and end else "starts" if start else "ends"
        return f"`{operator}: {text!r}`, which does not ask for upper or lower case"
    words = f"`words: {text!r}` for whole words" if not _SIGN.search(text) else ""
    part = f"`contains: {text!r}`"
    if edges and words:
        return words
    return f"{words} or {part}, which do not ask for upper or lower case" if words else part
