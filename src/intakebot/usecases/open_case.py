"""Open a case: from an assessed contact to a registered, classified and routed case with its acknowledgement.

What is missing never stops registration; it is named in the case. Called by `register`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from intakebot.domain.actors import SYSTEM, Actor
from intakebot.domain.case import Case, opened
from intakebot.domain.change import Change
from intakebot.domain.contact import SPOKEN
from intakebot.domain.customer import Caller, Validity
from intakebot.domain.delivery import SHADOW, DeliveryKind
from intakebot.domain.lifecycle import CaseInHand
from intakebot.domain.organisation import AgreementPolicy
from intakebot.usecases.assessment import Assessment
from intakebot.usecases.contact_records import caller_of, contact_records, conversation
from intakebot.usecases.house import House
from intakebot.usecases.identify import Found
from intakebot.usecases.impostors import IMPOSTOR
from intakebot.usecases.old_mail import OLD_MAIL, why_old
from intakebot.usecases.promises import watch_promise
from intakebot.usecases.proposals import proposed_tasks
from intakebot.usecases.recognise import BELONGING, named_by_number
from intakebot.usecases.replies import Correspondent, owe_reply
from intakebot.usecases.route import answer_by_rule, draft_instead, noted, route_case
from intakebot.usecases.silence import TO_A_REPLY_TO, Lately, why_not_automatic

UNIDENTIFIED = "unidentified"
UNVERIFIED = "unverified-sender"
"""The marker of a case that came by mail which the sender's own domain disowns (DMARC)."""
DOUBTS = (UNIDENTIFIED, UNVERIFIED, IMPOSTOR)
"""The markers that say what is not sure about who wrote."""


def open_case(house: House, assessment: Assessment, number: int, at: datetime) -> Change:
    """Everything that a new case writes, in one change."""
    caller, caller_change = caller_of(house, assessment)
    case = _new_case(house, assessment, number, caller, at)
    event = opened(case, house.new_id(), SYSTEM, assessment.reason)
    change = Change(cases=(case,), events=(event,), thread_ids=(named_by_number(case),))
    change += caller_change + conversation(house, assessment, case, at)
    change += contact_records(house, assessment, case.id, caller.id if caller else None, at)
    change += proposed_tasks(house, case, assessment.stages, at)
    change += watch_promise(house, case, policy_for(house, assessment.identification.support), at)
    return change + _settle_in(house, house.in_hand(case), assessment, caller, at)


def _new_case(house: House, assessment: Assessment, number: int, caller: Caller | None, at: datetime) -> Case:
    found, message, said = assessment.identification, assessment.read.message, assessment.outcome
    policy = policy_for(house, found.support)
    calendar = house.organisation.calendars[policy.calendar]
    return Case(
        id=house.new_id(),
        number=number,
        workflow=assessment.workflow,
        status=house.organisation.workflows[assessment.workflow].initial.name,
        title=str(said.get("title") or message.topic or "(no subject)"),
        description=message.new_text,
        channel=assessment.read.pending.channel,
        opened_at=at,
        contact_id=assessment.read.pending.id,
        caller_id=caller.id if caller else None,
        answer_to=_followed(house, assessment) or assessment.read.answer_to,
        customer_id=found.record.customer.id if found.record else None,
        account_id=found.account_id,
        subscription_id=found.subscription.id if found.subscription else None,
        support_key=found.support_key,
        support_key_state=found.support_key_state,
        support_agreement_id=found.support.agreement.id if found.support.agreement else None,
        support_agreement_state=found.support.state,
        customer_agreement_id=found.customer.agreement.id if found.customer.agreement else None,
        customer_agreement_state=found.customer.state,
        business_object=assessment.business_object,
        category=assessment.category,
        priority=assessment.priority,
        tags=_tags(house, assessment, at),
        markers=tuple(dict.fromkeys((*_doubts(assessment), *said.get("markers", ())))),
        missing=_missing(assessment),
        language=message.language,
        queue=house.organisation.triage_queue,
        follows_id=assessment.follows.case.id if assessment.follows else None,
        respond_by=calendar.after(at, policy.respond_within),
        solve_by=calendar.after(at, policy.solve_within),
    )


def _doubts(assessment: Assessment) -> Iterator[str]:
    if assessment.identification.record is None:
        yield UNIDENTIFIED
    if assessment.disowned:
        yield UNVERIFIED
    if assessment.impostor:
        yield IMPOSTOR


def _tags(house: House, assessment: Assessment, at: datetime) -> tuple[str, ...]:
    """What the rules say, and whether it was old mail: a rule may look for that later."""
    queue = house.queue(house.default_queue(assessment.workflow))
    old = (OLD_MAIL,) if why_old(assessment.read, queue, at) else ()
    return tuple(dict.fromkeys((*assessment.outcome.get("tags", ()), *old)))


