"""Forms about one case that mean one command: comment, move, classify, task, link, close, reopen, void.

Queue and status change in the same act; date and author are written by the house. See `forms_frame` for how they
open and how they are answered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from intakebot.channels.slack.answering.answers import Workplace
from intakebot.channels.slack.answering.clicks import Click, case_number_in
from intakebot.channels.slack.answering.form_state import View
from intakebot.channels.slack.answering.forms_frame import CarryOut, Done, Draw, Form, notes_for
from intakebot.channels.slack.answering.subjects import case_number, known_agent, open_case_of
from intakebot.channels.slack.drawing import modals_case as drawn
from intakebot.domain import commands as c
from intakebot.domain.actors import Actor
from intakebot.domain.errors import RefusedError

Meaning: TypeAlias = Callable[[Click, int], c.Command]


def _drawing(form: Callable[..., View], *verbs: str, with_choices: bool = False) -> Draw:
    """How a form of `modals_case` is drawn: for the case as it is now, with the house's lists where it has some.

    `verbs`: what the process has to allow now, if it is a step of the process.
    """

    async def draw(workplace: Workplace, click: Click, _by: Actor | None) -> View:
        case = await open_case_of(workplace, click, *verbs)
        choices = [await workplace.desk.ask("house.choices", {})] if with_choices else []
        return form(case, *choices, notes=notes_for(click))

    return draw


def _meaning(command: Meaning) -> CarryOut:
    """The one command that a form means."""

    async def carry_out(workplace: Workplace, click: Click, by: Actor | None) -> Done:
        number = await case_number(workplace, click)
        await workplace.desk.perform(command(click, number), known_agent(by))
        return Done()

    return carry_out


def _move(click: Click, case: int) -> c.Command:
    return c.Move(case, click.said("queue"), click.said("assignee"), click.said("comment"))


def _comment(click: Click, case: int) -> c.Command:
    return c.AddComment(case, click.said("text"), click.said("kind") or "comment")


def _task(click: Click, case: int) -> c.Command:
    return c.AddTask(case, click.said("title"), click.said("queue"), click.said("assignee"), click.said("handover"))


def _classify(click: Click, case: int) -> c.Command:
    return c.Classify(case, click.said("category"), click.said("priority"))


def _link(click: Click, case: int) -> c.Command:
    other = case_number_in(click.said("other"))
    if other is None:
        raise RefusedError("link.other", "name the other case by its number, for example C-1001")
    return c.Link(case, other, click.said("relation") or "parent")


def _close(click: Click, case: int) -> c.Command:
    return c.Close(case, notify="notify" in (click.values.get("notify") or ()))


def _reopen(click: Click, case: int) -> c.Command:
    return c.Reopen(case, click.said("comment"))


def _void(click: Click, case: int) -> c.Command:
    return c.Void(case, click.said("comment"))


_TARGET = {"guard.queue": "queue", "guard.target": "queue", "guard.elsewhere": "comment", "not-found": "queue"}
FORMS = (
    Form("move", "Send to a queue", _drawing(drawn.move_form, "move", with_choices=True), _meaning(_move), _TARGET),
    Form("comment", "Add a comment", _drawing(drawn.comment_form), _meaning(_comment), {"comment.empty": "text"}),
    Form(
        "task",
        "Add a task",
        _drawing(drawn.task_form, with_choices=True),
        _meaning(_task),
        {"task.target": "queue", "not-found": "queue"},
    ),
    Form(
        "classify",
        "Category and priority",
        _drawing(drawn.classify_form, with_choices=True),
        _meaning(_classify),
        {"priority.unknown": "priority"},
    ),
    Form(
        "link",
        "Link to another case",
        _drawing(drawn.link_form),
        _meaning(_link),
        {"link.other": "other", "link.circle": "other", "link.relation": "relation", "not-found": "other"},
    ),
    Form("close", "Close", _drawing(drawn.close_form, "close"), _meaning(_close)),
    Form("reopen", "Reopen", _drawing(drawn.reopen_form, "reopen"), _meaning(_reopen), {"guard.reason": "comment"}),
    Form("void", "This is no case", _drawing(drawn.void_form), _meaning(_void), {"guard.reason": "comment"}),
)
"""In the order of the menu."""
