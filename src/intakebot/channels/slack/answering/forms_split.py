"""Forms that make more of a case, or say whose it is: split, identify, and the search for customers behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from intakebot.channels.slack.answering.answers import Answer, Workplace
from intakebot.channels.slack.answering.clicks import Click
from intakebot.channels.slack.answering.form_state import View, told
from intakebot.channels.slack.answering.forms_frame import Done, Form, notes_for
from intakebot.channels.slack.answering.subjects import case_number, case_of, known_agent, open_case_of
from intakebot.channels.slack.drawing.fields import Choice, found_options
from intakebot.channels.slack.drawing.modals_case import identify_form, split_form, titles
from intakebot.channels.slack.drawing.wording import cut_line
from intakebot.domain import commands as c
from intakebot.domain.actors import Actor
from intakebot.domain.case import shown_number
from intakebot.domain.errors import IntakebotError, RefusedError

CHILD = "child"
"""How `case.card` names a case that was split off this one."""
CUSTOMERS_FOUND = 50


async def _draw_split(workplace: Workplace, click: Click, _by: Actor | None) -> View:
    case = await open_case_of(workplace, click)
    return split_form(case, await workplace.desk.ask("house.choices", {}), notes_for(click))


async def _split(workplace: Workplace, click: Click, by: Actor | None) -> Done:
    """One further case for every title. A title that there is already is not made again: sent off twice is once."""
    case = await case_of(workplace, click)
    agent = known_agent(by)
    there = {
        cut_line(one.get("title"), 200): str(one["label"]) for one in case["links"] if one.get("relation") == CHILD
    }
    made: list[str] = []
    for title in titles(click.said("title")):
        if title in there:
            made.append(f"{there[title]} {title} (was there already)")
            continue
        try:
            done = await workplace.desk.perform(_further(click, case["number"], title), agent)
        except IntakebotError as error:
            raise _unfinished(made, title, error) from error
        made.append(f"{shown_number(int(done['case']))} {title}")
    return Done(told(click.view, "\n".join((f"Split off {case['label']}:", *(f"• {one}" for one in made)))))


def _further(click: Click, case: int, title: str) -> c.Split:
    return c.Split(case, title, click.said("description"), click.said("category"), click.said("queue"))


def _unfinished(made: list[str], title: str, error: IntakebotError) -> IntakebotError:
    """What was made before something went wrong: sent off again, the form makes only the rest."""
    if not made:
        return error
    done = "; ".join(made)
    return RefusedError("split.unfinished", f"made: {done}. Not made: {title}, because {error.sentence}")


async def _draw_identify(workplace: Workplace, click: Click, _by: Actor | None) -> View:
    case = await open_case_of(workplace, click)
    return identify_form(case, str(click.notes.get("customer") or ""), notes_for(click))


async def _identify(workplace: Workplace, click: Click, by: Actor | None) -> Done:
    number = await case_number(workplace, click)
    command = c.Identify(number, click.said("customer"), click.said("subscription"))
    await workplace.desk.perform(command, known_agent(by))
    return Done()


async def offer_customers(workplace: Workplace, click: Click, answer: Answer) -> None:
    """What was typed so far into the search for a customer: the customers that fit. Strangers find none."""
    by = await workplace.perhaps_actor(click)
    found = await workplace.desk.ask("customer.find", {"text": click.chosen}) if by and click.chosen.strip() else []
    answer.give(**found_options(_choice(one) for one in found[:CUSTOMERS_FOUND]))


def _choice(customer: Mapping[str, Any]) -> Choice:
    reference = str(customer["reference"])
    return Choice(reference, cut_line(customer.get("name") or reference, 75), cut_line(customer.get("tier"), 75))


FORMS = (
    Form("split", "Split into several cases", _draw_split, _split, {"split.unfinished": "title", "not-found": "queue"}),
    Form(
        "identify",
        "Who is the customer?",
        _draw_identify,
        _identify,
        {"not-found": "customer", "customer.unknown": "customer"},
    ),
)
