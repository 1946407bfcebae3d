"""Show what is new in a reply: without quotes, without signature. The full text is always kept elsewhere.

`message` asks here, and the use cases once they know the case and so what we sent ourselves. Every line of the
text is either in the view or in a cut, with its reason; the trustworthy reasons come first: our own words, our
marker line, the marks of the HTML, and then the patterns of text.

Losing a customer's words is worse than showing a quote: answers written between quoted lines stay, and where
nothing would remain, the whole text is shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import chain, groupby, pairwise
from typing import TYPE_CHECKING, Final

from intakebot.domain.messages import Cut, ReadMessage
from intakebot.reading import cut_reasons
from intakebot.reading.attempt import attempt
from intakebot.reading.html import to_marked_lines, to_text
from intakebot.reading.own_words import mark_own_words
from intakebot.reading.quote_words import DEVICE
from intakebot.reading.quotes import mark_quotes, split_glued

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_MAX_TRIMMED: Final = 400_000  # nobody quotes that much; a log was pasted
_MAX_COMPARED: Final = 100_000  # characters of a reply that are compared with what we sent
_MAX_HTML_AGAIN: Final = 500_000  # characters; this is done where all others wait for it
_SIGNATURE: Final = re.compile(r"(?:--|__|\u2014)[ \t]*")
_LONGEST_SIGNATURE: Final = 20  # lines that are not blank
_RULE: Final = re.compile(r"[ \t]*[-_=*]{3,}[ \t]*")
_LIST_RULE: Final = re.compile(r"[ \t]*[-_=]{20,}[ \t]*")
_OF_A_LIST: Final = re.compile(r"mailing list|mailman|listinfo|unsubscribe|Mailingliste|abmelden", re.IGNORECASE)
_LINK: Final = re.compile(r"https?://|mailto:")
_LONGEST_LINE: Final = 400
_LONGEST_QUESTION: Final = 12  # lines
_FEWEST_ANSWERS: Final = 2
_LONGEST_FOOTER: Final = 8


@dataclass(frozen=True, slots=True)
class TrimmedView:
    """What is new in a text, and what was left out of it, in order."""

    text: str
    cuts: tuple[Cut, ...] = ()


def trimmed_view(passages: Iterable[tuple[str, str]], sent: Sequence[str] = ()) -> TrimmedView:
    """Return the trimmed view of a message's text; its text is '' only when the message's own is blank.

    Args:
        passages: The texts as shown, in order, each with the HTML that it was rendered from, or ''.
        sent: What we sent before in the same case, as text.
    """
    passages = list(passages)
    whole = "\n\n".join(text for text, _ in passages).strip()
    if not whole or len(whole) > _MAX_TRIMMED:
        return TrimmedView(whole)
    lines, reasons = _marked(passages)
    if sent:
        mark_own_words(lines, reasons, sent)
    mark_quotes(lines, reasons)
    _mark_endings(lines, reasons)
    _keep_answered_questions(lines, reasons)
    return TrimmedView(kept, _cuts(lines, reasons)) if (kept := _kept(lines, reasons)) else TrimmedView(whole)


def without_our_words(message: ReadMessage, sent: Sequence[str]) -> ReadMessage:
    """Return the message with its trimmed view made anew, now that it is known what we sent in its case."""
    if not sent or not message.text.strip() or len(message.text) > _MAX_COMPARED:
        return message
    if len(message.html) > _MAX_HTML_AGAIN:
        return message
    defects = list(message.defects)
    known = TrimmedView(message.new_text, message.cuts)
    view = attempt(lambda: trimmed_view(_passages(message), sent), known, defects, "trim.failed")
    return replace(message, new_text=view.text, cuts=view.cuts, defects=tuple(dict.fromkeys(defects)))


def _passages(message: ReadMessage) -> list[tuple[str, str]]:
    """The text of a message that was read, with its HTML where the text was rendered from that."""
    rendered = bool(message.html) and to_text(message.html).strip() == message.text.strip()
    return [(message.text, message.html if rendered else "")]


def _marked(passages: Iterable[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """The lines of all passages, apart by a blank line, with the reasons that HTML gives."""
    lines: list[str] = []
    reasons: list[str] = []
    for text, html in passages:
        shown, why = to_marked_lines(html) if html else ([], [])
        if not any(line.strip() for line in shown):
            shown = split_glued(text.split("\n"))
            why = [""] * len(shown)
        between = [""] if lines else []
        lines += between + shown
        reasons += between + why
    return lines, reasons


def _mark_endings(lines: Sequence[str], reasons: list[str]) -> None:
    """Mark signatures, device lines and footers at the ends of what the writer wrote in one stretch."""
    _mark_list_footer(lines, reasons)
    for cut, stretch in groupby(range(len(lines)), key=lambda number: bool(reasons[number])):
        numbers = list(stretch)
        if not cut:
            first = next((number for number in numbers if lines[number].strip()), None)
            if first is not None:
                _mark_ending(lines, reasons, first, numbers[-1] + 1)


def _mark_ending(lines: Sequence[str], reasons: list[str], start: int, end: int) -> None:
    """Mark what ends one stretch; the first line of the text is the writer's, whatever it looks like."""
    marks = (number for number in range(start or 1, end) if _SIGNATURE.fullmatch(lines[number]))
    signature = next((number for number in marks if _is_signature(lines, number, end)), end)
    for number in range(signature, end):
        reasons[number] = cut_reasons.SIGNATURE
    last = signature
    while last > start + 1 and _is_ornament(lines[last - 1]):
        last -= 1
        reasons[last] = cut_reasons.DEVICE if lines[last].strip() else ""


