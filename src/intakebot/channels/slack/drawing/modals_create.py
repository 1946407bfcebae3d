"""The form that makes a case: out of a message, out of a call that an agent takes, or of a caller's own words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from intakebot.channels.slack.drawing import blocks, fields, safe_text
from intakebot.channels.slack.drawing.blocks import Block
from intakebot.channels.slack.drawing.fields import Choice
from intakebot.channels.slack.drawing.modals_frame import NO_NOTES, Notes, View, form
from intakebot.channels.slack.drawing.wording import cut_line

Message: TypeAlias = Mapping[str, Any]
WAYS = (Choice("phone", "Phone call"), Choice("walk-in", "At the counter"), Choice("fax", "Fax"))
_TITLE_HINT = "A few words; all the rest belongs into the description."


def create_form(
    *,
    by_agent: bool,
    title: str = "",
    message: Message | None = None,
    addresses: Sequence[Mapping[str, Any]] = (),
    notes: Notes = NO_NOTES,
) -> View:
    """Make a case.

    `message` (sender, text, permalink) is the one it is made of: then its author is the caller, and its words are
    the description. Without one an agent says who called and how; a caller just writes. `title` is what was typed
    after the command; `addresses` (address, title) are the processes to choose from, for agents.
    """
    first_words = cut_line(str((message or {}).get("text") or "").partition("\n")[0], 100)
    named = fields.text_field(
        "title", "What is it about?", initial=title or first_words, limit=200, focus=True, hint=_TITLE_HINT
    )
    if message:
        parts = [named, *_made_of(message)]
    elif by_agent:
        parts = [named, *_taken_by_agent(addresses)]
    else:
        parts = [named, _described()]
    return form("create", "New case", parts, submit="Create", notes=notes)


def _described() -> Block:
    return fields.text_field(
        "text", "Description", lines=True, optional=True, hint="What happens, since when, with which device or order?"
    )


def _made_of(message: Message) -> Iterator[Block | None]:
    sender = cut_line(message.get("sender") or "the author", 80)
    words = safe_text.visible(str(message.get("text") or "")).strip()
    pointer = "({left} more characters; all of it goes into the case)"
    yield blocks.rich(
        blocks.line(blocks.said("Out of the message of ", bold=True), blocks.said(sender, bold=True)),
        blocks.quote(blocks.said(safe_text.cut(words, 1_500, pointer) or "(no words)")),
    )
    yield blocks.context(f"{sender} is the caller, and the answer comes in the thread of this message.")


def _taken_by_agent(addresses: Sequence[Mapping[str, Any]]) -> Iterator[Block | None]:
    yield fields.pick_field("channel", "How did it come in?", WAYS, chosen="phone")
    yield fields.text_field(
        "caller",
        "Who called?",
        limit=200,
        optional=True,
        placeholder="E-mail address or phone number",
        hint="An e-mail address lets you answer in writing.",
    )
    yield _described()
    processes = [Choice(str(one["address"]), cut_line(one.get("title") or one["address"], 75)) for one in addresses]
    first = processes[0].value if processes else ""
    yield fields.choice_field("address", "Which process?", processes, chosen=first)
