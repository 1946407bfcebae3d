"""`make bench-slack`: events at 20 a second by HTTP, from their arrival to the acknowledgement and to the card.

A Slack of the tests, with Slack's own limits, brings a mixture that a busy workspace has: new questions in several
rooms, words in their threads, reactions, edits that change nothing, people who look at the app's page. Beside it, in
the same run, a bare server that checks the signature and answers: the least that an acknowledgement can take here.
"""

from __future__ import annotations

import asyncio
import random
import re
import socket
import statistics
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web
from benchmarks.figures import Figure
from benchmarks.smtp import directory
from slack_sdk.signature import SignatureVerifier

from fakes.slack import Channel, FakeSlack, Message, Person
from intakebot.clocks import SystemClock

EVENTS_PER_SECOND = 20
AT_ONCE = 200
SECONDS = 30
MOST_MS_TO_ACK = 200.0
MOST_MS_TO_CARD = 1000.0
BARE = "bare server that checks the signature"
OWNERS = (("support", "ACME"), ("crc", "FJORD-1001"))
"""Under which address each room's messages count, and whose room it is: so cases go to two queues, not to triage."""
RHYTHM = 40
"""Events after which the mixture begins anew."""
QUEUES = ("support", "crc", "noc", "triage")
_ROOT = Path(__file__).resolve().parents[1]


@dataclass
class Load:
    """Who and what is in the workspace, and when each new question was asked."""

    slack: FakeSlack
    questions_only: bool = False
    dice: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - a load that can be had again
    asked: dict[str, float] = field(default_factory=dict)
    questions: list[Message] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.people = [self.slack.person(f"caller{number}") for number in range(AT_ONCE)]
        self.agent = self.slack.person("dana")
        everybody = [*self.people, self.agent]
        self.queues = {name: self.slack.channel(name, members=[self.agent]) for name in QUEUES}
        self.rooms = [self.slack.channel(f"help{number}", members=everybody) for number in range(4)]
        self.elsewhere = self.slack.channel("lunch", members=everybody)

    def section(self, place: Path, port: int) -> str:
        """The channel's section of the configuration, by HTTP on `port`."""
        (place / "config" / "slack-bot").write_text(self.slack.app.bot_token, "utf-8")
        (place / "config" / "slack-secret").write_text(self.slack.app.signing_secret, "utf-8")
        rooms = "\n".join(
            f"      {room.id}: {{address: {address}@intakebot.example, customer: {customer}, joins_within: 1s}}"
            for room, (address, customer) in zip(self.rooms, 2 * OWNERS, strict=True)
        )
        cards = ", ".join(f"{name}: {room.id}" for name, room in self.queues.items())
        return (
            "  slack:\n    kind: slack\n    mode: http\n"
            f"    listen: 127.0.0.1:{port}\n    api_url: {self.slack.api_url}\n"
            "    bot_token: {file: slack-bot}\n    signing_secret: {file: slack-secret}\n"
            f"    intake:\n{rooms}\n    direct: {{address: support@intakebot.example}}\n"
            f"    queues: {{{cards}}}\n    agents: {{dana: {self.agent.id}}}\n"
        )

    async def event(self, number: int) -> None:
        """The next event: of forty, one is a new question, one a word in a thread, the rest what must only be seen."""
        person, kind = self.people[number % len(self.people)], number % RHYTHM
        if self.questions_only or kind == 0:
            await self._ask(person, self.rooms[len(self.asked) % len(self.rooms)], number)
        elif kind == RHYTHM // 2:
            question = self.dice.choice(self.questions[-20:])
            await self.slack.user(question.user).says(question.channel, "And one more thing.", thread=question)
        elif kind % 3 == 0:
            await self._react(person, number)
        else:
            await person.says(self.elsewhere, f"Who is coming to lunch? ({number})")

    async def _ask(self, person: Person, room: Channel, number: int) -> None:
        message = await person.says(room, f"A question about the weather ({number}).")
        self.asked[message.ts] = self.slack.clock.time()
        self.questions.append(message)

    async def _react(self, person: Person, number: int) -> None:
        await person.reacts(self.questions[number % len(self.questions)], f"thumbsup{number}")


def slack() -> Iterator[Figure]:
    """The figures, each load beside a bare server in the same run."""
    least = _p99(asyncio.run(_bare_acks()))
    acks, cards = asyncio.run(_steadily())
    name = f"{EVENTS_PER_SECOND} events/s from Slack"
    yield Figure.span(f"p99 to ack, {name}", _p99(acks), BARE, least, MOST_MS_TO_ACK)
    yield Figure.span(f"p99 to card, {name}", _p99(cards), BARE, least, MOST_MS_TO_CARD)
    yield Figure(f"cards shown, {AT_ONCE} questions at once", round(asyncio.run(_at_once()), 1), "1/s")