def _keep_answered_questions(lines: Sequence[str], reasons: list[str]) -> None:
    """Keep the quoted lines that answers stand below, where there are several: `XR-7` alone answers nothing.

    One answer below one quote is a reply like any other. Where the text begins with a quote that nothing introduces,
    the writer chose it.
    """
    stretches = _stretches(lines, reasons)
    answered = [
        numbers
        for (reason, numbers), (after, _) in pairwise(stretches)
        if reason == cut_reasons.QUOTE and not after and len(numbers) <= _LONGEST_QUESTION
    ]
    chosen = bool(answered) and answered[0] is stretches[0][1]
    if len(answered) < _FEWEST_ANSWERS and not chosen:
        return
    for number in chain.from_iterable(answered):
        reasons[number] = ""


def _stretches(lines: Sequence[str], reasons: Sequence[str]) -> list[tuple[str, list[int]]]:
    """The numbers of the lines that are not blank, in stretches of one reason."""
    written = [number for number, line in enumerate(lines) if line.strip()]
    return [(reason, list(numbers)) for reason, numbers in groupby(written, key=reasons.__getitem__)]


def _is_signature(lines: Sequence[str], mark: int, end: int) -> bool:
    """A long text below two dashes is no signature, unless a mail program wrote the mark (RFC 3676: `-- `)."""
    longest = _LONGEST_SIGNATURE * (2 if lines[mark] == "-- " else 1)
    return sum(bool(lines[number].strip()) for number in range(mark, min(end, mark + 3 * longest))) <= longest


def _is_ornament(line: str) -> bool:
    return not line.strip() or bool(_RULE.fullmatch(line) or DEVICE.fullmatch(line.strip()))


def _mark_list_footer(lines: Sequence[str], reasons: list[str]) -> None:
    """Mark what a mailing list appended below a rule, at the very end."""
    written = [number for number, line in enumerate(lines) if line.strip()][-_LONGEST_FOOTER:]
    rule = next((number for number in reversed(written) if _LIST_RULE.fullmatch(lines[number])), None)
    footer = "\n".join(lines[number][:_LONGEST_LINE] for number in written if rule is not None and number > rule)
    if rule and _OF_A_LIST.search(footer) and _LINK.search(footer):
        for number in range(rule, len(lines)):
            reasons[number] = reasons[number] or cut_reasons.LIST_FOOTER


def _kept(lines: Sequence[str], reasons: Sequence[str]) -> str:
    """The lines without a reason; one blank line stands where something was left out."""
    kept: list[str] = []
    left_out = False
    for line, reason in zip(lines, reasons, strict=True):
        if reason:
            left_out = True
        elif line.strip() or not left_out:
            _close_gap(kept, left_out=left_out)
            kept.append(line)
            left_out = False
    return "\n".join(kept).strip()


def _close_gap(kept: list[str], *, left_out: bool) -> None:
    if not left_out:
        return
    while kept and not kept[-1].strip():
        kept.pop()
    kept.append("")


def _cuts(lines: Sequence[str], reasons: Sequence[str]) -> tuple[Cut, ...]:
    """The lines that were left out, those of one reason that stand together as one cut."""
    stretches = groupby(zip(lines, reasons, strict=True), key=lambda pair: pair[1])
    found = ((reason, "\n".join(line for line, _ in stretch)) for reason, stretch in stretches)
    return tuple(Cut(reason, text) for reason, text in found if reason and text.strip())
