"""How the inlet contract speaks through a mailbox: a mail is filed on a real server, and what is said of it is where
the mail stands then, in the mailbox and in our books."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from fakes.mail_round import a_mailbox, comes_true
from fakes.mail_servers import MailServer, Post, pymap_server
from intakebot.channels.imap.inlet import ImapInlet
from intakebot.clocks import SystemClock
from intakebot.domain.ids import IdSource
from intakebot.storage.archive import SqlArchive
from intakebot.storage.blobs import Blobs
from intakebot.storage.engine import Database, open_database
from intakebot.storage.migrations import migrate
from intakebot.storage.store import SqlStore
from intakebot.storage.writer import GroupWriter
from intakebot.usecases.mailboxes import HouseMailboxes


@contextmanager
def imap_harness(place: Path) -> Iterator[ImapHarness]:
    with pymap_server() as server, closing(open_database("sqlite+pysqlite:///intakebot.db", place)) as database:
        migrate(database)
        writer = GroupWriter(database, lambda connection: SqlStore(connection, Blobs(place)))
        with closing(writer):
            yield ImapHarness(server, database, writer)


@dataclass
class ImapHarness:
    server: MailServer
    database: Database
    writer: GroupWriter

    def inlet(self) -> ImapInlet:
        clock = SystemClock()
        books = HouseMailboxes(clock, IdSource(clock.now), self.writer)
        return ImapInlet(a_mailbox(self.server.port, address="support@example.com"), books, Random(1))  # noqa: S311 - no secret

    async def ready(self, inlet: ImapInlet) -> None:
        await inlet.listening.wait()
        await comes_true(lambda: bool(SqlArchive(self.database, Blobs(self.database.data_dir)).mailboxes()))

    async def send(self, _inlet: ImapInlet, content: bytes) -> str:
        return await asyncio.to_thread(self._send, content)

    def _send(self, content: bytes) -> str:
        with self.server.post() as post:
            post.file(content + b"\r\n")
            place = len(post.seen()) - 1
            uid = 101 + place
            while True:
                said = self._said(post, uid, place)
                if said:
                    return said
                post.client.noop()

    def _said(self, post: Post, uid: int, place: int) -> str:
        if post.seen()[place]:
            return "seen"
        query = "SELECT stage, reason FROM mailbox_mails WHERE uid = ? AND reason <> ''"
        with self.database.reading.connect() as connection:
            row = connection.exec_driver_sql(query, (uid,)).first()
        return f"{row[0]}: {row[1]}" if row else ""

    def meaning(self, answer: str) -> str:
        return {"seen": "kept", "begun": "later", "set-aside": "never"}[answer.partition(":")[0]]
