"""Whether the workspace answers at all: when it does not, only one call looks now and then, and no lane is held up.

A call without an answer takes seconds. Who would find out one delivery after the other that nobody answers would hold
the lanes that mail leaves by as well. Asked by `paced_calls`; nothing in here waits.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from intakebot.channels.slack.showing.troubles import soon

IN_A_ROW: Final = 3
"""So many calls in a row may stay without an answer before the others wait."""
A_LOOK_TAKES: Final = timedelta(seconds=15)


class Reach:
    """What is known of the way to one workspace."""

    def __init__(self) -> None:
        self._unanswered = 0
        self._rests_until: datetime | None = None
        self._looking = False

    def rest(self, now: datetime) -> datetime | None:
        """None = call; else the moment to ask again. Who may call after a rest looks for everybody."""
        if self._rests_until is None:
            return None
        if now < self._rests_until:
            return self._rests_until
        self._rests_until, self._looking = now + A_LOOK_TAKES, True
        return None

    def unanswered(self, now: datetime) -> None:
        """A call had no answer. Those that were under way when the rest began do not make it longer."""
        if self._rests_until is not None and not self._looking:
            return
        self._unanswered, self._looking = self._unanswered + 1, False
        if self._unanswered >= IN_A_ROW:
            self._rests_until = now + soon(self._unanswered - IN_A_ROW + 1)

    def answered(self) -> None:
        """There was an answer, whatever it said."""
        self._unanswered, self._rests_until, self._looking = 0, None, False
