"""Events come late, again, and in any order; the cases that come of them are the same."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from fakes.databases import ON_SQLITE
from fakes.standing_house import StandingHouse
from integration.slack_intake.standing_intake import StandingIntake, taking_in
from intakebot.channels.slack.hearing.arrivals import ATTEMPTS


async def test_s2_i10_the_same_event_four_times_at_once_and_in_two_processes_is_one_contact(
    standing: StandingHouse,
) -> None:
    async with taking_in(standing) as intake, intake.another() as other:
        intake.slack.hold_events()
        await intake.ann.mentions(intake.help, "The pump leaks")
        bodies = intake.recorded() * 4
        await asyncio.gather(*(each.bring(body) for body in bodies for each in (intake, other)))
        await asyncio.gather(*(each.arrivals.claim() for each in (intake, other, intake, other)))
        await asyncio.gather(intake.arrivals.idle(), other.arrivals.idle())
        await intake.work()

        assert intake.conversations() == [["The pump leaks"]]
        assert len(intake.contacts()) == 1


@ON_SQLITE
async def test_i06_a_reply_that_comes_before_its_message_still_ends_in_one_case(intake: StandingIntake) -> None:
    intake.slack.hold_events()
    asked = await intake.ann.says(intake.help, "The pump leaks")
    await intake.cal.says(intake.help, "here too", thread=asked)
    first, second = intake.recorded()
    await intake.bring(second)
    await intake.work()
    await intake.bring(first)
    await intake.work()

    assert intake.conversations() == [["The pump leaks", "here too"]]
    assert intake.cases()[0]["caller"]["name"] == "Ann Archer"


@ON_SQLITE
async def test_i06_also_when_what_it_answers_cannot_be_read(intake: StandingIntake) -> None:
    intake.slack.hold_events()
    asked = await intake.ann.says(intake.help, "The pump leaks")
    await intake.cal.says(intake.help, "here too", thread=asked)
    first, second = intake.recorded()
    intake.slack.faults.add("conversations.replies", "503", times=ATTEMPTS)
    await intake.bring(second)
    await intake.work()
    await intake.bring(first)
    await intake.work()

    assert intake.conversations() == [["here too", "The pump leaks"]]


@ON_SQLITE
@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
async def test_a_burst_is_one_case_in_any_order(intake: StandingIntake, order: tuple[int, ...]) -> None:
    intake.slack.hold_events()
    for text in ("one", "two", "three", "four"):
        await intake.ann.says(intake.help, text)
        intake.slack.clock.advance(90)
    events = intake.recorded()
    for number in order:
        await intake.bring(events[number])
        await intake.work()

    ((*said,),) = intake.conversations()
    assert sorted(said) == ["four", "one", "three", "two"]


@ON_SQLITE
async def test_a_burst_needs_no_look_at_the_conversation_when_events_are_in_order(intake: StandingIntake) -> None:
    for text in ("one", "two", "three"):
        await intake.ann.says(intake.help, text)
        await intake.work()

    assert intake.conversations() == [["one", "two", "three"]]
    assert len(intake.slack.calls("conversations.history")) == 1


@ON_SQLITE
async def test_no_word_waits_for_a_look_that_fails(intake: StandingIntake) -> None:
    fault = intake.slack.faults.add("conversations.history", "ratelimited", retry_after=60)
    await intake.ann.says(intake.help, "The pump leaks")
    await intake.cal.says(intake.help, "The roof leaks")
    await intake.slack.settled()
    await intake.step()

    assert fault.struck == 1
    assert intake.conversations() == [["The pump leaks"], ["The roof leaks"]]
    assert "waiting" not in intake.counted


@ON_SQLITE
async def test_looks_leave_calls_for_others(intake: StandingIntake) -> None:
    callers = [intake.slack.person(f"p{number}") for number in range(30)]
    intake.help.members += [caller.id for caller in callers]
    for caller in callers:
        await caller.says(intake.help, f"I am {caller.name}")
    await intake.slack.settled()
    await intake.step()

    assert len(intake.slack.calls("conversations.history")) == 20
    assert len(intake.contacts()) == 30


@ON_SQLITE
async def test_an_agents_comment_waits_for_its_case(intake: StandingIntake) -> None:
    intake.slack.hold_events()
    asked = await intake.ann.says(intake.help, "The pump leaks")
    await intake.dana.says(intake.help, "which one?", thread=asked)
    first, second = intake.recorded()
    await intake.bring(second)
    await intake.step()
    assert intake.contacts() == []
    await intake.bring(first)
    await intake.work()

    assert intake.conversations() == [["The pump leaks"]]
    assert intake.comments() == [("agent:dana", "said to the caller in the thread:\nwhich one?")]
