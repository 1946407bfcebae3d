"""The whole service between a fake Slack and a real database: configuration, doors, worker, Slack channel, SMTP.

Nothing of the product is left out but the process that reads messages (it has tests of its own). People act in the
workspace, `settles` lets everything happen that follows, and the test looks at what they see and at what is stored.
"""

from __future__ import annotations

import asyncio
import shutil
import smtplib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Row, func, select, union_all

from fakes.slack import Message, Person
from fakes.slack.records import Channel
from intakebot.app.house import OpenHouse, open_house
from intakebot.app.service import Service
from intakebot.channels.slack.channel import SlackChannel
from intakebot.domain.actors import Actor
from intakebot.domain.commands import Command
from intakebot.ports import CaseFilter
from intakebot.storage.chat_tables import chat_envelopes, chat_posts
from intakebot.storage.sealing import TOKEN_KEY_FILE
from intakebot.storage.tables import contacts, deliveries
from integration.slack_whole.workspace import SUPPORT, Workspace

ROOT = Path(__file__).parents[3]
PATIENCE = 10.0
OPERATOR = b"olaf@operators.example"
"""Real seconds that anything may take."""


class ReadsHere:
    """Reads in this process."""

    async def read(self, read_one: Callable[[Any], Any], waiting: Sequence[Any]) -> list[Any]:
        return [read_one(contact) for contact in waiting]


