"""Lines in the thread below a card: what the caller wrote, what left for the caller, what was said elsewhere.

Each takes the answer of `case.card` and one row of `case.show` (a message, a delivery, a comment). Called by
`posts`. Every line says first which way the words went, because a card's thread is where agents talk among
themselves. Long words are cut, with a button for all of them. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from intakebot.channels.slack.drawing import blocks, moments, offers, safe_text
from intakebot.channels.slack.drawing.blocks import Block, Rendered
from intakebot.channels.slack.drawing.wording import by_channel, cut_line, delivery_trouble, kind_of_delivery, who

Case: TypeAlias = Mapping[str, Any]
Row: TypeAlias = Mapping[str, Any]

SHOWN = 2_400
_PREVIEW = 120
_POINTER = "({left} more characters: “Show all”)"


def caller_line(case: Case, message: Row) -> Rendered:
    """Words of the caller, mirrored. `message`: id, sender, at, text, perhaps sender_name, new_text, channel, files."""
    known = (case.get("caller") or {}).get("name")
    sender = cut_line(message.get("sender_name") or known or message.get("sender") or "the caller", 80)
    channel = by_channel(message.get("channel") or (case.get("source") or {}).get("channel"))
    by = f" by {channel}" if channel else ""
    text = str(message.get("new_text") or message.get("text") or "")
    head = _head("From the caller", f"{by} · {sender}", message.get("at"))
    part = f"message:{message.get('id')}"
    return _line(case, f"{sender} wrote", head, text, part, message.get("files"), is_part=is_trimmed(message))


def is_trimmed(message: Row) -> bool:
    """Whether the words shown of a message are not all of it: quotes and a signature are left out."""
    whole, new = str(message.get("text") or "").strip(), str(message.get("new_text") or "").strip()
    return bool(new and whole) and new != whole


def reply_line(case: Case, delivery: Row) -> Rendered:
    """Words that left for the caller. `delivery`: id, kind, recipient, recipient_name, channel, text, settled_at."""
    to = cut_line(delivery.get("recipient_name") or delivery.get("recipient") or "the caller", 80)
    if delivery.get("channel") == "slack" and not delivery.get("recipient_name"):
        to = "the caller's thread"
    what = kind_of_delivery(delivery.get("kind"))
    automatic = ", by itself" if delivery.get("automatic") else ""
    by = by_channel(delivery.get("channel"))
    head = _head(
        "Sent to the caller", f"{automatic}: {what} to {to}{f' by {by}' if by else ''}", delivery.get("settled_at")
    )
    text, part = str(delivery.get("text") or ""), f"delivery:{delivery.get('id')}"
    return _line(case, f"{what} sent to {to}", head, text, part, delivery.get("files"))


def comment_line(case: Case, comment: Row) -> Rendered:
    """A comment that was written elsewhere. `comment`: id, by, at, kind, text."""
    kind = "Work info" if comment.get("kind") == "work_info" else "Comment"
    by = who(comment.get("by"))
    head = _head(f"{kind} by {by}", " (internal)", comment.get("at"))
    return _line(case, f"{kind.lower()} by {by}", head, str(comment.get("text") or ""), f"comment:{comment.get('id')}")


def trouble_line(case: Case, delivery: Row) -> Rendered:
    """Something that did not reach the caller, with what can be done about it."""
    trouble = delivery_trouble(delivery)
    return blocks.message(
        f"{case.get('label')}: not delivered: {trouble}",
        [
            blocks.rich(blocks.line(blocks.said("Not delivered to the caller: ", bold=True), blocks.said(trouble))),
            blocks.row(offers.row_name(case, f"delivery-{delivery.get('id')}"), *delivery_buttons(case, delivery)),
        ],
    )


def delivery_buttons(case: Case, delivery: Row) -> Iterator[Block]:
    """What can be done about a delivery in this state."""
    carried = blocks.notes(case=case.get("number") or case.get("case"), delivery=str(delivery.get("id")))
    state = delivery.get("state")
    if state in ("failed", "held", "deferred"):
        yield blocks.button("Try again now", "delivery.retry", carried)
    if state in ("held", "deferred", "queued"):
        ask = blocks.confirmation("Take it back?", "The caller will not get it.", "Take it back", "Keep it")
        yield blocks.button("Take it back", "delivery.withdraw", carried, ask=ask)


def amendment_line(case: Case, sender: str, text: str, earlier: str, *, withdrawn: bool) -> Rendered:
    """A caller changed or withdrew a message in the workspace; both wordings stay in the case."""
    name = cut_line(sender, 80)
    if withdrawn:
        head = _head("The caller took a message back", f" · {name}", None)
        return _line(case, f"{name} took a message back", head, earlier)
    head = _head("The caller changed a message", f" · {name}", None)
    return _line(case, f"{name} changed a message", head, f"{text}\n\n(before: {safe_text.cut(earlier, 800)})")


def _head(bold: str, rest: str, at: object) -> Block:
    moment = moments.at(at)
    dated = [blocks.said(" · "), blocks.moment(moment)] if moment else []
    return blocks.line(blocks.said(bold, bold=True), blocks.said(rest), *dated)


def _line(
    case: Case, summary: str, head: Block, text: str, part: str = "", files: object = None, *, is_part: bool = False
) -> Rendered:
    words = safe_text.visible(text).strip()
    shown = safe_text.cut(words, SHOWN, _POINTER)
    more = is_part or shown != words
    show_all = blocks.button("Show all", "case.show", offers.carried(case, part=part)) if more else None
    return blocks.message(
        f"{case.get('label')}: {summary}: {cut_line(words, _PREVIEW)}",
        [
            blocks.rich(head, blocks.quote(blocks.said(shown or "(no words)"))),
            blocks.row(offers.row_name(case, part or "amendment"), show_all),
            _files(files),
        ],
    )


def _files(files: object) -> Block | None:
    """The names of files; who posts the line adds the files themselves where the workspace takes them."""
    names = (
        [cut_line(file.get("name"), 60) for file in files or () if isinstance(file, Mapping)]
        if isinstance(files, (list, tuple))
        else []
    )
    if not names:
        return None
    more = f" and {len(names) - 6} more" if len(names) > 6 else ""  # noqa: PLR2004 - as many as are named
    return blocks.context(f"Files: {', '.join(names[:6])}{more}")
