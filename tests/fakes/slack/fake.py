"""The fake Slack: one server on this machine that speaks the Web API, delivers by HTTP and by Socket Mode, and people.

Tests make one, point the app at `api_url`, let people act, and look at what the app made of it. When it stops, it
raises everything that it holds against the app (`verdict`).
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from fakes.slack import picture
from fakes.slack.acts import Acts
from fakes.slack.app import App
from fakes.slack.background import Background
from fakes.slack.clock import FakeClock
from fakes.slack.courier import Attempt, Courier, Delivery
from fakes.slack.events import Announcer, Event
from fakes.slack.faults import Faults
from fakes.slack.http_door import HttpDoor
from fakes.slack.interactions import Interactions
from fakes.slack.limits import Limits
from fakes.slack.person import Person
from fakes.slack.places import Places
from fakes.slack.records import Channel, Json, Kind, Message, User, Workspace
from fakes.slack.registry import Call
from fakes.slack.scrutiny import Scrutiny
from fakes.slack.shapes import Shapes, rich_text
from fakes.slack.socket_door import SocketDoor, Sockets
from fakes.slack.stacks import Stacks
from fakes.slack.state import State
from fakes.slack.verdict import Verdict
from fakes.slack.web_api import WebApi

LARGEST_BODY = 64 * 1024 * 1024
LOOK_AGAIN = 0.02
LAST_TURNS = 20


class FakeSlack:
    """`clock` is shared with the program under test, if given: see `FakeClock`."""

    def __init__(self, clock: Any = None) -> None:
        self.clock = FakeClock(clock)
        self.state = State(self.clock)
        self.verdict = Verdict()
        self.home = self.workspace("T0ACME", title="Acme", installed=False)
        self.app = App(self.state, self.verdict, self.home, "A0INTAKE")
        self.app.install(self.home)
        self.shapes = Shapes("", self.app.app_id, self.app.name)
        self._deliver()
        self.scrutiny = Scrutiny(self.state, self.verdict)
        self.stacks = Stacks(self.state)
        self.interactions = Interactions(self.state, self.shapes, self.app.app_id)
        self.places = Places(self.state, self.acts, self.app, self.scrutiny, self.verdict)
        self.faults = Faults()
        self.limits = Limits(self.state, self.verdict)
        self.api = WebApi(self)
        self._runner: web.AppRunner | None = None
        self.api_url = ""

    def _deliver(self) -> None:
        self.background = Background()
        self.http = HttpDoor(self.clock, lambda: self.app.signing_secret)
        self.socket_door = SocketDoor(self.state, self.verdict, self.app.app_id, self.background)
        self.courier = Courier(self.state, self.verdict, self.socket_door, self.background)
        self.courier.on_flood = self._say_flooded
        self.sockets = Sockets(self.socket_door)
        self.announce = Announcer(
            self.state, self.shapes, self.app.app_id, self.app.events, self.courier.take, self.app.scopes
        )
        self.acts = Acts(self.state, self.announce)

    # --- its life

    async def start(self) -> None:
        """Listen on a free port of this machine."""
        served = web.Application(client_max_size=LARGEST_BODY)
        served.router.add_route("*", "/api/{method}", self.api.serve)
        served.router.add_post("/upload/v1/{secret}", self.places.upload)
        served.router.add_get("/files-pri/{place}/{rest:.*}", self.places.download)
        served.router.add_post("/response/{team}/{id}/{secret}", self.places.respond)
        served.router.add_get("/link/", self.socket_door.serve)
        self._runner = web.AppRunner(served, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        origin = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self.shapes.origin = self.socket_door.origin = origin
        self.api_url = f"{origin}/api/"

    async def quiet(self) -> None:
        """Bring nothing more, and hang up: for the end of a test, before the app stops listening."""
        await self.courier.stop()
        await self.http.close()

    async def stop(self, *, check: bool = True) -> None:
        """End, then raise what is held against the app (unless the test has failed already: `check=False`)."""
        await self.quiet()
        self.sockets.kill()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        for _ in range(LAST_TURNS):
            await asyncio.sleep(0)  # the other ends of what was closed see it
        self.app.check()
        if self.background.broken:
            raise self.background.broken[0]
        if check:
            self.verdict.check()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop(check=error is None)

    # --- who and what is there

    def workspace(
        self,
        name: str,
        *,
        title: str = "",
        installed: bool = True,
        enterprise: str | None = None,
        by_enterprise: bool = False,
    ) -> Workspace:
        """Another workspace, with the app installed unless said otherwise; `name` is its id when it begins with T."""
        id_ = name if name.startswith("T") and name.isupper() else self.state.new_id("T")
        team = Workspace(id_, title or name, enterprise, by_enterprise=by_enterprise)
        self.state.workspaces[team.id] = team
        if installed:
            self.app.install(team)
        return team

    def person(
        self,
        handle: str,
        *,
        email: str | None = "",
        name: str = "",
        kind: Kind = "member",
        team: Workspace | None = None,
        id: str = "",  # noqa: A002 - an account's id is called so
    ) -> Person:
        """An account; without `email` it has one made of its handle, with None it has none."""
        home = team or self.home
        address = f"{handle}@{home.domain}.example" if email == "" else email
        user = User(id or self.state.new_id("U"), home, handle, name or handle.capitalize(), address, kind)
        if kind == "bot":
            user.bot_id = self.state.new_id("B")
        self.state.users[user.id] = user
        return Person(self, user)

    async def slackbot_says(self, whom: Person, text: str) -> Message:
        """USLACKBOT, who is no bot to Slack, writes into somebody's direct message with the app."""
        user = self.state.users.get("USLACKBOT")
        bot = Person(self, user) if user else self.person("slackbot", email=None, name="Slackbot", id="USLACKBOT")
        return self.acts.say(bot.user, whom.dm(), text, thread_ts=None, files=[])

    def channel(
        self,
        name: str,
        members: Sequence[Person] = (),
        *,
        private: bool = False,
        shared_with: Workspace | Sequence[Workspace] | None = None,
        bot: bool = True,
        team: Workspace | None = None,
    ) -> Channel:
        """A channel with these members and, unless `bot` is false, the app."""
        home = team or self.home
        shared = (shared_with,) if isinstance(shared_with, Workspace) else tuple(shared_with or ())
        channel = Channel(
            self.state.new_id("C"), name, home, private, shared_with=shared, created=int(self.clock.time())
        )
        channel.members = [one.id for one in members]
        if bot:
            channel.members += [one.bot_user for one in (home, *shared) if one.installed]
        self.state.channels[channel.id] = channel
        return channel

    def usergroup(self, name: str, members: Sequence[Person]) -> str:
        """A group of people; returns its id."""
        id_ = self.state.new_id("S")
        self.state.usergroups[id_] = (self.home, name, [one.id for one in members])
        return id_

    # --- how things reach the app

    def deliver_by_http(self, url: str) -> None:
        """Bring events and interactions to this address from now on."""
        self.http.aim(url)
        self.courier.door = self.http

    def deliver_by_socket(self) -> None:
        """Bring them by Socket Mode (as at the beginning)."""
        self.courier.door = self.socket_door

    async def verify_url(self) -> bool:
        """What Slack does when the request URL is saved: whether the app returns the challenge."""
        challenge = self.state.new_id("challenge")
        body = {"token": "deprecated", "challenge": challenge, "type": "url_verification"}
        attempt = await self.http.send(Delivery("url_verification", "event", body), 0, "")
        answered = attempt.body.get("challenge") if isinstance(attempt.body, dict) else attempt.body
        return attempt.acked and answered == challenge

    async def replay(self, *, age: float = 0, tamper: bool = False, secret: str = "", stamp: str = "") -> Attempt:
        """Send the last delivery by HTTP again, signed `age` seconds ago, by another secret, or changed after that."""
        headers, body = self.http.sent[-1]
        at = self.http.stamp() - age
        signed = {**headers, **self.http.signed(body, headers["Content-Type"], at, secret)}
        if stamp:
            signed["X-Slack-Request-Timestamp"] = stamp
        return await self.http.post(signed, body.replace(b"0", b"1") if tamper else body)

    def hold_events(self) -> None:
        """Keep events back."""
        self.courier.hold()

    def release_events(self, *, shuffle: bool = False, seed: int = 1) -> asyncio.Future[Any]:
        """Bring what was kept back; can be awaited."""
        return self.courier.release(shuffle=shuffle, seed=seed)

    def redeliver(self, what: Message | str, times: int = 1, *, at_once: bool = True) -> asyncio.Future[Any]:
        """Bring the events of a message (or one event, by its id) again though they were acknowledged."""
        which = what.ts if isinstance(what, Message) else what
        return self.courier.again(which, times, at_once=at_once)

    def send_event(self, event: Json, *, team: Workspace | None = None) -> str:
        """Bring any event, such as one of a subtype that nobody knows; returns its id."""
        return self.announce.anything(event, team or self.home)

    def _say_flooded(self, team: str, minute: int) -> None:
        body = {"token": "deprecated", "type": "app_rate_limited", "team_id": team, "minute_rate_limited": minute}
        body["api_app_id"] = self.app.app_id
        self.courier.notice(Event(self.state.new_id("Ev"), body, team=team))

    def say_rate_limited(self, team: Workspace | None = None) -> None:
        """Tell the app that its events are held back (`app_rate_limited`)."""
        self._say_flooded((team or self.home).id, int(self.clock.time() // 60 * 60))

    # --- what happens to the whole workspace

    def uninstall(self, team: Workspace | None = None) -> None:
        """Throw the app out."""
        self.acts.uninstall(team or self.home)

    def reinstall(self, team: Workspace | None = None) -> str:
        """Let the app in again; returns the new token."""
        return self.app.install(team or self.home).value

    def change_channel_id(self, channel: Channel) -> str:
        """Sharing starts: the channel gets another id (`channel.id`); returns the old one."""
        return self.acts.rename_id(channel, self.state.new_id("C"))

    def app_message(self, room: Channel, text: str, blocks: Sequence[Json] = ()) -> Message:
        """A message as if the app had posted it, for `acts.post`: where the app itself is not what is tried."""
        message = Message(
            room, self.state.new_ts(), room.team.bot_user, text, copy.deepcopy(list(blocks)), team=room.team
        )
        message.bot_id, message.app_id = room.team.bot_id, self.app.app_id
        return message

    # --- what a test looks at

    def messages(self, room: Channel) -> list[Message]:
        """The live messages of a channel, oldest first, replies too."""
        return self.state.live(room)

    def thread(self, message: Message) -> list[Message]:
        """The live replies under a message, oldest first."""
        return self.state.replies(message.channel, message.root_ts)

    def calls(self, method: str = "") -> list[Call]:
        """The calls of the Web API, oldest first; all of them, or of one method."""
        return [call for call in self.api.calls if not method or call.method == method]

    @property
    def deliveries(self) -> list[Delivery]:
        """What was brought to the app, with each attempt."""
        return self.courier.deliveries

    def rich_text(self, text: str) -> Json:
        """The block that Slack makes of a text."""
        return rich_text(text, self.state.new_id("b"))

    def user(self, id_: str) -> Person:
        """The person of an id."""
        return Person(self, self.state.users[id_])

    async def comes(self, condition: Callable[[], Any], within: float = 5.0) -> bool:
        """Whether `condition` becomes true within so many real seconds; looked at on each change."""
        bell = self.state.listen()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within
        try:
            while not condition():
                if loop.time() >= deadline:
                    return False
                bell.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(bell.wait(), LOOK_AGAIN)
        finally:
            self.state.ignore(bell)
        return True

    async def until(self, condition: Callable[[], Any], within: float = 5.0) -> None:
        """Wait for a condition; `AssertionError`, with a picture of all that happened, when it does not come."""
        if not await self.comes(condition, within):
            raise AssertionError(f"not within {within} s\n{picture.of(self)}")

    async def settled(self, within: float = 5.0) -> None:
        """Wait until everything that was sent to the app has been answered, or given up for now."""
        await self.until(lambda: not self.courier.busy, within)
