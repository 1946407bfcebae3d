"""The IMAP inlet: keeps a connection to one mailbox, looks whenever something may have come, and starts anew when not.

Started by the composition root as one task. It promises what `ports.Inlet` promises: the service starts and stops
whether the mailbox can be reached or not, and a mail is marked only after `intake.receive` has returned. `alarms` says
what a person has to mend, and when nobody knows any more whether mail comes in.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from random import Random

from intakebot.channels.imap.collecting import Collector, Look
from intakebot.channels.imap.connection import Connection
from intakebot.channels.imap.mailbox import Mailbox
from intakebot.channels.imap.thread import MailThread
from intakebot.domain.errors import ConflictError, IntakebotError, MailboxError
from intakebot.edge import guarded
from intakebot.ports import Intake
from intakebot.ports.mailboxes import Mailboxes

SETTLING = timedelta(seconds=2)
"""So soon after IDLE began the folder is looked at once more."""
FOR_A_PERSON = frozenset({"certificate", "login", "folder"})
"""Troubles that time does not mend: told at once."""
SILENT_POLLS, SILENT_AT_LEAST = 3, timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class MailboxAlarm:
    """Something that needs a person: a stable code, a sentence, the mailbox, since when."""

    what: str
    sentence: str
    which: str
    since: datetime


class Pause:
    """How long to wait before trying again: twice as long each time up to a minute, never in step with others."""

    def __init__(self, shortest: float, longest: float, dice: Random) -> None:
        self._shortest, self._longest, self._dice = shortest, longest, dice
        self._next = shortest

    def seconds(self) -> float:
        """The next one."""
        chosen = self._next * self._dice.uniform(0.5, 1.0)
        self._next = min(2 * self._next, self._longest)
        return chosen

    def over(self) -> None:
        """It went well: the next trouble begins with the shortest one."""
        self._next = self._shortest


class ImapInlet:
    """Takes mail from one mailbox. `listening` is set as soon as it serves: a mailbox may be away for a while."""

    def __init__(self, mailbox: Mailbox, books: Mailboxes, dice: Random) -> None:
        self.name = mailbox.name
        self.listening = asyncio.Event()
        self._mailbox = mailbox
        self._books = books
        self._clock = books.clock
        self._pause = Pause(mailbox.timing.shortest_pause, mailbox.timing.longest_pause, dice)
        self._thread = MailThread(mailbox.name)
        self._looked_at = self._clock.now()
        self._trouble: tuple[MailboxError, datetime] | None = None

    def alarms(self) -> list[MailboxAlarm]:
        """What needs a person now."""
        trouble, since = self._trouble or (None, self._looked_at)
        if trouble and trouble.trouble in FOR_A_PERSON:
            return [MailboxAlarm(f"mailbox.{trouble.trouble}", trouble.sentence, self.name, since)]
        silent_for = self._clock.now() - self._looked_at
        if silent_for <= max(SILENT_AT_LEAST, SILENT_POLLS * self._mailbox.poll):
            return []
        why = trouble.sentence if trouble else "the log may say why"
        sentence = f"no look into the mailbox has succeeded for {int(silent_for.total_seconds() // 60)} min: {why}"
        return [MailboxAlarm("mailbox.silent", sentence, self.name, self._looked_at)]

    async def serve(self, intake: Intake, stop: asyncio.Event) -> None:
        """Receive until `stop`; what is being kept then is kept and marked, within the grace."""
        collector = Collector(self._mailbox, self._books, intake, self._thread, stop)
        self.listening.set()
        try:
            while not stop.is_set():
                outcome = await guarded(f"imap {self.name}", self._visit(collector, stop))
                self._remember(outcome)
                await self._wait(self._pause.seconds(), stop)
        finally:
            self._thread.close()
            self.listening.clear()

    async def _visit(self, collector: Collector, stop: asyncio.Event) -> None:
        """One connection, from the first word to the last; raises MailboxError when it is lost."""
        connection, over, sound = Connection(self._mailbox), asyncio.Event(), False
        watchdog = asyncio.create_task(self._break_off(connection, stop, over))
        try:
            await self._thread.call(connection.open)
            while not stop.is_set():
                look = await collector.look(connection)
                self._succeeded()
                await self._until_next(connection, look, stop)
            sound = True
        finally:
            over.set()
            if not sound:
                connection.break_off()  # when we are cancelled the thread is still in there, and IDLE takes its time
            watchdog.cancel()
            with suppress(asyncio.CancelledError):
                await watchdog
            await self._thread.call(connection.close, politely=sound)

    async def _until_next(self, connection: Connection, look: Look, stop: asyncio.Event) -> None:
        """Until another look may find something."""
        clock, mailbox = self._clock, self._mailbox
        if look.waiting:
            await self._wait(self._pause.seconds(), stop)
            return
        self._pause.over()
        latest = clock.now() + min(mailbox.poll, timedelta(seconds=mailbox.timing.renew))
        for limit in (min(latest, clock.now() + SETTLING), latest):  # what comes as IDLE begins may not be told of
            now = await self._thread.call(connection.select)
            if now.last_uid != look.folder.last_uid and not look.elsewhere:
                return  # it came during the look: a server tells of it once, and may have done so already
            if not await self._thread.call(connection.can, "IDLE"):
                await clock.until(latest, stop)
                return
            await self._thread.call(connection.watch, partial(self._is_over, stop, limit), clock.now)
            if stop.is_set() or clock.now() < limit:
                return  # something has come

    def _is_over(self, stop: asyncio.Event, limit: datetime) -> bool:
        return stop.is_set() or self._clock.now() >= limit

    async def _break_off(self, connection: Connection, stop: asyncio.Event, over: asyncio.Event) -> None:
        """After a stop, do not wait for a server that does not answer."""
        await stop.wait()
        await self._clock.until(self._clock.now() + timedelta(seconds=self._mailbox.timing.grace), over)
        if not over.is_set():
            connection.break_off()

    def _succeeded(self) -> None:
        self._looked_at = self._clock.now()
        self._trouble = None

    def _remember(self, outcome: IntakebotError | None) -> None:
        """A trouble lasts from its first time on; what is not the mailbox's is told elsewhere."""
        if isinstance(outcome, ConflictError):
            self._pause.over()
        if isinstance(outcome, MailboxError):
            known = self._trouble
            same = known is not None and known[0].trouble == outcome.trouble
            self._trouble = (outcome, known[1] if known and same else self._clock.now())

    async def _wait(self, seconds: float, stop: asyncio.Event) -> None:
        await self._clock.until(self._clock.now() + timedelta(seconds=seconds), stop)
