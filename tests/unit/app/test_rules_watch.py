"""What a look at the rule files calls for: they count once two looks agree on them."""

from __future__ import annotations

import pytest

from intakebot.app.rules_watch import Seen, Step, next_step

REST, WAIT, LOAD = Step.REST, Step.WAIT, Step.LOAD


@pytest.mark.parametrize(
    ("digests", "steps"),
    [
        ("aaa", [REST, REST, REST]),
        ("abb", [REST, WAIT, LOAD]),
        ("abbb", [REST, WAIT, LOAD, REST]),
        ("bcdd", [WAIT, WAIT, WAIT, LOAD]),  # somebody is writing
        ("ba", [WAIT, REST]),  # taken back before it counted
        ("bbaa", [WAIT, LOAD, WAIT, LOAD]),  # taken back after it counted
        ("baba", [WAIT, REST, WAIT, REST]),
        ("bbcbcc", [WAIT, LOAD, WAIT, REST, WAIT, LOAD]),
    ],
)
def test_files_count_when_they_stand_still(digests: str, steps: list[Step]) -> None:
    seen, taken = Seen("a", "a"), []
    for digest in digests:
        seen, step = next_step(seen, digest)
        taken.append(step)
    assert taken == steps
