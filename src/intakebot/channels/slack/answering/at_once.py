"""Buttons that act at once: who pressed what, the one command that follows, and what the card says meanwhile.

A button is no right: the person is looked up, the case is looked up, the house decides. Two who press in the same
instant are told apart by the house: one is done, the other is refused and hears who was first. Called by
`listeners` with a click; the answer is given after the command was done (its commit precedes it).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from intakebot.channels.slack.answering.answers import Answer, Workplace, sentence_of, tell
from intakebot.channels.slack.answering.clicks import Click
from intakebot.channels.slack.answering.form_state import told
from intakebot.channels.slack.answering.forms_frame import show
from intakebot.channels.slack.answering.repairs import is_card, repair, show_working
from intakebot.channels.slack.answering.subjects import Case, case_of, delivery_of, task_of
from intakebot.domain import commands as c
from intakebot.domain.case import NNR
from intakebot.domain.errors import IntakebotError, NotFoundError, RefusedError
from intakebot.edge import guarded

Outcome: TypeAlias = "Mapping[str, Any] | IntakebotError"
PATIENCE = 0.25
"""Seconds after which a card says "working…" while its command runs; most are done before."""


async def _take(_workplace: Workplace, _click: Click, case: Case) -> c.Command:
    return c.Take(case["number"])


async def _send(_workplace: Workplace, _click: Click, case: Case) -> c.Command:
    return c.SendResolution(case["number"])


async def _nnr(_workplace: Workplace, click: Click, case: Case) -> c.Command:
    return c.Mark(case["number"], NNR, remove=bool(click.notes.get("remove")))


async def _use_category(_workplace: Workplace, click: Click, case: Case) -> c.Command:
    """What the card suggested when it was pressed, which may no longer be what it suggests."""
    category = click.notes.get("category")
    if not isinstance(category, str) or not category:
        raise RefusedError("click.unknown", "this button names no category; nothing was done")
    return c.Classify(case["number"], category)


async def _accept(_workplace: Workplace, click: Click, case: Case) -> c.Command:
    return c.AcceptTask(task_of(click, case))


async def _complete(_workplace: Workplace, click: Click, case: Case) -> c.Command:
    return c.CompleteTask(task_of(click, case))


async def _retry(workplace: Workplace, click: Click, case: Case) -> c.Command:
    return c.RetryDelivery(await delivery_of(workplace, click, case))


async def _withdraw(workplace: Workplace, click: Click, case: Case) -> c.Command:
    return c.WithdrawDelivery(await delivery_of(workplace, click, case))


AT_ONCE: Mapping[str, Callable[[Workplace, Click, Case], Awaitable[c.Command]]] = {
    "case.take": _take,
    "case.send": _send,
    "case.nnr": _nnr,
    "case.use-category": _use_category,
    "task.accept": _accept,
    "task.complete": _complete,
    "delivery.retry": _retry,
    "delivery.withdraw": _withdraw,
}
"""What a button means, by its action id."""


async def act_at_once(workplace: Workplace, click: Click, answer: Answer) -> None:
    """Do what the button means. Raises RefusedError and NotFoundError before anything was tried."""
    by = await workplace.actor(click)
    case = await case_of(workplace, click)
    try:
        command = await AT_ONCE[click.verb](workplace, click, case)
        outcome: Outcome = await _performed(workplace, click, case, workplace.desk.perform(command, by))
    except (RefusedError, NotFoundError) as refusal:
        outcome = refusal
    answer.give()
    await _show(workplace, click, case, outcome)


async def _performed(workplace: Workplace, click: Click, case: Case, work: Awaitable[Outcome]) -> Outcome:
    """Wait for the command; when it takes long, the card says so. An error is a value."""
    doing: asyncio.Task[Outcome] = workplace.errands.start(guarded(f"slack {click.verb} {case['label']}", work))
    await asyncio.wait({doing}, timeout=PATIENCE)
    if not doing.done() and await is_card(workplace, click, case["id"]):
        await guarded(f"slack: card of {case['label']}", show_working(workplace, click, case))
    return await doing


async def _show(workplace: Workplace, click: Click, case: Case, outcome: Outcome) -> None:
    """What came of it: to the person where they pressed, and on the card, whatever came of it."""
    failed = isinstance(outcome, IntakebotError)
    sentence = sentence_of(outcome) if isinstance(outcome, IntakebotError) else _said(case, outcome)
    on_card = await is_card(workplace, click, case["id"])
    if click.view.get("type") == "modal":
        await guarded("slack: form", show(workplace, str(click.view.get("id")), told(click.view, sentence)))
    elif failed or not (on_card or click.view):
        await tell(workplace, click, sentence)
    if on_card:
        await repair(workplace, click, case["number"])


def _said(case: Case, done: Mapping[str, Any]) -> str:
    """What was done, for somebody who does not see the card."""
    status = str(done.get("status") or case["status"])
    return f"Done: {case['label']} is {status}."
