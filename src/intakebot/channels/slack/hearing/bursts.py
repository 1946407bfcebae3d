"""Bursts: people cut one matter into several messages. What follows within the room's time continues the same case.

A burst goes by what stands in the conversation, not by what has arrived here so far: events come late and in any order.
So a message names all that it continues, also what was not taken in yet, and whichever is registered first opens the
case that the others find. Nothing waits for this: when the platform is slow or has been asked often, what is known
here is enough. Called by `messages` for top-level messages of intake rooms.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

from intakebot.channels.slack.hearing.arrived import Surround
from intakebot.channels.slack.hearing.spoken import Spoken, spoken, why_not_taken
from intakebot.channels.slack.hearing.threads import said_before
from intakebot.domain.chat import IntakeRoom
from intakebot.domain.errors import IntakebotError

LOOKS_A_MINUTE: Final = 20
"""Of the calls that the platform grants for reading history, the others are for what cannot do without."""
LONGEST: Final = 20
"""A burst is followed back over so many times the room's span."""
PATIENCE: Final = 3.0
_log = logging.getLogger(__name__)


class Bursts:
    """Finds what a message continues."""

    def __init__(self, around: Surround) -> None:
        self._around = around
        self._looks: deque[datetime] = deque(maxlen=LOOKS_A_MINUTE)

    async def before(self, said: Spoken, room: IntakeRoom, person: str) -> tuple[str, ...]:
        """The time stamps of what the message continues, oldest first; () when it begins something new."""
        if room.joins_within <= timedelta(0):
            return ()
        since = earlier(said.ts, room.joins_within)
        for place in self._around.rooms.places(said.channel):
            known = await self._around.chat.burst_of(place, person, since, said.ts)
            if known:
                return tuple(dict.fromkeys((known.root_ts, known.ts)))
        return await self._as_it_stands(said, room)

    async def _as_it_stands(self, said: Spoken, room: IntakeRoom) -> tuple[str, ...]:
        if not self._may_look():
            return ()
        since = earlier(said.ts, room.joins_within * LONGEST)
        try:
            found = await said_before(self._around.calls, said.channel, said.ts, since, PATIENCE)
        except IntakebotError as error:
            _log.info("what was said before %s is not known: %s", said.ts, error.sentence)
            return ()
        own = self._around.own
        before = (spoken(message, said.channel) for message in found if not why_not_taken(message, own))
        theirs = [each.ts for each in before if each.user == said.user and not each.is_bare(own.user)]
        return tuple(reversed(list(_unbroken(said.ts, theirs, room.joins_within))))

    def _may_look(self) -> bool:
        now = self._around.chat.clock.now()
        if len(self._looks) == LOOKS_A_MINUTE and now - self._looks[0] < timedelta(minutes=1):
            return False
        self._looks.append(now)
        return True


def earlier(ts: str, span: timedelta) -> str:
    """The time stamp that lies so much before another one."""
    try:
        return f"{Decimal(ts) - Decimal(str(span.total_seconds())):.6f}"
    except InvalidOperation:
        return ts


def _unbroken(ts: str, newest_first: Iterable[str], span: timedelta) -> Iterable[str]:
    """The time stamps before `ts` as long as none lies further than `span` from the one after it."""
    for before in newest_first:
        if before < earlier(ts, span):
            return
        yield before
        ts = before
