"""The writer: one commit for all that waits, the poisoned alone, and no promise that the disk did not keep."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from contract.storage.records import Room, new_case, new_contact, opening
from fakes.databases import ON_POSTGRES, ON_SQLITE
from intakebot.domain.contact import Kept, NewContact
from intakebot.domain.errors import NotFoundError, RefusedError, StorageUnavailableError
from intakebot.ports import Store
from intakebot.storage.blobs import Blobs
from intakebot.storage.engine import Database, open_database


def keep(store: Store, contacts: Sequence[NewContact]) -> list[Kept]:
    return store.keep(contacts)


def kept_contacts(room: Room) -> int:
    return int(room.rows("SELECT count(*) FROM contacts")[0][0])


class Gate:
    """An operation that holds the writer until it is opened, so that others have to wait together."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.opened = threading.Event()

    def __call__(self, _store: Store, items: Sequence[None]) -> list[None]:
        self.entered.set()
        assert self.opened.wait(20)
        return [None for _ in items]


async def together(room: Room, *submissions: Callable[[], asyncio.Future[object]]) -> list[object]:
    """Submit all while the writer is busy; their outcomes, errors as values."""
    gate = Gate()
    held = asyncio.ensure_future(room.writer.submit(gate, None))
    await asyncio.to_thread(gate.entered.wait, 20)
    waiting = [asyncio.ensure_future(submit()) for submit in submissions]
    await asyncio.wait(waiting, timeout=0)  # every one of them runs up to its future
    gate.opened.set()
    await held
    return await asyncio.gather(*waiting, return_exceptions=True)


async def test_what_waits_together_is_one_call_and_one_transaction(room: Room) -> None:
    batches: list[int] = []

    def counted(store: Store, contacts: Sequence[NewContact]) -> list[Kept]:
        batches.append(len(contacts))
        return store.keep(contacts)

    contacts = [new_contact(str(number).encode()) for number in range(50)]
    outcomes = await together(room, *(lambda c=contact: room.writer.submit(counted, c) for contact in contacts))
    assert outcomes == [Kept(contact.id, repeat=False) for contact in contacts]
    assert batches == [50]
    assert kept_contacts(room) == 50


async def test_a_batch_has_a_cap(database: Database) -> None:
    batches: list[int] = []

    def counted(_store: Store, items: Sequence[int]) -> list[int]:
        batches.append(len(items))
        return list(items)

    room = Room(database, batch=20)
    outcomes = await together(room, *(lambda n=number: room.writer.submit(counted, n) for number in range(50)))
    room.writer.close()
    assert outcomes == list(range(50))
    assert batches == [20, 20, 10]


# case B06: one poisoned item never takes its neighbours along
async def test_a_poisoned_item_fails_alone(room: Room) -> None:
    good = [new_contact(str(number).encode()) for number in range(5)]
    poison = new_contact(b"poison")

    def careful(store: Store, contacts: Sequence[NewContact]) -> list[Kept]:
        kept = store.keep(contacts)
        if poison in contacts:
            raise ArithmeticError("poison")
        return kept

    contacts = [*good[:2], poison, *good[2:]]
    outcomes = await together(room, *(lambda c=contact: room.writer.submit(careful, c) for contact in contacts))
    assert isinstance(outcomes.pop(2), ArithmeticError)
    assert outcomes == [Kept(contact.id, repeat=False) for contact in good]
    assert kept_contacts(room) == 5


async def test_what_the_database_refuses_fails_alone_as_unavailable(room: Room) -> None:
    good, bad = new_contact(b"good"), new_contact(b"bad")

    def unmade(store: Store, contacts: Sequence[NewContact]) -> list[Kept]:
        if bad in contacts:
            store.apply([opening(new_case(title=None))])
        return store.keep(contacts)

    outcomes = await together(room, *(lambda c=contact: room.writer.submit(unmade, c) for contact in (good, bad)))
    assert outcomes[0] == Kept(good.id, repeat=False)
    assert isinstance(outcomes[1], StorageUnavailableError)
    assert outcomes[1].__cause__ is not None
    assert not room.writer.failed.is_set()


