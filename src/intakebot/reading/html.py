"""Render HTML as text, and cut the quotes that mail programs mark in it.

The only module that knows the HTML engine (turbohtml: linear on hostile input).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from turbohtml import Document, Element, PlainText, parse

from intakebot.reading.charset import clean_text

if TYPE_CHECKING:
    from collections.abc import Iterable

# Quotes and their introductions, as the mail programs mark them.
_QUOTES: Final = (
    "blockquote.gmail_quote, .gmail_quote blockquote, .gmail_attr, .gmail_signature"
    ", blockquote[type=cite], .moz-cite-prefix, .moz-signature"
    ", .yahoo_quoted, .protonmail_quote, .zmail_extra, #Signature"
    ", #mail-editor-reference-message-container, .ms-outlook-mobile-reference-message"
)
# Outlook marks where the quote begins: this element and everything behind it is quoted.
_QUOTE_STARTS: Final = "#divRplyFwdMsg, #appendonsend, #OLK_SRC_BODY_SECTION, hr#stopSpelling, .OutlookMessageHeader"
_HIDDEN: Final = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_BLANK_LINES: Final = re.compile(r"\n{3,}")
_PLAIN: Final = PlainText(layout="extended", bullet="* ")


def to_text(html: str) -> str:
    """Return what a reader of the HTML sees, as lines of text."""
    return _rendered(_visible(html))


def to_new_text(html: str) -> str:
    """Return the text of the HTML without what a mail program marked as a quote or a signature."""
    document = _visible(html)
    _remove(document.select(_QUOTES))
    start = document.select_one(_QUOTE_STARTS)
    if start is not None:
        _remove_from(start)
    return _rendered(document)


def _visible(html: str) -> Document:
    document = parse(html, positions=False)
    if _HIDDEN.search(html):
        _remove(element for element in document.select("[style]") if _HIDDEN.search(str(element.attrs["style"])))
    return document


def _remove(elements: Iterable[Element]) -> None:
    for element in list(elements):
        element.decompose()


def _remove_from(start: Element) -> None:
    """Remove `start` and all that follows it in the document."""
    node: Element | None = start
    while isinstance(node, Element) and node.tag != "body":
        for sibling in list(node.next_siblings):
            sibling.extract()
        node = node.parent if isinstance(node.parent, Element) else None
    start.decompose()


def _rendered(document: Document) -> str:
    text = clean_text(document.to_text(_PLAIN)).replace("\xa0", " ")
    return _BLANK_LINES.sub("\n\n", text).strip("\n")
