"""The case, its tasks and comments, and the events that its whole state can be replayed from.

A case changes in one way only: `alter` makes the new case together with the event that says what changed, so
no field moves without its line of history. Use cases put both into a `Change`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from datetime import datetime
from enum import Enum
from typing import Any, TypeAlias

from intakebot.domain.actors import Actor
from intakebot.domain.customer import Validity

PlainValue: TypeAlias = "str | int | bool | list[PlainValue] | dict[str, PlainValue] | None"


def shown_number(number: int) -> str:
    """A case number as people write it: `C-1001`."""
    return f"C-{number}"


class Priority(Enum):
    """Four steps; `rank` orders them."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"

    @property
    def rank(self) -> int:
        """0 = low to 3 = urgent."""
        return list(Priority).index(self)


class EndedAs(Enum):
    """How a case ended without being closed."""

    VOID = "void"
    MERGED = "merged"


class TaskStatus(Enum):
    """A task's states, in order."""

    NEW = "New"
    QUEUED = "Queued"
    ACCEPTED = "Accepted"
    COMPLETED = "Completed"


class CommentKind(Enum):
    """What a comment is for: an explanation, the technical solution, the line of the call log."""

    COMMENT = "comment"
    WORK_INFO = "work_info"
    CALL_LOG = "call_log"


NNR = "NNR"
"""The marker No NOC Required."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """The answer. `delivery_id` is the delivery that carries it; `sent_at` when the next hop had taken it."""

    text: str
    by: Actor
    entered_at: datetime
    template: str = ""
    delivery_id: int | None = None
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BusinessObject:
    """The thing a case is about: a type (device, order, invoice) and its reference."""

    type: str
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """The unit of work.

    `queue` is where it waits, or waited last; `owner` the agent in charge (None while it waits, and for a case
    that a rule took in charge); `assignee` the agent it was dispatched to. `answer_to` is the address that the
    caller wrote from ('' = cannot be answered in writing); `missing` names what registration lacked; `answered_by`
    the rules that have answered it. `version` counts stored changes (0 = not stored).
    """

    id: int
    number: int
    workflow: str
    status: str
    title: str
    description: str
    channel: str
    opened_at: datetime
    contact_id: int | None = None
    caller_id: int | None = None
    answer_to: str = ""
    customer_id: int | None = None
    account_id: int | None = None
    subscription_id: int | None = None
    support_key: str = ""
    support_key_state: Validity = Validity.NONE
    support_agreement_id: int | None = None
    support_agreement_state: Validity = Validity.NONE
    customer_agreement_id: int | None = None
    customer_agreement_state: Validity = Validity.NONE
    business_object: BusinessObject | None = None
    category: str = ""
    priority: Priority = Priority.NORMAL
    tags: tuple[str, ...] = ()
    markers: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    language: str = ""
    queue: str = ""
    owner: str | None = None
    assignee: str | None = None
    resolution: Resolution | None = None
    close_when_sent: bool = False
    answered_by: tuple[str, ...] = ()
    parent_id: int | None = None
    follows_id: int | None = None
    respond_by: datetime | None = None
    solve_by: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    ended_as: EndedAs | None = None
    version: int = field(default=0, compare=False)

    @property
    def label(self) -> str:
        """The number as people write it."""
        return shown_number(self.number)

    @property
    def is_final(self) -> bool:
        """Nothing may change any more: closed, void or merged."""
        return self.closed_at is not None or self.ended_as is not None

    @property
    def resolution_sent(self) -> bool:
        """The resolution was taken by the next hop."""
        return self.resolution is not None and self.resolution.sent_at is not None


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """One line of history: what happened, who did it, when, and the fields it changed (new plain values)."""

    id: int
    case_id: int
    kind: str
    by: Actor
    at: datetime
    changes: Mapping[str, PlainValue]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """A piece of a case's work. `handover` links it to an order or return authorisation elsewhere."""

    id: int
    case_id: int
    title: str
    status: TaskStatus
    created_at: datetime
    queue: str = ""
    assignee: str | None = None
    handover: str = ""
    completed_at: datetime | None = None
    reason: str = ""

    @property
    def is_open(self) -> bool:
        """Not yet completed."""
        return self.status is not TaskStatus.COMPLETED


@dataclass(frozen=True, slots=True)
class Comment:
    """A dated, internal explanation. Author and time are written by the system, never typed."""

    id: int
    case_id: int
    kind: CommentKind
    by: Actor
    at: datetime
    text: str


def plain(value: Any) -> PlainValue:  # noqa: ANN401 - any domain value becomes JSON-like data here
    """A domain value as JSON-like data: dates as ISO text, enums by value, records as mappings."""
    result: PlainValue
    if value is None or isinstance(value, (str, int, bool)):
        result = value
    elif isinstance(value, Enum):
        result = plain(value.value)
    elif isinstance(value, datetime):
        result = value.isoformat()
    elif isinstance(value, Actor):
        result = str(value)
    elif isinstance(value, Mapping):
        result = {str(key): plain(item) for key, item in value.items()}
    elif isinstance(value, Iterable):
        result = [plain(item) for item in value]
    else:
        result = {part.name: plain(getattr(value, part.name)) for part in fields(value)}
    return result


_RECORDED = tuple(part.name for part in fields(Case) if part.name not in {"version", "description"})
"""What history tells: the version counts it, and the description, often a whole mail, never changes."""
_BLANK: dict[str, object] = {
    part.name: part.default for part in fields(Case) if part.name in _RECORDED and part.default is not MISSING
}


def recorded_state(case: Case) -> dict[str, PlainValue]:
    """The case as its events must replay to: every field but the version and the description."""
    return {name: plain(getattr(case, name)) for name in _RECORDED}


def opened(case: Case, event_id: int, by: Actor, note: str = "") -> CaseEvent:
    """The first event of a new case: everything that differs from a blank one."""
    values = ((name, getattr(case, name)) for name in _RECORDED)
    changes = {name: plain(value) for name, value in values if name not in _BLANK or _BLANK[name] != value}
    return CaseEvent(event_id, case.id, "case.registered", by, case.opened_at, changes, note)


def alter(
    case: Case, event_id: int, kind: str, by: Actor, at: datetime, note: str = "", **new: object
) -> tuple[Case, CaseEvent]:
    """The case with `new` field values, and the event that records exactly what that changed."""
    altered = replace(case, **new)  # type: ignore[arg-type] # field names and types are the caller's promise
    changes = {name: plain(getattr(altered, name)) for name in new if getattr(case, name) != getattr(altered, name)}
    return altered, CaseEvent(event_id, case.id, kind, by, at, changes, note)


def replay(events: Iterable[CaseEvent]) -> dict[str, PlainValue]:
    """The state that a case's events tell, oldest first; equals `recorded_state` of the stored case."""
    state = {name: plain(value) for name, value in _BLANK.items()}
    for event in events:
        state.update(event.changes)
    return state
