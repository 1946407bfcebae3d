"""Tokens that rotate: `ports.chat.Tokens` over the one writer, sealed before they reach storage.

The composition root makes one for each run of the process and hands it to the channels that need it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from intakebot.domain.errors import IntakebotError
from intakebot.ports import Store, Writer
from intakebot.ports.chat import Seal, TokenPair
from intakebot.ports.chat_store import ChatArchive, Claim, StoredTokens
from intakebot.usecases.house import House


@dataclass(frozen=True, slots=True)
class _Renewal:
    """A sealed pair, and the claim under which it was asked for (0 = none)."""

    tokens: StoredTokens
    holder: int


class HouseTokens:
    """The tokens of all connections. `seal` keeps them from whoever reads the database."""

    def __init__(self, house: House, writer: Writer, archive: ChatArchive, seal: Seal) -> None:
        self._house = house
        self._writer = writer
        self._archive = archive
        self._seal = seal
        self._held: dict[str, int] = {}

    async def load(self, name: str) -> TokenPair | None:
        """The newest pair; None before the first was saved. Raises StorageUnavailableError with a wrong key."""
        stored = self._archive.tokens(name)
        if stored is None or stored.expires_at is None:
            return None
        access, refresh = (self._seal.open(getattr(stored, part), f"{part}:{name}") for part in ("access", "refresh"))
        return TokenPair(access, refresh, stored.expires_at, stored.version)

    async def claim(self, name: str, seconds: int) -> bool:
        """Take the right to renew for so long; False while another process has it."""
        now, holder = self._house.clock.now(), self._house.new_id()
        claimed = await self._writer.submit(_claim, (name, Claim(holder, now, now + timedelta(seconds=seconds))))
        if claimed:
            self._held[name] = holder
        return claimed

    async def save(self, name: str, access: str, refresh: str, expires_at: datetime) -> None:
        """Replace the pair and give the right back, in one transaction; raises ConflictError when it is not ours."""
        sealed = StoredTokens(
            name, self._seal.seal(access, f"access:{name}"), self._seal.seal(refresh, f"refresh:{name}"), expires_at, 0
        )
        await self._writer.submit(_save, _Renewal(sealed, self._held.get(name, 0)))
        self._held.pop(name, None)


def _claim(store: Store, claims: Sequence[tuple[str, Claim]]) -> list[bool]:
    return [store.chat.claim_tokens(name, claim) for name, claim in claims]


def _save(store: Store, renewals: Sequence[_Renewal]) -> list[IntakebotError | None]:
    return [_saved(store, renewal) for renewal in renewals]


def _saved(store: Store, renewal: _Renewal) -> IntakebotError | None:
    try:
        store.chat.save_tokens(renewal.tokens, renewal.holder)
    except IntakebotError as refusal:
        return refusal
    return None
