"""Cards under a click: "working…" while something is done, and what is true afterwards.

Called by buttons that act at once, also when they were refused: a click on a stale card repairs it. Only the card
as it is shown now is touched; what is left of a card that has moved belongs to `posts`.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

from intakebot.channels.slack.answering.answers import Workplace
from intakebot.channels.slack.answering.clicks import Click
from intakebot.channels.slack.answering.subjects import Case
from intakebot.channels.slack.drawing import cards
from intakebot.channels.slack.drawing.blocks import Rendered
from intakebot.domain.case import shown_number
from intakebot.domain.errors import IntakebotError, Remedy, SlackLimitedError
from intakebot.edge import guarded

PATIENCES = tuple(timedelta(seconds=seconds) for seconds in (1, 5, 15, 30, 60))
"""How long to wait before the next attempt, where Slack does not say it."""
LOOKS = 4
"""How often a card is drawn anew because the case changed while it was drawn. Later changes owe a card themselves."""


async def is_card(workplace: Workplace, click: Click, case_id: int) -> bool:
    """Whether the message that was clicked is the case's card as it is shown now."""
    place, ts = await workplace.chat.card_of(case_id) or ("", "")
    return ts != "" and ts == click.place.ts and place in workplace.rooms.places(click.place.channel)


async def show_working(workplace: Workplace, click: Click, case: Case) -> None:
    """The clicked card without its buttons, so that nobody clicks twice."""
    await _update(workplace, click, cards.working(cards.card(case, workplace.chat.clock.now())))


async def repair(workplace: Workplace, click: Click, number: int) -> None:
    """`show_card`, until it is done or cannot be: a card must not say for ever that something is being done.

    Never raises; takes as long as Slack wants to be left alone.
    """
    clock = workplace.chat.clock
    for patience in PATIENCES:
        outcome = await guarded(f"slack: card of {shown_number(number)}", show_card(workplace, click, number))
        if not isinstance(outcome, IntakebotError) or outcome.remedy is Remedy.NEVER:
            return
        wait = outcome.retry_after if isinstance(outcome, SlackLimitedError) else patience
        await clock.until(clock.now() + wait, asyncio.Event())


async def show_card(workplace: Workplace, click: Click, number: int) -> None:
    """The clicked card as the case is now; nothing, where the click was not on the card as it is shown now.

    Whoever updates the card beside us (`posts`) began after the change that it shows was written. So when the case
    is the same after our update as before, nothing newer was overwritten by it.
    """
    case = await workplace.desk.ask("case.card", {"number": number})
    for _ in range(LOOKS):
        if not await is_card(workplace, click, case["id"]):
            return
        await _update(workplace, click, cards.card(case, workplace.chat.clock.now()))
        before, case = case, await workplace.desk.ask("case.card", {"number": number})
        if before == case:
            return


async def repair_if_stale(workplace: Workplace, click: Click) -> None:
    """The clicked card as the case is now, if the click shows that it tells of an earlier version."""
    if click.case is None or not click.place.ts or click.view:
        return
    case = await workplace.desk.ask("case.card", {"number": click.case})
    if case["version"] != click.notes.get("version"):
        await repair(workplace, click, click.case)


async def _update(workplace: Workplace, click: Click, shown: Rendered) -> None:
    place = click.place
    await workplace.calls.call("chat.update", channel=place.channel, ts=place.ts, text=shown.text, blocks=shown.blocks)
