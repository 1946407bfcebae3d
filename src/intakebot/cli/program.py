"""The program `intakebot`: all commands under one name, and the one place where errors become exit codes."""

from __future__ import annotations

import asyncio
import inspect
import logging
import sys
from collections.abc import Coroutine, Sequence
from typing import Any, NoReturn

import click

if sys.platform == "win32":
    from asyncio import new_event_loop
else:
    from uvloop import new_event_loop

from intakebot.cli.attachments import attachment_commands
from intakebot.cli.cases import case_commands
from intakebot.cli.contacts import contact_commands, register_contact
from intakebot.cli.customers import customer_commands
from intakebot.cli.deliveries import delivery_commands, handover_commands, queue_commands
from intakebot.cli.demonstration import demo
from intakebot.cli.exits import DONE, INTERRUPTED, Complaint
from intakebot.cli.import_mail import import_mail
from intakebot.cli.mailboxes import mailbox_commands
from intakebot.cli.operation import (
    clock_commands,
    config_commands,
    health,
    run,
    slack_commands,
    template_commands,
    workflow_commands,
)
from intakebot.cli.reading import read
from intakebot.cli.rule_history import rules_commands
from intakebot.cli.rules_live import reload_rules, rules_agreement
from intakebot.cli.session import HouseGroup, global_options
from intakebot.cli.suggestions import suggestion_commands
from intakebot.domain.errors import IntakebotError
from intakebot.edge import guarded


class Program(HouseGroup):
    """The root of all commands. Its `main` always ends the process with one of the documented exit codes."""

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, **settings: Any) -> NoReturn:  # type: ignore[override] # noqa: ANN401 - click's own settings; it never returns
        """Run one command line."""
        arguments = list(sys.argv[1:] if args is None else args)
        complaint = Complaint(as_json="--json" in arguments, debug="--debug" in arguments)
        if not complaint.debug:
            logging.getLogger("intakebot").addHandler(logging.NullHandler())  # errors are said once, by us
        try:
            begun = super().main(arguments, prog_name or "intakebot", **{**settings, "standalone_mode": False})
            code = _run(_finish(begun, complaint)) if inspect.iscoroutine(begun) else begun
        except (IntakebotError, click.ClickException) as error:
            code = complaint.report(error)
        except (click.Abort, KeyboardInterrupt):
            code = INTERRUPTED.code
        sys.exit(code)


def _run(finish: Coroutine[Any, Any, int]) -> int:
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(finish)


async def _finish(begun: Coroutine[Any, Any, int | None], complaint: Complaint) -> int:
    """Run the command that was begun; the guard makes even the unplanned an error that can be reported."""
    outcome = await guarded("command line", _reported(begun, complaint))
    return complaint.report(outcome) if isinstance(outcome, IntakebotError) else outcome


async def _reported(begun: Coroutine[Any, Any, int | None], complaint: Complaint) -> int:
    try:
        return await begun or DONE.code
    except (IntakebotError, click.ClickException) as error:
        return complaint.report(error)


rules_commands.add_command(reload_rules)
rules_commands.add_command(rules_agreement)
program = Program(
    name="intakebot",
    help="Email and chat intake: every message becomes a case, every decision explains itself, no mail is lost.",
    params=global_options(from_environment=True),
    context_settings={"max_content_width": 110},
    commands=[
        case_commands,
        contact_commands,
        register_contact,
        attachment_commands,
        import_mail,
        delivery_commands,
        queue_commands,
        handover_commands,
        customer_commands,
        read,
        template_commands,
        workflow_commands,
        rules_commands,
        suggestion_commands,
        config_commands,
        mailbox_commands,
        slack_commands,
        clock_commands,
        health,
        run,
        demo,
    ],
)


def main() -> NoReturn:
    """The entry of the `intakebot` command."""
    program.main()
