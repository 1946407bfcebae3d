"""Plays what people say, press and see in a workspace. Called by `playing`, for the scenes that chat."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from intakebot.demo.stage import met
from intakebot.demo.story import Click, Said, Seen
from intakebot.demo.workspace import Workspace
from intakebot.domain.case import shown_number
from intakebot.domain.chat import THREAD_PREFIX

BecomesWrong = Callable[[str, Said], Awaitable[str]]


@dataclass
class Chatting:
    """One scene's part in the workspace. `firsts` are the messages that opened its cases, by the case's name."""

    workspace: Workspace
    names: dict[str, int]
    firsts: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    async def say(self, step: Said, what_became: BecomesWrong) -> tuple[str, str]:
        """A message, and what is wrong with what became of it ('' when it is as expected)."""
        thread = self.firsts[step.thread] if step.thread else ""
        message = await self.workspace.says(step.person, step.room, step.text, thread)
        self.said.append(THREAD_PREFIX + message)
        if step.case:
            self.firsts.setdefault(step.case, message)
        says = f"«{step.text[:40]}» by {step.person} in {step.room} is {step.becomes.value}"
        return says, await what_became(THREAD_PREFIX + message, step)

    async def click(self, step: Click) -> tuple[str, str]:
        """A press of a button, and what is wrong with what the person was told."""
        case = shown_number(self.names[step.case])

        async def shown() -> bool:
            return bool(self.workspace.card(case))

        await met(shown)
        told = await self.workspace.clicks(step.person, case, step.button, step.fills)
        says = f"{step.person} presses «{step.button}» on {case}" + (" and is refused" if step.told else "")
        if step.told:
            return says, "" if step.told in told else f"told {told!r} instead of {step.told!r}"
        return says, f"told {told!r}" if told else ""

    async def see(self, step: Seen) -> tuple[str, str]:
        """What is missing on the card or in the caller's thread when everybody has waited long enough."""
        case = shown_number(self.names[step.case])
        missing: list[str] = []

        async def there() -> bool:
            card = self.workspace.card(case)
            thread = "\n".join(self.workspace.thread(self.firsts[step.case])) if step.thread else ""
            missing[:] = [f"no {text!r} on the card:\n{card}" for text in step.card if text not in card]
            missing.extend(f"no {text!r} in the thread:\n{thread}" for text in step.thread if text not in thread)
            return not missing

        await met(there)
        return step.says, "; ".join(missing)
