"""Brings everything to the app: events with their retries, interactions once.

It goes through one of two doors, HTTP or Socket Mode, and keeps a record of each delivery and each attempt.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from fakes.slack.background import Background
from fakes.slack.events import Event
from fakes.slack.records import Json
from fakes.slack.state import State
from fakes.slack.verdict import Verdict

ACK_SECONDS = 3.0
RETRY_AFTER = (0.0, 60.0, 300.0)
"""Seconds before the first, second and third retry: nearly at once, a minute, five minutes."""
DELAYED_RETRIES = (3600.0,) * 24
TOO_LATE = 2 * 3600.0
HOUR = 3600.0


@dataclass(eq=False)
class Attempt:
    """One try. `reason` is Slack's word for what went wrong (`http_timeout`), empty when it was answered well."""

    number: int
    via: str
    at: float
    seconds: float = 0.0
    status: int | None = None
    body: Any = None
    reason: str = ""
    stop: bool = False
    blameless: bool = False

    @property
    def acked(self) -> bool:
        """Whether the app took it."""
        return not self.reason


@dataclass(eq=False)
class Delivery:
    """Something brought to the app; `kind` is event, interactive, command or options. `about` is a message's ts."""

    id: str
    kind: str
    body: Json
    about: str = ""
    team: str = ""
    attempts: list[Attempt] = field(default_factory=list)
    over: bool = False

    @property
    def acked(self) -> bool:
        """Whether one attempt was acknowledged."""
        return any(one.acked for one in self.attempts)


class Door(Protocol):
    """One way to the app."""

    async def send(self, delivery: Delivery, number: int, reason: str) -> Attempt:
        """Try once, for three seconds; `number` counts retries, `reason` is why the last try failed."""
        ...


