"""Lines in the thread under a card: what the caller wrote, what left for the caller, what was said elsewhere.

Called by `posts` with a claimed line; `posts` keeps their order. A line that stands there already is found again, not
written twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from intakebot.channels.slack.drawing import lines
from intakebot.channels.slack.drawing.blocks import Rendered
from intakebot.channels.slack.showing.paced_calls import PacedCalls
from intakebot.channels.slack.showing.posting import post
from intakebot.channels.slack.showing.reconcile import Where, find
from intakebot.channels.slack.showing.troubles import soon
from intakebot.channels.slack.web.rooms import Rooms
from intakebot.domain.chat import ChatPost, PostSettlement, PostState
from intakebot.domain.errors import SlackRefusedError
from intakebot.ports import Desk
from intakebot.ports.chat import Chat

Row = Mapping[str, Any]


def _of_delivery(case: Row, delivery: Row) -> Rendered:
    return (lines.reply_line if delivery.get("state") == "sent" else lines.trouble_line)(case, delivery)


_KINDS: Final[Mapping[str, tuple[str, Callable[[Row, Row], Rendered]]]] = {
    "message": ("messages", lines.caller_line),
    "delivery": ("deliveries", _of_delivery),
    "comment": ("comments", lines.comment_line),
}
"""For each kind of reference: where it stands in the answer of `case.show`, and how it is drawn."""


@dataclass(frozen=True, slots=True)
class LinePosts:
    """Writes lines."""

    desk: Desk
    chat: Chat
    calls: PacedCalls
    rooms: Rooms

    async def show(self, line: ChatPost) -> PostSettlement:
        """Write the line under its case's card. Raises what keeps it from being written."""
        now = self.chat.clock.now()
        card = await self.chat.card_of(line.case_id)
        if card is None:
            return PostSettlement(line.id, PostState.DUE, line.wanted, now, resends=line.resends, due_at=now + soon(2))
        shown = await self._drawn(line)
        if shown is None:
            return PostSettlement(line.id, PostState.DROPPED, line.wanted, now, error=f"no {line.reference} any more")
        place = self.rooms.place_now(card[0])
        where, who, mark = Where(place.partition("/")[2], card[1]), f"post {line.id}", {"id": str(line.id)}
        await self.calls.keep_inside(who, where.channel)
        known = await self._posted_before(line, place, card[1]) if line.resends else None
        place, ts = known or (place, await post(self.calls, who, where, shown, mark))
        return PostSettlement(line.id, PostState.POSTED, line.wanted, now, place=place, ts=ts)

    async def _posted_before(self, line: ChatPost, place: str, card_ts: str) -> tuple[str, str] | None:
        """Where an earlier attempt has put the line, if it has: under the card, or where the card stood then."""
        former = [(self.rooms.place_now(left), ts) for left, ts in await self.chat.former_cards(line.case_id)]
        for stood, ts in ((place, card_ts), *former):
            where = Where(stood.partition("/")[2], ts)
            try:
                found = await find(self.calls, f"post {line.id}", where, {"id": str(line.id)}, line.owed_at)
            except SlackRefusedError:
                if ts == card_ts:
                    raise
                continue  # that thread is gone, and what stood in it
            if found:
                return stood, str(found["ts"])
        return None

    async def _drawn(self, line: ChatPost) -> Rendered | None:
        """The line, or None when what it is about does not exist."""
        kind, _, wanted = line.reference.partition(":")
        if kind not in _KINDS:
            return None
        part, draw = _KINDS[kind]
        whole = await self.desk.ask("case.show", {"number": line.case_number})
        row = next((row for row in whole.get(part) or () if str(row.get("id")) == wanted), None)
        return draw(await self.desk.ask("case.card", {"number": line.case_number}), row) if row else None
