"""Ids: time-ordered 64-bit integers, made by us before the row exists.

41 bits of milliseconds since 2024, 10 bits of node, 12 bits of counter: they sort by the time they were made,
never go backwards when the clock does, and two processes with different nodes never collide.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
_EPOCH_MILLISECONDS = EPOCH.timestamp() * 1000
_COUNTER_BITS = 12
_NODE_BITS = 10


class IdSource:
    """Makes ids from a clock's `now`. Safe to call from several threads."""

    def __init__(self, now: Callable[[], datetime], node: int = 0) -> None:
        if not 0 <= node < 1 << _NODE_BITS:
            raise ValueError(f"node must be 0..{(1 << _NODE_BITS) - 1}")
        self._now = now
        self._node = node
        self._last = 0
        self._lock = threading.Lock()

    def __call__(self) -> int:
        """The next id; strictly greater than every earlier one of this source."""
        with self._lock:
            ticks = int(self._now().timestamp() * 1000 - _EPOCH_MILLISECONDS) << _COUNTER_BITS
            self._last = max(ticks, self._last + 1)
            milliseconds, counter = divmod(self._last, 1 << _COUNTER_BITS)
            return ((milliseconds << _NODE_BITS | self._node) << _COUNTER_BITS) | counter


def moment_of(made: int) -> datetime:
    """When an id was made, to the millisecond; aware, UTC."""
    return EPOCH + timedelta(milliseconds=made >> (_NODE_BITS + _COUNTER_BITS))


def least_id_of(moment: datetime) -> int:
    """The smallest id that can be made at a moment or later: `id >= this` asks for what is younger, by the key."""
    return int(moment.timestamp() * 1000 - _EPOCH_MILLISECONDS) << (_NODE_BITS + _COUNTER_BITS)


def node_of(made: int) -> int:
    """The node of the source that made an id: which process it was."""
    return made >> _COUNTER_BITS & (1 << _NODE_BITS) - 1
