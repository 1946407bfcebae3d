"""Every folder of tests/bad_rules is found wrong for exactly what its `expected.txt` says. # case K05

A folder is named after a check and holds the rules; `base.yaml` of `good`, which completes them, unless it has its own.
A line of `expected.txt` is the severity, the line in `rules.yaml`, and the sentence.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from intakebot.domain.errors import ConfigError, Problem
from intakebot.rules.check import CHECKS, check_ruleset
from intakebot.rules.load import load_ruleset
from intakebot.rules.world import MOVE, RESOLVE, World
from unit.rules.nodes import parse

FOLDERS = Path(__file__).parents[2] / "bad_rules"
GOOD = FOLDERS / "good"
BAD = sorted(path for path in FOLDERS.iterdir() if path != GOOD)
REPAIR_SHOP = World(
    queues=frozenset({"desk", "field", "triage"}),
    workflows=frozenset({"support", "repair", "survey"}),
    templates=frozenset({"how-to-reset"}),
    agents=frozenset({"ada"}),
    categories=frozenset({"general", "invoice", "device/broken", "device/lost"}),
    policies=frozenset({"gold", "silver"}),
    markers=frozenset({"callback"}),
    statuses=frozenset({"New", "Waiting", "Done"}),
    languages=frozenset({"en", "de", "fr"}),
    tiers=frozenset({"gold", "silver"}),
    serves={"desk": frozenset({"support", "survey"}), "field": frozenset({"repair"})},
    steps={"support": frozenset({MOVE, RESOLVE}), "repair": frozenset({MOVE}), "survey": frozenset({MOVE})},
    reached=frozenset({"triage"}),
)


def found(folder: Path) -> list[Problem]:
    base = folder / "base.yaml" if (folder / "base.yaml").exists() else GOOD / "base.yaml"
    files = [base, folder / "rules.yaml"]
    try:
        ruleset = load_ruleset([parse(file.read_text(encoding="utf-8"), file.name) for file in files])
    except ConfigError as refused:
        return list(refused.problems)
    return check_ruleset(ruleset, REPAIR_SHOP)


def shown(problem: Problem) -> str:
    where = problem.line if problem.file == "rules.yaml" else f"{problem.file}:{problem.line}"
    return f"{problem.severity} {where} {problem.sentence}"


def test_the_good_ones_are_without_a_finding() -> None:
    assert found(GOOD) == []


@pytest.mark.parametrize("folder", BAD, ids=lambda path: path.name)
def test_is_found_wrong_for_its_reasons(folder: Path) -> None:
    expected = (folder / "expected.txt").read_text(encoding="utf-8").splitlines()

    assert [shown(problem) for problem in found(folder)] == expected


def test_every_check_has_a_folder() -> None:
    assert {folder.name for folder in BAD} == set(CHECKS)


@pytest.mark.parametrize("folder", BAD, ids=lambda path: path.name)
def test_a_warning_is_called_one(folder: Path) -> None:
    severities = {line.split()[0] for line in (folder / "expected.txt").read_text(encoding="utf-8").splitlines()}

    assert ("(warning)" in CHECKS[folder.name]) is (severities == {"warning"})
