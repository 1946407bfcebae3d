"""Tasks: pieces of a case's work with a queue or assignee of their own. Called by `act` and by `evidence`."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from intakebot.domain.actors import Actor
from intakebot.domain.case import Task, TaskStatus
from intakebot.domain.change import Change
from intakebot.domain.commands import AddTask
from intakebot.domain.errors import NotFoundError, RefusedError
from intakebot.domain.lifecycle import refuse_if_final
from intakebot.domain.workflow import StateKind
from intakebot.ports import CaseFile
from intakebot.usecases.house import House
from intakebot.usecases.rights import refuse_stranger_to_task
from intakebot.usecases.route import noted


def add_task(house: House, file: CaseFile, command: AddTask, by: Actor, at: datetime) -> Change:
    """Add a task and dispatch it. The case must be in charge of somebody (decision 17)."""
    refuse_if_final(file.case)
    kind = house.organisation.workflows[file.case.workflow].kind_of(file.case.status)
    if kind is not StateKind.IN_CHARGE:
        raise RefusedError(
            "task.not-in-charge", f"{file.case.label} is {file.case.status}: take it in charge before adding tasks"
        )
    if not (command.queue or command.assignee or command.handover):
        raise RefusedError("task.target", "name a queue, an assignee or a handover reference for the task")
    queue = house.queue(command.queue).name if command.queue else ""
    assignee = house.agent(command.assignee).id if command.assignee else None
    status = TaskStatus.QUEUED if queue or assignee else TaskStatus.ACCEPTED
    task = Task(house.new_id(), file.case.id, command.title, status, at, queue, assignee, command.handover)
    return Change(tasks=(task,)) + noted(house, house.hand_of(file), "task.added", command.title, by, at)


def accept_task(house: House, file: CaseFile, task_id: int, by: Actor, at: datetime) -> Change:
    """Accept a queued task; the asking agent becomes its assignee."""
    task = _open_task(file, task_id)
    if task.status is TaskStatus.ACCEPTED and task.assignee:
        raise RefusedError("task.accepted", f"the task is {task.assignee}'s already")
    agent = house.acting_agent(by)
    if agent and task.assignee and task.assignee != agent.id:
        raise RefusedError("guard.may-work", f"the task {task.title!r} was dispatched to {task.assignee}")
    if agent and task.queue and task.queue not in agent.queues and task.assignee != agent.id:
        raise RefusedError("guard.may-work", f"{agent.name} may not work in the queue {task.queue}")
    accepted = replace(task, status=TaskStatus.ACCEPTED, assignee=by.agent_id)
    return Change(tasks=(accepted,)) + noted(house, house.hand_of(file), "task.accepted", task.title, by, at)


def complete_task(house: House, file: CaseFile, task_id: int, by: Actor, at: datetime) -> Change:
    """Complete an accepted task: for the agent who accepted it, or for one who works in its queue."""
    task = _open_task(file, task_id)
    if task.status is not TaskStatus.ACCEPTED:
        raise RefusedError("task.not-accepted", f"the task is {task.status.value}: accept it before completing it")
    refuse_stranger_to_task(house, file.case, task, by)
    done = replace(task, status=TaskStatus.COMPLETED, completed_at=at, reason="done")
    return Change(tasks=(done,)) + noted(house, house.hand_of(file), "task.completed", task.title, by, at)


def complete_handover(house: House, file: CaseFile, reference: str, by: Actor, at: datetime) -> Change:
    """Complete every open task of a case that was handed over to `reference`."""
    if file.case.is_final:
        return Change()
    change = Change()
    for task in file.tasks:
        if task.is_open and task.handover == reference:
            done = replace(task, status=TaskStatus.COMPLETED, completed_at=at, reason=f"handover {reference} completed")
            note = f"{task.title}: {reference} is complete"
            change += Change(tasks=(done,)) + noted(house, house.hand_of(file), "task.completed", note, by, at)
    return change


def _open_task(file: CaseFile, task_id: int) -> Task:
    refuse_if_final(file.case)
    task = next((task for task in file.tasks if task.id == task_id), None)
    if task is None:
        raise NotFoundError(f"there is no task {task_id} in {file.case.label}")
    if not task.is_open:
        raise RefusedError("task.completed", f"the task {task.title!r} is completed already")
    return task
