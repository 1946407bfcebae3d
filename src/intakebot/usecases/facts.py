"""Facts: what the rules see of a contact. A missing field is an absent key; nothing internal is in here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TypeAlias

from intakebot.domain.case import BusinessObject, Case
from intakebot.domain.customer import CustomerRecord, Validity
from intakebot.domain.messages import ReadMessage, Verdict
from intakebot.domain.organisation import AgreementPolicy
from intakebot.ports import Surroundings
from intakebot.usecases.identify import Identification

Fact: TypeAlias = "str | int | float | bool | tuple[str, ...]"


def message_facts(
    message: ReadMessage,
    channel: str,
    recipients: tuple[str, ...],
    workflow: str,
    *,
    size: int | None = None,
    peer: str = "",
) -> dict[str, Fact]:
    """What the message itself says, how it came, and the process that its address fixed.

    `size` counts the bytes that came in; `peer` is the address of the machine that brought them ('' = nobody knows).
    """
    facts: dict[str, Fact] = {
        "channel": channel,
        "subject": message.subject,
        "body": message.new_text,
        "body.full": message.text,
        "to": recipients,
        "case.workflow": workflow,
        "attachment.count": len(message.attachments),
    }
    if size is not None:
        facts["size"] = size
    if peer:
        facts["client.ip"] = peer
    if message.cc:
        facts["cc"] = tuple(address.address for address in message.cc)
    if message.sender:
        facts["from"] = message.sender.address
        if "@" in message.sender.address:
            facts["from.domain"] = message.sender.domain
    if message.check.checked_by:
        facts["sender.verified"] = message.check.dmarc is Verdict.PASS
        facts |= {f"sender.{name}": getattr(message.check, name).value for name in ("spf", "dkim", "dmarc")}
    if message.language:
        facts["language"] = message.language
    if message.attachments:
        facts["attachment.name"] = tuple(file.name for file in message.attachments)
        facts["attachment.type"] = tuple(file.media_type for file in message.attachments)
    for name in dict.fromkeys(name for name, _ in message.headers):
        facts[f"header.{name}"] = message.header(name)
    return facts


def caller_facts(around: Surroundings) -> dict[str, Fact]:
    """What is known before the identify stage: the caller and the customer."""
    return customer_facts(around.customer)


def case_facts(case: Case, *, idle: timedelta | None = None) -> dict[str, Fact]:
    """What rules see of a registered case, when it is looked at again; `idle` is how long nobody has touched it."""
    facts: dict[str, Fact] = {
        "channel": case.channel,
        "subject": case.title,
        "body": case.description,
        "category": case.category,
        "priority": case.priority.value,
        "tags": case.tags,
        "case.workflow": case.workflow,
        "case.category": case.category,
        "case.status": case.status,
        "case.queue": case.queue,
        "case.priority": case.priority.value,
        "case.closed": case.is_final,
    }
    if case.language:
        facts["language"] = case.language
    if idle is not None:
        facts["case.idle_hours"] = round(max(idle.total_seconds(), 0) / 3600, 2)
    return facts | business_object_facts(case.business_object)


def business_object_facts(about: BusinessObject | None) -> dict[str, Fact]:
    """The thing that a contact or a case is about, where it is known."""
    if about is None:
        return {}
    facts: dict[str, Fact] = {"business_object": about.type}
    return facts | ({"business_object.reference": about.reference} if about.reference else {})


def customer_facts(record: CustomerRecord | None) -> dict[str, Fact]:
    """Whether there is a customer, and which."""
    return {"caller.identified": record is not None} | (dict(_customer_facts(record)) if record else {})


def identified_facts(found: Identification, policies: Mapping[str, AgreementPolicy]) -> dict[str, Fact]:
    """What identification added: subscription, support key, agreements."""
    facts = customer_facts(found.record)
    if found.subscription:
        facts["subscription.reference"] = found.subscription.reference
        facts["subscription.status"] = found.subscription.status
    if found.support_key_state is not Validity.NONE:
        facts["support_key.state"] = found.support_key_state.value
    agreement = found.support.agreement or found.customer.agreement
    if agreement:
        facts["agreement.kind"] = agreement.kind.value
        if agreement.policy in policies:
            facts["agreement.tier"] = policies[agreement.policy].tier
        facts["agreement.valid"] = Validity.VALID in (found.support.state, found.customer.state)
    return facts


def _customer_facts(record: CustomerRecord) -> Mapping[str, Fact]:
    facts: dict[str, Fact] = {"customer.id": record.customer.reference}
    if record.customer.segment:
        facts["customer.segment"] = record.customer.segment
    if record.customer.tier:
        facts["customer.tier"] = record.customer.tier
    if len(record.accounts) == 1:
        facts["account.reference"] = record.accounts[0].reference
    return facts
