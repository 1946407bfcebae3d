"""Rights: an agent acts where the agent works. Asked before every command, whichever door it came through.

Rules, timers and the system have no queue and are not asked. What a right allows the process may still refuse: its
guards come after, in `domain.lifecycle`. Everybody of the house may read everything.
"""

from __future__ import annotations

from intakebot.domain.actors import Actor
from intakebot.domain.case import Case, Task
from intakebot.domain.errors import RefusedError
from intakebot.usecases.house import House


def refuse_stranger(house: House, case: Case, by: Actor) -> None:
    """Raise RefusedError unless the agent works in the case's queue, owns the case, or it was dispatched to them."""
    agent = house.acting_agent(by)
    if agent is None or agent.id in (case.owner, case.assignee) or _queue_of(house, case) in agent.queues:
        return
    raise RefusedError(
        "agent.queue",
        f"{case.label} is in the queue {case.queue or 'of nobody'}, where {agent.name} does not work; "
        f"{agent.name} works in: {', '.join(agent.queues) or 'none'}",
    )


def refuse_stranger_to_task(house: House, case: Case, task: Task, by: Actor) -> None:
    """The same for a task: who accepted it, or who works in its queue (in the case's, if it has none of its own)."""
    agent = house.acting_agent(by)
    if agent is None or agent.id == task.assignee:
        return
    if not task.queue:
        refuse_stranger(house, case, by)
    elif task.queue not in agent.queues:
        holder = task.assignee or task.queue
        raise RefusedError(
            "agent.queue", f"the task {task.title!r} is {holder}'s, and {agent.name} does not work there"
        )


def _queue_of(house: House, case: Case) -> str:
    """The queue whose people may act; a case in a queue that no configuration knows is everybody's in triage."""
    return case.queue if case.queue in house.organisation.queues else house.organisation.triage_queue
