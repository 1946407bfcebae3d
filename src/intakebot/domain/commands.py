"""What people and programs may ask for: one frozen record per command, the same at every door.

`Desk.perform` takes one of these with the actor who asks. Cases are named by their shown number (`C-1001` or
1001). A command is data only; `usecases` decide what it does, and refuse it with the same words everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from intakebot.domain.customer_entries import CustomerEntry


@dataclass(frozen=True, slots=True)
class Take:
    """Take a waiting case in charge; the asking agent becomes its owner."""

    case: int


@dataclass(frozen=True, slots=True)
class Move:
    """Send a case to a queue (escalate) or to a queue or assignee (dispatch), in one act."""

    case: int
    queue: str = ""
    assignee: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class AddComment:
    """Add an internal comment, `comment` or `work_info`.

    `said_at` is where it was said already, under the case's card (`T1/C1/1700.1`): it is not told there again.
    `heard_at` is where it was said otherwise, in a chat. What was said at one place is one comment, however often it is
    handed over.
    """

    case: int
    text: str
    kind: str = "comment"
    said_at: str = ""
    heard_at: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """Set or remove a marker such as NNR."""

    case: int
    marker: str
    remove: bool = False


@dataclass(frozen=True, slots=True)
class Classify:
    """Change category and priority; empty = as it is. May switch between variants of a process."""

    case: int
    category: str = ""
    priority: str = ""


@dataclass(frozen=True, slots=True)
class Identify:
    """Say whose case it is, by the customer's and, if needed, the subscription's reference; it is routed anew."""

    case: int
    customer: str
    subscription: str = ""


@dataclass(frozen=True, slots=True)
class OutgoingFile:
    """A file that an agent sends along with an answer."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask the caller a question; it goes out where the caller wrote from, with these files."""

    case: int
    text: str
    files: tuple[OutgoingFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Resolve:
    """Enter the resolution and owe it to the caller.

    `template` renders one of the resolution templates; `draft` keeps it unsent; `told_by` (phone, counter)
    records that the caller was told already; `final` is the technical final answer that closes once sent.
    `files` leave with the answer; a draft has none.
    """

    case: int
    text: str = ""
    template: str = ""
    draft: bool = False
    told_by: str = ""
    final: bool = False
    files: tuple[OutgoingFile, ...] = ()


@dataclass(frozen=True, slots=True)
class SendResolution:
    """Send the resolution that was entered as a draft."""

    case: int


@dataclass(frozen=True, slots=True)
class Close:
    """Close a case whose resolution was sent; with a closing notice to the caller if asked."""

    case: int
    notify: bool = False


@dataclass(frozen=True, slots=True)
class Reopen:
    """Bring a resolved case back to work, with a comment that says why."""

    case: int
    comment: str


@dataclass(frozen=True, slots=True)
class Void:
    """End a case that should not be one (spam, opened by mistake), with a comment."""

    case: int
    comment: str


@dataclass(frozen=True, slots=True)
class Split:
    """Open a further case out of the same contact, linked to this one, which keeps the call log."""

    case: int
    title: str
    description: str = ""
    category: str = ""
    queue: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """Link a case to another one: `other` is its `parent`, or its `predecessor` (which it follows)."""

    case: int
    other: int
    relation: str = "parent"


@dataclass(frozen=True, slots=True)
class RecordAmendment:
    """A caller changed or withdrew a message that was said already. Recorded and shown; what was said stays.

    `sender` is the person (`t1/u1`), `earlier` the words before and `text` the words now ('' when withdrawn).
    `heard_at` names the message and the moment of the change; the same change is recorded once.
    """

    case: int
    sender: str
    text: str
    earlier: str = ""
    withdrawn: bool = False
    heard_at: str = ""


@dataclass(frozen=True, slots=True)
class AddTask:
    """Add a task and dispatch it to a queue or assignee; `handover` links it to an order elsewhere."""

    case: int
    title: str
    queue: str = ""
    assignee: str = ""
    handover: str = ""


@dataclass(frozen=True, slots=True)
class AcceptTask:
    """Accept a queued task."""

    task: int


@dataclass(frozen=True, slots=True)
class CompleteTask:
    """Complete an accepted task."""

    task: int


@dataclass(frozen=True, slots=True)
class CompleteHandover:
    """An order elsewhere is complete; so are the tasks that were handed over to it."""

    reference: str


@dataclass(frozen=True, slots=True)
class RegisterContact:
    """Register a phone call, fax or walk-in by hand, under a receiving address's process."""

    channel: str
    caller: str
    title: str
    description: str = ""
    workflow: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class RetryContact:
    """Register a quarantined contact again."""

    contact: int


@dataclass(frozen=True, slots=True)
class RetryDelivery:
    """Try a failed, held or deferred delivery again now."""

    delivery: int


@dataclass(frozen=True, slots=True)
class WithdrawDelivery:
    """Take back a delivery that has not been sent."""

    delivery: int


@dataclass(frozen=True, slots=True)
class ImportCustomers:
    """Insert or update customers by their references; importing the same again changes nothing."""

    customers: tuple[CustomerEntry, ...]


@dataclass(frozen=True, slots=True)
class LearnSuggestions:
    """Learn categories from so many closed cases that have not taught yet; `anew` forgets everything before."""

    at_most: int = 200
    anew: bool = False


@dataclass(frozen=True, slots=True)
class AdvanceClock:
    """Move the simulated clock forward; refused where time is real."""

    seconds: int


@dataclass(frozen=True, slots=True)
class ReloadRules:
    """Read the rule files again now; what is wrong with them leaves the rules in force as they are."""


@dataclass(frozen=True, slots=True)
class ImportMails:
    """Take old mails (RFC 5322, as they were kept) in, without any automatic answer. What is known already stays so.

    `to` is the address of ours that they are for where their headers name none ('' = such mails are not taken).
    """

    mails: tuple[bytes, ...] = field(repr=False)
    to: str = ""


CaseCommand: TypeAlias = (
    Take
    | Move
    | AddComment
    | Mark
    | Classify
    | Identify
    | Ask
    | Resolve
    | SendResolution
    | Close
    | Reopen
    | Void
    | Split
    | Link
    | RecordAmendment
    | AddTask
)
Command: TypeAlias = (
    CaseCommand
    | AcceptTask
    | CompleteTask
    | CompleteHandover
    | RegisterContact
    | RetryContact
    | RetryDelivery
    | WithdrawDelivery
    | ImportCustomers
    | ImportMails
    | LearnSuggestions
    | AdvanceClock
    | ReloadRules
)
