"""`intakebot case ...`: see cases, and work on them."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Any

import click

from intakebot.cli.case_page import case_page
from intakebot.cli.case_search import find_cases, link, preview, suggest
from intakebot.cli.case_tables import actions_table, cases_table, changed_line, log_table
from intakebot.cli.session import HouseGroup, Session, with_session
from intakebot.cli.values import (
    Id,
    Written,
    attach_option,
    comment_option,
    limit_option,
    number_argument,
    text_argument,
)
from intakebot.cli.why_page import why_page
from intakebot.domain.commands import (
    AcceptTask,
    AddComment,
    AddTask,
    Ask,
    Classify,
    Close,
    CompleteTask,
    Identify,
    Mark,
    Move,
    OutgoingFile,
    Reopen,
    Resolve,
    SendResolution,
    Split,
    Take,
    Void,
)
from intakebot.ports import CaseFilter

case_commands = HouseGroup("case", help="See cases, and work on them.", short_help="Cases.")
task_commands = HouseGroup("task", help="Tasks: pieces of a case's work. TASK is the id that `case show` lists.")
for command in (task_commands, find_cases, suggest, preview, link):
    case_commands.add_command(command)


@case_commands.command("list")
@click.option("--queue", default="", help="Only of this queue.")
@click.option("--owner", default="", help="Only of this agent.")
@click.option("--status", default="", help="Only in this status.")
@click.option("--customer", default="", help="Only of this customer (reference).")
@click.option("--open", "only_open", is_flag=True, help="Leave out closed, void and merged ones.")
@limit_option
@with_session
async def list_cases(session: Session, /, *, only_open: bool, **wanted: Any) -> None:  # noqa: ANN401 - the filter's own fields
    """List cases."""
    await session.show(cases_table, "case.list", **asdict(CaseFilter(**wanted, ended=not only_open)))


@case_commands.command("show")
@number_argument
@click.option("--full", is_flag=True, help="Show messages with all that they quote, and their signatures.")
@with_session
async def show_case(session: Session, number: int, *, full: bool) -> None:
    """Show a case with everything that belongs to it."""
    await session.show(partial(case_page, full=full), "case.show", number=number)


@case_commands.command("why")
@number_argument
@with_session
async def why(session: Session, number: int) -> None:
    """Show why a case is where it is: the evidence and the rules behind every decision."""
    await session.show(why_page, "case.why", number=number)


@case_commands.command("log")
@number_argument
@with_session
async def log(session: Session, number: int) -> None:
    """Show the history of a case."""
    await session.show(log_table, "case.log", number=number)


@case_commands.command("actions")
@number_argument
@with_session
async def actions(session: Session, number: int) -> None:
    """Show what can be done with a case now, and why the rest cannot."""
    await session.show(actions_table, "case.actions", number=number)


@case_commands.command("take")
@number_argument
@with_session
async def take(session: Session, number: int) -> None:
    """Take a case in charge (take = accept); you become its owner."""
    await session.perform(changed_line, Take(number))


@case_commands.command("escalate")
@number_argument
@click.option("--queue", required=True, help="The queue that it goes to.")
@comment_option
@with_session
async def escalate(session: Session, number: int, queue: str, comment: str) -> None:
    """Send a case to a queue: status and queue change as one act."""
    await session.perform(changed_line, Move(number, queue=queue, comment=comment))


@case_commands.command("dispatch")
@number_argument
@click.option("--queue", default="", help="The queue that it goes to.")
@click.option("--assignee", default="", help="The agent that it goes to.")
@comment_option
@with_session
async def dispatch(session: Session, number: int, queue: str, assignee: str, comment: str) -> None:
    """Send a case to a queue or an agent."""
    if not (queue or assignee):
        raise click.UsageError("where to? Say --queue or --assignee")
    await session.perform(changed_line, Move(number, queue=queue, assignee=assignee, comment=comment))


@case_commands.command("comment")
@number_argument
@text_argument
@with_session
async def comment(session: Session, number: int, text: str) -> None:
    """Add an internal comment."""
    await session.perform(changed_line, AddComment(number, text))


@case_commands.command("work-info")
@number_argument
@text_argument
@with_session
async def work_info(session: Session, number: int, text: str) -> None:
    """Add work info: the technical solution, internal."""
    await session.perform(changed_line, AddComment(number, text, kind="work_info"))


@case_commands.command("mark")
@number_argument
@click.argument("marker")
@click.option("--remove", is_flag=True, help="Take the marker off.")
@with_session
async def mark(session: Session, number: int, marker: str, *, remove: bool) -> None:
    """Set a marker such as NNR (No NOC Required)."""
    await session.perform(changed_line, Mark(number, marker, remove=remove))


@case_commands.command("classify")
@number_argument
@click.option("--category", default="", help="The category path, as technical/no-signal.")
@click.option("--priority", type=click.Choice(["", "low", "normal", "high", "urgent"]), default="")
@with_session
async def classify(session: Session, number: int, category: str, priority: str) -> None:
    """Change category or priority."""
    if not (category or priority):
        raise click.UsageError("nothing to change; say --category or --priority")
    await session.perform(changed_line, Classify(number, category=category, priority=priority))


@case_commands.command("identify")
@number_argument
@click.argument("customer")
@click.option("--subscription", default="", help="The subscription's reference.")
@with_session
async def identify(session: Session, number: int, customer: str, subscription: str) -> None:
    """Say whose case it is, by the customer's reference; it is routed anew."""
    await session.perform(changed_line, Identify(number, customer, subscription))


