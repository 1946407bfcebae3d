"""`intakebot case find`, `suggest`, `preview` and `link`: other cases, what helped before, and what would leave now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click
from rich.console import Group, RenderableType
from rich.text import Text

from intakebot.cli.case_tables import changed_line
from intakebot.cli.looks import Rows, case_number, fields, listed, named, quoted, section, status, title
from intakebot.cli.moments import Calendar
from intakebot.cli.plain_text import one_line
from intakebot.cli.session import HouseCommand, Session, with_session
from intakebot.cli.values import CaseNumber, Written, number_argument
from intakebot.domain.commands import Link


@click.command("find", cls=HouseCommand)
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@click.option("--offset", type=click.IntRange(0), default=0, help="Leave out so many of the best.")
@with_session
async def find_cases(session: Session, words: tuple[str, ...], limit: int, offset: int) -> None:
    """Find cases that have all WORDS: number, title, caller, customer, what was said, answers that were sent."""
    await session.show(found_page, "case.find", text=" ".join(words), limit=limit, offset=offset)


@click.command("suggest", cls=HouseCommand)
@number_argument
@click.option("--limit", type=click.IntRange(1, 50), default=5, show_default=True)
@with_session
async def suggest(session: Session, number: int, limit: int) -> None:
    """Show what helped before: answers that were sent in similar cases, and templates."""
    await session.show(suggestions_page, "case.suggest", number=number, limit=limit)


@click.command("preview", cls=HouseCommand)
@number_argument
@click.argument("kind", type=click.Choice(["question", "resolution"]))
@click.argument("text", type=Written(), default="", required=False)
@click.option("--template", default="", help="A resolution template instead of a text.")
@with_session
async def preview(session: Session, number: int, kind: str, text: str, template: str) -> None:
    """Show exactly what would leave for the caller; nothing is sent."""
    await session.show(preview_page, "reply.preview", case=number, kind=kind, text=text, template=template)


@click.command("link", cls=HouseCommand)
@number_argument
@click.argument("other", type=CaseNumber())
@click.option("--as-predecessor", is_flag=True, help="OTHER came before it, instead of being its parent.")
@with_session
async def link(session: Session, number: int, other: int, *, as_predecessor: bool) -> None:
    """Link a case to its parent OTHER, or to the one that it follows."""
    relation = "predecessor" if as_predecessor else "parent"
    await session.perform(changed_line, Link(number, other, relation))


def found_page(answer: Mapping[str, Any], calendar: Calendar) -> RenderableType:
    """The cases that were found, best first, each with the place where it was."""
    rows: Sequence[Mapping[str, Any]] = answer["cases"]
    drawn = Rows(
        ("Case", "Status", "Queue", "Owner", "Customer", "Title", "Opened", "Where"),
        [
            (
                case_number(row["number"]),
                status(row.get("ended_as") or row["status"]),
                one_line(row.get("queue")),
                one_line(row.get("owner")),
                named(row.get("customer")),
                title(row.get("title")),
                calendar.relative(row.get("opened_at")),
                one_line(row.get("why")),
            )
            for row in rows
        ],
        wraps=("Title", "Where", "Customer"),
        gives_way=("Customer", "Opened", "Owner", "Queue"),
    )
    total = answer["total"]
    more = Text(f"{len(rows)} of {total}; more words find fewer", style="dim") if total > len(rows) else Text("")
    return Group(listed(rows, drawn, "no case has all these words"), more) if more else listed(rows, drawn, "no cases")


def suggestions_page(answer: Sequence[Mapping[str, Any]], _: Calendar) -> RenderableType:
    """What helped before, best first: where it is from, why it fits, and its words."""
    if not answer:
        return Text("nothing like it was answered yet", style="dim")
    return Group(*(_suggestion(found) for found in answer))


def _suggestion(found: Mapping[str, Any]) -> RenderableType:
    source = f"template {found['template']}" if found["template"] else f"{found['label']} {found['title']}"
    score = f"{round(100 * found['score'])} %"
    shares, was = one_line(", ".join(found["words"])), one_line(found["passage"])
    parts = fields((("fits", score), ("shares", shares), ("was", was)))
    return section(one_line(source).plain, Group(parts, quoted(found["text"])))


def preview_page(answer: Mapping[str, Any], _: Calendar) -> RenderableType:
    """Who would get what."""
    to = ", ".join(f"{each['name']} <{each['address']}> by {each['channel']}".strip() for each in answer["to"])
    head = fields(
        (
            ("problem", one_line(answer["problem"], "bold red")),
            ("to", one_line(to)),
            ("not answered", one_line(", ".join(answer["cc_ignored"]))),
            ("subject", one_line(answer["subject"])),
            ("language", one_line(answer["language"])),
        )
    )
    return Group(head, Text(""), quoted(answer["text"]))
