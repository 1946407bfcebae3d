"""The archive: what agents read, as JSON-like data."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy.exc import DBAPIError

from contract.storage.records import (
    ANNE,
    NOW,
    Room,
    altering,
    new_case,
    new_comment,
    new_contact,
    new_delivery,
    new_id,
    new_message,
    new_task,
    opening,
    outcome,
)
from intakebot.domain.case import Case, EndedAs, Resolution
from intakebot.domain.change import AttachedFile, Change, StoredDecision, Timer
from intakebot.domain.contact import ContactState
from intakebot.domain.errors import NotFoundError
from intakebot.ports import CaseFilter
from intakebot.storage.archive import SqlArchive


@pytest.fixture
def archive(room: Room) -> SqlArchive:
    return SqlArchive(room.database, room.blobs)


def test_lists_filter_by_names_that_are_only_ever_values(room: Room, archive: SqlArchive) -> None:  # case K06
    waiting, taken, void = new_case(), new_case(owner="anne", status="Taken in charge"), new_case(queue="noc")
    room.apply(opening(waiting), opening(taken), opening(void))
    room.apply(altering(void.__class__(**_fields(void) | {"version": 1}), ended_as=EndedAs.VOID))

    def numbers(**wanted: object) -> list[int]:
        return [row["number"] for row in archive.cases(CaseFilter(**wanted))]

    assert numbers() == [void.number, taken.number, waiting.number]
    assert numbers(limit=1) == [void.number]
    assert numbers(queue="crc") == [taken.number, waiting.number]
    assert numbers(owner="anne") == numbers(status="Taken in charge") == [taken.number]
    assert numbers(ended=False) == [taken.number, waiting.number]
    assert numbers(queue="crc' OR '1'='1") == numbers(customer="%") == numbers(status="_ending") == []


def _fields(case: Case) -> dict[str, object]:
    return {name: getattr(case, name) for name in case.__slots__}


def test_a_whole_case_is_json(room: Room, archive: SqlArchive) -> None:
    contact, parent = new_contact(), new_case()
    room.do(lambda store: store.keep([contact]))
    case = new_case(contact_id=contact.id, parent_id=parent.id, resolution=Resolution("Done", ANNE, NOW))
    decision = StoredDecision(new_id(), contact.id, case.id, "r1", {"rules": ["a"]}, NOW)
    file = AttachedFile(new_id(), contact.id, "a.pdf", "application/pdf", 12, "0" * 64)
    room.apply(opening(parent))
    room.apply(
        opening(
            case,
            contacts=(outcome(contact.id, case_id=case.id),),
            tasks=(new_task(case),),
            comments=(new_comment(case),),
            messages=(new_message(case),),
            deliveries=(new_delivery(case),),
            timers=(Timer(case.id, "close", NOW),),
            decisions=(decision,),
            files=(file,),
        )
    )
    shown = archive.case(case.number)
    assert json.loads(json.dumps(shown)) == shown
    assert (shown["label"], shown["opened_at"]) == (case.label, NOW.isoformat())
    assert shown["resolution"]["text"] == "Done"
    assert [len(shown[part]) for part in ("tasks", "comments", "messages", "deliveries", "timers")] == [1] * 5
    assert [(link["number"], link["relation"]) for link in shown["links"]] == [(parent.number, "parent")]
    assert [link["relation"] for link in archive.case(parent.number)["links"]] == ["child"]
    assert [made["trace"] for made in archive.decisions(case.number)] == [{"rules": ["a"]}]
    call = archive.contact(contact.id)
    assert json.loads(json.dumps(call)) == call
    assert (call["state"], len(call["arrivals"]), call["files"][0]["name"]) == ("registered", 1, "a.pdf")
    assert archive.content(contact.id) == contact.incoming.content


def test_large_contents_are_read_from_their_blob(room: Room, archive: SqlArchive) -> None:
    contact = new_contact(b"z" * (room.blobs.inline_limit + 1))
    room.do(lambda store: store.keep([contact]))
    assert archive.content(contact.id) == contact.incoming.content


def test_queues_counts_and_what_is_due_next(room: Room, archive: SqlArchive) -> None:
    assert archive.next_due() is None
    contact = new_contact()
    room.do(lambda store: store.keep([contact]))
    older = new_case(opened_at=NOW - timedelta(hours=5))
    taken, void = new_case(), new_case(ended_as=EndedAs.VOID, status="Open")
    due = NOW + timedelta(minutes=5)
    room.apply(opening(older, deliveries=(new_delivery(older, due_at=due),)), opening(taken), opening(void))
    current = room.do(lambda store: store.case_file_by_id(taken.id)).case
    room.apply(altering(current, owner="anne", at=NOW + timedelta(hours=1)))
    room.do(lambda store: store.count_refusals({("2026-03-02", "x@house.example", "unknown"): 2}))
    room.do(lambda store: store.count_refusals({("2026-03-02", "x@house.example", "unknown"): 3}))
    room.apply(Change(timers=(Timer(older.id, "close", due - timedelta(seconds=1)),)))
    assert archive.next_due() == due - timedelta(seconds=1)
    assert archive.queues() == {
        "crc": {
            "waiting": 1,
            "in_charge": 1,
            "oldest_waiting_at": older.opened_at.isoformat(),
            "last_taken_at": (NOW + timedelta(hours=1)).isoformat(),
        }
    }
    assert archive.counts() == {
        "contacts": {"received": 1},
        "deliveries": {"queued": 1},
        "arrivals": {"all": 1},
        "refusals": {"unknown": 5},
        "cases": {"Pending": 2, "void": 1},
        "timers": {"close": 1},
        "envelopes": {},
        "posts": {},
    }


def test_lists_by_state_newest_first(room: Room, archive: SqlArchive) -> None:
    one, two = new_contact(b"1"), new_contact(b"2")
    room.do(lambda store: store.keep([one, two]))
    room.apply(Change(contacts=(outcome(one.id, state=ContactState.MACHINE),)))
    assert [row["id"] for row in archive.contacts("", 10)] == [two.id, one.id]
    assert [row["id"] for row in archive.contacts("machine", 10)] == [one.id]
    assert archive.deliveries("queued", 10) == []


@pytest.mark.parametrize("ask", ["case", "events", "decisions", "contact", "content", "delivery"])
def test_what_does_not_exist_is_not_found(archive: SqlArchive, ask: str) -> None:
    with pytest.raises(NotFoundError):
        getattr(archive, ask)(4711)


def test_the_reading_engine_cannot_write(room: Room) -> None:
    with pytest.raises(DBAPIError), room.database.reading.begin() as connection:
        connection.exec_driver_sql("DELETE FROM timers")
