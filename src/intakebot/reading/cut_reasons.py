"""Why the trimmed view leaves a stretch of a text out: the codes of `Cut.reason`, with a sentence each.

`reply_text` and `quotes` give them; `intakebot read --why` shows the sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

OWN_WORDS: Final = "own-words"
MARKER: Final = "marker"
HTML_QUOTE: Final = "html-quote"
QUOTE: Final = "quote"
INTRODUCTION: Final = "introduction"
HEADER_BLOCK: Final = "header-block"
ORIGINAL_MESSAGE: Final = "original-message"
SIGNATURE: Final = "signature"
DEVICE: Final = "device"
LIST_FOOTER: Final = "list-footer"

SENTENCES: Final[Mapping[str, str]] = {
    OWN_WORDS: "These words are our own: we sent them in an earlier message of this case.",
    MARKER: "This stands below the line that our mail asks people to reply above.",
    HTML_QUOTE: "The writer's mail program marked this as a quote in the HTML.",
    QUOTE: "These lines begin with `>`, as quoted lines do, or were broken off from lines that do.",
    INTRODUCTION: "This says who wrote when, or follows such a line to the end of the text.",
    HEADER_BLOCK: "This begins with the header lines (From, Sent, To, Subject) of an earlier message.",
    ORIGINAL_MESSAGE: "This begins with a heading like `Original Message` or `Forwarded message`.",
    SIGNATURE: "This is a signature: it follows a signature mark, or the mail program marked it so.",
    DEVICE: "A mail program appended this line about itself, or a rule that separates nothing.",
    LIST_FOOTER: "A mailing list appended this footer.",
}
"""One sentence for every reason."""
