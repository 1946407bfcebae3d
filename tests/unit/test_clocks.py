"""Waiting ends when the moment has come, when somebody wakes, and when simulated time jumps."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from intakebot.clocks import SimulatedClock, SystemClock

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture(params=["system", "simulated"])
def clock(request: pytest.FixtureRequest) -> SystemClock | SimulatedClock:
    return SystemClock() if request.param == "system" else SimulatedClock(START)


async def test_now_is_aware_and_runs(clock: SystemClock | SimulatedClock) -> None:
    first = clock.now()
    assert first.tzinfo is UTC
    assert clock.now() >= first


async def test_a_moment_that_has_passed_is_not_waited_for(clock: SystemClock | SimulatedClock) -> None:
    await asyncio.wait_for(clock.until(clock.now() - timedelta(days=1), asyncio.Event()), 5)


async def test_a_moment_comes(clock: SystemClock | SimulatedClock) -> None:
    moment = clock.now() + timedelta(milliseconds=20)
    await asyncio.wait_for(clock.until(moment, asyncio.Event()), 5)
    assert clock.now() >= moment - timedelta(milliseconds=5)


async def test_a_wake_ends_the_wait_and_stays_set(clock: SystemClock | SimulatedClock) -> None:
    wake = asyncio.Event()
    waiting = asyncio.ensure_future(clock.until(clock.now() + timedelta(days=1), wake))
    await asyncio.wait({waiting}, timeout=0.01)
    assert not waiting.done()
    wake.set()
    await asyncio.wait_for(waiting, 5)
    assert wake.is_set()


# case J07
async def test_a_jump_ends_the_waits_that_it_passes_and_no_others() -> None:
    clock = SimulatedClock(START)
    soon = asyncio.ensure_future(clock.until(clock.now() + timedelta(days=1), asyncio.Event()))
    late = asyncio.ensure_future(clock.until(clock.now() + timedelta(days=30), asyncio.Event()))
    await asyncio.wait({soon}, timeout=0.01)
    assert clock.advance(timedelta(days=10)) >= START + timedelta(days=10)
    await asyncio.wait_for(soon, 5)
    assert not late.done()
    late.cancel()


# case J07
async def test_time_can_go_back() -> None:
    clock = SimulatedClock(START)
    assert clock.advance(timedelta(hours=-1)) < START
