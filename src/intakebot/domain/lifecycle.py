"""The one transition function: every door moves a case through `transition`, and through nothing else.

It looks the action up in the workflow's table, asks the guards, and returns the whole `Change`; a refusal
raises `RefusedError` with a stable code and changes nothing. What a move means follows from the kind of the
state it reaches: in charge = somebody owns it, waiting = a queue holds it, resolved = tasks are finished.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from intakebot.domain.calendar import ALWAYS, Calendar
from intakebot.domain.case import Case, Comment, CommentKind, Task, TaskStatus, alter
from intakebot.domain.change import Change, Timer, TimerCleared
from intakebot.domain.errors import RefusedError
from intakebot.domain.guards import GUARDS, Step
from intakebot.domain.promises import PROMISE, Warnings, no_warnings, promise_timers
from intakebot.domain.workflow import StateKind, TimerRule, Transition, Workflow

NextId = Callable[[], int]
_AT_REST = (StateKind.RESOLVED, StateKind.CLOSED)
"""Where no promise is waited for."""


@dataclass(frozen=True, slots=True)
class CaseInHand:
    """A case with what a decision about it must see: its open and finished tasks and its workflow.

    `warnings` gives the moments at which somebody hears of the promise that its agreement makes.
    """

    case: Case
    workflow: Workflow
    tasks: tuple[Task, ...] = ()
    calendar: Calendar = ALWAYS
    warnings: Warnings = no_warnings

    def after(self, change: Change) -> CaseInHand:
        """The same case as it is after a change."""
        tasks = {task.id: task for task in (*self.tasks, *change.tasks) if task.case_id == self.case.id}
        cases = [case for case in change.cases if case.id == self.case.id]
        return replace(self, case=cases[-1] if cases else self.case, tasks=tuple(tasks.values()))


def refuse_if_final(case: Case) -> None:
    """Closed, void and merged cases are immutable: refuse whatever is asked."""
    if case.closed_at is not None:
        raise RefusedError(
            "case.closed", f"{case.label} is closed: no change is possible; a new contact opens a linked case"
        )
    if case.ended_as is not None:
        raise RefusedError("case.ended", f"{case.label} has ended as {case.ended_as.value}: no change is possible")


def allowed(hand: CaseInHand, step: Step) -> Transition:
    """The transition that `step` would take; raises RefusedError with the reason when it may not."""
    refuse_if_final(hand.case)
    line = hand.workflow.step(hand.case.status, step.action)
    if line is None:
        possible = ", ".join(dict.fromkeys(hand.workflow.actions_from(hand.case.status))) or "nothing"
        raise RefusedError(
            "transition.not-allowed",
            f"{hand.case.label} is {hand.case.status}: {step.action} is not possible now; possible: {possible}",
        )
    for name in line.guards:
        sentence = GUARDS[name](hand.case, hand.tasks, step)
        if sentence:
            raise RefusedError(f"guard.{name}", f"{hand.case.label}: {sentence}")
    return line


def transition(hand: CaseInHand, step: Step, new_id: NextId) -> Change:
    """Take one step of the process. Raises RefusedError; nothing has changed then."""
    line = allowed(hand, step)
    status = line.target
    if line.target_without_owner and not step.owner_active:
        status = line.target_without_owner
    fields = _fields_on_arrival(hand, step, line, hand.workflow.kind_of(status))
    case, event = alter(hand.case, new_id(), line.event, step.by, step.at, step.comment, status=status, **fields)
    set_timers, cleared = _timers(hand, case, step.at)
    return Change(
        cases=(case,),
        events=(event,),
        tasks=_finish_tasks(hand, step, hand.workflow.kind_of(status)),
        comments=_dated_comment(case, step, new_id),
        timers=set_timers,
        timers_cleared=cleared,
    )


def _fields_on_arrival(hand: CaseInHand, step: Step, line: Transition, kind: StateKind) -> dict[str, object]:
    case = hand.case
    if kind is StateKind.WAITING:
        queue = step.queue.name if step.queue else case.queue
        assignee = step.assignee.id if step.assignee else None
        if not queue and "target" not in line.guards:  # only that guard lets an assignee stand for a queue
            raise RefusedError("guard.queue", f"{case.label}: name the queue; it was in none, so nobody would find it")
        return {"queue": queue, "assignee": assignee, "owner": None, **_back_to_work(case)}
    if kind is StateKind.IN_CHARGE and line.closes_when_sent:
        owner = step.by.agent_id or case.owner
        return {"owner": owner, "assignee": None, "resolution": step.resolution, "close_when_sent": True}
    if kind is StateKind.IN_CHARGE:
        owner = case.owner if line.target_without_owner else step.by.agent_id
        return {"owner": owner, "assignee": None, **_back_to_work(case)}
    if kind is StateKind.RESOLVED:
        owner = case.owner or step.by.agent_id
        answered = {"resolution": step.resolution, "resolved_at": step.at, "close_when_sent": False}
        return {"owner": owner, "assignee": None, **answered}
    return {"closed_at": step.at, "close_when_sent": False}


def _back_to_work(case: Case) -> dict[str, object]:
    """A case that comes back has no answer any more; what was sent stays in its history."""
    return {"resolution": None, "resolved_at": None, "close_when_sent": False} if case.resolution else {}


def _finish_tasks(hand: CaseInHand, step: Step, kind: StateKind) -> tuple[Task, ...]:
    if kind not in (StateKind.RESOLVED, StateKind.CLOSED):
        return ()
    return tuple(
        replace(task, status=TaskStatus.COMPLETED, completed_at=step.at, reason="closed-with-case")
        for task in hand.tasks
        if task.is_open
    )


def _dated_comment(case: Case, step: Step, new_id: NextId) -> tuple[Comment, ...]:
    if not step.comment:
        return ()
    return (Comment(new_id(), case.id, CommentKind.COMMENT, step.by, step.at, step.comment),)


def _timers(hand: CaseInHand, case: Case, at: datetime) -> tuple[tuple[Timer, ...], tuple[TimerCleared, ...]]:
    old = tuple(TimerCleared(case.id, rule.action) for rule in hand.workflow.timers if rule.state == hand.case.status)
    new = tuple(
        Timer(case.id, rule.action, _due(rule, hand.calendar, at))
        for rule in hand.workflow.timers
        if rule.state == case.status
    )
    ran, runs = (hand.workflow.kind_of(status) not in _AT_REST for status in (hand.case.status, case.status))
    if ran and not runs and case.solve_by:
        old += (TimerCleared(case.id, PROMISE),)
    elif runs and not ran:
        new += promise_timers(case, hand.warnings(case), at)
    return new, old


def _due(rule: TimerRule, calendar: Calendar, at: datetime) -> datetime:
    return calendar.days_after(at, rule.after.days) if rule.business_days else at + rule.after
