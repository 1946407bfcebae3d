"""Append: a contact that continues a case, or is about the topic of one that is not closed, opens no new case.

What a third party says, or somebody whose domain disowns the mail, is added for agents to read and moves nothing.
The caller's word on a resolved case brings it back to a person; on any other it is added to the conversation. Then
follows what rules on `appended` want of the case.
"""

from __future__ import annotations

from datetime import datetime

from intakebot.domain.actors import SYSTEM
from intakebot.domain.case import alter
from intakebot.domain.change import Change
from intakebot.domain.contact import SPOKEN
from intakebot.ports import CaseFile, Store
from intakebot.usecases.assessment import Assessment, is_resolved
from intakebot.usecases.contact_records import caller_of, contact_records, conversation, in_chat
from intakebot.usecases.house import House
from intakebot.usecases.look_again import Look, carry_out, lately_to
from intakebot.usecases.old_mail import why_old
from intakebot.usecases.replies import answering_queue
from intakebot.usecases.resolve import correspondent, reopen_case
from intakebot.usecases.route import noted
from intakebot.usecases.silence import Lately


def append_contact(house: House, store: Store, assessment: Assessment, at: datetime) -> Change:
    """Everything that a follow-up writes. `assessment.target` is the case, not final."""
    file = assessment.target
    if file is None:
        raise ValueError("an assessment that appends names its case")
    caller, change = (assessment.around.caller, Change()) if not in_chat(assessment) else caller_of(house, assessment)
    change += contact_records(house, assessment, file.case.id, caller.id if caller else None, at)
    change += conversation(house, assessment, file.case, at)
    change += noted(house, house.hand_of(file), "contact.appended", assessment.reason, SYSTEM, at)
    if assessment.reservation:
        return change
    change += _back_to_work(house, file, at)
    hand, lately = house.hand_of(file).after(change), _lately(store, assessment, file, at)
    look = Look(house, file, hand, assessment.verdict, at, _silence(house, assessment, file, at), lately)
    return change + carry_out(look)


def _lately(store: Store, assessment: Assessment, file: CaseFile, at: datetime) -> Lately:
    """What left of late for whom the case answers, who may be somebody else than who wrote."""
    if assessment.read.answer_to == file.case.answer_to or "resolve" not in assessment.verdict.route:
        return Lately.of(assessment.around)
    return lately_to(store, correspondent(file), at)


def _silence(house: House, assessment: Assessment, file: CaseFile, at: datetime) -> str:
    """Why no rule may answer this contact by itself; '' when one may."""
    message = assessment.read.message
    if assessment.read.pending.channel in SPOKEN:
        return "the contact did not come in writing"
    if message.machine:
        return f"it came from a machine: {message.machine.sign}"
    return why_old(assessment.read, answering_queue(house, file.case), at)


def _back_to_work(house: House, file: CaseFile, at: datetime) -> Change:
    if is_resolved(house, file):
        return reopen_case(house, file, by=SYSTEM, at=at, cause="caller-answered")
    if file.case.close_when_sent:
        case, event = alter(
            file.case, house.new_id(), "closing.cancelled", SYSTEM, at, "the caller wrote", close_when_sent=False
        )
        return Change(cases=(case,), events=(event,))
    return Change()
