"""Render HTML as text, and cut the quotes that mail programs mark in it.

The only module that knows the HTML engine (turbohtml: linear on hostile input).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from turbohtml import Document, Element, PlainText, Text, parse

from intakebot.reading.charset import clean_text
from intakebot.reading.cut_reasons import HTML_QUOTE, SIGNATURE

if TYPE_CHECKING:
    from collections.abc import Iterable

# Quotes and their introductions, as the mail programs mark them.
_QUOTES: Final = (
    "blockquote.gmail_quote, .gmail_quote blockquote, .gmail_attr"
    ", blockquote[type=cite], .moz-cite-prefix"
    ", .yahoo_quoted, .protonmail_quote, .zmail_extra, .tutanota_quote, .front-blockquote"
    ", #mail-editor-reference-message-container, .ms-outlook-mobile-reference-message"
)
_SIGNATURES: Final = (
    ".gmail_signature, .gmail_signature_prefix, .moz-signature, #Signature, .protonmail_signature_block"
)
# Outlook marks where the quote begins: this element and everything behind it is quoted.
_QUOTE_STARTS: Final = "#divRplyFwdMsg, #appendonsend, #OLK_SRC_BODY_SECTION, hr#stopSpelling, .OutlookMessageHeader"
# Characters of a private plane that stand in the tree while it is rendered; a text that has them is not marked.
_OPEN_QUOTE, _OPEN_SIGNATURE, _CLOSE, _REST = "\U0010f1a0", "\U0010f1a1", "\U0010f1a2", "\U0010f1a3"
_MARKS: Final = re.compile(f"([{_OPEN_QUOTE}-{_REST}])")
_MAX_MARKED: Final = 2_000  # each costs 50 us; nobody quotes so often, and without marks the words stay
_HIDDEN: Final = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_BLANK_LINES: Final = re.compile(r"\n{3,}")
_PLAIN: Final = PlainText(layout="extended", bullet="* ")


def to_text(html: str) -> str:
    """Return what a reader of the HTML sees, as lines of text."""
    return _rendered(_visible(html))


def to_marked_lines(html: str) -> tuple[list[str], list[str]]:
    """Return the lines that a reader of the HTML sees, and for each why it may be left out; '' for the writer's own.

    What a mail program marked as a quote or a signature has its reason (see `cut_reasons`).
    """
    document = _visible(html)
    start = document.select_one(_QUOTE_STARTS)
    if start is not None:
        start.insert_before(_mark(_REST))
    for selector, opening in ((_QUOTES, _OPEN_QUOTE), (_SIGNATURES, _OPEN_SIGNATURE)):
        marked = document.select(selector)
        for element in marked if len(marked) <= _MAX_MARKED else ():
            element.insert(0, _mark(opening))
            element.append(_mark(_CLOSE))
    return _lines_and_reasons(_rendered(document))


def _mark(character: str) -> Element:
    mark = Element("div")
    mark.append(Text(character))
    return mark


def _lines_and_reasons(marked: str) -> tuple[list[str], list[str]]:
    """Part a rendered text at the marks in it; the lines that hold only marks are gone."""
    lines: list[str] = []
    reasons: list[str] = []
    opened: list[str] = []
    resting = False
    for line in marked.split("\n"):
        for piece in _MARKS.split(line):
            if piece in (_OPEN_QUOTE, _OPEN_SIGNATURE):
                opened.append(HTML_QUOTE if piece == _OPEN_QUOTE else SIGNATURE)
            elif piece == _CLOSE and opened:
                opened.pop()
            elif piece == _REST:
                resting = True
            elif piece.strip() or piece == line:
                lines.append(piece)
                reasons.append(opened[0] if opened else HTML_QUOTE if resting else "")
    return lines, reasons


def _visible(html: str) -> Document:
    document = parse(html, positions=False)
    if _HIDDEN.search(html):
        _remove(element for element in document.select("[style]") if _HIDDEN.search(str(element.attrs["style"])))
    return document


def _remove(elements: Iterable[Element]) -> None:
    for element in list(elements):
        element.decompose()


def _rendered(document: Document) -> str:
    text = clean_text(document.to_text(_PLAIN)).replace("\xa0", " ")
    return _BLANK_LINES.sub("\n\n", text).strip("\n")