def policy_for(house: House, support: Found) -> AgreementPolicy:
    """The policy of the valid support agreement, else the general one."""
    policies, organisation = house.organisation.policies, house.organisation
    if support.agreement and support.state is Validity.VALID and support.agreement.policy in policies:
        return policies[support.agreement.policy]
    return policies[organisation.default_policy]


def _missing(assessment: Assessment) -> tuple[str, ...]:
    found, message = assessment.identification, assessment.read.message
    classified = any(trace.stage == "classify" and trace.result == "matched" for trace in assessment.stages)
    lacks = {
        "caller": message.sender is None,
        "customer": found.record is None,
        "business-object": assessment.business_object is None and found.subscription is None,
        "classification": not classified,
        "description": not message.new_text.strip(),
    }
    return tuple(name for name, lacking in lacks.items() if lacking)


def _settle_in(house: House, hand: CaseInHand, assessment: Assessment, caller: Caller | None, at: datetime) -> Change:
    """Answer by rule or send to a queue, and promise the acknowledgement."""
    to, silence = _may_answer(house, hand.case, assessment, caller, at)
    outcome, by = assessment.outcome, rule_of(assessment, "route")
    template = (outcome.get("resolve") or {}).get("template", "")
    if template and house.shadow:  # a case that is resolved waits for an answer to be sent, and none will be
        silence = silence or SHADOW
    if template and to and not silence:
        return answer_by_rule(house, hand, to, template, house.default_queue(hand.case.workflow), by, at)
    if template:
        draft = draft_instead(house, hand.case, to, template, silence, at)
        routed = route_case(house, hand, {"queue": house.default_queue(hand.case.workflow), "comment": draft}, by, at)
    else:
        routed = route_case(house, hand, outcome, by, at)
    return routed + _acknowledge(house, hand.after(routed), assessment, to, silence, at)


def _may_answer(
    house: House, case: Case, assessment: Assessment, caller: Caller | None, at: datetime
) -> tuple[Correspondent | None, str]:
    """Whom an automatic reply would go to, and why it must not go out ('' when it may)."""
    message, pending = assessment.read.message, assessment.read.pending
    if pending.channel in SPOKEN:
        return None, "the contact did not come in writing"
    to = None
    if message.sender and pending.envelope.sender != "":
        own_id = message.message_id.strip("<> ")
        name, language = (caller.name, caller.language) if caller else ("", "")
        own_name = "" if assessment.impostor else message.sender.name
        thread = (own_id,) if own_id else ()
        to = Correspondent(case.answer_to, name or own_name, language, pending.channel, thread)
    if message.machine:
        return to, f"it came from a machine: {message.machine.sign}"
    if case.answer_to != assessment.read.answer_to:
        return to, TO_A_REPLY_TO
    if assessment.outcome.get("suppress_reply"):
        return to, "a rule says so"
    queue = house.queue(house.default_queue(case.workflow))
    lately, old = Lately.of(assessment.around), why_old(assessment.read, queue, at)
    return to, old or why_not_automatic(house, to, on_case=0, lately=lately, at=at)


def _followed(house: House, assessment: Assessment) -> str:
    """The Reply-To where answers go instead of to the sender, who writes for others by configuration; else ''."""
    message, organisation = assessment.read.message, house.organisation
    if assessment.read.sender not in organisation.follow_reply_to_of or assessment.disowned:
        return ""
    if len(message.reply_to) != 1 or organisation.receiving(message.reply_to[0].address):
        return ""
    return message.reply_to[0].address


def _acknowledge(
    house: House, hand: CaseInHand, assessment: Assessment, to: Correspondent | None, silence: str, at: datetime
) -> Change:
    if to is None or silence:
        return noted(house, hand, "reply.suppressed", f"no acknowledgement: {silence or 'no address'}", SYSTEM, at)
    again = assessment.follows is not None and assessment.follows.case.is_final
    belongs = again and not assessment.disowned and any(sign.sign in BELONGING for sign in assessment.evidence)
    template = "reopened-as-new" if belongs else "acknowledgement"
    values = {"earlier": {"number": assessment.follows.case.label}} if belongs and assessment.follows else {}
    _, owed = owe_reply(house, hand.case, to, DeliveryKind.ACKNOWLEDGEMENT, template, values, at, automatic=True)
    return owed


def rule_of(assessment: Assessment, stage: str) -> Actor:
    """The rule that decided a stage, or its default."""
    trace = next((trace for trace in assessment.stages if trace.stage == stage), None)
    return Actor.rule(trace.applied[0].id if trace and trace.applied else f"{stage}.default")
