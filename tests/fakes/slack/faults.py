"""Faults by rule: what the fake's Web API does wrong when a test says so.

`slack.faults.add(method="chat.postMessage", kind="ratelimited", times=2)`; kinds:
`ratelimited` (429, with `retry_after`), `500`, `503`, `html` (200 with a page), `timeout_before` (the connection is
dropped before anything is stored), `drop_after_store` (stored, then dropped: the caller cannot know), `slow`
(4 s of clock time), `error:CODE`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from aiohttp import web

from fakes.slack.registry import Call

KINDS = frozenset({"ratelimited", "500", "503", "html", "timeout_before", "drop_after_store", "slow"})
SLOW_SECONDS = 4.0
PAGE = "<!DOCTYPE html><html><head><title>Slack</title></head><body>Something went wrong</body></html>"


@dataclass(eq=False)
class Fault:
    """One rule. `times` counts down with each call it strikes; `gate`, when set, lets a slow call go on."""

    method: str
    kind: str
    times: int = 1
    channel: str | None = None
    retry_after: int = 30
    gate: asyncio.Event | None = None
    struck: int = 0


@dataclass
class Faults:
    """The rules of one fake; the first that fits strikes."""

    rules: list[Fault] = field(default_factory=list)

    def add(
        self,
        method: str,
        kind: str,
        times: int = 1,
        channel: object = None,
        retry_after: int = 30,
        gate: asyncio.Event | None = None,
    ) -> Fault:
        """Let the next `times` calls of `method` (`*`: of any), perhaps only in `channel`, go wrong."""
        if kind not in KINDS and not kind.startswith("error:"):
            raise ValueError(f"no such fault: {kind}; there are {', '.join(sorted(KINDS))} and error:CODE")
        channel_id = getattr(channel, "id", channel)
        fault = Fault(method, kind, times, str(channel_id) if channel_id else None, retry_after, gate)
        self.rules.append(fault)
        return fault

    def clear(self) -> None:
        """No more faults."""
        self.rules.clear()

    def strike(self, call: Call) -> Fault | None:
        """The fault that this call meets, counted down."""
        for rule in self.rules:
            here = rule.channel is None or rule.channel == call.arguments.get("channel")
            if rule.times > 0 and rule.method in ("*", call.method) and here:
                rule.times -= 1
                rule.struck += 1
                call.fault = rule.kind
                return rule
        return None


def drop(request: web.Request) -> web.Response:
    """End the connection without an answer, as a broken network does."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
