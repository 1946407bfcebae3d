"""Reads who is known: callers, and customers with what hangs on them, for many at once.

Called by the store and by `surroundings`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Select, bindparam, select

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
from intakebot.domain.errors import NotFoundError
from intakebot.storage.directory_tables import (
    accounts,
    agreements,
    caller_addresses,
    callers,
    customer_domains,
    customers,
    subscriptions,
    support_keys,
)
from intakebot.storage.rows import KEYS, select_in

RecordT = TypeVar("RecordT")
_CALLERS = select(callers).where(callers.c.id.in_(KEYS)).order_by(callers.c.id)
_CALLER_ADDRESSES = (
    select(caller_addresses)
    .where(caller_addresses.c.caller_id.in_(KEYS))
    .order_by(caller_addresses.c.channel, caller_addresses.c.address)
)
_CALLER_IDS = select(callers.c.id, callers.c.customer_id).where(callers.c.customer_id.in_(KEYS))
_CUSTOMERS = select(customers).where(customers.c.id.in_(KEYS))
_DOMAINS = select(customer_domains).where(customer_domains.c.customer_id.in_(KEYS)).order_by(customer_domains.c.domain)
_ACCOUNTS = select(accounts).where(accounts.c.customer_id.in_(KEYS)).order_by(accounts.c.id)
_SUBSCRIPTIONS = select(subscriptions).where(subscriptions.c.customer_id.in_(KEYS)).order_by(subscriptions.c.id)
_SUPPORT_KEYS = select(support_keys).where(support_keys.c.customer_id.in_(KEYS)).order_by(support_keys.c.key)
_AGREEMENTS = select(agreements).where(agreements.c.customer_id.in_(KEYS)).order_by(agreements.c.id)
_ID_OF_REFERENCE = select(customers.c.id).where(customers.c.reference == bindparam("reference"))
_CUSTOMER_OF_CALLER = select(callers.c.customer_id).where(callers.c.id == bindparam("caller_id"))


def read_callers(connection: Connection, caller_ids: Iterable[int]) -> dict[int, Caller]:
    """Callers with all their addresses, by id."""
    ids = set(caller_ids)
    addresses: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for row in select_in(connection, _CALLER_ADDRESSES, ids):
        addresses[row.caller_id].append((row.channel, row.address))
    return {
        row.id: Caller(row.id, row.name, tuple(addresses[row.id]), row.customer_id, row.language)
        for row in select_in(connection, _CALLERS, ids)
    }


def read_customers(
    connection: Connection, customer_ids: Iterable[int], *, with_callers: bool = False
) -> dict[int, CustomerRecord]:
    """Customers with what hangs on them, by id. Callers, of whom there may be very many, only when asked for."""
    ids = set(customer_ids)
    if not ids:
        return {}
    domains = _by_customer(connection, _DOMAINS, ids, lambda row: str(row.domain))
    callers_of: dict[int, list[Caller]] = defaultdict(list)
    if with_callers:
        callers_of = _callers_of(connection, ids)
    accounts_of = _by_customer(connection, _ACCOUNTS, ids, _account_of)
    subscriptions_of = _by_customer(connection, _SUBSCRIPTIONS, ids, _subscription_of)
    keys_of = _by_customer(connection, _SUPPORT_KEYS, ids, _support_key_of)
    agreements_of = _by_customer(connection, _AGREEMENTS, ids, _agreement_of)
    return {
        row.id: CustomerRecord(
            Customer(row.id, row.reference, row.name, row.segment, row.tier, tuple(domains[row.id])),
            callers=tuple(callers_of[row.id]),
            accounts=tuple(accounts_of[row.id]),
            subscriptions=tuple(subscriptions_of[row.id]),
            support_keys=tuple(keys_of[row.id]),
            agreements=tuple(agreements_of[row.id]),
        )
        for row in select_in(connection, _CUSTOMERS, ids)
    }


def customer_by_reference(connection: Connection, reference: str) -> CustomerRecord:
    """A customer with all that hangs on it, callers too; raises NotFoundError."""
    customer_id = connection.scalar(_ID_OF_REFERENCE, {"reference": reference})
    if customer_id is None:
        raise NotFoundError(f"there is no customer {reference}")
    return read_customers(connection, [customer_id], with_callers=True)[customer_id]


def customer_of_caller(connection: Connection, caller_id: int) -> CustomerRecord | None:
    """The customer that a caller belongs to, without its other callers."""
    customer_id = connection.scalar(_CUSTOMER_OF_CALLER, {"caller_id": caller_id})
    return None if customer_id is None else read_customers(connection, [customer_id])[customer_id]


def _callers_of(connection: Connection, customer_ids: Iterable[int]) -> dict[int, list[Caller]]:
    ids = [row.id for row in select_in(connection, _CALLER_IDS, customer_ids)]
    grouped: dict[int, list[Caller]] = defaultdict(list)
    for caller in read_callers(connection, ids).values():
        grouped[caller.customer_id or 0].append(caller)
    return grouped


def _by_customer(
    connection: Connection, statement: Select[Any], ids: Iterable[int], record: Callable[[Row[Any]], RecordT]
) -> dict[int, list[RecordT]]:
    grouped: dict[int, list[RecordT]] = defaultdict(list)
    for row in select_in(connection, statement, ids):
        grouped[row.customer_id].append(record(row))
    return grouped


def _account_of(row: Row[Any]) -> Account:
    return Account(row.id, row.customer_id, row.reference, row.name)


def _subscription_of(row: Row[Any]) -> Subscription:
    return Subscription(row.id, row.account_id, row.customer_id, row.reference, row.product, row.status)


def _support_key_of(row: Row[Any]) -> SupportKey:
    return SupportKey(row.key, row.subscription_id, row.customer_id)


def _agreement_of(row: Row[Any]) -> Agreement:
    return Agreement(
        id=row.id,
        reference=row.reference,
        kind=AgreementKind(row.kind),
        policy=row.policy,
        customer_id=row.customer_id,
        subscription_id=row.subscription_id,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
    )