async def _steadily() -> tuple[list[float], list[float]]:
    """Milliseconds to the acknowledgement of each event, and to the card of each question, within Slack's limits."""
    async with FakeSlack(SystemClock()) as workspace, _played_in(Load(workspace)) as load:
        await _drive(load)
        return _acks(workspace), _cards(load)


async def _at_once() -> float:
    """Cards per second when everybody asks in the same moment, and Slack takes whatever we send."""
    async with FakeSlack(SystemClock()) as workspace:
        workspace.limits.enabled = False
        async with _played_in(Load(workspace, questions_only=True)) as load:
            began = workspace.clock.time()
            for number in range(AT_ONCE):
                await load.event(number)
            await workspace.until(lambda: len(_cards(load)) == AT_ONCE, 60.0)
            return AT_ONCE / (workspace.clock.time() - began)


@asynccontextmanager
async def _played_in(load: Load) -> AsyncIterator[Load]:
    """The service stands beside the workspace, and is given what happens there by HTTP."""
    with directory() as place:
        async with _service(place, load) as port:
            load.slack.deliver_by_http(f"http://127.0.0.1:{port}/slack/events")
            yield load
            await load.slack.quiet()


async def _drive(load: Load) -> None:
    """Events at an even pace, then wait for the last card."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    for number in range(EVENTS_PER_SECOND * SECONDS):
        await asyncio.sleep(max(0.0, began + number / EVENTS_PER_SECOND - loop.time()))
        await load.event(number)
    await load.slack.settled(20.0)
    await load.slack.until(lambda: len(_cards(load)) == len(load.asked), 20.0)


def _acks(slack: FakeSlack) -> list[float]:
    return [attempt.seconds * 1000 for delivery in slack.deliveries for attempt in delivery.attempts]


def _cards(load: Load) -> list[float]:
    """Milliseconds from each question to the card that shows it; cards are known by the question's number."""
    shown: dict[str, float] = {}
    for call in load.slack.calls("chat.postMessage"):
        found = re.search(r"\((\d+)\)", str(call.arguments.get("text")) + str(call.arguments.get("blocks")))
        if found and call.arguments.get("channel") in {room.id for room in load.queues.values()}:
            shown.setdefault(found[1], call.at)
    numbers = {message.ts: re.search(r"\((\d+)\)", message.text) for message in load.questions}
    return [(shown[found[1]] - load.asked[ts]) * 1000 for ts, found in numbers.items() if found and found[1] in shown]


def _p99(spans: Sequence[float]) -> float:
    return statistics.quantiles(spans, n=100, method="inclusive")[98]


async def _bare_acks() -> list[float]:
    """The same deliveries to a server that only checks the signature."""
    async with FakeSlack(SystemClock()) as workspace:
        person = workspace.person("caller")
        room = workspace.channel("help", members=[person])
        verifier = SignatureVerifier(workspace.app.signing_secret)

        async def answer(request: web.Request) -> web.Response:
            genuine = verifier.is_valid_request(await request.read(), dict(request.headers))
            return web.Response(status=200 if genuine else 401)

        served = web.Application()
        served.router.add_post("/slack/events", answer)
        runner = web.AppRunner(served)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        workspace.deliver_by_http(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events")
        for number in range(EVENTS_PER_SECOND * 5):
            await person.says(room, f"Anybody there? ({number})")
            await asyncio.sleep(1 / EVENTS_PER_SECOND)
        await workspace.settled()
        await runner.cleanup()
        return _acks(workspace)


@asynccontextmanager
async def _service(place: Path, load: Load) -> AsyncIterator[int]:
    """The service with the workspace in its configuration; gives the port that takes events."""
    port = _free_port()
    settings = place / "config" / "intakebot.yaml"
    written = settings.read_text("utf-8").replace("\nchannels:\n", f"\nchannels:\n{load.section(place, port)}", 1)
    settings.write_text(written, "utf-8")
    command = [sys.executable, "-m", "intakebot", "--config", str(settings), "--data", str(place / "data"), "run"]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=_ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        said = await process.stdout.readline() if process.stdout else b""
        if b"ready" not in said:
            raise RuntimeError(f"the service did not start: {said.decode()}")
        customers = str(place / "config" / "customers.example.yaml")
        importing = [*command[:-1], "--as", "dana", "customer", "import", customers]
        imported = await asyncio.create_subprocess_exec(*importing, cwd=_ROOT, stdout=subprocess.DEVNULL)
        if await imported.wait():
            raise RuntimeError("the customers could not be imported")
        yield port
    finally:
        process.terminate()
        await process.communicate()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
