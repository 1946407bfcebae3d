"""Checked rules are kept beside the data: the next start takes them from there, and only those."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from intakebot.app.rule_loading import CACHE_FILE, Loaded, load_and_check
from intakebot.config.rule_files import RuleFiles
from intakebot.domain.errors import ConfigError
from intakebot.rules.world import World

RULES = """schema: intakebot.rules/1
lists: {idle: [never, used]}
stages:
  classify:
    default: {category: general}
    rules: [{id: a, when: {subject.words: WORD}, then: {category: found}}]
  route: {default: {crc: {queue: crc}}}
"""
WORLD = World(queues=frozenset({"crc"}), workflows=frozenset({"crc"}))


def files(word: str = "pump", name: str = "rules/a.yaml") -> RuleFiles:
    return RuleFiles({name: RULES.replace("WORD", word).encode()})


def same(one: Loaded, other: Loaded) -> bool:
    sources = (one.ruleset and one.ruleset.sources) == (other.ruleset and other.ruleset.sources)
    return one == other and sources


def test_what_was_checked_comes_back_whole(tmp_path: Path) -> None:
    first = load_and_check(files(), WORLD, tmp_path)
    assert [problem.severity for problem in first.problems].count("warning") == len(first.problems) > 0
    assert stat.S_IMODE((tmp_path / CACHE_FILE).stat().st_mode) == 0o600
    assert same(load_and_check(files(), WORLD, tmp_path), first)
    assert same(load_and_check(files(), WORLD), first), "as it is without anything kept"


def test_it_is_taken_from_there(tmp_path: Path) -> None:
    load_and_check(files(), WORLD, tmp_path)
    written = (tmp_path / CACHE_FILE).stat().st_mtime_ns, (tmp_path / CACHE_FILE).read_bytes()
    load_and_check(files(), WORLD, tmp_path)
    assert ((tmp_path / CACHE_FILE).stat().st_mtime_ns, (tmp_path / CACHE_FILE).read_bytes()) == written


@pytest.mark.parametrize(
    ("later", "world"),
    [
        (files("tap"), WORLD),
        (files(name="rules/b.yaml"), WORLD),
        (files(), World(queues=frozenset({"crc", "noc"}), workflows=frozenset({"crc"}))),
    ],
    ids=["words", "name", "world"],
)
def test_anything_else_is_loaded_anew(tmp_path: Path, later: RuleFiles, world: World) -> None:
    load_and_check(files(), WORLD, tmp_path)
    assert same(load_and_check(later, world, tmp_path), load_and_check(later, world))


@pytest.mark.parametrize(
    "harm",
    [
        lambda path: path.write_bytes(path.read_bytes()[:-3]),
        lambda path: path.write_bytes(b"\x00" * 99),
        lambda path: (path.unlink(), path.mkdir()),
        lambda path: path.unlink(),
    ],
    ids=["cut", "foreign", "folder", "gone"],
)
def test_a_file_that_is_no_such_file_costs_time_only(tmp_path: Path, harm: Callable[[Path], object]) -> None:
    first = load_and_check(files(), WORLD, tmp_path)
    harm(tmp_path / CACHE_FILE)
    assert same(load_and_check(files(), WORLD, tmp_path), first)


def test_rules_with_errors_are_not_kept(tmp_path: Path) -> None:
    bad = load_and_check(RuleFiles({"rules/a.yaml": b"schema: intakebot.rules/1\n"}), WORLD, tmp_path)
    assert bad.errors
    assert not (tmp_path / CACHE_FILE).exists()
    with pytest.raises(ConfigError):
        _ = bad.usable


def test_a_file_that_is_no_text_is_named_beside_rules_that_are_kept(tmp_path: Path) -> None:
    load_and_check(files(), WORLD, tmp_path)
    written = RULES.replace("WORD", "caf\N{LATIN SMALL LETTER E WITH ACUTE}").encode("latin-1")
    loaded = load_and_check(RuleFiles({"rules/a.yaml": written}), WORLD, tmp_path)
    assert [str(problem) for problem in loaded.errors] == ["rules/a.yaml:6: is not valid UTF-8"]
