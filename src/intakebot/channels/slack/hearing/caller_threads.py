"""Threads that belong to a caller: what is said there continues the case, an agent's words stand in it as a comment.

Used by `messages` for replies, and for the mention that makes a case of a whole thread. A thread is followed from the
moment its message is taken in, long before there is a case; only an agent's comment has to wait for that.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from intakebot.channels.slack.hearing.arrived import Arrived, Later, Outcome, Surround
from intakebot.channels.slack.hearing.callers import Callers
from intakebot.channels.slack.hearing.card_threads import COMMENTED, REFUSED, CardThreads
from intakebot.channels.slack.hearing.contacts import KNOWN, TAKEN, Contacts
from intakebot.channels.slack.hearing.hints import tell
from intakebot.channels.slack.hearing.spoken import Payload, Spoken, spoken, text_of, why_not_taken
from intakebot.channels.slack.hearing.threads import THREAD_LIMIT, thread_of
from intakebot.domain.actors import SYSTEM, Actor
from intakebot.domain.chat import ChatMessage, IntakeRoom
from intakebot.domain.commands import AddComment
from intakebot.domain.errors import IntakebotError, RefusedError, Remedy
from intakebot.domain.organisation import Agent

SAID_IN_THREAD = "said to the caller in the thread:"
_log = logging.getLogger(__name__)


class CallerThreads:
    """Takes in what is said in callers' threads."""

    def __init__(self, around: Surround, contacts: Contacts, cards: CardThreads) -> None:
        self._around = around
        self._contacts = contacts
        self._cards = cards
        self._callers = Callers(around)

    async def is_followed(self, said: Spoken) -> bool:
        """Whether the thread belongs to a caller, as far as is known here."""
        known = await self._contacts.known(said.channel, said.root_ts)
        return known is not None or await self.case_of(said.channel, said.root_ts) is not None

    async def case_of(self, channel: str, ts: str) -> int | None:
        """The number of the case that a message or thread belongs to, if it is registered."""
        for place in self._around.rooms.places(channel):
            number = await self._around.chat.case_of_caller_thread(place, ts)
            if number is not None:
                return number
        return None

    async def follow(self, said: Spoken) -> None:
        """From this message on the thread belongs to whoever said it, though what began it may be nobody's word.

        So its first message is remembered as one that continues this one. What was said before is not taken in: it
        must not depend on when it happens to arrive.
        """
        place = self._around.rooms.place(said.channel)
        await self._around.chat.remember(ChatMessage(place, said.root_ts, said.ts, self._cards.person(said)))

    async def agent_behind(self, said: Spoken, root: ChatMessage | None, arrived: Arrived) -> Agent | None:
        """The agent who said it in somebody else's thread. Who began a thread is its caller, agent or not."""
        began = root.person.rpartition("/")[2] if root else said.answered.lower()
        if said.is_direct or said.user.lower() == began:
            return None
        return await self._callers.agent(said, arrived)

    async def hear(self, said: Spoken, arrived: Arrived) -> Outcome:
        """Take in what was said in a followed thread: an agent's word as a comment, everybody else's as a contact."""
        root = await self._contacts.known(said.channel, said.root_ts)
        if root and said.ts < root.root_ts:
            return "ignored: said before the thread was a caller's"
        return await self._take(said, root, arrived)

    async def _take(self, said: Spoken, root: ChatMessage | None, arrived: Arrived) -> Outcome:
        if said.is_bare(self._around.own.user):
            return "ignored: no words"
        if agent := await self.agent_behind(said, root, arrived):
            return await self._agent_said(said, agent)
        room = self._around.rooms.intake(said.channel) or self._around.rooms.ties.direct
        return await self._contacts.take_in(said, room, arrived)

    async def take_whole(self, said: Spoken, arrived: Arrived) -> Outcome:
        """Make a case of the thread in which the app was called: its first message, then the replies in order.

        Called again it takes in what is new since. Below a message that no person wrote, the one who called first is
        the caller, and is quoted with what the thread is about.
        """
        found = await self._found(said, arrived)
        room = self._around.rooms.ties.direct
        people = [spoken(each, said.channel) for each in found if not why_not_taken(each, self._around.own)]
        people = [said if each.ts == said.ts else each for each in people]
        outcomes: list[Outcome] = []
        if all(each.is_reply for each in people) and not await self.is_followed(said):
            caller = next((each for each in people if each.mentions(self._around.own.user)), said)
            about = "\n".join(text_of(each) for each in found if each.get("ts") == said.root_ts)
            outcomes.append(await self._contacts.take_in(caller, room, arrived, preface=about))
            await self.follow(caller)
        outcomes += [await self._one(each, room, arrived) for each in people]
        waiting = [outcome for outcome in outcomes if isinstance(outcome, Later)]
        return waiting[0] if waiting else TAKEN if TAKEN in outcomes else KNOWN

    async def _found(self, said: Spoken, arrived: Arrived) -> list[Payload]:
        """The thread as it stands; nothing of it when it cannot be had, and will not be."""
        try:
            found = await thread_of(self._around.calls, said.channel, said.root_ts)
        except IntakebotError as error:
            if not arrived.last and error.remedy is not Remedy.NEVER:
                raise
            _log.warning("slack thread %s/%s: %s", said.channel, said.root_ts, error.sentence)
            return []
        if len(found) >= THREAD_LIMIT:
            _log.warning("slack thread %s/%s: taken in up to message %d", said.channel, said.root_ts, THREAD_LIMIT)
        return found

    async def _one(self, said: Spoken, room: IntakeRoom, arrived: Arrived) -> Outcome:
        if not said.is_reply:
            return await self._contacts.take_in(said, room, arrived)
        return await self._take(said, await self._contacts.known(said.channel, said.root_ts), arrived)

    async def _agent_said(self, said: Spoken, agent: Agent) -> Outcome:
        """The caller has read it already, so it stands in the case whoever said it: an agent of another queue too."""
        if await self._contacts.known(said.channel, said.ts):
            return KNOWN
        number = await self.case_of(said.channel, said.root_ts)
        if number is None:
            return Later("the case of the thread is not registered yet", otherwise="")
        heard_at = f"{self._around.rooms.place(said.channel)}/{said.ts}"
        comment = AddComment(number, f"{SAID_IN_THREAD}\n{await self._cards.words(said)}", heard_at=heard_at)
        try:
            await self._perform(comment, agent)
        except RefusedError as refusal:
            await tell(self._around.calls, said, refusal.sentence)
            return REFUSED
        await self._cards.remember(said)
        return COMMENTED

    async def _perform(self, comment: AddComment, agent: Agent) -> None:
        desk = self._around.desk
        try:
            await desk.perform(comment, Actor.agent(agent.id))
        except RefusedError:
            await desk.perform(replace(comment, text=f"{agent.name} {comment.text}"), SYSTEM)
