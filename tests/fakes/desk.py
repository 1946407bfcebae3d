"""A desk that records what it is asked and answers what the test says; the contract test checks it as a Desk."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from intakebot.domain.actors import Actor
from intakebot.domain.commands import Command


@dataclass
class RecordingDesk:
    """Keeps `performed` and `asked`; `answers` by question or command class name, exceptions are raised.

    When `gate` is given, every command waits for it, and `entered` is set when one waits.
    """

    answers: dict[str, Any] = field(default_factory=dict)
    performed: list[tuple[Command, Actor]] = field(default_factory=list)
    asked: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    gate: asyncio.Event | None = None
    entered: asyncio.Event = field(default_factory=asyncio.Event)

    async def perform(self, command: Command, by: Actor) -> Mapping[str, Any]:
        self.performed.append((command, by))
        if self.gate:
            self.entered.set()
            await self.gate.wait()
        changed: Mapping[str, Any] = self._answer(type(command).__name__, {"case": getattr(command, "case", None)})
        return changed

    async def ask(self, question: str, arguments: Mapping[str, Any]) -> Any:
        self.asked.append((question, arguments))
        return self._answer(question, [])

    def _answer(self, name: str, otherwise: Any) -> Any:
        answer = self.answers.get(name, otherwise)
        if isinstance(answer, Exception):
            raise answer
        return answer
