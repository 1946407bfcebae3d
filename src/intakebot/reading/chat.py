"""Chat messages: what a chat channel hands over as a contact's content, and what it says once it is read.

Channels write `ChatContent.to_bytes()`; the reader's process reads it back with `read_chat`, which never raises.
A message is known by `chat <place>/<ts>`, an id that no mail can name; its sender is the person, never an address
that somebody typed. The profile's e-mail goes along as a header: a proposal who it may be, no proof.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Final

from intakebot.domain.chat import THREAD_PREFIX
from intakebot.domain.messages import Address, Attachment, ReadMessage
from intakebot.reading.attempt import attempt
from intakebot.reading.charset import clean_line, clean_text, decode
from intakebot.reading.defects import DEFECTS
from intakebot.reading.file_names import safe_name
from intakebot.reading.language import language_of

CHAT_MARK: Final = b'{"intakebot.chat":1,'
"""How the content of a chat contact begins; what a mail begins with says nothing, so ask for the channel too."""

ROOM_OF: Final = "x-chat-customer"
CLAIMED: Final = "x-chat-email"
"""Headers of a chat message: whose room it is, and the mail address that the writer's profile names."""

MAX_TEXT: Final = 1_000_000
MAX_FILES: Final = 100
MAX_RELATED: Final = 50
_MAX_LINE: Final = 2_000
_SHOWN_OF_UNREADABLE: Final = 20_480


@dataclass(frozen=True, slots=True)
class ChatFile:
    """A file of a chat message, fetched already."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ChatContent:
    """What a chat message says.

    `place` is `T1/C1`, `ts` and `root_ts` the platform's own ids of the message and of its thread's first one;
    `person` is `t1/u1`, lower case. `text` is readable: entities decoded, mentions and links written out. `customer`
    is the reference of the customer whose room it is; `related` names further messages that it continues
    (`chat T1/C1/ts`, oldest first); `defects` what could not be fetched (codes of `reading.defects`).
    """

    platform: str
    place: str
    ts: str
    root_ts: str
    person: str
    name: str
    email: str
    text: str
    subject: str = ""
    customer: str = ""
    permalink: str = ""
    files: tuple[ChatFile, ...] = ()
    defects: tuple[str, ...] = ()
    related: tuple[str, ...] = ()

    def to_bytes(self) -> bytes:
        """Canonical JSON that starts with `CHAT_MARK`; the same message gives the same bytes."""
        values: dict[str, Any] = {part.name: getattr(self, part.name) for part in fields(self)}
        values["files"] = [_file_as_json(file) for file in self.files]
        written = json.dumps(values, sort_keys=True, separators=(",", ":"))
        return CHAT_MARK + written.removeprefix("{").encode("ascii")


def chat_id(place: str, ts: str) -> str:
    """The id by which a person's message is known in this house."""
    return f"{THREAD_PREFIX}{place}/{ts}"


def is_chat(channel: str, raw: bytes) -> bool:
    """Whether a contact's content is a chat message's. A mail is not, whatever its bytes begin with."""
    return channel != "email" and raw.startswith(CHAT_MARK)


def read_chat(raw: bytes, *, languages: tuple[str, ...] = ("en",)) -> ReadMessage:
    """Return the message as understood; what cannot be read is shown as it came, with `message.unreadable`.

    Args:
        raw: What `ChatContent.to_bytes` wrote.
        languages: Codes (ISO 639-1) to choose the message's language from.
    """
    defects: list[str] = []
    shown = decode(raw[:_SHOWN_OF_UNREADABLE])
    blank = ChatContent("", "", "", "", "", "", "", shown)
    said = attempt(lambda: _content_of(raw), blank, defects, "message.unreadable")
    defects += [code for code in said.defects if code in DEFECTS]
    text = _text(said.text, defects)
    ids = [chat_id(said.place, said.ts)] if said.ts else []
    return ReadMessage(
        message_id=next(iter(ids), ""),
        in_reply_to=(chat_id(said.place, said.root_ts),) if said.root_ts not in ("", said.ts) else (),
        references=said.related[-MAX_RELATED:],
        subject=said.subject,
        sender=Address(said.person, said.name) if said.person else None,
        reply_to=(),
        to=(),
        cc=(),
        date=attempt(lambda: _moment(said.ts), None, defects, "date.unreadable"),
        text=text,
        new_text=text,
        html="",
        attachments=_attachments(said.files, defects),
        headers=tuple((name, value) for name, value in _headers(said) if value),
        language=attempt(lambda: language_of(text, "", languages), "", defects, "language.unknown"),
        machine=None,
        defects=tuple(dict.fromkeys(defects)),  # last: the steps above add to it
    )


def _file_as_json(file: ChatFile) -> dict[str, str]:
    content = base64.b64encode(file.content).decode("ascii")
    return {"name": file.name, "media_type": file.media_type, "content": content}


def _content_of(raw: bytes) -> ChatContent:
    """What was written. Raises ValueError, TypeError, KeyError, RecursionError for anything else."""
    values = json.loads(raw)
    files = tuple(
        ChatFile(safe_name(str(file["name"]), str(file["media_type"])), _line(file["media_type"]), _bytes(file))
        for file in values["files"]
    )
    lines = {part.name: _line(values[part.name]) for part in fields(ChatContent) if part.name not in _LISTS}
    related, defects = (tuple(_line(word) for word in values[name]) for name in ("related", "defects"))
    return ChatContent(**lines | {"text": str(values["text"])}, files=files, defects=defects, related=related)


_LISTS: Final = frozenset({"text", "files", "defects", "related"})


def _bytes(file: dict[str, str]) -> bytes:
    return base64.b64decode(file["content"], validate=True)


def _line(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected text, got {type(value).__name__}")
    return clean_line(value)[:_MAX_LINE]


def _text(text: str, defects: list[str]) -> str:
    if len(text) > MAX_TEXT:
        defects.append("text.too-long")
    return clean_text(text[:MAX_TEXT]).strip("\n")


def _moment(ts: str) -> datetime | None:
    """When a message was written: its time stamp is seconds since 1970. Raises ValueError, OverflowError."""
    return datetime.fromtimestamp(float(ts), UTC) if ts else None


def _headers(said: ChatContent) -> tuple[tuple[str, str], ...]:
    """What rules may ask for, and what identification takes as a hint."""
    return (
        ("x-chat-platform", said.platform),
        ("x-chat-place", said.place),
        ("x-chat-permalink", said.permalink),
        (CLAIMED, said.email),
        (ROOM_OF, said.customer),
    )


def _attachments(files: tuple[ChatFile, ...], defects: list[str]) -> tuple[Attachment, ...]:
    if len(files) > MAX_FILES:
        defects.append("parts.too-many")
    return tuple(
        Attachment(
            name=file.name,
            media_type=file.media_type,
            size=len(file.content),
            sha256=hashlib.sha256(file.content).hexdigest(),
            content=file.content,
        )
        for file in files[:MAX_FILES]
    )
