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
LOOKED_AT = 8
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_JOINERS = frozenset("\u200c\u200d")
_BREAKS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_MARK = "\ufffd"
_ID = re.compile(r"[A-Z][A-Z0-9]{1,63}", re.ASCII)
_ADDRESS = re.compile(r"(?:https?://|mailto:)[^\s<>|\"`\\]+", re.IGNORECASE)
_OWN = re.compile(r"https://[a-z0-9.-]+\.slack(?:-gov)?\.com/", re.IGNORECASE | re.ASCII)
_TOKEN = re.compile(r"<([^<>\n]+)>")
_STACKED = 4
"""Accents in a row that a letter may carry; with more of them it would be drawn over the lines around."""
_STACK = re.compile("[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{5,}")


def visible(text: str) -> str:
    r"""The text without anything that steers or hides; every kind of line break becomes `\n`.

    Control characters, those that turn the direction of writing and halves of surrogates are marked by U+FFFD;
    characters without any look are dropped, but for the joiners that some scripts need; accents that would be
    drawn over the lines around are cut.
    """
    lines = _STACK.sub(lambda marks: marks.group()[:_STACKED], _BREAKS.sub("\n", text))
    if lines.replace("\n", "").replace("\t", "").isprintable():
        return lines
    return "".join(character if character.isprintable() else _seen(character) for character in lines)


def _seen(character: str) -> str:
    if character in "\n\t" or character in _JOINERS:
        return character
    category = unicodedata.category(character)
    if character in _TURNING or category in ("Cc", "Cs"):
        return _MARK
    return "" if category == "Cf" else character


def one_line(text: object) -> str:
    """A value on one line: no breaks, no runs of blanks, nothing that steers; '' for nothing."""
    return " ".join(visible("" if text is None else str(text)).split())


def size(text: str) -> int:
    """How long the platform may take the text to be: characters beyond the basic plane count twice."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


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
    start = 0
    while start < len(text):
        piece = _first(text[start : start + room], room)
        near = max(piece.rfind("\n", room // 2), piece.rfind(" ", room // 2))
        if near > 0 and start + len(piece) < len(text):
            piece = piece[: near + 1]
        found.append(piece)
        start += len(piece)
    return found


def escape(text: object, limit: int = LONGEST_TEXT, pointer: str = "") -> str:
    """Text for mrkdwn, at most `limit` long when escaped: `&`, `<` and `>` as entities, once, never cut in two."""
    cleaned = cut(visible(str(text)), limit, pointer)
    room, escaped = limit, _escaped(cleaned)
    while size(escaped) > limit and room:
        room -= max(1, (size(escaped) - limit) // len("&amp;"))
        escaped = _escaped(cut(cleaned, room, pointer))
    return escaped


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def plain(text: object, limit: int, pointer: str = "") -> dict[str, Any]:
    """A plain_text object with the text as it is, on several lines if it has them. Nothing in it is ever parsed."""
    # Without a pointer nobody counts what is left out, so of a very long text only the beginning is looked at.
    given = str(text) if pointer else str(text)[: LOOKED_AT * limit]
    return {"type": "plain_text", "text": cut(visible(given), limit, pointer).strip() or "-", "emoji": False}


def plain_line(text: object, limit: int) -> dict[str, Any]:
    """A plain_text object on one line."""
    return plain(one_line(str(text)[: LOOKED_AT * limit]), limit)


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


def is_permalink(url: str) -> bool:
    """Whether an address is one of the platform's own, so that it may be linked under another name."""
    return is_web_address(url) and _OWN.match(url) is not None


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
