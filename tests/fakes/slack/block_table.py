"""The blocks themselves, and rich text: what a message or a view is made of. `block_kit` has their elements."""

from __future__ import annotations

from fakes.slack.block_kit import (
    ANY_ID,
    ELEMENTS,
    IMAGE_SOURCE,
    IN_ACTIONS,
    IN_INPUT,
    IN_SECTION,
    NAME,
    URL,
    plain,
)
from fakes.slack.block_rules import (
    Report,
    Rule,
    by_type,
    either,
    flag,
    items,
    not_both,
    number,
    one_of,
    shape,
    string,
    text_object,
)
from fakes.slack.records import Json

LONG = 12_000
MANY = 10_000


def _block(
    name: str, required: dict[str, Rule], optional: dict[str, Rule] | None = None, *also: Rule
) -> tuple[str, Rule]:
    return name, shape({"type": one_of(name), **required}, {"block_id": NAME, **(optional or {})}, *also)


_STYLE: dict[str, Rule] = {
    "style": shape({}, dict.fromkeys(("bold", "code", "italic", "strike", "underline", "client_highlight"), flag))
}


def _inline(name: str, required: dict[str, Rule], optional: dict[str, Rule] | None = None) -> tuple[str, Rule]:
    return name, shape({"type": one_of(name), **required}, {**_STYLE, **(optional or {})})


INLINE: dict[str, Rule] = dict(
    [
        _inline("text", {"text": string(LONG)}),
        _inline("link", {"url": URL}, {"text": string(LONG, 0), "unsafe": flag}),
        _inline("emoji", {"name": string(100)}, {"unicode": string(100), "url": URL}),
        _inline("user", {"user_id": ANY_ID}),
        _inline("usergroup", {"usergroup_id": ANY_ID}),
        _inline("channel", {"channel_id": ANY_ID}),
        _inline("team", {"team_id": ANY_ID}),
        _inline("broadcast", {"range": one_of("here", "channel", "everyone")}),
        _inline("date", {"timestamp": number(0), "format": string(500)}, {"url": URL, "fallback": string(500)}),
        _inline("color", {"value": string(20)}),
    ]
)
_ONE_INLINE = by_type(INLINE)
_SECTION = shape({"type": one_of("rich_text_section"), "elements": items(_ONE_INLINE, MANY, 0)})
RICH: dict[str, Rule] = {
    "rich_text_section": _SECTION,
    "rich_text_list": shape(
        {
            "type": one_of("rich_text_list"),
            "style": one_of("bullet", "ordered"),
            "elements": items(_SECTION, MANY, 0),
        },
        {"indent": number(0, 8), "border": one_of(0, 1), "offset": number(0)},
    ),
    "rich_text_quote": shape(
        {"type": one_of("rich_text_quote"), "elements": items(_ONE_INLINE, MANY, 0)}, {"border": one_of(0, 1)}
    ),
    "rich_text_preformatted": shape(
        {"type": one_of("rich_text_preformatted"), "elements": items(by_type(INLINE, ("text", "link")), MANY, 0)},
        {"border": one_of(0, 1), "language": string(50)},
    ),
}


def _unique_actions(report: Report, at: str, value: Json) -> None:
    seen: set[str] = set()
    for position, element in enumerate(value.get("elements") or []):
        name = element.get("action_id") if isinstance(element, dict) else None
        if name and name in seen:
            message = f"`action_id` {name} already exists in this block"
            report.add(f"{at}/elements/{position}/action_id", "duplicate", message, type="unique", got=name)
        seen.add(name or "")


_RICH_BLOCK = _block("rich_text", {"elements": items(by_type(RICH), MANY)})
_CELL = by_type({"rich_text": _RICH_BLOCK[1], "raw_text": shape({"type": one_of("raw_text"), "text": string(LONG)})})
_COLUMN = shape({}, {"align": one_of("left", "center", "right"), "is_wrapped": flag})
BLOCKS: dict[str, Rule] = dict(
    [
        _block(
            "section",
            {},
            {
                "text": text_object(3000),
                "fields": items(text_object(2000), 10),
                "accessory": by_type(ELEMENTS, IN_SECTION),
                "expand": flag,
            },
            either("text", "fields"),
        ),
        _block("divider", {}),
        _block("header", {"text": plain(150)}),
        _block("actions", {"elements": items(by_type(ELEMENTS, IN_ACTIONS), 25)}, None, _unique_actions),
        _block(
            "context",
            {
                "elements": items(
                    by_type(
                        {
                            "plain_text": text_object(3000),
                            "mrkdwn": text_object(3000),
                            "image": ELEMENTS["image"],
                        }
                    ),
                    10,
                )
            },
        ),
        _block(
            "image",
            {"alt_text": string(2000)},
            {"title": plain(2000), **IMAGE_SOURCE},
            either(*IMAGE_SOURCE),
            not_both(*IMAGE_SOURCE),
        ),
        _block(
            "input",
            {"label": plain(2000), "element": by_type(ELEMENTS, IN_INPUT)},
            {"hint": plain(2000), "optional": flag, "dispatch_action": flag},
        ),
        _RICH_BLOCK,
        _block("markdown", {"text": string(LONG)}),
        _block("table", {"rows": items(items(_CELL, 20), 100)}, {"column_settings": items(_COLUMN, 20)}),
        _block("file", {"source": one_of("remote"), "external_id": string(255)}),
    ]
)
IN_MESSAGE = tuple(name for name in BLOCKS)
IN_MODAL = ("section", "divider", "header", "actions", "context", "image", "input", "rich_text")
IN_HOME = IN_MODAL
