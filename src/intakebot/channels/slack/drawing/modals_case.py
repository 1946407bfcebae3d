"""Forms about one case that mean one act: send to a queue, comment, task, classify, link, reopen, and so on.

Date and author of what is written are the house's to add. Lists to choose from are parts of the answer of
`house.choices`. The fields are named as the commands' own fields are. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from intakebot.channels.slack.drawing import blocks, fields
from intakebot.channels.slack.drawing.blocks import Block
from intakebot.channels.slack.drawing.card_work import proposed
from intakebot.channels.slack.drawing.fields import Choice
from intakebot.channels.slack.drawing.modals_frame import NO_NOTES, Case, Notes, View, about, form, headline
from intakebot.channels.slack.drawing.notices import NOTICES
from intakebot.channels.slack.drawing.wording import cut_line
from intakebot.domain.chat import Preferences

Choices: TypeAlias = Mapping[str, Any]
PRIORITIES = ("urgent", "high", "normal", "low")
SEVERAL = 10
"""So many further cases may be split off at once."""


def move_form(case: Case, choices: Choices, notes: Notes = NO_NOTES) -> View:
    """Send the case to a queue, in the same act as its status; the house's word for it is on the form."""
    steps = [one for one in case.get("allowed") or () if one.get("verb") == "move"]
    waits = case.get("kind") == "waiting"
    return form(
        "move",
        (cut_line(steps[0].get("label"), 24) if steps else "") or "Send to a queue",
        [
            headline(case),
            fields.choice_field("queue", "To which queue?", _queues(case, choices), placeholder="Choose the team"),
            fields.choice_field(
                "assignee", "For somebody there?", _agents(choices), optional=True, placeholder="Anybody"
            ),
            fields.text_field(
                "comment",
                "What does the next team have to know?",
                lines=True,
                optional=not waits,
                hint="Stays in the house; the caller never sees it.",
            ),
        ],
        submit="Send",
        notes=about(case, notes),
    )


def comment_form(case: Case, kind: str = "", notes: Notes = NO_NOTES) -> View:
    """A dated explanation. `kind` is what is ticked first: `comment` or `work_info`."""
    technical = "technical" in str(case.get("workflow"))
    kinds = (
        Choice("comment", "Comment", "What was done or agreed, and why"),
        Choice("work_info", "Work info", "The technical solution or finding"),
    )
    return form(
        "comment",
        "Add a comment",
        [
            headline(case),
            fields.pick_field("kind", "Kind", kinds, chosen=kind or ("work_info" if technical else "comment")),
            fields.text_field(
                "text",
                "What happened, and why?",
                lines=True,
                focus=True,
                hint="Date and your name are added. Stays in the house; the caller never sees it.",
            ),
        ],
        submit="Add",
        notes=about(case, notes),
    )


def task_form(case: Case, choices: Choices, notes: Notes = NO_NOTES) -> View:
    """A piece of work for a queue or a person, or handed over to an order elsewhere; begins as a rule proposed it."""
    task = next(iter(proposed(case)), {})
    title = cut_line(task.get("title"), 200)
    queue, assignee = str(task.get("queue") or ""), str(task.get("assignee") or "")
    waits_for = str(task.get("handover_kind") or "").replace("_", " ")
    hint = "The task completes by itself when that order does. Name a queue, a person or an order."
    return form(
        "task",
        "Add a task",
        [
            headline(case),
            fields.text_field("title", "What is to be done?", initial=title, limit=200, focus=True),
            fields.choice_field(
                "queue", "For which queue?", _queues(case, choices, all_of_them=True), chosen=queue, optional=True
            ),
            fields.choice_field("assignee", "For whom?", _agents(choices), chosen=assignee, optional=True),
            fields.text_field(
                "handover",
                "Handed over to an order elsewhere",
                initial=cut_line(task.get("handover"), 200),
                limit=200,
                optional=True,
                placeholder="Number of the service order, customer order or return",
                hint=f"The rule expects a {waits_for} here. {hint}" if waits_for else hint,
            ),
        ],
        submit="Add",
        notes=about(case, notes),
    )


