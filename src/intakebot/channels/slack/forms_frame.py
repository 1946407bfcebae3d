"""Forms: how every modal opens, is answered, and says what is wrong with what was filled in.

A trigger lives three seconds, so the frame is opened first and the house asked afterwards; the contents follow with
the frame's hash, so that they never replace something newer. What is sent off is checked by the house alone: its
sentence appears at the field that it is about, else at the top. Used by the forms_* rooms (what a form holds and
which command it means) and by whoever opens one.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from intakebot.channels.slack.answers import Answer, Workplace, sentence_of
from intakebot.channels.slack.calls import SlackRefusedError
from intakebot.channels.slack.clicks import Click, mapping
from intakebot.channels.slack.form_state import refused, told, waiting
from intakebot.channels.slack.safe_text import cut, plain
from intakebot.domain.actors import Actor
from intakebot.domain.errors import IntakebotError, RefusedError
from intakebot.edge import guarded

HEAD_START = 0.3
"""Seconds that the question who acts may take before the frame is opened without its answer."""
GONE = frozenset({"hash_conflict", "not_found", "view_not_found"})
"""What the platform says when a form is newer than we know, or closed by now: nobody waits for ours any more."""
ERROR_LIMIT = 1000

View: TypeAlias = dict[str, Any]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Done:
    """A form was carried out. `view` is what follows (None: the form closes); `push` lays it on top of this one."""

    view: View | None = None
    push: bool = False


Draw: TypeAlias = Callable[[Workplace, Click, "Actor | None"], Awaitable[View]]
CarryOut: TypeAlias = Callable[[Workplace, Click, Actor], Awaitable[Done]]


@dataclass(frozen=True, slots=True)
class Form:
    """One form, whose callback id is `form.<name>`. `draw` asks the house for its contents; `carry_out` does it.

    `fields` says at which field (block id) a refusal is shown, by its reason. `agents_only` is false for what callers
    may do too.
    """

    name: str
    title: str
    draw: Draw
    carry_out: CarryOut
    fields: Mapping[str, str] = field(default_factory=dict)
    agents_only: bool = True

    @property
    def callback(self) -> str:
        """What the platform calls it."""
        return f"form.{self.name}"


async def open_form(workplace: Workplace, click: Click, answer: Answer, form: Form) -> None:
    """Open the frame, then fill it. Raises RefusedError for whoever is no agent, if that is known in time.

    Later refusals stand in the frame: whoever waits for a form looks there.
    """
    asking = workplace.errands.start(guarded(f"slack {form.callback}", acting(workplace, click, form)))
    await asyncio.wait({asking}, timeout=HEAD_START)
    if asking.done() and isinstance(asking.result(), IntakebotError):
        raise asking.result()
    opened = await _opened(workplace, click, frame(form, click))
    answer.give()
    contents = await guarded(f"slack {form.callback}", _contents(workplace, click, form, asking))
    if isinstance(contents, IntakebotError):
        contents = told(opened, sentence_of(contents))
    await show(workplace, str(opened["id"]), contents, str(opened.get("hash") or ""))


async def carry_out(workplace: Workplace, click: Click, answer: Answer, form: Form) -> None:
    """Do what was sent off, and say so: the form closes, goes on, or shows what is wrong with it."""
    outcome = await guarded(f"slack {form.callback} by {click.user}", _carried_out(workplace, click, form))
    if isinstance(outcome, IntakebotError):
        sentence, block = sentence_of(outcome), _field_of(outcome, form, click)
        if block and answer.give(response_action="errors", errors={block: cut(sentence, ERROR_LIMIT)}):
            return
        view = refused(click, sentence)
    elif outcome.view is None:
        if answer.give(response_action="clear"):
            return
        view = told(click.view, "Done.")
    else:
        view = outcome.view
        if answer.give(response_action="push" if outcome.push else "update", view=view):
            return
    if not answer.give(response_action="update", view=view):  # too late to answer: what stands there says "working"
        await show(workplace, str(click.view["id"]), view)


async def show(workplace: Workplace, view_id: str, view: View, known_hash: str = "") -> None:
    """Put a view where another one is. One that is gone, or newer than `known_hash`, is left alone."""
    guard = {"hash": known_hash} if known_hash else {}
    try:
        await workplace.calls.call("views.update", view_id=view_id, view=view, **guard)
    except SlackRefusedError as refusal:
        if refusal.error not in GONE:
            raise
        _log.info("slack: the form %s is gone or newer: %s", view_id, refusal.error)


async def acting(workplace: Workplace, click: Click, form: Form) -> Actor | None:
    """Who acts: an agent, or None where anybody may."""
    return await workplace.actor(click) if form.agents_only else None


def frame(form: Form, click: Click) -> View:
    """The form before the house was asked: its title, and a word."""
    notes = dict(click.notes) | ({"place": click.place.name, "ts": click.place.ts} if click.place.ts else {})
    return {
        "type": "modal",
        "callback_id": form.callback,
        "title": plain(form.title, 24),
        "close": plain("Cancel", 24),
        "private_metadata": json.dumps(notes),
        "blocks": [{"type": "section", "text": plain("One moment…", 100)}],
    }


async def _opened(workplace: Workplace, click: Click, view: View) -> Mapping[str, Any]:
    """Open it: on top of the modal in which it was asked for, else by itself."""
    method = "views.push" if click.view.get("type") == "modal" else "views.open"
    answered = await workplace.calls.call(method, trigger_id=click.trigger, view=view)
    return mapping(answered.get("view"))


async def _contents(
    workplace: Workplace, click: Click, form: Form, asking: asyncio.Task[Actor | None | IntakebotError]
) -> View:
    by = await asking
    if isinstance(by, IntakebotError):
        raise by
    return await form.draw(workplace, click, by)


async def _carried_out(workplace: Workplace, click: Click, form: Form) -> Done:
    return await form.carry_out(workplace, click, await acting(workplace, click, form))


def _field_of(error: IntakebotError, form: Form, click: Click) -> str:
    """The field that a refusal is about, if it is one that can show an error; else ''."""
    reason = error.reason if isinstance(error, RefusedError) else error.code
    block = form.fields.get(reason, "")
    return block if block in inputs(click.view) else ""
