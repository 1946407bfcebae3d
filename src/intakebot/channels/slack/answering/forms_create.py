"""The form that makes a case: out of a message, of a call that an agent takes, or of a caller's own words.

Whatever is made is a contact first, by the same door as every other: a message is the same contact however it comes
in, a call is registered by the house's command, and a caller's own words are put into their direct messages, where
the answer comes too.
"""

from __future__ import annotations

from typing import Any

from intakebot.channels.slack.answering.answers import Workplace, tell_directly
from intakebot.channels.slack.answering.clicks import Click, mapping
from intakebot.channels.slack.answering.form_state import View, told
from intakebot.channels.slack.answering.forms_frame import Done, Form, notes_for
from intakebot.channels.slack.drawing.caller_words import reply
from intakebot.channels.slack.drawing.modals_create import create_form
from intakebot.channels.slack.drawing.safe_text import readable
from intakebot.channels.slack.hearing.hints import NOT_OF_APPS
from intakebot.domain import commands as c
from intakebot.domain.actors import Actor
from intakebot.domain.case import shown_number
from intakebot.domain.chat import ChatMessage, IntakeRoom
from intakebot.domain.contact import Envelope, Incoming
from intakebot.domain.errors import RefusedError
from intakebot.edge import guarded
from intakebot.reading.chat import ChatContent, chat_id

CHANNEL = "slack"
MESSAGE_SHORTCUT = "case.create"
REGISTERED = "Registered. The answer comes in your direct messages with this app."
TAKEN_IN = "Registered. The answer comes in the thread of that message."


async def _draw(workplace: Workplace, click: Click, by: Actor | None) -> View:
    if click.verb == MESSAGE_SHORTCUT:
        return await _draw_of_message(workplace, click, by)
    choices = await workplace.desk.ask("house.choices", {}) if by else {}
    addresses = choices.get("addresses") or ()
    return create_form(by_agent=by is not None, title=click.chosen, addresses=addresses, notes=notes_for(click))


async def _draw_of_message(workplace: Workplace, click: Click, by: Actor | None) -> View:
    """Agents may make a case of what anybody wrote, everybody else of their own words."""
    message = mapping(click.payload.get("message"))
    author = str(message.get("user") or "")
    _refuse_others(author, message, click, by)
    if await workplace.chat.message(click.place.name, click.place.ts):
        number = await workplace.chat.case_of_caller_thread(click.place.name, click.place.ts)
        which = f"the case {shown_number(number)}" if number else "a contact, whose case is being made"
        raise RefusedError("message.known", f"that message is {which} already")
    person = await workplace.people.person(str(message.get("team") or workplace.own.team), author)
    shown = {"sender": person.name, "text": readable(str(message.get("text") or ""))}
    notes = notes_for(click) | {"message": True, "author": author}
    return create_form(by_agent=by is not None, message=shown, notes=notes)


def _refuse_others(author: str, message: dict[str, Any], click: Click, by: Actor | None) -> None:
    if not author or message.get("bot_id"):
        raise RefusedError("message.of-an-app", NOT_OF_APPS)
    if by is None and author != click.user:
        raise RefusedError("message.of-others", "only agents make cases of what others wrote")


async def _carry_out(workplace: Workplace, click: Click, by: Actor | None) -> Done:
    if click.notes.get("message"):
        return await _of_message(workplace, click, by)
    if by is not None and click.said("channel"):
        return await _of_call(workplace, click, by)
    return await _of_own_words(workplace, click)


async def _of_message(workplace: Workplace, click: Click, by: Actor | None) -> Done:
    """The message as it stands in the workspace now; what the form remembers of it is no more than where it is."""
    place = click.place
    await workplace.adopt(place.channel, place.ts, click.said("title"), None if by else click.user)
    return Done(told(click.view, TAKEN_IN))


async def _of_call(workplace: Workplace, click: Click, by: Actor) -> Done:
    command = c.RegisterContact(
        channel=click.said("channel"),
        caller=click.said("caller"),
        title=click.said("title"),
        description=click.said("text"),
        address=click.said("address") or workplace.rooms.ties.direct.address,
    )
    made = await workplace.desk.perform(command, by)
    return Done(told(click.view, f"{shown_number(int(made['case']))} is made: {made.get('status')}."))


async def _of_own_words(workplace: Workplace, click: Click) -> Done:
    """A caller's words: first where they can be answered, then to the house. Sent off twice they are one contact."""
    person = await workplace.people.person(click.team, click.user)
    title, text = click.said("title"), click.said("text")
    shown = reply("\n\n".join(filter(None, (title, text))))
    posted = await tell_directly(workplace, click.user, shown.text, blocks=shown.blocks)
    place, ts = f"{workplace.own.team}/{posted['channel']}", str(posted["ts"])
    room = workplace.rooms.intake(click.place.channel) or workplace.rooms.ties.direct
    content = ChatContent(
        platform=CHANNEL,
        place=place,
        ts=ts,
        root_ts=ts,
        person=f"{person.team}/{person.user}".lower(),
        name=person.name,
        email=person.email,
        text=text or title,
        subject=title,
        customer=room.customer,
    )
    kept = await workplace.intake.receive(_incoming(content, room, f"form:{click.view.get('id')}"))
    if kept.repeat:  # what was put there before is what the answer goes to
        again = workplace.calls.call("chat.delete", channel=posted["channel"], ts=ts)
        await guarded("slack: a request sent off twice", again)
    else:
        await workplace.chat.remember(ChatMessage(place, ts, ts, content.person, contact_id=kept.contact_id))
    return Done(told(click.view, REGISTERED))


def _incoming(content: ChatContent, room: IntakeRoom, key: str) -> Incoming:
    return Incoming(
        channel=CHANNEL,
        envelope=Envelope(f"{content.place}/{content.ts}", (room.address,), f"{CHANNEL}:{content.place}"),
        content=content.to_bytes(),
        content_key=f"{CHANNEL}:{key}",
        message_id=chat_id(content.place, content.ts),
    )


FORMS = (
    Form(
        "create",
        "New case",
        _draw,
        _carry_out,
        {"contact.title": "title", "contact.channel": "channel", "contact.process": "address"},
        agents_only=False,
    ),
)
