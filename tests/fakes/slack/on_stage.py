"""The fake Slack as the workspace of the demonstration: the example's agents, two callers, three rooms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from fakes.slack.fake import FakeSlack
from fakes.slack.records import Channel, Message
from fakes.slack.seen import Seen

CALLERS = {"mia": "Mia Moreau", "tom": "Tom Tanaka"}
AGENTS = {"alice": "Alice Archer", "bob": "Bob Brandt", "carol": "Carol Costa", "dana": "Dana Dietz"}
QUEUES = ("support", "crc", "noc", "triage")
PATIENCE = 20.0


class OnStage:
    """A workspace of `intakebot.demo`; each queue has a room of its own name, callers write in `help`."""

    def __init__(self) -> None:
        self.slack = FakeSlack()
        people = {**CALLERS, **AGENTS}
        self.people = {handle: self.slack.person(handle, name=name) for handle, name in people.items()}
        agents = [self.people[handle] for handle in AGENTS]
        self.rooms: dict[str, Channel] = {name: self.slack.channel(name, members=agents) for name in QUEUES}
        everybody = list(self.people.values())
        self.rooms["help"] = self.slack.channel("help", members=everybody)
        self.rooms["billing"] = self.slack.channel("billing", members=everybody)
        self.messages: dict[str, Message] = {}

    async def begin(self, secrets: Path) -> str:
        """Stand there, and say how the house finds it."""
        late = "a busy machine is late now and then; what is late comes again, and has to be taken then"
        self.slack.verdict.allow("event-attempt", because=late)
        await self.slack.start()
        for name, secret in (("bot", self.slack.app.bot_token), ("app", self.slack.app.app_token)):
            (secrets / f"slack-{name}").write_text(secret, encoding="utf-8")
        rooms = {name: room.id for name, room in self.rooms.items()}
        cards = ", ".join(f"{name}: {rooms[name]}" for name in QUEUES)
        agents = ", ".join(f"{handle}: {self.people[handle].id}" for handle in AGENTS)
        return (
            "slack:\n"
            "  kind: slack\n"
            "  mode: socket\n"
            f"  api_url: {self.slack.api_url}\n"
            "  bot_token: {file: slack-bot}\n"
            "  app_token: {file: slack-app}\n"
            "  intake:\n"
            f"    {rooms['help']}: {{address: support@intakebot.example}}\n"
            f"    {rooms['billing']}: {{address: crc@intakebot.example}}\n"
            "  direct: {address: support@intakebot.example}\n"
            f"  queues: {{{cards}}}\n"
            f"  agents: {{{agents}}}\n"
        )

    async def says(self, person: str, room: str, text: str, thread: str) -> str:
        """A person writes."""
        channel = self.rooms[room]
        message = await self.people[person].says(channel, text, thread=self.messages[thread] if thread else None)
        name = f"{self.slack.home.id}/{channel.id}/{message.ts}"
        self.messages[name] = message
        return name

    async def clicks(self, person: str, case: str, button: str, fills: Sequence[Mapping[str, str]]) -> str:
        """A person presses a button on the card, and sends the modals that follow."""
        actor, card = self.people[person], self._card(case)
        if card is None:
            return f"{case} has no card"
        try:
            seen = await actor.clicks(card, button)
        except AssertionError as nothing_there:
            return str(nothing_there)
        for fields in fills:
            await self.slack.comes(lambda: actor.modal and actor.modal.content.get("submit"), PATIENCE)
            if actor.modal is None:
                return f"no modal has opened; {_told(seen)}"
            seen = await actor.submits(dict(fields))
            if seen.errors:
                return str(seen.errors)
        return _told(seen)

    def thread(self, message: str) -> list[str]:
        """What stands under a message."""
        return [reply.text for reply in self.slack.thread(self.messages[message])]

    def card(self, case: str) -> str:
        """What the card of a case shows: its fallback text and every text of its blocks."""
        card = self._card(case)
        return "\n".join([card.text, *_texts(card.blocks)]) if card else ""

    def outside(self) -> list[str]:
        """What callers read of us."""
        bot = self.slack.app.bot_user
        rooms = (self.rooms["help"], self.rooms["billing"])
        said = [message for room in rooms for message in self.slack.messages(room) if message.user == bot]
        return [text for message in said for text in (message.text, *_texts(message.blocks))]

    async def end(self) -> list[str]:
        """Go away; what the fake holds against the house."""
        await self.slack.stop(check=False)
        return [f"{check}: {sentence}" for check, sentence in self.slack.verdict.standing()]

    def _card(self, case: str) -> Message | None:
        """The newest top-level message of ours in a queue's room that names the case and can be acted on."""
        found = [
            message
            for name in QUEUES
            for message in self.slack.messages(self.rooms[name])
            if message.user == self.slack.app.bot_user and not message.thread_ts and case in message.text
        ]
        return max(found, key=lambda message: float(message.ts), default=None)


def _told(seen: Seen) -> str:
    return "\n".join([*seen.ephemerals, seen.notice]).strip()


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        own = [value["text"]] if isinstance(value.get("text"), str) else []
        return own + [text for key, part in value.items() if key != "text" or not own for text in _texts(part)]
    return [text for part in value for text in _texts(part)] if isinstance(value, list) else []


def workspace() -> OnStage:
    """What `intakebot demo --workspace` makes."""
    return OnStage()
