"""Writes who is known: callers as registration finds them, customers as they are imported.

Called by the store. References and addresses decide who is meant; the ids of what we have already stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, select

from intakebot.domain.customer import Caller, CustomerRecord
from intakebot.domain.errors import ConflictError
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
from intakebot.storage.rows import KEYS, insert_rows, select_in

_ADDRESS_OWNERS = select(caller_addresses).where(caller_addresses.c.address.in_(KEYS))
_CUSTOMER_IDS = select(customers.c.id, customers.c.reference).where(customers.c.reference.in_(KEYS))
_ACCOUNT_IDS = select(accounts.c.id, accounts.c.customer_id, accounts.c.reference).where(
    accounts.c.customer_id.in_(KEYS)
)
_SUBSCRIPTION_IDS = select(subscriptions.c.id, subscriptions.c.reference).where(subscriptions.c.reference.in_(KEYS))
_AGREEMENT_IDS = select(agreements.c.id, agreements.c.reference).where(agreements.c.reference.in_(KEYS))


def write_callers(connection: Connection, changed: Sequence[Caller]) -> None:
    """Insert or update callers; raises ConflictError when an address has become somebody else's meanwhile."""
    if not changed:
        return
    owners = _address_owners(connection, changed)
    for caller in changed:
        for address in caller.addresses:
            if owners.setdefault(address, caller.id) != caller.id:
                raise ConflictError("an address of this caller belongs to another caller; look at it again")
    _insert_callers(connection, changed)


def _address_owners(connection: Connection, found: Sequence[Caller]) -> dict[tuple[str, str], int]:
    addresses = [address for caller in found for _, address in caller.addresses]
    return {(row.channel, row.address): row.caller_id for row in select_in(connection, _ADDRESS_OWNERS, addresses)}


def _insert_callers(connection: Connection, changed: Sequence[Caller]) -> None:
    rows = [
        {"id": caller.id, "name": caller.name, "language": caller.language, "customer_id": caller.customer_id}
        for caller in changed
    ]
    insert_rows(connection, callers, rows, updating=("name", "language", "customer_id"))
    pairs = [
        {"channel": channel, "address": address, "caller_id": caller.id}
        for caller in changed
        for channel, address in caller.addresses
    ]
    insert_rows(connection, caller_addresses, pairs, updating=())


def import_customers(connection: Connection, records: Sequence[CustomerRecord]) -> int:
    """Insert or update customers and what hangs on them by their references; returns how many were new.

    What is stored and not in the import stays.
    """
    references = [record.customer.reference for record in records]
    stored = {row.reference: row.id for row in select_in(connection, _CUSTOMER_IDS, references)}
    settled = _with_stored_accounts(connection, [_with_customer_id(record, stored) for record in records])
    settled = _with_stored_subscriptions(connection, settled)
    _insert_customers(connection, settled)
    _insert_installations(connection, settled)
    _import_callers(connection, [caller for record in settled for caller in record.callers])
    return len(set(references) - stored.keys())


def _with_customer_id(record: CustomerRecord, stored: dict[str, int]) -> CustomerRecord:
    known = stored.get(record.customer.reference, record.customer.id)
    return CustomerRecord(
        customer=replace(record.customer, id=known),
        callers=tuple(replace(caller, customer_id=known) for caller in record.callers),
        accounts=tuple(replace(account, customer_id=known) for account in record.accounts),
        subscriptions=tuple(replace(subscription, customer_id=known) for subscription in record.subscriptions),
        support_keys=tuple(replace(key, customer_id=known) for key in record.support_keys),
        agreements=tuple(replace(agreement, customer_id=known) for agreement in record.agreements),
    )


def _with_stored_accounts(connection: Connection, records: list[CustomerRecord]) -> list[CustomerRecord]:
    found = select_in(connection, _ACCOUNT_IDS, [record.customer.id for record in records])
    stored = {(row.customer_id, row.reference): row.id for row in found}
    moved = {
        account.id: stored.get((account.customer_id, account.reference), account.id)
        for record in records
        for account in record.accounts
    }
    return [
        replace(
            record,
            accounts=tuple(replace(account, id=moved[account.id]) for account in record.accounts),
            subscriptions=tuple(
                replace(each, account_id=moved.get(each.account_id, each.account_id)) for each in record.subscriptions
            ),
        )
        for record in records
    ]


