"""The worker: does what is owed. Rows are the truth; being woken only makes it sooner.

Lines of work run beside each other: contacts are registered, deliveries are handed to outlets and timers acted upon,
the watch looks for what is late, closed cases teach what suggestions are made of. Each looks into the database, does
what it finds, and sleeps until it is woken, until something is due, or until the next sweep. A step that fails is
logged and tried again; nothing is marked done before it is.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

from intakebot.domain.contact import PendingContact
from intakebot.domain.delivery import SENDING_LIMIT, Delivery
from intakebot.domain.errors import DeliveryAmbiguousError, DeliveryFailedError, IntakebotError, StorageUnavailableError
from intakebot.domain.messages import ReadMessage
from intakebot.edge import guarded
from intakebot.ports import Archive, Clock, Outlet, Receipt, Store, Writer
from intakebot.usecases.assessment import ReadContact
from intakebot.usecases.close import TIMERS_AT_ONCE, Closing
from intakebot.usecases.deliver import Delivering, Recovery, Room, Sent
from intakebot.usecases.house import House
from intakebot.usecases.idle import Idling
from intakebot.usecases.learn_categories import Lessons
from intakebot.usecases.register import Registered, Registration, SetAside
from intakebot.usecases.watch import alarms, silenced

CONTACTS_AT_ONCE = 64
SUSPICIOUS_ATTEMPTS = 10
"""So often a contact may be begun without an end before it counts as what ends the service each time.

