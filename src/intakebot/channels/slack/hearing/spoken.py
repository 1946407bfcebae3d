"""A message of the workspace as it is taken in: whether a person said it, and what it says. Pure.

Used for events and for messages that were fetched, so that both give the same contact. The list of subtypes is asked
before anything else: whatever the platform invents tomorrow is no caller's word until somebody allows it here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from intakebot.channels.slack.web.calls import Us
from intakebot.channels.slack.web.rooms import is_direct

Payload: TypeAlias = Mapping[str, Any]

SAID_BY_PEOPLE: Final = frozenset({"", "file_share", "thread_broadcast", "me_message"})
WITHDRAWN: Final = "tombstone"
"""The subtype of what is left of a deleted message whose thread goes on."""
SLACKBOT: Final = "USLACKBOT"
_MENTION: Final = re.compile(r"<@([A-Z][A-Z0-9]+)(?:\|[^>]*)?>")
_DEEPEST: Final = 20
_LONGEST_NAME: Final = 50


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a person said somewhere. `team` is the writer's, as the message says it ('' = it does not).

    `text` is as it came, in the platform's own writing. `thread_ts` is '' outside of threads; `answered` is the user
    whose message the thread began with, '' where the message does not say so. `subject` is a title that somebody gave
    it who makes a case of it.
    """

    channel: str
    ts: str
    thread_ts: str
    team: str
    user: str
    text: str
    files: tuple[Payload, ...] = ()
    answered: str = ""
    subject: str = ""

    @property
    def root_ts(self) -> str:
        """The first message of its thread, perhaps itself."""
        return self.thread_ts or self.ts

    @property
    def is_reply(self) -> bool:
        """Whether it was said in a thread that another message began."""
        return self.thread_ts not in ("", self.ts)

    @property
    def is_direct(self) -> bool:
        """Whether it was said to the app alone."""
        return is_direct(self.channel)

    def mentions(self, user: str) -> bool:
        """Whether it calls that user by name."""
        return user in mentioned(self.text)

    def is_bare(self, user: str) -> bool:
        """Whether it says nothing but the name of that user."""
        return not self.files and not _without(self.text, user).strip()


def why_not_taken(message: Payload, own: Us) -> str:
    """Why a message is nobody's word to this house; '' when a person said it."""
    subtype = str(message.get("subtype") or "")
    if subtype not in SAID_BY_PEOPLE:
        return f"subtype {subtype[:_LONGEST_NAME]}" if subtype.isidentifier() else "subtype unknown"
    user = str(message.get("user") or "")
    if user == own.user or (own.bot and message.get("bot_id") == own.bot):
        return "own words"
    if message.get("bot_id") or message.get("bot_profile") or message.get("workflow_id"):
        return "another bot"
    if user == SLACKBOT:
        return "slackbot"
    if not user or not message.get("ts"):
        return "nobody said it"
    return ""


def spoken(message: Payload, channel: str) -> Spoken:
    """What was said. The message must be one that `why_not_taken` has nothing against."""
    return Spoken(
        channel=channel,
        ts=str(message["ts"]),
        thread_ts=str(message.get("thread_ts") or ""),
        team=str(message.get("user_team") or message.get("team") or ""),
        user=str(message["user"]),
        text=text_of(message),
        files=tuple(file for file in _mappings(message.get("files")) if file.get("id")),
        answered=str(message.get("parent_user_id") or ""),
    )


def text_of(message: Payload) -> str:
    """The words in the platform's own writing; of a message without text, those of its rich text.

    What it passes on from elsewhere belongs to it, with the name of who said it.
    """
    text = str(message.get("text") or "") or _text_of_blocks(message)
    passed_on = (_passed_on(part) for part in _mappings(message.get("attachments")) if part.get("is_share"))
    return "\n\n".join(filter(None, (text, *passed_on)))


def mentioned(text: str) -> tuple[str, ...]:
    """The users whose names a text calls, each once."""
    return tuple(dict.fromkeys(_MENTION.findall(text)))


def addressed(text: str, user: str) -> str:
    """The text without the name of that user in front, which only says whom it is for."""
    found = _MENTION.match(text.lstrip())
    if found is None or found.group(1) != user:
        return text
    return text.lstrip()[found.end() :].lstrip(" ,:\t\n")


def _without(text: str, user: str) -> str:
    return _MENTION.sub(lambda found: "" if found.group(1) == user else found.group(0), text)


def _passed_on(part: Payload) -> str:
    text = str(part.get("text") or part.get("fallback") or "")
    writer = str(part.get("author_name") or part.get("author_subname") or "")
    return "\n".join(filter(None, (f"{writer}:" if writer else "", text)))


def _text_of_blocks(message: Payload) -> str:
    lines = ["".join(_runs(block, 0)) for block in _mappings(message.get("blocks"))]
    return "\n".join(line for line in lines if line).strip()


def _runs(element: Payload, depth: int) -> Iterator[str]:
    """The pieces of text in a block, in order; sections and list items end with a line break."""
    if depth > _DEEPEST:
        return
    kind = element.get("type")
    if kind in _PIECES:
        yield _PIECES[kind](element)
    for inner in _mappings(element.get("elements")):
        yield from _runs(inner, depth + 1)
    if isinstance(element.get("text"), Mapping):
        yield str(element["text"].get("text") or "")
    if kind in ("rich_text_section", "rich_text_preformatted", "rich_text_quote"):
        yield "\n"


def _escaped(text: object) -> str:
    return str(text or "").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


_PIECES: Final = {
    "text": lambda element: _escaped(element.get("text")),
    "link": lambda element: f"<{element.get('url') or ''}|{_escaped(element.get('text'))}>",
    "user": lambda element: f"<@{element.get('user_id') or ''}>",
    "channel": lambda element: f"<#{element.get('channel_id') or ''}>",
    "emoji": lambda element: f":{element.get('name') or ''}:",
    "broadcast": lambda element: f"<!{element.get('range') or ''}>",
}


def _mappings(value: object) -> Sequence[Payload]:
    return [part for part in value if isinstance(part, Mapping)] if isinstance(value, list) else []
