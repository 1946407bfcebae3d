"""Plays one scene: sends its mails, has its agents act, and looks whether what is expected comes true.

The first step that fails ends the scene, for what follows depends on it. Called by `performance`.
"""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import parseaddr
from functools import partial
from typing import Any

from intakebot.demo.chatting import Chatting
from intakebot.demo.letters import compose, compose_bounce, hand_in, newest_about
from intakebot.demo.observed import differences, observed
from intakebot.demo.report import Check
from intakebot.demo.stage import Stage, met
from intakebot.demo.story import Act, Click, Expect, Mail, Said, Scene, Seen, Step
from intakebot.domain.case import shown_number
from intakebot.domain.positions import Plain

ALL = 1000
"""More contacts than any story has."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A mail that the house has taken: its Message-ID, and how often it was handed in."""

    message_id: str
    copies: int


class Playing:
    """One scene on the stage. `names` are its cases and tasks, `sent` its mails, `calls` its registered calls."""

    def __init__(self, scene: Scene, position: int, stage: Stage) -> None:
        """`stage.workspace` is where scenes that chat are played."""
        self.scene = scene
        self.names: dict[str, int] = {}
        self.cases: list[int] = []
        self.sent: list[Sent] = []
        self.calls = 0
        self._position = position
        self._stage = stage
        self._failed = False
        self.chat = Chatting(stage.workspace, self.names) if stage.workspace else None

    async def play(self, steps: Iterable[Step]) -> list[Check]:
        """Play steps until one fails."""
        checks: list[Check] = []
        for step in steps:
            if not self._failed:
                checks += await self._step(step)
                self._failed = not all(check.ok for check in checks)
        return checks

    async def _step(self, step: Step) -> list[Check]:
        match step:
            case Mail():
                return [await self._mail(step)]
            case Act():
                return await self._act(step)
            case Expect():
                return [await self._expect(step)]
            case Said() | Click() | Seen():
                return [await self._chat(step)]

    async def _chat(self, step: Said | Click | Seen) -> Check:
        if self.chat is None:
            return self._check("it is played in a workspace", "there is none")
        match step:
            case Said():
                return self._check(*await self.chat.say(step, self._became))
            case Click():
                return self._check(*await self.chat.click(step))
            case Seen():
                return self._check(*await self.chat.see(step))

    def _check(self, says: str, wrong: str) -> Check:
        return Check(f"{self.scene.title}: {says}", not wrong, wrong)

    async def _mail(self, mail: Mail) -> Check:
        sender = parseaddr(mail.sender)[1]
        message_id = f"<scene{self._position}.{len(self.sent) + 1}@{sender.rpartition('@')[2]}>"
        answered = await self._answered(mail, sender)
        says = f"«{mail.subject or (answered['Subject'] if answered else '')}» from {sender} is {mail.becomes.value}"
        if answered is None and (mail.answers or mail.bounces):
            return self._check(says, "nothing has left the house that it could be about")
        content, recipient = await self._written(mail, message_id, answered)
        self.sent.append(Sent(message_id.strip("<>"), mail.copies))
        await asyncio.to_thread(
            hand_in, self._stage.port, "" if mail.bounces else sender, [recipient], content, mail.copies
        )
        return self._check(says, await self._became(message_id.strip("<>"), mail))

    async def _answered(self, mail: Mail, sender: str) -> EmailMessage | None:
        """The outgoing mail that this one is about, once it has left."""
        name = mail.answers or mail.bounces
        if not name:
            return None
        find = partial(newest_about, self._stage.outbox, self.names[name], sender if mail.answers else "")

        async def left() -> bool:
            return find() is not None

        await met(left)
        return find()

    async def _written(self, mail: Mail, message_id: str, answered: EmailMessage | None) -> tuple[bytes, str]:
        """The bytes of a mail, and whom its envelope names."""
        now = datetime.fromisoformat(await self._stage.desk.ask("clock", {}))
        if mail.bounces and answered:
            return compose_bounce(mail, message_id, now, answered), parseaddr(answered["From"])[1]
        to = mail.to or (answered["Reply-To"] if answered else "")
        return compose(mail, message_id, now, answered), parseaddr(to)[1]

    async def _became(self, message_id: str, step: Mail | Said) -> str:
        """What is wrong with what became of a message; '' when it is as expected. Names its case."""
        found: dict[str, Any] = {}

        async def settled() -> bool:
            rows = await self._stage.desk.ask("contact.list", {"limit": ALL})
            found.update(next((row for row in rows if row["message_id"] == message_id), {}))
            return bool(found.get("state", "received") != "received")

        await met(settled)
        if found.get("state") != step.becomes.value:
            return f"it is {found.get('state', 'unknown')}: {found.get('reason', 'no such contact')}"
        if step.case and step.case not in self.names:
            self._name(step.case, found["case"])
        if step.case and self.names[step.case] != found["case"]:
            return f"it belongs to {found['case']} instead of {self.names[step.case]}"
        return ""

    def _name(self, name: str, number: int) -> None:
        self.names[name] = number
        self.cases.append(number)

    async def _act(self, act: Act) -> list[Check]:
        """An agent's command; it is a check of its own only when it fails, or when it is to be refused."""
        words = shlex.split(act.command.format_map(self.names))
        outcome = await self._stage.command(act.agent, words)
        says = f"{act.agent}: {' '.join(words)}"
        if act.refused:
            reason = outcome.answer.get("error", {}).get("reason") if outcome.code else "not refused"
            wrong = "" if reason == act.refused else f"{reason} instead of {act.refused}"
            return [self._check(f"{says} is refused", wrong)]
        if outcome.code:
            return [self._check(says, f"exit code {outcome.code}: {outcome.answer['error']['sentence']}")]
        self._remember(act, outcome.answer)
        return []

    def _remember(self, act: Act, answer: Mapping[str, Any]) -> None:
        self.calls += "contact" in answer
        if act.opens:
            self._name(act.opens, answer["case"])
        if act.task:
            self.names[act.task] = answer["tasks"][0]["id"]

    async def _expect(self, expect: Expect) -> Check:
        wanted = {name: _filled(fields, self.names) for name, fields in expect.cases.items()}
        wrong: list[str] = []

        async def as_expected() -> bool:
            wrong[:] = [sentence for name, fields in wanted.items() for sentence in await self._differs(name, fields)]
            return not wrong

        await met(as_expected)
        return self._check(expect.says, "; ".join(wrong))

    async def _differs(self, name: str, fields: Any) -> list[str]:  # noqa: ANN401 - what the story wrote
        number = self.names[name]
        case = await self._stage.desk.ask("case.show", {"number": number})
        return [f"{shown_number(number)}: {sentence}" for sentence in differences(fields, observed(case))]


def _filled(value: Plain, names: Mapping[str, int]) -> Plain:
    """What a story expects, with its names replaced by numbers."""
    if isinstance(value, dict):
        return {key: _filled(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, names) for item in value]
    return value.format_map(names) if isinstance(value, str) else value
