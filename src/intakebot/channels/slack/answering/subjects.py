"""What a click is about, looked up here: the number in a button or in a form's notes is a hint, and no more.

Used by buttons and forms before they ask the house for anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from intakebot.channels.slack.answering.answers import Workplace
from intakebot.channels.slack.answering.clicks import Click, id_in
from intakebot.domain.actors import Actor
from intakebot.domain.case import shown_number
from intakebot.domain.errors import RefusedError

Case: TypeAlias = Mapping[str, Any]
"""The answer to `case.card`."""


async def case_number(workplace: Workplace, click: Click) -> int:
    """The case's number. Raises RefusedError when nothing names one, or two things name two."""
    place = click.place
    thread = place.thread_ts or place.ts
    shown = await _shown_in(workplace, place.channel, thread) if place.channel and thread else None
    if shown and click.case and shown != click.case:
        sentence = f"this is the card of {shown_number(shown)}, the button names {shown_number(click.case)}"
        raise RefusedError("click.other-case", f"{sentence}; nothing was done")
    number = shown or click.case
    if number is None:
        raise RefusedError("click.no-case", "this does not say which case it is about; use the buttons of its card")
    return number


async def _shown_in(workplace: Workplace, channel: str, thread: str) -> int | None:
    """The case whose card this is or was, also under a name that the conversation had before."""
    for place in workplace.rooms.places(channel):
        found = await workplace.chat.case_of_card_thread(place, thread)
        if found is not None:
            return found
    return None


async def case_of(workplace: Workplace, click: Click) -> Case:
    """The case as it is now. Raises RefusedError, and NotFoundError for a case that does not exist."""
    case: Case = await workplace.desk.ask("case.card", {"number": await case_number(workplace, click)})
    return case


async def open_case_of(workplace: Workplace, click: Click, *verbs: str) -> Case:
    """The same for a case that can still change and, where verbs are given, allows one of them now.

    Raises RefusedError: the button was on a card that tells of earlier times.
    """
    case = await case_of(workplace, click)
    if case["ended"]:
        raise RefusedError("case.ended", f"{case['label']} has ended: no change is possible")
    if verbs and not {str(step["verb"]) for step in case["allowed"]} & set(verbs):
        raise RefusedError("transition.not-allowed", f"{case['label']} is {case['status']}: that is not possible now")
    return case


def known_agent(by: Actor | None) -> Actor:
    """The agent who acts, where only agents do."""
    if by is None:
        raise RefusedError("agent.unknown", "only agents of this house can do that")
    return by


def task_of(click: Click, case: Case) -> int:
    """The task that a button names; it has to be one of the case's. Raises RefusedError."""
    task = id_in(click.notes.get("task"))
    if task not in {int(known["id"]) for known in case["tasks"]}:
        raise RefusedError("click.other-task", f"{case['label']} has no such task any more")
    return int(task or 0)


async def delivery_of(workplace: Workplace, click: Click, case: Case) -> int:
    """The delivery that a button names; it has to be one of the case's. Raises RefusedError, NotFoundError."""
    delivery = id_in(click.notes.get("delivery"))
    found = await workplace.desk.ask("delivery.show", {"id": delivery}) if delivery else {}
    if delivery is None or found.get("case") != case["number"]:
        raise RefusedError("click.other-delivery", f"{case['label']} has no such delivery")
    return delivery
