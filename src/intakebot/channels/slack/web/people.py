"""Who is who in Slack: profiles, and the agents behind them. Asked by everything that reads what people do.

A profile is asked for once in ten minutes, and again when Slack says that it changed. An agent is who the
configuration names, or a member of a user group that it names. It promises that nobody is taken for an agent whom
`rights` refuses: guests, bots, deactivated people, people of other workspaces, and whoever cannot be seen.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from intakebot.channels.slack.web.calls import Calls, SlackLimitedError, SlackRefusedError, SlackUnreachableError, Us
from intakebot.channels.slack.web.rights import Person, refusal, unknown
from intakebot.domain.chat import ChatTies
from intakebot.domain.organisation import Agent
from intakebot.edge import guarded
from intakebot.ports.chat import Chat

__all__ = ["LEARNED", "People", "Person"]

FRESH_FOR = timedelta(minutes=10)
USABLE_FOR = timedelta(hours=24)
"""How old a profile may be while Slack does not answer."""
GROUPS_EVERY = timedelta(minutes=5)
MOST_PEOPLE = 5_000
LEARNED = "slack-"
"""Before the user id of whoever is an agent by their group only."""
_UNSEEN = frozenset({"user_not_found", "user_not_visible", "users_not_found"})
_NO_GROUP = frozenset({"no_such_subteam", "subteam_not_found", "subteam_disabled"})
_PROFILE_EVENTS = frozenset({"user_change", "team_join"})
_GROUP_EVENTS = frozenset({"subteam_created", "subteam_updated", "subteam_members_changed"})

_log = logging.getLogger(__name__)


class People:
    """The people of one workspace, and those who share channels with it. `most` profiles are remembered."""

    def __init__(self, calls: Calls, chat: Chat, ties: ChatTies, most: int = MOST_PEOPLE) -> None:
        self._calls = calls
        self._chat = chat
        self._ties = ties
        self._most = most
        self._known: OrderedDict[tuple[str, str], tuple[Person, datetime]] = OrderedDict()
        self._asked: dict[tuple[str, str], asyncio.Task[Person]] = {}
        self._learned: dict[str, tuple[str, ...]] = {}
        self._groups_changed = asyncio.Event()
        self._users = {agent: user.rpartition("/")[2] for user, agent in ties.agents.items()}

    async def person(self, team: str, user: str) -> Person:
        """Somebody's profile; `team` is the workspace that they act for. Who cannot be seen is a stranger.

        Raises SlackLimitedError and SlackUnreachableError when there is not even an old profile.
        """
        key = (team, user)
        found, at = self._known.get(key, (None, None))
        now = self._chat.clock.now()
        if found and at and now - at < FRESH_FOR:
            return found
        try:
            return await self._look_up(key)
        except (SlackLimitedError, SlackUnreachableError):
            if found and at and now - at < USABLE_FOR:
                return found
            raise

    async def agent(self, team: str, user: str) -> Agent:
        """The agent who acts. Raises RefusedError, in words for that person, when it is none; else as `person`."""
        person = await self.person(team, user)
        refused = refusal(person)
        if refused:
            raise refused
        agent = await self._chat.agent(self._agent_id(team, user))
        if agent is None or not agent.active:
            raise unknown(user)
        return replace(agent, queues=_united(agent.queues, self._learned.get(user, ())))

    def user_of(self, agent_id: str) -> str | None:
        """The Slack user id of an agent, or None when Slack does not know the agent."""
        if agent_id in self._users:
            return self._users[agent_id]
        user = agent_id.removeprefix(LEARNED).upper()
        return user if agent_id.startswith(LEARNED) and user in self._learned else None

    def hear(self, event: Mapping[str, Any]) -> None:
        """An event of the platform: who has changed is looked up anew, changed groups are read anew."""
        kind = event.get("type")
        if kind in _PROFILE_EVENTS:
            user = event.get("user")
            self.forget(str(user.get("id") if isinstance(user, dict) else user))
        elif kind in _GROUP_EVENTS:
            self._groups_changed.set()

    def forget(self, user: str) -> None:
        """Look somebody up anew the next time."""
        for known in (self._known, self._asked):  # what is on its way may be of before
            for key in [key for key in known if key[1] == user]:
                del known[key]

    # --- profiles

    async def _look_up(self, key: tuple[str, str]) -> Person:
        """Ask for a profile; several who ask for the same one in the same moment ask once."""
        asked = self._asked.get(key)
        if asked is None:
            asked = self._asked[key] = asyncio.get_running_loop().create_task(self._ask(*key))
            asked.add_done_callback(lambda done: self._asked_about(key, done))
        return await asyncio.shield(asked)

    def _asked_about(self, key: tuple[str, str], done: asyncio.Task[Person]) -> None:
        if self._asked.get(key) is done:
            del self._asked[key]
        if not done.cancelled():
            done.exception()  # seen here as well, in case everybody who waited has left

    async def _ask(self, team: str, user: str) -> Person:
        us = await self._calls.us()
        try:
            answer = await self._calls.call("users.info", user=user)
        except SlackRefusedError as refused:
            if refused.error not in _UNSEEN:
                raise
            person = Person(team, user, user, is_stranger=True)
        else:
            person = read_person(answer.get("user") or {}, team, us)
        if self._asked.get((team, user)) is not asyncio.current_task():
            return person  # forgotten since it was asked for
        self._known[team, user] = (person, self._chat.clock.now())
        self._known.move_to_end((team, user))
        while len(self._known) > self._most:
            self._known.popitem(last=False)
        return person

    # --- agents

    def _agent_id(self, team: str, user: str) -> str:
        named = self._ties.agents.get(f"{team}/{user}") or self._ties.agents.get(user)
        return named or f"{LEARNED}{user.lower()}"

    async def keep_current(self, stop: asyncio.Event) -> None:
        """Read the user groups now, every five minutes, and when they change, until `stop`. Never raises for Slack."""
        if not self._ties.groups:
            return
        clock = self._chat.clock
        ended = asyncio.get_running_loop().create_task(self._wake_at(stop))
        try:
            while not stop.is_set():
                self._groups_changed.clear()
                await guarded("slack groups", self.learn_groups())
                await clock.until(clock.now() + GROUPS_EVERY, self._groups_changed)
        finally:
            ended.cancel()

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._groups_changed.set()

    async def learn_groups(self) -> None:
        """Tell the house who is in the user groups: new agents, and further queues of configured ones.

        Raises what Slack and storage raise; the house then keeps what it was told last.
        """
        us = await self._calls.us()
        queues: dict[str, list[str]] = {}
        for group, names in self._ties.groups.items():
            for user in await self._members(group):
                queues.setdefault(user, []).extend(names)
        members = {user: _united(names) for user, names in sorted(queues.items())}
        agents = [agent for user, names in members.items() if (agent := await self._member(us, user, names))]
        await self._chat.learn_agents(agents)
        self._learned = members
        _log.debug("slack: %d people of user groups are agents", len(agents))

    async def _members(self, group: str) -> Sequence[str]:
        """Who is in a group; nobody where there is no such group (any more), which holds up no other."""
        try:
            answer = await self._calls.call("usergroups.users.list", usergroup=group)
        except SlackRefusedError as refused:
            if refused.error not in _NO_GROUP:
                raise
            _log.error("slack: there is no user group %s: take it out of the configuration", group)
            return ()
        return [str(user) for user in answer.get("users") or ()]

    async def _member(self, us: Us, user: str, queues: tuple[str, ...]) -> Agent | None:
        """The agent that a member of groups is, with the queues of the groups only; None for who can be none."""
        person = await self.person(us.team, user)
        if refused := refusal(person):
            _log.warning("slack: %s is in a group of agents but can be none: %s", user, refused.reason)
            return None
        agent = Agent(self._agent_id(us.team, user), person.name, person.email, queues)
        known = await self._chat.agent(agent.id)
        if known and agent.id in self._users:
            return replace(agent, name=known.name, email=known.email)
        return agent


def _united(*names: Iterable[str]) -> tuple[str, ...]:
    """Each name once, in the order in which they come."""
    return tuple(dict.fromkeys(chain(*names)))


def read_person(user: Mapping[str, Any], team: str, us: Us) -> Person:
    """A person out of a user object of Slack's, for the app `us`; `team` is where they were met."""
    profile = user.get("profile") or {}
    organisation = user.get("enterprise_user") or {}
    home = str(user.get("team_id") or team)
    colleague = home == us.team or (us.enterprise and organisation.get("enterprise_id") == us.enterprise)
    name = profile.get("real_name") or user.get("real_name") or profile.get("display_name") or user.get("name")
    return Person(
        team=home,
        user=str(user.get("id") or ""),
        name=str(name or user.get("id") or ""),
        email=str(profile.get("email") or "").strip().lower(),
        is_bot=bool(user.get("is_bot")) or user.get("id") == "USLACKBOT",
        is_guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
        is_stranger=not colleague,
        is_deleted=bool(user.get("deleted")),
        zone=str(user.get("tz") or "UTC"),
    )
