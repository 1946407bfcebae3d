"""What the house asks of the outside, as protocols: ways in and out, storage, time, templates.

Channels are handed an `Intake` and a `Desk` and never see use cases; use cases are handed a `Store` and never
see SQL. Everything in here is a promise; the contract suites in tests/contract hold whoever makes it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeAlias, TypeVar

from intakebot.domain.actors import Actor
from intakebot.domain.change import Change, Timer
from intakebot.domain.commands import Command
from intakebot.domain.contact import ContactState, Incoming, Kept, NewContact, PendingContact
from intakebot.domain.customer import CustomerRecord
from intakebot.domain.delivery import Delivery
from intakebot.ports.chat_store import ChatStore
from intakebot.ports.histories import Histories
from intakebot.ports.lessons import StoredModel
from intakebot.ports.lookup import Lookup
from intakebot.ports.mailboxes import MailboxStore
from intakebot.ports.surroundings import CaseFile as CaseFile
from intakebot.ports.surroundings import Clues as Clues
from intakebot.ports.surroundings import Surroundings as Surroundings

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")
Facts: TypeAlias = Mapping[str, Any]


class Clock(Protocol):
    """Time, real or simulated."""

    def now(self) -> datetime:
        """This moment, aware, UTC."""

    async def until(self, moment: datetime, wake: asyncio.Event) -> None:
        """Return when `moment` has come or `wake` is set, whichever is first; does not clear `wake`."""


class Intake(Protocol):
    """What a channel hands incoming messages to."""

    def takes(self, address: str) -> bool:
        """Whether mail to this address is ours (`local+token@domain` included); cheap, no I/O."""

    async def receive(self, incoming: Incoming) -> Kept:
        """Make the message durable. When this returns it is on disk; when it raises nothing was promised.

        Raises StorageUnavailableError (LATER) and whatever else the writer met; edges answer "later" to all.
        """

    def refused_before_content(self, address: str, code: str) -> None:
        """Count a refusal that came before any content (unknown recipient, limits): per day, address, code."""


class Inlet(Protocol):
    """One way into the house. The core never learns which."""

    name: str

    async def serve(self, intake: Intake, stop: asyncio.Event) -> None:
        """Receive until `stop`. Acknowledge outside only after `intake.receive` has returned."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The next hop took a message: its own words."""

    answer: str


class Outlet(Protocol):
    """One way out. `idempotent` says whether the same delivery sent twice is one message there.

    `at_once` is how many deliveries it can be handed at the same time; others are not begun meanwhile.
    """

    channel: str
    idempotent: bool
    at_once: int

    async def deliver(self, delivery: Delivery) -> Receipt:
        """Send once.

        Raises DeliveryDeferredError to be asked again, DeliveryFailedError never to be, and
        DeliveryAmbiguousError when nobody can know whether it was taken.
        """

    async def close(self) -> None:
        """Let go of connections."""


class Store(Protocol):
    """Storage inside one transaction; handed to operations by the `Writer`, never kept."""

    @property
    def chat(self) -> ChatStore:
        """The chat part of the same transaction."""

    @property
    def mailboxes(self) -> MailboxStore:
        """The mailbox part of the same transaction."""

    def keep(self, contacts: Sequence[NewContact]) -> list[Kept]:
        """Insert contacts with their raw bytes; a repeat (same content key) becomes an arrival of the first."""

    def begin_attempts(self, contact_ids: Sequence[int] | None, limit: int) -> list[PendingContact]:
        """Count an attempt for kept contacts (these, or the oldest unregistered ones) and return them."""

    def contact_state(self, contact_id: int) -> ContactState:
        """Where a contact stands; raises NotFoundError."""

    def surroundings(self, clues: Sequence[Clues], at: datetime) -> list[Surroundings]:
        """Look everything up for a batch, a handful of queries for all of it."""

    def case_numbers(self, count: int) -> list[int]:
        """The next case numbers; never given out twice."""

    def case_file(self, number: int) -> CaseFile:
        """A case by its number; raises NotFoundError."""

    def case_file_by_id(self, case_id: int) -> CaseFile:
        """A case by its id; raises NotFoundError."""

    def case_of_task(self, task_id: int) -> CaseFile:
        """The case of a task; raises NotFoundError."""

    def cases_of_handover(self, reference: str) -> list[CaseFile]:
        """Cases with open tasks that were handed over to this reference."""

    def apply(self, changes: Sequence[Change]) -> None:
        """Write changes; raises ConflictError when a case is no longer the version that was decided on."""

    def claim_deliveries(self, now: datetime, limit: int, busy: Collection[str] = ()) -> list[Delivery]:
        """Move due deliveries (queued, deferred) to `sending` and return them, attempts counted.

        They are this process's for the time of a lease (`domain.delivery.LEASE`). Those of `busy` channels wait.
        """

    def lost_deliveries(self, now: datetime, *, own: bool) -> list[Delivery]:
        """Deliveries left in `sending` by a process that died: their fate is unknown.

        Another process is taken for dead when its lease has ended; with `own` also whoever was this node before us.
        """

    def delivery(self, delivery_id: int) -> Delivery:
        """One delivery; raises NotFoundError."""

    def take_due_timers(self, now: datetime, limit: int) -> list[Timer]:
        """Due timers, oldest first (they are cleared by the change that acts on them)."""

    def customer_by_reference(self, reference: str) -> CustomerRecord:
        """A customer with all that hangs on it; raises NotFoundError."""

    def customer_by_id(self, customer_id: int) -> CustomerRecord | None:
        """A customer without its callers."""

    def sent_mails(self, case_id: int) -> list[str]:
        """The texts of the newest mails that left for a case, newest first; what a reply to it may quote."""

    def rules_seen_since(self, case_id: int, kind: str, since: datetime) -> frozenset[str]:
        """The rules that wrote an event of this kind into a case's history, then or later."""

    def touched_cases(self) -> list[tuple[int, datetime]]:
        """Every case that has not ended, with when a person or the caller last did something with it."""

    def customer_of_caller(self, caller_id: int) -> CustomerRecord | None:
        """The customer that a caller belongs to."""

    def import_customers(self, records: Sequence[CustomerRecord]) -> int:
        """Insert or update customers by their references; returns how many were new."""

    def count_refusals(self, counted: Mapping[tuple[str, str, str], int]) -> None:
        """Add to the counters of refusals before content, keyed (day, address, code)."""

    def keep_suggestion_model(self, model: StoredModel) -> None:
        """Keep what was learned for suggesting categories, in place of what was kept before."""


