"""The collector of cycles rests while rules are loaded, and works afterwards."""

from __future__ import annotations

import gc
import weakref

import pytest

from intakebot.rules.decide import decide
from intakebot.rules.lasting import lasting_objects
from unit.rules.nodes import one_rule


def test_the_collector_rests_meanwhile_and_works_afterwards() -> None:
    with lasting_objects():
        assert not gc.isenabled()
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0
    with pytest.raises(ValueError, match="refused"), lasting_objects():
        raise ValueError("refused")
    assert gc.isenabled()
    gc.unfreeze()


def test_what_is_garbage_already_does_not_stay() -> None:
    class Knot:
        def __init__(self) -> None:
            self.itself = self

    tied = weakref.ref(Knot())
    with lasting_objects():
        pass
    gc.collect()
    gc.unfreeze()
    assert tied() is None


def test_a_ruleset_is_freed_without_the_collector() -> None:
    gc.disable()
    try:
        ruleset = one_rule({"subject.matches": r"\bno\b", "body.words": ["a", "b c"]})
        decide({"subject": "no", "body": "b c"}, ruleset)
        gone = weakref.ref(ruleset.atoms[0])
        index = weakref.ref(ruleset.ready)
        del ruleset
        assert (gone(), index()) == (None, None)
    finally:
        gc.enable()
