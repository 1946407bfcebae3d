"""The worker that takes in what was kept: each envelope once its turn has come, in order, until it is settled.

Started by the channel as one task; `wake` says that an envelope was kept. Envelopes of one conversation go one after
the other in the order in which things were said, as far as they are here; conversations go beside each other. Trouble
that passes is tried again later, five times in all; what cannot be is set aside for a person, and nothing is tried for
ever. Nobody here waits for the case that an envelope leads to.
"""

from __future__ import annotations

import asyncio
import heapq
import json
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from intakebot.channels.slack.hearing.arrived import Arrived, Handler, Later, Outcome
from intakebot.channels.slack.web.calls import SlackLimitedError
from intakebot.domain.chat import ChatEnvelope, EnvelopeKind
from intakebot.domain.errors import IntakebotError, Remedy
from intakebot.edge import guarded
from intakebot.ports.chat import Chat

PLACES_AT_ONCE: Final = 8
HELD_AT_ONCE: Final = 128
WAITS: Final = tuple(timedelta(seconds=seconds) for seconds in (2, 5, 15, 30, 90, 420))
"""After each attempt but the last; in all longer than the platform itself takes to bring a lost event again."""
ATTEMPTS: Final = len(WAITS) + 1
SWEEP = timedelta(seconds=30)
PAUSE = timedelta(seconds=1)
SUSPICIOUS_ATTEMPTS: Final = 2 * ATTEMPTS
DOOR: Final = "slack arrivals"
UNKNOWN: Final = "unknown"
WAITING: Final = "waiting"
SET_ASIDE: Final = "set aside"
_log = logging.getLogger(__name__)

CarryOut = Callable[[ChatEnvelope], Awaitable[str]]
"""Carries out an interaction that nobody answered before the service stopped; returns the answer to keep."""


@dataclass(order=True, slots=True)
class _Turn:
    """An envelope in its lane: by the moment at which it happened, then as it was kept."""

    happened: str
    id: int
    envelope: ChatEnvelope = field(compare=False)
    kind: str = field(compare=False)
    event: Mapping[str, Any] = field(compare=False)
    lane: str = field(compare=False)


