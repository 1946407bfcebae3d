"""An emoji makes a case of a message: the room's, set by an agent, or by anybody where the room says so.

Works in every conversation that the app is in; outside of intake rooms the direct door says which emoji, and whose.
Called by `arrivals`. A message that is a contact already stays the one it is.
"""

from __future__ import annotations

from collections.abc import Mapping

from intakebot.channels.slack.hearing.arrived import Arrived, Outcome, Surround
from intakebot.channels.slack.hearing.contacts import KNOWN, Contacts
from intakebot.channels.slack.hearing.hints import NOT_OF_APPS, tell_user
from intakebot.channels.slack.hearing.messages import Messages
from intakebot.channels.slack.hearing.spoken import spoken, why_not_taken
from intakebot.channels.slack.hearing.threads import message_at
from intakebot.domain.errors import RefusedError


class Reactions:
    """Decides about reactions."""

    def __init__(self, around: Surround, contacts: Contacts, messages: Messages) -> None:
        self._around = around
        self._contacts = contacts
        self._messages = messages

    async def hear(self, arrived: Arrived) -> Outcome:
        """Make a case of the message, if that emoji of that person means so. Raises as `messages`."""
        item, user = arrived.event.get("item"), str(arrived.event.get("user") or "")
        if not isinstance(item, Mapping) or item.get("type") != "message" or user == self._around.own.user:
            return "ignored: a reaction to something else"
        channel, ts = str(item.get("channel") or ""), str(item.get("ts") or "")
        room = self._around.rooms.intake(channel) or self._around.rooms.ties.direct
        emoji = str(arrived.event.get("reaction") or "").partition("::")[0]
        if not room.reaction or emoji != room.reaction:
            return "ignored: another emoji"
        if await self._contacts.is_contact(channel, ts):
            return KNOWN
        if room.agents_only and not await self._is_agent(arrived, user):
            return "ignored: an emoji for agents"
        return await self._make(channel, ts, user, arrived)

    async def _is_agent(self, arrived: Arrived, user: str) -> bool:
        team = str(arrived.event.get("user_team") or self._around.own.team)
        try:
            await self._around.people.agent(team, user)
        except RefusedError:
            return False
        return True

    async def _make(self, channel: str, ts: str, user: str, arrived: Arrived) -> Outcome:
        message = await message_at(self._around.calls, channel, ts)
        if message is None:
            return "ignored: the message is gone"
        if why := why_not_taken(message, self._around.own):
            await tell_user(self._around.calls, channel, user, NOT_OF_APPS)
            return f"ignored: {why}"
        return await self._messages.adopt(spoken(message, channel), arrived)
