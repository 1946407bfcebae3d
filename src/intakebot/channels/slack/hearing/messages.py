"""What people write: which message is a contact, which continues one, which is an agent's word, and which is nothing.

Called by `arrivals` for events of messages and mentions, and by `reactions`. The same message always ends as the same
thing, by whatever event and however often it comes; everything else is ignored with a reason.
"""

from __future__ import annotations

from intakebot.channels.slack.hearing.arrived import Arrived, Later, Outcome, Surround
from intakebot.channels.slack.hearing.bursts import Bursts
from intakebot.channels.slack.hearing.caller_threads import CallerThreads
from intakebot.channels.slack.hearing.callers import Callers, caller_id
from intakebot.channels.slack.hearing.card_threads import CardThreads
from intakebot.channels.slack.hearing.contacts import Contacts
from intakebot.channels.slack.hearing.hints import NOBODY_READS, SAY_WHAT, tell
from intakebot.channels.slack.hearing.spoken import Spoken, spoken, why_not_taken
from intakebot.channels.slack.hearing.threads import message_at
from intakebot.domain.chat import IntakeRoom
from intakebot.domain.errors import IntakebotError

MENTION = "app_mention"
UNDER_OURS = "ignored: under a message of ours"
NO_WORDS = "ignored: no words"


class Messages:
    """Decides about messages."""

    def __init__(self, around: Surround, contacts: Contacts, cards: CardThreads, threads: CallerThreads) -> None:
        self._around = around
        self._contacts = contacts
        self._cards = cards
        self._threads = threads
        self._callers = Callers(around)
        self._bursts = Bursts(around)

    async def hear(self, arrived: Arrived) -> Outcome:
        """Take a message in as what it is. Raises what the house and the platform raise."""
        if why := why_not_taken(arrived.event, self._around.own):
            return f"ignored: {why}"
        said = spoken(arrived.event, str(arrived.event.get("channel") or ""))
        if said.is_reply:
            return await self._reply(said, arrived)
        return await self._top_level(said, arrived)

    async def adopt(self, said: Spoken, arrived: Arrived) -> Outcome:
        """Somebody with the right to wants a case of this very message. One that is a contact already stays it.

        A message that only calls us is heard as the call that it is, whichever of the two is here first.
        """
        room = self._around.rooms.intake(said.channel)
        if said.is_bare(self._around.own.user):
            return await (self._reply if said.is_reply else self._top_level)(said, arrived)
        if not said.is_reply:
            return await self._begin(said, room, arrived)
        if await self._cards.case_of(said):
            return "ignored: the thread of a card"
        if room or await self._threads.is_followed(said):
            return await self._reply(said, arrived)
        outcome = await self._contacts.take_in(said, self._around.rooms.ties.direct, arrived)
        await self._threads.follow(said)
        return outcome

    async def _top_level(self, said: Spoken, arrived: Arrived) -> Outcome:
        room = self._around.rooms.intake(said.channel)
        called = said.mentions(self._around.own.user)
        if called and said.is_bare(self._around.own.user):
            return await self._bare(said, arrived)
        if room or called:
            return await self._begin(said, room, arrived)
        return "ignored: no intake room"

    async def _begin(self, said: Spoken, room: IntakeRoom | None, arrived: Arrived) -> Outcome:
        """A message that begins something, or continues a burst of its writer's.

        Outside of intake rooms the answers to it come along: they may have been given before anybody asked us.
        """
        if room is None:
            return await self._threads.take_whole(said, arrived)
        person = await self._callers.person(said.team, said.user, arrived)
        before = await self._bursts.before(said, room, caller_id(person))
        return await self._contacts.take_in(said, room, arrived, continues=before)

    async def _reply(self, said: Spoken, arrived: Arrived) -> Outcome:
        number = await self._cards.case_of(said)
        if number is not None:
            return await self._cards.hear(said, number, arrived)
        room = self._around.rooms.intake(said.channel)
        if room is None and said.mentions(self._around.own.user):
            return await self._threads.take_whole(said, arrived)
        if await self._threads.is_followed(said):
            return await self._threads.hear(said, arrived)
        if said.answered == self._around.own.user and (said.is_direct or self._around.rooms.shows_cards(said.channel)):
            return await self._under_ours(said)
        return await self._reply_to_unknown(said, room, arrived) if room else "ignored: no thread of ours"

    async def _under_ours(self, said: Spoken) -> Outcome:
        """Under a message of ours that began no thread of a case, as far as is known here."""
        if self._around.rooms.shows_cards(said.channel):
            return Later("the card is not known yet", UNDER_OURS)
        await tell(self._around.calls, said, NOBODY_READS)
        return UNDER_OURS

    async def _reply_to_unknown(self, said: Spoken, room: IntakeRoom, arrived: Arrived) -> Outcome:
        """A reply in an intake room came before what it answers, or that is no contact: what it answers goes first."""
        if await self._threads.agent_behind(said, None, arrived):
            return Later("what an agent answers has not come yet", "ignored: an agent's answer to what is no contact")
        begun = await self._begin_with_root(said, room, arrived)
        if said.is_bare(self._around.own.user):  # somebody calls us to what stands there
            return begun
        return await self._contacts.take_in(said, room, arrived)

    async def _begin_with_root(self, said: Spoken, room: IntakeRoom, arrived: Arrived) -> Outcome:
        try:
            found = await message_at(self._around.calls, said.channel, said.root_ts)
        except IntakebotError:
            if not arrived.last:
                raise
            found = None
        if found is None or why_not_taken(found, self._around.own):
            return NO_WORDS
        root = spoken(found, said.channel)
        return NO_WORDS if root.is_bare(self._around.own.user) else await self._begin(root, room, arrived)

    async def _bare(self, said: Spoken, arrived: Arrived) -> Outcome:
        if (
            arrived.kind == MENTION or said.is_direct
        ) and not self._around.silent:  # it comes as a message too: told once
            await tell(self._around.calls, said, SAY_WHAT)
        return "ignored: a bare mention"
