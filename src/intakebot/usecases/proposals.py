"""Proposals: tasks that rules name. Each is a line of the history until somebody has the case in charge (decision 17).

Made wherever rules decide about a case (`open_case`, `further_case`, `look_again`) and shown by `questions`. The line
holds the title; for whom the rule meant the task is in the stored decision, and is read from there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from intakebot.domain.actors import Actor
from intakebot.domain.case import Case, CaseEvent
from intakebot.domain.change import Change
from intakebot.ports import Archive
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


def open_proposals(
    archive: Archive, case: Mapping[str, Any], events: Sequence[Mapping[str, Any]]
) -> list[dict[str, str]]:
    """The proposed tasks of a stored case that nobody has made yet, in the order of its history.

    Each has `title`, `queue`, `assignee`, `handover` (the order's number) and `handover_kind` (what kind of order it
    waits for, as the rule says); '' where the rule leaves it to whoever makes the task.
    """
    made = {task["title"] for task in case["tasks"]}
    titles = dict.fromkeys(event["note"] for event in events if event["kind"] == "task.proposed")
    still = [title for title in titles if title not in made]
    if not still:
        return []
    meant = {task["title"]: task for trace in archive.decisions(case["number"]) for task in _meant(trace["trace"])}
    return [meant.get(title) or _task(title) for title in still]


def _meant(trace: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    for stage in trace.get("stages") or ():
        yield from map(_task, _listed(stage["outcome"]))


def _task(named: Any) -> dict[str, str]:  # noqa: ANN401 - what a rule wrote: a title, or a record that the check knows
    task = named if isinstance(named, Mapping) else {"title": named}
    handover = task.get("handover") or {}
    return {
        "title": str(task["title"]),
        "queue": str(task.get("queue") or ""),
        "assignee": str(task.get("assignee") or ""),
        "handover": str(handover.get("reference") or ""),
        "handover_kind": str(handover.get("kind") or ""),
    }


def _named(stages: Sequence[StageTrace]) -> Iterator[tuple[Actor, str]]:
    """The tasks of all stages: who proposes, and the title."""
    for stage in stages:
        by = Actor.rule(stage.applied[0].id if stage.applied else f"{stage.stage}.default")
        for task in _listed(stage.outcome):
            yield by, _task(task)["title"]


def _listed(outcome: Mapping[str, Any]) -> list[Any]:
    """A stage names one task or a list of them."""
    named = outcome.get("task") or []
    return list(named) if isinstance(named, list | tuple) else [named]
