"""Cards: one for each case, in the channel of the queue that it is in, showing what is true now.

Called by `posts` with a claimed card. It is put up once and changed in place after that; it follows its case to
another queue's channel, and where it was, a pointer stays (which the house owes as a post of its own). A card that
somebody deleted is put up anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from intakebot.channels.slack.drawing import cards
from intakebot.channels.slack.drawing.blocks import Rendered
from intakebot.channels.slack.showing.paced_calls import PacedCalls
from intakebot.channels.slack.showing.posting import change, digest_of, post
from intakebot.channels.slack.showing.reconcile import Where, find
from intakebot.channels.slack.showing.troubles import Trouble, trouble_of
from intakebot.channels.slack.web.rooms import Rooms
from intakebot.domain.chat import ChatPost, ChatTies, PostSettlement, PostState
from intakebot.domain.errors import SlackRefusedError
from intakebot.domain.ids import moment_of
from intakebot.ports import Clock, Desk

_UNKNOWN: Final = "?"
"""Stands for the digest of a message that nobody remembers."""
SHOWN_AT_LEAST: Final = timedelta(seconds=1.2)
"""So long a card stays as it is; of what changes meanwhile only the last state is shown."""


@dataclass(frozen=True, slots=True)
class CardPosts:
    """Shows cards, and what is left of moved ones."""

    desk: Desk
    calls: PacedCalls
    ties: ChatTies
    rooms: Rooms
    clock: Clock

    async def show(self, card: ChatPost) -> PostSettlement:
        """Show the case as it is now. Raises what keeps it from being shown."""
        case = await self.desk.ask("case.card", {"number": card.case_number})
        queue = str((case.get("queue") or {}).get("name") or "")
        channel = self.ties.queues.get(queue)
        if channel is None:
            return await self._leave(card, case, queue)
        place = self.rooms.place_now(f"{(await self.calls.us()).team}/{channel}")
        await self.calls.keep_inside(_who(card), place.partition("/")[2])
        shown = cards.card(case, self.clock.now())
        if card.resends and (unseen := await self._put_up_unseen(card, place)):
            return self._found(card, unseen)
        here = card.ts if card.ts and self.rooms.place_now(card.place) == place else ""
        if here and (digest_of(shown) == card.shown or await self._changed(card, place, here, shown)):
            return self._settled(card, place, here, queue, shown)
        put_up = await post(self.calls, _who(card), _where(place), shown, _mark(card))
        return self._settled(card, place, put_up, queue, shown)

    async def show_moved(self, left: ChatPost) -> PostSettlement:
        """Make a pointer of a card that is elsewhere now; where nothing is left to change, nothing is owed."""
        case = await self.desk.ask("case.card", {"number": left.case_number})
        try:
            await change(self.calls, _who(left), _where(self.rooms.place_now(left.place)), left.ts, _pointer(case))
        except SlackRefusedError as refusal:
            if trouble_of(refusal) not in (Trouble.MESSAGE, Trouble.PLACE):
                raise
            return self._dropped(left, refusal.sentence)
        return PostSettlement(left.id, PostState.POSTED, left.wanted, self.clock.now())

    async def _leave(self, card: ChatPost, case: Mapping[str, Any], queue: str) -> PostSettlement:
        """The case is in a queue that has no channel: a card that is somewhere becomes a pointer."""
        shown = _pointer(case)
        if not card.ts:
            return self._dropped(card, f"the queue {queue} has no channel")
        if digest_of(shown) != card.shown:
            await self._changed(card, self.rooms.place_now(card.place), card.ts, shown)
        return self._settled(card, card.place, card.ts, queue, shown)

    async def _changed(self, card: ChatPost, place: str, ts: str, shown: Rendered) -> bool:
        """Change the message; False when it is not there any more."""
        try:
            await change(self.calls, _who(card), _where(place), ts, shown)
        except SlackRefusedError as refusal:
            if trouble_of(refusal) is not Trouble.MESSAGE:
                raise
            return False
        return True

    async def _put_up_unseen(self, card: ChatPost, place: str) -> tuple[str, str] | None:
        """Where an attempt whose end nobody saw has put the card, wherever the case was then: (place, ts)."""
        team, queues = place.partition("/")[0], self.ties.queues.values()
        rooms = dict.fromkeys((place, *(self.rooms.place_now(f"{team}/{channel}") for channel in queues)))
        if card.shown == _UNKNOWN:  # it has just been found there; in its own room it would have been changed
            rooms.pop(card.place, None)
        for room in rooms:
            found = await find(self.calls, _who(card), _where(room), _mark(card), _first_owed(card))
            if found:
                return room, str(found["ts"])
        return None

    def _found(self, card: ChatPost, unseen: tuple[str, str]) -> PostSettlement:
        """What was put up unseen is the card from now on, its thread known, and due: another may have followed it."""
        now = self.clock.now()
        place, ts = unseen
        return PostSettlement(
            card.id,
            PostState.DUE,
            card.wanted,
            now,
            place=place,
            ts=ts,
            shown=_UNKNOWN,
            resends=card.resends,
            due_at=now,
        )

    def _settled(self, card: ChatPost, place: str, ts: str, queue: str, shown: Rendered) -> PostSettlement:
        now = self.clock.now()
        return PostSettlement(
            card.id,
            PostState.POSTED,
            card.wanted,
            now,
            place=place,
            ts=ts,
            queue=queue,
            shown=digest_of(shown),
            due_at=now + SHOWN_AT_LEAST,
        )

    def _dropped(self, card: ChatPost, why: str) -> PostSettlement:
        return PostSettlement(card.id, PostState.DROPPED, card.wanted, self.clock.now(), error=why)


def _pointer(case: Mapping[str, Any]) -> Rendered:
    return cards.moved_stub(case, str((case.get("queue") or {}).get("title") or "another queue"))


def _first_owed(card: ChatPost) -> datetime:
    """Before this no attempt was made: when the post was made, and not before the message that it replaces."""
    made = moment_of(card.id)
    return max(made, datetime.fromtimestamp(float(card.ts), UTC)) if card.ts else made


def _where(place: str) -> Where:
    return Where(place.partition("/")[2])


def _mark(card: ChatPost) -> dict[str, str]:
    """What the next message that is the card is known by: each names the one before it, so after each it is another."""
    return {"id": f"{card.id}/{card.ts}" if card.ts else str(card.id)}


def _who(card: ChatPost) -> str:
    return f"post {card.id}"
