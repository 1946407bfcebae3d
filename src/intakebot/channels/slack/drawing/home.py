"""The Home tab of an agent: my cases by what is due first, my queues, what nobody has taken, what did not arrive.

`home` draws the answer of `agent.home` (with the page that it names) and, when something was searched for, of
`case.find`. Never more than 100 blocks, whatever the house has. Called by `home_desk`. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from intakebot.channels.slack.drawing import blocks, fields, moments, safe_text
from intakebot.channels.slack.drawing.blocks import Block
from intakebot.channels.slack.drawing.lines import delivery_buttons
from intakebot.channels.slack.drawing.notices import NOTICES
from intakebot.channels.slack.drawing.wording import counted, cut_line, delivery_trouble
from intakebot.domain.chat import Preferences

Answer: TypeAlias = Mapping[str, Any]
View: TypeAlias = dict[str, Any]

MINE, UNCLAIMED, UNDELIVERED, QUEUES, FOUND = 20, 10, 5, 15, 10
"""At most so many of each are shown: 20 + 10 + 5 x 2 + 15 + 10 rows, headings and buttons stay below 100 blocks."""


@dataclass(frozen=True, slots=True)
class Search:
    """What was searched for, and the answer of `case.find`."""

    text: str
    total: int
    cases: Sequence[Answer]


def home(answer: Answer, preferences: Preferences, now: datetime, search: Search | None = None) -> View:
    """The whole tab."""
    parts = [
        *_search(search, now),
        *_mine(answer, now),
        *_queues(answer, now),
        *_unclaimed(answer, now),
        *_undelivered(answer),
        *_preferences(preferences),
        blocks.small(f"As of {safe_text.date(now)}"),
        blocks.row("home-foot", blocks.button("Refresh", "home.refresh", blocks.notes(page=answer.get("page")))),
    ]
    return {"type": "home", "callback_id": "home", "blocks": [part for part in parts if part][:100]}


def for_callers(now: datetime) -> View:
    """The tab of somebody who is no agent here."""
    return {
        "type": "home",
        "callback_id": "home",
        "blocks": [
            blocks.header("How can we help?"),
            blocks.words(
                "Write a direct message to this app, in your own words: every message becomes a case, and the answer"
                " comes in the same thread."
            ),
            blocks.small(f"As of {safe_text.date(now)}"),
        ],
    }


def _search(search: Search | None, now: datetime) -> Iterator[Block | None]:
    yield fields.text_field(
        "search",
        "Find a case",
        initial=search.text if search else "",
        action="home.search",
        watched=True,
        optional=True,
        placeholder="Number, customer, or words from the case",
        limit=200,
    )
    if not search:
        return
    yield blocks.header(f"Found: {counted(search.total, 'case')}")
    for case in search.cases[:FOUND]:
        yield case_row(case, now)
    if search.total > FOUND:
        yield blocks.context(f"The first {FOUND} of {search.total:,}. More words find fewer.")
    clear = blocks.button("Clear the search", "home.clear")
    yield blocks.row("home-found", clear)


def _mine(answer: Answer, now: datetime) -> Iterator[Block | None]:
    total = int(answer.get("mine_total") or 0)
    yield blocks.header(f"My cases ({total:,})")
    if not answer.get("mine"):
        yield blocks.context("None. What waits in your queues is below.")
    for case in list(answer.get("mine") or ())[:MINE]:
        yield case_row(case, now)
    yield _paging(answer)


def _paging(answer: Answer) -> Block | None:
    page, pages = int(answer.get("page") or 1), int(answer.get("pages") or 1)
    if pages <= 1:
        return None
    earlier = blocks.button("Earlier", "home.earlier", blocks.notes(page=page - 1)) if page > 1 else None
    later = blocks.button("Later", "home.later", blocks.notes(page=page + 1)) if page < pages else None
    return blocks.row(f"home-page-{page}", earlier, later)


def case_row(case: Answer, now: datetime) -> Block:
    """A case in two lines, with the button that shows it."""
    title = f"{case.get('label') or 'C-' + str(case.get('number'))} {cut_line(case.get('title'), 100)}"
    parts = (
        _due(case, now),
        cut_line(case.get("status"), 40),
        f"{cut_line(case.get('priority'), 20)} priority" if case.get("priority") else "",
        cut_line(_name(case.get("queue")), 60),
        cut_line(_name(case.get("customer")), 60) or "customer not identified",
        cut_line(case.get("why"), 120) if isinstance(case.get("why"), str) else "",
    )
    text = f"{title}\n{' · '.join(part for part in parts if part)}"
    return blocks.words(text, blocks.button("Show", "case.show", blocks.notes(case=case.get("number"))), limit=600)


def _name(value: object) -> object:
    """A row names its queue and customer by text or by record."""
    return value.get("title") or value.get("name") if isinstance(value, Mapping) else value


def _due(case: Answer, now: datetime) -> str:
    """How far away the solution is, in words; the tab says as of when."""
    due = moments.at(case.get("solve_by"))
    if due is None or case.get("resolved_at") or case.get("closed_at"):
        return ""
    return f"OVERDUE for {moments.span(now - due)}" if due < now else f"due {moments.until(due, now)}"


def _queues(answer: Answer, now: datetime) -> Iterator[Block | None]:
    queues = list(answer.get("queues") or ())
    if not queues:
        return
    yield blocks.header("My queues")
    for queue in queues[:QUEUES]:
        yield blocks.words(
            _queue(queue, now),
            blocks.button("Show", "home.queue", blocks.notes(queue=cut_line(queue.get("name"), 100))),
        )
    if len(queues) > QUEUES:
        yield blocks.context(f"and {counted(len(queues) - QUEUES, 'more queue')}")


def _queue(queue: Answer, now: datetime) -> str:
    oldest = moments.at(queue.get("oldest_waiting_at"))
    waits = f"{int(queue.get('waiting') or 0):,} waiting"
    parts = (
        waits,
        f"{int(queue.get('in_charge') or 0):,} in charge",
        f"the oldest since {moments.span(now - oldest)}" if oldest else "",
    )
    return f"{cut_line(queue.get('title') or queue.get('name'), 100)}: {', '.join(part for part in parts if part)}"


def _unclaimed(answer: Answer, now: datetime) -> Iterator[Block | None]:
    total = int(answer.get("unclaimed_total") or 0)
    if not total:
        return
    yield blocks.header(f"Nobody has taken these ({total:,})")
    for case in list(answer.get("unclaimed") or ())[:UNCLAIMED]:
        yield case_row(case, now)
    if total > UNCLAIMED:
        yield blocks.context(f"The {UNCLAIMED} that are due first, of {total:,}.")


def _undelivered(answer: Answer) -> Iterator[Block | None]:
    found = list(answer.get("undelivered") or ())
    if not found:
        return
    yield blocks.header(f"Not delivered ({len(found):,})")
    for at, delivery in enumerate(found[:UNDELIVERED]):
        yield blocks.words(f"{delivery.get('label')}: {delivery_trouble(delivery)}", limit=600)
        yield blocks.row(f"home-delivery-{at}", *delivery_buttons(delivery, delivery))
    if len(found) > UNDELIVERED:
        yield blocks.context(f"and {len(found) - UNDELIVERED:,} more")


def _preferences(preferences: Preferences) -> Iterator[Block | None]:
    yield blocks.divider()
    told = [words for name, words in NOTICES.items() if name not in preferences.muted]
    quiet = (
        f" Quiet from {preferences.quiet_from} to {preferences.quiet_to} ({preferences.zone})."
        if preferences.quiet_from
        else ""
    )
    text = f"I am told by direct message: {'; '.join(told) or 'nothing'}.{quiet}"
    yield blocks.words(text, blocks.button("Change…", "home.preferences"))
