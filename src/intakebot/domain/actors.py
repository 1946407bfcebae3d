"""Who did it: every event names its actor as `agent:<id>`, `rule:<id>`, `timer:<kind>` or `system`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class ActorKind(Enum):
    """The four kinds of actors."""

    AGENT = "agent"
    RULE = "rule"
    TIMER = "timer"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """One actor; `str(actor)` is its stored form and `Actor.parse` reads it back."""

    kind: ActorKind
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.name}" if self.name else self.kind.value

    @classmethod
    def parse(cls, text: str) -> Actor:
        """Read the stored form; raises ValueError for an unknown kind."""
        kind, _, name = text.partition(":")
        return cls(ActorKind(kind), name)

    @classmethod
    def agent(cls, agent_id: str) -> Actor:
        """The agent with this id."""
        return cls(ActorKind.AGENT, agent_id)

    @classmethod
    def rule(cls, rule_id: str) -> Actor:
        """The rule with this id."""
        return cls(ActorKind.RULE, rule_id)

    @classmethod
    def timer(cls, kind: str) -> Actor:
        """A timer of this kind."""
        return cls(ActorKind.TIMER, kind)

    @property
    def agent_id(self) -> str | None:
        """The agent's id when a person acted, else None."""
        return self.name if self.kind is ActorKind.AGENT else None


SYSTEM = Actor(ActorKind.SYSTEM)
