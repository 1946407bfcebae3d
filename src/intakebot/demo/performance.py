"""The performance: stage, customers, all scenes at once, ten days, what comes afterwards, and the whole at the end.

Called by `intakebot demo`. It promises that no process and no directory is left, except when asked to keep them
or when a check failed: then it says where they are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Protocol

from intakebot.demo.closing_checks import look_back
from intakebot.demo.playing import ALL, Playing
from intakebot.demo.report import Check, Report
from intakebot.demo.stage import Stage, met
from intakebot.demo.story import Scene, Step, read_story
from intakebot.demo.workspace import Workspace
from intakebot.ports import Desk

AT_ONCE = 4
"""Scenes that play beside each other; they share no caller."""
DIRECTOR = "dana"
WORKSPACE_IS_CONTENT = "the workspace holds nothing against the house"
OWN_CUSTOMERS = Path(__file__).parent / "customers.yaml"


class Audience(Protocol):
    """Who is told how the performance goes on."""

    def told(self, sentence: str, *, of: int) -> None:
        """A new part begins, with so many steps."""

    def advanced(self, title: str) -> None:
        """A step of this part is done."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What was left in place: the directory, and how to reach the service (port and process 0 when it is gone)."""

    home: Path
    settings: Path
    data: Path
    port: int = 0
    pid: int = 0


async def perform(
    settings: Path, story: Path, audience: Audience, *, keep: bool, workspace: Workspace | None = None
) -> tuple[Report, Kept | None]:
    """Play the whole story; returns the report, and what was kept. Scenes that chat are played in a workspace only.

    Raises ConfigError when the story cannot be read, ServiceUnreachableError when the service does not start.
    """
    scenes = [scene for scene in read_story(story) if workspace or not scene.needs_workspace]
    stage = Stage(settings, workspace)
    kept = Kept(stage.home, stage.settings, stage.data)
    try:
        report = await _performed(stage, settings, scenes, audience, keep=keep)
    except asyncio.CancelledError:  # Ctrl-C: nobody looks at what was half played
        stage.clear()
        raise
    if keep:
        return report, replace(kept, port=stage.port, pid=stage.pid)
    if not report.ok:
        return report, kept
    stage.clear()
    return report, None


async def _performed(
    stage: Stage, settings: Path, scenes: Sequence[Scene], audience: Audience, *, keep: bool
) -> Report:
    """The report; the service has ended then, unless it is to be kept and nothing went wrong on the way."""
    staying = False
    try:
        report = await _played(stage, settings, scenes, audience)
        staying = keep
    finally:
        code = None if staying else await stage.end()
    if staying:
        return report
    if stage.workspace:
        held = await stage.workspace.end()
        report = replace(report, checks=(*report.checks, Check(WORKSPACE_IS_CONTENT, not held, "; ".join(held))))
    stopped = Check("the service stops cleanly", code == 0, "" if code == 0 else f"exit code {code}")
    return replace(report, checks=(*report.checks, stopped))


async def _played(stage: Stage, settings: Path, scenes: Sequence[Scene], audience: Audience) -> Report:
    audience.told("starting the service", of=1)
    await stage.begin()
    audience.advanced("it listens")
    checks = await _told_by_director(stage, audience, *_imports(settings))
    playing = [Playing(scene, position, stage) for position, scene in enumerate(scenes, start=1)]
    audience.told("callers write, agents act", of=len(playing))
    checks += await _all(playing, lambda scene: scene.steps, audience)
    checks += await _told_by_director(stage, audience, ("ten days pass", ("clock", "advance", "10d")))
    await met(partial(_quiet, stage.desk))
    audience.told("what comes afterwards", of=len(playing))
    checks += await _all(playing, lambda scene: scene.afterwards, audience)
    await met(partial(_quiet, stage.desk))
    return await look_back(stage, playing, checks)


async def _quiet(desk: Desk) -> bool:
    """Nothing is about to leave, and no timer is due."""
    counts = (await desk.ask("health", {}))["counts"]["deliveries"]
    now = datetime.fromisoformat(await desk.ask("clock", {}))
    for row in await desk.ask("case.list", {"ended": False, "limit": ALL}):
        timers = (await desk.ask("case.show", {"number": row["number"]}))["timers"]
        if any(datetime.fromisoformat(timer["due_at"]) <= now for timer in timers):
            return False
    return not {"queued", "sending"} & counts.keys()


def _imports(settings: Path) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The example's customers, and the ones that only the story has."""
    files = (settings.parent / "customers.example.yaml", OWN_CUSTOMERS)
    return tuple((f"importing {file.name}", ("customer", "import", str(file))) for file in files)


async def _told_by_director(stage: Stage, audience: Audience, *commands: tuple[str, tuple[str, ...]]) -> list[Check]:
    """Commands that belong to no scene."""
    checks = []
    for says, words in commands:
        audience.told(says, of=1)
        outcome = await stage.command(DIRECTOR, words)
        checks.append(Check(says, outcome.code == 0, "" if outcome.code == 0 else str(outcome.answer)))
        audience.advanced("done")
    return checks


async def _all(playing: Sequence[Playing], steps: Callable[[Scene], Sequence[Step]], audience: Audience) -> list[Check]:
    """Play these steps of all scenes, a few scenes at once; the checks come in the order of the story."""
    places = asyncio.Semaphore(AT_ONCE)

    async def play(scene: Playing) -> list[Check]:
        async with places:
            checks = await scene.play(steps(scene.scene))
            audience.advanced(scene.scene.title)
            return checks

    played: list[Awaitable[list[Check]]] = [play(scene) for scene in playing]
    return [check for checks in await asyncio.gather(*played) for check in checks]
