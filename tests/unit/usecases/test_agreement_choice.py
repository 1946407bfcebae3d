"""Which of a customer's agreements counts, and what a rule may say about it: it chooses, it grants nothing."""

from __future__ import annotations

from datetime import date

from intakebot.domain.customer import Agreement, AgreementKind, Customer, CustomerRecord, Validity
from intakebot.usecases.identify import agreement_of

TODAY = date(2026, 3, 2)


def agreement(number: int, policy: str, since: int = 2020, until: int = 2099) -> Agreement:
    valid_from, valid_to = date(since, 1, 1), date(until, 12, 31)
    return Agreement(number, f"SA-{number}", AgreementKind.SUPPORT, policy, 1, None, valid_from, valid_to)


def chosen(policy: str, *agreements: Agreement) -> tuple[str, Validity]:
    record = CustomerRecord(Customer(1, "ACME", "ACME", "", "", ()), agreements=agreements)
    found = agreement_of(record, AgreementKind.SUPPORT, None, TODAY, policy)
    return found.agreement.reference if found.agreement else "", found.state


def test_among_valid_ones_a_rule_chooses() -> None:
    gold, silver = agreement(1, "gold", since=2024), agreement(2, "silver")
    assert chosen("", gold, silver) == ("SA-1", Validity.VALID)
    assert chosen("silver", gold, silver) == ("SA-2", Validity.VALID)


def test_one_that_is_not_valid_is_never_chosen_before_a_valid_one() -> None:
    over, valid = agreement(1, "gold", until=2025), agreement(2, "silver")
    assert chosen("gold", over, valid) == ("SA-2", Validity.VALID)
    assert chosen("platinum", over, valid) == ("SA-2", Validity.VALID)
