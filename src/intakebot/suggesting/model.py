"""The model of a house: what it has learned, what it suggests for a text, and how right it has been.

Called by `usecases` (which read cases and store what `packing` makes of it) and by the benchmark. The same examples in
the same order give the same model, bit for bit, however they are cut into batches and however often it is stored and
read back in between. Not safe for several threads that learn; asking while somebody packs is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from intakebot.suggesting.calibration import Calibration, Prediction, certainty_of
from intakebot.suggesting.classifier import Classifier
from intakebot.suggesting.features import features_of

LEAST_CATEGORIES = 2
LEAST_LEARNED = 20
"""Examples below which predictions are not even judged: they would only say how a beginner does."""
FAMILIAR = 0.3
"""The share of a text's features that must have been seen before; else the model has no idea what it is about."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A category and how likely it is, 0 to 1."""

    category: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the model takes a text for, likeliest first, calibrated. `shown`: it may be shown to people."""

    guesses: tuple[Guess, ...]
    certainty: float
    shown: bool


@dataclass(frozen=True, slots=True)
class CategoryRecord:
    """How a category fared in the predictions that are remembered: decided by people, predicted, and both."""

    category: str
    decided: int
    predicted: int
    right: int


class CategoryModel:
    """Learns examples one by one and suggests categories."""

    def __init__(self, classifier: Classifier | None = None, calibration: Calibration | None = None) -> None:
        self.classifier = classifier or Classifier()
        self.calibration = calibration or Calibration()

    @property
    def learned(self) -> int:
        """How many examples it has learned from."""
        return self.classifier.learned

    def suggest(self, text: str, most: int = 3) -> Suggestion | None:
        """What it takes a text for; None when it has learned too little or knows nothing of what the text says."""
        return self._suggest(features_of(text), most)

    def learn(self, text: str, category: str) -> None:
        """Predict, remember whether that was right, then learn."""
        features = features_of(text)
        suggestion = self._suggest(features, 1)
        if suggestion and features:
            predicted = suggestion.guesses[0].category
            self.calibration.judge(Prediction(suggestion.certainty, predicted, category, suggestion.shown))
        self.classifier.learn(features, category)

    def _suggest(self, features: Sequence[int], most: int) -> Suggestion | None:
        classifier = self.classifier
        too_early = classifier.learned < LEAST_LEARNED or len(classifier.categories) < LEAST_CATEGORIES
        if too_early or not features:
            return None
        familiar = classifier.familiar(features)
        chances = classifier.chances(features)
        best = sorted(range(len(chances)), key=lambda at: (-chances[at], at))[:most]
        certainty = certainty_of(chances[best[0]])
        shown = familiar >= FAMILIAR and self.calibration.shows(certainty)
        confidence = self.calibration.confidence(certainty)
        rest = (1 - confidence) / max(1 - chances[best[0]], 1e-9)
        others = [Guess(classifier.categories[at], min(confidence, chances[at] * rest)) for at in best[1:]]
        return Suggestion((Guess(classifier.categories[best[0]], confidence), *others), certainty, shown)

    def threshold(self) -> float | None:
        """The confidence from which on suggestions are shown; None as long as none is."""
        found = self.calibration.threshold
        return None if found is None else self.calibration.confidence(found)

    def records(self) -> list[CategoryRecord]:
        """Per category, in alphabetical order, how the remembered predictions fared."""
        judged = self.calibration.judged
        decided, predicted = Counter(one.decided for one in judged), Counter(one.predicted for one in judged)
        right = Counter(one.decided for one in judged if one.right)
        return [
            CategoryRecord(name, decided[name], predicted[name], right[name])
            for name in sorted(decided.keys() | predicted.keys())
        ]

    def shown_share(self) -> float:
        """The share of the remembered predictions that were shown, or would have been."""
        judged = self.calibration.judged
        return sum(one.shown for one in judged) / len(judged) if judged else 0.0
