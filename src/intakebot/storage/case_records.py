"""Writes what changes did to cases: the case, its history, tasks, comments, messages, thread ids and timers.

Called by the store's `apply`. A case that is not the version that was decided on raises ConflictError; so does
anything that the database refuses because the case has ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from sqlalchemy import Connection, bindparam, func, select, update
from sqlalchemy import delete as delete_from

from intakebot.domain.case import Case
from intakebot.domain.change import Change, ThreadId, Timer
from intakebot.domain.errors import ConflictError
from intakebot.storage.case_rows import (
    case_row,
    comment_row,
    decision_row,
    event_row,
    file_row,
    message_row,
    task_row,
)
from intakebot.storage.rows import KEYS, StoredRow, insert_rows, select_in, write_rows
from intakebot.storage.tables import (
    case_events,
    case_messages,
    cases,
    comments,
    decisions,
    files,
    tasks,
    thread_ids,
    timers,
)

LONGEST_MESSAGE_ID = 998
"""Bytes of a line (RFC 5322 section 2.1.1): what is longer is no Message-ID, and too long for an index."""

_TASK_COLUMNS = ("title", "status", "queue", "assignee", "handover", "completed_at", "reason")
_LOCKED_VERSIONS = (
    select(cases.c.id, cases.c.version).where(cases.c.id.in_(KEYS)).order_by(cases.c.id).with_for_update()
)
_UPDATE_CASE = (
    update(cases)
    .where(cases.c.id == bindparam("this_id"), cases.c.version == bindparam("decided_version"))
    .values({column.name: bindparam(column.name) for column in cases.columns if column.name != "id"})
)
_LAST_POSITIONS = (
    select(thread_ids.c.case_id, func.max(thread_ids.c.position).label("last"))
    .where(thread_ids.c.case_id.in_(KEYS))
    .group_by(thread_ids.c.case_id)
)
_CLEAR_TIMER = delete_from(timers).where(
    timers.c.case_id == bindparam("this_id"), timers.c.kind == bindparam("this_kind")
)
_DUE_TIMERS = (
    select(timers)
    .where(timers.c.due_at <= bindparam("now"))
    .order_by(timers.c.due_at, timers.c.case_id)
    .limit(bindparam("count"))
    .with_for_update(skip_locked=True)
)


def write_cases(connection: Connection, changes: Sequence[Change]) -> None:
    """Write all cases of the changes and what belongs to them; the cases themselves last, as they may end here."""
    changed = [case for change in changes for case in change.cases]
    if len({case.id for case in changed}) != len(changed):
        raise ConflictError("two changes concern the same case; decide the second after the first")
    stored = [case for case in changed if case.version]
    new = [case for case in changed if not case.version]
    _check_versions(connection, stored)
    insert_rows(connection, cases, [_row_of_new(case) for case in new])
    insert_rows(connection, case_events, [event_row(event) for change in changes for event in change.events])
    insert_rows(
        connection, tasks, [task_row(task) for change in changes for task in change.tasks], updating=_TASK_COLUMNS
    )
    insert_rows(connection, comments, [comment_row(comment) for change in changes for comment in change.comments])
    insert_rows(connection, case_messages, [message_row(said) for change in changes for said in change.messages])
    insert_rows(connection, decisions, [decision_row(made) for change in changes for made in change.decisions])
    insert_rows(connection, files, [file_row(file) for change in changes for file in change.files])
    write_thread_ids(
        connection, [thread for change in changes for thread in change.thread_ids], {case.id for case in new}
    )
    _write_timers(connection, changes)
    _update_cases(connection, [*stored, *(case for case in new if case.is_final)])


def _row_of_new(case: Case) -> StoredRow:
    """A case that is over as soon as it begins is inserted open, so that its first rows can still be written."""
    row = case_row(case)
    if case.is_final:
        row |= {"closed_at": None, "ended_as": None}
    return row


def _check_versions(connection: Connection, stored: Sequence[Case]) -> None:
    versions = {row.id: row.version for row in select_in(connection, _LOCKED_VERSIONS, [case.id for case in stored])}
    for case in stored:
        if versions.get(case.id) != case.version:
            raise ConflictError(f"{case.label} was changed by somebody else; look at it again")


def _update_cases(connection: Connection, changed: Sequence[Case]) -> None:
    if write_rows(connection, _UPDATE_CASE, [_update_row(case) for case in changed]) != len(changed):
        labels = ", ".join(case.label for case in changed)
        raise ConflictError(f"one of {labels} was changed by somebody else; look at it again")


def _update_row(case: Case) -> StoredRow:
    row = case_row(case)
    return {**row, "this_id": row.pop("id"), "decided_version": case.version or 1, "version": (case.version or 1) + 1}


def write_thread_ids(
    connection: Connection, found: Sequence[ThreadId], new_cases: AbstractSet[int] = frozenset()
) -> None:
    """Add Message-IDs to the threads of their cases; the ones that are known already stay where they are."""
    fitting = [thread for thread in found if len(thread.message_id.encode()) <= LONGEST_MESSAGE_ID]
    grown = {thread.case_id for thread in fitting} - new_cases
    last = {row.case_id: row.last for row in select_in(connection, _LAST_POSITIONS, grown)}
    rows = []
    for thread in fitting:
        last[thread.case_id] = last.get(thread.case_id, 0) + 1
        rows.append({"message_id": thread.message_id, "case_id": thread.case_id, "position": last[thread.case_id]})
    insert_rows(connection, thread_ids, rows, updating=())


def _write_timers(connection: Connection, changes: Sequence[Change]) -> None:
    cleared = [{"this_id": timer.case_id, "this_kind": timer.kind} for c in changes for timer in c.timers_cleared]
    write_rows(connection, _CLEAR_TIMER, cleared)
    rows = [
        {"case_id": timer.case_id, "kind": timer.kind, "due_at": timer.due_at} for c in changes for timer in c.timers
    ]
    insert_rows(connection, timers, rows, updating=("due_at",))


def due_timers(connection: Connection, now: object, limit: int) -> list[Timer]:
    """Timers that are due, oldest first; other workers skip them until this transaction ends."""
    rows = connection.execute(_DUE_TIMERS, {"now": now, "count": limit})
    return [Timer(row.case_id, row.kind, row.due_at) for row in rows]
