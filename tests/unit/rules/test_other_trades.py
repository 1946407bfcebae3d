"""Rules for other trades load as a newcomer would write them, without a finding."""

from __future__ import annotations

from pathlib import Path

import pytest

from intakebot.rules.check import check_ruleset
from intakebot.rules.load import load_ruleset
from intakebot.rules.world import MOVE, RESOLVE, World
from unit.rules.nodes import parse

SAMPLES = Path(__file__).parents[2] / "samples" / "rules"
STEPS = frozenset({MOVE, RESOLVE})
SHOP = World(
    queues=frozenset({"service", "warehouse", "bookkeeping"}),
    workflows=frozenset({"orders"}),
    templates=frozenset({"track-your-parcel"}),
    agents=frozenset({"lead"}),
    serves={"service": frozenset({"orders"}), "warehouse": frozenset({"orders"}), "bookkeeping": frozenset({"orders"})},
    steps={"orders": STEPS},
)
HOSPITAL = World(
    queues=frozenset({"front-desk", "on-call", "clinical-systems", "workshop", "purchasing"}),
    workflows=frozenset({"request", "incident"}),
    templates=frozenset({"reset-your-password"}),
    policies=frozenset({"round-the-clock", "office-hours"}),
    serves={
        "on-call": frozenset({"incident"}),
        "front-desk": frozenset({"request"}),
        "clinical-systems": frozenset({"request", "incident"}),
    },
    steps={"request": STEPS, "incident": frozenset({MOVE})},
)


@pytest.mark.parametrize(("trade", "world"), [("shop", SHOP), ("hospital", HOSPITAL)])
def test_rules_of_another_trade_are_without_a_finding(trade: str, world: World) -> None:
    text = (SAMPLES / trade / "rules.yaml").read_text(encoding="utf-8")
    ruleset = load_ruleset([parse(text, f"{trade}.yaml")])

    assert sum(len(stage.rules) for stage in ruleset.stages) > 20
    assert [str(problem) for problem in check_ruleset(ruleset, world)] == []
