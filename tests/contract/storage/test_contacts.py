"""Keeping contacts: nothing that was promised is lost, nothing counts twice."""

from __future__ import annotations

import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from contract.storage.records import NOW, Room, new_case, new_contact, opening, outcome
from intakebot.domain.change import Change
from intakebot.domain.contact import ContactState, Kept, KeptFile
from intakebot.domain.errors import ConflictError, NotFoundError, StorageUnavailableError
from intakebot.storage.archive import SqlArchive
from intakebot.storage.blobs import Blobs


def test_a_kept_contact_comes_back_for_registration_as_it_arrived(room: Room) -> None:
    contact = new_contact(b"From: x\r\n\r\nNUL \x00 and \xff stay", to=("a@house.example", "b@house.example"))
    assert room.do(lambda store: store.keep([contact])) == [Kept(contact.id, repeat=False)]
    (pending,) = room.do(lambda store: store.begin_attempts(None, 10))
    assert (pending.id, pending.envelope, pending.content) == (
        contact.id,
        contact.incoming.envelope,
        contact.incoming.content,
    )
    assert (pending.received_at, pending.attempts, pending.repeat_of) == (NOW, 1, None)


def test_when_it_arrived_in_its_mailbox_comes_back(room: Room) -> None:
    contact = new_contact(b"old")
    arrived = replace(contact.incoming.envelope, arrived_at=NOW - timedelta(days=900))
    contact = replace(contact, incoming=replace(contact.incoming, envelope=arrived))
    room.do(lambda store: store.keep([contact]))
    (pending,) = room.do(lambda store: store.begin_attempts(None, 10))
    assert pending.envelope == arrived


def test_contents_that_are_known_and_the_states_of_contacts_are_looked_up(room: Room, tmp_path: Path) -> None:
    contact = new_contact(b"one")
    room.do(lambda store: store.keep([contact]))
    archive = SqlArchive(room.database, Blobs(tmp_path))
    assert archive.known_contents([contact.content_key, "another"]) == {contact.content_key}
    assert archive.contact_states([contact.id, contact.id + 1]) == {contact.id: "received"}
    assert archive.known_contents([]) == frozenset()


# case A07 and A06: the content key decides, not the way it took
def test_the_same_content_again_is_an_arrival_of_the_first(room: Room) -> None:
    first = new_contact(to=("a@house.example",))
    again = replace(first, id=first.id + 500_000, received_at=NOW + timedelta(days=9))
    assert room.do(lambda store: store.keep([first])) == [Kept(first.id, repeat=False)]
    assert room.do(lambda store: store.keep([again])) == [Kept(first.id, repeat=True)]
    assert room.rows("SELECT contact_id, position, recipient FROM arrivals ORDER BY position") == [
        (first.id, 0, "a@house.example"),
        (first.id, 1, "a@house.example"),
    ]
    assert room.rows("SELECT count(*) FROM contacts") == [(1,)]


def test_repeats_inside_one_batch_are_seen(room: Room) -> None:
    first, other = new_contact(b"one"), new_contact(b"two")
    again = replace(first, id=first.id + 500_000)
    kept = room.do(lambda store: store.keep([first, other, again]))
    assert kept == [Kept(first.id, repeat=False), Kept(other.id, repeat=False), Kept(first.id, repeat=True)]
    assert room.rows("SELECT count(*) FROM arrivals") == [(3,)]


# case A09
def test_the_same_message_id_with_other_content_is_another_contact(room: Room) -> None:
    first, second = new_contact(b"one", message_id="<m@x>"), new_contact(b"two", message_id="<m@x>")
    assert [kept.repeat for kept in room.do(lambda store: store.keep([first, second]))] == [False, False]


# case A08
@pytest.mark.parametrize("together", [True, False], ids=["one-batch", "one-by-one"])
def test_without_a_message_id_a_repeat_counts_for_72_hours(room: Room, *, together: bool) -> None:
    first = new_contact(b"no id", message_id="")
    soon = replace(first, id=first.id + 1_000_000, received_at=NOW + timedelta(hours=1))
    late = replace(first, id=first.id + 2_000_000, received_at=NOW + timedelta(hours=80))
    late_again = replace(first, id=first.id + 3_000_000, received_at=NOW + timedelta(hours=81))
    later = replace(first, id=first.id + 4_000_000, received_at=NOW + timedelta(hours=200))
    contacts = [first, soon, late, late_again, later]
    batches = [contacts] if together else [[contact] for contact in contacts]
    kept = [one for batch in batches for one in room.do(lambda store, batch=batch: store.keep(batch))]
    assert [(one.contact_id, one.repeat) for one in kept] == [
        (first.id, False),
        (first.id, True),
        (late.id, False),
        (late.id, True),
        (later.id, False),
    ]
    pending = room.do(lambda store: store.begin_attempts(None, 10))
    assert [(one.id, one.repeat_of) for one in pending] == [(first.id, None), (late.id, first.id), (later.id, first.id)]


