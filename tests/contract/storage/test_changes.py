"""Applying changes: state and history in one act, and only on what was decided on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError

from contract.storage.records import (
    ANNE,
    NOW,
    Room,
    altering,
    closing,
    new_case,
    new_comment,
    new_delivery,
    new_event,
    new_message,
    new_task,
    opening,
    threaded,
)
from fakes.databases import ON_SQLITE
from intakebot.domain.actors import Actor
from intakebot.domain.case import (
    BusinessObject,
    Case,
    CaseEvent,
    EndedAs,
    Priority,
    Resolution,
    TaskStatus,
    recorded_state,
    replay,
)
from intakebot.domain.change import Change, Timer, TimerCleared
from intakebot.domain.customer import Validity
from intakebot.domain.errors import ConflictError, NotFoundError
from intakebot.storage.archive import SqlArchive

FULL_CASE = new_case(
    contact_id=7,
    answer_to="ann@customer.example",
    support_key="KEY-1",
    support_key_state=Validity.CLAIMED,
    customer_agreement_state=Validity.EXPIRED,
    business_object=BusinessObject("device", "SN-4711"),
    category="technical/no-signal",
    priority=Priority.URGENT,
    tags=("a", "ü"),
    markers=("NNR",),
    missing=("business_object",),
    owner="anne",
    resolution=Resolution("Done", ANNE, NOW, "fixed", 12, NOW),
    close_when_sent=True,
    answered_by=("rule-1",),
    respond_by=NOW,
    resolved_at=NOW,
)


def stored(room: Room, case: Case) -> Case:
    return room.do(lambda store: store.case_file_by_id(case.id)).case


@pytest.mark.parametrize("case", [new_case(), FULL_CASE], ids=["few-fields", "all-fields"])
def test_a_case_comes_back_as_it_was_written(room: Room, case: Case) -> None:
    room.apply(opening(case))
    assert stored(room, case) == case
    assert stored(room, case).version == 1
    assert room.do(lambda store: store.case_file(case.number)).case.id == case.id


def test_events_replay_to_the_stored_case(room: Room) -> None:
    case = new_case()
    room.apply(opening(case))
    room.apply(altering(stored(room, case), status="Taken in charge", owner="anne"))
    room.apply(altering(stored(room, case), priority=Priority.HIGH, tags=("x",)))
    room.apply(closing(stored(room, case)))
    told = SqlArchive(room.database, room.blobs).events(case.number)
    events = [
        CaseEvent(e["id"], case.id, e["kind"], Actor.parse(e["by"]), datetime.fromisoformat(e["at"]), e["changes"])
        for e in told
    ]
    assert replay(events) == recorded_state(stored(room, case))


def test_a_case_of_an_older_version_is_a_conflict_that_writes_nothing(room: Room) -> None:
    case = new_case()
    room.apply(opening(case))
    seen = stored(room, case)
    room.apply(altering(seen, owner="anne"))
    with pytest.raises(ConflictError):
        room.apply(altering(seen, owner="ben") + Change(comments=(new_comment(seen),)))
    assert stored(room, case).owner == "anne"
    assert room.rows("SELECT count(*) FROM comments") == [(0,)]


def test_one_case_in_two_changes_of_a_batch_is_a_conflict(room: Room) -> None:
    case = new_case()
    with pytest.raises(ConflictError):
        room.apply(opening(case), altering(case, owner="anne"))


@pytest.mark.parametrize("end", [{"closed_at": NOW}, {"ended_as": EndedAs.VOID}], ids=["closed", "void"])
@pytest.mark.parametrize("part", ["events", "comments", "messages", "tasks"])
def test_what_has_ended_takes_nothing_more(room: Room, end: dict[str, object], part: str) -> None:  # invariant 5
    case = new_case()
    room.apply(opening(case))
    room.apply(altering(stored(room, case), **end))
    parts = {"events": new_event, "comments": new_comment, "messages": new_message, "tasks": new_task}
    with pytest.raises(ConflictError):
        room.apply(Change(**{part: (parts[part](case),)}))


def test_a_case_may_be_over_as_soon_as_it_begins(room: Room) -> None:
    case = new_case(ended_as=EndedAs.VOID)
    room.apply(opening(case, comments=(new_comment(case),)))
    assert stored(room, case) == case


# Invariant 5, even by SQL (case K08)
@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("UPDATE cases SET title = 'x' WHERE closed_at IS NOT NULL", id="case-update"),
        pytest.param("UPDATE cases SET closed_at = NULL", id="case-reopen"),
        pytest.param("DELETE FROM cases", id="case-delete"),
        *(
            pytest.param(sql.format(table), id=f"{table}-{sql[:6].lower()}")
            for table in ("comments", "tasks", "case_messages", "case_events")
            for sql in ("UPDATE {} SET id = id", "DELETE FROM {}", "INSERT INTO {0} SELECT * FROM {0}")
        ),
    ],
)
def test_the_database_itself_keeps_what_is_closed(room: Room, sql: str) -> None:
    case = new_case()
    room.apply(opening(case))
    room.apply(closing(stored(room, case)))
    with pytest.raises(DBAPIError, match=r"case has ended|append-only"):
        room.execute(sql)


# case K08
@pytest.mark.parametrize("sql", ["UPDATE case_events SET note = 'x'", "DELETE FROM case_events"])
def test_history_is_append_only_in_open_cases_too(room: Room, sql: str) -> None:
    room.apply(opening(new_case()))
    with pytest.raises(DBAPIError, match="append-only"):
        room.execute(sql)


# case K08; PostgreSQL has no INSERT OR REPLACE
@ON_SQLITE
def test_replacing_a_closed_case_is_refused(room: Room) -> None:
    case = new_case()
    room.apply(opening(case))
    room.apply(closing(stored(room, case)))
    with pytest.raises(DBAPIError, match="case has ended"):
        room.execute("INSERT OR REPLACE INTO cases SELECT * FROM cases")


def test_a_delivery_of_a_closed_case_still_settles(room: Room) -> None:
    case = new_case()
    room.apply(opening(case))
    room.apply(closing(stored(room, case)) + Change(deliveries=(new_delivery(case),), thread_ids=threaded(case, "<z>")))
    assert room.rows("SELECT count(*) FROM deliveries") == [(1,)]


def test_tasks_are_inserted_and_updated_by_id(room: Room) -> None:
    case = new_case()
    task = new_task(case, handover="RMA-1")
    room.apply(opening(case, tasks=(task,)))
    assert [file.case.id for file in room.do(lambda store: store.cases_of_handover("RMA-1"))] == [case.id]
    done = replace(task, status=TaskStatus.COMPLETED, completed_at=NOW, reason="handover complete")
    room.apply(Change(tasks=(done,)))
    assert room.do(lambda store: store.case_of_task(task.id)).tasks == (done,)
    assert room.do(lambda store: store.cases_of_handover("RMA-1")) == []


def test_threads_keep_their_order_and_show_the_newest_fifty(room: Room) -> None:
    case = new_case()
    ids = [f"<{number}@x>" for number in range(60)]
    room.apply(opening(case, thread_ids=threaded(case, *ids[:30])))
    room.apply(Change(thread_ids=threaded(case, *ids[20:], "<" + "x" * 1000 + ">")))
    assert room.do(lambda store: store.case_file_by_id(case.id)).thread == tuple(ids[10:])


def test_timers_are_set_moved_and_cleared(room: Room) -> None:
    case = new_case()
    close, alarm = Timer(case.id, "close", NOW + timedelta(days=10)), Timer(case.id, "alarm", NOW)
    room.apply(opening(case, timers=(close, alarm)))
    moved = Timer(case.id, "close", NOW - timedelta(days=1))
    assert room.do(lambda store: store.take_due_timers(NOW, 10)) == [alarm]
    room.apply(Change(timers=(moved,), timers_cleared=(TimerCleared(case.id, "close"),)))
    assert room.do(lambda store: store.take_due_timers(NOW, 10)) == [moved, alarm]
    assert room.do(lambda store: store.take_due_timers(NOW, 1)) == [moved]
    room.apply(Change(timers_cleared=(TimerCleared(case.id, "close"), TimerCleared(case.id, "alarm"))))
    assert room.do(lambda store: store.take_due_timers(NOW, 10)) == []


def test_case_numbers_start_at_1001_and_are_given_once(room: Room) -> None:
    assert room.do(lambda store: store.case_numbers(3)) == [1001, 1002, 1003]
    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(lambda _: room.do(lambda store: store.case_numbers(5)), range(20)))
    numbers = [number for batch in given for number in batch]
    assert sorted(numbers) == list(range(1004, 1104))


@pytest.mark.parametrize("ask", ["case_file", "case_file_by_id", "case_of_task", "delivery"])
def test_what_does_not_exist_is_not_found(room: Room, ask: str) -> None:
    with pytest.raises(NotFoundError):
        room.do(lambda store: getattr(store, ask)(999))


def test_a_naive_time_is_refused_in_a_case(room: Room) -> None:
    with pytest.raises(ValueError, match="aware"):
        room.apply(Change(cases=(new_case(opened_at=NOW.replace(tzinfo=None)),)))


# Case K06: whatever people write stays text
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), st.sampled_from("'\";-%_\\:?$"))
def test_sql_text_in_every_field_is_stored_as_it_is(room: Room, text: str, mark: str) -> None:
    said = f"{mark}{text}'; DROP TABLE cases; -- %s %(x)s :x ? "
    case = new_case(title=said, description=said, answer_to=said, tags=(said,), business_object=BusinessObject(said))
    message = replace(new_message(case), text=said, subject=said)
    room.apply(opening(case, messages=(message,), comments=(replace(new_comment(case), text=said),)))
    assert stored(room, case) == case
    shown = SqlArchive(room.database, room.blobs).case(case.number)
    assert (shown["messages"][0]["text"], shown["comments"][0]["text"]) == (said, said)


@given(st.datetimes(timezones=st.timezones(), min_value=datetime(1980, 1, 1), max_value=datetime(2200, 1, 1)))  # noqa: DTZ001 - Hypothesis takes naive bounds
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_times_of_every_zone_come_back_as_the_same_utc_moment(room: Room, moment: datetime) -> None:
    case = new_case(opened_at=moment)
    room.apply(Change(cases=(case,)))
    back = stored(room, case).opened_at
    assert (back, back.tzinfo) == (moment.astimezone(UTC), UTC)
