"""Alarms of the Slack channel: what a person has to put right, kept until it is over.

Whoever meets trouble sounds one. They stand in the log at once, in `health`, and in the channel of the operators. An
alarm says what to do.
"""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from intakebot.ports import Clock

AGAIN_AFTER = timedelta(hours=1)
NEWS_STANDS = timedelta(days=1)
"""How long what has happened, and cannot be made undone, is worth an alarm."""
MOST_UNSAID = 50
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that needs a person: a stable code, which place it is about, and what to do, in a sentence."""

    what: str
    which: str
    sentence: str


@dataclass(frozen=True, slots=True)
class _Sounded:
    """An alarm, when it was told, and when it is over (None = when somebody says so)."""

    alarm: Alarm
    told_at: datetime
    over_at: datetime | None


class Alarms:
    """The alarms that stand. One that sounds again within an hour, with the same words, is not told anew.

    They stand in the log at once, in `standing` until they are over, and `next` gives them to the operators' channel.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._standing: dict[tuple[str, str], _Sounded] = {}
        self._unsaid: deque[str] = deque(maxlen=MOST_UNSAID)

    @property
    def standing(self) -> tuple[Alarm, ...]:
        """All of them, oldest first."""
        self._forget()
        return tuple(sounded.alarm for sounded in self._standing.values())

    def sound(self, what: str, which: str, sentence: str, *, lasts: timedelta | None = None) -> None:
        """Something needs a person. `lasts`: it has happened, and nothing will end it; so long it stands."""
        self._forget()
        alarm, now = Alarm(what, which, sentence), self._clock.now()
        known = self._standing.get((what, which))
        if known and known.alarm == alarm and now - known.told_at < AGAIN_AFTER:
            return
        self._standing[what, which] = _Sounded(alarm, now, now + lasts if lasts else None)
        self._unsaid.append(sentence)
        _log.warning("%s %s: %s", what, which, sentence)

    def tell(self, sentence: str) -> None:
        """Something that operators are to read once, and that stands nowhere else here."""
        self._unsaid.append(sentence)

    def silence(self, what: str, which: str = "") -> None:
        """It is over; the next time it is news."""
        self._standing.pop((what, which), None)

    def _forget(self) -> None:
        now = self._clock.now()
        self._standing = {key: one for key, one in self._standing.items() if one.over_at is None or one.over_at > now}

    def next(self) -> str | None:
        """The oldest alarm that the operators' channel has not been shown."""
        return self._unsaid[0] if self._unsaid else None

    def said(self, sentence: str) -> None:
        """It has been shown this."""
        if self.next() == sentence:
            self._unsaid.popleft()
