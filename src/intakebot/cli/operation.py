"""Running and watching the house: `run`, `health`, `clock`, and the checks of configuration, rules and templates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import click

from intakebot.cli.case_tables import changed_line
from intakebot.cli.exits import ATTENTION, DONE
from intakebot.cli.house_pages import found_page, health_page, problems_page, template_page
from intakebot.cli.session import HouseCommand, HouseGroup, Session, show_page, with_session
from intakebot.cli.values import Span
from intakebot.domain.commands import AdvanceClock

template_commands = HouseGroup("template", help="The texts that leave for callers.", short_help="Templates.")
workflow_commands = HouseGroup("workflow", help="The processes that cases follow.", short_help="Processes.")
rules_commands = HouseGroup("rules", help="The rules that decide about contacts.", short_help="Rules.")
config_commands = HouseGroup("config", help="The configuration.", short_help="Configuration.")
slack_commands = HouseGroup("slack", help="The Slack workspace that cases are worked in.", short_help="Slack.")
clock_commands = HouseGroup(
    "clock", help="The simulated clock of `run --simulated-clock`.", short_help="Simulated time."
)

NOT_RUNNING = {
    "what": "service.not-running",
    "which": "",
    "since": None,
    "sentence": "no service runs on this data directory: no mail comes in, and none leaves; `intakebot run` starts it",
}


@template_commands.command("preview")
@click.argument("name")
@click.option("--language", default="en", show_default=True)
@with_session
async def preview_template(session: Session, name: str, language: str) -> None:
    """Show a template filled with sample values."""
    await session.show(template_page, "template.preview", name=name, language=language)


@template_commands.command("check")
@with_session
async def check_templates(session: Session) -> int:
    """Render every template in every language with sample values."""
    return _verdict(session, session.house.check_templates(session.settings))


@rules_commands.command("check")
@click.option("--strict", is_flag=True, help="Warnings fail it too.")
@with_session
async def check_rules(session: Session, *, strict: bool) -> int:
    """Check the rules, and run the tests that are written in them."""
    return _verdict(session, session.house.check_rules(session.settings), strict=strict)


@config_commands.command("check")
@with_session
async def check_configuration(session: Session) -> int:
    """Check the whole configuration; every problem is named with file and line."""
    return _verdict(session, session.house.check_configuration(session.settings))


@slack_commands.command("check")
@with_session
async def check_slack(session: Session) -> int:
    """Look whether the workspace is set up: tokens, scopes, channels, people, and every layout that we send."""
    return show_findings(session, await session.house.check_slack(session.settings))


def show_findings(session: Session, found: Mapping[str, Any]) -> int:
    """Show everything that a check looked at; the exit code."""
    if session.as_json:
        session.print_json(found)
    else:
        show_page(problems_page(found["findings"]))
    failed = any(finding["severity"] == "error" for finding in found["findings"])
    return (ATTENTION if failed else DONE).code


def _verdict(session: Session, found: Mapping[str, Any], *, strict: bool = False) -> int:
    """Show what a check found; warnings do not fail it, unless it is strict."""
    problems = found.get("problems", [])
    if session.as_json:
        session.print_json(found)
    else:
        show_page(problems_page(problems) if problems else found_page(found))
    failed = any(strict or problem.get("severity", "error") == "error" for problem in problems)
    return (ATTENTION if failed else DONE).code


@workflow_commands.command("draw")
@click.argument("name", default="")
@with_session
async def draw_workflow(session: Session, name: str) -> None:
    """Print the diagram of a process, or of all, as Mermaid text."""
    diagrams = session.house.draw_workflows(session.settings, name)
    if session.as_json:
        session.print_json(diagrams)
    else:
        click.echo("\n".join(diagrams.values()))


@clock_commands.command("advance")
@click.argument("span", type=Span())
@with_session
async def advance_clock(session: Session, span: timedelta) -> None:
    """Move the simulated clock forward, as `10d` or `1d12h`."""
    await session.perform(changed_line, AdvanceClock(int(span.total_seconds())))


@click.command("health", cls=HouseCommand)
@with_session
async def health(session: Session) -> int:
    """Show what needs attention; the exit code is 1 when something does."""
    async with session.desk() as desk:
        answer = dict(await desk.ask("health", {}))
        if not session.house.is_served(desk):
            answer["attention"] = [NOT_RUNNING, *answer["attention"]]
        await session.print(desk, health_page, answer)
    return (ATTENTION if answer["attention"] else DONE).code


@click.command("run", cls=HouseCommand)
@click.option("--simulated-clock", is_flag=True, help="Time can be moved by `clock advance`; for demonstrations.")
@with_session
async def run(session: Session, *, simulated_clock: bool) -> None:
    """Run the service until Ctrl-C."""
    await session.house.run(session.settings, session.data, simulated_clock=simulated_clock)
