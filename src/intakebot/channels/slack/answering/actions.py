"""Clicks: every button, menu, form and suggestion of this app, and who answers it.

`register` hangs them on the app; `resume` carries out what was kept before the service stopped. A button says what
somebody wants, never that they may: each answer begins by asking who acts and which case it is about.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

from slack_bolt.async_app import AsyncApp

from intakebot.channels.slack.answering import (
    forms_answer,
    forms_case,
    forms_create,
    forms_preferences,
    forms_reading,
    forms_split,
    unfinished,
)
from intakebot.channels.slack.answering.answers import Ack, Answer, Workplace, attend
from intakebot.channels.slack.answering.at_once import AT_ONCE, act_at_once
from intakebot.channels.slack.answering.clicks import Click, clicked, submitted, suggested
from intakebot.channels.slack.answering.form_state import told, waiting
from intakebot.channels.slack.answering.forms_frame import Form, carry_out, open_form
from intakebot.channels.slack.answering.home_desk import HomeDesk
from intakebot.channels.slack.answering.repairs import repair_if_stale
from intakebot.channels.slack.drawing.offers import MORE
from intakebot.channels.slack.web.under_way import UNDER_WAY
from intakebot.domain.chat import ChatEnvelope
from intakebot.domain.errors import RefusedError
from intakebot.edge import guarded

EVERYTHING = re.compile("")
Picked: TypeAlias = Callable[[Workplace, Click, Answer], Awaitable[None]]

FORMS: Mapping[str, Form] = {
    f"form.{form.name}": form
    for room in (forms_answer, forms_case, forms_create, forms_preferences, forms_reading, forms_split)
    for form in room.FORMS
}
"""By callback id."""
OPENS: Mapping[str, str] = {
    **{f"case.{name}": name for name in ("reply", "resolve", "move", "comment", "task", "classify", "link")},
    **{f"case.{name}": name for name in ("close", "reopen", "void", "split", "identify", "why", "more")},
    "case.ask": "reply",
    "case.answer-and-close": "resolve",
    "case.show": "case",
}
"""Which form a button opens, by its action id."""
PICKS: Mapping[str, Picked] = {
    "template": forms_answer.choose_template,
    "form.suggestion": forms_answer.take_suggestion,
    "form.back": forms_reading.turn_page,
    "form.on": forms_reading.turn_page,
    "notice.mute": forms_preferences.mute,
}
"""What is picked inside a form or a direct message, by action id."""
LINKS = frozenset({"notice.open"})
"""Buttons that only lead somewhere; the platform tells of them all the same."""


def register(app: AsyncApp, workplace: Workplace, home: HomeDesk) -> None:
    """Answer every block action, submission and suggestion."""

    @app.action(EVERYTHING)
    async def on_action(ack: Ack, body: dict[str, Any], context: dict[str, Any]) -> None:
        click = _meant(clicked(body, workplace.own.team))
        context[UNDER_WAY] = await attend(workplace, click, partial(act, workplace, home, click), ack)

    @app.view(EVERYTHING)
    async def on_submission(ack: Ack, body: dict[str, Any], context: dict[str, Any]) -> None:
        click = submitted(body, workplace.own.team)
        late = {"response_action": "update", "view": waiting(click.view)}
        work = partial(submit, workplace, home, click)
        context[UNDER_WAY] = await attend(workplace, click, work, ack, lambda: late)

    @app.view_closed(EVERYTHING)
    async def on_closing(ack: Ack) -> None:
        await ack()

    @app.options(EVERYTHING)
    async def on_suggestion(ack: Ack, body: dict[str, Any]) -> None:
        click = suggested(body, workplace.own.team)
        offer = partial(forms_split.offer_customers, workplace, click)
        await attend(workplace, click, offer, ack, lambda: {"options": []})


async def act(workplace: Workplace, home: HomeDesk, click: Click, answer: Answer) -> None:
    """One click. Raises RefusedError and NotFoundError, in words for the person who clicked."""
    if click.verb in AT_ONCE:
        await act_at_once(workplace, click, answer)
    elif click.verb in OPENS:
        await open_form(workplace, click, answer, FORMS[f"form.{OPENS[click.verb]}"])
        await guarded("slack: stale card", repair_if_stale(workplace, click))
    elif _plain(click.verb) in PICKS:
        workplace.turns.note(click)
        await PICKS[_plain(click.verb)](workplace, click, answer)
    elif click.verb.startswith("home."):
        await home.act(click, answer)
    elif click.verb not in LINKS:
        raise RefusedError("click.unknown", "this button has no meaning here any more; nothing was done")
    if click.view.get("type") == "home" and click.verb in AT_ONCE:
        await home.publish(click.user, click.team)


async def submit(workplace: Workplace, home: HomeDesk, click: Click, answer: Answer) -> None:
    """One form that was sent off."""
    form = FORMS.get(click.verb)
    if form is None:
        answer.give(response_action="update", view=told(click.view, "This form has no meaning here any more."))
        return
    await carry_out(workplace, click, answer, form)
    if form in forms_preferences.FORMS:
        await home.publish(click.user, click.team)


async def resume(workplace: Workplace, envelope: ChatEnvelope) -> str:
    """Perform what a kept interaction asked for and nobody answered, once; what only shows something is dropped.

    Returns the answer to keep: none, for nobody waits for one. Raises what may pass (StorageUnavailableError, what
    `calls` raise): then it is to be asked for again.
    """
    await unfinished.resume(workplace, envelope, FORMS, _meant)
    return ""


def _plain(verb: str) -> str:
    """A field that is drawn anew has a number behind its name (`template.2`)."""
    name, _, count = verb.rpartition(".")
    return name if name and count.isdigit() else verb


def _meant(click: Click) -> Click:
    """A choice of the menu behind three dots is the button that it names."""
    if click.verb == MORE and click.chosen.startswith("case."):
        return replace(click, verb=click.chosen)
    return click
