"""A message that stands in the workspace becomes a contact because somebody pressed "Create case" on it.

Used by the form in `forms_create`. It is taken in as if it had come by itself, so that it is one contact with the
message, whichever comes first: the press, the event, an emoji. `workplace_in` makes what the answers of this folder
are handed, with this in it.
"""

from __future__ import annotations

from dataclasses import replace

from intakebot.channels.slack.answering.answers import Workplace
from intakebot.channels.slack.hearing.arrived import Arrived, Later, Surround
from intakebot.channels.slack.hearing.caller_threads import CallerThreads
from intakebot.channels.slack.hearing.card_threads import CardThreads
from intakebot.channels.slack.hearing.contacts import KNOWN, TAKEN, Contacts
from intakebot.channels.slack.hearing.hints import NOT_OF_APPS
from intakebot.channels.slack.hearing.messages import Messages
from intakebot.channels.slack.hearing.spoken import spoken, why_not_taken
from intakebot.channels.slack.hearing.threads import message_at
from intakebot.domain.case import shown_number
from intakebot.domain.errors import RefusedError

PRESSED = "message_action"


class Adopting:
    """Takes messages in on request."""

    def __init__(self, around: Surround) -> None:
        contacts, cards = Contacts(around), CardThreads(around)
        self._around = around
        self._contacts = contacts
        self._cards = cards
        self._messages = Messages(around, contacts, cards, CallerThreads(around, contacts, cards))

    async def __call__(self, channel: str, ts: str, title: str, only_of: str | None) -> None:
        """Take a message in under a title. Raises RefusedError in words for whoever pressed, and what `calls` raise.

        Args:
            channel: The conversation.
            ts: The message.
            title: What the case is about, in the words of whoever pressed; '' = as the message says.
            only_of: The user who has to have written it; None = anybody.
        """
        message = await message_at(self._around.calls, channel, ts)
        if message is None:
            raise RefusedError("message.gone", "that message is not there any more")
        if why_not_taken(message, self._around.own):
            raise RefusedError("message.of-an-app", NOT_OF_APPS)
        said = replace(spoken(message, channel), subject=title)
        if only_of and said.user != only_of:
            raise RefusedError("message.of-others", "only agents make cases of what others wrote")
        if number := await self._cards.case_of(said):
            sentence = f"that was said in the thread of {shown_number(number)}, and is a comment on that case"
            raise RefusedError("message.under-a-card", f"{sentence}; split the case where it is another matter")
        outcome = await self._messages.adopt(said, Arrived(PRESSED, message))
        if outcome in (TAKEN, KNOWN) or await self._contacts.known(channel, ts) is not None:
            return
        if isinstance(outcome, Later):
            raise RefusedError("message.later", f"not yet: {outcome.sentence}; try again in a moment")
        raise RefusedError("message.no-contact", "no case was made of that message: it says nothing by itself")


def workplace_in(around: Surround) -> Workplace:
    """What everybody who answers people here is handed."""
    return Workplace(
        desk=around.desk,
        chat=around.chat,
        intake=around.intake,
        people=around.people,
        calls=around.calls,
        rooms=around.rooms,
        own=around.own,
        adopt=Adopting(around),
    )
