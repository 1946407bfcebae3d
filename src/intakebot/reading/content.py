"""Choose what of the parts of a message is its text, its HTML and its attachments.

All text parts that a mail program would show are kept, in order; of alternatives the plain one is shown,
or the HTML one as text where the plain one is empty.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from intakebot.domain.messages import Attachment
from intakebot.reading.attempt import attempt
from intakebot.reading.charset import decode
from intakebot.reading.file_names import safe_name
from intakebot.reading.html import to_text

if TYPE_CHECKING:
    from intakebot.reading.mime import Part

MAX_TEXT: Final = 5_000_000  # bytes


@dataclass(frozen=True, slots=True)
class Passage:
    """One text as shown; `html` is its source where it was rendered from HTML, else ''."""

    text: str
    html: str = ""


@dataclass(slots=True)
class Content:
    """What a subtree of parts holds: passages to show, all HTML sources, attachments."""

    passages: list[Passage] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All passages, apart by a blank line."""
        return "\n\n".join(passage.text for passage in self.passages)

    def add(self, other: Content) -> None:
        """Append what another subtree holds."""
        self.passages += other.passages
        self.html += other.html
        self.attachments += other.attachments


def read_content(tree: Part, defects: list[str]) -> Content:
    """Return the content of a tree of parts, with at most 5 MB of text in all."""
    return _Reader(tree, defects).read(tree)


class _Reader:
    """Reads one tree; knows how much text may still be taken."""

    def __init__(self, root: Part, defects: list[str]) -> None:
        self._root = root
        self._defects = defects
        self._left = MAX_TEXT

    def read(self, part: Part, *, render: bool = True) -> Content:
        """Read a subtree; `render` is False where its HTML is not shown, so that it costs nothing."""
        if part.media_type == "multipart/alternative":
            return self._alternative(part, render=render)
        if part.media_type.startswith("multipart/"):
            return _all([self.read(child, render=render) for child in part.parts])
        return self._text(part, render=render) if self._is_text(part) else Content(attachments=_attachments(part))

    def _alternative(self, part: Part, *, render: bool) -> Content:
        """Show one of the alternatives, plain text first, and keep what all of them hold."""
        found: list[Content] = []
        for child in part.parts:
            shown = any(content.text.strip() for content in found)
            found.append(self.read(child, render=render and not shown))
        whole = _all(found)
        filled = [content.passages for content in found if content.text.strip()]
        plain = [passages for passages in filled if not any(passage.html for passage in passages)]
        whole.passages = (plain or filled or [[]])[0]
        return whole

    def _is_text(self, part: Part) -> bool:
        if part.media_type not in ("text/plain", "text/html") or part.disposition == "attachment":
            return False
        return part is self._root or not part.name

    def _text(self, part: Part, *, render: bool) -> Content:
        text = decode(self._bounded(part.content), part.charset, self._defects)
        if part.media_type == "text/plain":
            return Content(passages=[Passage(_unfolded(text) if part.flowed else text)])
        if not render:
            return Content(html=[text])
        shown = attempt(lambda: to_text(text), "", self._defects, "html.unreadable")
        return Content(passages=[Passage(shown, text)], html=[text])

    def _bounded(self, raw: bytes) -> bytes:
        if len(raw) > self._left:
            self._defects.append("text.too-long")
            raw = raw[: self._left]
        self._left -= len(raw)
        return raw


def _all(found: list[Content]) -> Content:
    whole = Content()
    for content in found:
        whole.add(content)
    return whole


def _unfolded(text: str) -> str:
    """Join the lines that `format=flowed` broke softly (RFC 3676); quoted lines stay as they are."""
    pieces: list[str] = []
    for line in text.split("\n"):
        quoted = line.startswith(">")
        if quoted and pieces and pieces[-1] != "\n":
            pieces.append("\n")
        pieces.append(line if quoted else line.removeprefix(" "))
        if quoted or line == "-- " or not line.endswith(" "):
            pieces.append("\n")
    return "".join(pieces[:-1] if pieces[-1] == "\n" else pieces)


def _attachments(part: Part) -> list[Attachment]:
    if not part.content and not part.name and part.disposition != "attachment":
        return []
    return [
        Attachment(
            name=part.name or safe_name("", part.media_type),
            media_type=part.media_type,
            size=len(part.content),
            sha256=hashlib.sha256(part.content).hexdigest(),
            content=part.content,
            content_id=part.content_id,
            inline=part.disposition == "inline" or bool(part.content_id and part.disposition != "attachment"),
        )
    ]
