"""Direct messages to an agent: what has come to be theirs, what the caller said, what is due, what did not arrive.

`notice` draws one of the answer of `case.card`; called by `posts`. Each says in its first words why it came, and
ends with the button that stops its kind. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, TypeAlias

from intakebot.channels.slack.drawing import blocks, moments, offers, safe_text
from intakebot.channels.slack.drawing.blocks import Block, Rendered
from intakebot.channels.slack.drawing.wording import cut_line, delivery_trouble, titled

Case: TypeAlias = Mapping[str, Any]

NOTICES = {
    "assigned": "A case has come to me",
    "answered": "The caller of my case has answered",
    "due-soon": "My case is due soon",
    "overdue": "My case is overdue",
    "not-delivered": "What I sent has not arrived",
}
"""Every kind of notice, with its words in an agent's preferences."""
_FIRST_WORDS = {
    "assigned": "This case is yours to look at",
    "answered": "The caller has answered",
    "due-soon": "Due soon",
    "overdue": "Overdue",
    "not-delivered": "Not delivered to the caller",
}
_QUOTE = 400


def notice(what: str, case: Case, now: datetime, card_url: str = "") -> Rendered:
    """The notice `what` (a key of NOTICES) about a case; `card_url` is the permalink of its card, if there is one."""
    first = _FIRST_WORDS.get(what, "News of a case")
    about = _detail(what, case, now)
    return blocks.message(
        f"{first}: {titled(case)}",
        [
            blocks.rich(
                blocks.line(blocks.said(f"{first}: ", bold=True), blocks.said(titled(case))),
                blocks.line(*about) if about else None,
                _quoted(what, case),
            ),
            blocks.context(_standing(case)),
            blocks.row(offers.row_name(case, f"notice-{what}"), *_buttons(what, case, card_url)),
        ],
    )


def _detail(what: str, case: Case, now: datetime) -> list[Block | None]:
    if what in ("due-soon", "overdue"):
        name, due = _next_due(case, now, over=what == "overdue")
        return (
            [blocks.said(f"{name} "), blocks.moment(due), blocks.said(f" ({moments.until(due, now)})")] if due else []
        )
    troubles = list(case.get("undelivered") or ())
    if what == "not-delivered" and troubles:
        return [blocks.said(delivery_trouble(troubles[-1]))]
    return []


def _next_due(case: Case, now: datetime, *, over: bool) -> tuple[str, datetime | None]:
    """The promise that the notice is about: of those that are over (or still ahead) the nearest."""
    dues = [
        (name, due)
        for name, key in (("First answer due", "respond_by"), ("Solution due", "solve_by"))
        if (due := moments.at(case.get(key))) and moments.is_over(due, now) is over
    ]
    return min(dues, key=lambda named: abs(named[1] - now)) if dues else ("", None)


def _quoted(what: str, case: Case) -> Block | None:
    said = case.get("last_message")
    source = said.get("text") if what == "answered" and said else case.get("description") if what == "assigned" else ""
    words = safe_text.visible(str(source or "")).strip()
    return blocks.quote(blocks.said(safe_text.cut(words, _QUOTE))) if words else None


def _standing(case: Case) -> str:
    customer = (case.get("customer") or {}).get("name") or "customer not identified"
    queue = (case.get("queue") or {}).get("title") or "no queue"
    parts = (case.get("status"), f"{case.get('priority') or 'normal'} priority", queue, customer)
    return " · ".join(cut_line(part, 80) for part in parts if part)


def _buttons(what: str, case: Case, card_url: str) -> Iterator[Block | None]:
    if safe_text.is_permalink(card_url):
        yield blocks.web_button("Open the card", "notice.open", card_url)
    yield blocks.button("Show the case", "case.show", offers.carried(case))
    if what in NOTICES:
        carried = blocks.notes(case=case["number"], notice=what)
        yield blocks.button("No more messages like this", "notice.mute", carried)


def muted(what: str) -> Rendered:
    """The answer to somebody who wants no more of a kind of notice."""
    words = NOTICES.get(what, what)
    return blocks.message(
        f"No more messages for: {words}",
        [blocks.context(f"You get no more messages for “{words}”. The Home tab of this app has the switch.")],
    )
