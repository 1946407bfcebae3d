"""The card of a case in its queue's channel: what it is, who has it, until when, and what can be pressed now.

`card` draws the answer of `case.card`; called by whoever posts or repairs cards. Times are absolute, in each
reader's own zone, because a card is drawn again only when its case changes. Pure: `now` decides what is overdue.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeAlias

from intakebot.channels.slack.drawing import blocks, moments, offers, safe_text
from intakebot.channels.slack.drawing.blocks import Block, Rendered
from intakebot.channels.slack.drawing.card_facts import details, whose
from intakebot.channels.slack.drawing.card_work import next_step, suggested, task_blocks, visible_beside
from intakebot.channels.slack.drawing.wording import cut_line, delivery_trouble, states, titled

Case: TypeAlias = Mapping[str, Any]

_DESCRIPTION, _SAID = 700, 450
_INTERNAL = "What you write in this thread stays in the house. Only “Reply to caller” and a resolution leave it."
_POINTER = "(there is more: “Show everything”)"
"""Without a number: the card is given the beginnings of long texts only."""


def card(case: Case, now: datetime) -> Rendered:
    """The card, with the buttons of what is possible now."""
    beside = visible_beside(case)
    return blocks.message(
        _fallback(case, now),
        [
            blocks.header(titled(case)),
            blocks.facts(*_facts(case, now)),
            *_trouble(case),
            *next_step(case),
            whose(case),
            _quoted("", case.get("description"), _DESCRIPTION),
            *_last_words(case),
            _resolution(case),
            details(case),
            suggested(case),
            *task_blocks(case),
            offers.card_row(case, offers.VISIBLE_BUTTONS - beside),
            _footer(case),
        ],
    )


def working(shown: Rendered, what: str = "Working on it…") -> Rendered:
    """The same card while something is done: without anything to press, so that nobody presses twice."""
    return replace(shown, blocks=[*_without_buttons(shown.blocks), blocks.context(what)])


def _without_buttons(shown: list[Block]) -> list[Block]:
    return [
        {name: value for name, value in block.items() if name != "accessory"}
        for block in shown
        if block.get("type") != "actions"
    ]


def moved_stub(case: Case, to_queue: str) -> Rendered:
    """What is left of a card in the channel of the queue that the case has gone from."""
    text = f"{titled(case)} has gone to {cut_line(to_queue, 80)}."
    return blocks.message(text, [blocks.context(f"{text} Its card is there now; this thread stays as it is.")])


def _fallback(case: Case, now: datetime) -> str:
    """What a notification and a screen reader say."""
    queue = (case.get("queue") or {}).get("title") or "no queue"
    late = " OVERDUE." if _is_late(case, now) else ""
    return (
        f"{cut_line(titled(case), 120)}: {_status(case)}, {case.get('priority') or 'normal'} priority, {queue}.{late}"
    )


def _status(case: Case) -> str:
    ended_as = case.get("ended_as")
    return f"{case.get('status')} (ended: {ended_as})" if ended_as else str(case.get("status"))


def _facts(case: Case, now: datetime) -> Iterator[tuple[str, str]]:
    yield "Status", f"*{_value(_status(case))}*" if case.get("ended") else _value(_status(case))
    yield "Priority", _value(case.get("priority") or "normal")
    yield "Queue", _value((case.get("queue") or {}).get("title") or "none")
    yield "Owner", _owner(case)
    yield from _times(case, now)


def _value(text: object) -> str:
    return safe_text.escape(cut_line(text, 100), 600)


def _owner(case: Case) -> str:
    owner, assignee = case.get("owner"), case.get("assignee")
    if owner:
        return _value(owner.get("name") or owner.get("id"))
    if assignee:
        return f"nobody yet; meant for {_value(assignee.get('name') or assignee.get('id'))}"
    return "nobody" if case.get("ended") else "nobody yet"


def _times(case: Case, now: datetime) -> Iterator[tuple[str, str]]:
    closed, resolved = moments.at(case.get("closed_at")), moments.at(case.get("resolved_at"))
    if closed:
        yield "Closed", safe_text.date(closed)
    elif resolved:
        yield "Resolved", safe_text.date(resolved)
    elif not case.get("ended"):
        yield from _promises(case, now)


def _promises(case: Case, now: datetime) -> Iterator[tuple[str, str]]:
    for name, key in (("First answer due", "respond_by"), ("Solution due", "solve_by")):
        due = _due(case, key)
        if due:
            yield (f"{name}: OVERDUE", f"*since {safe_text.date(due)}*") if due < now else (name, safe_text.date(due))


def _due(case: Case, key: str) -> datetime | None:
    """A promise that still counts: the first answer only until somebody has the case or has answered."""
    if key == "respond_by" and (case.get("responded_at") or case.get("kind") not in ("registered", "waiting")):
        return None
    return moments.at(case.get(key))


def _is_late(case: Case, now: datetime) -> bool:
    if case.get("ended") or case.get("resolved_at"):
        return False
    return any(moments.is_over(_due(case, key), now) for key in ("respond_by", "solve_by"))


def _trouble(case: Case) -> Iterator[Block | None]:
    for delivery in list(case.get("undelivered") or ())[:3]:
        yield blocks.rich(
            blocks.line(blocks.said("Not delivered: ", bold=True), blocks.said(delivery_trouble(delivery)))
        )


def _quoted(name: str, text: object, limit: int, at: datetime | None = None) -> Block | None:
    words = safe_text.visible(str(text or "")).strip()
    if not words:
        return None
    head = blocks.line(
        blocks.said(name, bold=True), blocks.said(" · ") if at else None, blocks.moment(at) if at else None
    )
    return blocks.rich(head if name else None, blocks.quote(blocks.said(safe_text.cut(words, limit, _POINTER))))


def _last_words(case: Case) -> Iterator[Block | None]:
    said, comment = case.get("last_message"), case.get("last_comment")
    if said and _is_news(case, said):
        sender = cut_line(said.get("sender") or "the caller", 80)
        yield _quoted(f"Last word from {sender}", said.get("text"), _SAID, moments.at(said.get("at")))
    if comment:
        kind = "work info" if comment.get("kind") == "work_info" else "comment"
        name = f"Last {kind} by {cut_line(comment.get('by'), 80)} (internal)"
        yield _quoted(name, comment.get("text"), _SAID, moments.at(comment.get("at")))


def _is_news(case: Case, said: Mapping[str, Any]) -> bool:
    """The first message is the description, which is on the card already."""
    return str(said.get("text") or "").strip() != str(case.get("description") or "").strip()


def _resolution(case: Case) -> Block | None:
    resolution = case.get("resolution")
    if not resolution:
        return None
    name = f"Resolution by {cut_line(resolution.get('by'), 80)}: {states(resolution.get('state'))}"
    return _quoted(name, resolution.get("text"), _SAID, moments.at(resolution.get("sent_at")))


def _footer(case: Case) -> Block:
    opened = moments.at(case.get("opened_at"))
    since = f"Opened {safe_text.date(opened)}" if opened else ""
    if case.get("ended"):
        return blocks.small(
            " · ".join(filter(None, (since, "This case has ended: nothing in it can change any more.")))
        )
    return blocks.small(" · ".join(filter(None, (since, _INTERNAL))))
