"""How fast a workspace may be called: turns for calls, and who has to wait until when.

Asked by `paced_calls` before each call and told of each refusal; there is one for each workspace. Nothing in here
waits: what has no turn now is told the moment of its turn, and others go first. The platform says what it surely
grants, and often grants more: whoever has not been refused lately goes at once, and for a while after a refusal the
pace is kept a little below what is sure. One refusal holds back only what it was said of: messages of one
conversation, or one method.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, TypeAlias

Key: TypeAlias = tuple[str, str]
POST: Final = "chat.postMessage"


@dataclass(frozen=True, slots=True)
class Pace:
    """One call `every` so often in the long run, and up to `burst` at once after a rest."""

    every: timedelta
    burst: int


def per_minute(calls: int) -> Pace:
    """What the platform grants a minute, as four fifths in the long run and one fifth at once."""
    return Pace(timedelta(minutes=1) / (calls * 0.8), max(1, calls // 5))


CONVERSATION: Final = Pace(timedelta(seconds=1), 3)
WORKSPACE: Final = per_minute(300)
TIERS: Final = MappingProxyType({2: per_minute(20), 3: per_minute(50), 4: per_minute(100)})
METHODS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "chat.postEphemeral": 4,
        "chat.update": 3,
        "conversations.history": 3,
        "conversations.open": 3,
        "conversations.replies": 3,
        "files.completeUploadExternal": 4,
        "files.getUploadURLExternal": 4,
        "reactions.add": 3,
    }
)
"""The tier of each method that is called from here; others are taken for tier 2."""


CAREFUL_FOR: Final = timedelta(minutes=10)
"""So long after a refusal the pace is kept."""


class Pacing:
    """The turns of one workspace. `always_careful` keeps the pace without having been refused."""

    def __init__(self, *, always_careful: bool = False) -> None:
        self._always_careful = always_careful
        self._careful_until: dict[Key, datetime] = {}
        self._full_at: dict[Key, datetime] = {}
        self._promised: dict[Key, dict[str, datetime]] = {}
        self._blocked: dict[Key, datetime] = {}

    def turn(self, method: str, channel: str, who: str, now: datetime) -> datetime | None:
        """Take a turn for a call; None = now, else the moment to ask again.

        Those who have to wait are told moments one after the other, so that they do not all come back at once;
        `who` asks again too early is told the same moment.
        """
        paces = _paces(method, channel)
        waits = [until for key in paces if (until := self._blocked.get(key)) and until > now]
        free = {key: self._free_at(key, pace, now) for key, pace in paces.items() if self._is_careful(key, now)}
        waits += [moment for moment in free.values() if moment > now]
        narrowest = next(iter(paces))
        if waits:
            return self._promise(narrowest, paces[narrowest], who, max(waits))
        self._promised.get(narrowest, {}).pop(who, None)
        for key, pace in paces.items():  # what went faster than the pace is forgotten: it was granted
            self._full_at[key] = min(max(self._full_at.get(key, now), now), now + pace.every * pace.burst) + pace.every
        return None

    def limited(self, method: str, channel: str, retry_after: timedelta, now: datetime) -> datetime:
        """The platform refused this call for a time: the same is not tried before that is over. Returns the end."""
        key = _refused(method, channel)
        until = max(self._blocked.get(key, now), now + retry_after)
        self._blocked[key] = until
        self._careful_until[key] = until + CAREFUL_FOR
        return until

    def _is_careful(self, key: Key, now: datetime) -> bool:
        return self._always_careful or self._careful_until.get(key, now) > now

    def _free_at(self, key: Key, pace: Pace, now: datetime) -> datetime:
        """When the bucket of `key` has room: it holds `burst` calls, and one of them runs out `every` so often."""
        return self._full_at.get(key, now) - pace.every * (pace.burst - 1)

    def _promise(self, key: Key, pace: Pace, who: str, earliest: datetime) -> datetime:
        """The moment that `who` was told, if it still holds, else the next one that nobody was told."""
        standing = {name: at for name, at in self._promised.get(key, {}).items() if at >= earliest}
        moment = standing.get(who) or max((at + pace.every for at in standing.values()), default=earliest)
        self._promised[key] = standing | {who: moment}
        return moment


def _paces(method: str, channel: str) -> dict[Key, Pace]:
    """What a call counts for, the narrowest first."""
    if method == POST:
        return {(POST, channel): CONVERSATION, (POST, ""): WORKSPACE}
    return {(method, ""): TIERS[METHODS.get(method, 2)]}


def _refused(method: str, channel: str) -> Key:
    """What a refusal is held against: a message's conversation, since its limit is the one that is met first."""
    return (method, channel) if method == POST else (method, "")
