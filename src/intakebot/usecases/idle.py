"""Idle: a case that nobody touched for so many hours is looked at by the rules on `idle`.

A touch is anything that a person or the caller did; what rules and timers do counts for nothing. One timer per case
stands at the next number of hours that a rule asks for; each touch sets it anew. A rule has its turn once in each
time without a touch: its turn is a line of the history, and whoever had one is passed over. So it ends.

A case that is resolved waits for its closing, not for a person, and is not idle.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from intakebot.domain.actors import Actor, ActorKind
from intakebot.domain.case import Case, CaseEvent
from intakebot.domain.change import Change, Timer, TimerCleared
from intakebot.domain.workflow import StateKind
from intakebot.ports import CaseFile, Store
from intakebot.usecases.house import House
from intakebot.usecases.look_again import ask_again

IDLE: Final = "idle"
"""The kind of the timer."""
HAD_ITS_TURN: Final = "case.left-idle"
"""The event of a rule that found a case idle."""
_MARGIN = timedelta(minutes=1)
"""Rules say `gt`: the moment itself is not yet beyond."""


def watched(house: House, change: Change) -> Change:
    """A change together with the timers of the cases that it touches. Nothing more where no rule waits."""
    if not house.rules.idle_hours:
        return change
    touched = {event.case_id: event.at for event in change.events if _is_a_touch(event.by)}
    at_rest = {case.id for case in change.cases if _is_at_rest(house, case)}
    timers = (idle_timer(house, case_id, at, at) for case_id, at in touched.items() if case_id not in at_rest)
    cleared = tuple(TimerCleared(case_id, IDLE) for case_id in at_rest)
    return change + Change(timers_cleared=cleared) + Change(timers=tuple(filter(None, timers)))


def idle_timer(house: House, case_id: int, touched_at: datetime, looked_at: datetime) -> Timer | None:
    """The timer of the next look after that one; None when every rule has had its turn."""
    dues = (touched_at + timedelta(hours=hours) + _MARGIN for hours in house.rules.idle_hours)
    due_at = next((due for due in dues if due > looked_at), None)
    return Timer(case_id, IDLE, due_at) if due_at else None


def look_at_idle(house: House, store: Store, file: CaseFile, due_at: datetime, at: datetime) -> Change:
    """What the rules want of a case whose timer was due then, and the timer of the next look.

    A look that comes late sees what it would have seen in time, and the next one follows at once: after a stop of the
    service each rule has the turn that it would have had, in the same order.
    """
    if _is_at_rest(house, file.case):
        return Change()
    touched_at = file.touched_at or file.case.opened_at
    looked_at = min(due_at, at) if due_at > touched_at else at
    spent = store.rules_seen_since(file.case.id, HAD_ITS_TURN, touched_at)
    idle = max(looked_at - touched_at, timedelta())
    verdict, change = ask_again(house, store, file, IDLE, at, idle, spent)
    hours = int((at - touched_at) / timedelta(hours=1))
    note = f"nobody has touched it for {hours} hours"
    turns = tuple(
        CaseEvent(house.new_id(), file.case.id, HAD_ITS_TURN, Actor.rule(name), at, {}, note) for name in verdict.rules
    )
    again = idle_timer(house, file.case.id, touched_at, looked_at)
    return Change(events=turns) + change + Change(timers=(again,) if again else ())


class Idling:
    """The operation of this room, bound to the house."""

    def __init__(self, house: House) -> None:
        self._house = house

    def watch_all(self, store: Store, starts: Sequence[None]) -> list[int]:
        """Set the timer of every case that has not ended, because the rules are new; returns how many were set.

        One that is late already is due at once.
        """
        hours = self._house.rules.idle_hours
        touched = store.touched_cases() if hours else []
        timers = tuple(Timer(case_id, IDLE, at + timedelta(hours=hours[0]) + _MARGIN) for case_id, at in touched)
        store.apply([Change(timers=timers)])
        return [len(timers) for _ in starts]


def _is_a_touch(by: Actor) -> bool:
    return by.kind in (ActorKind.AGENT, ActorKind.SYSTEM)


def _is_at_rest(house: House, case: Case) -> bool:
    return case.is_final or house.organisation.workflows[case.workflow].kind_of(case.status) is StateKind.RESOLVED
