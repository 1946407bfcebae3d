"""How the program ends: one table of exit codes, and one way to say an error.

Errors go to standard error, one sentence and the next step, as JSON when programs ask for it; never a
traceback (except with --debug). docs/reference/exit-codes.md shows the same table; a test holds them together.
"""

from __future__ import annotations

import json
import traceback
from dataclasses import dataclass

import click
from click.exceptions import NoArgsIsHelpError

from intakebot.cli.plain_text import visible
from intakebot.domain.errors import (
    AlreadyRunningError,
    ConfigError,
    ConflictError,
    DoorUnavailableError,
    IntakebotError,
    NotFoundError,
    RefusedError,
    ServiceUnreachableError,
    StorageUnavailableError,
    TemplateError,
    TokenRefusedError,
)


@dataclass(frozen=True, slots=True)
class Exit:
    """One way to end: the code, what it means, and what to try next."""

    code: int
    meaning: str
    next_step: str = ""


DONE = Exit(0, "Done.")
ATTENTION = Exit(1, "Something needs attention, or a check failed.")
USAGE = Exit(2, "The command line was not understood.", "add --help to see what this command takes")
REFUSED = Exit(
    3,
    "It was refused; nothing was changed.",
    "the sentence says why; for a case, `intakebot case actions NUMBER` shows what is possible",
)
NOT_FOUND = Exit(
    4,
    "Something was named that does not exist.",
    "the sentence may name what was meant; `intakebot case list` and the other lists show what there is",
)
UNREACHABLE = Exit(
    5,
    "The service, its storage or its address cannot be had, or another process holds it.",
    "one `intakebot run` at a time serves a data directory and an address; see which one runs, or try again",
)
CONFIGURATION = Exit(6, "The configuration or an import file cannot be used.", "correct what is named, then repeat")
INTERNAL = Exit(70, "An internal error: a fault of this program.", "repeat it with --debug and report what that prints")
INTERRUPTED = Exit(130, "Interrupted by Ctrl-C.")

EXITS = (DONE, ATTENTION, USAGE, REFUSED, NOT_FOUND, UNREACHABLE, CONFIGURATION, INTERNAL, INTERRUPTED)

_BY_ERROR: tuple[tuple[type[Exception], Exit], ...] = (
    (click.ClickException, USAGE),
    (RefusedError, REFUSED),
    (ConflictError, REFUSED),
    (NotFoundError, NOT_FOUND),
    (ServiceUnreachableError, UNREACHABLE),
    (AlreadyRunningError, UNREACHABLE),
    (TokenRefusedError, CONFIGURATION),
    (DoorUnavailableError, UNREACHABLE),
    (StorageUnavailableError, UNREACHABLE),
    (ConfigError, CONFIGURATION),
    (TemplateError, CONFIGURATION),
)


def exit_for(error: Exception) -> Exit:
    """How the program ends on this error."""
    return next((end for kind, end in _BY_ERROR if isinstance(error, kind)), INTERNAL)


@dataclass(frozen=True, slots=True)
class Complaint:
    """Says errors on standard error; `report` returns the exit code."""

    as_json: bool
    debug: bool

    def report(self, error: Exception) -> int:
        """Say what went wrong and what to do next."""
        if self.debug:
            traceback.print_exception(error)
        if isinstance(error, NoArgsIsHelpError) and not self.as_json:
            click.echo(error.format_message(), err=True)
            return USAGE.code
        end = exit_for(error)
        code, reason, sentence = _described(error)
        if self.as_json:
            fields = {"code": code, "reason": reason, "sentence": sentence, "next": end.next_step}
            click.echo(json.dumps({"error": fields}), err=True)
        else:
            label = f"{code} ({reason})" if reason else code
            click.echo(visible(f"{label}: {sentence}\n  next: {end.next_step}"), err=True)
        return end.code


def _described(error: Exception) -> tuple[str, str, str]:
    if isinstance(error, RefusedError):
        return error.code, error.reason, error.sentence
    if isinstance(error, IntakebotError):
        return error.code, "", error.sentence
    if isinstance(error, NoArgsIsHelpError):
        return "usage", "", "a command is missing"
    if isinstance(error, click.ClickException):
        return "usage", "", error.format_message()
    return "internal", "", f"something unplanned happened ({type(error).__name__})"
