"""Find the ids and numbers by which a message refers to earlier ones.

Ids are kept without angle brackets and otherwise as written, everywhere in the program. They are evidence
to be weighed with the participants, never proof; case numbers in a text are hints only.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from intakebot.domain.messages import ReadMessage

MAX_THREAD_IDS: Final = 50
_BRACKETED: Final = re.compile(r"<([^<>]{1,998})>")
_BARE: Final = re.compile(r"[^\s<>,;]{1,998}")
_BLANKS: Final = re.compile(r"\s+")
_CASE_NUMBER: Final = re.compile(r"(?<![\w-])[Cc]-([0-9]{1,15})(?![\w-])")


def message_ids(value: str) -> tuple[str, ...]:
    """Return the ids in a header value in order; a bare word with an @ counts where no brackets are."""
    bracketed = [_BLANKS.sub("", found) for found in _BRACKETED.findall(value)]
    found = bracketed or [word for word in _BARE.findall(value) if "@" in word]
    return tuple(word for word in found if word)


def own_message_id(value: str) -> str:
    """Return the id in a Message-ID field; a single word is one, however bare; '' when there is none."""
    bare = value.strip().strip("<>")
    return next(iter(message_ids(value)), bare if _BARE.fullmatch(bare) else "")


def thread_ids(message: ReadMessage) -> tuple[str, ...]:
    """Return at most 50 ids that `message` answers: In-Reply-To, then References, newest first."""
    every = dict.fromkeys((*message.in_reply_to, *reversed(message.references)))
    return tuple(every)[:MAX_THREAD_IDS]


def case_numbers(text: str) -> tuple[str, ...]:
    """Return the case numbers (`C-1234`) that a text mentions, each once, in order."""
    return tuple(dict.fromkeys(f"C-{number}" for number in _CASE_NUMBER.findall(text)))
