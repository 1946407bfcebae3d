"""Text from outside, made safe to show: a caller's words must not steer an agent's terminal.

Control characters (terminal escapes) and characters that turn the direction of writing are replaced by a
visible mark. Everything that is printed for people goes through here.
"""

from __future__ import annotations

import unicodedata

from rich.text import Text

_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def visible(text: str) -> str:
    """The text with line breaks and tabs as they are, and whatever could steer a terminal replaced by U+FFFD."""
    return "".join(character if _harmless(character) else "\ufffd" for character in text)


def _harmless(character: str) -> bool:
    if character in "\n\t":
        return True
    return unicodedata.category(character) not in {"Cc", "Cs"} and character not in _TURNING


def shown(value: object, style: str = "") -> Text:
    """A value as text for a terminal: '' for nothing, several joined by commas, never read as markup."""
    if value is None or value == "":
        return Text("")
    if isinstance(value, (list, tuple)):
        return Text(", ".join(visible(str(item)) for item in value), style=style)
    return Text(visible(str(value)), style=style)


def one_line(value: object, style: str = "") -> Text:
    """As `shown`, on one line."""
    text = shown(value, style)
    return Text(" ".join(text.plain.split()), style=style)
