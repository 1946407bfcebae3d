"""Reads mrkdwn as Slack does, to know what is live in it: mentions, broadcasts and links.

Only `&`, `<` and `>` are ever escaped; what stands between real angle brackets is a token.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

_TOKEN = re.compile(r"<([^<>\n]+)>")
_TYPED = re.compile(r"(?<![\w@<])@(?:channel|here|everyone)\b")
_BROADCASTS = ("!channel", "!here", "!everyone", "!group")


@dataclass(frozen=True)
class Token:
    """`kind` is broadcast, group, user, channel, date or link; `raw` is how it stands in the text."""

    kind: str
    raw: str
    target: str
    label: str


def tokens(text: str) -> Iterator[Token]:
    """What is live in a mrkdwn text."""
    for match in _TOKEN.finditer(text):
        target, _, label = match.group(1).partition("|")
        kind = _kind(target)
        if kind:
            yield Token(kind, match.group(0), target, label)


def _kind(target: str) -> str:
    if target.startswith(_BROADCASTS):
        return "broadcast"
    if target.startswith("!subteam^"):
        return "group"
    if target.startswith("!date^"):
        return "date"
    if target.startswith("@"):
        return "user"
    if target.startswith("#"):
        return "channel"
    return "link" if re.match(r"(https?|mailto|slack|tel|ftp|javascript):", target, re.IGNORECASE) else ""


def typed_names(texts: Iterable[str]) -> list[str]:
    """The names of everybody that are merely typed: live only where the app lets Slack link names."""
    return [name for text in texts for name in _TYPED.findall(text)]


def live_texts(blocks: Any) -> Iterator[str]:
    """Every mrkdwn text in blocks, and the live elements of rich text written as mrkdwn."""
    if isinstance(blocks, list):
        for one in blocks:
            yield from live_texts(one)
    elif isinstance(blocks, dict):
        if blocks.get("type") in ("mrkdwn", "markdown") and isinstance(blocks.get("text"), str):
            yield blocks["text"]
        elif written := _written(blocks):
            yield written
        else:
            for one in blocks.values():
                yield from live_texts(one)


def _written(element: dict[str, Any]) -> str:
    kind = element.get("type")
    if kind == "broadcast" and "range" in element:
        return f"<!{element['range']}>"
    if kind == "user" and "user_id" in element:
        return f"<@{element['user_id']}>"
    if kind == "usergroup" and "usergroup_id" in element:
        return f"<!subteam^{element['usergroup_id']}>"
    if kind == "link" and "url" in element:
        return f"<{element['url']}|{element.get('text', '')}>"
    return ""
