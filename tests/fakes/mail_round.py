"""A house with a mailbox: a real database and reception, the IMAP channel, and whatever server the test brings."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

from fakes.standing_house import StandingHouse
from intakebot.channels.imap.collecting import Collector, Look
from intakebot.channels.imap.connection import Connection
from intakebot.channels.imap.inlet import ImapInlet
from intakebot.channels.imap.mailbox import Mailbox, Security, Timing
from intakebot.channels.imap.thread import MailThread
from intakebot.domain.ids import IdSource
from intakebot.ports import Intake
from intakebot.usecases.mailboxes import HouseMailboxes

ADDRESS = "support@intakebot.example"
DEADLINE = 20.0
QUICK = Timing(connect=5, read=5, breath=0.05, shortest_pause=0.01, longest_pause=0.05, grace=1)


def a_mail(number: int, **headers: str) -> bytes:
    """A caller's mail, whose subject has the number."""
    written = {
        "From": "Carla <carla@example.net>",
        "Subject": f"Help {number}",
        "Message-ID": f"<{number}@example.net>",
    }
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in (written | headers).items())
    return f"{lines}\r\nIt does not work ({number}).\r\n".encode()


def a_mailbox(port: int, **changes: Any) -> Mailbox:
    """The mailbox of the test's server."""
    known = Mailbox("post", "127.0.0.1", port, Security.NONE, ADDRESS, ADDRESS, "secret", timing=QUICK)
    return replace(known, **changes)


@dataclass
class Round:
    """A house and one mailbox of it."""

    house: StandingHouse
    mailbox: Mailbox
    node: int = 0
    books: HouseMailboxes = field(init=False)

    def __post_init__(self) -> None:
        clock = self.house.clock
        self.books = HouseMailboxes(clock, IdSource(clock.now, self.node), self.house.writer)

    async def look(self, intake: Intake | None = None, stop: asyncio.Event | None = None, **changes: Any) -> Look:
        """One look by a new connection; raises what ends it."""
        mailbox = replace(self.mailbox, **changes)
        thread, connection = MailThread("test"), Connection(mailbox)
        collector = Collector(mailbox, self.books, intake or self.house.reception, thread, stop or asyncio.Event())
        try:
            await thread.call(connection.open)
            return await collector.look(connection)
        finally:
            await thread.call(connection.close, politely=False)
            thread.close()

    @asynccontextmanager
    async def serving(self, intake: Intake | None = None, **changes: Any) -> AsyncIterator[ImapInlet]:
        """The inlet, until the block is left."""
        inlet = ImapInlet(replace(self.mailbox, **changes), self.books, Random(1))  # noqa: S311 - no secret
        stop = asyncio.Event()
        task = asyncio.create_task(inlet.serve(intake or self.house.reception, stop))
        try:
            yield inlet
        finally:
            stop.set()
            async with asyncio.timeout(DEADLINE):
                await task

    async def registered(self) -> None:
        """Everything that is kept is registered."""
        while await self.house.register():
            pass

    def contacts(self) -> list[dict[str, Any]]:
        """What is kept, oldest first."""
        return self.house.archive.contacts("", 10_000)[::-1]

    def standing(self) -> dict[str, Any]:
        """The one mailbox that was looked into."""
        (found,) = self.house.archive.mailboxes()
        return found


def house_on(migrated_file: Path, place: Path) -> StandingHouse:
    """A house on a fresh database."""
    shutil.copy(migrated_file, place / "intakebot.db")
    return StandingHouse("sqlite+pysqlite:///intakebot.db", place)


async def comes_true(condition: Callable[[], bool]) -> None:
    """Ask again and again until it holds; too late is a failure."""
    pause = threading.Event()
    async with asyncio.timeout(DEADLINE):
        while not await asyncio.to_thread(condition):
            await asyncio.to_thread(pause.wait, 0.02)
