"""Close: what timers do when they are due. A timer asks the same guards as everybody else.

A timer takes the action of its workflow that it is named after, save the ones that watch a case's promise and how
long nobody has touched it. One that is refused (the resolution has not been sent yet) asks again an hour later; one
whose case has ended is cleared.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from intakebot.domain.actors import SYSTEM, Actor
from intakebot.domain.change import Change, Timer, TimerCleared
from intakebot.domain.delivery import DeliveryKind
from intakebot.domain.errors import RefusedError
from intakebot.domain.guards import Step
from intakebot.domain.lifecycle import transition
from intakebot.domain.promises import PROMISE
from intakebot.ports import CaseFile, Store
from intakebot.usecases.house import House
from intakebot.usecases.idle import IDLE, look_at_idle, watched
from intakebot.usecases.look_again import after_moves, lately_to
from intakebot.usecases.promises import warn
from intakebot.usecases.replies import answering_queue, owe_reply
from intakebot.usecases.resolve import correspondent
from intakebot.usecases.route import noted
from intakebot.usecases.silence import why_not_automatic, why_not_for_others

ASK_AGAIN_AFTER = timedelta(hours=1)
TIMERS_AT_ONCE = 100


class Closing:
    """The operation of this room, bound to the house."""

    def __init__(self, house: House) -> None:
        self._house = house

    def due_timers(self, store: Store, limits: Sequence[int]) -> list[list[Timer]]:
        """Due timers, oldest first; they stay due until somebody acts on them."""
        return [store.take_due_timers(self._house.clock.now(), limit) for limit in limits]

    def act_on_timers(self, store: Store, timers: Sequence[Timer]) -> list[None]:
        """Do what timers are for, one after the other: the second sees what the first did."""
        for timer in timers:
            store.apply([self._acted(store, timer)])
        return [None for _ in timers]

    def postpone(self, store: Store, timers: Sequence[Timer]) -> list[None]:
        """Let timers ask again later, because acting on them failed."""
        store.apply([self._asking_again(timer) for timer in timers])
        return [None for _ in timers]

    def _asking_again(self, timer: Timer) -> Change:
        due_at = self._house.clock.now() + ASK_AGAIN_AFTER
        return Change(timers=(Timer(timer.case_id, timer.kind, due_at),))

    def _acted(self, store: Store, timer: Timer) -> Change:
        file = store.case_file_by_id(timer.case_id)
        cleared = Change(timers_cleared=(TimerCleared(timer.case_id, timer.kind),))
        if file.case.is_final:
            return cleared
        if timer.kind == PROMISE:
            return cleared + warn(self._house, file, self._house.clock.now())
        if timer.kind == IDLE:
            return cleared + look_at_idle(self._house, store, file, timer.due_at, self._house.clock.now())
        step = Step(timer.kind, Actor.timer(timer.kind), self._house.clock.now())
        try:
            change = transition(self._house.hand_of(file), step, self._house.new_id)
        except RefusedError:
            return self._asking_again(timer)
        more = after_moves(self._house, store, change, self._house.clock.now())
        return watched(self._house, cleared + change + self._notice(store, file) + more)

    def _notice(self, store: Store, file: CaseFile) -> Change:
        """The closing notice, where the queue wants one, the case has had no automatic reply and the day may."""
        house, at = self._house, self._house.clock.now()
        queue, to = answering_queue(house, file.case), correspondent(file)
        if not queue.closing_notice or to is None:
            return Change()
        lately, on_case = lately_to(store, to, at), file.automatic_replies
        silence = why_not_for_others(house, file)
        silence = silence or why_not_automatic(house, to, on_case=on_case, lately=lately, at=at)
        if silence:
            hand = house.hand_of(file)
            return noted(house, hand, "reply.suppressed", f"no closing notice: {silence}", SYSTEM, at)
        kind = DeliveryKind.CLOSING_NOTICE
        return owe_reply(house, file.case, to, kind, "closing-notice", {}, at, automatic=True)[1]
