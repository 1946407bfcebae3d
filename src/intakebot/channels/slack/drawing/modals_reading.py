"""Forms that are only read: all of a text, a whole case, why it is here, everything that can be done, help.

Long ones have pages; the page that is shown stands in the notes as `page`, from 1 on. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from intakebot.channels.slack.drawing import blocks, moments, offers, safe_text
from intakebot.channels.slack.drawing.blocks import Block
from intakebot.channels.slack.drawing.card_facts import details, whose
from intakebot.channels.slack.drawing.card_work import described, open_tasks, task_button
from intakebot.channels.slack.drawing.lines import is_trimmed
from intakebot.channels.slack.drawing.modals_frame import NO_NOTES, PIECE, Case, Notes, View, about, form, headline
from intakebot.channels.slack.drawing.reasons import why_blocks
from intakebot.channels.slack.drawing.wording import by_channel, cut_line, kind_of_delivery, states, who

Row: TypeAlias = Mapping[str, Any]

PIECES_ON_PAGE = 12
ENTRIES_ON_PAGE = 10
PIECES_OF_ENTRY = 2
"""Ten entries of two pieces, in a script of three bytes a character, stay below what a view may be."""
HELP = (
    ("/case new", "make a case: somebody called, or you need something"),
    ("/case find WORDS", "find cases by number, customer or words"),
    ("/case mine", "my cases, what is due first on top"),
    ("/case queue NAME", "what waits in a queue"),
    ("/case show C-1001", "one case with its buttons"),
    ("/case why C-1001", "why a case is where it is"),
    ("/case help", "this list"),
)


def text_form(case: Case, title: str, text: str, *, page: int = 1, notes: Notes = NO_NOTES) -> View:
    """All of a text, page by page. `notes` name the part, so that another page can be drawn."""
    words = safe_text.visible(text).strip("\n")
    pieces = [piece for piece in safe_text.pieces(words, PIECE) if piece.strip()]
    pages = max(1, -(-len(pieces) // PIECES_ON_PAGE))
    page = min(max(page, 1), pages)
    shown = pieces[(page - 1) * PIECES_ON_PAGE : page * PIECES_ON_PAGE]
    parts = [headline(case), blocks.context(cut_line(title, 200)), *(blocks.words(piece) for piece in shown)]
    remembered = about(case, notes) | {"page": page}
    return form("text", "All of it", [*parts, _paging(case, notes, page, pages)], close="Close", notes=remembered)


def case_form(case: Case, whole: Row, *, page: int = 1, notes: Notes = NO_NOTES) -> View:
    """A whole case: what is known about it, then everything that was said, newest page first.

    `case` is the answer of `case.card`, `whole` of `case.show`.
    """
    entries = sorted(_entries(whole), key=lambda entry: entry.at, reverse=True)
    pages = max(1, -(-len(entries) // ENTRIES_ON_PAGE))
    page = min(max(page, 1), pages)
    shown = entries[(page - 1) * ENTRIES_ON_PAGE : page * ENTRIES_ON_PAGE]
    parts: list[Block | None] = [headline(case), *_overview(case, page)]
    for at, entry in enumerate(shown):
        show_all = _show_all(case, f"entry{at}", entry.part)
        parts += [blocks.divider(), blocks.rich(entry.head), *_said(entry.text, show_all, is_part=entry.is_part)]
    remembered = about(case, notes) | {"page": page}
    return form(
        "case",
        str(case.get("label") or "Case"),
        [*parts, _paging(case, notes, page, pages)],
        close="Close",
        notes=remembered,
    )


def _overview(case: Case, page: int) -> Iterator[Block | None]:
    if page > 1:
        return
    standing = (
        case.get("status"),
        f"{case.get('priority') or 'normal'} priority",
        (case.get("queue") or {}).get("title"),
    )
    yield blocks.words(" · ".join(cut_line(part, 80) for part in standing if part))
    yield whose(case)
    yield details(case)
    for task in list(case.get("tasks") or ())[:10]:
        yield blocks.context(described(task))


class _Entry(NamedTuple):
    """Something that was said; `is_part` where the text is not all of it."""

    at: str
    head: Block
    text: str
    part: str
    is_part: bool


def _entries(whole: Row) -> Iterator[_Entry]:
    """Everything that was said."""
    for row in whole.get("messages") or ():
        yield _entry(
            row,
            row.get("at"),
            "From the caller",
            cut_line(row.get("sender_name") or row.get("sender"), 80),
            f"message:{row.get('id')}",
        )
    for row in whole.get("comments") or ():
        kind = {"work_info": "Work info", "call_log": "Call log"}.get(str(row.get("kind")), "Comment")
        yield _entry(row, row.get("at"), kind, f"{who(row.get('by'))}, internal", f"comment:{row.get('id')}")
    for row in whole.get("deliveries") or ():
        at = row.get("settled_at") or row.get("created_at")
        by = by_channel(row.get("channel"))
        rest = f"{cut_line(row.get('recipient'), 80)}{f' by {by}' if by else ''}: {states(row.get('state'))}"
        yield _entry(row, at, f"To the caller, {kind_of_delivery(row.get('kind'))}", rest, f"delivery:{row.get('id')}")


def _entry(row: Row, at: object, bold: str, rest: str, part: str) -> _Entry:
    moment = moments.at(at)
    dated = [blocks.said(" · "), blocks.moment(moment)] if moment else []
    head = blocks.line(blocks.said(bold, bold=True), blocks.said(f" · {rest}"), *dated)
    text = str(row.get("new_text") or row.get("text") or "")
    return _Entry(moment.isoformat() if moment else "", head, text, part, is_trimmed(row))


def _said(text: str, show_all: Block | None, *, is_part: bool = False) -> Iterator[Block | None]:
    """The beginning of what was said; the button when there is more."""
    words = safe_text.visible(text).strip("\n")
    pieces = [piece for piece in safe_text.pieces(words, PIECE) if piece.strip()]
    yield from (blocks.words(piece) for piece in pieces[:PIECES_OF_ENTRY])
    if is_part or len(pieces) > PIECES_OF_ENTRY:
        yield show_all


def _show_all(case: Case, name: str, part: str) -> Block | None:
    button = blocks.button("Show all of this", "case.show", offers.carried(case, part=part))
    return blocks.row(offers.row_name(case, name), button)


def why_form(case: Case, why: Row, notes: Notes = NO_NOTES) -> View:
    """Why the case is where it is: rules, matched words, near misses. `why` is the answer of `case.why`."""
    parts = [headline(case), *why_blocks(case, why)]
    return form("why", "Why is it here?", parts, close="Close", notes=about(case, notes))


def more_form(case: Case, notes: Notes = NO_NOTES) -> View:
    """Everything that can be done with a case now, and all its open tasks."""
    tasks = [] if case.get("ended") else open_tasks(case)[:40]
    acts = list(offers.all_rows(case)) or [blocks.words("This case has ended: nothing in it can change any more.")]
    work = [blocks.words(described(task), task_button(case, task)) for task in tasks]
    head = blocks.header("Open tasks") if work else None
    return form("more", "More actions", [headline(case), *acts, head, *work], close="Close", notes=about(case, notes))


def help_form(command: str = "/case") -> View:
    """What can be done here."""
    return form("help", "Help", help_blocks(command), close="Close")


def help_blocks(command: str = "/case") -> list[Block]:
    """What can be done here, for the form and for the answer to the command."""
    lines = "\n".join(f"{typed.replace('/case', command)}  -  {sense}" for typed, sense in HELP)
    return [
        blocks.words(lines),
        blocks.context(
            "The thread below a card is for agents: nothing written there reaches the caller.",
            "“Reply to caller” and a resolution do; you see every word and every recipient before they leave.",
            "The Home tab of this app has your cases, your queues and the messages that you want.",
        ),
    ]


def _paging(case: Case, notes: Notes, page: int, pages: int) -> Block | None:
    if pages <= 1:
        return None
    part = notes.get("part")
    back = blocks.button(f"Page {page - 1}", "form.back", offers.carried(case, part=part, page=page - 1))
    on = blocks.button(f"Page {page + 1}", "form.on", offers.carried(case, part=part, page=page + 1))
    return blocks.row(f"page-{page}", back if page > 1 else None, on if page < pages else None)
