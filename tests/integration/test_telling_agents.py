"""What agents of a chat are owed while a case goes its way; posts are written by the use cases' own changes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from fakes.standing_house import StandingHouse
from intakebot.domain.commands import AddComment, Ask, Close, Move, Resolve, Take

SENDER = "ann@acme.example"


@pytest_asyncio.fixture
async def chatting(url: str, tmp_path: Path) -> AsyncIterator[StandingHouse]:
    """A house whose queues support and noc have a channel in a chat."""
    house = StandingHouse(url, tmp_path, frozenset({"support", "noc"}))
    await house.import_customers()
    yield house
    await house.close()


async def mail(house: StandingHouse, subject: str = "Pump stands still", body: str = "Please help.") -> None:
    answered = house.outlet.taken[-1].message_id if house.outlet.taken else "none@intakebot.example"
    content = f"From: {SENDER}\r\nSubject: {subject}\r\nIn-Reply-To: <{answered}>\r\n\r\n{body}\r\n"
    await house.receive(content.encode(), SENDER, ("support@intakebot.example",))
    await house.register()


def owed(house: StandingHouse, *kinds: str) -> list[str]:
    """What is owed, oldest first, each reference without its id."""
    with house.database.reading.connect() as connection:
        rows = connection.exec_driver_sql("SELECT kind, target, reference, wanted FROM chat_posts ORDER BY id").all()
    return [
        " ".join(filter(None, (row.kind, row.target, row.reference.partition(":")[0])))
        for row in rows
        if row.kind in kinds
    ]


def cards_wanted(house: StandingHouse) -> list[int]:
    with house.database.reading.connect() as connection:
        return list(connection.exec_driver_sql("SELECT wanted FROM chat_posts WHERE kind = 'card'").scalars())


async def test_a_case_and_its_acknowledgement_owe_one_card_and_nothing_else(chatting: StandingHouse) -> None:
    await mail(chatting)
    assert owed(chatting, "card", "line", "notice") == ["card"]
    assert cards_wanted(chatting) == [1]
    await chatting.deliver()
    assert owed(chatting, "card", "line", "notice") == ["card"]
    assert cards_wanted(chatting) == [2]


async def test_a_case_in_a_queue_without_a_channel_owes_no_card(chatting: StandingHouse) -> None:
    content = b"From: x@nowhere.example\r\nSubject: Hello\r\n\r\nHello.\r\n"
    await chatting.receive(content, "x@nowhere.example", ("support@intakebot.example",))
    await chatting.register()
    assert chatting.archive.case(1001)["queue"] == "triage"
    assert owed(chatting, "card", "line", "notice") == []
    await chatting.perform("alice", Move(1001, queue="support", comment="a pump"))
    assert owed(chatting, "card", "line") == ["card", "line comment"]


async def test_what_is_said_to_and_by_the_caller_and_in_comments_is_a_line(chatting: StandingHouse) -> None:
    await mail(chatting)
    await chatting.perform("alice", Take(1001))
    await chatting.perform("alice", AddComment(1001, "Looked into it."))
    await chatting.perform("alice", Ask(1001, "Which pump?"))
    assert owed(chatting, "line") == ["line comment"]
    await chatting.deliver()
    await mail(chatting, "Re: Which pump?", "The second.")
    await chatting.perform("alice", Resolve(1001, "Restart it."))
    await chatting.deliver()
    assert owed(chatting, "line") == ["line comment", "line delivery", "line message", "line delivery"]


async def test_what_was_said_in_the_cards_thread_is_one_comment_and_no_line(chatting: StandingHouse) -> None:
    await mail(chatting)
    for _ in range(2):
        await chatting.perform("alice", AddComment(1001, "On it.", said_at="T1/C1/1700.1"))
    assert [comment["text"] for comment in chatting.archive.case(1001)["comments"] if comment["kind"] == "comment"] == [
        "On it."
    ]
    assert owed(chatting, "line") == []


async def test_a_long_talk_under_the_card_does_not_push_out_the_mails_of_the_case(chatting: StandingHouse) -> None:
    """By those ids a caller's answer is known as one, and by them mail programs thread ours."""
    await mail(chatting)
    await chatting.perform("alice", Take(1001))
    await chatting.perform("alice", Ask(1001, "Which pump?"))
    await chatting.deliver()
    known = set(chatting.archive.case_file(1001).thread)
    for number in range(60):
        await chatting.perform("alice", AddComment(1001, "Hm.", said_at=f"T1/C1/1700.{number}"))
    assert known <= set(chatting.archive.case_file(1001).thread)
    await mail(chatting, "Which one", "The second.")
    assert "answers-our-mail" in str(chatting.archive.decisions(1001)[-1]["trace"])
    await chatting.perform("alice", AddComment(1001, "Hm.", said_at="T1/C1/1700.59"))
    assert len(owed(chatting, "line")) == 2
    assert len([one for one in chatting.archive.case(1001)["comments"] if one["kind"] == "comment"]) == 60


async def test_agents_hear_of_what_others_do(chatting: StandingHouse) -> None:
    await mail(chatting)
    await chatting.perform("dana", Move(1001, assignee="alice", comment="yours"))
    await chatting.perform("alice", Take(1001))
    await chatting.deliver()
    await mail(chatting, "Re: Pump", "Still.")
    assert owed(chatting, "notice") == ["notice alice assigned", "notice answered"]


@pytest.mark.parametrize("outcome", ["failed", "ambiguous"])
async def test_owners_hear_that_an_answer_did_not_arrive(chatting: StandingHouse, outcome: str) -> None:
    await mail(chatting)
    await chatting.deliver()
    await chatting.perform("alice", Take(1001))
    await chatting.perform("alice", Resolve(1001, "Restart it."))
    await chatting.deliver(outcome)
    await chatting.deliver(outcome)
    assert owed(chatting, "notice") == ["notice not-delivered"]
    assert "line delivery" not in owed(chatting, "line")


async def test_owners_hear_of_their_promises(chatting: StandingHouse) -> None:
    await mail(chatting, body="Our support key is KEY-123456.")
    for hours in (7, 2):
        chatting.advance(timedelta(hours=hours))
        await chatting.deliver()
    assert owed(chatting, "notice") == ["notice due-soon", "notice overdue"]


async def test_the_card_of_a_closed_case_is_owed_once_more(chatting: StandingHouse) -> None:
    await mail(chatting)
    await chatting.perform("alice", Take(1001))
    await chatting.perform("alice", Resolve(1001, "Restart it."))
    await chatting.deliver()
    before = cards_wanted(chatting)
    await chatting.perform("alice", Close(1001))
    assert cards_wanted(chatting) == [before[0] + 1]
