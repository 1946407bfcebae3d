"""Notices: what an agent is told by direct message, if they want to be told, and when they want it.

Called by `posts` with a claimed notice. What has no agent to be told goes to nobody; but that a case is overdue, or
that an answer did not arrive, is then said under the case's card, where its queue looks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from intakebot.channels.slack.drawing import notices
from intakebot.channels.slack.drawing.blocks import Rendered
from intakebot.channels.slack.showing.paced_calls import PacedCalls
from intakebot.channels.slack.showing.posting import post
from intakebot.channels.slack.showing.quiet_hours import when_to_tell
from intakebot.channels.slack.showing.reconcile import Where, find
from intakebot.channels.slack.showing.troubles import Trouble, trouble_of
from intakebot.channels.slack.web.people import People
from intakebot.channels.slack.web.rooms import Rooms
from intakebot.domain.chat import ChatPost, PostSettlement, PostState
from intakebot.domain.errors import SlackRefusedError
from intakebot.ports import Desk
from intakebot.ports.chat import Chat

FOR_THE_QUEUE: Final = frozenset({"due-soon", "overdue", "not-delivered"})
"""What somebody has to hear, whoever it is."""
_MUTE: Final = "notice.mute"

Case = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NoticePosts:
    """Tells agents. `rooms` knows where direct messages and channels are."""

    desk: Desk
    chat: Chat
    calls: PacedCalls
    people: People
    rooms: Rooms
    direct: dict[str, str] = field(default_factory=dict)

    async def show(self, told: ChatPost) -> PostSettlement:
        """Tell it, put it off, or drop it. Raises what keeps it from being told."""
        what = told.reference.partition(":")[0]
        case = await self.desk.ask("case.card", {"number": told.case_number})
        agent = told.target or str((case.get("owner") or {}).get("id") or "")
        if _is_stale(what, told.target, case):
            return self._dropped(told, "it is not so any more")
        user = await self._user(agent)
        if user is None:
            return await self._tell_the_queue(told, what, case)
        now = self.chat.clock.now()
        at = when_to_tell(await self.chat.preferences(agent), what, now)
        if at is None:
            return self._dropped(told, f"{agent} does not want to be told")
        if at > now:
            return PostSettlement(told.id, PostState.DUE, told.wanted, now, resends=told.resends, due_at=at)
        try:
            return await self._tell(told, Where(await self._direct(told, user)), await self._drawn(told, what, case))
        except SlackRefusedError as refusal:
            if trouble_of(refusal) is not Trouble.PERSON:
                raise
            return await self._tell_the_queue(told, what, case)

    async def _tell(self, told: ChatPost, where: Where, shown: Rendered) -> PostSettlement:
        who, mark = f"post {told.id}", {"id": str(told.id)}
        found = await find(self.calls, who, where, mark, told.owed_at) if told.resends else None
        place = f"{(await self.calls.us()).team}/{where.channel}"  # before: what fails after posting is in doubt
        ts = str(found["ts"]) if found else await post(self.calls, who, where, shown, mark)
        return PostSettlement(told.id, PostState.POSTED, told.wanted, self.chat.clock.now(), place=place, ts=ts)

    async def _tell_the_queue(self, told: ChatPost, what: str, case: Case) -> PostSettlement:
        card = await self.chat.card_of(told.case_id)
        if what not in FOR_THE_QUEUE or card is None:
            return self._dropped(told, "nobody is there to be told")
        where = Where(self.rooms.place_now(card[0]).partition("/")[2], card[1])
        return await self._tell(told, where, _for_everybody(notices.notice(what, case, self.chat.clock.now())))

    async def _drawn(self, told: ChatPost, what: str, case: Case) -> Rendered:
        """The notice, with a way to the card."""
        card, url = await self.chat.card_of(told.case_id), (await self.calls.us()).url
        channel = self.rooms.place_now(card[0]).partition("/")[2] if card else ""
        link = f"{url}archives/{channel}/p{card[1].replace('.', '')}" if card and url else ""
        return notices.notice(what, case, self.chat.clock.now(), link)

    async def _user(self, agent: str) -> str | None:
        """The person behind an agent who is at work here."""
        known = await self.chat.agent(agent) if agent else None
        return self.people.user_of(agent) if known and known.active else None

    async def _direct(self, told: ChatPost, user: str) -> str:
        """The conversation with that person; it never changes."""
        if user not in self.direct:
            opened = await self.calls.call(f"post {told.id}", "conversations.open", users=user)
            self.direct[user] = str(opened["channel"]["id"])
        return self.direct[user]

    def _dropped(self, told: ChatPost, why: str) -> PostSettlement:
        return PostSettlement(told.id, PostState.DROPPED, told.wanted, self.chat.clock.now(), error=why)


def _is_stale(what: str, target: str, case: Case) -> bool:
    """Whether it is not worth telling any more: it waited, and the case went on."""
    if what in ("due-soon", "overdue"):
        return bool(case.get("ended") or case.get("resolved_at"))
    if what == "assigned":
        at_work = {str((case.get(part) or {}).get("id") or "") for part in ("owner", "assignee")}
        return bool(case.get("ended")) or (bool(target) and target not in at_work)
    return what == "answered" and bool(case.get("ended"))


def _for_everybody(shown: Rendered) -> Rendered:
    """Without the button by which one agent wants no more of it."""
    blocks = []
    for block in shown.blocks:
        kept = [one for one in block.get("elements", ()) if one.get("action_id") != _MUTE]
        if block["type"] != "actions":
            blocks.append(block)
        elif kept:
            blocks.append({**block, "elements": kept})
    return Rendered(shown.text, blocks)
