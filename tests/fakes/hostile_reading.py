"""Reads every hostile shape in a child of its own and prints what that needed: `python -m fakes.hostile_reading`.

One JSON object a line: `shape`, `seconds`, `megabytes`, `defects`, `error`.
"""

from __future__ import annotations

import json
from functools import partial

from fakes.bounded_child import spent_on
from fakes.hostile_shapes import HEAD, SHAPES
from fakes.sound_message import assert_sound
from intakebot.reading.content_key import content_key, message_id_of
from intakebot.reading.message import read_message


def defects_of(raw: bytes) -> tuple[str, ...]:
    """Everything that is done to a mail before anybody looks at it; gives the defects."""
    message = read_message(raw, languages=("en", "de"), own_domains=frozenset({"helpdesk.example"}))
    content_key(raw)
    message_id_of(raw)
    assert_sound(message)
    return message.defects


def main() -> None:
    """Every shape; the language model is loaded first, so that its memory is not counted as a mail's."""
    defects_of(HEAD + b"\r\nLong enough to ask for the language.")
    for shape, (make, _) in SHAPES.items():
        spent = spent_on(partial(defects_of, make()))
        figures = {"shape": shape, "seconds": spent.seconds, "megabytes": spent.megabytes}
        print(json.dumps(figures | {"defects": spent.outcome or (), "error": spent.error}), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
