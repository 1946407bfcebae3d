"""What command lines are made of: case numbers, texts, spans of time."""

from __future__ import annotations

import mimetypes
import re
import sys
from datetime import timedelta
from pathlib import Path

import click

from intakebot.cli.moments import span_of
from intakebot.domain.commands import OutgoingFile

_LONGEST_ID = 19
"""Digits: ids are 64 bits, without a sign."""


class CaseNumber(click.ParamType[int]):
    """A case number, as `1001` or `C-1001`."""

    name = "number"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number; fails with a usage error."""
        digits = str(value).upper().removeprefix("C-")
        if not (digits.isascii() and digits.isdecimal()):
            self.fail(f"{value!r} is no case number; write 1001 or C-1001", param, ctx)
        return int(digits)


class Id(click.ParamType[int]):
    """The id of something; `shown_by` is the command that shows such ids."""

    name = "id"

    def __init__(self, shown_by: str) -> None:
        self._shown_by = shown_by

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number; fails with a usage error."""
        text = str(value)
        if not (text.isascii() and text.isdecimal()) or int(text) == 0 or len(text) > _LONGEST_ID:
            self.fail(f"{text!r} is no id; `intakebot {self._shown_by}` shows them", param, ctx)
        return int(text)


class Written(click.ParamType[str]):
    """A text; `-` reads it from standard input."""

    name = "text"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text; fails with a usage error when it is required and empty."""
        text = sys.stdin.read() if value == "-" else value
        if not text.strip() and param is not None and param.required:
            self.fail("the text is empty", param, ctx)
        return text.rstrip()


class Span(click.ParamType[timedelta]):
    """A span of time, as `10d` or `1d12h`."""

    name = "span"

    def convert(self, value: str | timedelta, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """The span; fails with a usage error."""
        if isinstance(value, timedelta):
            return value
        try:
            return span_of(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Share(click.ParamType[float]):
    """A share of something, as `5%`; 0 to 1."""

    name = "share"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The share; fails with a usage error."""
        if isinstance(value, float):
            return value
        if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]+)?%", value):
            self.fail(f"{value!r} is no share; write 5% or 0.5%", param, ctx)
        return float(value.removesuffix("%")) / 100


class Attached(click.ParamType[OutgoingFile]):
    """A file that leaves with an answer; its type follows from its name."""

    name = "file"

    def convert(
        self, value: str | OutgoingFile, param: click.Parameter | None, ctx: click.Context | None
    ) -> OutgoingFile:
        """The file with its bytes; fails with a usage error when it cannot be read."""
        if isinstance(value, OutgoingFile):
            return value
        path = Path(value)
        try:
            content = path.read_bytes()
        except OSError as error:
            self.fail(f"{value}: {error.strerror}", param, ctx)
        return OutgoingFile(path.name, mimetypes.guess_type(path.name)[0] or "", content)


class MailFile(click.ParamType["tuple[str, bytes]"]):
    """A saved mail, as its name and its bytes; `-` reads standard input."""

    name = "file"

    def convert(
        self, value: str | tuple[str, bytes], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, bytes]:
        """The mail; fails with a usage error when it cannot be read."""
        if isinstance(value, tuple):
            return value
        if value == "-":
            return "standard input", sys.stdin.buffer.read()
        try:
            return value, Path(value).read_bytes()
        except OSError as error:
            self.fail(f"{value}: {error.strerror}", param, ctx)


number_argument = click.argument("number", type=CaseNumber())
text_argument = click.argument("text", type=Written())
comment_option = click.option("--comment", type=Written(), default="", help="Why; goes into the case, dated.")
attach_option = click.option("--attach", "files", type=Attached(), multiple=True, help="A file to send along.")
limit_option = click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
