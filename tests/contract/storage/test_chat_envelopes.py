"""Envelopes at the door: durable before they are acknowledged, worked off once, answered alike each time."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from contract.storage.chat_room import ChatRoom, event, interaction
from contract.storage.records import Room
from fakes.databases import ON_POSTGRES
from intakebot.domain.chat import EnvelopeKind, PostSettlement, PostState
from intakebot.storage.archive import SqlArchive
from intakebot.storage.engine import open_database
from intakebot.usecases.chat import ANSWERED_WITHIN, WORKED_OFF_WITHIN


async def test_the_same_key_is_kept_once_and_hears_the_same_answer(books: ChatRoom) -> None:
    first = await books.chat.keep(interaction("1"))
    again = await books.chat.keep(interaction("1"))
    assert (first.repeat, again.id, again.repeat, again.answer) == (False, first.id, True, "")
    await books.chat.settle(first.id, '{"text": "Erledigt: für Sie"}')
    assert (await books.chat.keep(interaction("1"))).answer == '{"text": "Erledigt: für Sie"}'
    await books.chat.settle(first.id, "another answer")
    assert (await books.chat.keep(interaction("1"))).answer == '{"text": "Erledigt: für Sie"}'
    assert books.room.rows("SELECT count(*) FROM chat_envelopes") == [(1,)]


async def test_the_same_key_at_once_is_kept_once(books: ChatRoom) -> None:
    other = books.started()
    kept = await asyncio.gather(*(chat.keep(event("1")) for chat in (books.chat, other) for _ in range(20)))
    assert len({receipt.id for receipt in kept}) == 1
    assert sorted(receipt.repeat for receipt in kept) == [False] + [True] * 39


@ON_POSTGRES
async def test_two_processes_that_keep_the_same_at_once_keep_it_once(books: ChatRoom, url: str, tmp_path: Path) -> None:
    neighbour = Room(open_database(url, tmp_path / "other"))
    other = ChatRoom(neighbour, books.clock).started(1)
    keys = [str(number) for number in range(60)]
    kept = await asyncio.gather(
        *(books.chat.keep(event(key)) for key in keys), *(other.keep(event(key)) for key in reversed(keys))
    )
    assert sorted(receipt.repeat for receipt in kept) == [False] * 60 + [True] * 60
    assert {receipt.id for receipt in kept[:60]} == {receipt.id for receipt in kept[60:]}
    begun: list[int] = []
    for _ in range(9):  # who meets rows that the other is about to claim may come away with none, and asks again
        for part in await asyncio.gather(*(chat.begin(30) for chat in (books.chat, other))):
            begun += [envelope.id for envelope in part]
    assert sorted(begun) == sorted({receipt.id for receipt in kept})
    await asyncio.to_thread(neighbour.writer.close)
    neighbour.database.close()


async def test_events_are_begun_oldest_first_with_the_attempt_counted(books: ChatRoom) -> None:
    kept = [await books.chat.keep(event(key)) for key in "cab"]
    begun = await books.chat.begin(2)
    assert [envelope.id for envelope in begun] == [receipt.id for receipt in kept[:2]]
    assert (begun[0].key, begun[0].kind, begun[0].payload, begun[0].attempts) == (
        "event:c",
        EnvelopeKind.EVENT,
        '{"a": "ü"}',
        1,
    )
    assert [envelope.id for envelope in await books.chat.begin(9)] == [kept[2].id]
    assert await books.chat.begin(9) == []


async def test_what_was_settled_is_not_begun_again(books: ChatRoom) -> None:
    receipt = await books.chat.keep(event("1"))
    await books.chat.begin(1)
    await books.chat.settle(receipt.id)
    books.clock.advance(WORKED_OFF_WITHIN + ANSWERED_WITHIN)
    assert await books.chat.begin(1) == []
    assert await books.started().begin(1) == []


async def test_only_what_still_waits_keeps_its_payload(books: ChatRoom) -> None:
    settled, aside, later, _ = [await books.chat.keep(event(key)) for key in "1234"]
    await books.chat.settle(settled.id)
    await books.chat.postpone(aside.id, "no such channel", None)
    await books.chat.postpone(later.id, "ratelimited", books.clock.now() + timedelta(hours=1))
    payloads = books.room.rows("SELECT payload FROM chat_envelopes ORDER BY id")
    assert payloads == [("",), ('{"a": "ü"}',), ('{"a": "ü"}',), ('{"a": "ü"}',)]


async def test_what_was_begun_and_left_is_taken_over_when_its_time_is_up(books: ChatRoom) -> None:
    await books.chat.keep(event("1"))
    await books.chat.begin(1)
    assert await books.started(1).begin(1) == []
    books.clock.advance(WORKED_OFF_WITHIN)
    assert [envelope.attempts for envelope in await books.started(1).begin(1)] == [2]


async def test_a_restart_takes_over_at_once_what_its_own_process_had_begun(books: ChatRoom) -> None:
    await books.chat.keep(event("1"))
    await books.chat.begin(1)
    again = books.started()
    assert [envelope.attempts for envelope in await again.begin(1)] == [2]
    assert await again.begin(1) == []


async def test_an_interaction_is_left_alone_while_its_answer_is_on_the_way(books: ChatRoom) -> None:
    await books.chat.keep(interaction("1"))
    assert await books.chat.begin(1) == []
    assert await books.started(1).begin(1) == []
    books.clock.advance(ANSWERED_WITHIN)
    assert [envelope.kind for envelope in await books.chat.begin(1)] == [EnvelopeKind.INTERACTION]


async def test_a_restart_takes_over_at_once_the_interactions_that_were_never_answered(books: ChatRoom) -> None:
    left, answered = [await books.chat.keep(interaction(key)) for key in "12"]
    await books.chat.settle(answered.id, "{}")
    again = books.started()
    mine = await again.keep(interaction("3"))
    assert [envelope.id for envelope in await again.begin(9)] == [left.id]
    assert mine.id not in {envelope.id for envelope in await again.begin(9)}


async def test_what_is_postponed_is_due_at_its_time(books: ChatRoom) -> None:
    receipt = await books.chat.keep(event("1"))
    await books.chat.begin(1)
    due = books.clock.now() + timedelta(hours=1)
    await books.chat.postpone(receipt.id, "the platform does not answer", due)
    assert await books.chat.begin(1) == []
    assert await books.started().begin(1) == []
    assert await books.chat.next_due() == due
    books.clock.advance(timedelta(hours=1))
    assert [envelope.attempts for envelope in await books.chat.begin(1)] == [2]


async def test_what_is_set_aside_waits_for_a_person(books: ChatRoom) -> None:
    receipt = await books.chat.keep(event("1"))
    await books.chat.begin(1)
    await books.chat.postpone(receipt.id, "no such channel", None)
    books.clock.advance(timedelta(days=30))
    assert await books.chat.begin(1) == []
    assert await books.chat.next_due() is None
    assert books.room.rows("SELECT state, error FROM chat_envelopes") == [("set-aside", "no such channel")]


async def test_an_event_that_was_set_aside_is_tried_once_more_by_the_next_start(books: ChatRoom) -> None:
    """A person mends what was wrong and starts anew; a click of long ago is nobody's wish any more."""
    said, pressed = await books.chat.keep(event("1")), await books.chat.keep(interaction("2"))
    await books.chat.begin(9)
    for receipt in (said, pressed):
        await books.chat.postpone(receipt.id, "the disk is full", None)
    assert await books.chat.begin(9) == []
    again = books.started(1)
    assert [(one.id, one.attempts, one.payload) for one in await again.begin(9)] == [(said.id, 2, '{"a": "ü"}')]
    await again.settle(said.id)
    assert await books.started().begin(9) == []


async def test_the_next_envelope_is_due_when_it_came(books: ChatRoom) -> None:
    assert await books.chat.next_due() is None
    before = books.clock.now()
    await books.chat.keep(interaction("1"))
    due = await books.chat.next_due()
    assert due is not None
    assert before + ANSWERED_WITHIN <= due <= books.clock.now() + ANSWERED_WITHIN
    await books.chat.keep(event("1"))
    due = await books.chat.next_due()
    assert due is not None
    assert due <= books.clock.now()


async def test_the_archive_counts_what_waits_for_a_person(books: ChatRoom) -> None:
    aside, _ = [await books.chat.keep(event(key)) for key in "12"]
    await books.chat.postpone(aside.id, "no such channel", None)
    case = books.case()
    books.owe(books.card(case))
    (post,) = await books.chat.claim_posts(1)
    await books.chat.settle_posts([PostSettlement(post.id, PostState.FAILED, 1, books.clock.now())])
    counts = SqlArchive(books.room.database, books.room.blobs).counts()
    assert (counts["envelopes"], counts["posts"]) == ({"set-aside": 1, "kept": 1}, {"failed": 1})
