"""Choose what of the parts of a message is its text, its HTML and its attachments.

All text parts that a mail program would show are kept, in order; of alternatives the plain one is shown,
or the HTML one as text where the plain one is empty. Where nobody wrote a text, that of an invitation or of
Outlook's own format is shown. Files inside of texts (uuencode) and of `winmail.dat` are attachments like others.
"""

from __future__ import annotations

import hashlib
import mimetypes
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from intakebot.domain.messages import Attachment
from intakebot.reading.attempt import attempt
from intakebot.reading.charset import clean_line, clean_text, decode
from intakebot.reading.file_names import safe_name
from intakebot.reading.headers import read_headers, split_message
from intakebot.reading.html import to_text
from intakebot.reading.invitations import invitation_text
from intakebot.reading.rtf import text_of
from intakebot.reading.tnef import PackedFile, Unpacked, is_tnef, unpack
from intakebot.reading.uuencode import without_files

if TYPE_CHECKING:
    from intakebot.reading.mime import Part

MAX_TEXT: Final = 5_000_000  # bytes
_MAX_UNPACKED: Final = 4  # each costs a process
_MAX_CALENDARS: Final = 2  # a large one takes 0.3 s
_MAX_RTF: Final = 500_000  # characters
_TEXTS: Final = frozenset({"text/plain", "text/html"})
_OTHER_TEXTS: Final = frozenset({"text/enriched", "text/richtext", "text/rtf", "text/markdown", "text/x-markdown"})
_ENRICHED: Final = re.compile(r"<param>[^<]{0,1000}</param>|</?[A-Za-z][\w-]{0,60}>|<(?=<)", re.IGNORECASE)
_MESSAGES: Final = frozenset({"message/rfc822", "message/global"})
_SUBJECT_EXAMINED: Final = 16_384  # bytes
_CALENDARS: Final = frozenset({"text/calendar", "application/ics"})


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
    reader = _Reader(tree, defects)
    content = reader.read(tree)
    if not content.text.strip():
        content.passages = reader.spare or content.passages
    return content


class _Reader:
    """Reads one tree; knows how much may still be taken, and what to show (`spare`) if there is no text."""

    def __init__(self, root: Part, defects: list[str]) -> None:
        self._root = root
        self._defects = defects
        self._left = MAX_TEXT
        self._unpackings_left = _MAX_UNPACKED
        self._calendars_left = _MAX_CALENDARS
        self.spare: list[Passage] = []

    def read(self, part: Part, *, render: bool = True) -> Content:
        """Read a subtree; `render` is False where its HTML is not shown, so that it costs nothing."""
        if part.media_type == "multipart/alternative":
            return self._alternative(part, render=render)
        if part.media_type.startswith("multipart/"):
            return _all([self.read(child, render=render) for child in part.parts])
        return self._text(part, render=render) if self._is_text(part) else self._file(part)

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
        if part.media_type not in _TEXTS or part.disposition == "attachment":
            return False
        return part is self._root or not part.name

    def _text(self, part: Part, *, render: bool) -> Content:
        text = decode(self._bounded(part.content), part.charset, self._defects)
        if part.media_type == "text/plain":
            return self._plain(_unfolded(text, joint="" if part.delsp else " ") if part.flowed else text)
        if not render:
            return Content(html=[text])
        shown = attempt(lambda: to_text(text), "", self._defects, "html.unreadable")
        return Content(passages=[Passage(shown, text)], html=[text])

    def _plain(self, text: str) -> Content:
        shown, files = without_files(text)
        if not shown.strip():  # a text that is nothing else stays one
            shown = text
        attachments = [_attachment(name, "", content) for name, content in files]
        return Content(passages=[Passage(shown)], attachments=attachments)

    def _file(self, part: Part) -> Content:
        if part.media_type in _TEXTS and part.disposition != "attachment":
            self.spare += self._text(part, render=True).passages  # named, but meant to be seen
        elif part.media_type in _OTHER_TEXTS and not part.name and part.disposition != "attachment":
            text = decode(self._bounded(part.content), part.charset, self._defects)
            self.spare.append(
                Passage(attempt(lambda: _plainly(text, part.media_type), text, self._defects, "part.undecodable"))
            )
        elif part.media_type in _CALENDARS and self._calendars_left > 0:
            self._calendars_left -= 1
            shown = attempt(
                lambda: invitation_text(part.content, part.charset), "", self._defects, "calendar.unreadable"
            )
            self.spare += [Passage(shown)] if shown else []
        elif is_tnef(part.media_type, part.name, part.content) and self._unpackings_left > 0:
            self._unpackings_left -= 1
            unpacked = attempt(lambda: unpack(part.content), None, self._defects, "tnef.unreadable")
            if unpacked is None:
                self._unpackings_left = 0  # who hung once is not asked again
            elif content := self._unpacked(unpacked):
                return content
        return Content(attachments=_attachments(part))

    def _unpacked(self, unpacked: Unpacked) -> Content | None:
        """What a TNEF file holds instead of the file; None where that is nothing."""
        html = clean_text(unpacked.html)
        text = clean_text(unpacked.text) or attempt(lambda: to_text(html), "", self._defects, "html.unreadable")
        self.spare += [Passage(text)] if text.strip() else []
        if not unpacked.files and not text.strip():
            return None
        return Content(attachments=[_packed(file) for file in unpacked.files])

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


def _unfolded(text: str, joint: str) -> str:
    """Join the lines that `format=flowed` broke softly (RFC 3676); quoted lines stay as they are.

    `joint` takes the place of the blank before a soft break: nothing under `delsp=yes`.
    """
    pieces: list[str] = []
    for line in text.split("\n"):
        quoted = line.startswith(">")
        if quoted and pieces and pieces[-1] != "\n":
            pieces.append("\n")
        soft = not quoted and line != "-- " and line.endswith(" ")
        shown = line if quoted else line.removeprefix(" ")
        pieces.append(shown[:-1] + joint if soft and shown else shown)
        if not soft:
            pieces.append("\n")
    return "".join(pieces[:-1] if pieces[-1] == "\n" else pieces)


def _plainly(text: str, media_type: str) -> str:
    """The words of a text in an old or rare format (RFC 1896, RTF, Markdown)."""
    if media_type == "text/rtf":
        return clean_text(text_of(text[:_MAX_RTF].encode("latin-1", "replace")))
    return _ENRICHED.sub("", text) if media_type in ("text/enriched", "text/richtext") else text


def _attachments(part: Part) -> list[Attachment]:
    is_message = part.media_type.startswith("message/")
    if not part.content and not part.name and part.disposition != "attachment" and not is_message:
        return []
    name = part.name or (_subject_name(part.content) if part.media_type in _MESSAGES else "")
    found = _attachment(name, part.media_type, part.content)
    inline = part.disposition == "inline" or bool(part.content_id and part.disposition != "attachment")
    return [replace(found, content_id=part.content_id, inline=inline)]


def _subject_name(content: bytes) -> str:
    """A name for a forwarded message: its subject."""
    subject = read_headers(split_message(content[:_SUBJECT_EXAMINED], [])[0], []).text("subject")
    return f"{subject}.eml" if subject else ""


def _packed(file: PackedFile) -> Attachment:
    found = _attachment(file.name, clean_line(file.media_type).lower(), file.content)
    return replace(found, content_id=clean_line(file.content_id), inline=bool(file.content_id))


def _attachment(name: str, media_type: str, content: bytes) -> Attachment:
    """One file; where it has no type, its name tells one."""
    known = media_type if "/" in media_type else mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Attachment(safe_name(name, known), known, len(content), hashlib.sha256(content).hexdigest(), content)
