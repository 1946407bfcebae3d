"""A small desk for tests of the domain: the shipped processes, a few people, cases in any status."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from intakebot.config.settings import load_settings
from intakebot.domain.actors import SYSTEM, Actor
from intakebot.domain.case import Case, Resolution
from intakebot.domain.guards import Step
from intakebot.domain.lifecycle import CaseInHand
from intakebot.domain.workflow import StateKind

HOUSE = load_settings(Path(__file__).parents[3] / "config", {}).organisation
NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
SENT = Resolution("Restart it.", SYSTEM, NOON, sent_at=NOON)
UNSENT = Resolution("Restart it.", SYSTEM, NOON)
HOME = {"manage-case": "support", "crc": "crc", "crc-technical": "noc"}
"""The queue in which a case of each process waits in these tests."""


def case_in(process: str, status: str, **fields: Any) -> CaseInHand:
    """A case as it would be in a status: with a queue, and an owner where somebody has it in charge."""
    workflow = HOUSE.workflows[process]
    kind = workflow.kind_of(status)
    usual: dict[str, Any] = {"queue": "" if kind is StateKind.REGISTERED else HOME[process]}
    if kind in {StateKind.IN_CHARGE, StateKind.RESOLVED}:
        usual["owner"] = "dana"
    if kind is StateKind.RESOLVED:
        usual |= {"resolution": UNSENT, "resolved_at": NOON}
    if kind is StateKind.CLOSED:
        usual |= {"resolution": SENT, "closed_at": NOON}
    case = Case(1, 1001, process, status, "No signal", "", "email", NOON, **(usual | fields))
    return CaseInHand(case, workflow)


def step(action: str, agent: str = "dana", at: datetime = NOON, **fields: Any) -> Step:
    """What an agent asks; `queue` and `assignee` by name. `by` replaces the agent by another actor."""
    fields["queue"] = HOUSE.queues[fields["queue"]] if fields.get("queue") else None
    fields["assignee"] = HOUSE.agents[fields["assignee"]] if fields.get("assignee") else None
    by = fields.pop("by", None)
    if by is not None:
        return Step(action, by, at, **fields)
    return Step(action, Actor.agent(agent), at, agent=HOUSE.agents[agent], **fields)


def ids() -> Any:
    """A source of ids."""
    return count(1).__next__
