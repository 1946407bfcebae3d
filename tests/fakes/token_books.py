"""Rotating tokens in memory, as `ports.chat.Tokens` promises them: one of several processes may renew at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from intakebot.domain.errors import ConflictError, StorageUnavailableError
from intakebot.ports import Clock
from intakebot.ports.chat import TokenPair


@dataclass
class TokenBooks:
    """What all processes share. `failures` lets so many `save`s fail."""

    clock: Clock
    pairs: dict[str, TokenPair] = field(default_factory=dict)
    held: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    failures: int = 0
    claims: int = 0

    def of(self, life: int) -> TokensOfOne:
        """As one process sees them."""
        return TokensOfOne(self, life)


@dataclass
class TokensOfOne:
    books: TokenBooks
    life: int

    async def load(self, name: str) -> TokenPair | None:
        return self.books.pairs.get(name)

    async def claim(self, name: str, seconds: int) -> bool:
        self.books.claims += 1
        now = self.books.clock.now()
        holder, until = self.books.held.get(name, (self.life, now))
        if holder != self.life and until > now:
            return False
        self.books.held[name] = (self.life, now + timedelta(seconds=seconds))
        return True

    async def save(self, name: str, access: str, refresh: str, expires_at: datetime) -> None:
        if self.books.failures > 0:
            self.books.failures -= 1
            raise StorageUnavailableError("the disk is full")
        holder, until = self.books.held.get(name, (0, self.books.clock.now()))
        if holder != self.life or until <= self.books.clock.now():
            raise ConflictError("somebody else renews the tokens")
        known = self.books.pairs.get(name)
        self.books.pairs[name] = TokenPair(access, refresh, expires_at, known.version + 1 if known else 1)
        del self.books.held[name]
