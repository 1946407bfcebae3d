"""Rate limits, on the clock of the fake: a bucket for each method and workspace, and one message a second a channel.

Who calls again before `Retry-After` is over fails the test. `enabled = False` lifts the limits (not the faults).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from fakes.slack.registry import Call
from fakes.slack.state import State
from fakes.slack.verdict import Verdict

PER_MINUTE = {"1": 1, "2": 20, "3": 50, "4": 100, "special": 600, "post": 300}
"""Calls a minute that are sure to pass; `post` is chat.postMessage in the whole workspace."""
PER_CHANNEL = 1.0
"""Messages a second in one channel."""


@dataclass
class Bucket:
    """Fills at `rate` a second up to `size`."""

    rate: float
    size: float
    level: float
    at: float

    def fill(self, now: float) -> None:
        """As much as has flowed in by now."""
        self.level = min(self.size, self.level + (now - self.at) * self.rate)
        self.at = now

    def wait(self) -> float:
        """Seconds until there is one to take."""
        return max(0.0, (1 - self.level) / self.rate)


@dataclass
class Limits:
    """`burst` is how many messages a channel takes at once before one a second holds."""

    state: State
    verdict: Verdict
    enabled: bool = True
    burst: int = 5
    buckets: dict[tuple[str, ...], Bucket] = field(default_factory=dict)
    blocked: dict[tuple[str, ...], float] = field(default_factory=dict)

    def take(self, call: Call, tier: str) -> int:
        """0 when the call may pass, else the whole seconds of `Retry-After`."""
        keys = self._keys(call, tier)
        waits = {key: self._blocked(call, key) for key in keys}
        if self.enabled and not any(waits.values()):
            waits = {key: self._level(key, call.at).wait() for key in keys}
            if not any(waits.values()):
                for key in keys:
                    self.buckets[key].level -= 1
            for key, wait in waits.items():
                if wait:
                    self.blocked[key] = call.at + math.ceil(wait)
        return math.ceil(max(waits.values()))

    def refuse(self, call: Call, tier: str, seconds: int) -> None:
        """A fault says 429: hold the caller to its `Retry-After` as well."""
        keys = self._keys(call, tier)
        for key in keys:
            self._blocked(call, key)
        self.blocked[keys[-1]] = call.at + seconds

    def _blocked(self, call: Call, key: tuple[str, ...]) -> float:
        left = self.blocked.get(key, 0) - call.at
        if left <= 0:
            self.blocked.pop(key, None)
            return 0
        self.verdict.fail("retry-after", f"{' '.join(key)} was called again {left:.1f} s before Retry-After was over")
        return left

    def _level(self, key: tuple[str, ...], now: float) -> Bucket:
        if key not in self.buckets:
            self.buckets[key] = self._bucket(key, now)
        bucket = self.buckets[key]
        bucket.fill(now)
        return bucket

    def _bucket(self, key: tuple[str, ...], now: float) -> Bucket:
        tier = key[0]
        if tier == "channel":
            return Bucket(PER_CHANNEL, self.burst, self.burst, now)
        size = PER_MINUTE[tier]
        return Bucket(size / 60, size, size, now)

    def _keys(self, call: Call, tier: str) -> list[tuple[str, ...]]:
        team = call.token.team.id if call.token and call.token.team else ""
        keys = [(tier, call.method, team)]
        if tier == "post":
            keys.append(("channel", call.method, team, call.text("channel")))
        return keys
