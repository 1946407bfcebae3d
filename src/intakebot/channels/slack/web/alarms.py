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
MOST_UNSAID = 50
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that needs a person: a stable code, which place it is about, and what to do, in a sentence."""

    what: str
    which: str
    sentence: str


class Alarms:
    """The alarms that stand. One that sounds again within an hour, with the same words, is not told anew.

    They stand in the log at once, in `standing` until they are over, and `next` gives them to the operators' channel.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._standing: dict[tuple[str, str], tuple[Alarm, datetime]] = {}
        self._unsaid: deque[str] = deque(maxlen=MOST_UNSAID)

    @property
    def standing(self) -> tuple[Alarm, ...]:
        """All of them, oldest first."""
        return tuple(alarm for alarm, _ in self._standing.values())

    def sound(self, what: str, which: str, sentence: str) -> None:
        """Something needs a person."""
        alarm, now = Alarm(what, which, sentence), self._clock.now()
        known, told_at = self._standing.get((what, which), (None, now))
        if known == alarm and now - told_at < AGAIN_AFTER:
            return
        self._standing[what, which] = alarm, now
        self._unsaid.append(sentence)
        _log.warning("%s %s: %s", what, which, sentence)

    def tell(self, sentence: str) -> None:
        """Something that operators are to read once, and that stands nowhere else here."""
        self._unsaid.append(sentence)

    def silence(self, what: str, which: str = "") -> None:
        """It is over; the next time it is news."""
        self._standing.pop((what, which), None)

    def next(self) -> str | None:
        """The oldest alarm that the operators' channel has not been shown."""
        return self._unsaid[0] if self._unsaid else None

    def said(self, sentence: str) -> None:
        """It has been shown this."""
        if self.next() == sentence:
            self._unsaid.popleft()
