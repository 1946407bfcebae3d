"""Forms: how every one of them opens, is answered, and says what is wrong with what was filled in.

A trigger lives three seconds, so the frame is opened first and the house asked afterwards; the contents follow with
the frame's hash, so that they never replace something newer. What was filled in is checked by the house; its sentence
appears at the field that it is about, else at the top. Used by the forms_* rooms, which say what a form holds and
which command it means, and by whoever opens one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from intakebot.channels.slack.answering.answers import Answer, Workplace, sentence_of
from intakebot.channels.slack.answering.clicks import Click, mapping
from intakebot.channels.slack.answering.form_state import View, inputs, refused, told
from intakebot.channels.slack.drawing.modals_frame import form_errors, skeleton
from intakebot.channels.slack.drawing.safe_text import cut
from intakebot.domain.actors import Actor
from intakebot.domain.errors import IntakebotError, RefusedError, SlackRefusedError
from intakebot.edge import guarded

HEAD_START = 0.3
"""Seconds that the question who acts may take before the frame is opened without its answer."""
GONE = frozenset({"hash_conflict", "not_found", "view_not_found"})
"""What the platform says when a form is newer than we know, or closed by now: nobody waits for ours any more."""
TOO_LATE = frozenset({"expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id"})
ERROR_LIMIT = 1_000

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Done:
    """What was sent off was taken. `view` is what follows (None: all forms close); `push` lays it on top of this one.

    `acted` is False where nothing has been done yet: a preview follows.
    """

    view: View | None = None
    push: bool = False
    acted: bool = True


Draw: TypeAlias = Callable[[Workplace, Click, "Actor | None"], Awaitable[View]]
CarryOut: TypeAlias = Callable[[Workplace, Click, "Actor | None"], Awaitable[Done]]


async def only_shown(_workplace: Workplace, _click: Click, _by: Actor | None) -> Done:
    """For forms that are only read."""
    return Done()


@dataclass(frozen=True, slots=True)
class Form:
    """One form, whose callback id is `form.<name>`. `draw` asks the house for its contents; `carry_out` does it.

    Both are handed the agent who acts, or None for a caller, where `agents_only` is false. `fields` says at which
    field (block id) a refusal is shown, by its reason.
    """

    name: str
    title: str
    draw: Draw
    carry_out: CarryOut = only_shown
    fields: Mapping[str, str] = field(default_factory=dict)
    agents_only: bool = True


async def open_form(workplace: Workplace, click: Click, answer: Answer, form: Form) -> None:
    """Open the frame, then fill it. Raises RefusedError for whoever is no agent, if that is known in time.

    Later refusals stand in the frame: whoever waits for a form looks there.
    """
    asking = workplace.errands.start(guarded(f"slack form.{form.name}", acting(workplace, click, form)))
    await asyncio.wait({asking}, timeout=HEAD_START)
    if asking.done() and isinstance(asking.result(), IntakebotError):
        raise asking.result()
    opened = await _opened(workplace, click, skeleton(form.name, form.title, notes=notes_for(click)))
    answer.give()
    drawn = await guarded(f"slack form.{form.name}", _drawn(workplace, click, form, asking))
    view = told(opened, sentence_of(drawn)) if isinstance(drawn, IntakebotError) else drawn
    await show(workplace, str(opened.get("id")), view, str(opened.get("hash") or ""))


async def redraw(workplace: Workplace, click: Click, view: View) -> None:
    """Other contents for the form in which something was picked: those of the last pick, however the answers cross."""
    if not workplace.turns.is_latest(click):
        return
    view_id, known = str(click.view.get("id")), str(click.view.get("hash") or "")
    if not await show(workplace, view_id, view, known) and workplace.turns.is_latest(click):
        await show(workplace, view_id, view)  # what is newer than we knew answers an earlier pick


async def carry_out(workplace: Workplace, click: Click, answer: Answer, form: Form) -> None:
    """Do what was sent off, and say so: the form closes, goes on, or shows what is wrong with it."""
    missing = form_errors(form.name, click.values)
    if missing:
        answer.give(response_action="errors", errors=missing)
        return
    outcome = await guarded(f"slack form.{form.name} by {click.user}", done_once(workplace, click, form))
    body = _answer_to(outcome, click, form)
    if answer.give(**body):
        return
    view = body.get("view")  # too late to answer: what stands there says that it takes long
    if isinstance(outcome, IntakebotError):
        view = refused(click.view, sentence_of(outcome))
    await show(workplace, str(click.view.get("id")), view or told(click.view, "Done."))


async def show(workplace: Workplace, view_id: str, view: View, known_hash: str = "") -> bool:
    """Put a view where another one is. One that is gone, or newer than `known_hash`, is left alone: False."""
    guard: dict[str, Any] = {"hash": known_hash} if known_hash else {}
    try:
        await workplace.calls.call("views.update", view_id=view_id, view=view, **guard)
    except SlackRefusedError as refusal:
        if refusal.error not in GONE:
            raise
        _log.info("slack: the form %s is gone or newer: %s", view_id, refusal.error)
        return False
    return True


async def acting(workplace: Workplace, click: Click, form: Form) -> Actor | None:
    """Who acts: an agent, or None where anybody may. Raises RefusedError for whoever is no agent and has to be."""
    return await workplace.actor(click) if form.agents_only else await workplace.perhaps_actor(click)


def notes_for(click: Click) -> dict[str, Any]:
    """What a form remembers of how it was opened."""
    place = click.place
    return dict(click.notes) | {"place": place.name, "ts": place.ts, "thread": place.thread_ts}


async def _opened(workplace: Workplace, click: Click, view: View) -> Mapping[str, Any]:
    """Open it: on top of the form in which it was asked for, else by itself."""
    method = "views.push" if click.view.get("type") == "modal" else "views.open"
    try:
        answered = await workplace.calls.call(method, trigger_id=click.trigger, view=view)
    except SlackRefusedError as refusal:
        if refusal.error not in TOO_LATE:
            raise
        raise RefusedError("form.too-late", "that took too long, and the form did not open; press again") from refusal
    return mapping(answered.get("view"))


async def _drawn(
    workplace: Workplace, click: Click, form: Form, asking: asyncio.Task[Actor | IntakebotError | None]
) -> View:
    by = await asking
    if isinstance(by, IntakebotError):
        raise by
    return await form.draw(workplace, click, by)


async def done_once(workplace: Workplace, click: Click, form: Form) -> Done:
    """Carry out what was sent off, unless this very form was carried out before. Raises what the house raises."""
    view_id = str(click.view.get("id"))
    async with workplace.carried_out.alone(view_id):
        if view_id in workplace.carried_out:
            return Done(told(click.view, "That was done already."))
        done = await form.carry_out(workplace, click, await acting(workplace, click, form))
        if done.acted:
            workplace.carried_out.add(view_id)
        return done


def _answer_to(outcome: Done | IntakebotError, click: Click, form: Form) -> dict[str, Any]:
    """The platform's answer to a submission."""
    if isinstance(outcome, Done):
        if outcome.view is None:
            return {"response_action": "clear"}
        return {"response_action": "push" if outcome.push else "update", "view": outcome.view}
    sentence, block = sentence_of(outcome), _field_of(outcome, form, click)
    if block:
        return {"response_action": "errors", "errors": {block: cut(sentence, ERROR_LIMIT)}}
    return {"response_action": "update", "view": refused(click.view, sentence)}


def _field_of(error: IntakebotError, form: Form, click: Click) -> str:
    """The field that a refusal is about, if it is one that can show an error; else ''."""
    reason = error.reason if isinstance(error, RefusedError) else error.code
    block = form.fields.get(reason, "")
    return block if block in inputs(click.view) else ""
