"""Cases and what belongs to them, as rows and back: one pair of functions per record, every column written out.

Called by the modules that write changes and read case files. Pure.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row

from intakebot.domain.actors import Actor
from intakebot.domain.case import (
    BusinessObject,
    Case,
    CaseEvent,
    Comment,
    EndedAs,
    PlainValue,
    Priority,
    Resolution,
    Task,
    TaskStatus,
    plain,
)
from intakebot.domain.change import AttachedFile, CaseMessage, StoredDecision
from intakebot.domain.customer import Validity
from intakebot.storage.rows import StoredRow


def case_row(case: Case) -> StoredRow:
    """A case as it is inserted or updated, with its version counted on."""
    return {
        "id": case.id,
        "number": case.number,
        "workflow": case.workflow,
        "status": case.status,
        "title": case.title,
        "description": case.description,
        "channel": case.channel,
        "opened_at": case.opened_at,
        "contact_id": case.contact_id,
        "caller_id": case.caller_id,
        "answer_to": case.answer_to,
        "customer_id": case.customer_id,
        "account_id": case.account_id,
        "subscription_id": case.subscription_id,
        "support_key": case.support_key,
        "support_key_state": case.support_key_state.value,
        "support_agreement_id": case.support_agreement_id,
        "support_agreement_state": case.support_agreement_state.value,
        "customer_agreement_id": case.customer_agreement_id,
        "customer_agreement_state": case.customer_agreement_state.value,
        "business_object": plain(case.business_object),
        "category": case.category,
        "priority": case.priority.value,
        "tags": case.tags,
        "markers": case.markers,
        "missing": case.missing,
        "language": case.language,
        "queue": case.queue,
        "owner": case.owner,
        "assignee": case.assignee,
        "resolution": plain(case.resolution),
        "close_when_sent": case.close_when_sent,
        "answered_by": case.answered_by,
        "parent_id": case.parent_id,
        "follows_id": case.follows_id,
        "respond_by": case.respond_by,
        "solve_by": case.solve_by,
        "resolved_at": case.resolved_at,
        "closed_at": case.closed_at,
        "ended_as": case.ended_as.value if case.ended_as else None,
        "version": case.version + 1,
    }


def case_of(row: Row[Any]) -> Case:
    """The case of a row of `cases`."""
    return Case(
        id=row.id,
        number=row.number,
        workflow=row.workflow,
        status=row.status,
        title=row.title,
        description=row.description,
        channel=row.channel,
        opened_at=row.opened_at,
        contact_id=row.contact_id,
        caller_id=row.caller_id,
        answer_to=row.answer_to,
        customer_id=row.customer_id,
        account_id=row.account_id,
        subscription_id=row.subscription_id,
        support_key=row.support_key,
        support_key_state=Validity(row.support_key_state),
        support_agreement_id=row.support_agreement_id,
        support_agreement_state=Validity(row.support_agreement_state),
        customer_agreement_id=row.customer_agreement_id,
        customer_agreement_state=Validity(row.customer_agreement_state),
        business_object=BusinessObject(**row.business_object) if row.business_object else None,
        category=row.category,
        priority=Priority(row.priority),
        tags=tuple(row.tags),
        markers=tuple(row.markers),
        missing=tuple(row.missing),
        language=row.language,
        queue=row.queue,
        owner=row.owner,
        assignee=row.assignee,
        resolution=_resolution_of(row.resolution),
        close_when_sent=row.close_when_sent,
        answered_by=tuple(row.answered_by),
        parent_id=row.parent_id,
        follows_id=row.follows_id,
        respond_by=row.respond_by,
        solve_by=row.solve_by,
        resolved_at=row.resolved_at,
        closed_at=row.closed_at,
        ended_as=EndedAs(row.ended_as) if row.ended_as else None,
        version=row.version,
    )


def _resolution_of(stored: dict[str, Any] | None) -> Resolution | None:
    if stored is None:
        return None
    return Resolution(
        text=stored["text"],
        by=Actor.parse(stored["by"]),
        entered_at=datetime.fromisoformat(stored["entered_at"]),
        template=stored["template"],
        delivery_id=stored["delivery_id"],
        sent_at=datetime.fromisoformat(stored["sent_at"]) if stored["sent_at"] else None,
    )


def event_row(event: CaseEvent) -> StoredRow:
    """One line of history."""
    return {
        "id": event.id,
        "case_id": event.case_id,
        "kind": event.kind,
        "by": str(event.by),
        "at": event.at,
        "changes": event.changes,
        "note": event.note,
    }


def task_row(task: Task) -> StoredRow:
    """A task."""
    return {
        "id": task.id,
        "case_id": task.case_id,
        "title": task.title,
        "status": task.status.value,
        "created_at": task.created_at,
        "queue": task.queue,
        "assignee": task.assignee,
        "handover": task.handover,
        "completed_at": task.completed_at,
        "reason": task.reason,
    }


def task_of(row: Row[Any]) -> Task:
    """The task of a row of `tasks`."""
    return Task(
        id=row.id,
        case_id=row.case_id,
        title=row.title,
        status=TaskStatus(row.status),
        created_at=row.created_at,
        queue=row.queue,
        assignee=row.assignee,
        handover=row.handover,
        completed_at=row.completed_at,
        reason=row.reason,
    )


def comment_row(comment: Comment) -> StoredRow:
    """A dated comment."""
    return {
        "id": comment.id,
        "case_id": comment.case_id,
        "kind": comment.kind.value,
        "by": str(comment.by),
        "at": comment.at,
        "text": comment.text,
    }


def message_row(message: CaseMessage) -> StoredRow:
    """What a caller said."""
    return {
        "id": message.id,
        "case_id": message.case_id,
        "contact_id": message.contact_id,
        "sender": message.sender,
        "subject": message.subject,
        "text": message.text,
        "new_text": "" if message.new_text == message.text else message.new_text,  # most mails quote nothing
        "at": message.at,
    }


def decision_row(decision: StoredDecision) -> StoredRow:
    """Why a contact became what it became."""
    trace: PlainValue = decision.trace
    return {
        "id": decision.id,
        "contact_id": decision.contact_id,
        "case_id": decision.case_id,
        "ruleset": decision.ruleset,
        "trace": trace,
        "at": decision.at,
    }


def file_row(file: AttachedFile) -> StoredRow:
    """A file that came with a contact."""
    return {
        "id": file.id,
        "contact_id": file.contact_id,
        "name": file.name,
        "media_type": file.media_type,
        "size": file.size,
        "sha256": file.sha256,
        "flags": file.flags,
    }
