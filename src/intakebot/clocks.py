"""Clocks: real time, and a simulated one that only moves when it is told to (demo and tests)."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from datetime import UTC, datetime, timedelta


class SystemClock:
    """The machine's time. Waiting uses the monotonic clock, so a jump of the wall clock never blocks a wait."""

    def now(self) -> datetime:
        """This moment, aware, UTC."""
        return datetime.now(UTC)  # noqa: TID251 - the one place that asks the machine

    async def until(self, moment: datetime, wake: asyncio.Event) -> None:
        """Return when `moment` has come or `wake` is set."""
        seconds = (moment - self.now()).total_seconds()
        if seconds > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(wake.wait(), seconds)


class SimulatedClock:
    """Time that runs like real time from a given start, and can be moved forward.

    It runs, so that what happens within a second still has an order; `advance` jumps and wakes whoever waits.
    """

    def __init__(self, start: datetime) -> None:
        self._real = SystemClock()
        self._offset = start - self._real.now()
        self._lock = threading.Lock()
        self._jumped = asyncio.Event()

    def now(self) -> datetime:
        """This moment of the simulation."""
        with self._lock:
            return self._real.now() + self._offset

    def advance(self, span: timedelta) -> datetime:
        """Jump forward; returns the new moment."""
        with self._lock:
            self._offset += span
        jumped, self._jumped = self._jumped, asyncio.Event()
        jumped.set()
        return self.now()

    async def until(self, moment: datetime, wake: asyncio.Event) -> None:
        """Return when `moment` has come, `wake` is set, or the clock jumped past `moment`."""
        while self.now() < moment and not wake.is_set():
            jump = asyncio.ensure_future(self._jumped.wait())
            woken = asyncio.ensure_future(wake.wait())
            try:
                seconds = (moment - self.now()).total_seconds()
                await asyncio.wait({jump, woken}, timeout=max(seconds, 0), return_when=asyncio.FIRST_COMPLETED)
            finally:
                jump.cancel()
                woken.cancel()
