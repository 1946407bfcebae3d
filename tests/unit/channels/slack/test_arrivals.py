"""The worker takes envelopes in order, gives up neither too early nor too late, and lets nobody wait for long."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from intakebot.channels.slack.hearing.arrivals import ATTEMPTS, PLACES_AT_ONCE, SUSPICIOUS_ATTEMPTS, WAITS, Arrivals
from intakebot.channels.slack.hearing.arrived import Arrived, Handler, Later, Outcome
from intakebot.clocks import SimulatedClock
from intakebot.domain.chat import ChatEnvelope, EnvelopeKind
from intakebot.domain.errors import (
    IntakebotError,
    RefusedError,
    SlackLimitedError,
    SlackRefusedError,
    SlackUnreachableError,
    StorageUnavailableError,
)

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass
class Books:
    """Envelopes as a house keeps them. `settled` has answers, `aside` errors, `waits` every postponement."""

    clock: SimulatedClock = field(default_factory=lambda: SimulatedClock(START))
    waiting: dict[int, tuple[ChatEnvelope, datetime]] = field(default_factory=dict)
    begun: dict[int, ChatEnvelope] = field(default_factory=dict)
    settled: dict[int, str] = field(default_factory=dict)
    aside: dict[int, str] = field(default_factory=dict)
    waits: list[tuple[int, str, timedelta]] = field(default_factory=list)
    looks: int = 0
    failures: int = 0

    def put(self, *events: dict[str, Any] | str, kind: EnvelopeKind = EnvelopeKind.EVENT, attempts: int = 0) -> None:
        for event in events:
            number = len(self.waiting) + len(self.begun) + len(self.settled) + len(self.aside) + 1
            payload = event if isinstance(event, str) else json.dumps({"type": "event_callback", "event": event})
            envelope = ChatEnvelope(number, f"event:{number}", kind, payload, self.clock.now(), attempts)
            self.waiting[number] = (envelope, self.clock.now())

    async def begin(self, limit: int) -> list[ChatEnvelope]:
        self.looks += 1
        now = self.clock.now()
        due = [envelope for envelope, at in self.waiting.values() if at <= now][:limit]
        claimed = [
            ChatEnvelope(one.id, one.key, one.kind, one.payload, one.received_at, one.attempts + 1) for one in due
        ]
        for envelope in claimed:
            del self.waiting[envelope.id]
            self.begun[envelope.id] = envelope
        return claimed

    async def settle(self, envelope_id: int, answer: str = "") -> None:
        if self.failures:
            self.failures -= 1
            raise StorageUnavailableError("the disk is full")
        del self.begun[envelope_id]
        self.settled[envelope_id] = answer

    async def postpone(self, envelope_id: int, error: str, due_at: datetime | None) -> None:
        envelope = self.begun.pop(envelope_id)
        if due_at is None:
            self.aside[envelope_id] = error
            return
        self.waits.append((envelope_id, error, due_at - self.clock.now()))
        self.waiting[envelope_id] = (envelope, due_at)

    async def next_due(self) -> datetime | None:
        return min((at for _, at in self.waiting.values()), default=None)


def said(ts: str, channel: str = "C1") -> dict[str, Any]:
    return {"type": "message", "channel": channel, "ts": ts, "event_ts": ts}


def always(outcome: Outcome | Exception) -> Handler:
    async def handle(_: Arrived) -> Outcome:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return handle


def arrivals_of(books: Books, message: Handler, **more: Any) -> Arrivals:
    return Arrivals(books, {"message": message}, **more)


async def worked_off(books: Books, arrivals: Arrivals) -> None:
    """Until nothing is left, with no time spent waiting."""
    while books.waiting:
        due = await books.next_due()
        assert due
        books.clock.advance(max(due - books.clock.now(), timedelta(0)) + timedelta(milliseconds=1))
        await arrivals.claim()
        await arrivals.idle()


async def test_one_conversation_goes_in_the_order_in_which_things_were_said() -> None:
    heard: list[str] = []

    async def hear(arrived: Arrived) -> Outcome:
        heard.append(arrived.event["ts"])
        await asyncio.sleep(0)
        return "contact"

    books = Books()
    books.put(said("1700000003.0"), said("1700000001.0"), said("1700000002.0"))
    await worked_off(books, arrivals_of(books, hear))

    assert heard == ["1700000001.0", "1700000002.0", "1700000003.0"]
    assert set(books.settled) == {1, 2, 3}


async def test_conversations_go_beside_each_other_so_many_at_once() -> None:
    gate, inside = asyncio.Event(), set[str]()

    async def hear(arrived: Arrived) -> Outcome:
        inside.add(arrived.event["channel"])
        await gate.wait()
        return "contact"

    books = Books()
    books.put(*(said(f"170000000{n}.0", f"C{place}") for place in range(12) for n in range(2)))
    arrivals = arrivals_of(books, hear)
    await arrivals.claim()
    await _until(lambda: len(inside) >= PLACES_AT_ONCE)
    assert len(inside) == PLACES_AT_ONCE
    gate.set()
    await arrivals.idle()

    assert len(books.settled) == 24
    assert arrivals.counted == {"contact": 24}


async def test_reactions_wait_for_the_words_of_their_conversation() -> None:
    heard: list[str] = []

    async def hear(arrived: Arrived) -> Outcome:
        heard.append(arrived.kind)
        return "contact"

    books = Books()
    books.put({"type": "reaction_added", "item": {"channel": "C1"}, "event_ts": "1700000002.0"}, said("1700000001.0"))
    arrivals = Arrivals(books, {"message": hear, "reaction_added": hear})
    await worked_off(books, arrivals)

    assert heard == ["message", "reaction_added"]


@pytest.mark.parametrize(
    "trouble",
    [
        SlackUnreachableError("Slack is down", taken=False),
        StorageUnavailableError("the disk is full"),
        RuntimeError("nobody planned for this"),
    ],
)
async def test_trouble_that_passes_is_tried_five_times_and_then_set_aside(trouble: Exception) -> None:
    books = Books()
    books.put(said("1700000001.0"))
    arrivals = arrivals_of(books, always(trouble))
    await worked_off(books, arrivals)

    assert [_seconds(wait) for _, _, wait in books.waits] == [_seconds(wait) for wait in WAITS]
    assert list(books.aside) == [1]
    assert arrivals.counted == {"waiting": ATTEMPTS - 1, "set aside": 1}


async def test_slack_says_how_long_it_wants_to_be_left_alone() -> None:
    books = Books()
    books.put(said("1700000001.0"))
    await worked_off(books, arrivals_of(books, always(SlackLimitedError("slow", timedelta(seconds=60)))))

    assert [_seconds(wait) for _, _, wait in books.waits] == [60, 60, 60, 60, 90, 420]


@pytest.mark.parametrize(
    "error",
    [SlackRefusedError("no", "channel_not_found"), RefusedError("a.b", "no"), SlackRefusedError("no", "x", "y")],
)
async def test_what_is_refused_is_set_aside_at_once(error: IntakebotError) -> None:
    books = Books()
    books.put(said("1700000001.0"))
    await worked_off(books, arrivals_of(books, always(error)))

    assert (books.waits, books.aside) == ([], {1: "no"})


@pytest.mark.parametrize(
    ("otherwise", "settled", "aside"),
    [("ignored: never came", [1], []), ("", [], [1])],
)
async def test_what_does_not_come_ends_as_what_it_is_otherwise(
    otherwise: str, settled: list[int], aside: list[int]
) -> None:
    books = Books()
    books.put(said("1700000001.0"))
    arrivals = arrivals_of(books, always(Later("the case is not there", otherwise)))
    await worked_off(books, arrivals)

    assert (list(books.settled), list(books.aside), len(books.waits)) == (settled, aside, ATTEMPTS - 1)


async def test_the_last_attempt_is_known_as_such() -> None:
    heard: list[tuple[int, bool]] = []

    async def hear(arrived: Arrived) -> Outcome:
        heard.append((arrived.attempt, arrived.last))
        raise SlackUnreachableError("down", taken=False)

    books = Books()
    books.put(said("1700000001.0"))
    await worked_off(books, arrivals_of(books, hear))

    assert heard == [(1, False), (2, False), (3, False), (4, False), (5, False), (6, False), (7, True)]


@pytest.mark.parametrize(
    ("payload", "counted"),
    [
        ({"type": "from_tomorrow", "channel": {"id": "C1"}}, "unknown: from_tomorrow"),
        ({"type": "a b"}, "unknown"),
        ({}, "unknown: event_callback"),
        ('{"type": "app_rate_limited"}', "unknown: app_rate_limited"),
        ("no json", "unknown"),
        ("[1]", "unknown"),
        ('{"event": 7}', "unknown"),
    ],
)
async def test_what_nobody_knows_is_settled_and_counted(payload: dict[str, Any] | str, counted: str) -> None:
    books = Books()
    books.put(payload)
    arrivals = arrivals_of(books, always(RuntimeError("not for us")))
    await worked_off(books, arrivals)

    assert list(books.settled) == [1]
    assert arrivals.counted == {counted: 1}


async def test_a_subtype_may_have_a_handler_of_its_own() -> None:
    books = Books()
    books.put(said("1700000001.0") | {"subtype": "message_changed"}, said("1700000002.0") | {"subtype": "file_share"})
    own = {"message": always("contact"), "message/message_changed": always("amendment")}
    arrivals = Arrivals(books, own)
    await worked_off(books, arrivals)

    assert arrivals.counted == {"contact": 1, "amendment": 1}


async def test_an_interaction_that_nobody_answered_is_carried_out_once() -> None:
    async def carry_out(envelope: ChatEnvelope) -> str:
        return f"answer to {envelope.payload}"

    books = Books()
    books.put("{}", kind=EnvelopeKind.INTERACTION)
    await worked_off(books, arrivals_of(books, always(RuntimeError("no event")), carry_out=carry_out))

    assert books.settled == {1: "answer to {}"}


async def test_what_ends_the_service_each_time_is_not_tried_for_ever() -> None:
    books = Books()
    books.put(said("1700000001.0"), attempts=SUSPICIOUS_ATTEMPTS - 1)
    books.put(said("1700000002.0"))
    arrivals = arrivals_of(books, always("contact"))
    await worked_off(books, arrivals)

    assert (list(books.aside), list(books.settled)) == ([1], [2])


async def test_an_envelope_whose_end_could_not_be_written_stays_claimed() -> None:
    books = Books(failures=1)
    books.put(said("1700000001.0"), said("1700000002.0"))
    await worked_off(books, arrivals_of(books, always("contact")))

    assert (list(books.begun), list(books.settled)) == ([1], [2])


@asynccontextmanager
async def running(arrivals: Arrivals) -> AsyncIterator[asyncio.Event]:
    stop = asyncio.Event()
    running_ = asyncio.ensure_future(arrivals.run(stop))
    yield stop
    stop.set()
    await asyncio.wait_for(running_, 5)


async def test_it_works_when_it_is_woken() -> None:
    books = Books()
    arrivals = arrivals_of(books, always("contact"))
    async with running(arrivals):
        await _until(lambda: books.looks)
        books.put(said("1700000001.0"))
        arrivals.wake.set()
        await _until(lambda: books.settled)


async def test_it_works_when_something_is_due() -> None:
    books, tries = Books(), 0

    async def hear(_: Arrived) -> Outcome:
        nonlocal tries
        tries += 1
        return "contact" if tries > 1 else Later("not yet", "")

    books.put(said("1700000001.0"))
    async with running(arrivals_of(books, hear)):
        await _until(lambda: books.waits)
        books.clock.advance(timedelta(seconds=3))
        await _until(lambda: books.settled)


async def test_what_is_due_for_others_does_not_keep_it_running() -> None:
    books = Books()
    books.next_due = lambda: _given(START - timedelta(hours=1))
    async with running(arrivals_of(books, always("contact"))):
        await _until(lambda: books.looks)
        for _ in range(100):
            await asyncio.sleep(0)
        assert books.looks <= 2


async def test_when_it_stops_it_finishes_what_was_begun_and_hands_back_the_rest() -> None:
    gate, begun = asyncio.Event(), asyncio.Event()

    async def hear(_: Arrived) -> Outcome:
        begun.set()
        await gate.wait()
        return "contact"

    books = Books()
    books.put(said("1700000001.0"), said("1700000002.0"))
    async with running(arrivals_of(books, hear)) as stop:
        await begun.wait()
        stop.set()
        await asyncio.sleep(0)
        gate.set()

    assert (list(books.settled), list(books.waiting), books.begun) == ([1], [2], {})


async def test_when_it_is_cancelled_nothing_goes_on() -> None:
    begun = asyncio.Event()

    async def hear(_: Arrived) -> Outcome:
        begun.set()
        await asyncio.Event().wait()
        return "contact"

    books = Books()
    books.put(said("1700000001.0"))
    running_ = asyncio.ensure_future(arrivals_of(books, hear).run(asyncio.Event()))
    await begun.wait()
    running_.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running_
    assert list(books.begun) == [1]


def _seconds(span: timedelta) -> int:
    return round(span.total_seconds())


async def _until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - a turn for the others; the deadline is above
            await asyncio.sleep(0)


def _given(moment: datetime) -> Awaitable[datetime]:
    async def given() -> datetime:
        return moment

    return given()