A power that fails three times in a row is no contact's fault; an error that comes back three times is.
"""
SWEEP = timedelta(seconds=30)
WITHOUT_OUTLETS = 50
"""Deliveries that are claimed at once where there is no way out: none of them leaves."""
BUSY = timedelta(seconds=5)
"""How soon to look again while something is due that no outlet has room for; what ends sooner wakes us."""
GRACE = timedelta(seconds=20)
"""How long what is on its way may take when the service stops; the rest is found in `sending` by the next start."""
WATCH = timedelta(minutes=5)
LEARNING = timedelta(minutes=1)
LESSONS_AT_ONCE = 64
_log = logging.getLogger(__name__)


ReadBatch: TypeAlias = Callable[[Sequence[PendingContact]], Awaitable[Sequence[ReadMessage | IntakebotError]]]
"""Reads contacts, in order; an error in the place of one that could not be read."""


class Wake:
    """Events by which the rest of the house says that there is something to do.

    `listeners` are called, from the event loop, after whatever may have changed what people see.
    """

    def __init__(self) -> None:
        self.received = asyncio.Event()
        self.owed = asyncio.Event()
        self.listeners: list[Callable[[], None]] = []

    def all(self) -> None:
        """Wake everybody."""
        self.received.set()
        self.owed.set()
        self.changed()

    def changed(self) -> None:
        """Something was written that people may want to see."""
        for listener in self.listeners:
            listener()


class Worker:
    """Runs the lines of work until it is stopped. `wake` may be set from the event loop only."""

    def __init__(
        self,
        house: House,
        writer: Writer,
        archive: Archive,
        registration: Registration,
        outlets: Mapping[str, Outlet],
        wake: Wake,
        read: ReadBatch,
    ) -> None:
        self._house = house
        self._clock: Clock = house.clock
        self._writer = writer
        self._archive = archive
        self._registration = registration
        self._delivering = Delivering(house, frozenset(name for name, outlet in outlets.items() if outlet.idempotent))
        self._closing = Closing(house)
        self._idling = Idling(house)
        self._watched_for = ""
        self._lessons = Lessons(house, archive, writer)
        self._outlets = outlets
        self._wake = wake
        self._read = read
        self._leaving: dict[asyncio.Task[None], str] = {}
        self._unsettled: list[Sent] = []
        self._contacts_at_once = 1  # until the first that nobody has tried: one of the others may have stopped us

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`; what was begun is finished first, within a time."""
        await self._writer.submit(self._delivering.recover, Recovery.AT_THE_START)
        lines = (
            self._line(stop, self._wake.received, self.register_pending, self._sweep),
            self._line(stop, self._wake.owed, self.begin_what_is_due, self._next_due),
            self._line(stop, asyncio.Event(), self._watch, lambda: self._clock.now() + WATCH),
            self._line(stop, asyncio.Event(), self.learn_from_closed_cases, lambda: self._clock.now() + LEARNING),
        )
        await asyncio.gather(*lines)
        await self._finish()

    async def _line(
        self,
        stop: asyncio.Event,
        wake: asyncio.Event,
        work: Callable[[], Awaitable[int]],
        until: Callable[[], datetime],
    ) -> None:
        stopping = asyncio.ensure_future(stop.wait())
        stopping.add_done_callback(lambda _: wake.set())
        while not stop.is_set():
            wake.clear()
            done = await guarded("worker", work())
            if stop.is_set() or (isinstance(done, int) and done):
                continue
            await self._clock.until(until(), wake)
        stopping.cancel()

    def _sweep(self) -> datetime:
        return self._clock.now() + SWEEP

    def _next_due(self) -> datetime:
        """When to look again; what is due and was not begun waits for an outlet that is busy."""
        now, due = self._clock.now(), self._archive.next_due()
        if due is not None and due <= now and self._leaving:
            return now + BUSY
        return min(due or self._sweep(), self._sweep())

    async def register_pending(self) -> int:
        """Register what is kept and waits, oldest first; returns how many contacts were looked at."""
        pending = await self._writer.submit(_begin_attempts, self._contacts_at_once)
        if not pending:
            return 0
        self._contacts_at_once = CONTACTS_AT_ONCE if all(contact.attempts == 1 for contact in pending) else 1
        for contact in pending:
            if contact.attempts >= SUSPICIOUS_ATTEMPTS:  # before, because it may take this process along once more
                await self._set_aside(contact, "the service stopped while it was registered")
        messages = await self._read(pending)
        outcomes = await asyncio.gather(*map(self._register, pending, messages))
        failures = [
            (contact, outcome)
            for contact, outcome in zip(pending, outcomes, strict=True)
            if isinstance(outcome, IntakebotError)
        ]
        for contact, error in failures:
            if not isinstance(error, StorageUnavailableError):  # no fault of the contact's: the sweep asks again
                await self._set_aside(contact, error.sentence)
        self._wake.owed.set()
        self._wake.changed()
        return len(pending) - len(failures)

    async def _set_aside(self, contact: PendingContact, error: str) -> None:
        await self._writer.submit(self._registration.set_aside, SetAside(contact.id, contact.attempts, error))

    async def _register(
        self, contact: PendingContact, message: ReadMessage | IntakebotError
    ) -> Registered | IntakebotError:
        if isinstance(message, IntakebotError):
            return message
        read = ReadContact.of(contact, message, self._house.reply_keys)
        return await guarded(f"contact {contact.id}", self._writer.submit(self._registration.register, read))

    async def act_on_what_is_due(self) -> int:
        """Begin what is due and see it through; returns how much there was."""
        found = await self.begin_what_is_due()
        await asyncio.gather(*self._leaving)
        return found

    async def begin_what_is_due(self) -> int:
        """Act on due timers and hand due deliveries to outlets that have room; returns how many there were.

        Nobody waits here for an outlet: one that has fallen silent keeps neither timers nor other outlets waiting.
        """
        acted = await self._act_on_timers()
        settled_late, self._unsettled = self._unsettled, []
        for sent in settled_late:
            await self._settle(sent)
        room = self._room()
        deliveries = await self._writer.submit(self._delivering.claim, room) if room.most else []
        for delivery in deliveries:
            self._begin(delivery)
        if acted or deliveries:
            self._wake.changed()
        return acted + len(deliveries)

    def _room(self) -> Room:
        """As many as every outlet that is not busy can take, whichever of them they are for."""
        begun = Counter(self._leaving.values())
        left = {name: outlet.at_once - begun[name] for name, outlet in self._outlets.items()}
        open_to_more = [places for places in left.values() if places > 0]
        busy = frozenset(name for name, places in left.items() if places <= 0)
        return Room(min(open_to_more, default=0 if left else WITHOUT_OUTLETS), busy)

    def _begin(self, delivery: Delivery) -> None:
        task = asyncio.create_task(self._deliver(delivery))
        self._leaving[task] = delivery.channel
        task.add_done_callback(self._has_left)

    def _has_left(self, task: asyncio.Task[None]) -> None:
        self._leaving.pop(task, None)
        self._wake.owed.set()
        self._wake.changed()

    async def _finish(self) -> None:
        if self._leaving:
            await asyncio.wait(self._leaving, timeout=GRACE.total_seconds())
        cut_short = list(self._leaving)
        for task in cut_short:
            task.cancel()
        await asyncio.gather(*cut_short, return_exceptions=True)
        for sent in self._unsettled:
            await self._settle(sent)

    async def _act_on_timers(self) -> int:
        """Each timer by itself: one that fails asks again later, and stops no other."""
        due = await self._writer.submit(self._closing.due_timers, TIMERS_AT_ONCE)
        outcomes = await asyncio.gather(
            *(
                guarded(
                    f"timer {timer.kind} of case {timer.case_id}",
                    self._writer.submit(self._closing.act_on_timers, timer),
                )
                for timer in due
            )
        )
        for timer, outcome in zip(due, outcomes, strict=True):
            if isinstance(outcome, IntakebotError):
                await self._writer.submit(self._closing.postpone, timer)
        return len(due)

    async def _deliver(self, delivery: Delivery) -> None:
        outlet = self._outlets.get(delivery.channel)
        if outlet is None:
            outcome = await guarded("outlet", _no_outlet(delivery.channel))
        else:
            outcome = await guarded(f"delivery {delivery.id}", _handed_over(outlet, delivery))
        await self._settle(Sent(delivery, outcome))

    async def _settle(self, sent: Sent) -> None:
        """Write what became of a delivery; what could not be written is known here, and written next time."""
        written = self._writer.submit(self._delivering.settle, sent)
        if isinstance(await guarded(f"delivery {sent.delivery.id}", written), IntakebotError):
            self._unsettled.append(sent)

    async def watch_idle(self) -> None:
        """Set the timers of all cases, when the rules are not those that they were set for."""
        ruleset = self._house.ruleset.hash
        if ruleset != self._watched_for:
            await self._writer.submit(self._idling.watch_all, None)
            self._watched_for = ruleset
            self._wake.owed.set()

    async def learn_from_closed_cases(self) -> int:
        """Learn from cases that were closed since; returns how many were looked at."""
        seen = await self._lessons.learn(LESSONS_AT_ONCE)
        return int(seen["looked_at"])

    async def _watch(self) -> int:
        await self.watch_idle()
        await self._writer.submit(self._delivering.recover, Recovery.MEANWHILE)
        now = self._clock.now()
        found = silenced(self._archive, self._house.replies_per_hour, now)
        for alarm in (*found, *alarms(self._archive, self._house.organisation, now)):
            _log.warning("%s %s: %s", alarm.what, alarm.which, alarm.sentence)
        return 0


async def _handed_over(outlet: Outlet, delivery: Delivery) -> Receipt:
    """Hand it over within the time that our lease of it lasts; cut short, nobody knows whether it was taken."""
    try:
        async with asyncio.timeout(SENDING_LIMIT.total_seconds()):
            return await outlet.deliver(delivery)
    except TimeoutError as error:
        raise DeliveryAmbiguousError(f"it was not done after {SENDING_LIMIT}") from error


async def _no_outlet(channel: str) -> Receipt:
    raise DeliveryFailedError(f"this house has no way out on the channel {channel}")


def _begin_attempts(store: Store, limits: Sequence[int]) -> list[list[PendingContact]]:
    return [store.begin_attempts(None, limit) for limit in limits]
