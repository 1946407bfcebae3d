"""What a chat channel is handed beside `Intake` and `Desk`: durable envelopes, posts that are owed, who is who.

Everything that writes returns after the commit. Implemented by `usecases.chat` and `usecases.chat_tokens`; held by
the contract suite of storage on both databases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from intakebot.domain.chat import (
    ChatEnvelope,
    ChatMessage,
    ChatPost,
    KeptEnvelope,
    NewEnvelope,
    PostSettlement,
    Preferences,
)
from intakebot.domain.organisation import Agent
from intakebot.ports import Clock


class Chat(Protocol):
    """The house as a chat channel keeps its books in it. Raises StorageUnavailableError when nothing was kept."""

    clock: Clock

    async def keep(self, envelope: NewEnvelope) -> KeptEnvelope:
        """Make an envelope durable; acknowledge outside only after this returned."""

    async def begin(self, limit: int) -> list[ChatEnvelope]:
        """Claim envelopes that wait and are due, oldest first, attempt counted.

        Interactions are among them only when their answer was never given (the service stopped in between).
        """

    async def settle(self, envelope_id: int, answer: str = "") -> None:
        """The envelope is worked off; `answer` is given again to whoever repeats it."""

    async def postpone(self, envelope_id: int, error: str, due_at: datetime | None) -> None:
        """Try again at `due_at`; None = set it aside for a person (`health` says so), and for the next start."""

    async def remember(self, message: ChatMessage) -> None:
        """A person's message was taken in (known already: nothing happens)."""

    async def message(self, place: str, ts: str) -> ChatMessage | None:
        """The message, if it was taken in."""

    async def burst_of(self, place: str, person: str, since_ts: str, before_ts: str) -> ChatMessage | None:
        """The person's latest top-level message there with since_ts <= ts < before_ts, or None."""

    async def case_of_caller_thread(self, place: str, ts: str) -> int | None:
        """The number of the newest case that the caller's message or thread belongs to."""

    async def case_of_card_thread(self, place: str, ts: str) -> int | None:
        """The number of the case whose card this is (or was, before it moved)."""

    async def claim_posts(self, limit: int) -> list[ChatPost]:
        """Posts that are due, moved to `sending` before the first byte leaves; attempts counted.

        A line of a case whose card is not yet posted is not due.
        """

    async def settle_posts(self, settlements: Sequence[PostSettlement]) -> None:
        """Write what became of posts. A card's new place is remembered for its thread, for ever."""

    async def card_of(self, case_id: int) -> tuple[str, str] | None:
        """(place, ts) of the case's card as it is shown now, or None."""

    async def former_cards(self, case_id: int) -> tuple[tuple[str, str], ...]:
        """(place, ts) of what is left of the case's card where it stood before, newest first."""

    async def recover_posts(self) -> int:
        """At the start: posts left in `sending` are due again, with one resend more; returns how many."""

    async def next_due(self) -> datetime | None:
        """When the next envelope or post is due at the earliest, or None."""

    async def preferences(self, agent: str) -> Preferences:
        """What the agent wants to be told (the defaults when nothing was set)."""

    async def prefer(self, preferences: Preferences) -> None:
        """Replace an agent's preferences."""

    async def learn_agents(self, agents: Sequence[Agent]) -> None:
        """Members of user groups who are agents now, beside the configured ones; replaces the last answer."""

    async def agent(self, agent_id: str) -> Agent | None:
        """An agent, configured or learned."""


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a connection speaks with: an access token until `expires_at`, and the refresh token that works once.

    `version` counts the pairs that were saved, from 1.
    """

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_at: datetime
    version: int


class Tokens(Protocol):
    """Tokens that rotate, renewed by one process at a time; encrypted at rest. `name` is the connection's.

    To renew: `claim`; when it is yours, `load` again (somebody may just have renewed), ask the platform, `save`.
    """

    async def load(self, name: str) -> TokenPair | None:
        """The newest pair; None before the first was saved. Raises StorageUnavailableError with a wrong key."""

    async def claim(self, name: str, seconds: int) -> bool:
        """Take the right to renew for so long; False while another process has it."""

    async def save(self, name: str, access: str, refresh: str, expires_at: datetime) -> None:
        """Replace the pair and give the right back, in one transaction.

        Raises ConflictError when the right is not ours (any more): load again, somebody else renewed.
        """


class Seal(Protocol):
    """Makes a text unreadable for whoever has the database without the key."""

    def seal(self, text: str, about: str) -> str:
        """The sealed text; it opens under the same `about` only."""

    def open(self, sealed: str, about: str) -> str:
        """The text; raises StorageUnavailableError for another key, another `about`, or a changed text."""
