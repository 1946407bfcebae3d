"""Deliver: give what is owed to the next hop, and know what became of it.

The worker calls `Delivering.claim`, hands each delivery to an outlet, and writes what happened with `settle`:
the delivery's state and what it means for the case are one transaction. After a crash `recover` decides what
was left in `sending`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from intakebot.domain.actors import SYSTEM, Actor
from intakebot.domain.case import CaseEvent
from intakebot.domain.change import Change
from intakebot.domain.commands import RetryDelivery, WithdrawDelivery
from intakebot.domain.delivery import (
    SHADOW,
    UNDER_WAY,
    Delivery,
    DeliveryKind,
    DeliverySettlement,
    DeliveryState,
    retry_at,
)
from intakebot.domain.errors import (
    DeliveryAmbiguousError,
    DeliveryDeferredError,
    DeliveryFailedError,
    DeliveryUnverifiableError,
    RefusedError,
)
from intakebot.ports import CaseFile, Receipt, Store
from intakebot.usecases.assessment import is_resolved
from intakebot.usecases.house import House
from intakebot.usecases.idle import watched
from intakebot.usecases.resolve import CAME_BACK, mark_resolution_sent, reopen_case
from intakebot.usecases.rights import refuse_stranger


@dataclass(frozen=True, slots=True)
class Room:
    """How many deliveries may be begun now, and the channels that have enough to do."""

    most: int
    busy: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one delivery: a receipt, or the error that the outlet raised."""

    delivery: Delivery
    outcome: Receipt | Exception


class Recovery(Enum):
    """When somebody looks for deliveries that a dead process left behind."""

    AT_THE_START = "at the start"
    MEANWHILE = "meanwhile"


class Delivering:
    """The operations of this room, bound to the house.

    `idempotent` names the channels whose outlet makes one message of the same delivery sent twice.
    """

    def __init__(self, house: House, idempotent: frozenset[str] = frozenset()) -> None:
        self._house = house
        self._idempotent = idempotent

    def claim(self, store: Store, rooms: Sequence[Room]) -> list[list[Delivery]]:
        """Due deliveries, moved to `sending` before the first byte leaves.

        In shadow mode there are none: what was owed before is held, and a person decides about it later.
        """
        now = self._house.clock.now()
        claimed = [store.claim_deliveries(now, room.most, room.busy) for room in rooms]
        if not self._house.shadow:
            return claimed
        owed = [delivery for group in claimed for delivery in group]
        store.apply([Change(settlements=tuple(_held_back(delivery, now) for delivery in owed))])
        return [[] for _ in rooms]

    def settle(self, store: Store, sent: Sequence[Sent]) -> list[DeliveryState]:
        """Write what became of deliveries, and what that means for their cases.

        What became of an attempt counts while the delivery is still in that attempt: a bounce may have been faster
        than our own commit, and a process that slept longer than its lease has lost the delivery to another.
        """
        at = self._house.clock.now()
        found = [store.delivery(one.delivery.id) for one in sent]
        counts = [_same_attempt(one.delivery, now) for one, now in zip(sent, found, strict=True)]
        settlements = [
            self._settlement(store, one, at) if same else _too_late(one, now, at)
            for one, now, same in zip(sent, found, counts, strict=True)
        ]
        store.apply([Change(settlements=(settlement,)) for settlement in settlements if settlement])
        for one, settlement, same in zip(sent, settlements, counts, strict=True):
            meaning = self._meaning(store, one.delivery, settlement, at) if settlement and same else Change()
            if meaning != Change():
                store.apply([watched(self._house, meaning)])
        return [
            settlement.state if settlement else now.state for settlement, now in zip(settlements, found, strict=True)
        ]

    def _settlement(self, store: Store, sent: Sent, at: datetime) -> DeliverySettlement:
        """The next state; a resolution that would be tried again is withdrawn when its case came back meanwhile."""
        settlement = settlement_of(sent, at, idempotent=sent.delivery.channel in self._idempotent)
        if settlement.state is not DeliveryState.DEFERRED or sent.delivery.kind is not DeliveryKind.RESOLUTION:
            return settlement
        resolution = store.case_file_by_id(sent.delivery.case_id).case.resolution
        if resolution and resolution.delivery_id == sent.delivery.id:
            return settlement
        return DeliverySettlement(sent.delivery.id, DeliveryState.WITHDRAWN, CAME_BACK, at)

    def recover(self, store: Store, looks: Sequence[Recovery]) -> list[int]:
        """Deliveries that a dead process left in `sending` are ambiguous. Resend once, or hold and tell somebody.

        At the start those of this process's predecessor are among them. Where sending twice is one message,
        they are due in a moment: it was we who failed, not the next hop.
        """
        at = self._house.clock.now()
        lost = store.lost_deliveries(at, own=Recovery.AT_THE_START in looks)
        error = DeliveryAmbiguousError("the service stopped while this was being sent")
        again = [delivery for delivery in lost if delivery.channel in self._idempotent]
        store.apply([Change(settlements=(_due_again(delivery, str(error), at),)) for delivery in again])
        self.settle(store, [Sent(delivery, error) for delivery in lost if delivery not in again])
        return [len(lost) for _ in looks]

    def _meaning(self, store: Store, delivery: Delivery, settlement: DeliverySettlement, at: datetime) -> Change:
        """What a settled delivery means for its case; only resolutions mean something, and held questions."""
        house = self._house
        if settlement.state is DeliveryState.SENT and delivery.kind is DeliveryKind.RESOLUTION:
            file = store.case_file_by_id(delivery.case_id)
            return mark_resolution_sent(house, house.hand_of(file), delivery.id, at)
        if settlement.state in (DeliveryState.FAILED, DeliveryState.HELD) and delivery.kind.resent_when_ambiguous:
            return self._to_a_person(store.case_file_by_id(delivery.case_id), delivery, settlement, at)
        return Change()

    def _to_a_person(self, file: CaseFile, delivery: Delivery, settlement: DeliverySettlement, at: datetime) -> Change:
        """A resolution or question that did not (certainly) arrive: the case says so, and comes back if answered."""
        if file.case.is_final:
            return Change()
        note = f"{delivery.kind.value} to {delivery.recipient} {settlement.state.value}: {settlement.answer}"
        event = CaseEvent(
            self._house.new_id(), file.case.id, f"delivery.{settlement.state.value}", SYSTEM, at, {}, note
        )
        change = Change(events=(event,))
        counts = file.case.resolution is not None and file.case.resolution.delivery_id == delivery.id
        if settlement.state is DeliveryState.FAILED and counts and is_resolved(self._house, file):
            change += reopen_case(self._house, file, by=SYSTEM, at=at, cause="hard-bounce", comment=note)
        return change


