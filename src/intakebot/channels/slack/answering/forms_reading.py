"""Forms that are only read: a whole case, all of a text, why a case is where it is, everything that can be done.

Long ones have pages, which replace each other in place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from intakebot.channels.slack.answering.answers import Answer, Workplace
from intakebot.channels.slack.answering.clicks import Click, id_in
from intakebot.channels.slack.answering.form_state import View
from intakebot.channels.slack.answering.forms_frame import Form, notes_for, redraw
from intakebot.channels.slack.answering.subjects import case_of
from intakebot.channels.slack.drawing.modals_reading import case_form, help_form, more_form, text_form, why_form
from intakebot.domain.actors import Actor
from intakebot.domain.errors import NotFoundError

_PARTS = {"message": "messages", "comment": "comments", "delivery": "deliveries"}


async def _draw_case(workplace: Workplace, click: Click, _by: Actor | None) -> View:
    """The whole case, or all of one text in it (`part`, as `message:77`)."""
    case = await case_of(workplace, click)
    whole = await workplace.desk.ask("case.show", {"number": case["number"]})
    page, part = id_in(click.notes.get("page")) or 1, str(click.notes.get("part") or "")
    if not part:
        return case_form(case, whole, page=page, notes=notes_for(click))
    return text_form(case, part.partition(":")[0], _text_of(whole, part), page=page, notes=notes_for(click))


def _text_of(whole: Mapping[str, Any], part: str) -> str:
    kind, _, wanted = part.partition(":")
    for row in whole.get(_PARTS.get(kind, "")) or ():
        if str(row.get("id")) == wanted:
            return str(row.get("text") or row.get("new_text") or "")
    raise NotFoundError("that text is not in the case any more")


async def turn_page(workplace: Workplace, click: Click, answer: Answer) -> None:
    """Another page of what is shown."""
    answer.give()
    by = await workplace.actor(click)
    await redraw(workplace, click, await _draw_case(workplace, click, by))


async def _draw_why(workplace: Workplace, click: Click, _by: Actor | None) -> View:
    case = await case_of(workplace, click)
    why = await workplace.desk.ask("case.why", {"number": case["number"]})
    return why_form(case, why, notes_for(click))


async def _draw_more(workplace: Workplace, click: Click, _by: Actor | None) -> View:
    return more_form(await case_of(workplace, click), notes_for(click))


async def _draw_help(_workplace: Workplace, _click: Click, _by: Actor | None) -> View:
    return help_form()


FORMS = (
    Form("case", "Case", _draw_case),
    Form("why", "Why is it here?", _draw_why),
    Form("more", "More actions", _draw_more),
    Form("help", "Help", _draw_help),
)
