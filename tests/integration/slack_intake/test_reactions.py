"""An emoji makes a case of a message, once, when the right person sets the right one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fakes.databases import ON_SQLITE
from fakes.standing_house import StandingHouse
from intakebot.channels.slack.answering.adopting import Adopting
from intakebot.channels.slack.hearing.hints import NOT_OF_APPS
from intakebot.domain.chat import ChatTies
from integration.slack_intake.standing_intake import StandingIntake, taking_in

pytestmark = ON_SQLITE


async def test_an_agents_emoji_makes_a_case_in_any_room(intake: StandingIntake) -> None:
    said = await intake.ann.says(intake.lounge, "The lift is stuck")
    await intake.dana.reacts(said, "ticket")
    await intake.carol.reacts(said, "ticket")
    await intake.work()
    await intake.cal.says(intake.lounge, "on the third floor", thread=said)
    await intake.work()

    (case,) = intake.cases()
    assert intake.conversations() == [["The lift is stuck", "on the third floor"]]
    assert (case["caller"]["name"], case["workflow"]) == ("Ann Archer", "crc")


async def test_an_emoji_on_a_contact_changes_nothing(intake: StandingIntake) -> None:
    said = await intake.ann.says(intake.help, "The pump leaks")
    await intake.dana.reacts(said, "ticket")
    await intake.work()
    await intake.carol.reacts(said, "ticket")
    await intake.work()

    assert len(intake.contacts()) == 1
    assert intake.conversations() == [["The pump leaks"]]


async def test_an_emoji_that_comes_before_its_message_is_one_contact(intake: StandingIntake) -> None:
    intake.slack.hold_events()
    said = await intake.ann.says(intake.help, "The pump leaks")
    await intake.dana.reacts(said, "ticket")
    first, second = intake.recorded()
    await intake.bring(second)
    await intake.work()
    await intake.bring(first)
    await intake.work()

    assert intake.conversations() == [["The pump leaks"]]
    assert len(intake.contacts()) == 1


async def test_an_emoji_has_the_same_meaning_in_every_colour(intake: StandingIntake) -> None:
    said = await intake.ann.says(intake.lounge, "The lift is stuck")
    await intake.dana.reacts(said, "ticket::skin-tone-3")
    await intake.work()

    assert intake.conversations() == [["The lift is stuck"]]


@pytest.mark.parametrize("emoji", ["eyes", "tickets", "ticket2"])
async def test_other_emoji_mean_nothing(intake: StandingIntake, emoji: str) -> None:
    said = await intake.ann.says(intake.lounge, "The lift is stuck")
    await intake.dana.reacts(said, emoji)
    await intake.work()

    assert intake.contacts() == []


async def test_a_callers_emoji_means_nothing_unless_the_room_says_so(standing: StandingHouse) -> None:
    async with taking_in(standing) as intake:
        said = await intake.ann.says(intake.lounge, "The lift is stuck")
        await intake.cal.reacts(said, "ticket")
        await intake.work()
        assert intake.contacts() == []


async def test_a_callers_emoji_counts_where_the_room_says_so(standing: StandingHouse) -> None:
    def for_everybody(ties: ChatTies) -> ChatTies:
        return replace(ties, direct=replace(ties.direct, reaction="sos", agents_only=False))

    async with taking_in(standing, for_everybody) as intake:
        said = await intake.ann.says(intake.lounge, "The lift is stuck")
        await intake.cal.reacts(said, "ticket")
        await intake.cal.reacts(said, "sos")
        await intake.work()

        assert intake.conversations() == [["The lift is stuck"]]


async def test_messages_of_apps_make_no_case(intake: StandingIntake) -> None:
    robot = intake.slack.person("robot", kind="bot")
    intake.lounge.members.append(robot.id)
    said = await robot.says(intake.lounge, "build failed")
    await intake.dana.reacts(said, "ticket")
    await intake.work()

    assert intake.contacts() == []
    assert intake.dana.ephemerals == [NOT_OF_APPS]


async def test_an_emoji_on_a_reply_makes_a_case_of_that_reply(intake: StandingIntake) -> None:
    said = await intake.ann.says(intake.lounge, "lunch?")
    reply = await intake.cal.says(intake.lounge, "the lift is stuck", thread=said)
    await intake.dana.reacts(reply, "ticket")
    await intake.work()
    await intake.cal.says(intake.lounge, "third floor", thread=said)
    await intake.dana.says(intake.lounge, "coming", thread=said)
    await intake.work()

    assert intake.conversations() == [["the lift is stuck", "third floor"]]
    assert intake.comments() == [("agent:dana", "said to the caller in the thread:\ncoming")]


async def test_what_was_said_before_the_reply_stays_outside_however_late_it_comes(intake: StandingIntake) -> None:
    intake.slack.hold_events()
    said = await intake.ann.says(intake.lounge, "lunch?")
    await intake.ann.says(intake.lounge, "at noon?", thread=said)
    reply = await intake.cal.says(intake.lounge, "the lift is stuck", thread=said)
    await intake.dana.reacts(reply, "ticket")
    *before, emoji = intake.recorded()
    await intake.bring(emoji)
    await intake.work()
    await intake.bring(*before)
    await intake.work()

    assert intake.conversations() == [["the lift is stuck"]]


async def test_an_emoji_on_the_first_message_brings_its_answers_along(intake: StandingIntake) -> None:
    said = await intake.ann.says(intake.lounge, "The lift is stuck")
    reply = await intake.cal.says(intake.lounge, "third floor", thread=said)
    await intake.dana.says(intake.lounge, "coming", thread=said)
    await intake.dana.reacts(reply, "ticket")
    await intake.work()
    await intake.dana.reacts(said, "ticket")
    await intake.work()

    assert intake.conversations() == [["third floor", "The lift is stuck"]]
    assert intake.comments() == [("agent:dana", "said to the caller in the thread:\ncoming")]


async def test_a_press_makes_the_same_case_under_a_title(intake: StandingIntake) -> None:
    said = await intake.ann.says(intake.lounge, "it is stuck again")
    await intake.cal.says(intake.lounge, "third floor", thread=said)
    await intake.dana.says(intake.lounge, "coming", thread=said)
    await intake.slack.settled()
    await Adopting(intake.around)(intake.lounge.id, said.ts, "Lift", None)
    await intake.work()
    await intake.dana.reacts(said, "ticket")
    await intake.work()

    (case,) = intake.cases()
    assert case["title"] == "Lift"
    assert intake.conversations() == [["it is stuck again", "third floor"]]
    assert len(intake.contacts()) == 2


async def test_an_emoji_on_an_agents_reply_leaves_it_a_comment(intake: StandingIntake) -> None:
    asked = await intake.ann.says(intake.help, "The pump leaks")
    reply = await intake.dana.says(intake.help, "which one?", thread=asked)
    await intake.work()
    await intake.dana.reacts(reply, "ticket")
    await intake.work()

    assert intake.conversations() == [["The pump leaks"]]
    assert len(intake.comments()) == 1


async def test_an_emoji_on_what_is_gone_means_nothing(intake: StandingIntake) -> None:
    said = await intake.ann.says(intake.lounge, "The lift is stuck")
    await intake.dana.reacts(said, "ticket")
    await intake.ann.deletes(said)
    await intake.work()

    assert intake.contacts() == []
    assert intake.counted["ignored: the message is gone"] == 1
