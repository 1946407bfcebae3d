"""The part of a card that asks for work: an unidentified caller's next step, a suggested category, and the tasks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from intakebot.channels.slack.drawing import blocks, offers
from intakebot.channels.slack.drawing.blocks import Block
from intakebot.channels.slack.drawing.wording import counted, cut_line

Case: TypeAlias = Mapping[str, Any]
Task: TypeAlias = Mapping[str, Any]

TASK_BUTTONS = 2
"""Buttons beside tasks. With the row below, a card never shows more than `offers.VISIBLE_BUTTONS`."""
TASKS_SHOWN = 5
PROPOSALS_SHOWN = 3
LONGEST_CATEGORY = 100
"""A longer one is not offered: the button could not carry it whole, and half a category is another one."""


def visible_beside(case: Case) -> int:
    """How many buttons the card shows beside its text, above the row."""
    return len(_with_button(case)) + int(_needs_customer(case)) + int(_suggestion(case) is not None)


def next_step(case: Case) -> Iterator[Block | None]:
    """For a caller whom nobody knows: what was found out, and the button that says who it is."""
    if not _needs_customer(case):
        return
    proposal = next(iter(case.get("proposals") or ()), None)
    if not proposal:
        button = blocks.button("Say who the customer is…", "case.identify", offers.carried(case))
        yield blocks.words("Nobody knows this caller yet. Next step: say who the customer is.", button)
        return
    name = cut_line(proposal.get("name") or proposal.get("reference"), 60)
    carried = offers.carried(case, customer=cut_line(proposal.get("reference"), 200))
    reason = cut_line(proposal.get("sentence"), 300)
    text = f"Nobody knows this caller yet. Next step: confirm the customer. Probably {name}: {reason}"
    yield blocks.words(text, blocks.button(f"It is {name}…", "case.identify", carried))


def _needs_customer(case: Case) -> bool:
    return not case.get("customer") and not case.get("ended")


def suggested(case: Case) -> Block | None:
    """The category that closed cases suggest, with the button that makes it the case's; None for none."""
    suggestion = _suggestion(case)
    if suggestion is None:
        return None
    category, sure = suggestion["category"], f"{round(100 * suggestion['confidence'])} %"
    record = f"right {suggestion['right']} of the last {suggestion['of']}" if suggestion.get("of") else ""
    trust = "; ".join(filter(None, (f"learned from {counted(suggestion['learned'], 'closed case')}", record)))
    button = blocks.button("Use it", "case.use-category", offers.carried(case, category=category))
    return blocks.words(f"Suggested category: {category}, {sure} ({trust}).", button)


def _suggestion(case: Case) -> Mapping[str, Any] | None:
    """What is suggested, while it may be used and says something new."""
    found = case.get("suggestion")
    if not found or case.get("ended") or found["category"] == case.get("category"):
        return None
    return found if len(str(found["category"])) <= LONGEST_CATEGORY else None


def open_tasks(case: Case) -> list[Task]:
    """Tasks that are not completed."""
    return [task for task in case.get("tasks") or () if task.get("status") != "Completed"]


def _with_button(case: Case) -> list[Task]:
    return [] if case.get("ended") else open_tasks(case)[:TASK_BUTTONS]


def task_blocks(case: Case) -> Iterator[Block | None]:
    """Tasks: the first open ones with a button, the others in words; proposals of rules last."""
    pressed, tasks = _with_button(case), open_tasks(case)
    for task in pressed:
        yield blocks.words(described(task), task_button(case, task))
    for task in tasks[len(pressed) : TASKS_SHOWN]:
        yield blocks.words(described(task))
    done = len(case.get("tasks") or ()) - len(tasks)
    rest = [
        counted(len(tasks) - TASKS_SHOWN, "more open task") if len(tasks) > TASKS_SHOWN else "",
        f"{counted(done, 'task')} completed" if done else "",
        *(f"Proposed task: {_offered(task)}" for task in proposed(case)[:PROPOSALS_SHOWN]),
    ]
    shown = [line for line in rest if line]
    yield blocks.context(" · ".join(shown)) if shown else None


def proposed(case: Case) -> list[Task]:
    """Tasks that rules propose and nobody has made; on an ended case nothing is proposed any more."""
    return [] if case.get("ended") else list(case.get("proposed_tasks") or ())


def _offered(task: Task) -> str:
    """A proposed task in a few words: what, and for whom the rule means it."""
    where = task.get("assignee") or task.get("queue")
    title = cut_line(task.get("title"), 100)
    return f"{title} (for {cut_line(where, 60)})" if where else title


def described(task: Task) -> str:
    """A task in a line: what, where it stands, where it lies."""
    where = task.get("assignee") or task.get("queue")
    handover = cut_line(task.get("handover"), 60)
    parts = (
        f"Task: {cut_line(task.get('title'), 150)}",
        cut_line(task.get("status"), 20),
        cut_line(where, 60),
        f"handed over to {handover}" if handover else "",
    )
    return " · ".join(filter(None, parts))


def task_button(case: Case, task: Task) -> Block:
    """The button that brings a task on: accept what is queued, complete what is accepted."""
    carried = offers.carried(case, task=str(task.get("id")))
    if task.get("status") == "Accepted":
        return blocks.button("Complete", "task.complete", carried)
    return blocks.button("Accept", "task.accept", carried)