class Whole:
    """One service in a workspace. Must be opened and closed; may be stopped and started again in between.

    `database` is a url, '' for the SQLite file of `folder`. `more` are further lines of the channel's section.
    """

    def __init__(
        self, workspace: Workspace, mode: str, folder: Path, database: str = "", node: int = 0, **more: str
    ) -> None:
        self.workspace, self.mode, self.folder = workspace, mode, folder
        self.slack, self.clock = workspace.slack, workspace.clock
        self.settings = _configured(workspace, mode, folder, database, node, more)
        self._exits = ExitStack()
        self._stop = asyncio.Event()
        self.failed: list[str] = []
        self._mails = 0

    # --- its life

    async def start(self) -> None:
        """Be a new process of the service."""
        self.opened: OpenHouse = self._exits.enter_context(
            open_house(self.settings, self.folder / "data", self.clock, lambda: self.failed.append("the disk"))
        )
        self._stop, ready = asyncio.Event(), asyncio.Event()
        self.service = Service(self.opened, self.clock, self._stop, ReadsHere())
        self._running = asyncio.create_task(self.service.run(lambda _: ready.set()))
        over = asyncio.create_task(ready.wait())
        await asyncio.wait({over, self._running}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        over.cancel()
        if self._running.done():
            self._exits.close()
            self._running.result()
        assert ready.is_set(), "the service was not ready in time"
        self.faces_slack()

    def faces_slack(self) -> None:
        """Things are brought to this service from now on (by Socket Mode: to every one that has a connection)."""
        if self.mode == "http":
            self.slack.deliver_by_http(f"http://127.0.0.1:{self.channel.port}/slack/events")

    async def stop(self) -> None:
        """The end as SIGTERM brings it about."""
        self._stop.set()
        try:
            await asyncio.wait_for(self._running, 3 * PATIENCE)
        finally:
            self._exits.close()

    @property
    def channel(self) -> SlackChannel:
        (channel,) = self.service.doors.slack
        return channel

    # --- what happens

    async def says(self, person: Person, room: Channel, text: str, **more: Any) -> Message:
        """A person writes, later than anything that would join it to what they wrote before; all of it happens."""
        self.clock.advance(timedelta(seconds=2))
        said = await person.says(room, text, **more)
        await self.settles()
        return said

    async def mail(self, sender: str, subject: str, text: str, to: str = SUPPORT) -> None:
        """A mail comes in by SMTP; all of it happens."""
        await self.hands_over(sender, subject, text, to)
        await self.settles()

    async def hands_over(self, sender: str, subject: str, text: str, to: str = SUPPORT) -> None:
        """A mail comes in by SMTP."""
        content = (
            f"From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: <{subject}@x.example>\r\n\r\n{text}\r\n"
        )

        def send() -> None:
            with smtplib.SMTP("127.0.0.1", self.service.doors.smtp[0].port, "client.example", 30) as line:
                line.sendmail(sender, [to], content.encode())

        await asyncio.to_thread(send)

    async def perform(self, agent: str, command: Command) -> Mapping[str, Any]:
        """An agent does something at the command line; all of it happens."""
        done = await self.opened.desk().perform(command, Actor.agent(agent))
        self.opened.wake.all()
        await self.settles()
        return done

    async def form(self, press: Callable[[], Awaitable[Any]], person: Person) -> None:
        """Press something that opens a form, and wait until it is filled."""
        before = person.modal
        seen = await press()
        assert seen.acked
        await self.until(lambda: person.modal not in (None, before) and "Loading" not in str(person.modal.blocks))

    async def until(self, condition: Callable[[], Any]) -> None:
        """Wait for something in the workspace."""
        await self.slack.until(condition, PATIENCE)

    async def settles(self, patience: timedelta = timedelta(minutes=2)) -> None:
        """Until nothing is left to do that is due within `patience`, of which no time is spent waiting."""
        end = self.clock.now() + patience
        loop = asyncio.get_running_loop()
        deadline = loop.time() + 3 * PATIENCE
        await self.slack.settled(PATIENCE)
        while left := self._left(end):
            assert loop.time() < deadline, f"still to do: {left}"
            await self.slack.settled(PATIENCE)  # time that moves now counts as the app's for what it has not answered
            now = self.clock.now()
            if any(row.held or row.due_at is None or row.due_at <= now for row in left):
                await self.slack.comes(lambda: False, 0.02)  # it is under way
            else:
                self.clock.advance(min(row.due_at for row in left) - now + timedelta(milliseconds=1))
        await self.slack.settled(PATIENCE)

    def _left(self, end: Any) -> list[Row[Any]]:
        """What is not done: of which kind, due when, and whether it is under way."""
        with self.opened.database.reading.connect() as connection:
            rows = connection.execute(_LEFT).all()
        return [row for row in rows if row.held or row.due_at is None or row.due_at <= end]

    # --- what is stored

    def cases(self) -> list[dict[str, Any]]:
        """All cases, oldest first, as `case.show` tells them."""
        rows = self.opened.archive.cases(CaseFilter(limit=10_000))
        return [self.opened.archive.case(row["number"]) for row in reversed(rows)]

    def case(self, number: int) -> dict[str, Any]:
        """A case as `case.show` tells it."""
        return self.opened.archive.case(number)

    def conversations(self) -> list[list[str]]:
        """What callers said, by case, oldest first."""
        return [[said["text"] for said in case["messages"]] for case in self.cases()]

    def comments(self, number: int) -> list[str]:
        """What agents wrote on a case."""
        return [one["text"] for one in self.case(number)["comments"] if one["kind"] != "call_log"]

    def filed_mail(self) -> list[bytes]:
        """Mails that left."""
        return [mail for mail in self._outbox() if OPERATOR not in mail]

    def alarm_mail(self) -> list[str]:
        """What the people who run the house were told by mail, oldest first."""
        return [mail.decode() for mail in self._outbox() if OPERATOR in mail]

    def _outbox(self) -> list[bytes]:
        filed = self.opened.data / "outbox" / "new"
        return [path.read_bytes() for path in sorted(filed.iterdir())] if filed.is_dir() else []

    def counts(self, what: str) -> dict[str, int]:
        """How many there are of something, by state."""
        return dict(self.opened.archive.counts()[what])


@asynccontextmanager
async def serving(
    workspace: Workspace,
    mode: str,
    folder: Path,
    database: Path | str,
    node: int = 0,
    key: Path | None = None,
    **more: str,
) -> AsyncIterator[Whole]:
    """A service that is open, on a copy of an SQLite file or on a PostgreSQL database.

    `key` is the file of the key that processes of one house share.
    """
    (folder / "data").mkdir(parents=True)
    if key:
        shutil.copy(key, folder / "data" / TOKEN_KEY_FILE)
    if isinstance(database, Path):
        shutil.copy(database, folder / "data" / "intakebot.db")
    made = Whole(workspace, mode, folder, "" if isinstance(database, Path) else database, node, **more)
    await made.start()
    try:
        yield made
        await workspace.slack.quiet()
    finally:
        await made.stop()
    assert not made.failed


_LEFT = union_all(
    select(
        contacts.c.state.label("what"), contacts.c.received_at.label("due_at"), (contacts.c.id > 0).label("held")
    ).where(contacts.c.state == "received"),
    select(deliveries.c.kind, deliveries.c.due_at, deliveries.c.state == "sending").where(
        deliveries.c.state.in_(["queued", "deferred", "sending"])
    ),
    select(chat_envelopes.c.kind, chat_envelopes.c.due_at, chat_envelopes.c.holder.is_not(None)).where(
        chat_envelopes.c.state == "kept"
    ),
    select(chat_posts.c.kind, chat_posts.c.due_at, chat_posts.c.state == "sending").where(
        chat_posts.c.state.in_(["due", "sending"])
    ),
)
_ENVELOPES = select(func.count()).select_from(chat_envelopes)


def _configured(
    workspace: Workspace, mode: str, folder: Path, database: str, node: int, more: Mapping[str, str]
) -> Path:
    """The shipped configuration, tied to the workspace; the path of its main file."""
    for part in ("config", "templates"):
        shutil.copytree(ROOT / part, folder / part)
    settings = folder / "config" / "intakebot.yaml"
    section = "".join(f"  {line}\n" for line in workspace.section(mode, folder, **more).splitlines())
    written = settings.read_text("utf-8").replace("listen: 127.0.0.1:2525", "listen: 127.0.0.1:0")
    written = written.replace("\nchannels:\n", f"\nchannels:\n{section}", 1).replace("node: 0 ", f"node: {node} ")
    written += f"\nalarms:\n  mail_to: {OPERATOR.decode()}\n"
    if database:
        written += f"\ndatabase:\n  url: {database}\n"
    settings.write_text(written, "utf-8")
    return settings
