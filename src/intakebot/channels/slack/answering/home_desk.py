"""The Home tab: published when somebody opens it, when they act in it, and, a little later, when something changed.

`publish` is called by `arrivals` for the event `app_home_opened`; `act` by `actions` for the tab's own buttons;
`stirred` by whoever knows that the house has changed. Only tabs that were looked at lately are drawn anew by
themselves. A tab that somebody else has drawn meanwhile is left alone: theirs is newer.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from intakebot.channels.slack.answering.answers import Answer, Workplace
from intakebot.channels.slack.answering.clicks import Click, id_in, mapping
from intakebot.channels.slack.answering.form_state import View
from intakebot.channels.slack.answering.forms_frame import open_form
from intakebot.channels.slack.answering.forms_preferences import FORMS as PREFERENCES
from intakebot.channels.slack.drawing.home import FOUND, Search, for_callers, home
from intakebot.channels.slack.hearing.arrived import Arrived, Outcome
from intakebot.domain.errors import RefusedError, SlackRefusedError
from intakebot.edge import guarded

LOOKED_AT_LATELY = timedelta(minutes=20)
DRAWN_AFTER = timedelta(seconds=3)
"""How long to gather changes before tabs are drawn anew."""
MOST_OPEN = 500
QUEUE_PREFIX = "queue:"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tab:
    """What one person looks at: the page, what was searched for, and what was drawn last (its hash, its digest)."""

    user: str
    team: str
    at: datetime
    page: int = 1
    search: str = ""
    hash: str = ""
    digest: str = ""


class HomeDesk:
    """The Home tabs of one workspace."""

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace
        self._tabs: dict[str, Tab] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._wake = asyncio.Event()

    async def publish(self, user: str, team: str = "") -> None:
        """Somebody has opened the tab: draw it, as they left it. Never raises; what went wrong is in the log."""
        tab = self._tabs.get(user) or Tab(user, team or self._workplace.own.team, self._now())
        await self._draw(replace(tab, at=self._now()))

    async def hear(self, arrived: Arrived) -> Outcome:
        """The event `app_home_opened`. The tab of messages is nothing to draw."""
        event = arrived.event
        if event.get("tab") != "home":
            return "ignored: another tab"
        await self.publish(str(event.get("user") or ""))
        return "home"

    def stirred(self) -> None:
        """Something has changed in the house. From the event loop only."""
        self._wake.set()

    async def serve(self, stop: asyncio.Event) -> None:
        """Draw tabs anew after changes, until `stop`."""
        clock = self._workplace.chat.clock
        ended = asyncio.get_running_loop().create_task(self._wake_at(stop))
        try:
            while not stop.is_set():
                await self._wake.wait()
                await clock.until(clock.now() + DRAWN_AFTER, stop)
                self._wake.clear()
                if not stop.is_set():
                    await self.draw_again()
        finally:
            ended.cancel()

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._wake.set()

    async def draw_again(self) -> None:
        """Draw what somebody looked at lately, where it has changed."""
        since = self._now() - LOOKED_AT_LATELY
        self._tabs = {user: tab for user, tab in self._tabs.items() if tab.at >= since}
        self._locks = {user: lock for user, lock in self._locks.items() if user in self._tabs}
        for user in list(self._tabs):
            async with self._lock_of(user):
                if tab := self._tabs.get(user):  # as it is now: they may have turned to something else meanwhile
                    await guarded(f"slack: home of {user}", self._drawn(tab, only_if_changed=True))

    async def act(self, click: Click, answer: Answer) -> None:
        """A button of the tab, or its search. Raises RefusedError for whoever is no agent."""
        if click.verb == "home.preferences":
            await open_form(self._workplace, click, answer, PREFERENCES[0])
            return
        answer.give()
        await self._workplace.actor(click)
        known = self._tabs.get(click.user) or Tab(click.user, click.team, self._now())
        await self._draw(replace(known, at=self._now(), **_turned(click)))

    # --- drawing

    def _now(self) -> datetime:
        return self._workplace.chat.clock.now()

    def _lock_of(self, user: str) -> asyncio.Lock:
        return self._locks.setdefault(user, asyncio.Lock())

    async def _draw(self, tab: Tab) -> None:
        """One after the other for each person, so that what was asked later is shown later."""
        self._tabs.pop(tab.user, None)
        self._tabs[tab.user] = tab
        while len(self._tabs) > MOST_OPEN:
            self._tabs.pop(next(iter(self._tabs)))
        async with self._lock_of(tab.user):
            await guarded(f"slack: home of {tab.user}", self._drawn(tab, only_if_changed=False))

    async def _drawn(self, tab: Tab, *, only_if_changed: bool) -> None:
        view, digest = await self._contents(tab)
        known = self._tabs.get(tab.user, tab)
        if only_if_changed and digest == known.digest:
            return
        guard: dict[str, Any] = {"hash": known.hash} if only_if_changed and known.hash else {}
        shown_hash = ""
        try:
            answered = await self._workplace.calls.call("views.publish", user_id=tab.user, view=view, **guard)
            shown_hash = str(mapping(answered.get("view")).get("hash") or "")
        except SlackRefusedError as refusal:
            if refusal.error != "hash_conflict":
                raise
            _log.info("slack: the home tab of %s is newer than what was drawn", tab.user)
        latest = self._tabs.get(tab.user)
        if latest:
            self._tabs[tab.user] = replace(latest, hash=shown_hash, digest=digest if shown_hash else "")

    async def _contents(self, tab: Tab) -> tuple[View, str]:
        """The tab, and a digest of what it tells (not of when it was drawn)."""
        now = self._now()
        try:
            agent = await self._workplace.people.agent(tab.team, tab.user)
        except RefusedError:
            return for_callers(now), "callers"
        answer = await self._workplace.desk.ask("agent.home", {"agent": agent.id, "page": tab.page})
        preferences = await self._workplace.chat.preferences(agent.id)
        search = await self._search(tab.search)
        told = json.dumps([answer, repr(preferences), repr(search)], sort_keys=True, default=str)
        return home(answer, preferences, now, search), hashlib.sha256(told.encode()).hexdigest()

    async def _search(self, text: str) -> Search | None:
        """What was searched for, or the queue that was chosen; None for nothing."""
        desk = self._workplace.desk
        if not text:
            return None
        if text.startswith(QUEUE_PREFIX):
            name = text.removeprefix(QUEUE_PREFIX)
            cases = await desk.ask("case.list", {"queue": name, "ended": False, "limit": FOUND})
            queues = await desk.ask("queue.list", {})
            figures: dict[str, Any] = next((one for one in queues if one["name"] == name), {})
            total = int(figures.get("waiting") or 0) + int(figures.get("in_charge") or 0)
            return Search(str(figures.get("title") or name), max(total, len(cases)), cases)
        answer = await desk.ask("case.find", {"text": text, "limit": FOUND, "offset": 0})
        return Search(text, int(answer["total"]), answer["cases"])


def _turned(click: Click) -> dict[str, Any]:
    """What a button of the tab changes in what is looked at."""
    match click.verb:
        case "home.search":
            return {"search": click.chosen.strip()[:200]}
        case "home.clear":
            return {"search": ""}
        case "home.queue":
            return {"search": f"{QUEUE_PREFIX}{click.notes.get('queue') or ''}"}
        case _:
            return {"page": id_in(click.notes.get("page")) or 1}
