"""One run of a command: who asks, of which house, and in which form the answer is shown.

Commands are asynchronous functions that take a `Session` first. They return an exit code or None; errors are
raised and reported in one place (`cli.program`).
"""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

import click
from rich.console import Console, RenderableType

from intakebot.cli.connection import House, real_house
from intakebot.cli.moments import Calendar
from intakebot.domain.actors import Actor
from intakebot.domain.commands import Command
from intakebot.domain.delivery import DeliveryState
from intakebot.ports import Desk

Page = Callable[[Any, Calendar], RenderableType]
"""Draws an answer: the JSON-like data, and the calendar to show times by."""
P = ParamSpec("P")
WIDTH_WITHOUT_TERMINAL = 160
DEFAULT_SETTINGS = Path("config/intakebot.yaml")
LEAVES_LATER = "the reply leaves when the service runs: intakebot run"
_META = "intakebot.cli."


def global_options(*, from_environment: bool) -> list[click.Parameter]:
    """The options that may stand before and behind every command; only the first may come from the environment."""

    def option(*names: str, variable: str = "", **rest: Any) -> click.Option:  # noqa: ANN401 - click's own options
        envvar = variable if from_environment and variable else None
        return click.Option(names, callback=_remember, expose_value=False, envvar=envvar, **rest)

    path = click.Path(path_type=Path)
    return [
        option("--config", variable="INTAKEBOT_CONFIG", type=path, help=f"Settings file [{DEFAULT_SETTINGS}]."),
        option("--data", variable="INTAKEBOT_DATA", type=path, help="Data directory, instead of the configured one."),
        option("--as", "agent", variable="INTAKEBOT_AGENT", metavar="AGENT", help="Who acts [$INTAKEBOT_AGENT]."),
        option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else."),
        option("--debug", is_flag=True, help="Print a traceback when something fails."),
    ]


def _remember(context: click.Context, parameter: click.Parameter, value: object) -> None:
    if value:
        context.meta[f"{_META}{parameter.name}"] = value


@dataclass(frozen=True, slots=True)
class Session:
    """Who asks, of which house, and how the answer is shown."""

    house: House
    settings: Path
    data: Path | None
    agent: str
    as_json: bool

    @asynccontextmanager
    async def desk(self) -> AsyncIterator[Desk]:
        """The desk, open as long as it is needed."""
        self.say_where_it_begins()
        async with self.house.open_desk(self.settings, self.data) as desk:
            yield desk

    def say_where_it_begins(self) -> None:
        """Before a house is opened: a mistyped directory shall not look like a house in which nothing is."""
        begun = self.house.begins_in(self.settings, self.data)
        if begun:
            click.echo(f"an empty house begins in {begun}, which was not there", err=True)

    async def show(self, page: Page, question: str, **arguments: object) -> Any:  # noqa: ANN401 - JSON-like data
        """Ask, and show the answer; returns it."""
        async with self.desk() as desk:
            answer = await desk.ask(question, arguments)
            await self.print(desk, page, answer)
            return answer

    async def perform(self, page: Page, command: Command) -> None:
        """Have the agent's command performed, and show what changed."""
        actor = self.actor()
        async with self.desk() as desk:
            changed = await desk.perform(command, actor)
            await self.print(desk, page, changed)
            owes = any(owed["state"] == DeliveryState.QUEUED.value for owed in changed.get("deliveries", ()))
            if owes and not self.as_json and not self.house.is_served(desk):
                click.echo(LEAVES_LATER, err=True)

    async def print(self, desk: Desk, page: Page, answer: object) -> None:
        """Show an answer by the desk's clock."""
        if self.as_json:
            self.print_json(answer)
        else:
            now = datetime.fromisoformat(await desk.ask("clock", {}))
            show_page(page(answer, Calendar(now)))

    def print_json(self, answer: object) -> None:
        """The one JSON document."""
        click.echo(json.dumps(answer, indent=2))

    def actor(self) -> Actor:
        """The agent who acts; raises UsageError when nobody said who."""
        if not self.agent:
            raise click.UsageError("who acts? Say it with --as AGENT, or set INTAKEBOT_AGENT")
        return Actor.agent(self.agent)


def show_page(page: RenderableType) -> None:
    """Print a page for people; a fixed, generous width where there is no terminal, and nothing is cropped."""
    measured = sys.stdout.isatty() or "COLUMNS" in os.environ
    console = Console(width=None if measured else WIDTH_WITHOUT_TERMINAL, highlight=False)
    console.print(page, crop=False)


class HouseCommand(click.Command):
    """A command that takes the global options behind its name, too."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:  # noqa: ANN401 - click's own arguments
        super().__init__(*arguments, **settings)
        self.params += global_options(from_environment=False)


class HouseGroup(click.Group):
    """A group of such commands."""

    command_class = HouseCommand
    group_class = type


def with_session(
    act: Callable[Concatenate[Session, P], Coroutine[Any, Any, int | None]],
) -> Callable[P, Coroutine[Any, Any, int | None]]:
    """Hand the session of this run to a command's function."""

    @functools.wraps(act)
    def begin(*arguments: P.args, **values: P.kwargs) -> Coroutine[Any, Any, int | None]:
        return act(_session(click.get_current_context()), *arguments, **values)

    return begin


def _session(context: click.Context) -> Session:
    given: Mapping[str, Any] = {
        name.removeprefix(_META): value for name, value in context.meta.items() if name.startswith(_META)
    }
    return Session(
        house=context.find_root().obj or real_house(),
        settings=given.get("config", DEFAULT_SETTINGS),
        data=given.get("data"),
        agent=given.get("agent", ""),
        as_json=given.get("as_json", False),
    )
