"""Where mailboxes stand, on both databases: cursor, unfinished mails, the right to work on a folder, proof of life."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from contract.storage.chat_room import ChatRoom
from intakebot.domain.errors import ConflictError
from intakebot.domain.ids import IdSource
from intakebot.ports.mailboxes import Arrived, Hold, MailStage, Noted, Place, UnfinishedMail
from intakebot.storage.archive import SqlArchive
from intakebot.usecases.mailboxes import HELD_FOR, HouseMailboxes

INBOX = Place("post", "support@imap.example.com", "INBOX")


def mailboxes(books: ChatRoom, node: int = 0) -> HouseMailboxes:
    return HouseMailboxes(books.clock, IdSource(books.clock.now, node), books.room.writer)


def standing(books: ChatRoom) -> dict[str, object]:
    (found,) = SqlArchive(books.room.database, books.room.blobs).mailboxes()
    return found


async def held(mine: HouseMailboxes, validity: int = 7) -> Hold:
    found = await mine.claim(Arrived(INBOX, validity, 0))
    assert found is not None
    return found.hold


async def test_what_was_begun_is_known_after_a_crash(books: ChatRoom) -> None:  # case B01
    mine = mailboxes(books)
    hold = await held(mine)
    await mine.begin(hold, [3, 5])
    await mine.begin(hold, [5])
    await mine.keep(Noted(hold, mails=(UnfinishedMail(3, MailStage.KEPT),)))
    again = await mailboxes(books).claim(Arrived(INBOX, 7, 0))
    assert again is not None
    assert again.last_uid == 5
    assert again.mails == (UnfinishedMail(3, MailStage.KEPT), UnfinishedMail(5, MailStage.BEGUN, 2))


async def test_what_is_done_is_forgotten_and_the_cursor_stays(books: ChatRoom) -> None:
    mine = mailboxes(books)
    hold = await held(mine)
    await mine.begin(hold, [1, 2])
    await mine.settle(Noted(hold, (1,), (UnfinishedMail(2, MailStage.TOO_LARGE, 0, "too large"),)))
    assert standing(books)["looked_at"] is None
    await mine.finish(hold)
    found = standing(books)
    assert (found["last_uid"], found["begun"], found["kept"], found["too_large"]) == (2, 0, 0, 1)
    assert found["looked_at"] is not None


async def test_another_uidvalidity_makes_every_uid_unknown(books: ChatRoom) -> None:  # case B03
    mine = mailboxes(books)
    hold = await held(mine)
    await mine.begin(hold, [1, 2])
    found = await mine.claim(Arrived(INBOX, 8, 40))
    assert found is not None
    assert (found.last_uid, found.mails, found.hold.uid_validity) == (0, (), 8)
    with pytest.raises(ConflictError):
        await mine.begin(hold, [3])


async def test_a_folder_that_we_never_saw_begins_where_we_are_told(books: ChatRoom) -> None:
    mine = mailboxes(books)
    first, second = await mine.claim(Arrived(INBOX, 7, 40)), await mine.claim(Arrived(INBOX, 7, 90))
    assert [found and found.last_uid for found in (first, second)] == [40, 40]


async def test_one_process_at_a_time_works_on_a_folder(books: ChatRoom) -> None:  # case B09
    workers = [mailboxes(books, node) for node in range(6)]
    claimed = await asyncio.gather(*(worker.claim(Arrived(INBOX, 7, 0)) for worker in workers))
    (mine,) = [found for found in claimed if found]
    owner = workers[claimed.index(mine)]
    others = [worker for worker in workers if worker is not owner]
    await owner.finish(mine.hold)
    theirs = await others[0].claim(Arrived(INBOX, 7, 0))
    assert theirs is not None
    books.clock.advance(HELD_FOR + timedelta(seconds=1))
    assert await others[1].claim(Arrived(INBOX, 7, 0)) is not None
    for write in (others[0].begin(theirs.hold, [1]), others[0].keep(Noted(theirs.hold, (1,)))):
        with pytest.raises(ConflictError):
            await write
    with pytest.raises(ConflictError):
        await others[0].finish(theirs.hold)


async def test_a_process_takes_over_what_its_last_run_held(books: ChatRoom) -> None:
    await held(mailboxes(books))
    assert await mailboxes(books).claim(Arrived(INBOX, 7, 0)) is not None
