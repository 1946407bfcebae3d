"""The workspace of the scenarios: callers, agents, outsiders, their rooms, and how a house is tied to it all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fakes.slack import Channel, FakeSlack, Message
from intakebot.clocks import SimulatedClock

SUPPORT, CRC = "support@intakebot.example", "crc@intakebot.example"
QUEUES = ("support", "crc", "noc", "triage")
AGENTS = ("alice", "bob", "carol", "dana")
CANARY = "zq-internal-canary"
"""Begins every word that no caller may ever read."""


class Workspace:
    """A fake Slack with the people and rooms of the scenarios; time is the house's own.

    `ann` and `cal` call: from `help` (a room of the customer ACME), from `billing` (which another workspace shares),
    and from their direct messages. `alice`, `bob`, `carol` and `dana` are the example's agents. `gus` is a guest and
    `stella` of the other workspace; both are named as dana by mistake. `nora` is nobody in particular, `botty` a bot,
    `olaf` watches `ops`, where alarms go. Every queue has a room of its name.
    """

    def __init__(self, clock: SimulatedClock) -> None:
        self.slack = slack = FakeSlack(clock)
        self.clock = clock
        away = slack.workspace("T2", title="Elsewhere", installed=False)
        self.ann = slack.person("ann", name="Ann Archer", email="ann@acme.example")
        self.cal = slack.person("cal", name="Cal Coe")
        self.alice, self.bob, self.carol, self.dana = (slack.person(name) for name in AGENTS)
        self.gus, self.nora = slack.person("gus", kind="guest"), slack.person("nora")
        self.stella = slack.person("stella", team=away)
        self.botty, self.olaf = slack.person("botty", kind="bot"), slack.person("olaf")
        callers = [self.ann, self.cal, self.gus, self.stella, self.nora, self.botty]
        agents = [self.alice, self.bob, self.carol, self.dana]
        self.help = slack.channel("help", [*callers, *agents])
        self.billing = slack.channel("billing", [*callers, *agents], shared_with=away)
        self.queues = {name: slack.channel(name, [*agents, *callers]) for name in QUEUES}
        self.ops = slack.channel("ops", [self.olaf])

    def section(self, mode: str, secrets: Path, **more: str) -> str:
        """The channel's section of the configuration; `more` are further lines of it, by their key."""
        written = {
            "kind": "slack",
            "mode": mode,
            "api_url": self.slack.api_url,
            "bot_token": _kept(secrets, "bot", self.slack.app.bot_token),
            "app_token": _kept(secrets, "app", self.slack.app.app_token),
            "signing_secret": _kept(secrets, "signing", self.slack.app.signing_secret),
            "listen": "127.0.0.1:0",
            "intake": _flow({
                self.help.id: _flow({"address": SUPPORT, "joins_within": "1s", "customer": "ACME"}),
                self.billing.id: _flow({"address": CRC, "joins_within": "1s", "customer": "FJORD-1001"}),
            }),
            "direct": _flow({"address": SUPPORT, "joins_within": "1s"}),
            "queues": _flow({name: room.id for name, room in self.queues.items()}),
            "agents": _flow({name: getattr(self, name).id for name in AGENTS[:3]}
                            | {"dana": f"[{self.dana.id}, {self.gus.id}, {self.stella.id}]"}),
            "operators": self.ops.id,
        } | more  # fmt: skip
        return "\n".join(["slack:", *(f"  {key}: {value}" for key, value in written.items() if value)])

    # --- what stands there

    def cards(self, number: int) -> list[Message]:
        """The messages of ours in the rooms of queues that name a case and lie in no thread: one, and its stubs."""
        return [one for room in self.queues.values() for one in self._ours(room) if _names(one, number)]

    def card(self, number: int) -> Message:
        """The card of a case: the one of these that can be acted on, or the newest."""
        cards = self.cards(number)
        return max(cards, key=lambda one: (bool(actions(one)), one.ts))

    def alarms(self) -> list[str]:
        """What operators were told."""
        return [one.text for one in self.slack.messages(self.ops) if one.user == self.slack.app.bot_user]

    def outside(self) -> list[str]:
        """Everything of ours that callers can see in their rooms, words of blocks and names of files too."""
        rooms = (self.help, self.billing, self.ann.dm(), self.cal.dm())
        ours = [one for room in rooms for one in self.slack.messages(room) if one.user == self.slack.app.bot_user]
        return [word for one in ours for word in (*words(one), *(file.name for file in one.files))]

    def _ours(self, room: Channel) -> Iterator[Message]:
        for one in self.slack.messages(room):
            if one.user == self.slack.app.bot_user and one.thread_ts in (None, one.ts):
                yield one


def words(where: Any) -> list[str]:
    """Every text of a message or a view."""
    return [text for text in (getattr(where, "text", ""), *_texts(where.blocks)) if text]


def read(where: Any) -> str:
    """The same as one text."""
    return "\n".join(words(where))


def actions(where: Any) -> list[str]:
    """What can be pressed there: action ids of buttons, values of menus."""
    elements = [one for block in where.blocks for one in (*(block.get("elements") or ()), block.get("accessory") or {})]
    pressed = [one["action_id"] for one in elements if one.get("type") == "button"]
    return pressed + [option["value"] for one in elements for option in one.get("options") or ()]


def _names(message: Message, number: int) -> bool:
    return f"C-{number}" in message.text


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value["text"]
        for key, part in value.items():
            if key != "text" or not isinstance(part, str):
                yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)


def _kept(secrets: Path, name: str, value: str) -> str:
    """A file of a secret, as the configuration names it."""
    (secrets / name).write_text(value, "utf-8")
    return f"{{file: {secrets / name}}}"


def _flow(values: dict[str, str]) -> str:
    return "{" + ", ".join(f"{key}: {value}" for key, value in values.items()) + "}"
