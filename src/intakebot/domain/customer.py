"""Who a contact comes from: caller -> customer -> account -> subscription, support keys and agreements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum


class AgreementKind(Enum):
    """Both kinds are shown on every case."""

    SUPPORT = "support"
    CUSTOMER = "customer"


class Validity(Enum):
    """How an agreement or a quoted support key stands at a moment."""

    VALID = "valid"
    EXPIRED = "expired"
    NOT_YET = "not-yet"
    CLAIMED = "claimed"
    UNKNOWN = "unknown"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Caller:
    """The person who made contact. `addresses` are (channel, address) pairs, addresses lower case."""

    id: int
    name: str
    addresses: tuple[tuple[str, str], ...]
    customer_id: int | None = None
    language: str = ""


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer; `domains` are mail domains whose senders belong to it."""

    id: int
    reference: str
    name: str
    segment: str = ""
    tier: str = ""
    domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """An account of a customer."""

    id: int
    customer_id: int
    reference: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A supported installation. `status` is `ordered` before activation, then `active` or `ended`."""

    id: int
    account_id: int
    customer_id: int
    reference: str
    product: str = ""
    status: str = "active"


@dataclass(frozen=True, slots=True)
class SupportKey:
    """A key that identifies a known and supported installation."""

    key: str
    subscription_id: int
    customer_id: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """A support or customer agreement, valid from the first day to the last one inclusive (None = open)."""

    id: int
    reference: str
    kind: AgreementKind
    policy: str
    customer_id: int
    subscription_id: int | None
    valid_from: date
    valid_to: date | None

    def validity(self, day: date) -> Validity:
        """How it stands on `day`."""
        if day < self.valid_from:
            return Validity.NOT_YET
        return Validity.EXPIRED if self.valid_to and day > self.valid_to else Validity.VALID


@dataclass(frozen=True, slots=True)
class CustomerRecord:
    """One customer with everything that hangs on it, as imported or looked up."""

    customer: Customer
    callers: tuple[Caller, ...] = ()
    accounts: tuple[Account, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    support_keys: tuple[SupportKey, ...] = ()
    agreements: tuple[Agreement, ...] = ()
