"""Pages about the house itself: its health, what checks found, previews of templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from intakebot.cli.looks import Rows, fields, listed, section
from intakebot.cli.moments import Calendar
from intakebot.cli.plain_text import one_line, shown
from intakebot.domain.delivery import SHADOW

Record = Mapping[str, Any]
_SEVERITY_STYLES = {"error": "bold red", "warning": "yellow", "ok": "green"}


def health_page(answer: Record, calendar: Calendar) -> RenderableType:
    """What needs attention, then the counts."""
    attention = answer["attention"]
    rows = [
        (
            one_line(line["what"], "bold red"),
            one_line(line.get("which")),
            calendar.relative(line.get("since")),
            one_line(line["sentence"]),
        )
        for line in attention
    ]
    drawn = Rows(("What", "Which", "Since", "Why"), rows, wraps=("Why",))
    verdict = Text("needs attention", style="bold red") if attention else Text("all is well", style="bold green")
    counts = [
        section(name.capitalize(), _counts(counted)) for name, counted in answer.get("counts", {}).items() if counted
    ]
    looked = [section("Mailboxes", mailboxes_page(answer["mailboxes"], calendar))] if answer.get("mailboxes") else []
    mode = [Text(SHADOW, style="bold yellow")] if answer.get("mode") == "shadow" else []
    return Group(verdict, *mode, *([drawn] if attention else []), *looked, *counts)


def mailboxes_page(answer: Sequence[Record], calendar: Calendar) -> RenderableType:
    """Where each mailbox stands; the proof of life is the last look that succeeded."""
    columns = ("Mailbox", "Folder", "Last look", "Up to UID", "Under way", "Unmarked", "Too large", "Set aside")
    rows = [
        (
            one_line(mailbox["name"], "bold"),
            one_line(_of_account(mailbox)),
            calendar.relative(mailbox["looked_at"]) if mailbox["looked_at"] else Text("never", style="bold red"),
            str(mailbox["last_uid"]),
            *(_few(mailbox[stage]) for stage in ("begun", "unmarked", "too_large", "set_aside")),
        )
        for mailbox in answer
    ]
    drawn = Rows(columns, rows, wraps=("Folder",), right=columns[3:], gives_way=("Under way", "Up to UID"))
    return listed(
        answer, drawn, "no mailboxes; docs/howto/imap.md sets one up, and `intakebot run` begins to look into it"
    )


def _of_account(mailbox: Record) -> str:
    """`INBOX of support@example.com at imap.example.com`; the account is kept as both, joined by the last @."""
    user, _, host = mailbox["account"].rpartition("@")
    return f"{mailbox['folder']} of {user} at {host}"


def _few(count: int) -> Text:
    return Text(str(count) if count else "", style="yellow")


def _counts(counted: Mapping[str, int]) -> RenderableType:
    return fields((one_line(name).plain, str(count)) for name, count in counted.items())


def problems_page(problems: Sequence[Record]) -> RenderableType:
    """What a check found, with its place."""
    rows = [
        (
            one_line(problem["place"]),
            one_line(problem.get("severity", "error"), _SEVERITY_STYLES.get(problem.get("severity", "error"), "")),
            one_line(problem["sentence"]),
        )
        for problem in problems
    ]
    return Rows(("Where", "How bad", "What"), rows, wraps=("What",))


def found_page(found: Record) -> RenderableType:
    """What a check looked at, when nothing is wrong."""
    rows = ((name.replace("_", " "), shown(value)) for name, value in found.items() if name != "problems")
    return Group(Text("all is well", style="bold green"), fields(rows))


def template_page(answer: Record, calendar: Calendar) -> RenderableType:  # noqa: ARG001 - a page's shape
    """A rendered template."""
    head = fields((("subject", one_line(answer["subject"])),))
    html = [section("HTML", shown(answer["html"]))] if answer.get("html") else []
    chat = [section("In a chat thread", shown(answer["chat"]))] if answer.get("chat") else []
    return Group(head, section("Text", shown(answer["text"])), *html, *chat)
