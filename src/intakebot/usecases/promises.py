"""Promises: watch that a case is solved by when its agreement says, and write down what comes near and what is broken.

The clock starts at registration and when a case is identified; `domain.lifecycle` stops it with the solution. When it
is due, `close` asks here. What is written down reaches agents as the history, and where there is a chat, by notices.
"""

from __future__ import annotations

from datetime import datetime

from intakebot.domain.actors import Actor
from intakebot.domain.case import Case, CaseEvent
from intakebot.domain.change import Change, TimerCleared
from intakebot.domain.organisation import AgreementPolicy
from intakebot.domain.promises import PROMISE, due_soon_at, promise_timers
from intakebot.ports import CaseFile
from intakebot.usecases.assessment import is_resolved
from intakebot.usecases.house import House


def watch_promise(house: House, case: Case, policy: AgreementPolicy, at: datetime) -> Change:
    """Start the clock of a case under a policy, or set it anew; a clock that is over is cleared."""
    if case.solve_by is None:
        return Change()
    soon = due_soon_at(policy, house.organisation.calendars[policy.calendar], case.opened_at)
    timers = promise_timers(case, (soon, case.solve_by), at)
    return Change(timers=timers) if timers else Change(timers_cleared=(TimerCleared(case.id, PROMISE),))


def warn(house: House, file: CaseFile, at: datetime) -> Change:
    """The line of history, and the clock's next moment; nothing for a case that is resolved."""
    case = file.case
    if case.solve_by is None or is_resolved(house, file):
        return Change()
    kind = "agreement.due-soon" if at < case.solve_by else "agreement.overdue"
    note = f"the solution {'is' if at < case.solve_by else 'was'} promised by {case.solve_by:%Y-%m-%d %H:%M} UTC"
    event = CaseEvent(house.new_id(), case.id, kind, Actor.timer(PROMISE), at, {}, note)
    return Change(events=(event,), timers=promise_timers(case, (case.solve_by,), at))
