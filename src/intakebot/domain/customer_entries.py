"""Customers as somebody writes them down: by reference, nested as they belong together, without ids.

`cli` reads them from files and sends them with `ImportCustomers`; use cases turn them into `CustomerRecord`s with
`record_of`. Storage finds what it has already by reference (callers by address), so an import can be repeated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from intakebot.domain.customer import (
    Account,
    Agreement,
    AgreementKind,
    Caller,
    Customer,
    CustomerRecord,
    Subscription,
    SupportKey,
)

SUBSCRIPTION_STATUSES = ("ordered", "active", "ended")


@dataclass(frozen=True, slots=True)
class CallerEntry:
    """A person of a customer, known by mail addresses; `language` is '' or a code such as `de`."""

    name: str = ""
    emails: tuple[str, ...] = ()
    slack: str = ""
    phone: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class AgreementEntry:
    """An agreement; `policy` names what it promises, `valid_to` is its last day (None = open)."""

    reference: str
    kind: AgreementKind
    policy: str
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class SubscriptionEntry:
    """A supported installation with its support keys and its own agreements."""

    reference: str
    product: str = ""
    status: str = "active"
    support_keys: tuple[str, ...] = ()
    agreements: tuple[AgreementEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class AccountEntry:
    """An account with its subscriptions."""

    reference: str
    name: str = ""
    subscriptions: tuple[SubscriptionEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class CustomerEntry:
    """A customer with everything that hangs on it; `agreements` are those that hold for all its subscriptions."""

    reference: str
    name: str
    segment: str = ""
    tier: str = ""
    domains: tuple[str, ...] = ()
    callers: tuple[CallerEntry, ...] = ()
    accounts: tuple[AccountEntry, ...] = ()
    agreements: tuple[AgreementEntry, ...] = ()


def record_of(entry: CustomerEntry, new_id: Callable[[], int]) -> CustomerRecord:
    """The entry as a domain record with fresh ids; domains and addresses lower case, support keys upper case."""
    owner = new_id()
    accounts = [(Account(new_id(), owner, account.reference, account.name), account) for account in entry.accounts]
    subscriptions = [
        (Subscription(new_id(), account.id, owner, line.reference, line.product, line.status), line)
        for account, written in accounts
        for line in written.subscriptions
    ]
    keys = [SupportKey(key.upper(), line.id, owner) for line, written in subscriptions for key in written.support_keys]
    agreements = [_agreement(written, new_id(), owner, None) for written in entry.agreements]
    for line, installed in subscriptions:
        agreements += [_agreement(written, new_id(), owner, line.id) for written in installed.agreements]
    domains = tuple(domain.lower() for domain in entry.domains)
    return CustomerRecord(
        customer=Customer(owner, entry.reference, entry.name, entry.segment, entry.tier, domains),
        callers=tuple(_caller(written, new_id(), owner) for written in entry.callers),
        accounts=tuple(account for account, _ in accounts),
        subscriptions=tuple(line for line, _ in subscriptions),
        support_keys=tuple(keys),
        agreements=tuple(agreements),
    )


def _caller(entry: CallerEntry, caller_id: int, customer_id: int) -> Caller:
    addresses = [("email", address.lower()) for address in entry.emails]
    addresses += [
        (channel, address.lower()) for channel, address in (("slack", entry.slack), ("phone", entry.phone)) if address
    ]
    return Caller(caller_id, entry.name, tuple(addresses), customer_id, entry.language)


def _agreement(entry: AgreementEntry, agreement_id: int, customer_id: int, subscription_id: int | None) -> Agreement:
    return Agreement(
        agreement_id,
        entry.reference,
        entry.kind,
        entry.policy,
        customer_id,
        subscription_id,
        entry.valid_from,
        entry.valid_to,
    )
