"""A chat workspace and this house: what comes in from there, what we show there, and who acts there.

Made by `config` (`ChatTies`), `usecases` (posts that are owed) and chat channels (envelopes); stored by `storage`.
A *place* is one conversation, written `team/channel` (`T1/C1`); a *person* is `team/user`, lower case as every
caller's address is. A message is known by its place and its time stamp (`ts`), which is unique there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

THREAD_PREFIX = "chat "
CARD_PREFIX = "card "
NOTE_PREFIX = "note "
HEARD_PREFIX = "heard "
"""Among the thread ids of a case: `chat T1/C1/1700.1` is a caller's message, `card T1/C1/1700.1` a card of ours, and
`note T1/C1/1700.1` what an agent said under a card: a comment that can be read there already. `heard` is what was said
or changed elsewhere and stands in the case beside the conversation.

With a blank, which no id that a mail names can have: nobody forges these.
"""


@dataclass(frozen=True, slots=True)
class IntakeRoom:
    """A conversation whose messages are contacts, received under `address`, which fixes the process.

    `reaction` is the emoji (without colons, '' = none) that makes a case of a message; `agents_only` whether only
    agents may set it. Messages of one person within `joins_within` continue one case. `customer` is the reference
    of the customer whose room it is ('' = nobody's).
    """

    channel: str
    address: str
    reaction: str = "ticket"
    agents_only: bool = True
    joins_within: timedelta = timedelta(seconds=120)
    customer: str = ""


@dataclass(frozen=True, slots=True)
class ChatTies:
    """What ties a workspace to this house. Ids are the platform's own.

    `rooms` by channel; `direct` stands for direct messages, shortcuts and commands; `queues` gives the channel of a
    queue's cards; `agents` the agent behind a user (`U1`, or `T1/U1` where several workspaces share channels);
    `groups` the queues that members of a user group work in; `operators` the channel that alarms go to, or ''.
    """

    direct: IntakeRoom
    rooms: Mapping[str, IntakeRoom] = field(default_factory=dict)
    queues: Mapping[str, str] = field(default_factory=dict)
    agents: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    operators: str = ""


class EnvelopeKind(Enum):
    """An event may wait and is worked off in order; an interaction has somebody waiting for its answer."""

    EVENT = "event"
    INTERACTION = "interaction"


SET_ASIDE = "set-aside"
"""The state of an envelope that waits for a person."""


@dataclass(frozen=True, slots=True)
class NewEnvelope:
    """What a platform handed over, word for word. The same `key` is the same thing, however often it comes."""

    channel: str
    key: str
    kind: EnvelopeKind
    payload: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ChatEnvelope:
    """A kept envelope that waits to be worked off; `attempts` counts this attempt too."""

    id: int
    key: str
    kind: EnvelopeKind
    payload: str = field(repr=False)
    received_at: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class KeptEnvelope:
    """The receipt of a durable envelope. `repeat`: it was here before; `answer` is what was answered then."""

    id: int
    repeat: bool
    answer: str = ""


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """A person's message that was taken in. `root_ts` is the message whose thread (or burst) it continues."""

    place: str
    ts: str
    root_ts: str
    person: str
    contact_id: int | None = None


class PostKind(Enum):
    """What we show agents: the case's card, a line in its thread, a direct message, what is left of a moved card."""

    CARD = "card"
    LINE = "line"
    NOTICE = "notice"
    MOVED = "moved"


class PostState(Enum):
    """Where a post stands. `due` again after every change of a card; `dropped` = nobody needs it any more."""

    DUE = "due"
    SENDING = "sending"
    POSTED = "posted"
    FAILED = "failed"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class PostOwed:
    """Something to show, owed in the transaction that made it true.

    One per (kind, case, target, reference): a card that is owed again is shown anew, everything else only once.
    `target` is the agent of a notice ('' = whoever owns the case when it is sent). `reference` says what it is about:
    '' for the card; `message:<id>`, `delivery:<id>` or `comment:<id>` for a line; `<what>:<event id>` for a notice,
    where what is assigned, answered, due-soon, overdue or not-delivered; `<ts>` for a moved card.
    """

    id: int
    kind: PostKind
    case_id: int
    target: str
    reference: str
    at: datetime
    place: str = ""
    ts: str = ""


@dataclass(frozen=True, slots=True)
class ChatPost:
    """A claimed post. `wanted` counts how often it was owed: what is owed again while it is sent is sent again.

    `place`, `ts`: where it is shown already ('' = nowhere yet). `shown` is a digest of what is shown there, and
    `queue` the queue whose channel that is. `resends` counts attempts whose end nobody knows: before another one,
    look whether it is there.
    """

    id: int
    kind: PostKind
    case_id: int
    case_number: int
    target: str
    reference: str
    owed_at: datetime
    attempts: int
    wanted: int
    place: str = ""
    ts: str = ""
    queue: str = ""
    shown: str = ""
    resends: int = 0


@dataclass(frozen=True, slots=True)
class PostSettlement:
    """What became of a claimed post; `due_at` when to try or to show again at the earliest.

    Where `place`, `ts`, `queue` or `shown` is '', it stays as it was known.
    """

    post_id: int
    state: PostState
    wanted: int
    at: datetime
    place: str = ""
    ts: str = ""
    queue: str = ""
    shown: str = ""
    resends: int = 0
    due_at: datetime | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Preferences:
    """What an agent wants to be told by direct message, and when.

    `muted` names notices (`assigned`, `answered`, `due-soon`, `overdue`, `not-delivered`); quiet hours are `HH:MM`
    in the IANA zone, both '' = none. What falls into them is told when they end.
    """

    agent: str
    muted: tuple[str, ...] = ()
    quiet_from: str = ""
    quiet_to: str = ""
    zone: str = "UTC"
