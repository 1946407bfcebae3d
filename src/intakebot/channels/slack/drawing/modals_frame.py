"""What every form has: its frame, what it remembers, and how it is read when it is sent off.

A form is a plain dict (a view); `callback_id` is `form.<name>`. What it remembers (case, version, where it was
opened) is JSON in `private_metadata`, and no more than a hint: the house checks everything anew. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from intakebot.channels.slack.drawing import blocks, safe_text
from intakebot.channels.slack.drawing.blocks import Block
from intakebot.channels.slack.drawing.wording import titled

View: TypeAlias = dict[str, Any]
Case: TypeAlias = Mapping[str, Any]
Notes: TypeAlias = Mapping[str, Any]
NO_NOTES: Notes = {}

VIEW_BLOCKS = 100
REMEMBERED = 3_000
PIECE = 2_900


def form(
    name: str,
    title: str,
    parts: Iterable[Block | None],
    *,
    submit: str = "",
    close: str = "Cancel",
    notes: Notes = NO_NOTES,
) -> View:
    """A form of these parts; None stands for nothing. Without `submit` it is only read."""
    kept = [part for part in parts if part]
    if len(kept) > VIEW_BLOCKS:
        kept = [*kept[: VIEW_BLOCKS - 1], blocks.context(blocks.TOO_LONG)]
    view: View = {
        "type": "modal",
        "callback_id": f"form.{name}",
        "title": safe_text.plain_line(title, 24),
        "close": safe_text.plain_line(close, 24),
        "private_metadata": remembered(notes),
        "blocks": kept or [blocks.context("There is nothing to show.")],
    }
    return view | ({"submit": safe_text.plain_line(submit, 24)} if submit else {})


def remembered(notes: Notes) -> str:
    """What a form carries with it. Raises ValueError for more than the platform carries."""
    kept = {name: value for name, value in notes.items() if value not in ("", None)}
    text = json.dumps(kept, separators=(",", ":"), ensure_ascii=False)
    if safe_text.size(text) > REMEMBERED:
        raise ValueError(f"a form remembers {REMEMBERED} characters at most, not {safe_text.size(text)}")
    return text


def about(case: Case, notes: Notes = NO_NOTES) -> dict[str, Any]:
    """What a form about a case remembers: the case, the version that was seen, and `notes` (place, ts, …)."""
    return {"case": case["number"], "version": case.get("version")} | dict(notes)


def headline(case: Case) -> Block:
    """Which case a form is about."""
    return blocks.context(titled(case))


def skeleton(name: str, title: str, label: str = "", notes: Notes = NO_NOTES) -> View:
    """The form before the house has answered: it opens at once, and says what it waits for."""
    return form(name, title, [blocks.context(f"Loading {label}…" if label else "Loading…")], notes=notes)


def told(name: str, title: str, sentence: str) -> View:
    """Only a sentence: what happened, or why something did not."""
    return form(name, title, [blocks.words(sentence)], close="Close")


def in_full(text: str) -> list[Block]:
    """All of a text, in as many paragraphs as it takes."""
    words = safe_text.visible(text).strip("\n")
    return [blocks.words(piece) for piece in safe_text.pieces(words, PIECE) if piece.strip()]


def read_form(view: Mapping[str, Any]) -> dict[str, Any]:
    """What was filled in, by the fields' names: text, the value chosen, a list of values or of file records.

    Reads the `view` of a submission; a field that was left empty is '' or [].
    """
    state = view.get("state")
    values = state.get("values") if isinstance(state, Mapping) else None
    return {name: _held(block) for name, block in values.items()} if isinstance(values, Mapping) else {}


def _held(block: object) -> object:
    element = next(iter(block.values()), None) if isinstance(block, Mapping) else None
    if not isinstance(element, Mapping):
        return ""
    match element.get("type"):
        case "checkboxes":
            return [str(one.get("value")) for one in element.get("selected_options") or ()]
        case "file_input":
            return list(element.get("files") or ())
        case "static_select" | "external_select" | "radio_buttons":
            return str((element.get("selected_option") or {}).get("value") or "")
        case "timepicker":
            return str(element.get("selected_time") or "")
        case _:
            return str(element.get("value") or "")


def form_errors(name: str, values: Mapping[str, Any]) -> dict[str, str]:
    """What is plainly missing in what was filled in, by field; {} when the house may be asked.

    Only what a form can know by itself: everything else the house says, in its own words.
    """
    return {field: sentence for field, sentence in _WANTED.get(name, ()) if not _filled(values.get(field))} | (
        _either(values) if name in _ANSWERS else {}
    )


def _filled(value: object) -> bool:
    return bool(value.strip() if isinstance(value, str) else value)


def _either(values: Mapping[str, Any]) -> dict[str, str]:
    if _filled(values.get("text")) or _filled(values.get("template")):
        return {}
    return {"text": "Write what the caller is to be told, or choose a template."}


_ANSWERS = frozenset({"resolve"})
_WANTED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "reply": (("text", "Write what the caller is to be told."),),
    "move": (("queue", "Choose the queue: without one the case reaches nobody."),),
    "comment": (("text", "Write what happened, and why."),),
    "task": (("title", "Say what is to be done."),),
    "split": (("title", "Write a title for every further case, one in a line."),),
    "link": (("other", "Write the number of the other case, for example C-1001."),),
    "reopen": (("comment", "Say why the case comes back to work."),),
    "void": (("comment", "Say why this is no case."),),
    "identify": (("customer", "Choose the customer."),),
    "create": (("title", "Say in a few words what it is about."),),
}
