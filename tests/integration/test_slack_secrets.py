"""S14: what is internal never reaches a caller's conversation, whatever agents do; it stands where agents look.

A whole house with the workspace on its other side. Every word that is internal begins with the same canary, and all
that was ever sent to a conversation of callers is searched for it: arguments of calls and bytes of files.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.slack.workspace import connection_to
from fakes.slack import Channel, FakeSlack, Message
from fakes.standing_house import StandingHouse
from intakebot.channels.slack.showing.card_posts import CardPosts
from intakebot.channels.slack.showing.line_posts import LinePosts
from intakebot.channels.slack.showing.notice_posts import NoticePosts
from intakebot.channels.slack.showing.outlet import SlackOutlet
from intakebot.channels.slack.showing.paced_calls import PacedCalls
from intakebot.channels.slack.showing.posts import Posts
from intakebot.channels.slack.web.alarms import Alarms
from intakebot.channels.slack.web.calls import Calls
from intakebot.channels.slack.web.people import People
from intakebot.channels.slack.web.rooms import Rooms
from intakebot.domain import commands as c
from intakebot.domain.chat import ChatTies, IntakeRoom
from intakebot.domain.errors import NotFoundError, RefusedError
from intakebot.reading.chat import ChatContent
from intakebot.storage.chat_archive import SqlChatArchive
from intakebot.usecases.chat import HouseChat
from intakebot.usecases.register import Registration
from intakebot.worker import Worker
from integration.invariants import CANARY

CRC, SUPPORT = "crc@intakebot.example", "support@intakebot.example"
QUEUES = ("support", "crc", "noc", "triage")

secrets = st.text("abcdefgh ", max_size=12).map(lambda word: f"{CANARY}{word}")
cases = st.integers(1001, 1004)
agents = st.sampled_from(["alice", "bob", "carol", "dana"])
queues = st.sampled_from(QUEUES)
files = st.lists(st.builds(c.OutgoingFile, st.just("plan.txt"), st.just("text/plain"), st.just(b"plan")), max_size=1)
acts = st.one_of(
    st.builds(c.Take, cases),
    st.builds(c.Move, cases, queue=queues, comment=secrets),
    st.builds(c.Move, cases, assignee=agents, comment=secrets),
    st.builds(c.AddComment, cases, secrets, st.sampled_from(["comment", "work_info"])),
    st.builds(c.Mark, cases, st.just("NNR")),
    st.builds(c.AddTask, cases, secrets, queue=queues, handover=secrets),
    st.builds(c.Classify, cases, category=st.sampled_from(["technical/defect", "commercial/invoice"])),
    st.builds(c.Identify, cases, st.sampled_from(["ACME", "FJORD-1001"])),
    st.builds(c.Ask, cases, st.just("Which one?"), files.map(tuple)),
    st.builds(c.Resolve, cases, st.just("Restart it."), draft=st.booleans(), files=files.map(tuple)),
    st.builds(c.SendResolution, cases),
    st.builds(c.Close, cases, notify=st.booleans()),
    st.builds(c.Reopen, cases, secrets),
    st.builds(c.Void, cases, secrets),
    st.builds(c.Split, cases, st.just("another")),  # a title is what the caller may read
    st.builds(c.Link, cases, cases, st.sampled_from(["parent", "predecessor"])),
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("acts"), agents, acts),
        st.tuples(st.just("says"), st.sampled_from([SUPPORT, CRC]), st.booleans()),
        st.tuples(st.just("mails"), st.sampled_from([SUPPORT, CRC]), secrets),
    ),
    min_size=8,
    max_size=20,
)


class Between:
    """The house and the workspace: carla calls from the room `help` and from her direct messages."""

    def __init__(self, house: StandingHouse, slack: FakeSlack) -> None:
        self.house, self.slack = house, slack
        self.carla, self.dana = slack.person("carla", name="Carla"), slack.person("dana", name="Dana")
        self.help = slack.channel("help", [self.carla, self.dana], shared_with=slack.workspace("other"))
        self.channels = {name: slack.channel(name, [self.dana], private=True) for name in QUEUES}
        ties = ChatTies(
            IntakeRoom("", SUPPORT),
            queues={name: room.id for name, room in self.channels.items()},
            agents={self.dana.id: "dana"},
        )
        clock = house.clock
        self.calls = Calls(connection_to(slack), clock)
        paced, rooms = PacedCalls(self.calls, clock, Alarms(clock)), Rooms(ties, slack.home.id)
        self.chat = chat = HouseChat(house.house, house.writer, SqlChatArchive(house.database))
        self.posts = Posts(
            chat,
            paced,
            CardPosts(house.desk, paced, ties, rooms, clock),
            LinePosts(house.desk, chat, paced, rooms),
            NoticePosts(house.desk, chat, paced, People(self.calls, chat, ties), rooms),
            paced.alarms,
        )
        outlets = {"email": house.outlet, "slack": SlackOutlet(paced, rooms, clock)}
        registration = Registration(house.house)
        self.worker = Worker(house.house, house.writer, house.archive, registration, outlets, house.wake, house.read)
        self.asked: list[Message] = []

    async def says(self, to: str, *, again: bool) -> None:
        """Carla writes: something new, or in the thread of what she asked last."""
        room = self.help if to == CRC else self.carla.dm()
        root = next((said for said in reversed(self.asked) if said.channel is room), None) if again else None
        said = await self.carla.says(room, "It does not work at all.", thread=root)
        self.asked.append(said)
        place, root_ts = f"{self.slack.home.id}/{room.id}", said.thread_ts or said.ts
        person = f"{self.slack.home.id}/{self.carla.id}".lower()
        content = ChatContent("slack", place, said.ts, root_ts, person, "Carla", "", said.text)
        await self.house.receive_chat(content, to)

    async def mails(self, to: str, secret: str) -> None:
        """Another customer writes by mail: every word of it is none of Carla's business."""
        mail = f"From: Kari {CANARY} <kari@fjord.example>\r\nSubject: {secret}\r\n\r\n{secret}\r\n"
        await self.house.receive(mail.encode(), "kari@fjord.example", (to,))

    async def acts(self, agent: str, command: c.Command) -> None:
        try:
            await self.house.perform(agent, command)
        except (RefusedError, NotFoundError):
            return

    async def work(self, patience: timedelta = timedelta(minutes=1)) -> None:
        """Until nothing is left that is due within `patience`, of which no time is spent waiting."""
        end = self.house.clock.now() + patience
        while self.house.clock.now() < end:
            found = await self.worker.register_pending() + await self.worker.act_on_what_is_due()
            if not found + await self.posts.show_due():
                due = min(filter(None, (await self.chat.next_due(), self.house.archive.next_due())), default=end)
                self.house.advance(max(min(due, end) - self.house.clock.now(), timedelta(milliseconds=100)))

    def sent_to(self, *rooms: Channel) -> list[str]:
        """Everything that was ever sent there, words and bytes."""
        ids = {room.id for room in rooms}
        said = [call for call in self.slack.calls() if str(call.arguments.get("channel")) in ids]
        said += [call for call in self.slack.calls() if str(call.arguments.get("channel_id")) in ids]
        shown = [one for room in rooms for one in self.slack.messages(room) for one in one.files]
        return [json.dumps(call.arguments) for call in said] + [file.content.decode() for file in shown]


