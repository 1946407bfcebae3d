"""The people of a support desk's day: callers who mail and chat, agents who press whatever their cards offer.

Everybody goes on whatever happens to the service: a mail is sent until it was answered with 250, a press that nobody
answered is simply lost. What callers must never read has `CANARY` in it.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from crash.senders import Sender
from fakes.slack import FakeSlack, Message, Person, View
from fakes.slack.inputs import elements

CANARY = "zq-internal-canary"
QUEUES = ("support", "crc", "noc", "triage")
TEAM = {  # who works where; erin and finn are known by the configuration that `agents_section` adds
    "alice": ("support", "triage"), "bob": ("crc", "triage"), "carol": ("noc",), "dana": QUEUES,
    "erin": ("support", "crc"), "finn": ("noc", "triage"),
}  # fmt: skip
CALLERS = ("mia", "tom", "ula", "vic", "wim", "xia")
SUPPORT, CRC = "support@intakebot.example", "crc@intakebot.example"
MAILERS = (("acme", SUPPORT), ("mueller", CRC), ("gamma", CRC))
"""Who mails what address; nobody knows gamma."""
CUSTOMERS = ("ACME", "FJORD-1001", "FJORD-1002", "MUELLER")
TOPICS = (
    "The pump does not start", "Error E-17 on the display", "Why is my invoice so high?", "Cancel my contract",
    "No signal since this morning", "Where is my order?", "The router blinks red", "How do I reset my password?",
)  # fmt: skip


def agents_section() -> str:
    """The two agents that the shipped configuration lacks."""
    return "\n".join(
        f"{name}: {{name: {name.capitalize()}, queues: [{', '.join(TEAM[name])}]}}" for name in ("erin", "finn")
    )


@dataclass
class Workspace:
    """The rooms and people of the day in a fake Slack."""

    slack: FakeSlack
    agents: dict[str, Person] = field(default_factory=dict)
    callers: list[Person] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.agents = {name: self.slack.person(name) for name in TEAM}
        self.callers = [self.slack.person(name) for name in CALLERS]
        everybody = [*self.agents.values(), *self.callers]
        self.rooms = {name: self.slack.channel(name, members=list(self.agents.values())) for name in QUEUES}
        self.help = self.slack.channel("help", members=everybody)
        self.billing = self.slack.channel("billing", members=everybody)

    def section(self, place: Path, mode: str = "socket") -> str:
        """The channel's section of the configuration; secrets are kept in files in `place`."""
        app, cards = self.slack.app, ", ".join(f"{name}: {room.id}" for name, room in self.rooms.items())
        agents = ", ".join(f"{name}: {person.id}" for name, person in self.agents.items())
        secrets = {"bot_token": app.bot_token, "app_token": app.app_token, "signing_secret": app.signing_secret}
        for name, secret in secrets.items():
            (place / name).write_text(secret, "utf-8")
        return (
            "slack:\n"
            "  kind: slack\n"
            f"  mode: {mode}\n"
            "  listen: 127.0.0.1:0\n"
            f"  api_url: {self.slack.api_url}\n"
            + "".join(f"  {name}: {{file: {place / name}}}\n" for name in secrets)
            + "  intake:\n"
            f"    {self.help.id}: {{address: {SUPPORT}, joins_within: 1s}}\n"
            f"    {self.billing.id}: {{address: {CRC}, joins_within: 1s}}\n"
            f"  direct: {{address: {SUPPORT}}}\n"
            f"  queues: {{{cards}}}\n"
            f"  agents: {{{agents}}}\n"
        )

    def cards(self, name: str) -> list[Message]:
        """The cards that an agent sees and can press something on."""
        bot = self.slack.app.bot_user
        rooms = (self.rooms[queue] for queue in TEAM[name])
        found = (message for room in rooms for message in self.slack.messages(room))
        return [one for one in found if one.user == bot and not one.thread_ts and list(offered(one))]

    def said_outside(self) -> list[Message]:
        """What we said in the rooms of callers."""
        bot = self.slack.app.bot_user
        return [one for room in (self.help, self.billing) for one in self.slack.messages(room) if one.user == bot]


