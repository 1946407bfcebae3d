"""Guards: the conditions that workflow files name, each a pure function that returns a sentence or nothing.

A guard that refuses gives the error code `guard.<name>`. The names in `GUARDS` are the ones a workflow may use.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

from intakebot.domain.actors import Actor, ActorKind
from intakebot.domain.case import Case, Resolution, Task

if TYPE_CHECKING:
    from intakebot.domain.organisation import Agent, Queue


@dataclass(frozen=True, slots=True)
class Step:
    """What somebody asks of a case: the workflow's action, who asks, when, and what comes with it.

    `agent` is the acting agent's record (None for rules, timers and the system). `cause` says why a case comes
    back: `caller-answered` or `hard-bounce`. `owner_active` is whether the case's human owner can take it back.
    """

    action: str
    by: Actor
    at: datetime
    agent: Agent | None = None
    queue: Queue | None = None
    assignee: Agent | None = None
    comment: str = ""
    resolution: Resolution | None = None
    cause: str = ""
    owner_active: bool = False


Guard: TypeAlias = Callable[[Case, tuple[Task, ...], Step], str]


def target(case: Case, _tasks: tuple[Task, ...], step: Step) -> str:
    """A queue that serves this process, or an active assignee, must be named in the same act."""
    if step.queue is None and step.assignee is None:
        return f"name the queue or the assignee to {step.action} to; a case without one never arrives"
    if step.queue is not None and case.workflow not in step.queue.workflows:
        return f"the queue {step.queue.name} does not serve the process {case.workflow}"
    if step.assignee is not None and not step.assignee.active:
        return f"{step.assignee.name} is not active"
    return ""


def queue(case: Case, tasks: tuple[Task, ...], step: Step) -> str:
    """A queue must be named in the same act; an assignee alone is not enough."""
    if step.queue is None:
        return f"name the queue to {step.action} to; without a queue the case never gets there"
    return target(case, tasks, step)


def elsewhere(case: Case, _tasks: tuple[Task, ...], step: Step) -> str:
    """A case that already waits moves only to another queue or assignee, and with a comment."""
    same_queue = step.queue is None or step.queue.name == case.queue
    same_person = (step.assignee.id if step.assignee else None) == case.assignee
    if same_queue and same_person:
        return f"it waits in {case.queue} already; name another queue or assignee"
    return "" if step.comment else "say in a comment why it moves"


def may_work(case: Case, _tasks: tuple[Task, ...], step: Step) -> str:
    """The agent may work in the queue that holds the case, or the case was dispatched to that agent."""
    if step.by.kind is not ActorKind.AGENT:
        return ""
    if step.agent is None or not step.agent.active:
        return f"{step.by.name} is no active agent"
    if case.assignee and case.assignee != step.agent.id:
        return f"it was dispatched to {case.assignee}; dispatch it again to change that"
    if case.queue and case.queue not in step.agent.queues and case.assignee != step.agent.id:
        return f"{step.agent.name} may not work in the queue {case.queue}"
    return ""


def in_charge(case: Case, _tasks: tuple[Task, ...], step: Step) -> str:
    """Only the owner acts on a case that somebody has in charge."""
    if case.owner and step.by.kind is ActorKind.AGENT and step.by.name != case.owner:
        return f"{case.owner} has it in charge; send it to a queue first, then take it"
    return ""


def resolution_entered(_case: Case, _tasks: tuple[Task, ...], step: Step) -> str:
    """A resolution has to be entered."""
    return (
        ""
        if step.resolution and step.resolution.text.strip()
        else "enter the resolution: the answer that the caller gets"
    )


def resolution_sent(case: Case, _tasks: tuple[Task, ...], _step: Step) -> str:
    """The resolution has to be sent, that is taken by the next hop, and no bounce be known."""
    if case.resolution is None:
        return "it has no resolution; resolve it first"
    return "" if case.resolution_sent else "its resolution has not been sent yet; see its delivery"


def final_answer(case: Case, _tasks: tuple[Task, ...], _step: Step) -> str:
    """Only a case that was answered finally closes from here."""
    return "" if case.close_when_sent else "resolve it first; only a final answer closes a case that is in charge"


def reason(_case: Case, _tasks: tuple[Task, ...], step: Step) -> str:
    """A case comes back when the caller answered, when the resolution bounced, or by an agent with a comment."""
    if step.cause in {"caller-answered", "hard-bounce"}:
        return ""
    if step.by.kind is ActorKind.AGENT and step.comment:
        return ""
    return "say in a comment why it comes back"


GUARDS: Mapping[str, Guard] = {
    "target": target,
    "queue": queue,
    "elsewhere": elsewhere,
    "may-work": may_work,
    "in-charge": in_charge,
    "resolution-entered": resolution_entered,
    "resolution-sent": resolution_sent,
    "final-answer": final_answer,
    "reason": reason,
}