@asynccontextmanager
async def between(template: Path, folder: Path) -> AsyncIterator[Between]:
    shutil.copy(template, folder / "intakebot.db")
    house = StandingHouse("sqlite+pysqlite:///intakebot.db", folder, frozenset(QUEUES))
    await house.import_customers()
    async with FakeSlack(house.clock) as slack:
        made = Between(house, slack)
        try:
            yield made
        finally:
            await made.calls.close()
    await house.close()


async def test_what_is_internal_stands_where_agents_look_and_nowhere_else(migrated_file: Path, tmp_path: Path) -> None:
    async with between(migrated_file, tmp_path) as both:
        await both.says(CRC, again=False)
        await both.mails(CRC, f"{CANARY} of another customer")
        await both.work()
        for command in (
            c.Take(1001),
            c.AddComment(1001, f"{CANARY} comment"),
            c.AddComment(1001, f"{CANARY} work", "work_info"),
            c.Link(1001, 1002),
            c.Ask(1001, "Which one?"),
            c.AddTask(1001, f"{CANARY} task", queue="noc"),
            c.Resolve(1001, "Restart it.", files=(c.OutgoingFile("plan.txt", "text/plain", b"plan"),)),
        ):
            await both.house.perform("dana", command)
            await both.work()
        public, internal = both.sent_to(both.help, both.carla.dm()), both.sent_to(*both.channels.values())
    assert not [said for said in public if CANARY in said]
    assert any("Which one?" in said for said in public)
    assert any("Restart it." in said for said in public)
    assert "plan" in public
    for word in ("comment", "work", "task", "of another customer"):
        assert any(f"{CANARY} {word}" in said for said in internal), word


def test_no_act_brings_anything_internal_to_a_caller(migrated_file: Path) -> None:
    @settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
    @given(steps)
    def played(steps: list[tuple[str, ...]]) -> None:
        folder = Path(tempfile.mkdtemp(prefix="secrets-"))
        try:
            asyncio.run(play(folder, steps))
        finally:
            shutil.rmtree(folder)

    async def play(folder: Path, steps: list[tuple[str, ...]]) -> None:
        async with between(migrated_file, folder) as both:
            await both.says(CRC, again=False)
            for kind, first, second in steps:
                if kind == "says":
                    await both.says(first, again=bool(second))
                elif kind == "mails":
                    await both.mails(first, second)
                else:
                    await both.acts(first, second)
                await both.work(timedelta(seconds=2))
            await both.work(timedelta(minutes=5))
            public = both.sent_to(both.help, both.carla.dm())
        assert not [said for said in public if CANARY in said]

    played()
