"""Finds what is live in a message or view of the workspace: mentions, broadcasts, links. A second pair of eyes.

Independent of the code under test and of the fake: it reads mrkdwn character by character, as the platform says it
is read, and knows the elements of rich text that are live by themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_OUR_DATE = re.compile(r"!date\^\d{1,12}\^\{date_short_pretty\}, \{time\}\|\d{4}-\d\d-\d\d \d\d:\d\d UTC")
_OUR_PERMALINK = re.compile(r"https://[a-z0-9-]+\.slack\.com/\S+")


def live_in(mrkdwn: str) -> list[str]:
    """The insides of everything in angle brackets: all that mrkdwn can make live."""
    found, inside = [], None
    for character in mrkdwn:
        if character == "<":
            inside = ""
        elif character == ">" and inside is not None:
            found.append(inside)
            inside = None
        elif inside is not None:
            inside += character
    return [one for one in found if one]


def unexpected(payload: Any) -> list[str]:
    """What is live in a payload and is neither a date of ours nor a link under its own name or to the platform."""
    return [*_in_text(str(payload.get("text", ""))), *_in(payload["blocks"]), *_in(payload.get("title", {}))]


def _in(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _in(one)
    elif isinstance(value, dict):
        yield from _in_object(value)
        for one in value.values():
            yield from _in(one)


def _in_object(value: dict[str, Any]) -> Iterator[str]:
    kind = value.get("type")
    if kind == "mrkdwn":
        if not value.get("verbatim"):
            yield f"names and addresses in it come alive: {value['text']}"
        yield from _in_text(value["text"])
    elif kind == "plain_text" and value.get("emoji") is not False:
        yield f"emoji in it come alive: {value['text']}"
    elif kind == "link" and value.get("text") != value["url"] and not _OUR_PERMALINK.fullmatch(value["url"]):
        yield f"link: {value}"
    elif kind in {"user", "usergroup", "channel", "broadcast", "team", "markdown"}:
        yield f"{kind}: {value}"
    elif "url" in value and kind == "button" and not _OUR_PERMALINK.fullmatch(value["url"]):
        yield f"button: {value}"


def _in_text(text: str) -> Iterator[str]:
    yield from (one for one in live_in(text) if not _OUR_DATE.fullmatch(one))
