"""`intakebot rules explain | why-not | test`: rules tried on mails and on their own tests. Nothing is kept or sent."""

from __future__ import annotations

from pathlib import Path

import click

from intakebot.cli.exits import ATTENTION, DONE
from intakebot.cli.operation import rules_commands
from intakebot.cli.rule_pages import explanations_page, trials_page, why_not_page
from intakebot.cli.session import Session, show_page, with_session
from intakebot.cli.values import MailFile

__all__ = ["rules_commands"]


_to_option = click.option("--to", multiple=True, metavar="ADDRESS", help="The address it comes to, else its own To.")


@rules_commands.command("explain")
@click.argument("files", type=MailFile(), nargs=-1, required=True, metavar="FILE.eml...")
@_to_option
@with_session
async def explain(session: Session, files: tuple[tuple[str, bytes], ...], to: tuple[str, ...]) -> None:
    """Show what would become of a mail, and which words of it decide that (- reads standard input)."""
    answers = session.house.explain_mails(session.settings, session.data, files, to)
    if session.as_json:
        session.print_json(answers)
    else:
        show_page(explanations_page(answers))


@rules_commands.command("why-not")
@click.argument("rule")
@click.argument("file", type=MailFile(), metavar="FILE.eml")
@_to_option
@with_session
async def why_not(session: Session, rule: str, file: tuple[str, bytes], to: tuple[str, ...]) -> int:
    """Show the first condition of RULE that a mail does not fulfil; the exit code is 1 when the rule applies."""
    answer = session.house.why_not(session.settings, session.data, rule, file, to)
    if session.as_json:
        session.print_json(answer)
    else:
        show_page(why_not_page(answer))
    return (ATTENTION if answer["applies"] else DONE).code


@rules_commands.command("test")
@click.argument("path", type=click.Path(exists=True, path_type=Path), required=False)
@with_session
async def test(session: Session, path: Path | None) -> int:
    """Run the tests that are written in the rules, the configured ones or those in PATH; exit code 1 when one fails."""
    found = session.house.try_rules(session.settings, path)
    if session.as_json:
        session.print_json(found)
    else:
        show_page(trials_page(found))
    return (ATTENTION if found["failed"] else DONE).code
