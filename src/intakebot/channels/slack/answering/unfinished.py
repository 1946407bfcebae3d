"""Interactions that nobody answered, because the service stopped: their command is performed once, after the start.

Called through `actions.resume` by whoever works off kept envelopes. What only shows something (forms that open,
searches, pages) is dropped: nobody waits for it any more. Whether a command was done before the service stopped is
read in the case's history: what this agent did to this case after the click was kept, the click did.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from intakebot.channels.slack.answering.answers import Answer, Workplace, sentence_of, tell
from intakebot.channels.slack.answering.at_once import AT_ONCE, act_at_once
from intakebot.channels.slack.answering.clicks import Click, clicked, mapping, submitted
from intakebot.channels.slack.answering.forms_frame import Form, done_once
from intakebot.channels.slack.answering.repairs import repair
from intakebot.channels.slack.answering.subjects import case_number
from intakebot.channels.slack.drawing.moments import at as moment
from intakebot.domain.actors import Actor
from intakebot.domain.chat import ChatEnvelope
from intakebot.domain.errors import IntakebotError, NotFoundError, RefusedError, Remedy

CALLS_LOOKED_AT = 50
DONE_LATE = "What you sent off before the service stopped is done."


async def resume(
    workplace: Workplace, envelope: ChatEnvelope, forms: Mapping[str, Form], meant: Callable[[Click], Click]
) -> None:
    """Perform what a kept interaction asked for. Raises what may pass (storage, Slack); a refusal is told."""
    payload = mapping(json.loads(envelope.payload))
    kind = payload.get("type")
    if kind == "block_actions":
        await _press(workplace, meant(clicked(payload, workplace.own.team)), envelope.received_at)
    elif kind == "view_submission":
        click = submitted(payload, workplace.own.team)
        if click.verb in forms:
            await _send_off(workplace, click, forms[click.verb], envelope.received_at)


async def _press(workplace: Workplace, click: Click, since: datetime) -> None:
    """A button that acts at once. Its card is drawn again in any case: it may say that something is being done."""
    if click.verb not in AT_ONCE:
        return
    if await _was_done(workplace, click, since):
        await repair(workplace, click, await case_number(workplace, click))
        return
    try:
        await act_at_once(workplace, click, Answer())
    except (RefusedError, NotFoundError) as refusal:
        await tell(workplace, click, sentence_of(refusal))


async def _send_off(workplace: Workplace, click: Click, form: Form, since: datetime) -> None:
    """A form. The person saw no answer, and may send it off again: the form is remembered as done."""
    if form.agents_only and await _was_done(workplace, click, since):
        workplace.carried_out.add(str(click.view.get("id")))
        return
    if await _call_was_registered(workplace, click, since):
        return
    try:
        done = await done_once(workplace, click, form)
    except IntakebotError as error:
        if error.remedy is Remedy.LATER:
            raise
        await tell(workplace, click, sentence_of(error))
    else:
        if done.acted:
            await tell(workplace, click, DONE_LATE)


async def _was_done(workplace: Workplace, click: Click, since: datetime) -> bool:
    """Whether the agent has done something to the case since the click was kept."""
    try:
        by = await workplace.actor(click)
        history = await workplace.desk.ask("case.log", {"number": await case_number(workplace, click)})
    except (RefusedError, NotFoundError):
        return False
    return any(_is_by(event, by, since) for event in history)


def _is_by(event: Mapping[str, Any], by: Actor, since: datetime) -> bool:
    at = moment(event.get("at"))
    return event.get("by") == str(by) and at is not None and at >= since


async def _call_was_registered(workplace: Workplace, click: Click, since: datetime) -> bool:
    """Whether a call that an agent wrote down is a contact already; all other contacts are known by their content."""
    if not click.said("channel"):
        return False
    contacts = await workplace.desk.ask("contact.list", {"state": "", "limit": CALLS_LOOKED_AT})
    return any(
        (contact.get("channel"), contact.get("subject")) == (click.said("channel"), click.said("title"))
        and (at := moment(contact.get("received_at"))) is not None
        and at >= since
        for contact in contacts
    )