def classify_form(case: Case, choices: Choices, notes: Notes = NO_NOTES) -> View:
    """Category and priority."""
    now, priority = str(case.get("category") or ""), str(case.get("priority") or "")
    known = [Choice(str(one), str(one)) for one in (*choices.get("categories", ()), *([now] if now else ()))]
    categories = [*_suggested(case), *known] if known else []
    listed = fields.choice_field("category", "Category", categories, chosen=now, optional=True)
    typed = fields.text_field(
        "category", "Category", initial=now, limit=100, optional=True, placeholder="technical/no-signal"
    )
    priorities = [Choice(str(one), str(one)) for one in choices.get("priorities") or PRIORITIES]
    return form(
        "classify",
        "Category and priority",
        [
            headline(case),
            listed or typed,
            fields.choice_field("priority", "Priority", priorities, chosen=priority, optional=True),
            blocks.context("Another category may bring the case to another queue: the rules are asked again."),
        ],
        submit="Save",
        notes=about(case, notes),
    )


def _suggested(case: Case) -> Iterator[Choice]:
    """What closed cases suggest, before everything else; it is chosen by nobody but the agent."""
    suggestion = case.get("suggestion")
    if suggestion:
        category, sure = str(suggestion["category"]), f"{round(100 * suggestion['confidence'])} %"
        yield Choice(category, category, f"Suggested, {sure}")


def identify_form(case: Case, customer: str = "", notes: Notes = NO_NOTES) -> View:
    """Say whose case it is. `customer`: the reference that was proposed by the button that was pressed."""
    proposals = [one for one in case.get("proposals") or () if one.get("reference")]
    picked = next((one for one in proposals if one["reference"] == customer), None)
    first = picked or (proposals[0] if proposals else None)
    chosen = Choice(cut_line(first["reference"], 150), cut_line(first.get("name"), 75)) if first else None
    return form(
        "identify",
        "Who is the customer?",
        [
            headline(case),
            *_found_out(proposals),
            fields.search_field("customer", "Customer", chosen=chosen, placeholder="Type a name or a reference"),
            fields.text_field(
                "subscription", "Subscription", limit=100, optional=True, placeholder="Reference, if there are several"
            ),
            blocks.context("The case is routed anew for this customer, and the caller is known from now on."),
        ],
        submit="This is the customer",
        notes=about(case, notes),
    )


def _found_out(proposals: Sequence[Mapping[str, Any]]) -> Iterator[Block]:
    for one in proposals[:5]:
        name = cut_line(one.get("name") or one.get("reference"), 80)
        yield blocks.words(f"• {name} ({cut_line(one.get('reference'), 80)}): {cut_line(one.get('sentence'), 300)}")


def split_form(case: Case, choices: Choices, notes: Notes = NO_NOTES) -> View:
    """Further cases out of the same contact, each with its own owner and status."""
    categories = [Choice(str(one), str(one)) for one in choices.get("categories", ())]
    return form(
        "split",
        "Split into several cases",
        [
            headline(case),
            fields.text_field(
                "title",
                "Titles of the further cases",
                lines=True,
                limit=2_000,
                focus=True,
                hint=f"One in a line, {SEVERAL} at most. This case stays as it is and keeps the call log.",
            ),
            fields.text_field("description", "What the caller wants there", lines=True, optional=True),
            fields.choice_field("category", "Category", categories, optional=True),
            fields.choice_field("queue", "Queue", _queues(case, choices, all_of_them=True), optional=True),
        ],
        submit="Split",
        notes=about(case, notes),
    )


def titles(text: str) -> list[str]:
    """The titles in the field of the split form, in order, each once."""
    lines = (cut_line(line, 200) for line in text.splitlines())
    return list(dict.fromkeys(line for line in lines if line))[:SEVERAL]


