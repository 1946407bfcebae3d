"""The classifier: one row of weights for each feature, one column for each category, learned one example at a time.

Called by `model`. Softmax regression with a step that shrinks per feature as the feature is learned from (AdaGrad with
one sum per row). Rows are arrays of single floats, so scores are sums that the interpreter makes in C, and what is
stored is exactly what is in memory. Bounded: see `Classifier.limit`.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence

MOST_CATEGORIES = 512
"""Further categories are not learned: a house that has more has no use for a guess among them."""
MOST_WEIGHTS = 4_194_304
"""Of all rows together: 16 MiB."""
MOST_FEATURES = 60_000
"""Rows at most, however few categories there are: a row costs some 200 bytes beside its weights."""
KEPT_SHARE = 0.75
"""When there are too many rows, so many remain: the ones that were learned from last."""
STEP = 2.5
"""Chosen on held-out training messages (see docs/decisions/0016): 1 to 6 were tried."""
_DAMPING = 0.1
_NEGLIGIBLE = 0.005
"""A category that the classifier gives less than this to is not moved: few weights change in a step."""
_BESIDE = 2
"""Places behind a row's weights: the sum of squared steps, and the example in which it was last learned from."""
_SUM, _LAST = -2, -1
_SMALLEST = 16


class Classifier:
    """Scores texts by their features. `categories` in the order in which they were first seen."""

    def __init__(self, categories: Sequence[str] = (), learned: int = 0) -> None:
        self.categories = list(categories)
        self.learned = learned
        self.rows: dict[int, array[float]] = {}
        self._columns = {category: column for column, category in enumerate(self.categories)}

    @property
    def width(self) -> int:
        """Weights in a row: a power of two, so that rows are seldom made anew."""
        return max(_SMALLEST, 1 << (len(self.categories) - 1).bit_length()) if self.categories else _SMALLEST

    @property
    def row_size(self) -> int:
        """Places in a row, with what is kept beside the weights."""
        return self.width + _BESIDE

    @property
    def limit(self) -> int:
        """How many rows there may be."""
        return min(MOST_FEATURES, MOST_WEIGHTS // self.width)

    def chances(self, features: Sequence[int]) -> list[float]:
        """How likely each category is, uncalibrated, in the order of `categories`; they add up to 1."""
        known = [row for row in map(self.rows.get, features) if row is not None]
        count = len(self.categories)
        if not known:
            return [1 / count] * count
        scale = 1 / math.sqrt(len(features))
        scores = [total * scale for total in map(sum, zip(*known, strict=True))][:count]
        most = max(scores)
        powers = [math.exp(score - most) for score in scores]
        total = sum(powers)
        return [power / total for power in powers]

    def familiar(self, features: Sequence[int]) -> float:
        """The share of features that were seen before; 0 for none."""
        return sum(feature in self.rows for feature in features) / len(features) if features else 0.0

    def learn(self, features: Sequence[int], category: str) -> None:
        """Learn one example; one without features, or of a category beyond the limit, changes nothing."""
        column = self._column(category)
        if column is None or not features:
            return
        self.learned += 1
        chances = self.chances(features)
        moves = [(at, chance) for at, chance in enumerate(chances) if chance > _NEGLIGIBLE and at != column]
        moves.append((column, chances[column] - 1))
        self._move(features, moves)
        if len(self.rows) > self.limit:
            self._forget()

    def _column(self, category: str) -> int | None:
        found = self._columns.get(category)
        if found is not None or len(self.categories) >= MOST_CATEGORIES:
            return found
        before = self.width
        self._columns[category] = len(self.categories)
        self.categories.append(category)
        if self.width > before:
            wider = array("f", bytes(4 * (self.width - before)))
            self.rows = {feature: row[:before] + wider + row[before:] for feature, row in self.rows.items()}
        return self._columns[category]

    def _move(self, features: Sequence[int], moves: Sequence[tuple[int, float]]) -> None:
        scale = 1 / math.sqrt(len(features))
        square = sum(move * move for _, move in moves) * scale * scale
        blank = bytes(4 * self.row_size)
        for feature in features:
            row = self.rows.get(feature)
            if row is None:
                row = self.rows[feature] = array("f", blank)
            row[_SUM] += square
            row[_LAST] = self.learned
            step = STEP * scale / math.sqrt(row[_SUM] + _DAMPING)
            for column, move in moves:
                row[column] -= step * move

    def _forget(self) -> None:
        """Let go of the rows that were not learned from for longest: rare words, and what nobody writes any more."""
        latest = sorted(self.rows, key=lambda feature: (-self.rows[feature][_LAST], feature))
        kept = set(latest[: int(self.limit * KEPT_SHARE)])
        self.rows = {feature: row for feature, row in self.rows.items() if feature in kept}
