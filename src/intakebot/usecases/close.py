"""Close: what timers do when they are due. A timer asks the same guards as everybody else.

A timer that is refused (the resolution has not been sent yet) asks again an hour later; one whose case has
ended is cleared.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from intakebot.domain.actors import Actor
from intakebot.domain.change import Change, Timer, TimerCleared
from intakebot.domain.delivery import DeliveryKind
from intakebot.domain.errors import RefusedError
from intakebot.domain.guards import Step
from intakebot.domain.lifecycle import transition
from intakebot.ports import CaseFile, Store
from intakebot.usecases.house import House
from intakebot.usecases.replies import owe_reply, why_not_automatic
from intakebot.usecases.resolve import correspondent

ASK_AGAIN_AFTER = timedelta(hours=1)
TIMERS_AT_ONCE = 100


class Closing:
    """The operation of this room, bound to the house."""

    def __init__(self, house: House) -> None:
        self._house = house

    def act_on_timers(self, store: Store, limits: Sequence[int]) -> list[int]:
        """Act on due timers; returns how many there were."""
        now = self._house.clock.now()
        counts = []
        for limit in limits:
            due = store.take_due_timers(now, limit)
            for timer in due:
                store.apply([self._acted(store.case_file_by_id(timer.case_id), timer)])
            counts.append(len(due))
        return counts

    def _acted(self, file: CaseFile, timer: Timer) -> Change:
        cleared = Change(timers_cleared=(TimerCleared(timer.case_id, timer.kind),))
        if file.case.is_final:
            return cleared
        at = self._house.clock.now()
        step = Step(timer.kind, Actor.timer(timer.kind), at)
        try:
            change = transition(self._house.hand_of(file), step, self._house.new_id)
        except RefusedError:
            return cleared + Change(timers=(Timer(timer.case_id, timer.kind, at + ASK_AGAIN_AFTER),))
        return cleared + change + self._notice(file)

    def _notice(self, file: CaseFile) -> Change:
        """The closing notice, where the queue wants one and the case has had no automatic reply."""
        house, at = self._house, self._house.clock.now()
        queue, to = house.queue(file.case.queue), correspondent(file)
        if not queue.closing_notice or to is None:
            return Change()
        on_case = file.automatic_replies
        if why_not_automatic(house, to, on_case=on_case, today=0, written_at=None, at=at, queue=queue):
            return Change()
        kind = DeliveryKind.CLOSING_NOTICE
        return owe_reply(house, file.case, to, kind, "closing-notice", {}, at, automatic=True)[1]
