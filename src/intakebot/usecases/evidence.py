"""Evidence: machine mail and refused contacts are kept with their reason and move nothing by themselves.

Two exceptions: a hard bounce of our resolution brings the case back to a person, and the mail of a handover
partner completes the tasks that wait for it.
"""

from __future__ import annotations

from datetime import datetime

from intakebot.domain.actors import SYSTEM, Actor
from intakebot.domain.change import Change
from intakebot.domain.delivery import Delivery, DeliveryKind, DeliverySettlement, DeliveryState
from intakebot.ports import CaseFile, Store
from intakebot.usecases.assessment import Assessment, is_resolved
from intakebot.usecases.contact_records import contact_records
from intakebot.usecases.further_case import follow_up_of_bounce
from intakebot.usecases.house import House
from intakebot.usecases.resolve import reopen_case
from intakebot.usecases.route import noted
from intakebot.usecases.tasks import complete_handover


def keep_evidence(house: House, store: Store, assessment: Assessment, at: datetime) -> Change:
    """Keep a contact that opens no case, and do the little that machine mail may do."""
    bounced = assessment.around.bounced
    file = bounced[0][1] if bounced else assessment.target
    caller_id = assessment.around.caller.id if assessment.around.caller else None
    change = contact_records(house, assessment, file.case.id if file else None, caller_id, at)
    machine = assessment.read.message.machine
    if machine and machine.bounces:
        hard = any(report.hard for report in machine.bounces)
        status = next((report.status for report in machine.bounces if report.status), "")
        for delivery, its_file in bounced:
            change += _bounced(house, store, delivery, its_file, hard=hard, status=status, at=at)
    return change


def complete_handovers(house: House, store: Store, assessment: Assessment, at: datetime) -> Change:
    """Complete the tasks that wait for what a guard rule recognised, whatever else becomes of the contact."""
    reference = str(assessment.outcome.get("complete_handover") or "")
    if not reference:
        return Change()
    rule = next((trace.applied[0].id for trace in assessment.stages if trace.applied), "")
    by = Actor.rule(rule) if rule else SYSTEM
    files = store.cases_of_handover(reference)
    return sum((complete_handover(house, file, reference, by, at) for file in files), Change())


def _bounced(
    house: House, store: Store, delivery: Delivery, file: CaseFile, *, hard: bool, status: str, at: datetime
) -> Change:
    """A bounce is evidence; only a hard one of the resolution that counts brings the case back."""
    said = f"{'hard' if hard else 'soft'} bounce {status} for {delivery.recipient}".replace("  ", " ")
    change = Change()
    if hard and delivery.state in (DeliveryState.SENT, DeliveryState.SENDING, DeliveryState.HELD):
        change += Change(settlements=(DeliverySettlement(delivery.id, DeliveryState.BOUNCED, said, at),))
    resolution = file.case.resolution
    counts = delivery.kind is DeliveryKind.RESOLUTION and resolution and resolution.delivery_id == delivery.id
    if file.case.is_final:
        late = hard and counts and delivery.state is not DeliveryState.BOUNCED
        return change + follow_up_of_bounce(house, store, file, said, at) if late else change
    change += noted(house, house.hand_of(file), "delivery.bounced", said, SYSTEM, at)
    if hard and counts and is_resolved(house, file):
        change += reopen_case(house, file, by=SYSTEM, at=at, cause="hard-bounce", comment=said)
    return change
