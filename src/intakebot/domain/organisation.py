"""The house's own people and places, as configured: queues, agents, receiving addresses, agreement policies.

Made by `config`; read by use cases and channels. Nothing here changes while the service runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

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

    @property
    def own_domains(self) -> frozenset[str]:
        """Domains of our own addresses, lower case."""
        return frozenset(address.rpartition("@")[2] for address in self.addresses)

    def receiving(self, address: str) -> ReceivingAddress | None:
        """The receiving address behind `address` or `local+token@domain`; case does not matter."""
        local, _, domain = address.strip().lower().rpartition("@")
        plain = local.partition("+")[0]
        return self.addresses.get(f"{local}@{domain}") or self.addresses.get(f"{plain}@{domain}")