@case_commands.command("ask")
@number_argument
@text_argument
@attach_option
@with_session
async def ask(session: Session, number: int, text: str, files: tuple[OutgoingFile, ...]) -> None:
    """Ask the caller a question; it leaves to where the caller wrote from."""
    await session.perform(changed_line, Ask(number, text, files))


@case_commands.command("resolve")
@number_argument
@click.argument("text", type=Written(), default="", required=False)
@click.option("--template", default="", help="A resolution template instead of a text.")
@click.option("--draft", is_flag=True, help="Keep it unsent.")
@click.option("--told-by", default="", help="The caller was told already: phone, counter.")
@attach_option
@with_session
async def resolve(session: Session, /, number: int, text: str, template: str, **given: Any) -> None:  # noqa: ANN401 - the command's own fields
    """Enter the resolution (resolve = complete); it is sent to the caller."""
    _require_text(text, template)
    await session.perform(changed_line, Resolve(number, text, template, **given))


@case_commands.command("answer-and-close")
@number_argument
@click.argument("text", type=Written(), default="", required=False)
@click.option("--template", default="", help="A resolution template instead of a text.")
@attach_option
@with_session
async def answer_and_close(
    session: Session, number: int, text: str, template: str, files: tuple[OutgoingFile, ...]
) -> None:
    """Give the final answer to a technical case; it closes once the answer is sent."""
    _require_text(text, template)
    await session.perform(changed_line, Resolve(number, text, template, final=True, files=files))


def _require_text(text: str, template: str) -> None:
    if bool(text) == bool(template):
        raise click.UsageError("say the resolution as TEXT (- reads standard input) or with --template, not both")


@case_commands.command("send-resolution")
@number_argument
@with_session
async def send_resolution(session: Session, number: int) -> None:
    """Send the resolution that was kept as a draft."""
    await session.perform(changed_line, SendResolution(number))


@case_commands.command("close")
@number_argument
@click.option("--notify", is_flag=True, help="Send the caller a closing notice.")
@with_session
async def close(session: Session, number: int, *, notify: bool) -> None:
    """Close a case whose resolution was sent; nothing can change afterwards."""
    await session.perform(changed_line, Close(number, notify=notify))


@case_commands.command("reopen")
@number_argument
@text_argument
@with_session
async def reopen(session: Session, number: int, text: str) -> None:
    """Bring a resolved case back to work; TEXT says why."""
    await session.perform(changed_line, Reopen(number, text))


@case_commands.command("void")
@number_argument
@text_argument
@with_session
async def void(session: Session, number: int, text: str) -> None:
    """End a case that should not be one; TEXT says why."""
    await session.perform(changed_line, Void(number, text))


@case_commands.command("split")
@number_argument
@click.argument("title", type=Written())
@click.option("--description", type=Written(), default="", help="What it is about (- reads standard input).")
@click.option("--category", default="", help="The category path.")
@click.option("--queue", default="", help="The queue that it goes to.")
@with_session
async def split(session: Session, /, number: int, **fields: str) -> None:
    """Open a further case out of the same contact, linked to this one."""
    await session.perform(changed_line, Split(number, **fields))


@task_commands.command("add")
@number_argument
@click.argument("title", type=Written())
@click.option("--queue", default="", help="The queue that works on it.")
@click.option("--assignee", default="", help="The agent who works on it.")
@click.option("--handover", default="", help="An order elsewhere; completing it completes the task.")
@with_session
async def add_task(session: Session, /, number: int, **fields: str) -> None:
    """Add a task to a case."""
    await session.perform(changed_line, AddTask(number, **fields))


@task_commands.command("accept")
@click.argument("task", type=Id("case show NUMBER"))
@with_session
async def accept_task(session: Session, task: int) -> None:
    """Accept a task from its queue."""
    await session.perform(changed_line, AcceptTask(task))


@task_commands.command("complete")
@click.argument("task", type=Id("case show NUMBER"))
@with_session
async def complete_task(session: Session, task: int) -> None:
    """Complete an accepted task."""
    await session.perform(changed_line, CompleteTask(task))


# What product support's process says for the same: `case actions` shows a process's own words, so they can be typed.
case_commands.add_command(take, "accept")
case_commands.add_command(resolve, "complete")
