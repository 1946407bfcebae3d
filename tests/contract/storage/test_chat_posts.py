"""Posts: a card is shown anew after every change, everything else once, and nothing is lost on the way."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from contract.storage.chat_room import PLACE, ChatRoom
from contract.storage.records import Room, closing
from fakes.databases import ON_POSTGRES
from intakebot.domain.chat import PostKind, PostSettlement, PostState
from intakebot.domain.delivery import UNDER_WAY
from intakebot.storage.engine import open_database
from intakebot.usecases.chat import SENT_WITHIN


async def test_a_post_is_claimed_with_what_is_known_of_it(books: ChatRoom) -> None:
    case = books.case()
    owed = books.card(case)
    books.owe(owed)
    (post,) = await books.chat.claim_posts(10)
    assert (post.id, post.kind, post.case_id, post.case_number) == (owed.id, PostKind.CARD, case.id, case.number)
    assert (post.owed_at, post.attempts, post.wanted, post.ts, post.resends) == (owed.at, 1, 1, "", 0)
    assert await books.chat.claim_posts(10) == []


async def test_a_posted_card_is_shown_anew_where_it_is_when_it_is_owed_again(books: ChatRoom) -> None:
    case = books.case()
    first = await books.post_card(case)
    assert await books.chat.claim_posts(10) == []
    books.owe(books.card(case))
    (post,) = await books.chat.claim_posts(10)
    assert (post.id, post.wanted, post.attempts) == (first.id, 2, 1)
    assert (post.place, post.ts, post.queue, post.shown) == (PLACE, "1700.1", "crc", "digest")


async def test_a_card_owed_while_it_is_sent_is_due_again_after_settling(books: ChatRoom) -> None:
    case = books.case()
    books.owe(books.card(case))
    (post,) = await books.chat.claim_posts(10)
    books.owe(books.card(case))
    assert await books.chat.claim_posts(10) == []
    await books.chat.settle_posts([books.posted(post)])
    (again,) = await books.chat.claim_posts(10)
    assert (again.wanted, again.attempts, again.ts) == (2, 1, "1700.1")
    await books.chat.settle_posts([books.posted(again)])
    assert await books.chat.claim_posts(10) == []


@pytest.mark.parametrize("state", [PostState.FAILED, PostState.DROPPED])
async def test_a_change_gives_a_card_that_was_given_up_another_chance(books: ChatRoom, state: PostState) -> None:
    case = books.case()
    books.owe(books.card(case))
    (post,) = await books.chat.claim_posts(10)
    await books.chat.settle_posts([PostSettlement(post.id, state, post.wanted, books.clock.now(), error="no channel")])
    assert await books.chat.claim_posts(10) == []
    books.owe(books.card(case))
    assert [post.attempts for post in await books.chat.claim_posts(10)] == [1]


async def test_everything_but_a_card_is_owed_once(books: ChatRoom) -> None:
    case = books.case()
    await books.post_card(case)
    books.owe(books.line(case))
    (post,) = await books.chat.claim_posts(10)
    await books.chat.settle_posts([books.posted(post, "1700.2")])
    books.owe(books.line(case), replace(books.card(case), kind=PostKind.NOTICE, target="anne", reference="assigned:7"))
    (notice,) = await books.chat.claim_posts(10)
    assert (notice.kind, notice.target, notice.reference) == (PostKind.NOTICE, "anne", "assigned:7")


async def test_a_line_waits_for_the_card_whose_thread_it_stands_in(books: ChatRoom) -> None:
    case = books.case()
    books.owe(books.line(case), books.card(case))
    (card,) = await books.chat.claim_posts(10)
    assert card.kind is PostKind.CARD
    assert await books.chat.claim_posts(10) == []
    await books.chat.settle_posts([books.posted(card)])
    assert [post.kind for post in await books.chat.claim_posts(10)] == [PostKind.LINE]


async def test_a_line_that_waits_for_its_card_wakes_nobody(books: ChatRoom) -> None:
    case = books.case()
    books.owe(books.line(case))
    assert await books.chat.next_due() is None
    owed = books.card(case)
    books.owe(owed)
    assert await books.chat.next_due() == owed.at


async def test_what_could_not_be_sent_is_due_at_its_time_with_the_attempts_counted(books: ChatRoom) -> None:
    case = books.case()
    books.owe(books.card(case))
    (post,) = await books.chat.claim_posts(10)
    due = books.clock.now() + timedelta(minutes=5)
    late = PostSettlement(post.id, PostState.DUE, 1, books.clock.now(), resends=1, due_at=due, error="ratelimited")
    await books.chat.settle_posts([late])
    books.owe(books.card(case))
    assert await books.chat.claim_posts(10) == []
    assert await books.chat.next_due() == due
    books.clock.advance(timedelta(minutes=5))
    (again,) = await books.chat.claim_posts(10)
    assert (again.attempts, again.resends, again.wanted) == (2, 1, 2)


async def test_a_shown_card_is_shown_anew_no_earlier_than_its_settlement_allows(books: ChatRoom) -> None:
    case = books.case()
    books.owe(books.card(case))
    (post,) = await books.chat.claim_posts(10)
    pause = books.clock.now() + timedelta(minutes=1)
    await books.chat.settle_posts([books.posted(post, due_at=pause)])
    assert await books.chat.next_due() is None
    books.owe(books.card(case))
    assert await books.chat.claim_posts(10) == []
    assert await books.chat.next_due() == pause
    books.clock.advance(timedelta(minutes=1))
    assert len(await books.chat.claim_posts(10)) == 1


async def test_a_settlement_that_says_nothing_of_the_place_leaves_it(books: ChatRoom) -> None:
    case = books.case()
    await books.post_card(case)
    books.owe(books.card(case))
    (post,) = await books.chat.claim_posts(10)
    now = books.clock.now()
    await books.chat.settle_posts([PostSettlement(post.id, PostState.DUE, post.wanted, now, due_at=now)])
    (again,) = await books.chat.claim_posts(10)
    assert (again.place, again.ts, again.queue, again.shown) == (PLACE, "1700.1", "crc", "digest")


async def test_a_card_is_found_by_its_thread_for_ever(books: ChatRoom) -> None:
    case = books.case()
    assert await books.chat.card_of(case.id) is None
    await books.post_card(case, "1700.1")
    await books.post_card(case, "1800.1", "T1/C2")
    assert await books.chat.card_of(case.id) == ("T1/C2", "1800.1")
    for place, ts in ((PLACE, "1700.1"), ("T1/C2", "1800.1")):
        assert await books.chat.case_of_card_thread(place, ts) == case.number
    assert await books.chat.case_of_card_thread(PLACE, "1800.1") is None
    assert await books.chat.case_of_caller_thread(PLACE, "1700.1") is None


async def test_a_card_that_moves_to_another_channel_leaves_a_pointer(books: ChatRoom) -> None:
    case = books.case()
    await books.post_card(case, "1700.1")
    await books.post_card(case, "1701.1")
    assert await books.chat.claim_posts(10) == []
    await books.post_card(case, "1800.1", "T1/C2")
    (moved,) = await books.chat.claim_posts(10)
    assert (moved.kind, moved.place, moved.ts, moved.reference) == (PostKind.MOVED, PLACE, "1701.1", "1701.1")


async def test_posts_of_a_closed_case_are_owed_and_settled(books: ChatRoom) -> None:
    case = books.case()
    stored = books.room.do(lambda store: store.case_file_by_id(case.id)).case
    books.room.apply(closing(stored))
    post = await books.post_card(case)
    books.owe(books.line(case), books.card(case))
    claimed = await books.chat.claim_posts(10)
    assert {one.kind for one in claimed} == {PostKind.CARD, PostKind.LINE}
    await books.chat.settle_posts([books.posted(one, "1900.1") for one in claimed])
    assert await books.chat.case_of_card_thread(PLACE, "1900.1") == case.number
    assert post.case_number == case.number


async def test_posts_left_in_sending_are_due_after_a_restart_with_one_resend_more(books: ChatRoom) -> None:
    mine, theirs = books.case(), books.case()
    neighbour = books.started(1)
    books.owe(books.card(theirs))
    await neighbour.claim_posts(10)
    books.owe(books.card(mine))
    await books.chat.claim_posts(10)
    again = books.started()
    assert await again.recover_posts() == 1
    assert not await again.claim_posts(10), "what was sent may still be on its way"
    books.clock.advance(UNDER_WAY)
    (post,) = await again.claim_posts(10)
    assert (post.case_id, post.attempts, post.resends) == (mine.id, 2, 1)


async def test_a_claim_that_nobody_settled_runs_out_and_counts_as_a_resend(books: ChatRoom) -> None:
    case = books.case()
    books.owe(books.card(case))
    await books.chat.claim_posts(10)
    assert await books.started(1).claim_posts(10) == []
    for lost in (1, 2):
        books.clock.advance(SENT_WITHIN)
        (post,) = await books.started(1).claim_posts(10)
        assert (post.attempts, post.resends) == (1 + lost, lost)
    await books.chat.settle_posts([books.posted(post)])
    books.owe(books.card(case))
    assert [one.resends for one in await books.chat.claim_posts(10)] == [0]


@ON_POSTGRES
async def test_two_processes_claim_different_posts_at_once(books: ChatRoom, url: str, tmp_path: Path) -> None:
    books.owe(*(books.card(books.case()) for _ in range(40)))
    neighbour = Room(open_database(url, tmp_path / "other"))
    other = ChatRoom(neighbour, books.clock).started(1)
    claims = await asyncio.gather(*(chat.claim_posts(4) for _ in range(5) for chat in (books.chat, other)))
    assert sorted(len(claimed) for claimed in claims) == [4] * 10
    assert len({post.id for claimed in claims for post in claimed}) == 40
    await asyncio.to_thread(neighbour.writer.close)
    neighbour.database.close()
