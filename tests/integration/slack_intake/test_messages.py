"""What people write becomes contacts and cases, and nothing that no person meant as one does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fakes.databases import ON_SQLITE
from fakes.standing_house import StandingHouse
from intakebot.channels.slack.hearing.arrivals import Arrivals
from intakebot.channels.slack.hearing.events import handlers
from intakebot.channels.slack.hearing.hints import NOBODY_READS, SAY_WHAT
from intakebot.domain.chat import ChatTies
from integration.slack_intake.standing_intake import StandingIntake, taking_in

pytestmark = ON_SQLITE


async def test_each_topic_of_a_person_in_an_intake_room_is_a_case(intake: StandingIntake) -> None:
    asked = await intake.ann.says(intake.help, "The pump leaks")
    await intake.cal.says(intake.help, "No signal since noon")
    await intake.work()

    assert intake.conversations() == [["The pump leaks"], ["No signal since noon"]]
    case = intake.cases()[0]
    assert (case["title"], case["channel"], case["workflow"]) == ("The pump leaks", "slack", "manage-case")
    assert case["caller"]["name"] == "Ann Archer"
    assert case["answer_to"] == f"T0ACME/{intake.help.id}/{asked.ts}"


async def test_i04_a_message_and_its_mention_are_one_contact(intake: StandingIntake) -> None:
    await intake.ann.mentions(intake.help, "the pump leaks")
    await intake.ann.mentions(intake.lounge, "the roof leaks")
    await intake.work()

    assert sorted(intake.conversations()) == [["the pump leaks"], ["the roof leaks"]]
    assert len(intake.contacts()) == 2
    assert intake.counted == {"contact": 2, "ignored: taken in already": 2}


@pytest.mark.parametrize("subtype", ["channel_topic", "pinned_item", "reminder_add", "a_subtype_of_tomorrow"])
async def test_s16_a_subtype_that_is_not_on_the_list_is_ignored(intake: StandingIntake, subtype: str) -> None:
    await intake.ann.says(intake.help, "cases for everybody", subtype=subtype)
    await intake.work()

    assert intake.contacts() == []
    assert intake.counted == {f"ignored: subtype {subtype}": 1}


async def test_s16_neither_bots_nor_workflows_nor_slackbot_are_callers(intake: StandingIntake) -> None:
    robot = intake.slack.person("robot", kind="bot")
    intake.help.members.append(robot.id)
    await robot.says(intake.help, "build failed")
    await robot.says(intake.help, "build failed again", subtype="bot_message")
    await intake.slack.slackbot_says(intake.ann, "Reminder: water the plants")
    await intake.calls.call("chat.postMessage", channel=intake.help.id, text="Case C-1 registered")
    workflow = {"bot_id": "B0WORKFLOW", "workflow_id": "Wf1", "user": intake.ann.id}
    intake.slack.send_event({"type": "message", "channel": intake.help.id, "ts": "1.1", "text": "form"} | workflow)
    await intake.work()

    assert intake.contacts() == []
    assert set(intake.counted) == {
        "ignored: another bot",
        "ignored: subtype bot_message",
        "ignored: slackbot",
        "ignored: own words",
    }


async def test_s16_joining_and_leaving_says_nothing(intake: StandingIntake) -> None:
    eve = intake.slack.person("eve")
    await eve.joins(intake.help)
    await eve.leaves(intake.help)
    await intake.work()

    assert intake.contacts() == []


async def test_i07_broadcast_action_and_file_share_are_words_of_people(intake: StandingIntake) -> None:
    asked = await intake.ann.says(intake.help, "The pump leaks")
    await intake.work()
    await intake.ann.says(intake.help, "it is getting worse", thread=asked, broadcast=True)
    await intake.cal.says(intake.help, "waves", subtype="me_message")
    await intake.work()

    assert intake.conversations() == [["The pump leaks", "it is getting worse"], ["waves"]]


async def test_an_unknown_event_is_settled_and_counted(intake: StandingIntake) -> None:
    intake.slack.send_event({"type": "sign_command_requested", "channel": intake.help.id})
    intake.slack.send_event({"type": "message", "channel": intake.help.id})
    intake.slack.send_event({"type": "message", "channel": 7, "user": {}, "ts": [], "text": {}, "files": "x"})
    intake.slack.send_event({"type": "reaction_added", "item": "nothing"})
    await intake.work()

    assert await intake.chat.next_due() is None
    assert intake.counted["unknown: sign_command_requested"] == 1
    assert "set aside" not in intake.counted
    assert "waiting" not in intake.counted


async def test_messages_of_one_person_within_the_span_continue_one_case(intake: StandingIntake) -> None:
    await intake.ann.says(intake.help, "Hello")
    await intake.work()
    intake.slack.clock.advance(100)
    await intake.cal.says(intake.help, "No signal")
    await intake.ann.says(intake.help, "the pump leaks")
    await intake.work()
    intake.slack.clock.advance(100)
    await intake.ann.says(intake.help, "in the cellar")
    await intake.work()
    intake.slack.clock.advance(121)
    await intake.ann.says(intake.help, "And the lift is stuck")
    await intake.work()

    assert intake.conversations() == [
        ["Hello", "the pump leaks", "in the cellar"],
        ["No signal"],
        ["And the lift is stuck"],
    ]


async def test_a_message_is_registered_at_once_whatever_may_follow(intake: StandingIntake) -> None:
    await intake.ann.says(intake.help, "Hello")
    await intake.slack.settled()
    at = intake.house.clock.now()
    await intake.step()

    assert len(intake.cases()) == 1
    assert intake.house.clock.now() - at < timedelta(seconds=60)


async def test_replies_continue_the_case_whoever_writes_them(intake: StandingIntake) -> None:
    asked = await intake.ann.says(intake.help, "The pump leaks")
    await intake.work()
    await intake.cal.says(intake.help, "here too", thread=asked)
    await intake.ann.says(intake.help, "since noon", thread=asked)
    await intake.work()

    assert intake.conversations() == [["The pump leaks", "here too", "since noon"]]


async def test_an_agents_reply_in_a_callers_thread_is_a_comment(intake: StandingIntake) -> None:
    asked = await intake.ann.says(intake.help, "The pump leaks")
    await intake.dana.says(intake.help, "which one?", thread=asked)
    await intake.carol.says(intake.help, "I know that pump", thread=asked)
    await intake.work()

    assert intake.conversations() == [["The pump leaks"]]
    assert intake.comments() == [
        ("agent:dana", "said to the caller in the thread:\nwhich one?"),
        ("system", "Carol Costa said to the caller in the thread:\nI know that pump"),
    ]


async def test_an_agent_who_asks_is_a_caller_in_that_thread(intake: StandingIntake) -> None:
    asked = await intake.dana.says(intake.help, "My own laptop broke")
    await intake.dana.says(intake.help, "it does not start", thread=asked)
    await intake.work()

    assert intake.conversations() == [["My own laptop broke", "it does not start"]]
    assert intake.comments() == []


async def test_an_agents_reply_to_what_is_no_contact_makes_no_case(intake: StandingIntake) -> None:
    robot = intake.slack.person("robot", kind="bot")
    intake.help.members.append(robot.id)
    said = await robot.says(intake.help, "build failed")
    await intake.dana.says(intake.help, "I will look", thread=said)
    await intake.work()

    assert intake.contacts() == []
    assert intake.counted["ignored: an agent's answer to what is no contact"] == 1
    assert "set aside" not in intake.counted


async def test_a_callers_reply_below_a_bots_message_is_a_case(intake: StandingIntake) -> None:
    robot = intake.slack.person("robot", kind="bot")
    intake.help.members.append(robot.id)
    said = await robot.says(intake.help, "maintenance tonight")
    await intake.ann.says(intake.help, "my line is down already", thread=said)
    await intake.cal.says(intake.help, "mine too", thread=said)
    await intake.work()

    assert intake.conversations() == [["my line is down already", "mine too"]]


async def test_a_bare_mention_makes_no_case_but_a_hint(intake: StandingIntake) -> None:
    await intake.ann.mentions(intake.help)
    await intake.ann.mentions(intake.lounge, "  ")
    await intake.ann.says(intake.ann.dm(), f"<@{intake.slack.app.bot_user}>")
    await intake.work()

    assert intake.contacts() == []
    assert intake.ann.ephemerals == [SAY_WHAT] * 3


async def test_where_nothing_is_sent_there_is_not_even_a_hint(intake: StandingIntake) -> None:
    intake.around = replace(intake.around, silent=True)
    intake.arrivals = Arrivals(intake.chat, handlers(intake.around, intake.alarms))
    await intake.ann.mentions(intake.help)
    await intake.ann.says(intake.ann.dm(), f"<@{intake.slack.app.bot_user}>")
    await intake.ann.says(intake.help, "The pump leaks")
    await intake.work()

    assert intake.conversations() == [["The pump leaks"]]
    assert intake.ann.ephemerals == []


async def test_other_rooms_are_none_of_ours(intake: StandingIntake) -> None:
    said = await intake.ann.says(intake.lounge, "lunch?")
    await intake.cal.says(intake.lounge, "yes", thread=said)
    await intake.dana.says(intake.triage, "quiet today")
    await intake.work()

    assert intake.contacts() == []
    assert intake.slack.calls("conversations.replies") == []


async def test_a_mention_in_a_thread_makes_a_case_of_the_whole_thread(intake: StandingIntake) -> None:
    said = await intake.ann.says(intake.lounge, "The lift is stuck")
    await intake.cal.says(intake.lounge, "on which floor?", thread=said)
    await intake.dana.says(intake.lounge, "did you call somebody?", thread=said)
    await intake.cal.mentions(intake.lounge, thread=said)
    await intake.work()
    await intake.ann.says(intake.lounge, "the third", thread=said)
    await intake.work()

    (case,) = intake.cases()
    assert intake.conversations() == [["The lift is stuck", "on which floor?", "the third"]]
    assert (case["caller"]["name"], case["workflow"]) == ("Ann Archer", "crc")
    assert case["answer_to"].endswith(f"/{said.ts}")
    assert intake.comments() == [("agent:dana", "said to the caller in the thread:\ndid you call somebody?")]


async def test_a_mention_with_words_is_part_of_the_case(intake: StandingIntake) -> None:
    said = await intake.ann.says(intake.lounge, "The lift is stuck")
    await intake.cal.mentions(intake.lounge, "please help her", thread=said)
    await intake.dana.mentions(intake.lounge, "I look after it", thread=said)
    await intake.work()

    assert intake.conversations() == [["The lift is stuck", "please help her"]]
    assert [text for _, text in intake.comments()] == ["said to the caller in the thread:\nI look after it"]


async def test_a_mention_below_a_bots_message_quotes_it(intake: StandingIntake) -> None:
    robot = intake.slack.person("robot", kind="bot")
    intake.lounge.members.append(robot.id)
    said = await robot.says(intake.lounge, "disk full on db-1")
    await intake.dana.mentions(intake.lounge, thread=said)
    await intake.work()
    await intake.cal.says(intake.lounge, "db-2 as well", thread=said)
    await intake.dana.says(intake.lounge, "and db-3", thread=said)
    await intake.work()

    (case,) = intake.cases()
    assert intake.conversations() == [["disk full on db-1", "db-2 as well", "and db-3"]]
    assert case["caller"]["name"] == "Dana Dietz"


async def test_a_direct_message_is_a_case_with_its_thread_and_its_burst(intake: StandingIntake) -> None:
    asked = await intake.ann.says(intake.ann.dm(), "My invoice is wrong")
    await intake.ann.says(intake.ann.dm(), "by 20 euros")
    await intake.work()
    intake.slack.clock.advance(300)
    await intake.ann.says(intake.ann.dm(), "what about it?", thread=asked)
    await intake.ann.says(intake.ann.dm(), "Another thing")
    await intake.work()

    assert intake.conversations() == [["My invoice is wrong", "by 20 euros", "what about it?"], ["Another thing"]]
    assert intake.cases()[0]["workflow"] == "crc"


async def test_nobody_reads_below_our_own_direct_messages(intake: StandingIntake) -> None:
    posted = await intake.calls.call("chat.postMessage", channel=intake.dana.dm().id, text="C-1001 is yours now")
    await intake.dana.says(intake.dana.dm(), "thanks", thread=posted["ts"])
    await intake.work()

    assert intake.contacts() == []
    assert intake.dana.ephemerals == [NOBODY_READS]


async def test_outsiders_and_guests_are_callers_at_most(standing: StandingHouse) -> None:
    def named_all_the_same(ties: ChatTies) -> ChatTies:
        return replace(ties, agents={**ties.agents, "U0SUE": "dana", "U0GUS": "dana"})

    async with taking_in(standing, named_all_the_same) as intake:
        elsewhere = intake.slack.workspace("T2", title="Other", installed=False)
        stranger = intake.slack.person("sue", team=elsewhere, id="U0SUE")
        guest = intake.slack.person("gus", kind="guest", id="U0GUS")
        shared = intake.slack.channel("shared", [intake.ann, stranger, guest], shared_with=elsewhere)
        asked = await intake.ann.mentions(shared, "the pump leaks")
        await intake.work()
        await stranger.says(shared, "here too", thread=asked)
        await guest.says(shared, "and here", thread=asked)
        await intake.work()

        assert intake.conversations() == [["the pump leaks", "here too", "and here"]]
        assert intake.comments() == []
        senders = [contact["sender"] for contact in intake.contacts()]
        assert senders == [f"t0acme/{intake.ann.id.lower()}", "t2/u0sue", "t0acme/u0gus"]


SHOWN: list[Any] = [
    pytest.param("a &lt;b&gt; &amp; c &amp;lt;", "a <b> & c &lt;", id="entities"),
    pytest.param("ask <@CAL> or <@U0NOBODY>", "ask @Cal Coe or @U0NOBODY", id="people"),
    pytest.param("see <#C1|general> and <#C2>", "see #general and #C2", id="conversations"),
    pytest.param("<https://e.example/a?b=1&amp;c|here> <mailto:a@b.example|a@b.example>", None, id="links"),
    pytest.param("<!here> <!channel> <!subteam^S1|@ops>", "@here @channel @ops", id="groups"),
]


@pytest.mark.parametrize(("written", "read"), SHOWN)
async def test_the_text_is_for_people(intake: StandingIntake, written: str, read: str | None) -> None:
    await intake.ann.says(intake.help, written.replace("CAL", intake.cal.id))
    await intake.work()

    expected = read or "here (https://e.example/a?b=1&c) a@b.example"
    assert intake.conversations() == [[expected]]


async def test_s13_nasty_words_come_in_whole(intake: StandingIntake) -> None:
    nasty = "<!channel> <@U1> <https://evil.example|ok> &lt;!here&gt; *_~`` ``` \u202eright to left\u202c "
    await intake.ann.says(intake.help, nasty + "x" * 39_000)
    await intake.work()

    ((text,),) = intake.conversations()
    assert text.startswith("@channel @U1 ok (https://evil.example) <!here> *_~`` ```")
    assert text.endswith("x" * 39_000)


async def test_a_message_without_text_is_read_from_its_blocks(intake: StandingIntake) -> None:
    words = [
        {"type": "text", "text": "a <b> "},
        {"type": "user", "user_id": intake.cal.id},
        {"type": "text", "text": " "},
        {"type": "link", "url": "https://e.example", "text": "there"},
    ]
    item = {"type": "rich_text_section", "elements": [{"type": "text", "text": "one"}]}
    parts = [{"type": "rich_text_section", "elements": words}, {"type": "rich_text_list", "elements": [item]}]
    blocks = [{"type": "rich_text", "elements": parts}]
    event = {"type": "message", "channel": intake.help.id, "user": intake.ann.id, "ts": "1800000000.000100"}
    intake.slack.send_event(event | {"text": "", "blocks": blocks})
    await intake.work()

    assert intake.conversations() == [["a <b> @Cal Coe there (https://e.example)\none"]]


async def test_what_somebody_passes_on_belongs_to_the_message(intake: StandingIntake) -> None:
    passed_on = {"is_share": True, "author_name": "Cal Coe", "text": "the roof &amp; the cellar"}
    event = {"type": "message", "channel": intake.help.id, "user": intake.ann.id, "ts": "1800000000.000100"}
    intake.slack.send_event(event | {"text": "please see", "attachments": [passed_on]})
    await intake.work()

    assert intake.conversations() == [["please see\n\nCal Coe:\nthe roof & the cellar"]]


async def test_the_contact_says_where_it_came_from(intake: StandingIntake) -> None:
    asked = await intake.ann.says(intake.help, "The pump leaks")
    await intake.work()

    (contact,) = intake.contacts()
    content = intake.house.archive.content(contact["id"])
    link = await intake.calls.call("chat.getPermalink", channel=intake.help.id, message_ts=asked.ts)
    assert link["permalink"].encode() in content
    assert b'"email":"ann@acme.example"' in content
    (arrival,) = contact["arrivals"]
    assert arrival["route"] == f"slack:T0ACME/{intake.help.id}"
