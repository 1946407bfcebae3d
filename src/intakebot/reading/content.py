"""Choose what of the parts of a message is its text, its HTML and its attachments.

All text parts that a mail program would show are kept, in order; of alternatives the plain one is shown,
or the HTML one as text where the plain one is empty.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from intakebot.domain.messages import Attachment
from intakebot.reading.attempt import attempt
from intakebot.reading.charset import decode
from intakebot.reading.file_names import safe_name
from intakebot.reading.html import to_text

if TYPE_CHECKING:
    from intakebot.reading.mime import Part

MAX_TEXT: Final = 5_000_000
MAX_HTML: Final = 2_000_000


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


def read_content(part: Part, defects: list[str], *, root: bool = True) -> Content:
    """Return the content of a tree of parts; a part that cannot be decoded becomes an attachment."""
    if part.media_type.startswith("multipart/"):
        found = [read_content(child, defects, root=False) for child in part.parts]
        return _alternative(found) if part.media_type == "multipart/alternative" else _all(found)
    if _is_text(part, root=root):
        return _read_text(part, defects)
    return Content(attachments=_attachments(part))


def _all(found: list[Content]) -> Content:
    whole = Content()
    for content in found:
        whole.add(content)
    return whole


def _alternative(found: list[Content]) -> Content:
    """Show one of the alternatives, plain text first, and keep what all of them hold."""
    whole = _all(found)
    shown = [content.passages for content in found if content.text.strip()]
    plain = [passages for passages in shown if not any(passage.html for passage in passages)]
    whole.passages = (plain or shown or [[]])[0]
    return whole


def _is_text(part: Part, *, root: bool) -> bool:
    if part.media_type not in ("text/plain", "text/html") or part.disposition == "attachment":
        return False
    return root or not part.name


def _read_text(part: Part, defects: list[str]) -> Content:
    text = decode(part.content, part.charset, defects)
    if len(text) > MAX_TEXT:
        defects.append("text.too-long")
        text = text[:MAX_TEXT]
    if part.media_type == "text/plain":
        return Content(passages=[Passage(_unfolded(text) if part.flowed else text)])
    source = text[:MAX_HTML]
    if len(source) < len(text):
        defects.append("text.too-long")
    shown = attempt(lambda: to_text(source), "", defects, "html.unreadable")
    return Content(passages=[Passage(shown, source)], html=[source])


def _unfolded(text: str) -> str:
    """Join the lines that `format=flowed` broke softly (RFC 3676); quoted lines stay as they are."""
    lines: list[str] = []
    soft = False
    for line in text.split("\n"):
        content = line.removeprefix(" ")
        if soft and not line.startswith(">"):
            lines[-1] += content
        else:
            lines.append(line if line.startswith(">") else content)
        soft = line.endswith(" ") and line != "-- " and not line.startswith(">")
    return "\n".join(lines)


def _attachments(part: Part) -> list[Attachment]:
    if not part.content and not part.name:
        return []
    return [
        Attachment(
            name=part.name or safe_name("", part.media_type),
            media_type=part.media_type,
            content=part.content,
            content_id=part.content_id,
            inline=part.disposition == "inline" or bool(part.content_id and part.disposition != "attachment"),
        )
    ]
