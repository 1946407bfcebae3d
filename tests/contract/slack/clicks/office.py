"""What the suite of clicks works on: a real house with a chat, a fake workspace, and the app between them.

People press what stands in the workspace; the house decides; the test looks at both. Cards are hung up by `hang`, as
the worker of posts does it, whenever the test says so: so a card can be stale.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from random import Random
from typing import Any, Literal

from contract.slack.workspace import connection_to
from fakes.slack import Channel, FakeSlack, Message, Person, View
from fakes.standing_house import StandingHouse
from intakebot.channels.slack.answering import actions, command, shortcuts
from intakebot.channels.slack.answering.adopting import workplace_in
from intakebot.channels.slack.answering.home_desk import HomeDesk
from intakebot.channels.slack.doors.app import SlackApp
from intakebot.channels.slack.doors.http_door import HttpDoor
from intakebot.channels.slack.doors.inbox import Inbox
from intakebot.channels.slack.doors.socket_door import SocketDoor
from intakebot.channels.slack.drawing import cards
from intakebot.channels.slack.hearing.arrivals import Arrivals
from intakebot.channels.slack.hearing.arrived import Surround
from intakebot.channels.slack.web.calls import Calls
from intakebot.channels.slack.web.people import People
from intakebot.channels.slack.web.rooms import Rooms
from intakebot.domain.actors import Actor
from intakebot.domain.chat import ChatTies, IntakeRoom, PostKind, PostSettlement, PostState
from intakebot.domain.commands import Command
from intakebot.storage.chat_archive import SqlChatArchive
from intakebot.usecases.chat import HouseChat

QUEUES = ("support", "crc", "noc", "triage")
DIRECT = "support@intakebot.example"
KNOWN_CALLER = "kari@fjord.example"
Door = Literal["http", "socket"]


@dataclass
class WatchedDesk:
    """The house's desk. `gate`, while it is there and not set, lets commands wait; `slow` lets questions wait too.

    `performed` has what was asked for, with who asked, whatever came of it.
    """

    house: StandingHouse
    gate: asyncio.Event | None = None
    slow: asyncio.Event | None = None
    performed: list[tuple[Command, Actor]] = field(default_factory=list)
    entered: asyncio.Event = field(default_factory=asyncio.Event)

    async def perform(self, command: Command, by: Actor) -> Mapping[str, Any]:
        self.performed.append((command, by))
        self.entered.set()
        if self.gate:
            await self.gate.wait()
        return await self.house.desk.perform(command, by)

    async def ask(self, question: str, arguments: Mapping[str, Any]) -> Any:
        if self.slow:
            await self.slow.wait()
        return await self.house.desk.ask(question, arguments)


class Office:
    """Everything between a database and a workspace. Must be opened and closed."""

    def __init__(self, url: str, directory: Path, door: Door) -> None:
        self.house = StandingHouse(url, directory, frozenset(QUEUES))
        self.slack = FakeSlack(self.house.clock)
        self.desk = WatchedDesk(self.house)
        self._door = door
        self._mails = 0
        self._stop = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    # --- its life

    async def open(self) -> None:
        await self.slack.start()
        self._employ()
        await self.house.import_customers()
        self.connection = connection_to(self.slack, self._door)
        self.calls = Calls(self.connection, self.house.clock)
        await self.start()

    async def start(self) -> None:
        """A process of the service begins."""
        self.chat = HouseChat(self.house.house, self.house.writer, SqlChatArchive(self.house.database))
        people, own = People(self.calls, self.chat, self.ties), await self.calls.us()
        rooms = Rooms(self.ties, own.team)
        around = Surround(self.house.reception, self.desk, self.chat, self.calls, people, rooms, own)
        self.workplace = workplace_in(around)
        self.home = HomeDesk(self.workplace)
        handlers = {"app_home_opened": self.home.hear}
        self.arrivals = Arrivals(self.chat, handlers, lambda one: actions.resume(self.workplace, one))
        inbox = Inbox(self.chat, self.arrivals.wake.set, people.hear)
        registrars = (
            lambda app: actions.register(app, self.workplace, self.home),
            lambda app: command.register(app, self.workplace),
            lambda app: shortcuts.register(app, self.workplace),
        )
        self.app = SlackApp(self.connection, self.chat, inbox, registrars)
        self._stop = asyncio.Event()
        lines = [self.arrivals.run(self._stop), self.home.serve(self._stop), await self._opened()]
        self._tasks = [asyncio.create_task(line) for line in lines]
        await asyncio.wait_for(self._listening.wait(), 10)
        if self._door == "http":
            self.slack.deliver_by_http(f"http://127.0.0.1:{self._http.port}{self.connection.path}")

    async def _opened(self) -> Any:
        if self._door == "http":
            self._http = HttpDoor(self.app, self.connection)
            self._listening = self._http.listening
            return self._http.serve(self._stop)
        spread = Random(1)  # noqa: S311 - it spreads connections in time
        door = SocketDoor("workspace", self.app, self.calls, self.house.clock, spread)
        self._listening = door.listening
        return door.serve(self._stop)

    async def stop(self) -> None:
        """The process ends, once everything that is under way is done."""
        await self.workplace.errands.finish(5)
        await self.slack.settled()
        self._stop.set()
        await asyncio.wait_for(asyncio.gather(*self._tasks), 20)
        await self.app.close()

    async def close(self, *, check: bool = True) -> None:
        await self.stop()
        await self.calls.close()
        await self.slack.stop(check=check)
        await self.house.close()

    # --- who and what is there

    def _employ(self) -> None:
        slack = self.slack
        self.people: dict[str, Person] = {
            name: slack.person(name, email=f"{name}@intakebot.example") for name in ("alice", "bob", "carol", "dana")
        }
        away = slack.workspace("T2")
        self.people |= {
            "guest": slack.person("gus", kind="guest"),
            "stranger": slack.person("stella", team=away),
            "nobody": slack.person("nora"),
        }
        everybody = list(self.people.values())
        self.channels: dict[str, Channel] = {
            name: slack.channel(name, members=everybody, shared_with=away if name == "crc" else None) for name in QUEUES
        }
        self.help = slack.channel("help", members=everybody)
        agents = {self.people[name].id: name for name in ("alice", "bob", "carol", "dana")}
        agents |= {self.people[name].id: "dana" for name in ("guest", "stranger")}  # named by mistake: still refused
        self.ties = ChatTies(
            direct=IntakeRoom("", DIRECT),
            rooms={self.help.id: IntakeRoom(self.help.id, "crc@intakebot.example")},
            queues={name: channel.id for name, channel in self.channels.items()},
            agents=agents,
        )

    def __getattr__(self, name: str) -> Person:
        try:
            return self.__dict__["people"][name]
        except KeyError:
            raise AttributeError(name) from None

    # --- what happens

    async def mail(
        self,
        to: str = DIRECT,
        subject: str = "Printer is on fire",
        text: str = "It burns.",
        sender: str = KNOWN_CALLER,
        *,
        hang: bool = True,
    ) -> int:
        """A mail comes in; returns the number of the case, with its card hung up unless `hang` is false."""
        await self._receive(to, subject, text, sender)
        await self.house.register()
        if hang:
            await self.hang()
        return int((await self.house.desk.ask("case.list", {}))[0]["number"])

    async def mails(self, count: int) -> list[int]:
        """Many mails come in, each with a long subject of its own; the numbers of their cases, without cards."""
        await asyncio.gather(
            *(self._receive(DIRECT, f"Case {turn} {'x' * 150}", "It burns.", KNOWN_CALLER) for turn in range(count))
        )
        while await self.house.register():
            pass
        return [row["number"] for row in await self.house.desk.ask("case.list", {"limit": count})]

    async def _receive(self, to: str, subject: str, text: str, sender: str) -> None:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = sender, to, subject
        self._mails += 1
        message["Message-ID"] = f"<{self._mails}@fjord.example>"
        message.set_content(text)
        await self.house.receive(message.as_bytes(), sender, (to,))

    async def perform(self, agent: str, wanted: Command, *, hang: bool = True) -> Mapping[str, Any]:
        """An agent does something elsewhere (the command line), and cards follow, unless `hang` is false."""
        done = await self.house.perform(agent, wanted)
        if hang:
            await self.hang()
        return done

    async def hang(self) -> None:
        """Show the cards that are owed; everything else that is owed is nothing that these tests look at."""
        for post in await self.chat.claim_posts(200):
            at, place, ts, queue = self.house.clock.now(), post.place, post.ts, post.queue
            state = PostState.DROPPED
            if post.kind is PostKind.CARD:
                case = await self.house.desk.ask("case.card", {"number": post.case_number})
                queue, state = case["queue"]["name"], PostState.POSTED
                place, ts = await self._shown(case, post.place, post.ts)
            done = PostSettlement(post.id, state, post.wanted, at, place=place, ts=ts, queue=queue)
            await self.chat.settle_posts([done])

    async def _shown(self, case: Mapping[str, Any], place: str, ts: str) -> tuple[str, str]:
        shown = cards.card(case, self.house.clock.now())
        channel = self.channels[case["queue"]["name"]].id
        here = f"{self.workplace.own.team}/{channel}"
        if place and place == here:
            await self.calls.call("chat.update", channel=channel, ts=ts, text=shown.text, blocks=shown.blocks)
            return place, ts
        if place:
            stub = cards.moved_stub(case, case["queue"]["title"])
            old = place.partition("/")[2]
            await self.calls.call("chat.update", channel=old, ts=ts, text=stub.text, blocks=stub.blocks)
        posted = await self.calls.call("chat.postMessage", channel=channel, text=shown.text, blocks=shown.blocks)
        return here, str(posted["ts"])

    async def form(self, person: Person, where: Message | View, what: str) -> View:
        """Press something that opens a form, and wait until it is filled."""
        before = person.modal
        seen = await person.clicks(where, what)
        assert seen.acked
        await self.slack.until(lambda: person.modal and person.modal is not before and not is_loading(person.modal))
        assert person.modal
        return person.modal

    async def drawn_anew(self, view: View, change: Callable[[], Awaitable[Any]]) -> View:
        """Do something after which a form has other contents, and wait for them."""
        known = view.hash
        await change()
        await self.slack.until(lambda: view.hash != known)
        return view

    # --- what stands there

    async def case(self, number: int) -> Mapping[str, Any]:
        found: Mapping[str, Any] = await self.house.desk.ask("case.show", {"number": number})
        return found

    async def comments(self, number: int) -> list[Mapping[str, Any]]:
        """What agents wrote on the case, oldest first."""
        return [one for one in (await self.case(number))["comments"] if one["kind"] != "call_log"]

    async def history(self, number: int) -> list[str]:
        """The kinds of the case's events, oldest first."""
        return [event["kind"] for event in await self.house.desk.ask("case.log", {"number": number})]

    async def card(self, number: int) -> Message:
        """The card of a case as it is shown now."""
        case = await self.case(number)
        found = await self.chat.card_of(case["id"])
        assert found, f"no card of C-{number}"
        place, ts = found
        channel = place.partition("/")[2]
        return self.slack.state.message(self.slack.state.channels[channel], ts)


def is_loading(view: View) -> bool:
    return "Loading…" in words(view.blocks)


def words(blocks: Any) -> str:
    """Everything that is read in blocks."""
    if isinstance(blocks, Mapping):
        own = [blocks["text"]] if isinstance(blocks.get("text"), str) else []
        return " ".join([*own, *(words(inner) for name, inner in blocks.items() if not own or name != "text")]).strip()
    return " ".join(filter(None, map(words, blocks))) if isinstance(blocks, (list, tuple)) else ""


def buttons(message: Any) -> list[str]:
    """The action ids that can be pressed there, choices of menus too."""
    found: list[str] = []
    for block in message.blocks:
        elements = [*(block.get("elements") or ()), *([block["accessory"]] if block.get("accessory") else [])]
        for element in elements:
            if element.get("type") == "button":
                found.append(element["action_id"])
            found += [option["value"] for option in element.get("options") or ()]
    return found
