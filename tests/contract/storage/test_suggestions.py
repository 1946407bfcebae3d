"""What suggestions are learned from and where it is kept: closed cases in the order of their closing, one model."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contract.storage.records import ANNE, NOW, Room, altering, closing, new_case, new_id, opening
from intakebot.domain.actors import SYSTEM
from intakebot.domain.case import NNR, Case, EndedAs, alter
from intakebot.domain.change import Change
from intakebot.ports.lessons import StoredModel
from intakebot.storage.archive import SqlArchive


@pytest.fixture
def archive(room: Room) -> SqlArchive:
    return SqlArchive(room.database, room.blobs)


def kept(room: Room, *cases: Case) -> list[Case]:
    """The same cases as they are stored, ready to be changed."""
    room.apply(*map(opening, cases))
    return [room.do(lambda store, each=each: store.case_file_by_id(each.id).case) for each in cases]


def closed_by_itself(case: Case) -> Change:
    """A closing that no agent had a hand in."""
    altered, event = alter(case, new_id(), "case.closed", SYSTEM, NOW, status="Closed", closed_at=NOW)
    return Change(cases=(altered,), events=(event,))


def test_closed_cases_come_in_the_order_in_which_they_were_closed(room: Room, archive: SqlArchive) -> None:
    first, second, still_open, void = kept(
        room, *(new_case(title=name) for name in ("First", "Second", "Open", "Void"))
    )
    room.apply(altering(still_open, category="technical"), altering(void, ended_as=EndedAs.VOID))
    room.apply(closing(second))
    room.apply(closing(first))
    found = archive.closed_cases(0, 10)
    assert [one.title for one in found] == ["Second", "First"]
    assert archive.closed_cases_left(0) == 2
    assert [one.title for one in archive.closed_cases(0, 1)] == ["Second"]
    assert [one.title for one in archive.closed_cases(found[0].event_id, 10)] == ["First"]
    assert archive.closed_cases(found[1].event_id, 10) == ()
    assert archive.closed_cases_left(found[1].event_id) == 0


def test_a_closed_case_says_whether_people_saw_it_and_what_it_was_part_of(room: Room, archive: SqlArchive) -> None:
    alone = new_case(title="Alone", category="technical/slow", markers=(NNR,), description="x" * 9_000)
    parent, unseen = new_case(title="Parent"), new_case(title="Unseen")
    child = new_case(title="Child", parent_id=parent.id)
    alone, parent, child, unseen = kept(room, alone, parent, child, unseen)
    room.apply(closing(alone), closing(parent), closing(child), closed_by_itself(unseen))
    found = {one.title: one for one in archive.closed_cases(0, 10)}
    assert (found["Alone"].category, found["Alone"].markers) == ("technical/slow", (NNR,))
    assert len(found["Alone"].description) == 8_000
    assert {title: one.shared for title, one in found.items()} == {
        "Alone": False,
        "Parent": True,
        "Child": True,
        "Unseen": False,
    }
    assert [title for title, one in found.items() if not one.seen_by_people] == ["Unseen"]
    assert str(ANNE).startswith("agent:")


def test_the_model_is_kept_once_and_replaced_whole(room: Room, archive: SqlArchive) -> None:
    assert archive.suggestion_model() is None
    first = StoredModel(b"\x00\x01" * 70_000, 212, 7_290_184_437_760_000_001, NOW)
    second = StoredModel(b"\xff", 213, 7_290_184_437_760_000_002, NOW + timedelta(minutes=1))
    room.do(lambda store: store.keep_suggestion_model(first))
    assert archive.suggestion_model() == first
    room.do(lambda store: store.keep_suggestion_model(second))
    assert archive.suggestion_model() == second
    assert room.rows("SELECT count(*) FROM suggestion_models") == [(1,)]
