"""Answers to people who act in the workspace: in time, to them only, and true.

The platform waits three seconds for the answer to an interaction, and a person not much longer. `attend` gives
that answer when the work says so, or before the time is over; the work goes on in either case, as an errand that
is kept until it ends. `tell` shows a sentence to one person. Called by every listener in this folder.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from intakebot.channels.slack.answering.clicks import Click, Payload, mapping
from intakebot.channels.slack.drawing.safe_text import escape
from intakebot.channels.slack.web.calls import Calls, Us
from intakebot.channels.slack.web.people import People
from intakebot.channels.slack.web.rooms import Rooms
from intakebot.domain.actors import Actor
from intakebot.domain.errors import IntakebotError, RefusedError, Remedy, SlackRefusedError
from intakebot.edge import guarded
from intakebot.ports import Desk, Intake
from intakebot.ports.chat import Chat

ANSWER_WITHIN = 2.2
"""Seconds after which an answer is given, whatever the work says: of the platform's three, the rest is the way."""
TRY_AGAIN = "That did not work just now. Look at the case, and try again in a moment."

_log = logging.getLogger(__name__)


class Errands:
    """Work that goes on after its answer was given. Kept here, because nobody else keeps it."""

    def __init__(self) -> None:
        self._under_way: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Begin; the work must not raise (see `edge.guarded`)."""
        task = asyncio.get_running_loop().create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    async def finish(self, within: float) -> None:
        """Wait for all of it, `within` seconds at most; what is late then is cancelled."""
        if not self._under_way:
            return
        _, late = await asyncio.wait(set(self._under_way), timeout=within)
        for task in late:
            task.cancel()


class CarriedOut:
    """Forms that were carried out, by their ids: whoever sends one off twice, unsure whether it was, does it once.

    In memory, and the newest only: a form lives as long as somebody looks at it.
    """

    MOST = 2_000

    def __init__(self) -> None:
        self._forms: dict[str, None] = {}
        self._under_way: dict[str, asyncio.Event] = {}

    @asynccontextmanager
    async def alone(self, view_id: str) -> AsyncIterator[None]:
        """Nobody else carries the form out meanwhile: who sends it off again waits, then sees whether it is done."""
        while under_way := self._under_way.get(view_id):
            await under_way.wait()
        over = self._under_way[view_id] = asyncio.Event()
        try:
            yield
        finally:
            del self._under_way[view_id]
            over.set()

    def add(self, view_id: str) -> None:
        """It is done."""
        self._forms[view_id] = None
        if len(self._forms) > self.MOST:
            del self._forms[next(iter(self._forms))]

    def __contains__(self, view_id: str) -> bool:
        return view_id in self._forms


class Turns:
    """Which pick in a form was the last one: the answer to an earlier one comes too late. The newest forms only."""

    MOST = 2_000

    def __init__(self) -> None:
        self._latest: dict[str, str] = {}

    def note(self, click: Click) -> None:
        """Something was picked in a form."""
        view_id = _view_id(click)
        self._latest[view_id] = max(click.at, self._latest.pop(view_id, ""))
        if len(self._latest) > self.MOST:
            del self._latest[next(iter(self._latest))]

    def is_latest(self, click: Click) -> bool:
        """Whether nothing was picked in the form after that."""
        return click.at >= self._latest.get(_view_id(click), "")


def _view_id(click: Click) -> str:
    return str(click.view.get("id") or "")


class Adopt(Protocol):
    """Makes a contact of a message that stands in the workspace, as if it had come in by itself."""

    async def __call__(self, channel: str, ts: str, title: str, only_of: str | None) -> None:
        """Take it in, under this title, and, with `only_of`, only if that user wrote it. Raises RefusedError."""


@dataclass(frozen=True, slots=True)
class Workplace:
    """What everybody who answers people here is handed: the house, the workspace, and who is who."""

    desk: Desk
    chat: Chat
    intake: Intake
    people: People
    calls: Calls
    rooms: Rooms
    own: Us
    adopt: Adopt
    errands: Errands = field(default_factory=Errands)
    carried_out: CarriedOut = field(default_factory=CarriedOut)
    turns: Turns = field(default_factory=Turns)

    async def actor(self, click: Click) -> Actor:
        """The agent who acts. Raises RefusedError, in words for that person, for everybody else."""
        agent = await self.people.agent(click.team, click.user)
        return Actor.agent(agent.id)

    async def perhaps_actor(self, click: Click) -> Actor | None:
        """The agent who acts, or None for everybody else."""
        try:
            return await self.actor(click)
        except RefusedError:
            return None


class Answer:
    """The one answer that the platform waits for. Who gives it first has given it.

    `done` is True once the work has given its answer, in time or not, and False when it was cut off before that.
    """

    def __init__(self) -> None:
        self.body: Mapping[str, Any] = {}
        self.given = asyncio.Event()
        self.done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def give(self, **body: Any) -> bool:  # noqa: ANN401 - the arguments of the platform's ack
        """The work's answer: nothing, or what bolt's `ack` takes. False when one was given already (too late)."""
        self._end(done=True)
        return self.give_meanwhile(**body)

    def give_meanwhile(self, **body: Any) -> bool:  # noqa: ANN401 - as above
        """An answer in time, while the work goes on."""
        if self.given.is_set():
            return False
        self.body = body
        self.given.set()
        return True

    def cut_off(self) -> None:
        """Nothing more comes of the work; unless it is done."""
        self._end(done=False)

    def _end(self, *, done: bool) -> None:
        if not self.done.done():
            self.done.set_result(done)


Work: TypeAlias = Callable[[Answer], Awaitable[None]]
Ack: TypeAlias = Callable[..., Awaitable[Any]]


async def attend(
    workplace: Workplace, click: Click, work: Work, ack: Ack, late: Callable[[], Mapping[str, Any]] = dict
) -> asyncio.Future[bool]:
    """Do `work` and answer: with what it gives, or in time with what `late` makes. Never raises for `work`.

    Whatever goes wrong in `work` is told to the person who acted. What is returned says whether it was done in the
    end, or cut off.
    """
    answer = Answer()
    errand = workplace.errands.start(_attended(workplace, click, work, answer))
    errand.add_done_callback(lambda _: answer.cut_off())
    try:
        await asyncio.wait_for(answer.given.wait(), ANSWER_WITHIN)
    except TimeoutError:
        answer.give_meanwhile(**late())
    await ack(**answer.body)
    return answer.done


async def _attended(workplace: Workplace, click: Click, work: Work, answer: Answer) -> None:
    outcome = await guarded(f"slack {click.verb} by {click.team}/{click.user}", work(answer))
    answer.give()
    if isinstance(outcome, IntakebotError):
        await tell(workplace, click, sentence_of(outcome))


def sentence_of(error: IntakebotError) -> str:
    """What a person is told of an error: the house's own sentence where asking again does not help."""
    return error.sentence if error.remedy is not Remedy.LATER else TRY_AGAIN


