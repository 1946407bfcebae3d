"""Posts are owed in the transaction that makes them true, and only where a chat is configured."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contract.storage.chat_room import ChatRoom
from contract.storage.records import altering, new_case, new_comment, new_delivery, new_event, new_message, opening
from fakes.standing_house import shipped
from intakebot.domain.change import Change
from intakebot.domain.delivery import DeliveryKind, DeliverySettlement, DeliveryState
from intakebot.domain.errors import ConflictError
from intakebot.usecases.tell_agents import TellAgents

ORGANISATION = shipped()[0].organisation


@pytest.fixture
def telling(books: ChatRoom) -> ChatRoom:
    """The books of a house whose queue crc has a channel."""
    books.room.follow_up = TellAgents(ORGANISATION, frozenset({"crc"}), books.house(1).new_id)
    return books


def owed(books: ChatRoom) -> list[tuple[object, ...]]:
    return books.room.rows("SELECT kind, case_id, target, reference, wanted FROM chat_posts ORDER BY id")


def test_without_a_chat_nothing_is_owed(books: ChatRoom) -> None:
    books.room.apply(opening(new_case()))
    assert owed(books) == []


def test_every_case_of_a_batch_owes_its_card_and_whoever_got_one_a_notice(telling: ChatRoom) -> None:
    new, stored, elsewhere = new_case(), telling.case(), new_case(queue="noc")
    seen = telling.room.do(lambda store: store.case_file_by_id(stored.id)).case
    given = altering(seen, owner="ben")
    telling.room.apply(opening(new), given, opening(elsewhere))
    assert set(owed(telling)) == {
        ("card", stored.id, "", "", 2),
        ("card", new.id, "", "", 1),
        ("notice", stored.id, "ben", f"assigned:{given.events[0].id}", 1),
    }


def test_what_was_not_written_is_not_owed(telling: ChatRoom) -> None:
    case = telling.case()
    seen = telling.room.do(lambda store: store.case_file_by_id(case.id)).case
    telling.room.apply(altering(seen, owner="anne"))
    before = owed(telling)
    with pytest.raises(ConflictError):
        telling.room.apply(altering(seen, owner="ben"))
    assert owed(telling) == before


def test_a_delivery_that_settles_by_its_id_alone_owes_card_and_line(telling: ChatRoom) -> None:
    case = telling.case()
    delivery = new_delivery(case, kind=DeliveryKind.QUESTION)
    telling.room.apply(Change(deliveries=(delivery,)))
    sent = DeliverySettlement(delivery.id, DeliveryState.SENT, "250", telling.clock.now())
    telling.room.apply(Change(settlements=(sent,)))
    assert [row[0:1] + row[3:] for row in owed(telling)] == [("card", "", 3), ("line", f"delivery:{delivery.id}", 1)]


def test_comments_and_messages_without_the_case_owe_lines(telling: ChatRoom) -> None:
    case = telling.case()
    comment, message = new_comment(case), new_message(case)
    telling.room.apply(Change(comments=(comment,), messages=(message,)))
    assert [row[3] for row in owed(telling)] == ["", f"message:{message.id}", f"comment:{comment.id}"]


async def test_a_case_that_goes_where_no_channel_is_still_owes_the_card_that_is_shown(telling: ChatRoom) -> None:
    case = telling.case()
    telling.clock.advance(timedelta(hours=1))
    (post,) = await telling.chat.claim_posts(1)
    await telling.chat.settle_posts([telling.posted(post)])
    for _ in range(2):
        seen = telling.room.do(lambda store: store.case_file_by_id(case.id)).case
        telling.room.apply(altering(seen, queue="noc"))
        telling.room.apply(Change(events=(new_event(case),)))
    assert owed(telling) == [("card", case.id, "", "", 5)]
