"""Case files: cases with their tasks, callers, threads and owed replies, read for many cases at once.

Called by the store for single cases and by `surroundings` for whole batches.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Select, bindparam, func, not_, or_, select

from intakebot.domain.case import Case, TaskStatus, shown_number
from intakebot.domain.chat import HEARD_PREFIX, NOTE_PREFIX
from intakebot.domain.delivery import DeliveryState
from intakebot.domain.errors import NotFoundError
from intakebot.ports import CaseFile
from intakebot.storage.case_rows import case_of, task_of
from intakebot.storage.delivery_records import delivery_of
from intakebot.storage.directory import read_callers
from intakebot.storage.rows import KEYS, select_in
from intakebot.storage.tables import arrivals, case_events, cases, deliveries, tasks, thread_ids

LONGEST_THREAD = 50
"""So many ids of a conversation a case file shows, the newest ones, and as many of what agents said beside it."""

RecordT = TypeVar("RecordT")
_OWED = tuple(
    state.value for state in (DeliveryState.QUEUED, DeliveryState.DEFERRED, DeliveryState.SENDING, DeliveryState.HELD)
)
_CASES = select(cases).where(cases.c.id.in_(KEYS))
_TASKS = select(tasks).where(tasks.c.case_id.in_(KEYS)).order_by(tasks.c.id)
_OWED_DELIVERIES = (
    select(deliveries).where(deliveries.c.case_id.in_(KEYS), deliveries.c.state.in_(_OWED)).order_by(deliveries.c.id)
)
_AUTOMATIC_REPLIES = (
    select(deliveries.c.case_id, func.count().label("replies"))
    .where(
        deliveries.c.case_id.in_(KEYS),
        deliveries.c.automatic,
        deliveries.c.state != DeliveryState.WITHDRAWN.value,
    )
    .group_by(deliveries.c.case_id)
)
_IS_ASIDE = thread_ids.c.message_id.startswith(NOTE_PREFIX) | thread_ids.c.message_id.startswith(HEARD_PREFIX)
_RANKED = (
    select(
        thread_ids,
        func.row_number()
        .over(
            partition_by=(thread_ids.c.case_id, _IS_ASIDE),  # agents' talk pushes out no mail
            order_by=thread_ids.c.position.desc(),
        )
        .label("rank"),
    )
    .where(thread_ids.c.case_id.in_(KEYS))
    .subquery()
)
_THREADS = select(_RANKED).where(_RANKED.c.rank <= LONGEST_THREAD).order_by(_RANKED.c.position)
_FIRST_RECIPIENTS = select(arrivals.c.contact_id, arrivals.c.recipient).where(
    arrivals.c.contact_id.in_(KEYS), arrivals.c.position == 0
)
_BY_NOBODY = or_(case_events.c.by.startswith("rule:"), case_events.c.by.startswith("timer:"))
_TOUCHED = (
    select(case_events.c.case_id, func.max(case_events.c.at).label("at"))
    .where(case_events.c.case_id.in_(KEYS), not_(_BY_NOBODY))
    .group_by(case_events.c.case_id)
)
_ALL_TOUCHED = (
    select(case_events.c.case_id, func.max(case_events.c.at).label("at"))
    .join_from(case_events, cases)
    .where(cases.c.closed_at.is_(None), cases.c.ended_as.is_(None), not_(_BY_NOBODY))
    .group_by(case_events.c.case_id)
)
_RULES_SEEN = select(case_events.c.by).where(
    case_events.c.case_id == bindparam("case_id"),
    case_events.c.kind == bindparam("kind"),
    case_events.c.at >= bindparam("since"),
    case_events.c.by.startswith("rule:"),
)
_ID_OF_NUMBER = select(cases.c.id).where(cases.c.number == bindparam("number"))
_ID_OF_TASK = select(tasks.c.case_id).where(tasks.c.id == bindparam("task_id"))
_OPEN_HANDOVERS = (
    select(tasks.c.handover, tasks.c.case_id)
    .where(tasks.c.handover.in_(KEYS), tasks.c.status != TaskStatus.COMPLETED.value)
    .order_by(tasks.c.case_id)
)


def read_case_files(connection: Connection, case_ids: Iterable[int]) -> dict[int, CaseFile]:
    """The case files of the cases that exist, by id; one query per kind of record."""
    ids = set(case_ids)
    if not ids:
        return {}
    found = [case_of(row) for row in select_in(connection, _CASES, ids)]
    callers = read_callers(connection, [case.caller_id for case in found if case.caller_id is not None])
    tasks_of = _by_case(connection, _TASKS, ids, task_of)
    threads = _by_case(connection, _THREADS, ids, lambda row: str(row.message_id))
    owed = _by_case(connection, _OWED_DELIVERIES, ids, delivery_of)
    replies = {row.case_id: row.replies for row in select_in(connection, _AUTOMATIC_REPLIES, ids)}
    recipients = _first_recipients(connection, found)
    touched = {row.case_id: row.at for row in select_in(connection, _TOUCHED, ids)}
    return {
        case.id: CaseFile(
            case=case,
            tasks=tuple(tasks_of[case.id]),
            caller=callers.get(case.caller_id or 0),
            thread=tuple(threads[case.id]),
            deliveries=tuple(owed[case.id]),
            automatic_replies=replies.get(case.id, 0),
            received_at_address=recipients.get(case.contact_id or 0, ""),
            touched_at=touched.get(case.id),
        )
        for case in found
    }


def _by_case(
    connection: Connection, statement: Select[Any], ids: Iterable[int], record: Callable[[Row[Any]], RecordT]
) -> dict[int, list[RecordT]]:
    grouped: dict[int, list[RecordT]] = defaultdict(list)
    for row in select_in(connection, statement, ids):
        grouped[row.case_id].append(record(row))
    return grouped


def _first_recipients(connection: Connection, found: Iterable[Case]) -> dict[int, str]:
    contact_ids = [case.contact_id for case in found if case.contact_id is not None]
    return {row.contact_id: row.recipient for row in select_in(connection, _FIRST_RECIPIENTS, contact_ids)}


def read_case_file(connection: Connection, case_id: int) -> CaseFile:
    """One case file; raises NotFoundError."""
    found = read_case_files(connection, [case_id])
    if case_id not in found:
        raise NotFoundError(f"there is no case with the id {case_id}")
    return found[case_id]


def touched_cases(connection: Connection) -> list[tuple[int, datetime]]:
    """Every case that has not ended, with when a person or the caller last did something with it."""
    return [(row.case_id, row.at) for row in connection.execute(_ALL_TOUCHED)]


def rules_seen_since(connection: Connection, case_id: int, kind: str, since: datetime) -> frozenset[str]:
    """The rules that wrote an event of this kind into a case's history, then or later."""
    written = connection.scalars(_RULES_SEEN, {"case_id": case_id, "kind": kind, "since": since})
    return frozenset(by.removeprefix("rule:") for by in written)


def case_file_of_number(connection: Connection, number: int) -> CaseFile:
    """One case file by the shown number; raises NotFoundError."""
    case_id = connection.scalar(_ID_OF_NUMBER, {"number": number})
    if case_id is None:
        raise NotFoundError(f"there is no case {shown_number(number)}")
    return read_case_file(connection, case_id)


def case_file_of_task(connection: Connection, task_id: int) -> CaseFile:
    """The case file of a task; raises NotFoundError."""
    case_id = connection.scalar(_ID_OF_TASK, {"task_id": task_id})
    if case_id is None:
        raise NotFoundError(f"there is no task {task_id}")
    return read_case_file(connection, case_id)


def case_files_of_handover(connection: Connection, reference: str) -> list[CaseFile]:
    """Case files with open tasks that were handed over to this reference, oldest first."""
    ids = [row.case_id for row in select_in(connection, _OPEN_HANDOVERS, [reference])]
    return [file for _, file in sorted(read_case_files(connection, ids).items())]
