"""The books of a chat on the database of a room: what the chat suite is fed with."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from contract.storage.records import Room, new_case, new_id, opening
from fakes.standing_house import REPLY_KEY, START, shipped
from intakebot.clocks import SimulatedClock
from intakebot.domain.case import Case
from intakebot.domain.chat import ChatPost, EnvelopeKind, NewEnvelope, PostKind, PostOwed, PostSettlement, PostState
from intakebot.domain.ids import IdSource
from intakebot.storage.chat_archive import SqlChatArchive
from intakebot.usecases.chat import HouseChat
from intakebot.usecases.house import House
from intakebot.usecases.rules_in_force import RulesInForce

PLACE = "T1/C1"


class ChatRoom:
    """A room whose clock moves when the test says so. `chat` is one run of the process with node 0."""

    def __init__(self, room: Room, clock: SimulatedClock | None = None) -> None:
        self.room = room
        self.clock = clock or SimulatedClock(START)
        self.archive = SqlChatArchive(room.database)
        self.chat = self.started()

    def house(self, node: int = 0) -> House:
        settings, ruleset, templates = shipped()
        new_ids = IdSource(self.clock.now, node)
        return House(settings.organisation, RulesInForce(ruleset), templates, self.clock, new_ids, REPLY_KEY)

    def started(self, node: int = 0) -> HouseChat:
        """Another run of the process with this node, on the same database and writer."""
        return HouseChat(self.house(node), self.room.writer, self.archive)

    def case(self, **fields: Any) -> Case:
        case = new_case(**fields)
        self.room.apply(opening(case))
        return case

    def owe(self, *owed: PostOwed) -> None:
        self.room.do(lambda store: store.chat.owe_posts(owed))

    def card(self, case: Case, after: timedelta = timedelta()) -> PostOwed:
        """The card of a case, owed anew at each call."""
        return PostOwed(new_id(), PostKind.CARD, case.id, "", "", self.clock.now() + after)

    def line(self, case: Case, reference: str = "message:1") -> PostOwed:
        return replace(self.card(case), kind=PostKind.LINE, reference=reference)

    async def post_card(self, case: Case, ts: str = "1700.1", place: str = PLACE) -> ChatPost:
        """Owe a card and show it."""
        self.owe(self.card(case))
        post = next(post for post in await self.chat.claim_posts(50) if post.kind is PostKind.CARD)
        await self.chat.settle_posts([self.posted(post, ts, place=place)])
        return post

    def posted(self, post: ChatPost, ts: str = "1700.1", **more: Any) -> PostSettlement:
        given: dict[str, Any] = {"place": PLACE, "queue": "crc", "shown": "digest"}
        return PostSettlement(post.id, PostState.POSTED, post.wanted, self.clock.now(), ts=ts, **given | more)


def event(key: str, payload: str = '{"a": "ü"}') -> NewEnvelope:
    return NewEnvelope("slack", f"event:{key}", EnvelopeKind.EVENT, payload)


def interaction(key: str) -> NewEnvelope:
    return NewEnvelope("slack", f"interaction:{key}", EnvelopeKind.INTERACTION, "{}")
