"""Draws messages and views of the workspace as text, as a person sees them: what snapshots of layouts hold.

A button is `[ Label ]`, one that stands out `[* Label *]`, a menu `[v Label | Label]`, a field `( Label: value )`,
a quote begins with `|`, small print with `~`. A time follows an `@`, as UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from typing import Any

_DATE = re.compile(r"<!date\^(\d+)\^[^|>]+\|[^>]*>")
_LINK = re.compile(r"<([^|>]+)\|([^>]*)>")


def drawn(payload: dict[str, Any]) -> str:
    """A message (`text`, `blocks`) or a view, as text."""
    head = [f"# {payload['title']['text']}"] if "title" in payload else []
    if "text" in payload:
        head.append(f"(notification: {_mrkdwn(payload['text'])})")
    body = [line for block in payload["blocks"] for line in _block(block)]
    buttons = [f"[ {payload[name]['text']} ]" for name in ("close", "submit") if payload.get(name)]
    foot = [" ".join(buttons)] if buttons else []
    return "\n".join(line.rstrip() for line in [*head, *body, *foot]) + "\n"


def _block(block: dict[str, Any]) -> Iterator[str]:
    match block["type"]:
        case "header":
            yield f"== {block['text']['text']}"
        case "divider":
            yield "----"
        case "context":
            yield from (f"~ {line}" for one in block["elements"] for line in _text(one).split("\n"))
        case "actions":
            yield " ".join(_element(element) for element in block["elements"])
        case "rich_text":
            yield from _rich(block)
        case "input":
            yield from _input(block)
        case _:
            yield from _section(block)


def _section(block: dict[str, Any]) -> Iterator[str]:
    beside = f"   {_element(block['accessory'])}" if "accessory" in block else ""
    if "text" in block:
        first, *rest = _text(block["text"]).split("\n")
        yield from [first + beside, *rest]
    for one in block.get("fields", ()):
        yield "  " + ": ".join(_text(one).split("\n", 1))


def _input(block: dict[str, Any]) -> Iterator[str]:
    optional = " (optional)" if block.get("optional") else ""
    yield f"{block['label']['text']}{optional}: {_element(block['element'])}"
    if "hint" in block:
        yield f"  ~ {block['hint']['text']}"


def _element(element: dict[str, Any]) -> str:
    kind = element["type"]
    if kind == "button":
        label = element["text"]["text"]
        shown = f"[* {label} *]" if element.get("style") else f"[ {label} ]"
        return f"{shown}?" if "confirm" in element else shown
    if kind == "overflow":
        return f"[v {' | '.join(option['text']['text'] for option in element['options'])}]"
    return f"( {_held(element)} )"


def _held(element: dict[str, Any]) -> str:
    options = element.get("options") or [
        option for group in element.get("option_groups", ()) for option in group["options"]
    ]
    chosen = [element["initial_option"]] if "initial_option" in element else element.get("initial_options", [])
    if options:
        shown = [f"{'x ' if option in chosen else ''}{option['text']['text']}" for option in options[:8]]
        return " | ".join([*shown, *(["…"] if len(options) > 8 else [])])
    if chosen:
        return chosen[0]["text"]["text"]
    held = element.get("initial_value") or element.get("initial_time") or ""
    return held or f"{element.get('placeholder', {}).get('text', '')}…" if "placeholder" in element else held or "…"


def _rich(block: dict[str, Any]) -> Iterator[str]:
    for part in block["elements"]:
        mark = "| " if part["type"] == "rich_text_quote" else ""
        said = "".join(_said(element) for element in part["elements"])
        yield from (mark + line for line in said.split("\n"))


def _said(element: dict[str, Any]) -> str:
    match element["type"]:
        case "date":
            return _at(element["timestamp"])
        case "link":
            return f"{element.get('text', '')} ({element['url']})"
        case "text":
            return str(element["text"])
        case kind:
            return f"<{kind}!>"


def _text(value: dict[str, Any]) -> str:
    return _mrkdwn(value["text"]) if value["type"] == "mrkdwn" else str(value["text"])


def _mrkdwn(text: str) -> str:
    dated = _DATE.sub(lambda found: _at(int(found.group(1))), text)
    linked = _LINK.sub(lambda found: f"{found.group(2)} ({found.group(1)})", dated)
    return unescape(linked.replace("*", ""))


def _at(timestamp: int) -> str:
    return datetime.fromtimestamp(timestamp, UTC).strftime("@%Y-%m-%d %H:%M")