class Arrivals:
    """Works off envelopes. `handlers` by type of event (and `type/subtype` where one has its own).

    `counted` counts what became of them, by outcome.
    """

    def __init__(self, chat: Chat, handlers: Mapping[str, Handler], carry_out: CarryOut | None = None) -> None:
        self.wake = asyncio.Event()
        self.counted: Counter[str] = Counter()
        self._chat = chat
        self._handlers = handlers
        self._carry_out = carry_out
        self._lanes: dict[str, list[_Turn]] = {}
        self._workers: set[asyncio.Task[None]] = set()
        self._held: set[int] = set()
        self._slots = asyncio.Semaphore(PLACES_AT_ONCE)
        self._stop = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`; what was begun is finished first, the rest is handed back."""
        self._stop = stop
        stopping = asyncio.ensure_future(stop.wait())
        stopping.add_done_callback(lambda _: self.wake.set())
        try:
            while not stop.is_set():
                self.wake.clear()
                found = await guarded(DOOR, self.claim())
                if not found or isinstance(found, IntakebotError):
                    await self._chat.clock.until(await self._next_look(), self.wake)
        except asyncio.CancelledError:
            for worker in self._workers:
                worker.cancel()
            raise
        finally:
            stopping.cancel()
            await self.idle()

    async def claim(self) -> int:
        """Claim what waits, and begin; returns how many envelopes there were."""
        room = HELD_AT_ONCE - len(self._held)
        envelopes = await self._chat.begin(room) if room > 0 else []
        for envelope in envelopes:
            self._line_up(envelope)
        return len(envelopes)

    async def idle(self) -> None:
        """Return when everything that was begun is done."""
        while self._workers:
            await asyncio.wait(set(self._workers))

    async def _next_look(self) -> datetime:
        now = self._chat.clock.now()
        due = await guarded(DOOR, self._chat.next_due()) if len(self._held) < HELD_AT_ONCE else None
        if due is None or isinstance(due, IntakebotError):
            return now + SWEEP
        return min(max(due, now + PAUSE), now + SWEEP)  # what is due for others does not keep us running

    def _line_up(self, envelope: ChatEnvelope) -> None:
        if envelope.id in self._held:  # its claim ran out while it is worked off here
            return
        self._held.add(envelope.id)
        turn = _turn_of(envelope)
        if turn.lane in self._lanes:
            heapq.heappush(self._lanes[turn.lane], turn)
            return
        self._lanes[turn.lane] = [turn]
        worker = asyncio.ensure_future(self._work_through(turn.lane))
        self._workers.add(worker)
        worker.add_done_callback(self._workers.discard)

    async def _work_through(self, lane: str) -> None:
        turns = self._lanes[lane]
        async with self._slots:
            while turns:
                turn = heapq.heappop(turns)
                await (self._hand_back(turn) if self._stop.is_set() else self._work_off(turn))
                self._held.discard(turn.envelope.id)
            del self._lanes[lane]  # no wait since the last look at it
        self.wake.set()

    async def _hand_back(self, turn: _Turn) -> None:
        envelope = turn.envelope
        await guarded(DOOR, self._chat.postpone(envelope.id, "the service stopped", self._chat.clock.now()))

    async def _work_off(self, turn: _Turn) -> None:
        envelope = turn.envelope
        if envelope.attempts >= SUSPICIOUS_ATTEMPTS:  # before it is tried: it may take this process along once more
            stopped = "the service stopped each time it was worked off"
            await guarded(DOOR, self._set_aside(envelope, stopped))
            return
        if envelope.kind is EnvelopeKind.INTERACTION:
            answer = await guarded(f"{DOOR} {envelope.id}", self._carried_out(envelope))
            outcome: Outcome | IntakebotError = answer if isinstance(answer, IntakebotError) else "interaction"
            await guarded(DOOR, self._write(envelope, outcome, answer if isinstance(answer, str) else ""))
            return
        outcome = await guarded(f"{DOOR} {envelope.id}", self._handle(turn))
        await guarded(DOOR, self._write(envelope, outcome))

    async def _carried_out(self, envelope: ChatEnvelope) -> str:
        return await self._carry_out(envelope) if self._carry_out else ""

    async def _handle(self, turn: _Turn) -> Outcome:
        attempts = turn.envelope.attempts
        handler = self._handlers.get(f"{turn.kind}/{turn.event.get('subtype')}") or self._handlers.get(turn.kind)
        if handler is None:
            return f"{UNKNOWN}: {turn.kind}" if turn.kind.isidentifier() else UNKNOWN
        return await handler(Arrived(turn.kind, turn.event, attempts, last=attempts >= ATTEMPTS))

    async def _write(self, envelope: ChatEnvelope, outcome: Outcome | IntakebotError, answer: str = "") -> None:
        """Settle it, let it wait for another attempt, or set it aside."""
        if isinstance(outcome, str):
            await self._settle(envelope, outcome, answer)
        elif isinstance(outcome, Later):
            await self._wait(envelope, outcome.sentence, timedelta(0), outcome.otherwise)
        elif outcome.remedy is Remedy.NEVER:
            await self._set_aside(envelope, outcome.sentence)
        else:
            rest = outcome.retry_after if isinstance(outcome, SlackLimitedError) else timedelta(0)
            await self._wait(envelope, outcome.sentence, rest, "")

    async def _wait(self, envelope: ChatEnvelope, sentence: str, at_least: timedelta, otherwise: str) -> None:
        if envelope.attempts < ATTEMPTS:
            wait = max(WAITS[envelope.attempts - 1], at_least)
            await self._chat.postpone(envelope.id, sentence, self._chat.clock.now() + wait)
            self.counted[WAITING] += 1
        elif otherwise:
            await self._settle(envelope, otherwise)
        else:
            await self._set_aside(envelope, sentence)

    async def _settle(self, envelope: ChatEnvelope, outcome: str, answer: str = "") -> None:
        await self._chat.settle(envelope.id, answer)
        self.counted[outcome] += 1
        _log.debug("envelope %s: %s", envelope.key, outcome)

    async def _set_aside(self, envelope: ChatEnvelope, sentence: str) -> None:
        await self._chat.postpone(envelope.id, sentence, None)
        self.counted[SET_ASIDE] += 1
        _log.error("envelope %s is set aside after %d attempt(s): %s", envelope.key, envelope.attempts, sentence)


def _turn_of(envelope: ChatEnvelope) -> _Turn:
    """Whose turn an envelope waits for: things said in one conversation go one after the other."""
    body = _mapping(_parsed(envelope.payload))
    event = _mapping(body.get("event"))
    kind = str(event.get("type") or body.get("type") or "")
    if envelope.kind is EnvelopeKind.INTERACTION:
        return _Turn("", envelope.id, envelope, kind, body, f"interaction {envelope.id}")
    channel = event.get("channel") or _mapping(event.get("item")).get("channel")
    lane = f"channel {channel}" if isinstance(channel, str) else "workspace"
    happened = str(event.get("event_ts") or event.get("ts") or f"{envelope.received_at.timestamp():.6f}")
    return _Turn(happened, envelope.id, envelope, kind, event or body, lane)


def _parsed(payload: str) -> object:
    try:
        return json.loads(payload)
    except ValueError:
        return None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
