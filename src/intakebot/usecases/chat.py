"""The books of a chat: `ports.chat.Chat` over the one writer, for whatever workspace a channel speaks to.

The composition root makes one `HouseChat` for each run of the process and hands it to chat channels. Everything
that writes returns after the commit, together with whatever else waited for it (group commit).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from intakebot.domain.chat import (
    CARD_PREFIX,
    THREAD_PREFIX,
    ChatEnvelope,
    ChatMessage,
    ChatPost,
    EnvelopeKind,
    KeptEnvelope,
    NewEnvelope,
    PostSettlement,
    Preferences,
)
from intakebot.domain.delivery import UNDER_WAY
from intakebot.domain.organisation import Agent
from intakebot.ports import Clock, Store, Writer
from intakebot.ports.chat_store import ChatArchive, Claim, EnvelopeSettlement, EnvelopeToKeep
from intakebot.usecases.house import House

ANSWERED_WITHIN = timedelta(minutes=1)
"""So long an interaction may be about to be answered; without an answer it counts as left behind after that."""
WORKED_OFF_WITHIN = timedelta(minutes=5)
"""So long a claimed envelope is its claimer's."""
SENT_WITHIN = timedelta(minutes=5)
"""So long a claimed post is its claimer's."""


class HouseChat:
    """The house's books for chat channels. `life` tells this run of the process from all others."""

    def __init__(self, house: House, writer: Writer, archive: ChatArchive) -> None:
        self.clock: Clock = house.clock
        self._house = house
        self._writer = writer
        self._archive = archive
        self._life = house.new_id()
        self._took_over = False

    async def keep(self, envelope: NewEnvelope) -> KeptEnvelope:
        """Make an envelope durable; acknowledge outside only after this returned."""
        return await self._writer.submit(self._keep, envelope)

    async def begin(self, limit: int) -> list[ChatEnvelope]:
        """Claim envelopes that wait and are due, oldest first, attempt counted.

        The first time, what an earlier run of this process had begun is due again; interactions are among them
        when their answer was never given. So are events that were set aside: a person has mended what was wrong.
        """
        if not self._took_over:
            await self._writer.submit(self._release, None)
            self._took_over = True
        return await self._writer.submit(self._begin, limit)

    async def settle(self, envelope_id: int, answer: str = "") -> None:
        """The envelope is worked off; `answer` is given again to whoever repeats it."""
        await self._writer.submit(_settle_envelopes, EnvelopeSettlement(envelope_id, self.clock.now(), answer))

    async def postpone(self, envelope_id: int, error: str, due_at: datetime | None) -> None:
        """Try again at `due_at`; None = set it aside for a person (`health` says so)."""
        postponed = EnvelopeSettlement(envelope_id, self.clock.now(), "", error, due_at)
        await self._writer.submit(_postpone_envelopes, postponed)

    async def remember(self, message: ChatMessage) -> None:
        """A person's message was taken in (known already: nothing happens)."""
        await self._writer.submit(_remember_messages, message)

    async def message(self, place: str, ts: str) -> ChatMessage | None:
        """The message, if it was taken in."""
        return self._archive.message(place, ts)

    async def burst_of(self, place: str, person: str, since_ts: str, before_ts: str) -> ChatMessage | None:
        """The person's latest top-level message there with since_ts <= ts < before_ts, or None."""
        return self._archive.burst_of(place, person, since_ts, before_ts)

    async def case_of_caller_thread(self, place: str, ts: str) -> int | None:
        """The number of the newest case that the caller's message or thread belongs to."""
        message = self._archive.message(place, ts)
        known = {ts, message.root_ts} if message else {ts}
        return self._archive.case_of_thread_ids([f"{THREAD_PREFIX}{place}/{one}" for one in sorted(known)])

    async def case_of_card_thread(self, place: str, ts: str) -> int | None:
        """The number of the case whose card this is (or was, before it moved)."""
        return self._archive.case_of_thread_ids([f"{CARD_PREFIX}{place}/{ts}"])

    async def claim_posts(self, limit: int) -> list[ChatPost]:
        """Posts that are due, moved to `sending` before the first byte leaves; attempts counted.

        A line of a case whose card is not yet posted is not due.
        """
        return await self._writer.submit(self._claim_posts, limit)

    async def settle_posts(self, settlements: Sequence[PostSettlement]) -> None:
        """Write what became of posts. A card's new place is remembered for its thread, for ever."""
        await self._writer.submit(self._settle_posts, settlements)

    async def card_of(self, case_id: int) -> tuple[str, str] | None:
        """(place, ts) of the case's card as it is shown now, or None."""
        return self._archive.card_of(case_id)

    async def former_cards(self, case_id: int) -> tuple[tuple[str, str], ...]:
        """(place, ts) of what is left of the case's card where it stood before, newest first."""
        return self._archive.former_cards(case_id)

    async def recover_posts(self) -> int:
        """At the start: posts left in `sending` are due again, with one resend more; returns how many."""
        return await self._writer.submit(self._recover_posts, None)

    async def next_due(self) -> datetime | None:
        """When the next envelope or post is due at the earliest, or None."""
        return self._archive.next_due()

    async def preferences(self, agent: str) -> Preferences:
        """What the agent wants to be told (the defaults when nothing was set)."""
        return self._archive.preferences(agent) or Preferences(agent)

    async def prefer(self, preferences: Preferences) -> None:
        """Replace an agent's preferences."""
        await self._writer.submit(_prefer, preferences)

    async def learn_agents(self, agents: Sequence[Agent]) -> None:
        """Members of user groups who are agents now, beside the configured ones; replaces the last answer."""
        await self._writer.submit(_learn_agents, agents)
        self._house.learn(agents)

    async def agent(self, agent_id: str) -> Agent | None:
        """An agent, configured or learned."""
        known = self._house.known_agent(agent_id)
        if known is None and (learned := self._archive.learned_agent(agent_id)):
            self._house.learned[agent_id] = known = learned  # by an earlier run
        return known

    def _claim(self, hold: timedelta) -> Claim:
        now = self.clock.now()
        return Claim(self._life, now, now + hold)

    def _keep(self, store: Store, envelopes: Sequence[NewEnvelope]) -> list[KeptEnvelope]:
        """An event may be worked off at once, by anybody; an interaction has its answer on the way."""
        now = self.clock.now()
        waits = {EnvelopeKind.EVENT: timedelta(), EnvelopeKind.INTERACTION: ANSWERED_WITHIN}
        return store.chat.keep_envelopes(
            [
                EnvelopeToKeep(self._house.new_id(), envelope, self._life, now, now + waits[envelope.kind])
                for envelope in envelopes
            ]
        )

    def _release(self, store: Store, starts: Sequence[None]) -> list[int]:
        return [store.chat.release_envelopes(self._claim(timedelta())) for _ in starts]

    def _begin(self, store: Store, limits: Sequence[int]) -> list[list[ChatEnvelope]]:
        return [store.chat.begin_envelopes(self._claim(WORKED_OFF_WITHIN), limit) for limit in limits]

    def _claim_posts(self, store: Store, limits: Sequence[int]) -> list[list[ChatPost]]:
        return [store.chat.claim_posts(self._claim(SENT_WITHIN), limit) for limit in limits]

    def _settle_posts(self, store: Store, batches: Sequence[Sequence[PostSettlement]]) -> list[None]:
        for settlements in batches:
            store.chat.settle_posts(settlements, [self._house.new_id() for _ in settlements])
        return [None for _ in batches]

    def _recover_posts(self, store: Store, starts: Sequence[None]) -> list[int]:
        return [store.chat.recover_posts(self._claim(UNDER_WAY)) for _ in starts]


def _settle_envelopes(store: Store, settlements: Sequence[EnvelopeSettlement]) -> list[None]:
    store.chat.settle_envelopes(settlements)
    return [None for _ in settlements]


def _postpone_envelopes(store: Store, settlements: Sequence[EnvelopeSettlement]) -> list[None]:
    store.chat.postpone_envelopes(settlements)
    return [None for _ in settlements]


def _remember_messages(store: Store, messages: Sequence[ChatMessage]) -> list[None]:
    store.chat.remember_messages(messages)
    return [None for _ in messages]


def _prefer(store: Store, preferences: Sequence[Preferences]) -> list[None]:
    store.chat.prefer(preferences)
    return [None for _ in preferences]


def _learn_agents(store: Store, answers: Sequence[Sequence[Agent]]) -> list[None]:
    """The last answer holds."""
    store.chat.learn_agents(answers[-1])
    return [None for _ in answers]