def offered(where: Message | View) -> Iterator[str]:
    """What can be pressed there: action ids of buttons and values of menus."""
    for block in where.blocks:
        for element in elements(block):
            if element["type"] == "button":
                yield element["action_id"]
            if element["type"] == "overflow":
                yield from (option["value"] for option in element["options"])


def is_loading(view: View | None) -> bool:
    """Whether a modal says that something else will stand there soon."""
    return view is not None and not view.content.get("submit") and "Loading" in str(view.blocks)


@dataclass
class Caller:
    """Somebody who chats; `said` are the messages that must become contacts."""

    person: Person
    workspace: Workspace
    dice: random.Random
    said: list[Message] = field(default_factory=list)

    async def chat(self) -> None:
        """A new question, or a word in the thread of an old one; sometimes everything comes more than once."""
        room = self.dice.choice((self.workspace.help, self.workspace.billing))
        earlier = [message for message in self.said if message.channel is room and not message.thread_ts]
        thread = self.dice.choice(earlier) if earlier and self.dice.random() < 0.3 else None
        text = f"{self.dice.choice(TOPICS)} ({len(self.said)} of {self.person.user.handle})"
        message = await self.person.says(room, text, thread=thread)
        self.said.append(message)
        if self.dice.random() < 0.2:
            self.workspace.slack.redeliver(message, times=self.dice.randint(1, 3))


@dataclass
class Clicker:
    """An agent who presses what a card offers and fills in what a modal asks."""

    name: str
    workspace: Workspace
    dice: random.Random
    pressed: int = 0

    def has_work(self) -> bool:
        """Whether there is a card to press something on."""
        return bool(self.workspace.cards(self.name))

    async def act(self) -> None:
        """One thing on one card; there is one."""
        card, person = self.dice.choice(self.workspace.cards(self.name)), self.workspace.agents[self.name]
        if self.dice.random() < 0.15:
            await person.says(card.channel, f"Looked at it. {CANARY}", thread=card)
            return
        stale = card.copy() if self.dice.random() < 0.1 else None
        buttons = list(offered(card))
        button = buttons[0] if self.dice.random() < 0.4 else self.dice.choice(buttons)  # mostly what comes next
        seen = await person.clicks(card, button, stale=stale)
        self.pressed += 1
        if seen.acked:
            await self._fill_in(person)

    async def _fill_in(self, person: Person) -> None:
        """Fill in and send modals until none is left that can be sent, or nobody answers."""
        for _ in range(4):
            await self.workspace.slack.comes(lambda: not is_loading(person.modal), 1.0)
            if person.modal is None or not person.modal.content.get("submit"):
                break
            seen = await person.submits(dict(self._values(person.modal)))
            if not seen.acked or seen.errors:
                break
        while person.modal is not None:
            await person.closes_modal()

    def _values(self, view: View) -> Iterator[tuple[str, str]]:
        for block in view.blocks:
            element = block.get("element", {})
            if block["type"] == "input" and element.get("type") == "plain_text_input":
                internal = block["block_id"] not in ("text", "title") or view.callback_id == "form.comment"
                yield block["block_id"], f"{CANARY} {block['block_id']}" if internal else "Please turn it off and on."
            elif block["type"] == "input" and element.get("type") == "static_select" and not block.get("optional"):
                options = element.get("options") or [one for g in element["option_groups"] for one in g["options"]]
                yield block["block_id"], self.dice.choice(options)["value"]


@dataclass
class Post:
    """Mail of the day: each is sent until it was taken, whatever happens to the service."""

    port: int = 0
    born: asyncio.Event = field(default_factory=asyncio.Event)
    senders: list[Sender] = field(default_factory=lambda: [Sender(*mailer) for mailer in MAILERS])

    async def mail(self, dice: random.Random) -> None:
        """One mail, until somebody answers 250; after a failure when the service has been born again."""
        sender = dice.choice(self.senders)
        wanted = len(sender.answered) + 1
        while len(sender.answered) < wanted:
            try:
                await asyncio.to_thread(sender.send, self.port)
            except OSError:
                self.born.clear()
                await self.born.wait()

    def reborn(self, port: int) -> None:
        """The service takes mail again."""
        self.port = port
        self.born.set()

    @property
    def answered(self) -> list[str]:
        """The Message-IDs that we answered with 250."""
        return [identity for sender in self.senders for identity in sender.answered]
