"""The Slack channel: callers come in by it, agents work in it, answers leave by it. One object for one workspace.

Made by the composition root; `serve` is its life, `outlet` what the worker hands replies to. It promises that a wrong
token stops the start, that a network that is down does not, and that what was begun is finished when the house closes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any

from slack_bolt.async_app import AsyncApp

from intakebot.channels.slack.answering import actions, command, shortcuts
from intakebot.channels.slack.answering.adopting import workplace_in
from intakebot.channels.slack.answering.home_desk import HomeDesk
from intakebot.channels.slack.doors.app import SlackApp
from intakebot.channels.slack.doors.http_door import HttpDoor
from intakebot.channels.slack.doors.inbox import Inbox
from intakebot.channels.slack.doors.probe import probe
from intakebot.channels.slack.doors.socket_door import SocketDoor
from intakebot.channels.slack.hearing.arrivals import Arrivals
from intakebot.channels.slack.hearing.arrived import Surround
from intakebot.channels.slack.hearing.events import handlers
from intakebot.channels.slack.showing.card_posts import CardPosts
from intakebot.channels.slack.showing.line_posts import LinePosts
from intakebot.channels.slack.showing.notice_posts import NoticePosts
from intakebot.channels.slack.showing.outlet import SlackOutlet
from intakebot.channels.slack.showing.paced_calls import PacedCalls
from intakebot.channels.slack.showing.posts import Posts
from intakebot.channels.slack.web.alarms import Alarm, Alarms
from intakebot.channels.slack.web.calls import Calls, Us
from intakebot.channels.slack.web.connection import SlackConnection
from intakebot.channels.slack.web.people import People
from intakebot.channels.slack.web.rooms import Rooms
from intakebot.channels.slack.web.tokens import RotatingTokens
from intakebot.domain.chat import ChatTies
from intakebot.edge import guarded
from intakebot.ports import Desk, Intake
from intakebot.ports.chat import Chat, Tokens

LOOK_AGAIN = timedelta(seconds=10)
"""How often to ask who we are while Slack cannot be reached."""
GREETED_WITHIN = timedelta(seconds=10)
ERRANDS_SECONDS = 10.0
"""How long what people asked for may still take when the house closes."""


@dataclass(frozen=True, slots=True)
class _Open:
    """What exists once Slack has said who we are: the door, the workers behind it, the people's answers."""

    door: HttpDoor | SocketDoor
    inbox: Inbox
    app: SlackApp
    arrivals: Arrivals
    home: HomeDesk
    finish: Callable[[float], Awaitable[None]]


