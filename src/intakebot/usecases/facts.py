"""Facts: what the rules see of a contact. A missing field is an absent key; nothing internal is in here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from intakebot.domain.case import Case
from intakebot.domain.customer import CustomerRecord, Validity
from intakebot.domain.messages import ReadMessage
from intakebot.domain.organisation import AgreementPolicy
from intakebot.ports import Surroundings
from intakebot.usecases.identify import Identification

Fact: TypeAlias = "str | int | float | bool | tuple[str, ...]"


def message_facts(message: ReadMessage, channel: str, recipients: tuple[str, ...], workflow: str) -> dict[str, Fact]:
    """What the message itself says, and the process that its address fixed."""
    facts: dict[str, Fact] = {
        "channel": channel,
        "subject": message.subject,
        "body": message.new_text,
        "body.full": message.text,
        "to": recipients,
        "case.workflow": workflow,
    }
    if message.sender:
        facts["from"] = message.sender.address
        if "@" in message.sender.address:
            facts["from.domain"] = message.sender.domain
    if message.language:
        facts["language"] = message.language
    if message.attachments:
        facts["attachment.name"] = tuple(file.name for file in message.attachments)
    for name in dict.fromkeys(name for name, _ in message.headers):
        facts[f"header.{name}"] = message.header(name)
    return facts


def caller_facts(around: Surroundings) -> dict[str, Fact]:
    """What is known before the identify stage: the caller and the customer."""
    return customer_facts(around.customer)


def case_facts(case: Case) -> dict[str, Fact]:
    """What rules see of a registered case, when it is looked at again."""
    return {
        "channel": case.channel,
        "subject": case.title,
        "body": case.description,
        "category": case.category,
        "priority": case.priority.value,
        "tags": case.tags,
        "case.workflow": case.workflow,
    }


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
