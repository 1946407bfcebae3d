"""What needs a person, from the figures of the archive."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from fakes.standing_house import START, shipped
from intakebot.usecases.watch import alarms

ORGANISATION = shipped()[0].organisation
NOTHING: dict[str, dict[str, int]] = {"contacts": {}, "deliveries": {}, "cases": {}}


@dataclass
class Figures:
    """The three questions that the watch asks of an archive."""

    counted: dict[str, dict[str, int]] = field(default_factory=dict)
    waiting: dict[str, dict[str, Any]] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)

    def counts(self) -> dict[str, dict[str, int]]:
        return NOTHING | self.counted

    def queues(self) -> dict[str, dict[str, Any]]:
        return self.waiting

    def mailboxes(self) -> list[dict[str, Any]]:
        none = {"set_aside": 0, "too_large": 0, "unmarked": 0}
        return [{"name": "post", "folder": "INBOX"} | none | self.left]


def waits(queue: str, hours: float, number: int = 1) -> dict[str, dict[str, Any]]:
    since = (START - timedelta(hours=hours)).isoformat() if number else None
    return {queue: {"waiting": number, "oldest_waiting_at": since}}


@pytest.mark.parametrize(
    ("figures", "wanted"),
    [
        pytest.param(Figures(), [], id="nothing"),
        pytest.param(Figures({"cases": {"Open": 2, "New": 1, "Pending": 4}}), [("case.resting", "Open")], id="resting"),
        pytest.param(Figures({"contacts": {"quarantined": 1}}), [("contact.quarantined", "")], id="quarantined"),
        pytest.param(Figures(left={"too_large": 1}), [("mailbox.left", "post")], id="left-in-a-mailbox"),
        pytest.param(Figures({"contacts": {"registered": 9, "refused": 1}}), [], id="all-is-registered"),
        pytest.param(
            Figures({"deliveries": {"held": 1, "failed": 2, "sent": 3}}),
            [("delivery.failed", ""), ("delivery.held", "")],
            id="not-delivered",
        ),
        pytest.param(
            Figures({"envelopes": {"set-aside": 1, "kept": 3, "settled": 9}, "posts": {"failed": 2, "due": 1}}),
            [("chat.set-aside", ""), ("chat.post-failed", "")],
            id="chat",
        ),
        pytest.param(Figures({"envelopes": {"settled": 9}, "posts": {"posted": 2, "dropped": 1}}), [], id="quiet-chat"),
        pytest.param(Figures(waiting=waits("noc", 1.9)), [], id="in-time"),
        pytest.param(Figures(waiting=waits("noc", 2.1)), [("queue.undrained", "noc")], id="undrained"),
        pytest.param(Figures(waiting=waits("crc", 2.1)), [], id="another-queue-has-more-time"),
        pytest.param(Figures(waiting=waits("noc", 9, 0)), [], id="nothing-waits"),
        pytest.param(Figures(waiting=waits("gone", 0)), [("queue.unknown", "gone")], id="unknown-queue"),
    ],
)
def test_alarms(figures: Any, wanted: list[tuple[str, str]]) -> None:
    assert [(alarm.what, alarm.which) for alarm in alarms(figures, ORGANISATION, START)] == wanted
