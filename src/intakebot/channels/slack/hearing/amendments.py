"""Messages that were changed or taken back after they were said. What was said stays; the change is recorded beside it.

Called by `arrivals` for changed and deleted messages. A preview that appears under a link changes a message too, but
not its words: nothing has happened then. A closed case takes no amendment, as it takes nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from intakebot.channels.slack.hearing.arrived import Arrived, Later, Outcome, Surround
from intakebot.channels.slack.hearing.caller_threads import CallerThreads
from intakebot.channels.slack.hearing.callers import Callers
from intakebot.channels.slack.hearing.card_threads import CardThreads
from intakebot.channels.slack.hearing.contacts import Contacts
from intakebot.channels.slack.hearing.spoken import WITHDRAWN, Payload, Spoken, spoken, text_of, why_not_taken
from intakebot.domain.actors import SYSTEM
from intakebot.domain.chat import ChatMessage
from intakebot.domain.commands import RecordAmendment
from intakebot.domain.errors import RefusedError

CHANGED, DELETED = "message_changed", "message_deleted"
AMENDED = "amendment"
NOT_YET = "the message itself has not come yet"


class Amendments:
    """Records what was changed and taken back."""

    def __init__(self, around: Surround, contacts: Contacts, cards: CardThreads, threads: CallerThreads) -> None:
        self._around = around
        self._contacts = contacts
        self._cards = cards
        self._threads = threads
        self._callers = Callers(around)

    async def hear(self, arrived: Arrived) -> Outcome:
        """Record a change, if the words are others now. Raises what the house and the platform raise."""
        before, now = _payload(arrived, "previous_message"), _payload(arrived, "message")
        withdrawn = arrived.event.get("subtype") == DELETED or now.get("subtype") == WITHDRAWN
        told_by = before if withdrawn else now
        if why := why_not_taken(told_by, self._around.own):
            return f"ignored: {why}"
        earlier = text_of(before)
        if not withdrawn and (text_of(now) == earlier or not (before or now.get("edited"))):
            return "ignored: the same words"
        change = _Change(spoken(told_by, str(arrived.event.get("channel") or "")), earlier, _stamp(arrived), withdrawn)
        number = await self._cards.case_of(change.said)
        known = await self._contacts.known(change.said.channel, change.said.ts)
        if known is None:
            return await self._unknown(change.said, number)
        if number is not None:
            return await self._again(change, number)
        return await self._in_case(change, known)

    async def _again(self, change: _Change, number: int) -> Outcome:
        return await self._cards.hear_again(
            change.said, number, change.earlier, change.changed_at, withdrawn=change.withdrawn
        )

    async def _unknown(self, said: Spoken, number: int | None) -> Outcome:
        """A message that is not known here is none of ours, unless it is still on its way."""
        comes = number is not None or self._around.rooms.intake(said.channel) is not None
        if comes or (said.is_reply and await self._threads.is_followed(said)):
            return Later(NOT_YET, "ignored: never taken in")
        return "ignored: never taken in"

    async def _in_case(self, change: _Change, known: ChatMessage) -> Outcome:
        said = change.said
        number = await self._threads.case_of(said.channel, said.ts if known.contact_id else said.root_ts)
        if number is None:
            return Later("its case is not registered yet", "ignored: no case")
        if known.contact_id is None:
            return await self._again(change, number)
        text = "" if change.withdrawn else await self._callers.readable(said.text)
        earlier = await self._callers.readable(change.earlier)
        heard_at = f"{self._around.rooms.place(said.channel)}/{said.ts}/{change.changed_at}"
        amendment = RecordAmendment(number, known.person, text, earlier, change.withdrawn, heard_at)
        try:
            await self._around.desk.perform(amendment, SYSTEM)
        except RefusedError as refusal:
            return f"refused: amendment ({refusal.reason})"
        return AMENDED


@dataclass(frozen=True, slots=True)
class _Change:
    """What was changed: the message as it reads now (as it read, when withdrawn), its words before, and when."""

    said: Spoken
    earlier: str
    changed_at: str
    withdrawn: bool


def _stamp(arrived: Arrived) -> str:
    return str(arrived.event.get("event_ts") or arrived.event.get("ts") or "")


def _payload(arrived: Arrived, name: str) -> Payload:
    found = arrived.event.get(name)
    return found if isinstance(found, Mapping) else {}
