"""The house's own people and places, as configured: queues, agents, receiving addresses, agreement policies.

Made by `config`; read by use cases and channels. Nothing here changes while the service runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from unicodedata import normalize

from intakebot.domain.calendar import Calendar
from intakebot.domain.workflow import Workflow


@dataclass(frozen=True, slots=True)
class Queue:
    """Where cases wait for a team.

    `workflows` names the workflows it serves; `reply_address` is the sender of everything that leaves from
    here; mail that arrived longer ago than `acknowledge_within` when it reaches us gets no automatic answer (catch-up).
    """

    name: str
    title: str
    workflows: tuple[str, ...]
    reply_address: str
    reply_name: str = ""
    language: str = "en"
    calendar: str = "always"
    closing_notice: bool = False
    acknowledge_within: timedelta = timedelta(days=1)
    alarm_after: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Agent:
    """A person who works cases. `queues` names the queues that the agent may work in."""

    id: str
    name: str
    email: str = ""
    queues: tuple[str, ...] = ()
    active: bool = True


@dataclass(frozen=True, slots=True)
class ReceivingAddress:
    """An address that takes contacts; it fixes the process (`workflow`)."""

    address: str
    workflow: str


@dataclass(frozen=True, slots=True)
class AgreementPolicy:
    """What an agreement of this name promises, on which calendar."""

    name: str
    tier: str
    respond_within: timedelta
    solve_within: timedelta
    calendar: str = "always"


@dataclass(frozen=True, slots=True)
class Organisation:
    """Everything configured about the house. `default_policy` holds where no agreement is valid.

    `categories` are all that rules may give (none declared: any), `markers` the house's own, beside NNR.
    `follow_reply_to_of` are senders (lower case) that write for others: answers go to the Reply-To that they give.
    """

    queues: Mapping[str, Queue]
    agents: Mapping[str, Agent]
    addresses: Mapping[str, ReceivingAddress]
    workflows: Mapping[str, Workflow]
    policies: Mapping[str, AgreementPolicy]
    calendars: Mapping[str, Calendar]
    default_policy: str
    triage_queue: str
    languages: tuple[str, ...] = ("en",)
    hop_headers: frozenset[str] = field(default_factory=frozenset)
    categories: tuple[str, ...] = ()
    markers: tuple[str, ...] = ()
    follow_reply_to_of: frozenset[str] = field(default_factory=frozenset)

    @property
    def own_domains(self) -> frozenset[str]:
        """Domains of our own addresses, lower case."""
        return frozenset(address.rpartition("@")[2] for address in self.addresses)

    def receiving(self, address: str) -> ReceivingAddress | None:
        """The receiving address behind `address` or `local+token@domain`.

        Case does not matter, nor whether letters are composed, nor in which of its forms a domain is written.
        """
        local, _, domain = normalize("NFC", address.strip().lower()).rpartition("@")
        written = [f"{name}@{form}" for name in (local, local.partition("+")[0]) for form in domain_forms(domain)]
        return next((self.addresses[one] for one in written if one in self.addresses), None)


@lru_cache(maxsize=256)
def domain_forms(domain: str) -> tuple[str, ...]:
    """A domain as it is written, and its other form: `bücher.example` is `xn--bcher-kva.example` (RFC 3490)."""
    other = domain
    with suppress(UnicodeError):  # a domain that has no other form
        other = domain.encode("ascii").decode("idna") if domain.isascii() else domain.encode("idna").decode("ascii")
    return (domain,) if other == domain else (domain, other)
