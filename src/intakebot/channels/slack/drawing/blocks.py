"""Blocks of messages and views, built so that none is beyond what the platform takes.

Text that comes from people is handed to a builder as it is and shown in plain text or as elements of rich text,
which nothing in it can leave; what is given as mrkdwn was made by `safe_text`. Long text is cut; a list that cannot
be cut without a lie raises ValueError. Called by every room that draws something; pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

from intakebot.channels.slack.drawing import safe_text

Block: TypeAlias = dict[str, Any]
Style: TypeAlias = Literal["", "primary", "danger"]

MESSAGE_BLOCKS = 50
MESSAGE_TEXT = 8_000
"""Characters in all blocks of a message. The platform's own limit is undocumented, reported from 11,000 on."""
SECTION_TEXT = 3_000
FIELD_TEXT = 2_000
FALLBACK_TEXT = 300
BUTTONS_IN_ROW = 25
VALUE = 2_000
FACTS = 10
IN_MENU = 5
CHOICE_VALUE = 150
TOO_LONG = "There is more than fits here: open the case to see all of it."


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message: its blocks, and the text that notifications and screen readers use instead."""

    text: str
    blocks: list[Block]


def message(text: str, blocks: Iterable[Block | None]) -> Rendered:
    """A message of these blocks; None stands for nothing. `text` is words, not mrkdwn.

    Beyond the budget of a message blocks are left out, buttons never, and the message says so.
    """
    fallback = safe_text.escape(safe_text.one_line(text), FALLBACK_TEXT)
    wanted = [block for block in blocks if block]
    kept = list(_within_budget(wanted))
    if len(kept) < len(wanted):
        kept.append(context(TOO_LONG))
    return Rendered(fallback, kept)


def _within_budget(blocks: Sequence[Block]) -> Iterator[Block]:
    rows = [block for block in blocks if block["type"] == "actions"]
    number = MESSAGE_BLOCKS - 1 - len(rows)
    room = MESSAGE_TEXT - len(TOO_LONG) - sum(text_size(row) for row in rows)
    for block in blocks:
        if block["type"] != "actions":
            room, number = room - text_size(block), number - 1
            if room < 0 or number < 0:
                continue
        yield block


def text_size(value: object) -> int:
    """How much text people read in a block, as the platform counts it at worst."""
    return sum(safe_text.size(text) for text in texts(value))


def texts(value: object) -> Iterator[str]:
    """Every text that people read in a block, a view or a list of blocks."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name in ("text", "alt_text", "fallback") and isinstance(inner, str):
                yield inner
            else:
                yield from texts(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from texts(inner)


def header(text: str) -> Block:
    """A line in large letters."""
    return {"type": "header", "text": safe_text.plain_line(text, 150)}


def section(text: str, accessory: Block | None = None) -> Block:
    """A paragraph of mrkdwn that was made by `safe_text`, with a button or menu beside it."""
    if not 0 < safe_text.size(text) <= SECTION_TEXT:
        raise ValueError(f"a section holds 1 to {SECTION_TEXT} characters, not {safe_text.size(text)}")
    block: Block = {"type": "section", "text": safe_text.mrkdwn(text)}
    return block | {"accessory": accessory} if accessory else block


def words(text: object, accessory: Block | None = None, limit: int = SECTION_TEXT, pointer: str = "") -> Block:
    """A paragraph of plain text, with a button or menu beside it."""
    block: Block = {"type": "section", "text": safe_text.plain(text, limit, pointer)}
    return block | {"accessory": accessory} if accessory else block


def facts(*pairs: tuple[str, str]) -> Block:
    """Two columns of names and values; the values are mrkdwn that was made by `safe_text`."""
    if not 0 < len(pairs) <= FACTS:
        raise ValueError(f"a section holds 1 to {FACTS} facts, not {len(pairs)}")
    fields = [safe_text.mrkdwn(f"*{name}*\n{value}") for name, value in pairs]
    if any(safe_text.size(field["text"]) > FIELD_TEXT for field in fields):
        raise ValueError(f"a fact holds {FIELD_TEXT} characters at most")
    return {"type": "section", "fields": fields}


def context(*lines: str) -> Block:
    """Small grey lines of plain text."""
    return {"type": "context", "elements": [safe_text.plain(line, SECTION_TEXT) for line in lines[:10]]}


def small(text: str) -> Block:
    """A small grey line of mrkdwn that was made by `safe_text`."""
    return {"type": "context", "elements": [safe_text.mrkdwn(text)]}


def divider() -> Block:
    """A thin line."""
    return {"type": "divider"}


def said(text: object, *, bold: bool = False, italic: bool = False) -> Block | None:
    """An element of rich text: words that are shown as they are, or None for none."""
    shown = safe_text.visible(str(text)) if text is not None else ""
    if not shown:
        return None
    style = {name: True for name, wanted in (("bold", bold), ("italic", italic)) if wanted}
    return {"type": "text", "text": shown} | ({"style": style} if style else {})


def moment(at: datetime) -> Block:
    """An element of rich text: a time that each reader sees in their own zone."""
    return {
        "type": "date",
        "timestamp": int(at.timestamp()),
        "format": "{date_short_pretty}, {time}",
        "fallback": safe_text.in_utc(at),
    }


def address(url: str, label: str) -> Block | None:
    """An element of rich text: a link, or its label as text where no link may lead there."""
    shown = safe_text.one_line(label)
    return {"type": "link", "url": url, "text": shown} if safe_text.is_web_address(url) else said(shown)


def line(*elements: Block | None) -> Block:
    """A paragraph of rich text."""
    return {"type": "rich_text_section", "elements": [element for element in elements if element]}


def quote(*elements: Block | None) -> Block:
    """A quoted paragraph of rich text."""
    return {"type": "rich_text_quote", "elements": [element for element in elements if element]}


def rich(*parts: Block | None) -> Block | None:
    """A block of rich text, without the parts that say nothing; None when none is left."""
    kept = [part for part in parts if part and part["elements"]]
    return {"type": "rich_text", "elements": kept} if kept else None


def notes(**values: object) -> str:
    """What a button or a form carries with it, as JSON; what is '' or None is left out."""
    kept = {name: value for name, value in values.items() if value not in ("", None)}
    text = json.dumps(kept, separators=(",", ":"), ensure_ascii=False)
    if safe_text.size(text) > VALUE:
        raise ValueError(f"a button carries {VALUE} characters at most, not {safe_text.size(text)}")
    return text


def button(label: str, action: str, value: str = "", style: Style = "", ask: Block | None = None) -> Block:
    """A button. `value` is what it carries (see `notes`), `ask` a question that is put before it acts."""
    built: Block = {"type": "button", "text": safe_text.plain_line(label, 75), "action_id": action}
    built |= {"value": value} if value else {}
    built |= {"style": style} if style else {}
    return built | ({"confirm": ask} if ask else {})


def web_button(label: str, action: str, url: str) -> Block | None:
    """A button that opens an address; None where no link may lead there."""
    return button(label, action) | {"url": url} if safe_text.is_web_address(url) else None


def confirmation(title: str, text: str, yes: str, no: str = "Cancel") -> Block:
    """The question that a button puts before it acts."""
    return {
        "title": safe_text.plain_line(title, 100),
        "text": safe_text.plain(text, 300),
        "confirm": safe_text.plain_line(yes, 30),
        "deny": safe_text.plain_line(no, 30),
    }


def option(label: str, value: str, description: str = "") -> Block:
    """A choice of a menu."""
    if not 0 < safe_text.size(value) <= CHOICE_VALUE:
        raise ValueError(f"the value of a choice has 1 to {CHOICE_VALUE} characters: {value!r}")
    built: Block = {"text": safe_text.plain_line(label, 75), "value": value}
    return built | ({"description": safe_text.plain_line(description, 75)} if description else {})


def overflow(action: str, options: Sequence[Block]) -> Block:
    """The menu behind three dots; at most five choices."""
    if not 0 < len(options) <= IN_MENU:
        raise ValueError(f"a menu holds 1 to {IN_MENU} choices, not {len(options)}")
    return {"type": "overflow", "action_id": action, "options": list(options)}


def row(name: str, *elements: Block | None) -> Block | None:
    """Buttons and menus side by side, or None for none. `name` is the row's block id, new for each version."""
    kept = [element for element in elements if element]
    if len(kept) > BUTTONS_IN_ROW:
        raise ValueError(f"a row holds {BUTTONS_IN_ROW} elements at most, not {len(kept)}")
    return {"type": "actions", "block_id": name[:255], "elements": kept} if kept else None