def link_form(case: Case, notes: Notes = NO_NOTES) -> View:
    """Link the case to another one."""
    relations = (
        Choice("parent", "This case is part of the other one", "The other one keeps the call log"),
        Choice("predecessor", "This case follows the other one", "The same trouble came back, or goes on"),
    )
    return form(
        "link",
        "Link to another case",
        [
            headline(case),
            fields.text_field("other", "The other case", limit=20, placeholder="C-1001", focus=True),
            fields.pick_field("relation", "How do they belong together?", relations, chosen="parent"),
        ],
        submit="Link",
        notes=about(case, notes),
    )


def close_form(case: Case, notes: Notes = NO_NOTES) -> View:
    """Close for good."""
    notify = (Choice("notify", "Tell the caller", "A short note that the case is closed"),)
    return form(
        "close",
        "Close",
        [
            headline(case),
            blocks.words("Nothing in a closed case can change any more. A new message of the caller opens a new case."),
            fields.ticks_field("notify", "Closing notice", notify),
        ],
        submit="Close the case",
        notes=about(case, notes),
    )


def reopen_form(case: Case, notes: Notes = NO_NOTES) -> View:
    """Bring a resolved case back to work."""
    why = fields.text_field("comment", "Why does it come back to work?", lines=True, focus=True)
    goes_to = "It goes back to its owner, or to its last queue when nobody can take it back."
    parts = [headline(case), why, blocks.context(goes_to)]
    return form("reopen", "Reopen", parts, submit="Reopen", notes=about(case, notes))


def void_form(case: Case, notes: Notes = NO_NOTES) -> View:
    """End what should not be a case."""
    why = fields.text_field(
        "comment", "Why is this no case?", lines=True, focus=True, placeholder="Spam, opened by mistake…"
    )
    ends = "It ends here, without an answer to the caller. Nothing in it can change after that."
    return form(
        "void",
        "This is no case",
        [headline(case), why, blocks.context(ends)],
        submit="End it",
        notes=about(case, notes),
    )


def preferences_form(preferences: Preferences, notes: Notes = NO_NOTES) -> View:
    """What an agent is told by direct message, and when not. Fields: notices (what is wanted), quiet_from, quiet_to."""
    wanted = [name for name in NOTICES if name not in preferences.muted]
    return form(
        "preferences",
        "Messages to me",
        [
            fields.ticks_field("notices", "Tell me when", [Choice(*one) for one in NOTICES.items()], ticked=wanted),
            fields.time_field("quiet_from", "Quiet from", preferences.quiet_from),
            fields.time_field("quiet_to", "Quiet until", preferences.quiet_to),
            blocks.context(
                f"Times are in the zone {preferences.zone}. What comes in quiet hours is told when they end."
            ),
        ],
        submit="Save",
        notes=notes,
    )


def _queues(case: Case, choices: Choices, *, all_of_them: bool = False) -> list[Choice]:
    """Queues that serve the case's process; where it is now comes last."""
    now = (case.get("queue") or {}).get("name")
    serving = [
        one
        for one in choices.get("queues") or ()
        if all_of_them or case.get("workflow") in (one.get("workflows") or ())
    ]
    listed = sorted(
        serving, key=lambda one: (one.get("name") == now, str(one.get("title") or one.get("name")).casefold())
    )
    return [Choice(str(one["name"]), _queue_label(one, now)) for one in listed]


def _queue_label(queue: Mapping[str, Any], now: object) -> str:
    title = cut_line(queue.get("title") or queue.get("name"), 55)
    return f"{title} (it is here now)" if queue.get("name") == now else title


def _agents(choices: Choices) -> list[Choice]:
    listed = sorted(choices.get("agents") or (), key=lambda one: str(one.get("name") or one.get("id")).casefold())
    return [Choice(str(one["id"]), cut_line(one.get("name") or one["id"], 75)) for one in listed]
