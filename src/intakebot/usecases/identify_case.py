"""Identify a case by hand: an agent says whose it is; what follows from that is decided anew.

The case leaves triage for the queue that the rules name, and is classified again only if it had not been.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from intakebot.domain.actors import Actor
from intakebot.domain.case import Case, alter
from intakebot.domain.change import Change
from intakebot.domain.commands import Identify
from intakebot.domain.customer import AgreementKind, CustomerRecord, Subscription, Validity
from intakebot.domain.errors import NotFoundError
from intakebot.domain.lifecycle import refuse_if_final
from intakebot.domain.workflow import variant_for
from intakebot.ports import CaseFile, Store
from intakebot.rules.decide import decide_stage
from intakebot.usecases.assessment import is_resolved
from intakebot.usecases.facts import case_facts, identified_facts
from intakebot.usecases.house import House
from intakebot.usecases.identify import Identification, agreement_of
from intakebot.usecases.open_case import UNIDENTIFIED, policy_for
from intakebot.usecases.promises import watch_promise
from intakebot.usecases.route import reroute_case


def identify_case(house: House, store: Store, file: CaseFile, command: Identify, by: Actor, at: datetime) -> Change:
    """Put a case beside its customer. Raises NotFoundError for an unknown customer or subscription."""
    refuse_if_final(file.case)
    record = store.customer_by_reference(command.customer)
    found = _found(record, _subscription(record, command.subscription), file.case, at)
    facts = case_facts(file.case) | identified_facts(found, house.organisation.policies)
    category = _category(house, file.case, facts)
    workflow = variant_for(house.organisation.workflows, file.case.workflow, category)
    note = f"{record.customer.name} ({record.customer.reference})"
    fields = _fields(house, file.case, found) | {"category": category, "workflow": workflow}
    case, event = alter(file.case, house.new_id(), "case.identified", by, at, note, **fields)
    change = Change(cases=(case,), events=(event,), callers=_caller(file, record))
    if not is_resolved(house, file):
        change += watch_promise(house, case, policy_for(house, found.support), at)
    facts |= {"category": category, "case.workflow": workflow}
    if file.case.queue != house.organisation.triage_queue:
        return change
    comment = "identified, so it goes where the rules send it"
    return change + reroute_case(house, house.hand_of(replace(file, case=case)), facts, comment, at)


def _found(record: CustomerRecord, subscription: Subscription | None, case: Case, at: datetime) -> Identification:
    keys = {known.key for known in record.support_keys}
    state = case.support_key_state
    if case.support_key:
        state = Validity.VALID if case.support_key in keys else Validity.CLAIMED
    support = agreement_of(record, AgreementKind.SUPPORT, subscription, at.date())
    if state is Validity.VALID and support.state is not Validity.VALID:
        state = Validity.EXPIRED
    customer = agreement_of(record, AgreementKind.CUSTOMER, subscription, at.date())
    return Identification(record, subscription, case.support_key, state, support, customer)


def _subscription(record: CustomerRecord, reference: str) -> Subscription | None:
    if not reference:
        return record.subscriptions[0] if len(record.subscriptions) == 1 else None
    found = next((known for known in record.subscriptions if known.reference == reference), None)
    if found is None:
        known = ", ".join(sorted(subscription.reference for subscription in record.subscriptions)) or "none"
        raise NotFoundError(f"{record.customer.name} has no subscription {reference!r}; it has: {known}")
    return found


def _fields(house: House, case: Case, found: Identification) -> dict[str, Any]:
    policy = policy_for(house, found.support)
    calendar = house.organisation.calendars[policy.calendar]
    record, subscription = found.record, found.subscription
    return {
        "customer_id": record.customer.id if record else None,
        "account_id": found.account_id,
        "subscription_id": subscription.id if subscription else None,
        "support_key_state": found.support_key_state,
        "support_agreement_id": found.support.agreement.id if found.support.agreement else None,
        "support_agreement_state": found.support.state,
        "customer_agreement_id": found.customer.agreement.id if found.customer.agreement else None,
        "customer_agreement_state": found.customer.state,
        "markers": tuple(marker for marker in case.markers if marker != UNIDENTIFIED),
        "missing": tuple(name for name in case.missing if name != "customer"),
        "respond_by": calendar.after(case.opened_at, policy.respond_within),
        "solve_by": calendar.after(case.opened_at, policy.solve_within),
    }


def _category(house: House, case: Case, facts: dict[str, Any]) -> str:
    if "classification" not in case.missing:
        return case.category
    return str(decide_stage("classify", facts, house.ruleset).outcome.get("category", case.category))


def _caller(file: CaseFile, record: CustomerRecord) -> tuple[Any, ...]:
    return (replace(file.caller, customer_id=record.customer.id),) if file.caller else ()
