"""Alarms of the Slack channel: what somebody has to put right, said once, and again while it lasts.

Whoever meets trouble raises it; it stands in the log at once, and the worker of posts shows it in the operators'
channel. The same alarm is not raised again within an hour.
"""

from __future__ import annotations

import logging
from collections import deque
from datetime import datetime, timedelta
from typing import Final

from intakebot.ports import Clock

AGAIN_AFTER: Final = timedelta(hours=1)
_KEPT: Final = 50

_log = logging.getLogger(__name__)


class Alarms:
    """The alarms of one workspace."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._raised: dict[str, datetime] = {}
        self._unsaid: deque[str] = deque(maxlen=_KEPT)

    def sound(self, about: str, sentence: str) -> None:
        """Somebody has to look: `about` tells alarms apart (`channel C1`), `sentence` says what to do."""
        now = self._clock.now()
        self._raised = {name: at for name, at in self._raised.items() if now - at < AGAIN_AFTER}
        if about in self._raised:
            return
        self._raised[about] = now
        self._unsaid.append(sentence)
        _log.warning("slack: %s: %s", about, sentence)

    def over(self, about: str) -> None:
        """It is well again; the next time it is news."""
        self._raised.pop(about, None)

    def next(self) -> str | None:
        """The oldest alarm that the operators' channel has not been shown."""
        return self._unsaid[0] if self._unsaid else None

    def said(self, sentence: str) -> None:
        """It has been shown this."""
        if self.next() == sentence:
            self._unsaid.popleft()
