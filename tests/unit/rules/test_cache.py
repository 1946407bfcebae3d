"""A checked ruleset kept as bytes: it comes back as it was, or not at all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intakebot.domain.errors import Problem
from intakebot.rules.cache import cache_key, from_bytes, to_bytes
from intakebot.rules.decide import decide
from intakebot.rules.world import World
from unit.rules.dice import Dice
from unit.rules.nodes import WORLD, ruleset_of, shipped

FILES = [("a.yaml", b"one"), ("b.yaml", b"two")]


def test_the_shipped_rules_come_back_as_they_were() -> None:
    ruleset, found = shipped(), (Problem("a.yaml", 3, "list 'a' is not used", "warning"),)
    kept = from_bytes(to_bytes(ruleset, found, "key"), "key", ruleset.sources)
    assert kept is not None
    again, warnings = kept
    assert (again, warnings) == (ruleset, found)
    facts = {"subject": "KEY-123456 no signal", "case.workflow": "crc", "customer.id": "1"}
    assert decide(facts, again) == decide(facts, ruleset)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**64).map(Dice))
def test_any_rules_come_back_as_they_were(dice: Dice) -> None:
    ruleset = ruleset_of(**dice.stages())
    kept = from_bytes(to_bytes(ruleset, (), "key"), "key")
    assert kept == (ruleset, ())
    again = kept[0]
    assert decide(facts := dice.facts(), again) == decide(facts, ruleset)


@settings(deadline=None)
@given(st.data())
def test_bytes_that_anybody_touched_give_nothing(data: st.DataObject) -> None:
    kept = to_bytes(ruleset_of(), (), "key")
    place = data.draw(st.integers(0, len(kept) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != kept[place]))
    assert from_bytes(kept[:place] + bytes([byte]) + kept[place + 1 :], "key") is None
    assert from_bytes(kept[:place], "key") is None


@pytest.mark.parametrize("content", [b"", b"\x00" * 200, b"{}", b"intakebot.ruleset/1 key \n{}"])
def test_foreign_bytes_give_nothing(content: bytes) -> None:
    assert from_bytes(content, "key") is None


def test_a_ruleset_is_kept_under_what_it_follows_from() -> None:
    assert from_bytes(to_bytes(ruleset_of(), (), "key"), "other") is None


CHANGED: list[Any] = [
    pytest.param("2", FILES, WORLD, id="program"),
    pytest.param("1", FILES[:1], WORLD, id="file-gone"),
    pytest.param("1", [("c.yaml", b"one"), FILES[1]], WORLD, id="file-renamed"),
    pytest.param("1", [("a.yaml", b"other"), FILES[1]], WORLD, id="content"),
    pytest.param("1", [("a.yaml", b"onet"), ("b.yaml", b"wo")], WORLD, id="content-moved"),
    pytest.param("1", FILES, replace(WORLD, queues=frozenset({"crc"})), id="queue-gone"),
    pytest.param("1", FILES, replace(WORLD, categories=frozenset()), id="no-category-is-not-any-category"),
    pytest.param("1", FILES, World(), id="empty-world"),
]


@pytest.mark.parametrize(("program", "files", "world"), CHANGED)
def test_the_key_changes_with_everything_that_a_check_rests_on(program: str, files: Any, world: World) -> None:
    assert cache_key("1", FILES, WORLD) == cache_key("1", FILES, replace(WORLD))
    assert cache_key(program, files, world) != cache_key("1", FILES, WORLD)
