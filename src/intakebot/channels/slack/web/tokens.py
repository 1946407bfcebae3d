"""Tokens that rotate: an access token for twelve hours, and a refresh token that works once.

Made by the channel where the configuration has a refresh token; asked by `calls` for each call. It promises to renew
well before the token ends, that of several processes one renews, and that a new pair is never lost because the
database was away: it is kept here until it can be stored.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta

from intakebot.channels.slack.web.connection import SlackConnection
from intakebot.channels.slack.web.wire import Wire
from intakebot.domain.errors import (
    ConflictError,
    SlackLimitedError,
    SlackRefusedError,
    SlackUnreachableError,
    StorageUnavailableError,
)
from intakebot.ports import Clock
from intakebot.ports.chat import TokenPair, Tokens

AHEAD = timedelta(hours=2)
"""How long before its end a token is renewed: time enough for Slack or the database to come back."""
TRY_AGAIN = timedelta(minutes=1)
HOLD_SECONDS = 60
LOOK_EVERY = timedelta(seconds=1)
WAIT_FOR_OTHERS = timedelta(seconds=30)
WITHIN = 15.0
HALF_A_DAY = 12 * 3600
USED_UP = "invalid_refresh_token"

_NOT_NOW = (SlackUnreachableError, SlackLimitedError, SlackRefusedError, StorageUnavailableError)

_log = logging.getLogger(__name__)


class RotatingTokens:
    """The tokens of one connection. Must be closed. `trouble` is '' or a sentence for operators."""

    def __init__(self, connection: SlackConnection, tokens: Tokens, clock: Clock) -> None:
        self.trouble = ""
        self._connection = connection
        self._tokens = tokens
        self._clock = clock
        self._wire = Wire(connection.api_url)
        self._pair: TokenPair | None = None
        self._unsaved: TokenPair | None = None
        self._renewing = asyncio.Lock()
        self._tried_at: datetime | None = None

    async def close(self) -> None:
        """Let go of the connections."""
        await self._wire.close()

    async def token(self) -> str:
        """The access token.

        Raises SlackUnreachableError (certainly not done), or SlackRefusedError when Slack will renew none of ours.
        """
        pair = self._pair
        if pair is None or self._is_due(pair):
            pair = await self._renewed(pair)
        return pair.access

    async def another(self, stale: str) -> str:
        """A token in place of `stale`, which Slack says has expired."""
        if self._pair and self._pair.access == stale:
            return (await self._renewed(self._pair, at_once=True)).access
        return await self.token()

    def _is_due(self, pair: TokenPair) -> bool:
        """Whether to renew now: ahead of time once a minute, and always when it has ended."""
        now = self._clock.now()
        if self._unsaved is None and pair.expires_at - now > AHEAD:
            return False
        return pair.expires_at <= now or self._tried_at is None or now - self._tried_at >= TRY_AGAIN

    async def _renewed(self, known: TokenPair | None, *, at_once: bool = False) -> TokenPair:
        """The pair after an attempt to renew it; the known one when that failed and it is still good."""
        async with self._renewing:
            if self._pair is not known and self._pair is not None:
                return self._pair  # somebody who was before us has done it
            self._tried_at = self._clock.now()
            try:
                self._pair = await self._renew(known, at_once=at_once)
            except _NOT_NOW as error:
                if known is None or at_once or known.expires_at <= self._clock.now():
                    if isinstance(error, SlackRefusedError):
                        raise
                    sentence = f"there is no valid token at the moment: {error.sentence}"
                    raise SlackUnreachableError(sentence, taken=False) from error
                self.trouble = f"the token that ends at {known.expires_at:%H:%M} is not renewed: {error.sentence}"
                _log.warning("slack %s: %s", self._connection.name, self.trouble)
                return known
            self.trouble = ""
            return self._pair

    async def _renew(self, known: TokenPair | None, *, at_once: bool) -> TokenPair:
        name = self._connection.name
        if known is None and (stored := await self._tokens.load(name)) and self._is_good(stored):
            return stored
        if not await self._tokens.claim(name, HOLD_SECONDS):
            return await self._of_others(known)
        stored = await self._tokens.load(name)
        if self._unsaved is not None:
            return await self._save(self._unsaved)
        if stored and self._is_good(stored) and not (at_once and known and stored.access == known.access):
            return stored
        return await self._save(await self._exchanged(stored))

    def _is_good(self, pair: TokenPair) -> bool:
        return pair.expires_at - self._clock.now() > AHEAD

    async def _of_others(self, known: TokenPair | None) -> TokenPair:
        """Another process renews at this moment: use the known token as long as it is good, else wait for theirs."""
        now = self._clock.now()
        if known and known.expires_at > now:
            return known
        until = now + WAIT_FOR_OTHERS
        while self._clock.now() < until:
            stored = await self._tokens.load(self._connection.name)
            if stored and stored.expires_at > self._clock.now():
                return stored
            await self._clock.until(self._clock.now() + LOOK_EVERY, asyncio.Event())
        raise SlackUnreachableError("another process renews the token for too long", taken=False)

    async def _exchanged(self, stored: TokenPair | None) -> TokenPair:
        """Give a refresh token for a new pair: the stored one, or one that was configured anew since."""
        configured = self._connection.refresh_token
        if stored is None or stored.refresh == configured:
            return await self._exchange(configured, 0)
        try:
            return await self._exchange(stored.refresh, stored.version)
        except SlackRefusedError as refused:
            if refused.error != USED_UP:
                raise
        return await self._exchange(configured, stored.version)

    async def _exchange(self, refresh: str, version: int) -> TokenPair:
        asked = {
            "client_id": self._connection.client_id,
            "client_secret": self._connection.client_secret,
            "grant_type": "refresh_token",
            "refresh_token": refresh,
        }
        asked_at = self._clock.now()
        said = (await self._wire.send("oauth.v2.access", asked, "", WITHIN)).body
        access, following = str(said.get("access_token") or ""), str(said.get("refresh_token") or "")
        if not access or not following:
            raise SlackRefusedError("Slack gave no new tokens: is token rotation switched on?", USED_UP)
        lasts = timedelta(seconds=int(said.get("expires_in") or HALF_A_DAY))
        return TokenPair(access, following, asked_at + lasts, version + 1)

    async def _save(self, pair: TokenPair) -> TokenPair:
        """Store a pair that Slack has just given; the one that counts is returned."""
        name = self._connection.name
        self._unsaved = pair
        try:
            await self._tokens.save(name, pair.access, pair.refresh, pair.expires_at)
        except StorageUnavailableError as error:
            _log.error("slack %s: new tokens are not stored yet: %s", name, error.sentence)
            return pair
        except ConflictError:  # it took us too long; somebody else may have renewed meanwhile
            stored = await self._tokens.load(name)
            if stored is None or stored.version < pair.version:
                return pair
            pair = stored
        self._unsaved = None
        return pair
