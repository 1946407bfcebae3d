"""A model as bytes, and back: what the database keeps of it.

Called by `usecases`. Weights are kept exactly, so a model that is read back goes on as if it had never been away.
"""

from __future__ import annotations

import json
import struct
import sys
import zlib
from array import array
from collections import deque
from dataclasses import astuple

from intakebot.suggesting.calibration import Calibration, Fitted, Prediction
from intakebot.suggesting.classifier import Classifier
from intakebot.suggesting.model import CategoryModel

FORM = 1
"""Changes when features, weights or this layout do: a model of another form is learned anew, never guessed at."""
_HEAD = struct.Struct("<BII")
_LEVEL = 1
"""Of compression: weights hardly get smaller with more, and this is several times faster."""


def packed(model: CategoryModel) -> bytes:
    """The model as bytes."""
    classifier, calibration = model.classifier, model.calibration
    told = {
        "categories": classifier.categories,
        "learned": classifier.learned,
        "judged": [astuple(one) for one in calibration.judged],
        "count": calibration.count,
        "fitted": astuple(calibration.fitted),
    }
    text = json.dumps(told, separators=(",", ":")).encode()
    features, weights = array("I", classifier.rows), array("f")
    for row in classifier.rows.values():
        weights += row
    head = _HEAD.pack(FORM, len(text), len(features))
    return head + zlib.compress(b"".join((text, _portable(features), _portable(weights))), _LEVEL)


def unpacked(state: bytes) -> CategoryModel | None:
    """The model of these bytes; None when they are of another form, and everything is to be learned anew."""
    if len(state) < _HEAD.size or state[0] != FORM:
        return None
    _, length, count = _HEAD.unpack_from(state)
    content = memoryview(zlib.decompress(state[_HEAD.size :]))
    told = json.loads(bytes(content[:length]))
    classifier = Classifier(told["categories"], told["learned"])
    features, weights = array("I"), array("f")
    features.frombytes(content[length : length + 4 * count])
    weights.frombytes(content[length + 4 * count :])
    _make_native(features)
    _make_native(weights)
    size = classifier.row_size
    classifier.rows = {feature: weights[at * size : (at + 1) * size] for at, feature in enumerate(features)}
    judged = deque(Prediction(*one) for one in told["judged"])
    return CategoryModel(classifier, Calibration(judged, told["count"], Fitted(*told["fitted"])))


def _portable(numbers: array[int] | array[float]) -> bytes:
    copy = numbers[:]
    _make_native(copy)
    return copy.tobytes()


def _make_native(numbers: array[int] | array[float]) -> None:
    """Little-endian to this machine's order, or back."""
    if sys.byteorder == "big":
        numbers.byteswap()
