"""What people type in the thread of a case's card is an internal comment on that case, and never anything else.

Called by `messages` and `amendments` for every reply under a card, before they ask any other question. Whoever has no
right to comment is told so, alone; then nothing is kept. Nothing from here is ever handed to anybody who could send it
to a caller: it ends as a command of the desk.
"""

from __future__ import annotations

from intakebot.channels.slack.hearing.arrived import Arrived, Outcome, Surround
from intakebot.channels.slack.hearing.callers import Callers
from intakebot.channels.slack.hearing.contacts import KNOWN
from intakebot.channels.slack.hearing.files import named
from intakebot.channels.slack.hearing.hints import tell
from intakebot.channels.slack.hearing.spoken import Spoken, addressed
from intakebot.domain.actors import Actor
from intakebot.domain.chat import ChatMessage
from intakebot.domain.commands import AddComment
from intakebot.domain.errors import RefusedError

COMMENTED = "comment"
REFUSED = "refused: comment"
TWIN = "ignored: it comes as a message too"


class CardThreads:
    """Takes comments."""

    def __init__(self, around: Surround) -> None:
        self._around = around
        self._callers = Callers(around)

    async def case_of(self, said: Spoken) -> int | None:
        """The number of the case under whose card this was said, or None."""
        if not said.is_reply:
            return None
        for place in self._around.rooms.places(said.channel):
            number = await self._around.chat.case_of_card_thread(place, said.root_ts)
            if number is not None:
                return number
        return None

    async def hear(self, said: Spoken, number: int, arrived: Arrived) -> Outcome:
        """Make it a comment, once. Raises what `people`, `calls` and `desk` raise, save refusals."""
        if arrived.kind == "app_mention":
            return TWIN
        if await self._around.chat.message(self._around.rooms.place(said.channel), said.ts):
            return KNOWN
        text = await self.words(said)
        if not text:
            return "ignored: no words"
        said_at = f"{self._around.rooms.place(said.channel)}/{said.ts}"
        if not await self.comment(said, AddComment(number, text, said_at=said_at)):
            return REFUSED
        await self.remember(said)
        return COMMENTED

    async def hear_again(self, said: Spoken, number: int, earlier: str, changed_at: str, *, withdrawn: bool) -> Outcome:
        """A comment reads otherwise since `changed_at` (a time stamp), or was taken away: a further comment says so."""
        at = f"{self._around.rooms.place(said.channel)}/{said.ts}/{changed_at}"
        before = await self._callers.readable(earlier)
        if withdrawn:
            text = f"took back what was said before:\n{before}"
        else:
            text = f"said this instead:\n{await self.words(said)}\n\nbefore:\n{before}"
        under_card = await self.case_of(said) is not None
        made = AddComment(number, text, said_at=at) if under_card else AddComment(number, text, heard_at=at)
        return COMMENTED if await self.comment(said, made) else REFUSED

    async def comment(self, said: Spoken, made: AddComment) -> bool:
        """Add a comment in the name of who said it; whoever may not is told why, and it returns False."""
        try:
            agent = await self._around.people.agent(said.team or self._around.own.team, said.user)
            await self._around.desk.perform(made, Actor.agent(agent.id))
        except RefusedError as refusal:
            await tell(self._around.calls, said, refusal.sentence)
            return False
        return True

    async def words(self, said: Spoken) -> str:
        """What was said, with the files that lie there."""
        words = addressed(said.text, self._around.own.user)
        return "\n".join((await self._callers.readable(words), *map(named, said.files))).strip()

    async def remember(self, said: Spoken) -> None:
        """It was taken in, though it is no contact."""
        place = self._around.rooms.place(said.channel)
        await self._around.chat.remember(ChatMessage(place, said.ts, said.root_ts, self.person(said)))

    def person(self, said: Spoken) -> str:
        """Who said it, as the message names the writer."""
        return f"{said.team or self._around.own.team}/{said.user}".lower()
