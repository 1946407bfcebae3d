"""What a chat asks of storage: `ChatStore` inside one transaction, `ChatArchive` outside.

Used by `usecases.chat` and `usecases.tell_agents`; implemented by `storage.chat_records` and `storage.chat_archive`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from intakebot.domain.change import Change
from intakebot.domain.chat import (
    ChatEnvelope,
    ChatMessage,
    ChatPost,
    KeptEnvelope,
    NewEnvelope,
    PostOwed,
    PostSettlement,
    Preferences,
)
from intakebot.domain.delivery import DeliveryKind
from intakebot.domain.organisation import Agent


@dataclass(frozen=True, slots=True)
class Claim:
    """Who takes work, when, and until when nobody else may.

    `holder` is an id that this run of the process made: its node part tells the processes apart. What is still
    held when `until` has come is taken by whoever asks next.
    """

    holder: int
    at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class EnvelopeToKeep:
    """An envelope with the id it gets if it is new; from `due_at` on whoever asks first works it off."""

    id: int
    envelope: NewEnvelope
    holder: int
    at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class EnvelopeSettlement:
    """What became of an envelope: an answer, or an error with the moment to try again (None = set aside)."""

    id: int
    at: datetime
    answer: str = ""
    error: str = ""
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoredTokens:
    """A connection's tokens as they are stored, sealed; `version` counts the pairs that were saved."""

    name: str
    access: str
    refresh: str
    expires_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class CaseGlance:
    """As much of a case as says who must be told; `has_card`: a card of it is shown somewhere."""

    id: int
    queue: str
    owner: str | None
    assignee: str | None
    has_card: bool


@dataclass(frozen=True, slots=True)
class DeliveryGlance:
    """As much of a delivery as says what it was for."""

    id: int
    case_id: int
    kind: DeliveryKind


class Glances(Protocol):
    """What a change alone does not tell, as it is after the change. What does not exist is left out."""

    def cases(self, ids: Iterable[int]) -> Mapping[int, CaseGlance]:
        """Cases by id, one query for all."""

    def deliveries(self, ids: Iterable[int]) -> Mapping[int, DeliveryGlance]:
        """Deliveries by id, one query for all."""


FollowUp: TypeAlias = Callable[[Sequence[Change], Glances], Sequence[PostOwed]]
"""Which posts changes owe; storage writes them in the transaction of the changes."""


def owes_nothing(_changes: Sequence[Change], _glances: Glances) -> Sequence[PostOwed]:
    """The follow-up of a house without a chat."""
    return ()


class ChatStore(Protocol):
    """The chat part of a `Store`: the same transaction."""

    def keep_envelopes(self, new: Sequence[EnvelopeToKeep]) -> list[KeptEnvelope]:
        """Insert envelopes; one whose key is there already is a repeat, also when another process was faster."""

    def begin_envelopes(self, claim: Claim, limit: int) -> list[ChatEnvelope]:
        """Claim unsettled envelopes that are due, oldest first, attempt counted."""

    def release_envelopes(self, claim: Claim) -> int:
        """Make due what earlier runs of this process held when they ended, and events set aside; returns how many."""

    def settle_envelopes(self, settlements: Sequence[EnvelopeSettlement]) -> None:
        """Envelopes are worked off; the first answer stays, and the payload goes."""

    def postpone_envelopes(self, settlements: Sequence[EnvelopeSettlement]) -> None:
        """Envelopes wait for another attempt, or are set aside."""

    def remember_messages(self, messages: Sequence[ChatMessage]) -> None:
        """Messages were taken in; the ones that are known already stay as they are."""

    def owe_posts(self, owed: Sequence[PostOwed]) -> None:
        """Owe posts: a card that is there already is owed again, everything else only once."""

    def claim_posts(self, claim: Claim, limit: int) -> list[ChatPost]:
        """Move due posts to `sending`, attempt counted; a lost claim counts as a resend."""

    def settle_posts(self, settlements: Sequence[PostSettlement], new_ids: Sequence[int]) -> None:
        """Write what became of posts. `new_ids` has one id per settlement, for what is left of a moved card."""

    def recover_posts(self, claim: Claim) -> int:
        """Make due, with one resend more, what this process (any run of it) was sending; returns how many."""

    def prefer(self, preferences: Sequence[Preferences]) -> None:
        """Replace preferences."""

    def learn_agents(self, agents: Sequence[Agent]) -> None:
        """Replace the agents that user groups named."""

    def learned_agent(self, agent_id: str) -> Agent | None:
        """An agent that user groups named, or None."""

    def claim_tokens(self, name: str, claim: Claim) -> bool:
        """Take the right to renew a connection's tokens, unless somebody holds it."""

    def save_tokens(self, tokens: StoredTokens, holder: int) -> None:
        """Replace a pair and let go of it; raises ConflictError when `holder` has not (or no longer) claimed it."""


class ChatArchive(Protocol):
    """The chat part of reading, outside any writing transaction."""

    def message(self, place: str, ts: str) -> ChatMessage | None:
        """The message, if it was taken in."""

    def burst_of(self, place: str, person: str, since_ts: str, before_ts: str) -> ChatMessage | None:
        """The person's latest top-level message there with since_ts <= ts < before_ts, or None."""

    def case_of_thread_ids(self, thread_ids: Sequence[str]) -> int | None:
        """The number of the newest case that one of these thread ids belongs to, or None."""

    def card_of(self, case_id: int) -> tuple[str, str] | None:
        """(place, ts) of a case's card as it is shown now, or None."""

    def former_cards(self, case_id: int) -> tuple[tuple[str, str], ...]:
        """(place, ts) of what is left of a case's card where it stood before, newest first."""

    def next_due(self) -> datetime | None:
        """When the next envelope or post is due, or a claim runs out; None when nothing waits."""

    def preferences(self, agent: str) -> Preferences | None:
        """What was set, or None."""

    def learned_agent(self, agent_id: str) -> Agent | None:
        """An agent that user groups named, or None."""

    def tokens(self, name: str) -> StoredTokens | None:
        """A connection's tokens; None before the first pair was saved."""