async def tell(workplace: Workplace, click: Click, sentence: str) -> None:
    """Show a sentence to the person who acted, and to nobody else: where they acted, else in their direct messages.

    Never raises: what could not be told is in the log.
    """
    outcome = await guarded(f"slack: tell {click.user}", _told(workplace, click, escape(sentence)))
    if isinstance(outcome, IntakebotError):
        _log.warning("slack: %s was not told: %s", click.user, sentence)


async def _told(workplace: Workplace, click: Click, text: str) -> None:
    place = click.place
    if place.channel:
        thread: dict[str, Any] = {"thread_ts": place.thread_ts} if place.thread_ts else {}
        try:
            await workplace.calls.call(
                "chat.postEphemeral", channel=place.channel, user=click.user, text=text, **thread
            )
        except SlackRefusedError as refusal:  # not there, not a member: then by direct message
            _log.info("slack: no ephemeral message in %s: %s", place.name, refusal)
        else:
            return
    await tell_directly(workplace, click.user, text)


async def tell_directly(workplace: Workplace, user: str, text: str, **more: Any) -> Payload:  # noqa: ANN401 - chat.postMessage
    """Post to somebody's direct messages with the app; returns the platform's answer (`channel`, `ts`)."""
    opened = await workplace.calls.call("conversations.open", users=user)
    channel = mapping(opened.get("channel")).get("id")
    return await workplace.calls.call("chat.postMessage", channel=channel, text=text, **more)
