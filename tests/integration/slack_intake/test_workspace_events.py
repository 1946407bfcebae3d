"""S21: a conversation that is lost, or the app itself, is an alarm that says what to do; a changed id is followed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from fakes.databases import ON_SQLITE
from fakes.standing_house import StandingHouse
from integration.slack_intake.standing_intake import StandingIntake, taking_in

pytestmark = ON_SQLITE


def what(intake: StandingIntake) -> list[tuple[str, str]]:
    return [(alarm.what, alarm.which) for alarm in intake.alarms.standing]


async def test_s21_an_archived_room_is_an_alarm(intake: StandingIntake) -> None:
    await intake.dana.archives(intake.help)
    await intake.dana.archives(intake.lounge)
    await intake.dana.archives(intake.triage)
    await intake.work()

    assert what(intake) == [
        ("slack.channel-archived", intake.help.id),
        ("slack.channel-archived", intake.triage.id),
    ]
    first, second = (alarm.sentence for alarm in intake.alarms.standing)
    assert first.startswith(f"{intake.help.id} (an intake room) is archived: bring it back")
    assert "(the cards of the queue support)" in second


async def test_s21_an_alarm_is_over_when_its_cause_is(intake: StandingIntake) -> None:
    await intake.ann.leaves(intake.help)
    await intake.work()
    assert what(intake) == []
    await intake.dana.kicks_the_app(intake.help)
    await intake.work()
    assert what(intake) == [("slack.app-removed", intake.help.id)]
    await intake.dana.invites_the_app(intake.help)
    await intake.work()
    assert what(intake) == []


async def test_s21_a_changed_id_is_followed_and_said(intake: StandingIntake) -> None:
    asked = await intake.ann.says(intake.help, "The pump leaks")
    await intake.work()
    card = await intake.show_card()
    old, old_triage = (intake.slack.change_channel_id(room) for room in (intake.help, intake.triage))
    await intake.work()
    await intake.ann.says(intake.help, "it is getting worse", thread=asked)
    await intake.ann.says(intake.help, "another word within the span")
    await intake.ann.edits(asked, "The lift leaks")
    await intake.dana.says(intake.triage, "I look", thread=card)
    await intake.work()
    intake.slack.clock.advance(300)
    await intake.ann.says(intake.help, "A new matter")
    await intake.work()

    assert what(intake) == [
        ("slack.channel-id-changed", intake.help.id),
        ("slack.channel-id-changed", intake.triage.id),
    ]
    assert f"write {intake.help.id} for {old} into the configuration" in intake.alarms.standing[0].sentence
    assert intake.around.rooms.ties.queues == {"support": intake.triage.id}
    assert old_triage != intake.triage.id
    assert intake.conversations() == [
        ["The pump leaks", "it is getting worse", "another word within the span"],
        ["A new matter"],
    ]
    assert sorted(by for by, _ in intake.comments()) == ["agent:dana", "system"]


async def test_s21_who_is_thrown_out_calls_nobody(intake: StandingIntake) -> None:
    intake.slack.send_event({"type": "tokens_revoked", "tokens": {"oauth": ["U1"], "bot": ["U2"]}})
    await intake.work()
    assert what(intake) == []
    intake.slack.uninstall()
    await intake.work()

    assert intake.calls.trouble
    assert what(intake) == [], "that trouble is an alarm as long as it lasts, and no longer"


async def test_s17_words_that_came_before_are_taken_in_all_the_same(intake: StandingIntake) -> None:
    intake.slack.verdict.allow("token", because="the token is dead, and a look each minute is allowed")
    intake.slack.hold_events()
    await intake.ann.says(intake.help, "The pump leaks", files=[("log.txt", b"leak", "text/plain")])
    intake.slack.uninstall()
    events = intake.recorded()
    await intake.bring(*events[::-1])
    await intake.work()

    ((text,),) = intake.conversations()
    assert text.startswith("The pump leaks\nfile: log.txt")
    assert intake.cases()[0]["caller"]["name"] == intake.ann.id
    assert "set aside" not in intake.counted


async def test_events_that_slack_held_back_are_an_alarm(intake: StandingIntake) -> None:
    intake.slack.say_rate_limited()
    await intake.work()

    assert what(intake) == [("slack.events-held-back", "T0ACME")]
    intake.house.advance(timedelta(days=1, seconds=1))
    assert what(intake) == []


async def test_who_changes_is_looked_up_anew(intake: StandingIntake) -> None:
    await intake.ann.says(intake.help, "The pump leaks")
    await intake.work()
    intake.ann.user.name = "Ann Baker"
    shown = intake.slack.shapes.user(intake.ann.user, intake.slack.home, with_email=True)
    intake.slack.send_event({"type": "user_change", "user": shown})
    await intake.work()
    await intake.cal.says(intake.help, f"ask <@{intake.ann.id}>")
    await intake.work()

    assert intake.conversations()[1] == ["ask @Ann Baker"]


async def test_a_room_may_be_named_with_its_workspace(standing: StandingHouse) -> None:
    async with taking_in(
        standing, lambda ties: replace(ties, rooms={f"T0ACME/{name}": room for name, room in ties.rooms.items()})
    ) as intake:
        await intake.ann.says(intake.help, "The pump leaks")
        intake.slack.change_channel_id(intake.help)
        await intake.work()
        await intake.cal.says(intake.help, "The lift leaks")
        await intake.work()

        assert intake.conversations() == [["The pump leaks"], ["The lift leaks"]]
