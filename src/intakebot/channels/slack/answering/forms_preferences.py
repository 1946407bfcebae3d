"""What an agent is told by direct message: the form behind the Home tab's button, and the button that stops a kind."""

from __future__ import annotations

from dataclasses import replace

from intakebot.channels.slack.answering.answers import Answer, Workplace, tell
from intakebot.channels.slack.answering.clicks import Click
from intakebot.channels.slack.answering.form_state import View
from intakebot.channels.slack.answering.forms_frame import Done, Form
from intakebot.channels.slack.answering.subjects import known_agent
from intakebot.channels.slack.drawing.modals_case import preferences_form
from intakebot.channels.slack.drawing.notices import NOTICES, muted
from intakebot.domain.actors import Actor
from intakebot.domain.chat import Preferences
from intakebot.domain.errors import RefusedError

BOTH_OR_NONE = "quiet hours have a beginning and an end; leave both empty for none"


async def _draw(workplace: Workplace, click: Click, by: Actor | None) -> View:
    preferences = await workplace.chat.preferences(known_agent(by).name)
    return preferences_form(replace(preferences, zone=await _zone(workplace, click)))


async def _carry_out(workplace: Workplace, click: Click, by: Actor | None) -> Done:
    wanted, quiet_from, quiet_to = click.values.get("notices") or (), click.said("quiet_from"), click.said("quiet_to")
    if quiet_to and not quiet_from:
        raise RefusedError("preferences.quiet-from", BOTH_OR_NONE)
    if quiet_from and not quiet_to:
        raise RefusedError("preferences.quiet-to", BOTH_OR_NONE)
    silent = tuple(name for name in NOTICES if name not in wanted)
    zone = await _zone(workplace, click)
    await workplace.chat.prefer(Preferences(known_agent(by).name, silent, quiet_from, quiet_to, zone))
    return Done()


async def _zone(workplace: Workplace, click: Click) -> str:
    """Times are meant in the zone of the person's profile."""
    return (await workplace.people.person(click.team, click.user)).zone or "UTC"


async def mute(workplace: Workplace, click: Click, answer: Answer) -> None:
    """No more direct messages of the kind that the button names."""
    by = await workplace.actor(click)
    what = str(click.notes.get("notice") or "")
    if what not in NOTICES:
        raise RefusedError("notice.unknown", "there is no such kind of message; the Home tab has the switches")
    preferences = await workplace.chat.preferences(by.name)
    if what not in preferences.muted:
        await workplace.chat.prefer(replace(preferences, muted=(*preferences.muted, what)))
    answer.give()
    await tell(workplace, click, muted(what).text)


FORMS = (
    Form(
        "preferences",
        "Messages to me",
        _draw,
        _carry_out,
        {"preferences.quiet-from": "quiet_from", "preferences.quiet-to": "quiet_to"},
    ),
)
