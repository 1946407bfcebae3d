"""A chat's books in memory: envelopes, agents. What the transport needs of `ports.chat.Chat`, and no more."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from intakebot.domain.chat import ChatEnvelope, EnvelopeKind, KeptEnvelope, NewEnvelope
from intakebot.domain.errors import StorageUnavailableError
from intakebot.domain.organisation import Agent
from intakebot.ports import Clock


@dataclass
class ChatBooks:
    """`failures` lets so many `keep`s fail; while `gate` is there and not set, `keep` waits before it writes."""

    clock: Clock
    agents: dict[str, Agent] = field(default_factory=dict)
    failures: int = 0
    gate: asyncio.Event | None = None
    kept: dict[str, tuple[NewEnvelope, int]] = field(default_factory=dict)
    answers: dict[int, str] = field(default_factory=dict)
    begun: set[int] = field(default_factory=set)
    learned: list[list[Agent]] = field(default_factory=list)
    keeping: int = 0

    async def keep(self, envelope: NewEnvelope) -> KeptEnvelope:
        self.keeping += 1
        if self.gate:
            await self.gate.wait()
        if self.failures > 0:
            self.failures -= 1
            raise StorageUnavailableError("the disk is full")
        if envelope.key in self.kept:
            known = self.kept[envelope.key][1]
            return KeptEnvelope(known, repeat=True, answer=self.answers.get(known, ""))
        number = len(self.kept) + 1
        self.kept[envelope.key] = (envelope, number)
        return KeptEnvelope(number, repeat=False)

    async def begin(self, limit: int) -> list[ChatEnvelope]:
        found = [
            ChatEnvelope(number, one.key, one.kind, one.payload, self.clock.now(), 1)
            for one, number in self.kept.values()
            if number not in self.answers and number not in self.begun and one.kind is EnvelopeKind.EVENT
        ]
        self.begun |= {one.id for one in found[:limit]}
        return found[:limit]

    async def settle(self, envelope_id: int, answer: str = "") -> None:
        self.answers[envelope_id] = answer

    async def learn_agents(self, agents: Sequence[Agent]) -> None:
        self.learned.append(list(agents))

    async def agent(self, agent_id: str) -> Agent | None:
        learned = {agent.id: agent for agent in (self.learned[-1] if self.learned else ())}
        return self.agents.get(agent_id) or learned.get(agent_id)

    @property
    def events(self) -> list[NewEnvelope]:
        """What was kept, oldest first."""
        return [one for one, _ in self.kept.values()]
