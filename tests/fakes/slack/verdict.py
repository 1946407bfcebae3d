"""What the fake holds against the app: assertions that are always on, raised together when the fake stops.

`slack.verdict.allow("retry-after", because="...")` is for the test that provokes a failing on purpose.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from ipaddress import ip_address

from aiohttp import web

CHECKS = {
    "unknown-method": "a Web API method that the fake does not have",
    "token": "a call without a token, or with one that is wrong, revoked or expired",
    "missing-scope": "a call that needs a scope which the app does not have",
    "forbidden-scope": "a scope that the app must not ask for",
    "retry-after": "a call before Retry-After was over",
    "limits": "blocks or a text over the limits of Slack",
    "arguments": "a call that Slack answers with an error of its form",
    "fallback-text": "blocks without a text to fall back on",
    "mass-mention": "a live mention of everybody",
    "caller-mention": "a live mention or link that comes from a caller's words",
    "same-outbox-id": "two messages of one outbox row",
    "foreign-update": "a change of a message that is not the app's",
    "interaction-late": "an interaction that was not acknowledged within three seconds",
    "interaction-body": "an acknowledgement with a body that Slack does not understand",
    "event-attempt": "a delivery of an event that was not answered by 2xx in time",
    "event-unacked": "an event that was never acknowledged",
    "unknown-ack": "an acknowledgement of an envelope that was not sent",
    "duplicate-ack": "an envelope that was acknowledged twice",
    "host": "a call to a host that is not this machine",
}


@dataclass
class Verdict:
    """`failings` are (check, sentence); `notes` are worth a look, and fail nothing."""

    failings: list[tuple[str, str]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    allowed: dict[str, str] = field(default_factory=dict)

    def fail(self, check: str, sentence: str) -> None:
        """Hold this against the app."""
        assert check in CHECKS, check
        self.failings.append((check, sentence))

    def note(self, check: str, sentence: str) -> None:
        """Keep this for whoever looks."""
        self.notes.append((check, sentence))

    def allow(self, *checks: str, because: str = "") -> None:
        """This test provokes such failings on purpose."""
        unknown = set(checks) - set(CHECKS)
        if unknown:
            raise ValueError(f"no such check: {', '.join(sorted(unknown))}; there are {', '.join(CHECKS)}")
        self.allowed |= dict.fromkeys(checks, because or "the test provokes it")

    def standing(self) -> list[tuple[str, str]]:
        """The failings that are not allowed."""
        return [(check, sentence) for check, sentence in self.failings if check not in self.allowed]

    def check(self) -> None:
        """Raise `AssertionError` with every failing that is not allowed, each sentence once."""
        counted = Counter(self.standing())
        if counted:
            lines = [
                f"  {check}: {sentence}" + (f" ({n} times)" if n > 1 else "")
                for (check, sentence), n in counted.items()
            ]
            raise AssertionError("\n".join(["the fake Slack holds against the app:", *lines]))

    def see_host(self, request: web.Request) -> None:
        """A call has come; it must have been sent to this machine."""
        host = request.url.host or ""
        try:
            local = host == "localhost" or ip_address(host).is_loopback
        except ValueError:
            local = False
        if not local:
            self.fail("host", f"{request.path} was asked of {host}")