def _with_stored_subscriptions(connection: Connection, records: list[CustomerRecord]) -> list[CustomerRecord]:
    found = [each for record in records for each in record.subscriptions]
    stored = {row.reference: row.id for row in select_in(connection, _SUBSCRIPTION_IDS, [e.reference for e in found])}
    moved: dict[int | None, int] = {each.id: stored.get(each.reference, each.id) for each in found}
    signed = [each.reference for record in records for each in record.agreements]
    agreed = {row.reference: row.id for row in select_in(connection, _AGREEMENT_IDS, signed)}
    return [
        replace(
            record,
            subscriptions=tuple(replace(each, id=moved[each.id]) for each in record.subscriptions),
            support_keys=tuple(
                replace(key, subscription_id=moved.get(key.subscription_id, key.subscription_id))
                for key in record.support_keys
            ),
            agreements=tuple(
                replace(
                    each,
                    id=agreed.get(each.reference, each.id),
                    subscription_id=moved.get(each.subscription_id, each.subscription_id),
                )
                for each in record.agreements
            ),
        )
        for record in records
    ]


def _insert_customers(connection: Connection, records: Sequence[CustomerRecord]) -> None:
    rows = [
        {
            "id": record.customer.id,
            "reference": record.customer.reference,
            "name": record.customer.name,
            "segment": record.customer.segment,
            "tier": record.customer.tier,
        }
        for record in records
    ]
    insert_rows(connection, customers, rows, updating=("name", "segment", "tier"))
    domains = [
        {"domain": domain.lower(), "customer_id": record.customer.id}
        for record in records
        for domain in record.customer.domains
    ]
    insert_rows(connection, customer_domains, domains, updating=("customer_id",))


def _insert_installations(connection: Connection, records: Sequence[CustomerRecord]) -> None:
    account_rows = [
        {"id": each.id, "customer_id": each.customer_id, "reference": each.reference, "name": each.name}
        for record in records
        for each in record.accounts
    ]
    insert_rows(connection, accounts, account_rows, updating=("name",))
    subscription_rows = [
        {
            "id": each.id,
            "account_id": each.account_id,
            "customer_id": each.customer_id,
            "reference": each.reference,
            "product": each.product,
            "status": each.status,
        }
        for record in records
        for each in record.subscriptions
    ]
    insert_rows(
        connection, subscriptions, subscription_rows, updating=("account_id", "customer_id", "product", "status")
    )
    key_rows = [
        {"key": each.key, "subscription_id": each.subscription_id, "customer_id": each.customer_id}
        for record in records
        for each in record.support_keys
    ]
    insert_rows(connection, support_keys, key_rows, updating=("subscription_id", "customer_id"))
    _insert_agreements(connection, records)


def _insert_agreements(connection: Connection, records: Sequence[CustomerRecord]) -> None:
    rows = [
        {
            "id": each.id,
            "reference": each.reference,
            "kind": each.kind.value,
            "policy": each.policy,
            "customer_id": each.customer_id,
            "subscription_id": each.subscription_id,
            "valid_from": each.valid_from,
            "valid_to": each.valid_to,
        }
        for record in records
        for each in record.agreements
    ]
    columns = ("kind", "policy", "customer_id", "subscription_id", "valid_from", "valid_to")
    insert_rows(connection, agreements, rows, updating=columns)


def _import_callers(connection: Connection, found: Sequence[Caller]) -> None:
    """Somebody who called before the import is the same person: known by any of the addresses."""
    owners = _address_owners(connection, found)
    known = [next((owners[address] for address in each.addresses if address in owners), each.id) for each in found]
    _insert_callers(connection, [replace(each, id=known_id) for each, known_id in zip(found, known, strict=True)])
