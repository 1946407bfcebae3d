"""The one door for text on its way to and from the workspace: nothing that anybody typed is ever markup there.

Everything that is shown goes through here, and blocks are built of what comes out. Text to show has no live mention,
broadcast or link unless this module made it from an id or address that it checked. Text from the workspace becomes
text for people (`readable`). Pure; lengths are counted as the platform counts them at worst, in UTF-16 units.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

ELLIPSIS = "…"
LONGEST_TEXT = 3000
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_JOINERS = frozenset("\u200c\u200d")
_BREAKS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
_MARK = "\ufffd"
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_ID = re.compile(r"[A-Z][A-Z0-9]{1,63}", re.ASCII)
_ADDRESS = re.compile(r"(?:https?://|mailto:)[^\s<>|\"`\\]+", re.IGNORECASE)
_TOKEN = re.compile(r"<([^<>\n]+)>")
_STACKED = 4
"""Combining marks in a row that a letter may carry; more of them would be drawn over the lines around it."""


def visible(text: str) -> str:
    r"""The text without anything that steers or hides; every kind of line break becomes `\n`.

    Control characters, those that turn the direction of writing and halves of surrogates are marked by U+FFFD;
    characters without any look are dropped, but for the joiners that some scripts need.
    """
    lines = _BREAKS.sub("\n", text)
    if lines.isascii() and not _CONTROL.search(lines):
        return lines
    shown: list[str] = []
    marks = 0
    for character in lines:
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks <= _STACKED:
            shown.append(_seen(character, category))
    return "".join(shown)


def _seen(character: str, category: str) -> str:
    if character in "\n\t" or character in _JOINERS:
        return character
    if character in _TURNING or category in ("Cc", "Cs"):
        return _MARK
    return "" if category == "Cf" else character


def one_line(text: object) -> str:
    """A value on one line: no breaks, no runs of blanks, nothing that steers; '' for nothing."""
    return " ".join(visible("" if text is None else str(text)).split())


def size(text: str) -> int:
    """How long the platform may take the text to be: characters beyond the basic plane count twice."""
    return len(text) + sum(character > "\uffff" for character in text)


def cut(text: str, limit: int, pointer: str = "") -> str:
    """At most `limit` long; what is left out is marked by an ellipsis and `pointer`, which says where all of it is.

    `{left}` in the pointer becomes the number of characters left out.
    """
    if size(text) <= limit:
        return text
    # The number can only become shorter than this by what the pointer itself takes, so the end never outgrows it.
    longest = _ending(pointer, len(text))
    kept = _first(text, limit - size(longest)).rstrip()
    return _first(kept + _ending(pointer, len(text) - len(kept)), limit)


def _ending(pointer: str, left: int) -> str:
    return f"{ELLIPSIS} {pointer.replace('{left}', f'{left:,}')}" if pointer else ELLIPSIS


def _first(text: str, room: int) -> str:
    """As much of the beginning as fits into `room`."""
    kept = text[: max(room, 0)]
    while size(kept) > room and kept:
        kept = kept[: -max(1, (size(kept) - room) // 2)]
    return kept


def pieces(text: str, room: int) -> list[str]:
    """The whole text in pieces of at most `room`, broken at a line or a blank where there is one near the end."""
    found: list[str] = []
    rest = text
    while size(rest) > room:
        piece = _first(rest, room)
        near = max(piece.rfind("\n", room // 2), piece.rfind(" ", room // 2))
        piece = piece[: near + 1] if near > 0 else piece
        found.append(piece)
        rest = rest[len(piece) :]
    return [*found, rest] if rest else found


def escape(text: object, limit: int = LONGEST_TEXT, pointer: str = "") -> str:
    """Text for mrkdwn, at most `limit` long when escaped: `&`, `<` and `>` as entities, once, never cut in two."""
    cleaned = cut(visible(str(text)), limit, pointer)
    room, escaped = limit, _escaped(cleaned)
    while size(escaped) > limit and room:
        room -= max(1, (size(escaped) - limit) // len("&amp;"))
        escaped = _escaped(cut(cleaned, room, pointer))
    return escaped


def _escaped(text: str) -> str:
    return "".join(_ENTITIES.get(character, character) for character in text)


def plain(text: object, limit: int, pointer: str = "") -> dict[str, Any]:
    """A plain_text object with the text as it is, on several lines if it has them. Nothing in it is ever parsed."""
    return {"type": "plain_text", "text": cut(visible(str(text)), limit, pointer).strip() or "-", "emoji": False}


def plain_line(text: object, limit: int) -> dict[str, Any]:
    """A plain_text object on one line."""
    return plain(one_line(text), limit)


def mrkdwn(text: str) -> dict[str, Any]:
    """A mrkdwn object of text made here: of our own words, `escape`d ones and the tokens below."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def date(moment: datetime, shape: str = "{date_short_pretty}, {time}") -> str:
    """A date that each reader sees in their own zone; whoever cannot, sees UTC."""
    return f"<!date^{int(moment.timestamp())}^{shape}|{in_utc(moment)}>"


def in_utc(moment: datetime) -> str:
    """The moment as text, for where no reader's zone is known."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def is_web_address(url: str) -> bool:
    """Whether a link may lead there: http, https or mailto, without characters that end or label a link."""
    return len(url) <= LONGEST_TEXT and _ADDRESS.fullmatch(url) is not None and url == visible(url)


def link(url: str, label: str) -> str:
    """A link in mrkdwn; just the label where the address is none that a link may lead to."""
    shown = escape(one_line(label).replace("|", "/"))
    return f"<{_escaped(url)}|{shown}>" if is_web_address(url) and shown else shown


def channel(channel_id: str) -> str:
    """A live link to a conversation, or its id as text when that is no id."""
    return f"<#{channel_id}>" if _ID.fullmatch(channel_id) else escape(one_line(channel_id))


def person(user_id: str) -> str:
    """A live mention of a person, who is told of it; the id as text when that is no id."""
    return f"<@{user_id}>" if _ID.fullmatch(user_id) else escape(one_line(user_id))


def readable(text: str, names: Mapping[str, str] | None = None) -> str:
    """What somebody wrote in the workspace, as text for people: mentions by name, links as they lead, no entities.

    `names` gives the name of a user or conversation by its id; one without a name is shown by its id.
    """
    known = names or {}
    spoken = _TOKEN.sub(lambda token: _spoken(token.group(1), known), text)
    return spoken.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _spoken(token: str, names: Mapping[str, str]) -> str:
    target, _, label = token.partition("|")
    sign, rest = target[:1], target[1:]
    if sign == "@":
        return f"@{names.get(rest) or label.lstrip('@') or rest}"
    if sign == "#":
        return f"#{names.get(rest) or label.lstrip('#') or rest}"
    if sign == "!":
        return label or f"@{rest.partition('^')[0]}"
    bare = re.sub(r"^(mailto|tel):", "", target)
    return f"{label} ({bare})" if label and label not in (target, bare) else bare
