"""What one decision does: the only thing that storage accepts.

A `Change` holds whole new records, so that state, history and owed replies are written in one transaction.
Changes add up: `take + resolve` is one change, in which the later state of a case wins.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime

from intakebot.domain.case import Case, CaseEvent, Comment, PlainValue, Task
from intakebot.domain.contact import ContactOutcome
from intakebot.domain.customer import Caller
from intakebot.domain.delivery import Delivery, DeliverySettlement


@dataclass(frozen=True, slots=True)
class Timer:
    """Something that becomes due: at most one of a kind per case."""

    case_id: int
    kind: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class TimerCleared:
    """A timer that no longer counts."""

    case_id: int
    kind: str


@dataclass(frozen=True, slots=True)
class ThreadId:
    """A Message-ID that belongs to a case: seen in, referenced by, or sent with one of its messages."""

    message_id: str
    case_id: int


@dataclass(frozen=True, slots=True)
class CaseMessage:
    """What a caller said, as the case's conversation shows it: the whole text, and the trimmed view."""

    id: int
    case_id: int
    contact_id: int
    sender: str
    subject: str
    text: str
    new_text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StoredDecision:
    """Why a contact became what it became: the rules' trace and the threading evidence, as plain data.

    `contact_id` is None where rules looked at a case again and no contact was the reason.
    """

    id: int
    contact_id: int | None
    case_id: int | None
    ruleset: str
    trace: PlainValue
    at: datetime


@dataclass(frozen=True, slots=True)
class StoredRuleset:
    """Rules as they were when they decided. `key` names the files to the letter, `hash` only what they mean.

    `files` and `atoms` are packed (see usecases/seen_facts.py); `asks` are the fields that the rules name.
    """

    key: str
    hash: str
    files: bytes = field(repr=False)
    atoms: bytes = field(repr=False)
    asks: frozenset[str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class DecidedFacts:
    """What the rules saw when they made a decision, packed: with it they can decide again, years later."""

    decision_id: int
    rules: StoredRuleset
    event: str
    facts: bytes = field(repr=False)
    told: bytes = field(repr=False)
    true_keys: bytes = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file that came with a contact; its bytes stay in the contact's raw message.

    `flags` are short codes of why it should be opened with care.
    """

    id: int
    contact_id: int
    name: str
    media_type: str
    size: int
    sha256: str
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """Everything that one decision writes. Adding two changes gives the change that does both."""

    cases: tuple[Case, ...] = ()
    events: tuple[CaseEvent, ...] = ()
    tasks: tuple[Task, ...] = ()
    comments: tuple[Comment, ...] = ()
    messages: tuple[CaseMessage, ...] = ()
    thread_ids: tuple[ThreadId, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    settlements: tuple[DeliverySettlement, ...] = ()
    timers: tuple[Timer, ...] = ()
    timers_cleared: tuple[TimerCleared, ...] = ()
    callers: tuple[Caller, ...] = ()
    contacts: tuple[ContactOutcome, ...] = ()
    decisions: tuple[StoredDecision, ...] = ()
    decided: tuple[DecidedFacts, ...] = ()
    files: tuple[AttachedFile, ...] = ()

    def __add__(self, later: Change) -> Change:
        joined = {name: getattr(self, name) + getattr(later, name) for name in _PARTS}
        if self.cases and later.cases:
            joined["cases"] = tuple({case.id: case for case in joined["cases"]}.values())
        if self.tasks and later.tasks:
            joined["tasks"] = tuple({task.id: task for task in joined["tasks"]}.values())
        if self.timers and later.timers_cleared:
            cleared = {(timer.case_id, timer.kind) for timer in later.timers_cleared}
            joined["timers"] = tuple(t for t in self.timers if (t.case_id, t.kind) not in cleared) + later.timers
        return Change(**joined)

    def case(self, case_id: int) -> Case:
        """The state of a case after this change; raises StopIteration when the change does not touch it."""
        return next(case for case in self.cases if case.id == case_id)


_PARTS = tuple(part.name for part in fields(Change))
