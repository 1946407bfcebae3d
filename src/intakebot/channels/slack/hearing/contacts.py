"""A person's message becomes a contact: the one place where the words of the workspace enter the house.

Called by whoever decided that a message is a caller's (`messages`, `reactions`, and forms that make a case). What is
taken in is known by its place and time stamp, so however often and by whatever event it comes, it is one contact.
Returns as soon as the contact is durable; nobody here waits for its case.
"""

from __future__ import annotations

from intakebot.channels.slack.hearing.arrived import Arrived, Later, Outcome, Surround
from intakebot.channels.slack.hearing.callers import Callers, caller_id
from intakebot.channels.slack.hearing.files import Fetched, Files
from intakebot.channels.slack.hearing.spoken import Spoken, addressed
from intakebot.channels.slack.web.people import Person
from intakebot.channels.slack.web.rooms import permalink
from intakebot.domain.chat import ChatMessage, IntakeRoom
from intakebot.domain.contact import Envelope, Incoming
from intakebot.reading.chat import ChatContent, chat_id

CHANNEL = "slack"
TAKEN = "contact"
KNOWN = "ignored: taken in already"


class Contacts:
    """Takes messages in."""

    def __init__(self, around: Surround, files: Files | None = None) -> None:
        self._around = around
        self._callers = Callers(around)
        self._files = files or Files(around.calls)

    async def known(self, channel: str, ts: str) -> ChatMessage | None:
        """The message, if it was taken in, also under a name that its conversation had before."""
        for place in self._around.rooms.places(channel):
            if message := await self._around.chat.message(place, ts):
                return message
        return None

    async def is_contact(self, channel: str, ts: str) -> bool:
        """Whether the message is a contact; an agent's words and what began somebody's thread may be known too."""
        known = await self.known(channel, ts)
        return known is not None and known.contact_id is not None

    async def take_in(
        self, said: Spoken, room: IntakeRoom, arrived: Arrived, *, continues: tuple[str, ...] = (), preface: str = ""
    ) -> Outcome:
        """Make the message a contact, once. Raises what `calls` and `intake` raise.

        Args:
            said: A person's words.
            room: Whose address they are received at.
            arrived: The event that brought them: on its last attempt they are taken in with what can be had.
            continues: Time stamps, in the same conversation, of what they continue beside their thread, oldest first.
            preface: What has to be read before them, in the platform's own writing.
        """
        if await self.is_contact(said.channel, said.ts):
            return KNOWN
        person = await self._callers.person(said.team, said.user, arrived)
        fetched = await self._files.fetch(said.files, arrived.attempt)
        if isinstance(fetched, Later):
            return fetched
        words = addressed(said.text, self._around.own.user)
        text = await self._callers.readable(f"{preface}\n\n{words}" if preface else words)
        content = self._content(said, room, person, text, fetched, continues)
        kept = await self._around.intake.receive(_incoming(content, room))
        message = ChatMessage(content.place, said.ts, said.root_ts, content.person, contact_id=kept.contact_id)
        await self._around.chat.remember(message)
        return TAKEN

    def _content(
        self,
        said: Spoken,
        room: IntakeRoom,
        person: Person,
        text: str,
        fetched: Fetched,
        continues: tuple[str, ...],
    ) -> ChatContent:
        return ChatContent(
            platform=CHANNEL,
            place=self._around.rooms.place(said.channel),
            ts=said.ts,
            root_ts=said.root_ts,
            person=caller_id(person),
            name=person.name,
            email=person.email,
            text="\n".join((text, *fetched.lines)).strip("\n"),
            subject=said.subject,
            customer=room.customer,
            permalink=permalink(self._around.own.url, said.channel, said.ts, said.thread_ts),
            files=fetched.files,
            defects=fetched.defects,
            related=self._related(said, continues),
        )

    def _related(self, said: Spoken, continues: tuple[str, ...]) -> tuple[str, ...]:
        """What it continues, and its own id: when its answers came first, their case knows it already.

        Where the conversation had another id before, what was said then goes by that.
        """
        now, *former = self._around.rooms.places(said.channel)
        before = [chat_id(place, ts) for place in former for ts in (said.root_ts, said.ts)]
        return tuple(dict.fromkeys((*before, *(chat_id(now, ts) for ts in (*continues, said.ts)))))


def _incoming(content: ChatContent, room: IntakeRoom) -> Incoming:
    """The message at the door. Its sender is where an answer goes: the thread, or the one that it begins."""
    return Incoming(
        channel=CHANNEL,
        envelope=Envelope(
            sender=f"{content.place}/{content.root_ts}",
            recipients=(room.address,),
            route=f"{CHANNEL}:{content.place}",
        ),
        content=content.to_bytes(),
        content_key=f"{CHANNEL}:{content.place}/{content.ts}",
        message_id=chat_id(content.place, content.ts),
    )