Operation: TypeAlias = Callable[[Store, Sequence[ItemT]], Sequence["ResultT | Exception"]]


class Writer(Protocol):
    """The only thing that commits. Takes everything that waits into one transaction (group commit)."""

    async def submit(self, operation: Operation[ItemT, ResultT], item: ItemT) -> ResultT:
        """Run `operation` on a batch that holds `item`; return its result after the commit.

        An operation returns one result per item, in order; a result that is an exception is raised here and
        the others still commit. When an operation itself raises, the batch is rolled back and replayed item
        by item, so that one bad item never takes its neighbours along.
        """


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases to list; empty = all. `ended` includes closed, void and merged ones."""

    queue: str = ""
    owner: str = ""
    status: str = ""
    customer: str = ""
    ended: bool = True
    limit: int = 100


class Archive(Lookup, Histories, Protocol):
    """Reading, outside any writing transaction. Answers are JSON-like data: times as ISO text, ids as numbers."""

    def cases(self, wanted: CaseFilter) -> list[dict[str, Any]]:
        """One row per case: number, status, title, queue, owner, priority, category, customer, times."""

    def case(self, number: int) -> dict[str, Any]:
        """A whole case: fields, caller, customer, agreements, tasks, comments, messages, deliveries, links, timers.

        Raises NotFoundError.
        """

    def events(self, number: int) -> list[dict[str, Any]]:
        """The history of a case, oldest first; raises NotFoundError."""

    def decisions(self, number: int) -> list[dict[str, Any]]:
        """The stored decisions of all contacts of a case, oldest first; raises NotFoundError."""

    def what_rules_saw(self, decision_ids: Sequence[int]) -> Mapping[int, tuple[bytes, bytes]]:
        """What was kept of the facts of decisions, by their id and packed: of the message, and beside it."""

    def contacts(self, state: str, limit: int) -> list[dict[str, Any]]:
        """The call log, newest first; `state` '' = all."""

    def contact(self, contact_id: int) -> dict[str, Any]:
        """One contact with its arrivals, files and decisions; raises NotFoundError."""

    def content(self, contact_id: int) -> bytes:
        """The raw bytes of a contact; raises NotFoundError."""

    def deliveries(self, state: str, limit: int) -> list[dict[str, Any]]:
        """Deliveries, newest first; `state` '' = all."""

    def delivery(self, delivery_id: int) -> dict[str, Any]:
        """One delivery with its steps; raises NotFoundError."""

    def customer(self, reference: str) -> dict[str, Any]:
        """A customer with callers, accounts, subscriptions, keys and agreements; raises NotFoundError."""

    def queues(self) -> dict[str, dict[str, Any]]:
        """Per queue with cases: `waiting`, `in_charge`, `oldest_waiting_at`, `last_taken_at`."""

    def replies_everywhere(self, now: datetime) -> int:
        """How many automatic replies were written in the last hour, to anybody."""

    def counts(self) -> dict[str, dict[str, int]]:
        """How many of everything.

        `contacts`, `deliveries`, `envelopes` and `posts` by state, `arrivals`, `refusals`, `cases` by status,
        `timers` by kind.
        """

    def next_due(self) -> datetime | None:
        """The earliest moment at which a delivery or a timer is due, or None."""

    def mailboxes(self) -> list[dict[str, Any]]:
        """Every mailbox that was looked into, by name.

        `name`, `account`, `folder`, `uid_validity`, `last_uid`, `looked_at` (the last look that succeeded), and how
        many mails are `begun`, `kept`, `set_aside`, `too_large` and `unmarked`.
        """


class Render(Protocol):
    """Templates. Sees frozen plain values only, of the names that are allowed."""

    def render(self, name: str, language: str, values: Mapping[str, Any]) -> tuple[str, str, str]:
        """Subject, text and HTML ('' when there is none) of a template; raises TemplateError."""

    def render_chat(self, name: str, language: str, values: Mapping[str, Any]) -> tuple[str, str]:
        """Subject and text as they are said in a chat thread: no line to reply above; raises TemplateError."""

    def resolutions(self) -> tuple[str, ...]:
        """The templates that answer a case, in alphabetical order."""

    def preview(self, name: str, language: str) -> tuple[str, str, str]:
        """The same with sample values ('' = the first language that exists); raises TemplateError."""

    def preview_chat(self, name: str, language: str) -> str:
        """The text in a chat thread with sample values; raises TemplateError."""

    def languages(self, name: str) -> tuple[str, ...]:
        """The languages that a template exists in; empty when there is no such template."""


class Desk(Protocol):
    """The one thing that agents' doors call: CLI, Slack, web, and rules' effects."""

    async def perform(self, command: Command, by: Actor) -> Mapping[str, Any]:
        """Do it, or raise RefusedError / NotFoundError. Returns what changed, as JSON-like data."""

    async def ask(self, question: str, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON-like data, by question
        """Answer a question (see usecases/questions.py) as JSON-like data; reads only."""
