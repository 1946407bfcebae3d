"""Forms about one case that mean one command: comment, move, classify, task, link, reopen, void.

Queue and status change in the same act; date and author are written by the house. See `forms_frame` for how they
open and how they are answered.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from intakebot.channels.slack.answers import Workplace
from intakebot.channels.slack.clicks import Click, number
from intakebot.channels.slack.forms_frame import Done, Form, View
from intakebot.channels.slack.subjects import case_number, case_of
from intakebot.domain import commands as c
from intakebot.domain.actors import Actor
from intakebot.domain.errors import RefusedError


def _comment(click: Click, case: int) -> c.Command:
    return c.AddComment(case, click.said("text"), click.said("kind") or "comment")


def _move(click: Click, case: int) -> c.Command:
    return c.Move(case, click.said("queue"), click.said("assignee"), click.said("comment").strip())


def _classify(click: Click, case: int) -> c.Command:
    return c.Classify(case, click.said("category").strip(), click.said("priority"))


def _task(click: Click, case: int) -> c.Command:
    title, handover = click.said("title").strip(), click.said("handover").strip()
    return c.AddTask(case, title, click.said("queue"), click.said("assignee"), handover)


def _link(click: Click, case: int) -> c.Command:
    other = number(click.said("other"))
    if other is None:
        raise RefusedError("link.other", "name the other case by its number, for example C-1001")
    return c.Link(case, other, click.said("relation") or "parent")


def _reopen(click: Click, case: int) -> c.Command:
    return c.Reopen(case, click.said("comment").strip())


def _void(click: Click, case: int) -> c.Command:
    return c.Void(case, click.said("comment").strip())


async def carry_out_command(
    command: Callable[[Click, int], c.Command], workplace: Workplace, click: Click, by: Actor
) -> Done:
    """The one command that a form means."""
    await workplace.desk.perform(command(click, await case_number(workplace, click)), by)
    return Done()