async def test_an_error_as_a_result_is_raised_there_while_the_others_commit(room: Room) -> None:
    refusal = RefusedError("case.closed", "no")

    def refuse_second(store: Store, contacts: Sequence[NewContact]) -> list[Kept | Exception]:
        kept: list[Kept | Exception] = list(store.keep(contacts))
        kept[1] = refusal
        return kept

    contacts = [new_contact(b"1"), new_contact(b"2"), new_contact(b"3")]
    outcomes = await together(room, *(lambda c=contact: room.writer.submit(refuse_second, c) for contact in contacts))
    assert outcomes == [Kept(contacts[0].id, repeat=False), refusal, Kept(contacts[2].id, repeat=False)]
    assert kept_contacts(room) == 3


async def test_a_caller_that_goes_away_does_not_disturb_the_others(room: Room) -> None:
    gate = Gate()
    gone = asyncio.ensure_future(room.writer.submit(gate, None))
    await asyncio.to_thread(gate.entered.wait, 20)
    gone.cancel()
    contact = new_contact()
    stays = asyncio.ensure_future(room.writer.submit(keep, contact))
    gate.opened.set()
    assert await stays == Kept(contact.id, repeat=False)


def test_run_raises_what_the_operation_raises(room: Room) -> None:
    with pytest.raises(NotFoundError):
        room.do(lambda store: store.case_file(1))


def test_closing_writes_what_waits_and_takes_nothing_after(database: Database) -> None:
    room = Room(database)
    gate = Gate()
    holder = threading.Thread(target=lambda: room.writer.run(gate, [None]))
    holder.start()
    assert gate.entered.wait(20)
    contact = new_contact()
    waiter = threading.Thread(target=lambda: room.writer.run(keep, [contact]))
    waiter.start()
    gate.opened.set()
    holder.join()
    waiter.join()
    room.writer.close()
    assert kept_contacts(room) == 1
    with pytest.raises(StorageUnavailableError):
        room.writer.run(keep, [contact])


# case A10: the disk is full, and then has space again; the fault is made in an SQLite file
@ON_SQLITE
def test_a_full_database_takes_nothing_and_recovers(room: Room) -> None:
    with room.database.writing.connect() as connection:
        pages = connection.connection.driver_connection.execute("PRAGMA page_count").fetchone()[0]
        connection.connection.driver_connection.execute(f"PRAGMA max_page_count = {pages + 1}")
    large = new_contact(b"x" * 100_000)
    with pytest.raises(StorageUnavailableError) as refusal:
        room.writer.run(keep, [large])
    assert "full" in str(refusal.value.__cause__)
    assert kept_contacts(room) == 0
    with room.database.writing.connect() as connection:
        connection.connection.driver_connection.execute("PRAGMA max_page_count = 1000000")
    assert room.writer.run(keep, [large]) == [Kept(large.id, repeat=False)]
    assert not room.writer.failed.is_set()


# case A12: an I/O error is never retried; it is that of the SQLite file
@ON_SQLITE
def test_an_input_output_error_stops_the_writer(database: Database) -> None:
    called = threading.Event()
    room = Room(database, on_failed=called.set)
    room.writer.run(keep, [new_contact(b"before")])

    def broken(_store: Store, _items: Sequence[None]) -> list[None]:
        raise OSError(5, "Input/output error")

    with pytest.raises(StorageUnavailableError):
        room.writer.run(broken, [None])
    assert called.is_set()
    with pytest.raises(StorageUnavailableError):
        room.writer.run(keep, [new_contact(b"after")])
    room.writer.close()
    assert kept_contacts(room) == 1


