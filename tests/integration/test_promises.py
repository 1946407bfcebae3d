"""What agreements promise, from registration to the breach, and what agents hear of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from fakes.standing_house import START, StandingHouse
from intakebot.domain.change import Timer
from intakebot.domain.commands import Identify, Reopen, Resolve, Split, Take, Void
from intakebot.usecases.close import Closing

SECOND = timedelta(seconds=1)
GOLD = b"From: Ann <ann@acme.example>\r\nSubject: Pump stands still\r\n\r\nOur support key is KEY-123456.\r\n"


async def registered(standing: StandingHouse, content: bytes = GOLD, sender: str = "ann@acme.example") -> int:
    """A case that was promised to be solved within 8 hours, unless the content says otherwise."""
    await standing.receive(content, sender, ("support@intakebot.example",))
    await standing.register()
    return 1001


def warned(standing: StandingHouse, number: int = 1001) -> list[str]:
    events = standing.archive.events(number)
    return [f"{event['kind']} {event['by']}" for event in events if event["kind"].startswith("agreement.")]


def timers(standing: StandingHouse, number: int = 1001) -> Mapping[str, Any]:
    return {timer["kind"]: timer["due_at"] for timer in standing.archive.case(number)["timers"]}


async def at(standing: StandingHouse, hours: float, after: timedelta = SECOND) -> list[str]:
    """Go to so many hours after the start, let the worker look, and say what was written down by then."""
    standing.advance(START + timedelta(hours=hours) + after - standing.clock.now())
    await standing.deliver()
    return warned(standing)


SOON, OVER = "agreement.due-soon timer:agreement", "agreement.overdue timer:agreement"


async def test_a_promise_is_due_soon_at_three_quarters_and_then_broken(standing: StandingHouse) -> None:
    await registered(standing)
    assert await at(standing, 6, -SECOND) == []
    assert await at(standing, 6) == [SOON]
    assert await at(standing, 8, -SECOND) == [SOON]
    assert await at(standing, 8) == [SOON, OVER]
    assert timers(standing) == {}
    assert await at(standing, 100) == [SOON, OVER]


async def test_a_house_that_slept_says_only_what_is_still_true(standing: StandingHouse) -> None:
    await registered(standing)
    assert await at(standing, 9) == [OVER]


async def test_the_history_says_by_when(standing: StandingHouse) -> None:
    await registered(standing)
    await at(standing, 6)
    await at(standing, 8)
    notes = [event["note"] for event in standing.archive.events(1001) if event["kind"].startswith("agreement.")]
    assert notes == [
        "the solution is promised by 2026-03-02 17:00 UTC",
        "the solution was promised by 2026-03-02 17:00 UTC",
    ]


async def test_nobody_hears_of_a_promise_that_was_kept(standing: StandingHouse) -> None:
    number = await registered(standing)
    await standing.perform("alice", Take(number))
    await standing.perform("alice", Resolve(number, "Restart it."))
    assert "agreement" not in timers(standing)
    assert await at(standing, 9) == []


async def test_a_clock_that_rings_while_the_case_is_resolved_says_nothing(standing: StandingHouse) -> None:
    number = await registered(standing)
    rings = Timer((await standing.case_file(number)).case.id, "agreement", START + timedelta(hours=6))
    await standing.perform("alice", Take(number))
    await standing.perform("alice", Resolve(number, "Restart it."))
    await standing.writer.submit(Closing(standing.house).act_on_timers, rings)
    assert warned(standing) == []


async def test_a_case_that_comes_back_in_time_is_waited_for_again(standing: StandingHouse) -> None:
    number = await registered(standing)
    await standing.perform("alice", Take(number))
    await standing.perform("alice", Resolve(number, "Restart it."))
    await at(standing, 1)
    await standing.perform("alice", Reopen(number, "it was not that"))
    assert list(timers(standing)) == ["agreement"]
    assert await at(standing, 6) == [SOON]


async def test_a_case_that_has_ended_is_not_waited_for(standing: StandingHouse) -> None:
    number = await registered(standing)
    await standing.perform("alice", Void(number, "opened by mistake"))
    assert await at(standing, 9) == []
    assert timers(standing) == {}


async def test_the_promise_follows_the_agreement_that_an_agent_finds(standing: StandingHouse) -> None:
    number = await registered(
        standing, b"From: x@nowhere.example\r\nSubject: Pump\r\n\r\nIt stands still.\r\n", "x@nowhere.example"
    )
    before = timers(standing)["agreement"]
    await standing.perform("alice", Identify(number, "ACME", "ACME-PUMP-7"))
    assert timers(standing)["agreement"] < before
    assert await at(standing, 6) == [SOON]


async def test_an_agreement_found_too_late_breaks_no_promise_afterwards(standing: StandingHouse) -> None:
    number = await registered(
        standing, b"From: x@nowhere.example\r\nSubject: Pump\r\n\r\nIt stands still.\r\n", "x@nowhere.example"
    )
    standing.advance(timedelta(hours=9))
    await standing.perform("alice", Identify(number, "ACME", "ACME-PUMP-7"))
    assert timers(standing) == {}


async def test_a_further_case_has_the_promise_of_its_parent(standing: StandingHouse) -> None:
    number = await registered(standing)
    await at(standing, 4)
    await standing.perform("alice", Take(number))
    await standing.perform("alice", Split(number, "Second pump"))
    assert await at(standing, 7) == [SOON]
    assert warned(standing, 1002) == [SOON]
    await at(standing, 8)
    assert warned(standing, 1002) == [SOON, OVER]


@pytest.mark.parametrize("hours", [6, 8])
async def test_two_looks_at_once_write_it_down_once(standing: StandingHouse, hours: int) -> None:
    await registered(standing)
    await at(standing, 6)
    before = len(warned(standing))
    await at(standing, hours)
    await standing.deliver()
    assert len(warned(standing)) == before + (hours == 8)
