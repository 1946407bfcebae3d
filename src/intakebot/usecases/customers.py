"""Customers: bring a list of them into the house; importing the same again changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from intakebot.domain.commands import ImportCustomers
from intakebot.domain.customer_entries import record_of
from intakebot.domain.errors import IntakebotError, RefusedError
from intakebot.ports import Store
from intakebot.usecases.act import Request
from intakebot.usecases.house import House


def import_customers(house: House, store: Store, requests: Sequence[Request]) -> list[dict[str, Any] | Exception]:
    """The operation: each request is one list of customers; returns how many were read and how many were new."""
    return [_imported(house, store, request) for request in requests]


def _imported(house: House, store: Store, request: Request) -> dict[str, Any] | Exception:
    command = request.command
    if not isinstance(command, ImportCustomers):
        raise TypeError("this operation imports customers only")
    try:
        house.acting_agent(request.by)
        _refuse_unknown_policies(house, command)
    except IntakebotError as refusal:
        return refusal
    records = [record_of(entry, house.new_id) for entry in command.customers]
    return {"customers": len(records), "new": store.import_customers(records)}


def _refuse_unknown_policies(house: House, command: ImportCustomers) -> None:
    """An agreement that promises something the house does not know would be kept by nobody."""
    known = house.organisation.policies
    for entry in command.customers:
        nested = (line for account in entry.accounts for line in account.subscriptions)
        for agreement in (*entry.agreements, *(agreement for line in nested for agreement in line.agreements)):
            if agreement.policy not in known:
                raise RefusedError(
                    "agreement.policy",
                    f"{entry.reference}: the agreement {agreement.reference} names the policy {agreement.policy!r}; "
                    f"known policies: {', '.join(sorted(known))}",
                )