# case J05: asked again after a lost answer
def test_keeping_the_very_same_contact_again_says_the_same(room: Room) -> None:
    contact = new_contact()
    first = room.do(lambda store: store.keep([contact]))
    assert room.do(lambda store: store.keep([contact])) == first
    assert room.rows("SELECT count(*) FROM arrivals") == [(1,)]


# case B06: attempts are counted before they are made
def test_attempts_are_counted_and_settled_contacts_are_not_given_out(room: Room) -> None:
    one, two = new_contact(b"one"), new_contact(b"two")
    room.do(lambda store: store.keep([one, two]))
    assert [p.attempts for p in room.do(lambda store: store.begin_attempts(None, 1))] == [1]
    assert [p.attempts for p in room.do(lambda store: store.begin_attempts([one.id, two.id], 10))] == [2, 1]
    room.apply(Change(contacts=(outcome(one.id), outcome(two.id, retry=True, state=ContactState.RECEIVED))))
    assert [(p.id, p.attempts) for p in room.do(lambda store: store.begin_attempts(None, 10))] == [(two.id, 2)]
    assert room.do(lambda store: store.begin_attempts([one.id], 10)) == []
    assert room.do(lambda store: store.contact_state(one.id)) is ContactState.REGISTERED


def test_a_quarantined_contact_can_be_tried_again_by_name(room: Room) -> None:
    contact = new_contact()
    room.do(lambda store: store.keep([contact]))
    room.apply(Change(contacts=(outcome(contact.id, state=ContactState.QUARANTINED),)))
    assert room.do(lambda store: store.begin_attempts(None, 10)) == []
    assert [one.id for one in room.do(lambda store: store.begin_attempts([contact.id], 10))] == [contact.id]


def test_a_contact_is_registered_once(room: Room) -> None:
    contact, case = new_contact(), new_case()
    room.do(lambda store: store.keep([contact]))
    room.apply(opening(case, contacts=(outcome(contact.id, case_id=case.id, defects=("date.unreadable",)),)))
    with pytest.raises(ConflictError):
        room.apply(opening(new_case(), contacts=(outcome(contact.id),)))
    assert room.rows("SELECT count(*) FROM cases") == [(1,)]
    room.apply(Change(contacts=(outcome(contact.id, state=ContactState.SPLIT, case_id=case.id),)))
    assert room.do(lambda store: store.contact_state(contact.id)) is ContactState.SPLIT


def test_an_unknown_contact_is_not_found(room: Room) -> None:
    with pytest.raises(NotFoundError):
        room.do(lambda store: store.contact_state(1))


def test_a_large_mail_is_a_blob_for_its_owner_only(room: Room) -> None:  # case K07
    contact = new_contact(b"x" * (room.blobs.inline_limit + 1))
    room.do(lambda store: store.keep([contact]))
    (blob,) = [path for path in (room.database.data_dir / "blobs").rglob("*") if path.is_file()]
    assert stat.S_IMODE(blob.stat().st_mode) == 0o600
    assert room.rows("SELECT count(*) FROM raw_messages") == [(0,)]
    (pending,) = room.do(lambda store: store.begin_attempts(None, 10))
    assert pending.file == KeptFile(blob.absolute(), len(contact.incoming.content))
    assert blob.read_bytes() == contact.incoming.content
    assert pending.size == len(contact.incoming.content)
    assert pending.content == contact.incoming.content[:4096]  # whoever waits holds no more of it in memory


def test_a_symlink_in_the_blob_folder_is_not_followed(room: Room, tmp_path: Path) -> None:  # case K07
    contact = new_contact(b"y" * (room.blobs.inline_limit + 1))
    place = room.database.data_dir / "blobs" / contact.content_key[:2]
    place.mkdir(parents=True)
    target = tmp_path / "elsewhere"
    (place / f"{contact.content_key}.unfinished").symlink_to(target)
    with pytest.raises(StorageUnavailableError):
        room.do(lambda store: store.keep([contact]))
    assert not target.exists()
    assert room.rows("SELECT count(*) FROM contacts") == [(0,)]


def test_a_naive_time_is_refused(room: Room) -> None:
    contact = replace(new_contact(), received_at=NOW.replace(tzinfo=None))
    with pytest.raises(ValueError, match="aware"):
        room.do(lambda store: store.keep([contact]))
