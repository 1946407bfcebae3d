"""Evidence: machine mail and refused contacts are kept with their reason and move nothing by themselves.

Two exceptions: a hard bounce of our resolution brings the case back to a person, and the mail of a handover
partner completes the tasks that wait for it. A bounce is believed only where it shows that it got our mail: it came to
the bounce address of the delivery, or it names its Message-ID; both hold an HMAC that nobody else can make.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from intakebot.domain.actors import SYSTEM, Actor
from intakebot.domain.change import Change, ThreadId
from intakebot.domain.delivery import Delivery, DeliveryKind, DeliverySettlement, DeliveryState
from intakebot.domain.messages import BounceReport, MachineKind, MachineMail
from intakebot.ports import CaseFile, Store
from intakebot.usecases.assessment import Assessment, Disposition, is_resolved
from intakebot.usecases.contact_records import contact_records
from intakebot.usecases.further_case import follow_up_of_bounce
from intakebot.usecases.house import House
from intakebot.usecases.old_mail import is_our_own
from intakebot.usecases.resolve import reopen_case
from intakebot.usecases.route import noted
from intakebot.usecases.tasks import complete_handover

_MAY_COME_BACK = (DeliveryState.SENT, DeliveryState.SENDING, DeliveryState.DEFERRED, DeliveryState.HELD)
"""States of what may have left: a deferred delivery may be one that is sent once more because nobody knew."""


def keep_evidence(house: House, store: Store, assessment: Assessment, at: datetime) -> Change:
    """Keep a contact that opens no case, and do the little that machine mail may do."""
    around = assessment.around
    linked = around.bounced or around.suspected
    file = linked[0][1] if linked else assessment.target
    caller_id = around.caller.id if around.caller else None
    change = contact_records(house, assessment, file.case.id if file else None, caller_id, at)
    if file and not file.case.is_final and is_our_own(house, assessment.read) and assessment.read.message.message_id:
        change += Change(thread_ids=(ThreadId(assessment.read.message.message_id.strip("<> "), file.case.id),))
    machine = assessment.read.machine
    if assessment.disposition is not Disposition.MACHINE or machine is None:
        return change
    for delivery, its_file in around.bounced:
        change += _answered(house, store, _Answered(delivery, its_file, machine, at))
    for delivery, its_file in around.suspected:
        change += _unproven(house, delivery, its_file, machine, at)
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


@dataclass(frozen=True, slots=True)
class _Answered:
    """Machine mail that proves to know a delivery: by its return path, or by its Message-ID, which has a token."""

    delivery: Delivery
    file: CaseFile
    machine: MachineMail
    at: datetime

    @property
    def report(self) -> BounceReport | None:
        """What it says of this delivery's recipient; of several others, what it says of all of them."""
        reports = self.machine.bounces
        own = next((one for one in reports if one.recipient.lower() == self.delivery.recipient.lower()), None)
        if own or not reports:
            return own
        softest = next((report for report in reports if not report.hard), reports[0])
        return BounceReport(self.delivery.recipient, softest.hard, softest.status)


def _answered(house: House, store: Store, answer: _Answered) -> Change:
    """What machine mail about one of our deliveries does."""
    report = answer.report
    if report is None:
        what = (
            "what came back cannot be read" if answer.machine.kind is MachineKind.BOUNCE else answer.machine.kind.value
        )
        said = f"{what} ({answer.machine.sign}) to the {answer.delivery.kind.value} for {answer.delivery.recipient}"
        return _noted(house, answer.file, "delivery.machine-answered", said, answer.at)
    said = _sentence(report)
    if not report.hard:
        return _noted(house, answer.file, "delivery.delayed", said, answer.at)
    return _came_back(house, store, answer, said)


def _came_back(house: House, store: Store, answer: _Answered, said: str) -> Change:
    """A delivery did not arrive; if it is the resolution that counts, the case comes back to a person."""
    delivery, file, at = answer.delivery, answer.file, answer.at
    change = Change()
    if delivery.state in _MAY_COME_BACK:
        change += Change(settlements=(DeliverySettlement(delivery.id, DeliveryState.BOUNCED, said, at),))
    resolution = file.case.resolution
    counts = delivery.kind is DeliveryKind.RESOLUTION and resolution and resolution.delivery_id == delivery.id
    if file.case.is_final:
        late = counts and delivery.state is not DeliveryState.BOUNCED
        return change + follow_up_of_bounce(house, store, file, said, at) if late else change
    change += _noted(house, file, "delivery.bounced", said, at)
    if counts and is_resolved(house, file):  # what came back is settled; only what has not left yet is withdrawn
        others = replace(file, deliveries=tuple(owed for owed in file.deliveries if owed.id != delivery.id))
        change += reopen_case(house, others, by=SYSTEM, at=at, cause="hard-bounce", comment=said)
    return change


def _unproven(house: House, delivery: Delivery, file: CaseFile, machine: MachineMail, at: datetime) -> Change:
    """Anybody can write that an address does not exist: a bounce that knows nothing of our mail is a note."""
    report = next(report for report in machine.bounces if report.recipient.lower() == delivery.recipient.lower())
    said = f"{_sentence(report)}; it does not prove that it got our mail, so that nothing follows from it"
    return _noted(house, file, "delivery.bounce-unproven", said, at)


def _sentence(report: BounceReport) -> str:
    return " ".join(
        filter(None, ("hard" if report.hard else "soft", "bounce", report.status, f"for {report.recipient}"))
    )


def _noted(house: House, file: CaseFile, kind: str, said: str, at: datetime) -> Change:
    return Change() if file.case.is_final else noted(house, house.hand_of(file), kind, said, SYSTEM, at)
