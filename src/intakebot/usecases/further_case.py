"""Further cases: several out of one contact, or one that continues a case which nobody may change any more.

A further case keeps the caller, customer, subscription and agreement of its origin, what is doubtful about the sender,
and that it was old mail; it goes to a queue in the same act.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from intakebot.domain.actors import SYSTEM, Actor
from intakebot.domain.case import Case, Priority, opened
from intakebot.domain.change import Change, StoredDecision
from intakebot.domain.commands import Split
from intakebot.domain.lifecycle import refuse_if_final
from intakebot.domain.promises import promise_timers, warnings_of
from intakebot.domain.workflow import variant_for
from intakebot.ports import CaseFile, Store
from intakebot.usecases.contact_records import outcome_of_split
from intakebot.usecases.house import House
from intakebot.usecases.old_mail import OLD_MAIL
from intakebot.usecases.open_case import DOUBTS
from intakebot.usecases.parts import Part
from intakebot.usecases.proposals import proposed_tasks
from intakebot.usecases.recognise import named_by_number
from intakebot.usecases.route import route_case


def split_case(house: House, store: Store, file: CaseFile, command: Split, by: Actor, at: datetime) -> Change:
    """Open a case beside its parent, out of the same contact; the parent keeps the call log."""
    refuse_if_final(file.case)
    case = _child(house, store.case_numbers(1)[0], file.case, command.title, command.description, at)
    category = command.category or file.case.category
    case = replace(
        case,
        category=category,
        workflow=variant_for(house.organisation.workflows, file.case.workflow, category),
        parent_id=file.case.id,
    )
    note = f"split from {file.case.label}"
    change = _opened(house, case, {"queue": command.queue or file.case.queue, "comment": note}, note, by, at)
    if file.case.contact_id is None:
        return change
    keeper = file.case.parent_id or file.case.id
    return change + outcome_of_split(file.case.contact_id, keeper, file.case.title, file.case.answer_to, at)


def follow_up_of_bounce(house: House, store: Store, file: CaseFile, said: str, at: datetime) -> Change:
    """A resolution bounced after its case was closed: a linked case brings it to a person (decision 20)."""
    title = f"{file.case.label}: the resolution did not arrive"
    case = replace(_child(house, store.case_numbers(1)[0], file.case, title, said, at), follows_id=file.case.id)
    return _opened(house, case, {"queue": file.case.queue, "comment": said}, said, SYSTEM, at)


def open_parts(
    house: House, parts: tuple[Part, ...], parent: Case, numbers: Iterator[int], by: Actor, at: datetime
) -> Change:
    """The further cases that a rule makes of a contact, beside the contact's own case.

    Only that one is acknowledged or answered: what a rule would answer a part with is an agent's to send.
    """
    return sum((_open_part(house, part, parent, next(numbers), by, at) for part in parts), Change())


def _open_part(house: House, part: Part, parent: Case, number: int, by: Actor, at: datetime) -> Change:
    said = part.verdict.outcome
    child = _child(house, number, parent, part.title, parent.description, at)
    case = replace(
        child,
        category=part.category,
        workflow=part.workflow,
        parent_id=parent.id,
        business_object=None,
        priority=Priority(said.get("priority", Priority.NORMAL.value)),
        tags=tuple(dict.fromkeys((*child.tags, *said.get("tags", ())))),
        markers=tuple(dict.fromkeys((*child.markers, *said.get("markers", ())))),
    )
    target = said
    if "resolve" in said:
        comment = f"a rule would have answered it with the template {said['resolve']['template']}"
        target = {"queue": house.default_queue(part.workflow), "comment": comment}
    trace = {"disposition": "open a case", "reason": f"one of several matters in the contact of {parent.label}"}
    decision = StoredDecision(house.new_id(), None, case.id, part.verdict.ruleset, trace | part.verdict.trace(), at)
    change = _opened(house, case, target, f"split from {parent.label}", by, at, part.verdict.by("route"))
    return change + proposed_tasks(house, case, part.verdict.stages, at) + Change(decisions=(decision,))


def _child(house: House, number: int, origin: Case, title: str, description: str, at: datetime) -> Case:
    workflow = house.organisation.workflows[origin.workflow]
    return replace(
        origin,
        id=house.new_id(),
        number=number,
        status=workflow.initial.name,
        title=title,
        description=description,
        opened_at=at,
        priority=Priority.NORMAL,
        tags=tuple(tag for tag in origin.tags if tag == OLD_MAIL),
        markers=tuple(marker for marker in origin.markers if marker in DOUBTS),
        missing=(),
        owner=None,
        assignee=None,
        resolution=None,
        close_when_sent=False,
        answered_by=(),
        parent_id=None,
        follows_id=None,
        resolved_at=None,
        closed_at=None,
        ended_as=None,
        version=0,
    )


def _opened(
    house: House,
    case: Case,
    target: Mapping[str, Any],
    note: str,
    by: Actor,
    at: datetime,
    router: Actor | None = None,
) -> Change:
    case = replace(case, status=house.organisation.workflows[case.workflow].initial.name)
    event = opened(case, house.new_id(), by, note)
    timers = promise_timers(case, warnings_of(house.organisation, case), at)
    change = Change(cases=(case,), events=(event,), thread_ids=(named_by_number(case),), timers=timers)
    return change + route_case(house, house.in_hand(case), target, router or by, at)
