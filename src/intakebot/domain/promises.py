"""Promises: an agreement says by when a case is solved, and somebody hears of it before and when that is broken.

One timer per case runs for it, the `PROMISE`, beside those of the workflow: `transition` clears it when the case is
resolved and sets it again when the case comes back; `usecases.promises` starts it and acts on it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, TypeAlias

from intakebot.domain.calendar import Calendar
from intakebot.domain.case import Case
from intakebot.domain.change import Timer
from intakebot.domain.organisation import AgreementPolicy, Organisation

PROMISE: Final = "agreement"
"""The kind of the timer."""
DUE_SOON_AFTER: Final = 0.75
"""The part of the promised time after which a solution is due soon."""

Warnings: TypeAlias = Callable[[Case], Sequence[datetime]]


def no_warnings(_case: Case) -> Sequence[datetime]:
    """Nobody hears of a promise."""
    return ()


def due_soon_at(policy: AgreementPolicy, calendar: Calendar, opened_at: datetime) -> datetime:
    """When a solution that this policy promises is due soon, in the open time of its calendar."""
    return calendar.after(opened_at, policy.solve_within * DUE_SOON_AFTER)


def warnings_of(organisation: Organisation, case: Case) -> Sequence[datetime]:
    """The moments at which somebody hears of a case's promise, in order; none when nothing was promised.

    The policy is the one that gives the promised moment. A case that took over another one's promise has none; of
    its time, the plain part counts.
    """
    if case.solve_by is None:
        return ()
    for policy in organisation.policies.values():
        calendar = organisation.calendars[policy.calendar]
        if calendar.after(case.opened_at, policy.solve_within) == case.solve_by:
            return (due_soon_at(policy, calendar, case.opened_at), case.solve_by)
    return (case.opened_at + (case.solve_by - case.opened_at) * DUE_SOON_AFTER, case.solve_by)


def promise_timers(case: Case, moments: Sequence[datetime], at: datetime) -> tuple[Timer, ...]:
    """The timer of the next moment that is still ahead; none when there is none."""
    ahead = [moment for moment in moments if moment > at]
    return (Timer(case.id, PROMISE, min(ahead)),) if ahead else ()
