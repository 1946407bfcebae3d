"""Identify: whose contact is it? Caller -> customer -> account -> subscription / support key -> agreement.

A quoted support key is a claim until it fits the caller's customer. What cannot be found is named in
`missing`; it never stops registration. Called by `assess` and by the agent's `identify` command.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from intakebot.domain.customer import Agreement, AgreementKind, CustomerRecord, Subscription, Validity
from intakebot.ports import Surroundings

SUPPORT_KEY = re.compile(r"\bKEY-[0-9A-Z]{4,20}\b")


@dataclass(frozen=True, slots=True)
class Found:
    """An agreement of one kind and how it stands; None and `none` when the customer has none of the kind."""

    agreement: Agreement | None = None
    state: Validity = Validity.NONE


@dataclass(frozen=True, slots=True)
class Identification:
    """What is known about where a contact comes from, and the sentences that say how."""

    record: CustomerRecord | None = None
    subscription: Subscription | None = None
    support_key: str = ""
    support_key_state: Validity = Validity.NONE
    support: Found = Found()
    customer: Found = Found()
    sentences: tuple[str, ...] = ()

    @property
    def account_id(self) -> int | None:
        """The subscription's account, else the customer's only one."""
        if self.subscription:
            return self.subscription.account_id
        accounts = self.record.accounts if self.record else ()
        return accounts[0].id if len(accounts) == 1 else None


def quoted_keys(text: str) -> tuple[str, ...]:
    """Support keys as a text quotes them, upper case, without repetition, at most ten."""
    upper = text.upper()
    return tuple(dict.fromkeys(SUPPORT_KEY.findall(upper)))[:10] if "KEY-" in upper else ()


def identify(
    around: Surroundings,
    keys: tuple[str, ...],
    wanted: Mapping[str, str],
    day: date,
    room_of: str = "",
    policy: str = "",
) -> Identification:
    """Put together what storage knows.

    `wanted` is the identify stage's look-up (`support_key`, `subscription`); `room_of` the reference of the
    customer whose room the contact came from; `policy` the one that a rule chooses an agreement by.
    """
    record = around.customer
    key = wanted.get("support_key", "").upper() or next((key for key in keys if key in around.key_owners), "")
    key = key or (keys[0] if keys else "")
    state, key_sentence = _key_state(key, record, around.key_owners)
    subscription = _subscription(record, key if state is Validity.VALID else "", wanted.get("subscription", ""))
    support, customer = (agreement_of(record, kind, subscription, day, policy) for kind in AgreementKind)
    if state is Validity.VALID and support.state is not Validity.VALID:
        state = Validity.EXPIRED
    return Identification(
        record,
        subscription,
        key,
        state,
        support,
        customer,
        tuple(
            filter(
                None,
                (
                    _customer_sentence(around, room_of),
                    key_sentence,
                    _agreement_sentence(support),
                    _choice_sentence((support, customer), policy),
                ),
            )
        ),
    )


def agreement_of(
    record: CustomerRecord | None,
    kind: AgreementKind,
    subscription: Subscription | None,
    day: date,
    policy: str = "",
) -> Found:
    """The agreement that counts: a valid one before others, the subscription's own before the customer's.

    Among valid ones, one under `policy` comes first. Nobody gets an agreement, or its policy, by asking for it.
    """
    ids = {None, subscription.id} if subscription else {None}
    candidates = [a for a in (record.agreements if record else ()) if a.kind is kind and a.subscription_id in ids]
    if not candidates:
        return Found()
    best = max(
        candidates,
        key=lambda a: (
            (valid := a.validity(day) is Validity.VALID),
            valid and a.policy == policy,
            a.subscription_id is not None,
            a.valid_from,
        ),
    )
    return Found(best, best.validity(day))


def _key_state(key: str, record: CustomerRecord | None, owners: Mapping[str, CustomerRecord]) -> tuple[Validity, str]:
    if not key:
        return Validity.NONE, ""
    if key not in owners:
        return Validity.UNKNOWN, f"the quoted support key {key} is unknown"
    if record is None or owners[key].customer.id != record.customer.id:
        return Validity.CLAIMED, f"the support key {key} is known, but it is only claimed: it does not fit the caller"
    return Validity.VALID, f"the support key {key} belongs to the caller's customer"


def _subscription(record: CustomerRecord | None, key: str, reference: str) -> Subscription | None:
    if record is None:
        return None
    by_key = {known.key: known.subscription_id for known in record.support_keys}
    for subscription in record.subscriptions:
        if subscription.id == by_key.get(key) or (reference and subscription.reference == reference):
            return subscription
    return record.subscriptions[0] if len(record.subscriptions) == 1 else None


def _customer_sentence(around: Surroundings, room_of: str) -> str:
    if around.customer is None:
        return "the sender belongs to no known customer"
    customer = around.customer.customer
    by_room = customer.reference == room_of and (around.caller is None or around.caller.customer_id != customer.id)
    what = "it came from the room of" if by_room else "the sender belongs to"
    return f"{what} the customer {customer.name} ({customer.reference})"


def _choice_sentence(found: tuple[Found, ...], policy: str) -> str:
    if not policy:
        return ""
    for one in found:
        if one.agreement and one.agreement.policy == policy and one.state is Validity.VALID:
            return f"a rule chose the agreement {one.agreement.reference}, which is valid under the policy {policy}"
    return f"a rule asked for an agreement under the policy {policy}, and the caller has no valid one"


def _agreement_sentence(found: Found) -> str:
    if found.agreement is None:
        return "no support agreement: the general policy holds"
    return f"the support agreement {found.agreement.reference} is {found.state.value}"
