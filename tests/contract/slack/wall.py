"""What the suite of posts works on: a fake workspace, the books on a database, a desk whose cases a test changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from contract.slack.workspace import connection_to
from contract.storage.chat_room import ChatRoom
from contract.storage.records import Room
from fakes.slack import Channel, FakeSlack, Message
from intakebot.channels.slack.drawing.layout_samples import CASE
from intakebot.channels.slack.showing.card_posts import CardPosts
from intakebot.channels.slack.showing.line_posts import LinePosts
from intakebot.channels.slack.showing.notice_posts import NoticePosts
from intakebot.channels.slack.showing.paced_calls import PacedCalls
from intakebot.channels.slack.showing.posts import Posts
from intakebot.channels.slack.web.alarms import Alarms
from intakebot.channels.slack.web.calls import Calls
from intakebot.channels.slack.web.people import People
from intakebot.channels.slack.web.rooms import Rooms
from intakebot.domain.case import Case
from intakebot.domain.chat import ChatTies, IntakeRoom, PostKind, PostOwed
from intakebot.domain.errors import NotFoundError
from intakebot.domain.ids import IdSource
from intakebot.storage.engine import Database

Answer = dict[str, Any]
PARTS = ("messages", "deliveries", "comments")


@dataclass
class CaseShelf:
    """A desk that answers `case.card` and `case.show` with what a test has put there; `gate` lets it wait."""

    cases: dict[int, Answer] = field(default_factory=dict)
    gate: asyncio.Event | None = None

    async def ask(self, question: str, arguments: Mapping[str, Any]) -> Any:
        if self.gate:
            await self.gate.wait()
        if arguments["number"] not in self.cases:
            raise NotFoundError(f"there is no case {arguments['number']}")
        found = deepcopy(self.cases[arguments["number"]])
        parts = {part: found.pop(part) for part in PARTS}
        return found if question == "case.card" else found | parts


class Wall:
    """The worker of posts, started when a test wants it. Cases are in `crc` (channel `crc`) unless said otherwise."""

    def __init__(self, slack: FakeSlack, database: Database) -> None:
        self.slack = slack
        self.books = ChatRoom(Room(database), slack.clock.source)
        self.desk = CaseShelf()
        self.bob = slack.person("bob", name="Bob Baker")
        self.channels = {name: slack.channel(name, members=[self.bob]) for name in ("crc", "noc", "support")}
        self.operators = slack.channel("operators", members=[self.bob])
        self.new_id = IdSource(slack.clock.now)
        self.ties = ChatTies(
            direct=IntakeRoom("", "support@intakebot.example"),
            queues={name: channel.id for name, channel in self.channels.items()},
            agents={self.bob.id: "bob"},
            operators=self.operators.id,
        )
        self.opened: list[Calls] = []
        self.restart()

    def restart(self, node: int = 0) -> None:
        """A new process on the same books; with another node it stands beside the first."""
        clock = self.slack.clock.source
        self.chat = self.books.started(node)
        self.calls = Calls(connection_to(self.slack), clock)
        self.opened.append(self.calls)
        self.alarms = Alarms(clock)
        self.paced = PacedCalls(self.calls, clock, self.alarms)
        self.rooms = Rooms(self.ties)
        people = People(self.calls, self.chat, self.ties)
        self.posts = Posts(
            self.chat,
            self.paced,
            CardPosts(self.desk, self.paced, self.ties, self.rooms, clock),
            LinePosts(self.desk, self.chat, self.paced, self.rooms),
            NoticePosts(self.desk, self.chat, self.paced, people, self.rooms),
            self.alarms,
            self.ties.operators,
        )

    async def close(self) -> None:
        for calls in self.opened:
            await calls.close()
        self.books.room.writer.close()

    # --- what happens in the house

    def case(self, queue: str = "crc", **changes: Any) -> Case:
        """A case, with its card owed."""
        case = self.books.case(opened_at=self.slack.clock.now())
        answer = CASE | {"id": case.id, "number": case.number, "label": f"C-{case.number}", "version": 1, "owner": None}
        answer |= {part: [] for part in PARTS}
        self.desk.cases[case.number] = answer | {"queue": {"name": queue, "title": queue.upper()}} | changes
        self.owe(case)
        return case

    def change(self, case: Case, **changes: Any) -> None:
        """The case changes, and its card is owed anew."""
        known = self.desk.cases[case.number]
        if "queue" in changes:
            changes["queue"] = {"name": changes["queue"], "title": changes["queue"].upper()}
        self.desk.cases[case.number] = known | changes | {"version": known["version"] + 1}
        self.owe(case)

    def owe(self, case: Case, kind: PostKind = PostKind.CARD, reference: str = "", target: str = "") -> None:
        self.books.owe(PostOwed(self.new_id(), kind, case.id, target, reference, self.slack.clock.now()))

    def writes(self, case: Case, text: str) -> None:
        """The caller writes: a message, its line, and the card."""
        said = self.desk.cases[case.number]["messages"]
        said.append({"id": self.new_id(), "sender": "Kari", "text": text, "at": self.slack.clock.now().isoformat()})
        self.change(case)
        self.owe(case, PostKind.LINE, f"message:{said[-1]['id']}")

    def tell(self, case: Case, what: str, target: str = "bob") -> None:
        self.owe(case, PostKind.NOTICE, f"{what}:{self.new_id()}", target)

    # --- what the worker makes of it

    async def show(self) -> None:
        """Everything that is due now."""
        while await self.posts.show_due():
            pass

    async def later(self, seconds: float) -> None:
        """Time goes by, and what is due then is shown."""
        self.slack.clock.advance(seconds)
        await self.show()

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """The worker runs by itself."""
        stop = asyncio.Event()
        task = asyncio.create_task(self.posts.run(stop))
        try:
            yield
        finally:
            stop.set()
            async with asyncio.timeout(10):
                await task

    async def until(self, condition: Any, step: float = 0.5) -> None:
        """Let time go by, in steps, until the condition holds; at most an hour."""
        for _ in range(int(timedelta(hours=1).total_seconds() / step)):
            await self.show()
            if condition():
                return
            self.slack.clock.advance(step)
        raise AssertionError("not within an hour")

    # --- what stands there

    def cards(self, queue: str = "crc", case: Case | None = None) -> list[Message]:
        """The top-level messages in a queue's channel that have buttons, perhaps those of one case."""
        label = f"C-{case.number}" if case else ""
        return [one for one in self.top(queue) if label in one.text and pressable(one)]

    def top(self, queue: str = "crc") -> list[Message]:
        """The messages of ours in a queue's channel that stand in no thread."""
        channel: Channel = self.channels[queue]
        return [one for one in self.slack.messages(channel) if not one.thread_ts and one.bot_id]

    def lines(self, card: Message) -> list[str]:
        """The words that stand in the thread of a card."""
        return [said(one) for one in self.slack.thread(card)]

    def direct(self) -> list[Message]:
        """What bob was told."""
        return self.slack.messages(self.bob.dm())

    def post_rows(self) -> list[tuple[Any, ...]]:
        """(kind, state, error) of all posts, oldest first."""
        return self.books.room.rows("SELECT kind, state, error FROM chat_posts ORDER BY id")


def pressable(message: Message) -> bool:
    return any(block["type"] == "actions" for block in message.blocks)


def said(message: Message) -> str:
    """All words of a message."""
    return " ".join(_words(message.blocks)) or message.text


def _words(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["text"]] if isinstance(value.get("text"), str) else []
        return own + [word for name, inner in value.items() if name != "text" or not own for word in _words(inner)]
    return [word for one in value for word in _words(one)] if isinstance(value, list) else []
