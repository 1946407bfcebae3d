"""What a caller sees in the workspace: the house's replies, as posts in the thread where the caller wrote.

The words are a delivery's, rendered already; nothing is added here, and nothing internal is known here. Called by
`outlet`. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from intakebot.channels.slack.drawing import blocks, safe_text
from intakebot.channels.slack.drawing.blocks import Block, Rendered

IN_BLOCKS = 7_000
LONGEST_POST = 39_000
"""The platform cuts a post above 40,000 characters."""
_WHOLE = 10**9
_ADDRESS = re.compile(r"https?://[^\s<>|\"`\\]+", re.IGNORECASE)
_ENDS = ".,;:!?)]}'"


def reply(text: str) -> Rendered:
    """A reply in full, on one post.

    Up to IN_BLOCKS it is rich text, in which addresses are links under their own name; longer ones have no blocks
    (`blocks` is []) and are posted as text, with `mrkdwn` switched off. The text alone always says it all, up to
    LONGEST_POST; beyond, it is cut, and the whole of it has to go along as a file (`is_cut`).
    """
    words = safe_text.visible(text).strip()
    if safe_text.size(words) > IN_BLOCKS:
        return Rendered(safe_text.escape(words, LONGEST_POST, "(the whole text is in the file)"), [])
    body = blocks.rich(blocks.line(*_linked(words or "-")))
    return Rendered(safe_text.escape(words or "-", LONGEST_POST), [body] if body else [])


def is_cut(text: str) -> bool:
    """Whether a reply is too long for one post, so that its whole text has to go along as a file."""
    words = safe_text.visible(text).strip()
    return safe_text.size(words) > IN_BLOCKS and safe_text.size(safe_text.escape(words, _WHOLE)) > LONGEST_POST


def _linked(text: str) -> Iterator[Block | None]:
    """The text in pieces: addresses as links that are named by where they lead, the rest as it is."""
    end = 0
    for found in _ADDRESS.finditer(text):
        url = found.group().rstrip(_ENDS)
        yield blocks.said(text[end : found.start()])
        yield blocks.address(url, url)
        end = found.start() + len(url)
    yield blocks.said(text[end:])
