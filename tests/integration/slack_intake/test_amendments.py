"""S16: what callers change and take back is recorded beside what they said; nothing else that changes is."""

from __future__ import annotations

from dataclasses import replace

from fakes.databases import ON_SQLITE
from intakebot.channels.slack.hearing.arrivals import Arrivals
from intakebot.channels.slack.hearing.events import handlers
from intakebot.domain.chat import ChatMessage
from intakebot.domain.commands import Close, Resolve, Take
from intakebot.domain.errors import StorageUnavailableError
from intakebot.storage.chat_archive import SqlChatArchive
from intakebot.usecases.chat import HouseChat
from integration.slack_intake.standing_intake import StandingIntake

pytestmark = ON_SQLITE


class Dying(HouseChat):
    """Books of a service that dies after a comment is made and before the message is known."""

    async def remember(self, message: ChatMessage) -> None:
        raise StorageUnavailableError(f"{message.ts} is not written")


async def test_a_change_is_recorded_with_both_texts(intake: StandingIntake) -> None:
    asked = await intake.ann.says(intake.help, "The pump &amp; the lift leak")
    await intake.work()
    await intake.ann.edits(asked, "The pump leaks")
    await intake.work()

    assert intake.conversations() == [["The pump & the lift leak"]]
    ((by, text),) = intake.comments()
    assert by == "system"
    assert "changed a message" in text
    assert text.endswith("Before: The pump & the lift leak\n\nNow: The pump leaks")


async def test_what_is_taken_back_is_recorded(intake: StandingIntake) -> None:
    asked = await intake.ann.says(intake.help, "The pump leaks")
    reply = await intake.cal.says(intake.help, "here too", thread=asked)
    await intake.work()
    await intake.ann.deletes(asked)  # its thread goes on: what is left is a tombstone
    await intake.cal.deletes(reply)
    await intake.work()

    assert intake.conversations() == [["The pump leaks", "here too"]]
    first, second = (text for _, text in intake.comments())
    assert "withdrew a message" in first
    assert first.endswith("Before: The pump leaks")
    assert second.endswith("Before: here too")


async def test_a_preview_under_a_link_is_no_change(intake: StandingIntake) -> None:
    asked = await intake.ann.says(intake.help, "see <https://example.com/>")
    await intake.work()
    await intake.ann.unfurls(asked)
    await intake.work()

    assert intake.comments() == []
    assert intake.counted["ignored: the same words"] == 1


async def test_a_change_that_comes_first_waits_for_its_message(intake: StandingIntake) -> None:
    intake.slack.hold_events()
    asked = await intake.ann.says(intake.help, "The pump leaks")
    await intake.ann.edits(asked, "The lift leaks")
    first, second = intake.recorded()
    await intake.bring(second)
    await intake.step()
    await intake.bring(first)
    await intake.work()

    assert intake.conversations() == [["The pump leaks"]]
    assert len(intake.comments()) == 1


async def test_changes_of_what_was_never_a_contact_are_nothing(intake: StandingIntake) -> None:
    robot = intake.slack.person("robot", kind="bot")
    intake.help.members.append(robot.id)
    said = await intake.ann.says(intake.lounge, "lunch?")
    await intake.ann.edits(said, "dinner?")
    failed = await robot.says(intake.help, "build failed")
    await robot.edits(failed, "build fixed")
    await robot.deletes(failed)
    own = await intake.calls.call("chat.postMessage", channel=intake.help.id, text="Case C-1")
    await intake.calls.call("chat.update", channel=intake.help.id, ts=own["ts"], text="Case C-2")
    await intake.work()

    assert intake.contacts() == []
    assert "waiting" not in intake.counted


async def test_an_agent_who_changes_what_the_caller_read_is_recorded(intake: StandingIntake) -> None:
    asked = await intake.ann.says(intake.help, "The pump leaks")
    reply = await intake.dana.says(intake.help, "which one?", thread=asked)
    await intake.work()
    await intake.dana.edits(reply, "which pump?")
    await intake.work()

    assert intake.conversations() == [["The pump leaks"]]
    assert intake.comments()[1] == ("agent:dana", "said this instead:\nwhich pump?\n\nbefore:\nwhich one?")


async def test_s19_a_closed_case_takes_no_change(intake: StandingIntake) -> None:
    asked = await intake.ann.says(intake.help, "The pump leaks")
    await intake.work()
    await intake.house.perform("dana", Take(1001))
    await intake.house.perform("dana", Resolve(1001, "Tightened."))
    await intake.house.deliver()
    await intake.house.perform("dana", Close(1001))
    before = intake.house.archive.case(1001)
    await intake.ann.edits(asked, "The pump leaks again")
    await intake.work()

    assert intake.house.archive.case(1001) == before
    assert "set aside" not in intake.counted


async def test_a_change_that_is_worked_off_twice_is_recorded_once(intake: StandingIntake) -> None:
    """The service may die after it was recorded and before the envelope is settled."""
    asked = await intake.ann.says(intake.help, "The pump leaks")
    answer = await intake.dana.says(intake.help, "which one?", thread=asked)
    await intake.work()
    intake.slack.hold_events()
    await intake.ann.edits(asked, "The lift leaks")
    await intake.dana.edits(answer, "which lift?")
    await intake.ann.deletes(asked)
    for body in intake.recorded():
        await intake.bring(body)
        await intake.work()
        await intake.bring(body | {"event_id": f"{body['event_id']}-AGAIN"})
        await intake.work()

    who = f"{intake.slack.home.id}/{intake.ann.id}".lower()
    assert [text.partition("\n")[0] for _, text in intake.comments()[1:]] == [
        f"Ann Archer ({who}) changed a message. What was said stays in the conversation.",
        "said this instead:",
        f"Ann Archer ({who}) withdrew a message. What was said stays in the conversation.",
    ]


async def test_an_agent_s_word_in_a_caller_s_thread_that_is_worked_off_twice_is_one_comment(
    intake: StandingIntake,
) -> None:
    asked = await intake.ann.says(intake.help, "The pump leaks")
    await intake.work()
    intake.slack.hold_events()
    await intake.dana.says(intake.help, "which one?", thread=asked)
    dying = Dying(intake.house.house, intake.house.writer, SqlChatArchive(intake.house.database))
    intake.arrivals = Arrivals(intake.chat, handlers(replace(intake.around, chat=dying), intake.alarms))
    await intake.bring(*intake.recorded())
    await intake.step()
    intake.arrivals = Arrivals(intake.chat, handlers(intake.around, intake.alarms))
    await intake.work()

    assert len(intake.comments()) == 1