class SlackChannel:
    """One workspace. `listening` is set once the doors are open, or once it is known that Slack cannot be reached.

    `random` spreads what many would do at once.
    """

    def __init__(
        self, connection: SlackConnection, ties: ChatTies, desk: Desk, chat: Chat, tokens: Tokens, random: Random
    ) -> None:
        self.name = connection.name
        self.listening = asyncio.Event()
        self._connection, self._ties, self._desk, self._chat, self._random = connection, ties, desk, chat, random
        self._rotating = RotatingTokens(connection, tokens, chat.clock) if connection.rotates else None
        self._calls = Calls(connection, chat.clock, self._rotating)
        self._alarms = Alarms(chat.clock)
        self._paced = PacedCalls(self._calls, chat.clock, self._alarms)
        self._rooms = Rooms(ties)
        self._people = People(self._calls, chat, ties)
        self._posts = self._make_posts()
        self._open: _Open | None = None
        self.outlet = SlackOutlet(self._paced, self._rooms, chat.clock)

    @property
    def port(self) -> int:
        """The port that takes requests, in HTTP mode; else 0."""
        return self._open.door.port if self._open and isinstance(self._open.door, HttpDoor) else 0

    def stirred(self) -> None:
        """Something has changed in the house: posts may be owed, and open pages be out of date. From the loop only."""
        self._posts.wake.set()
        if self._open:
            self._open.home.stirred()

    def alarms(self) -> tuple[Alarm, ...]:
        """What needs a person now, and what to do."""
        troubles = [self._calls.trouble]
        if self._open:
            troubles += [self._open.door.trouble, self._open.inbox.trouble]
        standing = [Alarm("slack.trouble", self.name, sentence) for sentence in troubles if sentence]
        return (*standing, *self._alarms.standing)

    def tell_operators(self, sentence: str) -> None:
        """Show the operators' channel a sentence, where there is one. From the loop only."""
        self._alarms.tell(sentence)
        self._posts.wake.set()

    async def serve(self, intake: Intake, stop: asyncio.Event) -> None:
        """Receive until `stop`, then finish what was begun.

        Raises TokenRefusedError when a token is wrong, DoorUnavailableError when the address cannot be had.
        """
        await probe(self._connection, self._calls)
        working = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._posts.run(working))
            tasks.create_task(self._people.keep_current(working))
            own = await self._who_we_are(stop)
            if own:
                await self._receive(self._opened(intake, own), stop)
            self.listening.set()
            working.set()

    async def close(self) -> None:
        """Let go of the connections; after the last reply has left."""
        await self._calls.close()
        if self._rotating:
            await self._rotating.close()

    async def _who_we_are(self, stop: asyncio.Event) -> Us | None:
        """Ask until Slack says it; the house is open meanwhile. None when it closes first."""
        while not stop.is_set():
            own = await guarded(f"slack {self.name}", self._calls.us())
            if isinstance(own, Us):
                self._rooms.found_in(own.team)
                return own
            self.listening.set()
            await self._chat.clock.until(self._chat.clock.now() + LOOK_AGAIN, stop)
        return None

    async def _receive(self, opened: _Open, stop: asyncio.Event) -> None:
        self._open = opened
        working = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(opened.arrivals.run(working))
            tasks.create_task(opened.home.serve(working))
            announcing = tasks.create_task(self._announce(opened.door))
            await opened.door.serve(stop)
            announcing.cancel()
            await opened.finish(ERRANDS_SECONDS)
            await opened.app.close()
            working.set()

    async def _announce(self, door: HttpDoor | SocketDoor) -> None:
        """The house is open when the door is, and does not wait long for a platform that does not greet us."""
        greeted = asyncio.get_running_loop().create_task(door.listening.wait())
        over = asyncio.Event()
        greeted.add_done_callback(lambda _: over.set())
        try:
            await self._chat.clock.until(self._chat.clock.now() + GREETED_WITHIN, over)
        finally:
            greeted.cancel()
            self.listening.set()

    def _opened(self, intake: Intake, own: Us) -> _Open:
        around = Surround(
            intake, self._desk, self._chat, self._calls, self._people, self._rooms, own, self._connection.silent
        )
        workplace = workplace_in(around)
        home = HomeDesk(workplace)
        table = {**handlers(around, self._alarms), "app_home_opened": home.hear}
        arrivals = Arrivals(self._chat, table, partial(actions.resume, workplace))
        inbox = Inbox(self._chat, arrivals.wake.set, self._hear)
        registrars: tuple[Callable[[AsyncApp], None], ...] = (
            partial(actions.register, workplace=workplace, home=home),
            partial(command.register, workplace=workplace, command=self._connection.command),
            partial(shortcuts.register, workplace=workplace),
        )
        app = SlackApp(self._connection, self._chat, inbox, registrars)
        return _Open(self._door(app), inbox, app, arrivals, home, workplace.errands.finish)

    def _hear(self, event: Mapping[str, Any]) -> None:
        """What is only a hint: a changed profile, a changed group, a lost token."""
        self._calls.hear(event)
        self._people.hear(event)

    def _door(self, app: SlackApp) -> HttpDoor | SocketDoor:
        if self._connection.mode == "http":
            return HttpDoor(app, self._connection)
        return SocketDoor(self.name, app, self._calls, self._chat.clock, self._random)

    def _make_posts(self) -> Posts:
        desk, chat, paced, rooms = self._desk, self._chat, self._paced, self._rooms
        return Posts(
            chat,
            paced,
            CardPosts(desk, paced, self._ties, rooms, chat.clock),
            LinePosts(desk, chat, paced, rooms),
            NoticePosts(desk, chat, paced, self._people, rooms),
            self._alarms,
            self._ties.operators,
        )
