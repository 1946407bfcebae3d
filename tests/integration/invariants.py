"""What must hold after every step, whatever happened: the invariants of the domain, read from the database."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from fakes.standing_house import StandingHouse
from intakebot.domain.actors import Actor
from intakebot.domain.case import CaseEvent, recorded_state, replay
from intakebot.domain.workflow import StateKind
from intakebot.ports import CaseFilter

CANARY = "zq-internal-canary"
"""Stands in every internal text that tests write; nothing that leaves may have it."""

_TRANSPORT = ("deliveries", "timers", "links", "caller", "customer", "account", "subscription", "agreements")


@dataclass
class Watcher:
    """Remembers what was final, and checks everything again after each step."""

    standing: StandingHouse
    contacts: set[int] = field(default_factory=set)
    final: dict[int, Any] = field(default_factory=dict)
    listed: dict[int, Any] = field(default_factory=dict)

    async def check(self, *, thorough: bool = False) -> None:
        """Check the cases that the list shows as changed; all of them when `thorough`."""
        rows = self.standing.archive.cases(CaseFilter(limit=1000))
        for row in rows:
            if thorough or self.listed.get(row["number"]) != row:
                await self._check_case(row["number"])
            self.listed[row["number"]] = row
        self._check_counts(len(rows))
        self._check_what_left()

    async def _check_case(self, number: int) -> None:
        case = (await self.standing.case_file(number)).case
        whole = self.standing.archive.case(number)
        events = self.standing.archive.events(number)
        assert replay(map(_event, events)) == recorded_state(case), f"{case.label}: events tell another state"
        kind = self.standing.house.organisation.workflows[case.workflow].kind_of(case.status)
        assert kind is not StateKind.REGISTERED, f"{case.label} rests where nobody sees it"
        if kind is StateKind.WAITING:
            assert case.queue, f"{case.label} waits in no queue"
            assert case.owner is None, f"{case.label} waits and has an owner"
        if kind is StateKind.RESOLVED:
            assert case.resolution, f"{case.label} is resolved without a resolution"
        if kind in (StateKind.RESOLVED, StateKind.CLOSED):
            assert {task["status"] for task in whole["tasks"]} <= {"Completed"}, f"{case.label} has open tasks"
        assert (kind is StateKind.CLOSED) == (case.closed_at is not None), f"{case.label}: closed or not?"
        if kind is StateKind.CLOSED:
            assert case.resolution, f"{case.label} was closed without a resolution"
            assert case.resolution.sent_at, f"{case.label} was closed unsent"
        if case.is_final:
            frozen = {name: value for name, value in whole.items() if name not in _TRANSPORT} | {"events": events}
            assert self.final.setdefault(number, frozen) == frozen, f"{case.label} has ended, and changed"

    def _check_counts(self, cases: int) -> None:
        counts = self.standing.archive.counts()
        assert sum(counts["contacts"].values()) == len(self.contacts), "contacts were lost or made up"
        assert sum(counts["cases"].values()) == cases

    def _check_what_left(self) -> None:
        for delivery in self.standing.outlet.offered:
            left = f"{delivery.subject}\n{delivery.text}\n{delivery.html}\n{delivery.recipient_name}"
            assert CANARY not in left, f"internal text in {delivery.message_id}"  # case H09
        promised = self.standing.archive.deliveries("", 10_000)
        automatic = [row for row in promised if row["automatic"] and row["state"] != "withdrawn"]
        on_case = Counter(row["case_id"] for row in automatic)
        assert set(on_case.values()) <= {1}, "a case has had more than one automatic reply"
        for recipient in {row["recipient"] for row in automatic}:
            moments = sorted(_at(row) for row in automatic if row["recipient"] == recipient)
            for first, fourth in zip(moments, moments[3:], strict=False):
                assert fourth - first >= timedelta(hours=24), f"{recipient} got four automatic replies in a day"


def _at(row: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(row["created_at"])


def _event(row: dict[str, Any]) -> CaseEvent:
    by = Actor.parse(row["by"])
    return CaseEvent(
        row["id"], row["case_id"], row["kind"], by, datetime.fromisoformat(row["at"]), row["changes"], row["note"]
    )
