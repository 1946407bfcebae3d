"""Proposals: tasks that rules name. Each is a line of the history until somebody has the case in charge (decision 17).

Called wherever rules decide about a case: `open_case`, `further_case` and `look_again`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from intakebot.domain.actors import Actor
from intakebot.domain.case import Case, CaseEvent
from intakebot.domain.change import Change
from intakebot.rules.model import StageTrace
from intakebot.usecases.house import House


def proposed_tasks(
    house: House, case: Case, stages: Sequence[StageTrace], at: datetime, known: frozenset[str] = frozenset()
) -> Change:
    """One event for each task that a stage names; `known` are titles of tasks that the case has already."""
    return Change(
        events=tuple(
            CaseEvent(house.new_id(), case.id, "task.proposed", by, at, {}, title)
            for by, title in dict.fromkeys(_named(stages))
            if title not in known
        )
    )


def _named(stages: Sequence[StageTrace]) -> Iterator[tuple[Actor, str]]:
    """The tasks of all stages: who proposes, and the title. A stage names one task or a list of them."""
    for stage in stages:
        named = stage.outcome.get("task") or []
        by = Actor.rule(stage.applied[0].id if stage.applied else f"{stage.stage}.default")
        for task in named if isinstance(named, list) else [named]:
            yield by, str(task["title"] if isinstance(task, dict) else task)
