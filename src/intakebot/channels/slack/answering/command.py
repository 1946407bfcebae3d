"""The command (`/case`): short questions that are answered to the one who asks, and the form for a new case.

`new` is everybody's, the rest is the agents'. An unknown word is answered with the words there are. `register` hangs
it on the app.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

from slack_bolt.async_app import AsyncApp

from intakebot.channels.slack.answering.answers import Ack, Answer, Workplace, attend, sentence_of
from intakebot.channels.slack.answering.clicks import Click, case_number_in, typed_command
from intakebot.channels.slack.answering.forms_create import FORMS as CREATE
from intakebot.channels.slack.answering.forms_frame import open_form
from intakebot.channels.slack.drawing import replies
from intakebot.channels.slack.drawing.blocks import Rendered
from intakebot.domain.errors import IntakebotError, RefusedError
from intakebot.edge import guarded

EPHEMERAL = {"response_type": "ephemeral"}
LATE = "Working on it…"
Asked: TypeAlias = Callable[[Workplace, Click, str], Awaitable[Rendered]]


def register(app: AsyncApp, workplace: Workplace, command: str = "/case") -> None:
    """Answer the command."""

    @app.command(command)
    async def on_command(ack: Ack, body: dict[str, Any]) -> None:
        click = typed_command(body, workplace.own.team)
        work = partial(run, workplace, click, command=command)
        await attend(workplace, click, work, ack, lambda: {"text": LATE, **EPHEMERAL})


async def run(workplace: Workplace, click: Click, answer: Answer, *, command: str = "/case") -> None:
    """One use of the command."""
    word, _, rest = click.chosen.partition(" ")
    if word.lower() == "new":
        await open_form(workplace, replace(click, chosen=rest.strip()), answer, CREATE[0])
        return
    shown = await guarded(f"slack {command} by {click.user}", _answered(workplace, click, command))
    if isinstance(shown, IntakebotError):
        shown = replies.said(sentence_of(shown))
    body = {"text": shown.text, "blocks": shown.blocks, **EPHEMERAL}
    if not answer.give(**body):  # too late: what stands there is replaced
        await workplace.calls.respond(click.response_url, replace_original=True, **body)


async def _answered(workplace: Workplace, click: Click, command: str) -> Rendered:
    word, _, rest = click.chosen.partition(" ")
    if word.lower() in ("", "help"):
        return replies.help_answer(command)
    asked = WORDS.get(word.lower())
    number = case_number_in(word)
    if asked is None and number is None:
        return replies.unknown(word, command)
    await workplace.actor(click)
    if asked is None:
        return await _show(workplace, click, word)
    return await asked(workplace, click, rest.strip())


async def _find(workplace: Workplace, _click: Click, text: str) -> Rendered:
    if not text:
        raise RefusedError("command.find", "write what to look for: a number, a customer, or words from the case")
    answer = await workplace.desk.ask("case.find", {"text": text, "limit": replies.LISTED, "offset": 0})
    return replies.found(text, answer, workplace.chat.clock.now())


async def _mine(workplace: Workplace, click: Click, _text: str) -> Rendered:
    by = await workplace.actor(click)
    answer = await workplace.desk.ask("agent.home", {"agent": by.agent_id, "page": 1})
    return replies.mine(answer, workplace.chat.clock.now())


async def _queue(workplace: Workplace, _click: Click, text: str) -> Rendered:
    queues = await workplace.desk.ask("queue.list", {})
    wanted = text.casefold()
    found = next((one for one in queues if wanted in (one["name"].casefold(), str(one["title"]).casefold())), None)
    if found is None:
        return replies.queues((one["name"], one["title"]) for one in queues)
    cases = await workplace.desk.ask("case.list", {"queue": found["name"], "ended": False, "limit": replies.LISTED})
    total = max(int(found["waiting"]) + int(found["in_charge"]), len(cases))
    return replies.queue(found["title"], cases, total, workplace.chat.clock.now())


async def _show(workplace: Workplace, _click: Click, text: str) -> Rendered:
    return replies.shown(await _case(workplace, text), workplace.chat.clock.now())


async def _why(workplace: Workplace, _click: Click, text: str) -> Rendered:
    case = await _case(workplace, text)
    return replies.why(case, await workplace.desk.ask("case.why", {"number": case["number"]}))


async def _case(workplace: Workplace, text: str) -> Mapping[str, Any]:
    number = case_number_in(text)
    if number is None:
        raise RefusedError("command.case", "write the number of the case, for example C-1001")
    case: Mapping[str, Any] = await workplace.desk.ask("case.card", {"number": number})
    return case


WORDS: Mapping[str, Asked] = {"find": _find, "mine": _mine, "queue": _queue, "show": _show, "why": _why}
