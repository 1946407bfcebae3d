"""The fake's time: seconds since 1970 on a simulated clock that runs like real time and can be moved forward.

Retries, rate limits, triggers and the three seconds of an acknowledgement are measured here, so a test never waits.
A house and its fake Slack share one `SimulatedClock`, so that both move together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from intakebot.clocks import SimulatedClock, SystemClock

A_MOMENT = 0.5
T = TypeVar("T")


def machine_time() -> float:
    """Seconds since 1970 by the machine: what the signature of a delivery is stamped with."""
    return SystemClock().now().timestamp()


class FakeClock:
    """Wraps a `SimulatedClock` (one that starts now, when none is given) or, for real seconds, a `SystemClock`."""

    def __init__(self, clock: SimulatedClock | SystemClock | None = None) -> None:
        self.source = clock or SimulatedClock(SystemClock().now())

    def now(self) -> datetime:
        """This moment, aware, UTC."""
        return self.source.now()

    def time(self) -> float:
        """Seconds since 1970."""
        return self.now().timestamp()

    def advance(self, seconds: float) -> None:
        """Jump forward: whoever waits for a moment that has come by then is woken."""
        if not isinstance(self.source, SimulatedClock):
            raise TypeError("a SystemClock cannot be advanced: give FakeSlack a SimulatedClock, or none")
        self.source.advance(timedelta(seconds=seconds))

    async def until(self, moment: float, wake: asyncio.Event | None = None) -> None:
        """Return when `moment` (seconds since 1970) has come, or `wake` is set."""
        await self.source.until(datetime.fromtimestamp(moment, UTC), wake or asyncio.Event())

    async def within(self, seconds: float, work: Awaitable[T]) -> T:
        """What `work` returns; `TimeoutError`, with `work` cancelled, when this clock shows `seconds` more first.

        Where a test moved the clock meanwhile, what was under way still has a moment of real time.
        """
        loop = asyncio.get_running_loop()
        task, begun = asyncio.ensure_future(work), loop.time()
        limit = asyncio.ensure_future(self.until(self.time() + seconds))
        try:
            await asyncio.wait({task, limit}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                await asyncio.wait({task}, timeout=max(begun + min(seconds, A_MOMENT) - loop.time(), 0))
            if not task.done():
                raise TimeoutError(f"{seconds} s are over")
            return task.result()
        finally:
            limit.cancel()
            task.cancel()
            await asyncio.wait({task, limit})