# case J01: a backup holds the lock; PostgreSQL has no lock on the whole database
@ON_SQLITE
async def test_a_locked_database_answers_after_its_budget_for_all_at_once(url: str, tmp_path: Path) -> None:
    database = open_database(url, tmp_path, lock_wait=timedelta(milliseconds=200))
    room = Room(database)
    threads = threading.active_count()
    contacts = [new_contact(str(number).encode()) for number in range(30)]
    with closing(sqlite3.connect(tmp_path / "intakebot.db", isolation_level=None)) as backup:
        backup.execute("BEGIN IMMEDIATE")
        waiting = [asyncio.ensure_future(room.writer.submit(keep, contact)) for contact in contacts]
        outcomes = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 3)
        assert threading.active_count() == threads
        backup.execute("ROLLBACK")
    assert {type(outcome) for outcome in outcomes} == {StorageUnavailableError}
    assert room.writer.run(keep, [contacts[0]]) == [Kept(contacts[0].id, repeat=False)]
    room.writer.close()
    database.close()


# PostgreSQL has no lock on the whole database
@ON_SQLITE
async def test_a_lock_that_comes_between_single_attempts_is_waited_for_once(url: str, tmp_path: Path) -> None:
    database = open_database(url, tmp_path, lock_wait=timedelta(milliseconds=200))
    room = Room(database)
    contacts = [new_contact(str(number).encode()) for number in range(20)]

    def one_at_a_time(store: Store, items: Sequence[NewContact]) -> list[Kept]:
        if len(items) > 1:
            raise ArithmeticError("too many")
        return store.keep(items)

    with closing(sqlite3.connect(tmp_path / "intakebot.db", isolation_level=None, check_same_thread=False)) as backup:
        returned: list[object] = []

        def lock_after_the_first(*connection: object) -> None:
            returned.append(connection)
            if len(returned) == 3:  # of the gate, of the batch that raised, of the first contact
                backup.execute("BEGIN IMMEDIATE")

        event.listen(database.writing, "checkin", lock_after_the_first)
        waiting = (lambda c=contact: room.writer.submit(one_at_a_time, c) for contact in contacts)
        outcomes = await asyncio.wait_for(together(room, *waiting), 3)
        backup.execute("ROLLBACK")
    assert outcomes[0] == Kept(contacts[0].id, repeat=False)
    assert {type(outcome) for outcome in outcomes[1:]} == {StorageUnavailableError}
    room.writer.close()
    database.close()


# case J05: the answer to COMMIT is lost on the way back, or COMMIT itself on the way there; SQLite answers in process
@ON_POSTGRES
@pytest.mark.parametrize("arrived", [True, False], ids=["answer-lost", "commit-lost"])
def test_an_ambiguous_commit_is_resolved_by_asking_the_database(room: Room, *, arrived: bool) -> None:
    def break_line(connection: Connection) -> None:
        line: Any = connection.connection.driver_connection
        if arrived:
            line.commit()
        line.close()

    contact = new_contact()
    event.listen(room.database.writing, "commit", break_line, once=True)
    if arrived:
        assert room.writer.run(keep, [contact]) == [Kept(contact.id, repeat=False)]
    else:
        with pytest.raises(StorageUnavailableError):
            room.writer.run(keep, [contact])
    assert kept_contacts(room) == arrived
    assert room.writer.run(keep, [contact]) == [Kept(contact.id, repeat=False)]
    assert kept_contacts(room) == 1


# case J06: the line breaks before COMMIT, by a restart or an administrator; SQLite has no line
@ON_POSTGRES
def test_a_broken_line_is_replaced(room: Room) -> None:
    with room.database.writing.connect() as connection:
        number = connection.scalar(text("SELECT pg_backend_pid()"))
    with room.database.reading.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:number)"), {"number": number})
    contact = new_contact()
    assert room.writer.run(keep, [contact]) == [Kept(contact.id, repeat=False)]


def test_blobs_that_cannot_be_written_refuse_the_contact(room: Room) -> None:  # case A13
    (room.database.data_dir / "blobs").write_bytes(b"in the way")
    contact = new_contact(b"x" * (Blobs(room.database.data_dir).inline_limit + 1))
    with pytest.raises(StorageUnavailableError):
        room.writer.run(keep, [contact])
    assert kept_contacts(room) == 0