def settlement_of(sent: Sent, at: datetime, *, idempotent: bool) -> DeliverySettlement:
    """The next state of a delivery. Pure; the table of docs/reference/deliveries.md.

    What is neither a receipt nor certainly not taken is ambiguous, unless the outlet is idempotent (and able to look).
    A next hop that says how long it wants to be left alone is left alone so long, within the time a delivery has.
    """
    delivery, outcome = sent.delivery, sent.outcome
    if isinstance(outcome, Receipt):
        return DeliverySettlement(delivery.id, DeliveryState.SENT, outcome.answer, at, resends=delivery.resends)
    answer = str(outcome) or type(outcome).__name__
    if isinstance(outcome, DeliveryFailedError):
        return DeliverySettlement(delivery.id, DeliveryState.FAILED, answer, at, None, delivery.resends)
    if isinstance(outcome, DeliveryDeferredError) or (
        idempotent and not isinstance(outcome, DeliveryUnverifiableError)
    ):
        due = retry_at(delivery.created_at, delivery.attempts, at)
        if due and isinstance(outcome, DeliveryDeferredError) and outcome.retry_after is not None:
            due = at + outcome.retry_after
        state = DeliveryState.DEFERRED if due else DeliveryState.FAILED
        return DeliverySettlement(delivery.id, state, answer, at, due, delivery.resends)
    return _after_ambiguous(delivery, answer, at)


def _same_attempt(sent: Delivery, found: Delivery) -> bool:
    return found.state is DeliveryState.SENDING and found.attempts == sent.attempts


def _too_late(sent: Sent, found: Delivery, at: datetime) -> DeliverySettlement | None:
    """What is written of an attempt that no longer counts: that the next hop took what a bounce had come for."""
    if found.state is not DeliveryState.BOUNCED or not isinstance(sent.outcome, Receipt):
        return None
    answer = f"{found.answer}; the next hop had taken it: {sent.outcome.answer}"
    return DeliverySettlement(found.id, DeliveryState.BOUNCED, answer, at, None, found.resends)


def _held_back(delivery: Delivery, at: datetime) -> DeliverySettlement:
    return DeliverySettlement(delivery.id, DeliveryState.HELD, SHADOW, at, None, delivery.resends)


def _due_again(delivery: Delivery, answer: str, at: datetime) -> DeliverySettlement:
    return DeliverySettlement(delivery.id, DeliveryState.DEFERRED, answer, at, at + UNDER_WAY, delivery.resends)


def _after_ambiguous(delivery: Delivery, answer: str, at: datetime) -> DeliverySettlement:
    """Resolutions and questions are resent once, with the same Message-ID; everything else is held."""
    if delivery.kind.resent_when_ambiguous and delivery.resends == 0:
        return DeliverySettlement(delivery.id, DeliveryState.DEFERRED, answer, at, at, 1)
    return DeliverySettlement(delivery.id, DeliveryState.HELD, answer, at, None, delivery.resends)


def retry_delivery(house: House, store: Store, command: RetryDelivery, by: Actor, at: datetime) -> Change:
    """Try a failed, held or deferred delivery again now."""
    delivery = store.delivery(command.delivery)
    refuse_stranger(house, store.case_file_by_id(delivery.case_id).case, by)
    if house.shadow:
        raise RefusedError("delivery.shadow", f"{SHADOW}; try again when this installation is in live mode")
    if delivery.state not in (DeliveryState.FAILED, DeliveryState.HELD, DeliveryState.DEFERRED, DeliveryState.BOUNCED):
        raise RefusedError(
            "delivery.not-retryable", f"the delivery is {delivery.state.value}; only what did not arrive is retried"
        )
    answer = f"tried again on the word of {by}"
    settlement = DeliverySettlement(delivery.id, DeliveryState.QUEUED, answer, at, at, delivery.resends)
    return Change(settlements=(settlement,))


def withdraw_delivery(house: House, store: Store, command: WithdrawDelivery, by: Actor, at: datetime) -> Change:
    """Take back a delivery that has not been given to the next hop."""
    delivery = store.delivery(command.delivery)
    refuse_stranger(house, store.case_file_by_id(delivery.case_id).case, by)
    if delivery.state not in (DeliveryState.QUEUED, DeliveryState.DEFERRED, DeliveryState.HELD, DeliveryState.FAILED):
        raise RefusedError(
            "delivery.not-withdrawable", f"the delivery is {delivery.state.value}; it cannot be taken back"
        )
    settlement = DeliverySettlement(delivery.id, DeliveryState.WITHDRAWN, f"withdrawn by {by}", at)
    return Change(settlements=(settlement,))