@dataclass
class Courier:
    """`door` is where things go now; `delayed_events` adds hourly retries for a day."""

    state: State
    verdict: Verdict
    door: Door
    background: Background
    delayed_events: bool = False
    hourly_limit: int = 30_000
    exempt_below: int = 1_000
    disabled: bool = False
    stopped: bool = False
    deliveries: list[Delivery] = field(default_factory=list)
    held: list[Delivery] | None = None
    on_flood: Any = None
    _under_way: set[Delivery] = field(default_factory=set)
    _history: list[tuple[float, bool]] = field(default_factory=list)
    _flood_minute: dict[str, int] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        """An event has happened."""
        if self.disabled or self.stopped or self._flooded(event.team):
            return
        delivery = Delivery(event.id, "event", event.body, event.about, event.team)
        self.deliveries.append(delivery)
        if self.held is not None:
            self.held.append(delivery)
        else:
            self._set_out(delivery)

    def notice(self, event: Event) -> None:
        """Something about the delivery itself: it is neither counted nor held back."""
        delivery = Delivery(event.id, "event", event.body, event.about, event.team)
        self.deliveries.append(delivery)
        self._set_out(delivery)

    async def once(self, kind: str, body: Json, name: str) -> Attempt:
        """An interaction: it is brought once, and its answer matters."""
        delivery = Delivery(name, kind, body)
        self.deliveries.append(delivery)
        attempt = await self.door.send(delivery, 0, "")
        delivery.attempts.append(attempt)
        delivery.over = True
        if not attempt.acked and not attempt.blameless:
            self.verdict.fail("interaction-late", f"{_named(delivery)}: {attempt.reason} after {attempt.seconds:.1f} s")
        self.state.changed()
        return attempt

    def hold(self) -> None:
        """Keep events back until `release`."""
        self.held = self.held if self.held is not None else []

    def release(self, *, shuffle: bool = False, seed: int = 1) -> asyncio.Future[Any]:
        """Bring what was kept back, in another order if asked."""
        kept, self.held = self.held or [], None
        if shuffle:
            random.Random(seed).shuffle(kept)  # noqa: S311 - an order, not a secret
        return self.background.start(_all([self._set_out(one) for one in kept]))

    def again(self, which: str, times: int, *, at_once: bool) -> asyncio.Future[Any]:
        """Bring an event again though it was acknowledged; `which` is an event id or a message's ts."""
        found = [one for one in self.deliveries if one.kind == "event" and which in (one.id, one.about)]
        if not found:
            raise LookupError(f"no event {which} was delivered")
        tries = [(one, number) for one in found for number in range(1, times + 1)]
        if at_once:
            return self.background.start(_all([self._attempt(one, number, "http_timeout") for one, number in tries]))
        return self.background.start(self._one_by_one(tries))

    @property
    def busy(self) -> bool:
        """Whether a try is under way or about to be (the wait for a later retry does not count)."""
        return bool(self._under_way)

    async def stop(self) -> None:
        """End everything; what was never acknowledged is held against the app, once."""
        if self.stopped:
            return
        self.stopped = True
        await self.background.stop()
        for one in self.deliveries:
            if one.kind == "event" and one.attempts and not one.acked and not all(a.blameless for a in one.attempts):
                self.verdict.fail("event-unacked", f"{_named(one)}: {one.attempts[-1].reason}")

    def _set_out(self, delivery: Delivery) -> asyncio.Task[Any]:
        self._under_way.add(delivery)
        return self.background.start(self._deliver(delivery))

    async def _one_by_one(self, tries: Sequence[tuple[Delivery, int]]) -> None:
        for delivery, number in tries:
            await self._attempt(delivery, number, "http_timeout")

    async def _deliver(self, delivery: Delivery) -> None:
        started = tried = self.state.clock.time()
        reason = ""
        plan = (0.0, *RETRY_AFTER, *(DELAYED_RETRIES if self.delayed_events else ()))
        for number, wait in enumerate(plan):
            if wait:
                self._rest(delivery)
                await self.state.clock.until(tried + wait)
            late = self.state.clock.time() - started > TOO_LATE
            if self.disabled or (late and not self.delayed_events):
                break
            attempt = await self._attempt(delivery, number, reason)
            if attempt.acked or attempt.stop:
                break
            reason, tried = attempt.reason, attempt.at
        delivery.over = True
        self._rest(delivery)

    def _rest(self, delivery: Delivery) -> None:
        self._under_way.discard(delivery)
        self.state.changed()

    async def _attempt(self, delivery: Delivery, number: int, reason: str) -> Attempt:
        self._under_way.add(delivery)
        attempt = await self.door.send(delivery, number, reason)
        delivery.attempts.append(attempt)
        self._judge(delivery, attempt)
        if delivery.over:
            self._rest(delivery)
        self.state.changed()
        return attempt

    def _judge(self, delivery: Delivery, attempt: Attempt) -> None:
        if not attempt.acked and not attempt.blameless:
            self.verdict.fail("event-attempt", f"{_named(delivery)}: {attempt.reason} after {attempt.seconds:.1f} s")
        now = self.state.clock.time()
        self._history = [one for one in self._history if now - one[0] <= HOUR] + [(now, attempt.acked)]
        failed = sum(not acked for _, acked in self._history)
        if len(self._history) >= self.exempt_below and failed > 0.95 * len(self._history):
            self.disabled = True

    def _flooded(self, team: str) -> bool:
        now = self.state.clock.time()
        times = [one.body.get("event_time", 0) for one in self.deliveries if one.kind == "event" and one.team == team]
        sent = sum(now - at <= HOUR for at in times)
        if sent < self.hourly_limit:
            return False
        minute = int(now // 60)
        if self._flood_minute.get(team) != minute and self.on_flood:
            self._flood_minute[team] = minute
            self.on_flood(team, minute * 60)
        return True


def _named(delivery: Delivery) -> str:
    event = delivery.body.get("event") or delivery.body
    words = [event.get("type"), event.get("subtype"), event.get("command"), event.get("callback_id")]
    return f"{delivery.kind} {delivery.id} ({' '.join(str(one) for one in words if one)})"


async def _all(works: Sequence[Awaitable[Any]]) -> None:
    await asyncio.gather(*works)
