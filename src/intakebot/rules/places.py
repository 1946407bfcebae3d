"""Where matched words stand: the words of a text with what is around them, for people.

Called by `reasons`. What a decision keeps of a match is its span; the words around are taken from the text, when it
is the text that was decided on, else the kept excerpt stands alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from intakebot.rules.operators import EXCERPT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from intakebot.domain.positions import Plain
    from intakebot.rules.facts import Fact

AROUND = 40
"""Characters before and behind the matched words."""
IN_A_TEXT = frozenset({"words", "contains", "starts", "ends", "matches"})
"""Operators that find something in a text; the others look at a value as a whole."""


@dataclass(frozen=True, slots=True)
class WordsInPlace:
    """Matched words and what stands around them, each on one line.

    `line` and `column` count from 1, `offset` from 0, in characters of the field; None where the text is not at hand.
    """

    field: str
    before: str
    words: str
    after: str
    line: int | None = None
    column: int | None = None
    offset: int | None = None

    def to_plain(self) -> dict[str, Plain]:
        """As JSON-like values."""
        return {
            "field": self.field,
            "before": self.before,
            "words": self.words,
            "after": self.after,
            "line": self.line,
            "column": self.column,
            "offset": self.offset,
        }


def place_of(evidence: Mapping[str, Any], fact: Fact | None) -> WordsInPlace | None:
    """Where a piece of evidence (as `Evidence.to_plain` gives it) has its words; None where it has none."""
    start, end = evidence["start"], evidence["end"]
    if start is None or evidence["negated"] or evidence["operator"] not in IN_A_TEXT:
        return None
    actual = str(evidence["actual"])
    for text in fact if isinstance(fact, tuple) else (fact,):
        if isinstance(text, str) and text[start : min(end, start + EXCERPT)] == actual:
            return _in_text(str(evidence["field"]), text, start, end)
    return WordsInPlace(str(evidence["field"]), "", _one_line(actual), "")


def _in_text(field: str, text: str, start: int, end: int) -> WordsInPlace:
    before, after = text[max(0, start - AROUND) : start], text[end : end + AROUND]
    if start > AROUND:
        before = "…" + before.partition(" ")[2] if " " in before.strip() else "…" + before
    if end + AROUND < len(text):
        after = (after.rpartition(" ")[0] if " " in after.strip() else after) + "…"
    words = text[start : min(end, start + EXCERPT)] + ("…" if end - start > EXCERPT else "")
    line = text.count("\n", 0, start) + 1
    column = start - text.rfind("\n", 0, start)
    return WordsInPlace(field, _one_line(before), _one_line(words), _one_line(after), line, column, start)


def _one_line(text: str) -> str:
    """Runs of blanks as one, also at the edges, where they part the words from what is around them."""
    kept = " ".join(text.split())
    return f"{' ' if text[:1].isspace() else ''}{kept}{' ' if kept and text[-1:].isspace() else ''}"
