"""What is typed below a card stays inside: a comment by an agent, or nothing at all."""

from __future__ import annotations

import pytest

from fakes.databases import ON_SQLITE
from intakebot.domain.commands import Ask, Close, Resolve, Take
from integration.slack_intake.standing_intake import StandingIntake

pytestmark = ON_SQLITE
CANARY = "the customer is a nuisance"


async def a_case_with_a_card(intake: StandingIntake) -> None:
    await intake.ann.says(intake.help, "The pump leaks")
    await intake.work()


@pytest.mark.parametrize("broadcast", [False, True])
async def test_words_below_a_card_are_a_comment_by_that_agent(intake: StandingIntake, *, broadcast: bool) -> None:
    await a_case_with_a_card(intake)
    card = await intake.show_card()
    await intake.dana.says(intake.triage, f"ask <@{intake.carol.id}> &amp; wait", thread=card, broadcast=broadcast)
    await intake.work()

    assert intake.comments() == [("agent:dana", "ask @Carol Costa & wait")]
    assert intake.conversations() == [["The pump leaks"]]


async def test_words_below_a_card_never_reach_the_caller(intake: StandingIntake) -> None:
    await a_case_with_a_card(intake)
    card = await intake.show_card()
    await intake.dana.says(intake.triage, CANARY, thread=card)
    await intake.dana.mentions(intake.triage, CANARY, thread=card)
    await intake.dana.says(intake.triage, CANARY, thread=card, broadcast=True)
    await intake.work()
    await intake.house.perform("dana", Take(1001))
    await intake.house.perform("dana", Ask(1001, "Which pump?"))
    await intake.house.perform("dana", Resolve(1001, "Tightened."))
    await intake.house.deliver()

    assert [text for _, text in intake.comments()][:3] == [CANARY] * 3
    assert len(intake.house.outlet.taken) >= 2
    assert CANARY not in repr(intake.house.outlet.taken)
    told = [call for call in intake.slack.calls() if CANARY in repr(call.arguments)]
    assert told == []


async def test_a_person_without_the_right_is_told_so_and_nothing_is_kept(intake: StandingIntake) -> None:
    await a_case_with_a_card(intake)
    card = await intake.show_card()
    await intake.cal.mentions(intake.triage, "let me help", thread=card)
    await intake.carol.says(intake.triage, "me too", thread=card)
    await intake.work()

    assert intake.comments() == []
    assert intake.conversations() == [["The pump leaks"]]
    (to_cal,), (to_carol,) = intake.cal.ephemerals, intake.carol.ephemerals
    assert "you are no agent here" in to_cal
    assert "Carol Costa does not work" in to_carol


async def test_files_below_a_card_are_named_with_where_they_lie(intake: StandingIntake) -> None:
    await a_case_with_a_card(intake)
    card = await intake.show_card()
    files = [("pump.png", b"\x89PNG", "image/png"), ("log.txt", b"leak", "text/plain")]
    said = await intake.dana.says(intake.triage, "see", thread=card, files=files)
    await intake.work()

    lines = [f"file: {file.name} {intake.slack.shapes.whole_file(file)['permalink']}" for file in said.files]
    assert intake.comments() == [("agent:dana", "\n".join(("see", *lines)))]


async def test_a_changed_comment_is_a_further_comment(intake: StandingIntake) -> None:
    await a_case_with_a_card(intake)
    card = await intake.show_card()
    said = await intake.dana.says(intake.triage, "wait", thread=card)
    await intake.dana.edits(said, "do not wait")
    await intake.dana.unfurls(said)
    await intake.dana.deletes(said)
    await intake.work()

    assert intake.comments() == [
        ("agent:dana", "wait"),
        ("agent:dana", "said this instead:\ndo not wait\n\nbefore:\nwait"),
        ("agent:dana", "took back what was said before:\ndo not wait"),
    ]


async def test_a_change_of_what_was_refused_is_nothing(intake: StandingIntake) -> None:
    await a_case_with_a_card(intake)
    card = await intake.show_card()
    said = await intake.cal.says(intake.triage, "let me help", thread=card)
    await intake.cal.edits(said, "let me help!")
    await intake.work()

    assert intake.comments() == []
    assert len(intake.cal.ephemerals) == 1
    assert intake.counted["ignored: never taken in"] == 1


async def test_a_card_that_has_moved_keeps_its_thread(intake: StandingIntake) -> None:
    await a_case_with_a_card(intake)
    first = await intake.show_card()
    second = await intake.show_card(room=intake.lounge)
    await intake.dana.says(intake.triage, "below the old one", thread=first)
    await intake.dana.says(intake.lounge, "below the new one", thread=second)
    await intake.work()

    assert sorted(text for _, text in intake.comments()) == ["below the new one", "below the old one"]


async def test_a_word_below_a_card_that_is_not_known_yet_waits_for_it(intake: StandingIntake) -> None:
    await a_case_with_a_card(intake)
    posted = await intake.calls.call("chat.postMessage", channel=intake.triage.id, text="card of 1001")
    await intake.dana.says(intake.triage, "quick", thread=posted["ts"])
    await intake.slack.settled()
    await intake.step()
    assert intake.comments() == []
    await intake.card_is_shown(1001, intake.triage, posted["ts"])
    await intake.work()

    assert intake.comments() == [("agent:dana", "quick")]


async def test_a_word_below_another_message_of_ours_is_nothing(intake: StandingIntake) -> None:
    await a_case_with_a_card(intake)
    posted = await intake.calls.call("chat.postMessage", channel=intake.triage.id, text="an alarm")
    await intake.dana.says(intake.triage, "seen", thread=posted["ts"])
    await intake.work()

    assert intake.comments() == []
    assert intake.counted["ignored: under a message of ours"] == 1


async def test_s19_a_closed_case_takes_no_comment(intake: StandingIntake) -> None:
    await a_case_with_a_card(intake)
    card = await intake.show_card()
    await intake.house.perform("dana", Take(1001))
    await intake.house.perform("dana", Resolve(1001, "Tightened."))
    await intake.house.deliver()
    await intake.house.perform("dana", Close(1001))
    before = intake.comments()
    await intake.dana.says(intake.triage, "one more thing", thread=card)
    await intake.work()

    assert intake.comments() == before
    assert "C-1001" in intake.dana.ephemerals[0]


async def test_an_emoji_below_a_card_makes_no_case(intake: StandingIntake) -> None:
    await a_case_with_a_card(intake)
    card = await intake.show_card()
    said = await intake.dana.says(intake.triage, CANARY, thread=card)
    await intake.dana.reacts(said, "ticket")
    await intake.dana.reacts(card, "ticket")
    await intake.work()

    assert len(intake.contacts()) == 1
