"""Who said something, and in words that people can read: the names behind the ids, as well as they can be had.

A caller's words never wait for a name for ever: when the platform does not say who somebody is until the last attempt,
the id stands for the name. Whether somebody is an agent is another matter: that is asked of `People` alone.
"""

from __future__ import annotations

from collections.abc import Iterable

from intakebot.channels.slack.drawing.safe_text import readable
from intakebot.channels.slack.hearing.arrived import Arrived, Surround
from intakebot.channels.slack.hearing.spoken import Spoken, mentioned
from intakebot.channels.slack.web.people import Person
from intakebot.domain.errors import IntakebotError, RefusedError, Remedy
from intakebot.domain.organisation import Agent

MOST_NAMES = 20
"""So many mentions of one message are written out; the others keep their ids."""


class Callers:
    """Looks people up for those who take things in."""

    def __init__(self, around: Surround) -> None:
        self._around = around

    async def person(self, team: str, user: str, arrived: Arrived) -> Person:
        """Who that is. Raises what `calls` raises while another attempt may help."""
        home = team or self._around.own.team
        try:
            return await self._around.people.person(home, user)
        except IntakebotError as error:
            if not arrived.last and error.remedy is not Remedy.NEVER:
                raise
            return Person(home, user, user, is_stranger=home != self._around.own.team)

    async def agent(self, said: Spoken, arrived: Arrived) -> Agent | None:
        """The agent who said it, or None for everybody else. Raises what `calls` raises, as above.

        On the last attempt a person whom no configuration names is taken for a caller; one whom it names is waited for.
        """
        try:
            return await self._around.people.agent(said.team or self._around.own.team, said.user)
        except RefusedError:
            return None
        except IntakebotError:
            if arrived.last and not self._is_named(said):
                return None
            raise

    def _is_named(self, said: Spoken) -> bool:
        agents = self._around.rooms.ties.agents
        return said.user in agents or f"{said.team or self._around.own.team}/{said.user}" in agents

    async def readable(self, text: str) -> str:
        """The text as people read it, with the names of whom it mentions where they can be had at once."""
        return readable(text, await self.names(mentioned(text)[:MOST_NAMES]))

    async def names(self, users: Iterable[str]) -> dict[str, str]:
        """Names by user id; an id stays where nobody says a name now."""
        found: dict[str, str] = {}
        for user in users:
            try:
                found[user] = (await self._around.people.person(self._around.own.team, user)).name
            except IntakebotError as error:
                if error.remedy is not Remedy.NEVER:  # nor will the platform answer for the others just now
                    break
        return {user: name for user, name in found.items() if name}


def caller_id(person: Person) -> str:
    """How the house knows a caller of the workspace."""
    return f"{person.team}/{person.user}".lower()
