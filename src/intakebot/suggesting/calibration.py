"""Calibration: what the classifier's certainty is worth, and above which of it a suggestion is shown.

Called by `model`. Every example is predicted before it is learned; the last `WINDOW` predictions are remembered with
what people decided. From them follow a curve (two numbers, Platt) that turns certainty into the share that was right,
and the threshold: the lowest certainty above which enough was right, by the lower bound of Wilson's interval.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

WINDOW = 1_000
"""Predictions that are remembered."""
LEAST = 100
"""Predictions below which nothing is shown."""
WANTED = 0.95
"""The share of suggestions that has to be right."""
BELIEF = 1.645
"""Standard deviations of the one-sided bound: the true share is below it in one of twenty cases."""
REFIT_EVERY = 25
LAST_SHOWN = 100
_CERTAIN = 1e-6
_PRIOR = 0.5
"""Weight of the belief that the classifier is calibrated already; it counts while there are few predictions."""
_ROUNDS = 25
_LONGEST_STEP = 0.5
"""Newton's method overshoots where all were right or all wrong."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """A prediction that was judged: certainty in log odds, what was predicted, what people decided, whether shown."""

    certainty: float
    predicted: str
    decided: str
    shown: bool

    @property
    def right(self) -> bool:
        """People decided the same."""
        return self.predicted == self.decided


@dataclass(frozen=True, slots=True)
class Fitted:
    """What was made of the predictions: the curve's slope and shift, and the threshold if there is one."""

    slope: float
    shift: float
    threshold: float | None


UNFITTED = Fitted(1.0, 0.0, None)


def certainty_of(chance: float) -> float:
    """Log odds of a chance, kept finite."""
    bounded = min(max(chance, _CERTAIN), 1 - _CERTAIN)
    return math.log(bounded / (1 - bounded))


def lower_bound(right: int, of: int, belief: float = BELIEF) -> float:
    """The lower end of Wilson's interval for a share; 0 for nothing (Wilson 1927, no continuity correction)."""
    if not of:
        return 0.0
    share, square = right / of, belief * belief
    centre = share + square / (2 * of)
    spread = belief * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    return (centre - spread) / (1 + square / of)


class Calibration:
    """Remembers judged predictions. `threshold` is None as long as nothing may be shown."""

    def __init__(self, judged: Iterable[Prediction] = (), count: int = 0, fitted: Fitted = UNFITTED) -> None:
        self.judged: deque[Prediction] = deque(judged, WINDOW)
        self.count = count
        self.fitted = fitted

    @property
    def threshold(self) -> float | None:
        """The certainty from which on suggestions are shown."""
        return self.fitted.threshold

    def confidence(self, certainty: float) -> float:
        """The share that was right at such a certainty; it never falls when certainty rises."""
        return _logistic(self.fitted.slope * certainty + self.fitted.shift)

    def shows(self, certainty: float) -> bool:
        """Whether a suggestion of this certainty may be shown."""
        return self.threshold is not None and certainty >= self.threshold

    def judge(self, prediction: Prediction) -> None:
        """Remember what became of a prediction."""
        self.judged.append(prediction)
        self.count += 1
        if self.count % REFIT_EVERY == 0:
            slope, shift = _curve([(one.certainty, one.right) for one in self.judged])
            self.fitted = Fitted(slope, shift, _threshold(self.judged))

    def last_shown(self) -> tuple[int, int]:
        """Of the last suggestions that were shown, at most `LAST_SHOWN`: how many were right, and how many they are."""
        shown = [one.right for one in self.judged if one.shown][-LAST_SHOWN:]
        return sum(shown), len(shown)


def _threshold(judged: Collection[Prediction]) -> float | None:
    """The lowest certainty from which on enough was right."""
    if len(judged) < LEAST:
        return None
    found, right = None, 0
    ordered = sorted(judged, key=lambda one: -one.certainty)
    for count, one in enumerate(ordered, 1):
        right += one.right
        is_last_of_equals = count == len(ordered) or ordered[count].certainty < one.certainty
        if is_last_of_equals and lower_bound(right, count) >= WANTED:
            found = one.certainty
    return found


def _curve(judged: Sequence[tuple[float, bool]]) -> tuple[float, float]:
    """Slope and shift of the logistic curve, by Newton's method; slope is never negative."""
    slope, shift = 1.0, 0.0
    for _ in range(_ROUNDS):
        down_slope, down_shift = _PRIOR * (slope - 1), _PRIOR * shift
        both_slope, mixed, both_shift = _PRIOR, 0.0, _PRIOR
        for certainty, right in judged:
            chance = _logistic(slope * certainty + shift)
            error, weight = chance - right, chance * (1 - chance)
            down_slope += error * certainty
            down_shift += error
            both_slope += weight * certainty * certainty
            mixed += weight * certainty
            both_shift += weight
        divisor = both_slope * both_shift - mixed * mixed
        step_slope = (both_shift * down_slope - mixed * down_shift) / divisor
        step_shift = (both_slope * down_shift - mixed * down_slope) / divisor
        slope -= min(max(step_slope, -_LONGEST_STEP), _LONGEST_STEP)
        shift -= min(max(step_shift, -_LONGEST_STEP), _LONGEST_STEP)
        if abs(step_slope) + abs(step_shift) < _CERTAIN:
            break
    return max(slope, 0.0), shift


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-min(max(value, -40.0), 40.0)))
