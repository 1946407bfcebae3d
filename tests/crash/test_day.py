"""A day of a support desk, killed in between: counts add up, one owner for a case, nothing leaks or comes twice."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
from collections import Counter
from contextlib import AsyncExitStack, closing, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from crash.day import CANARY, CUSTOMERS, QUEUES, TEAM, Caller, Clicker, Post, Workspace, agents_section
from crash.ledger import ALL
from crash.lives import ROOT, Life, Mother, mother_of
from fakes.slack import FakeSlack
from intakebot.cli.customer_files import read_customers
from intakebot.domain.actors import Actor
from intakebot.domain.case import CaseEvent, recorded_state, replay, shown_number
from intakebot.domain.commands import Identify, ImportCustomers
from intakebot.domain.errors import IntakebotError
from intakebot.storage.archive import SqlArchive
from intakebot.storage.blobs import Blobs
from intakebot.storage.engine import open_database
from intakebot.storage.store import SqlStore

pytestmark = pytest.mark.crash
CONTACTS = int(os.environ.get("INTAKEBOT_TEST_DAY", "200"))
KILLS = 5
CHATS = CONTACTS * 2 // 5
ACTS = CONTACTS * 2
BACKLOG = CONTACTS // 10
"""So many mails, and as many messages, come before anybody acts; the others come as the day goes on."""
EVERYTHING_COMES_AGAIN = 400.0
"""Seconds of the fake's clock after which the last retry of an event has come."""


class Day:
    """One day: `mother` bears the services, `post` and `callers` write, `clickers` work.

    How far the day is, is counted in acts of the agents (`done`): contacts come and the service is killed as it goes
    on, so that every kill meets everybody at work, however fast the machine is.
    """

    def __init__(self, mother: Mother, workspace: Workspace, seed: int) -> None:
        self.mother, self.workspace = mother, workspace
        self.dice = random.Random(seed)  # noqa: S311 - a day that can be had again
        self.post = Post()
        self.callers = [Caller(person, workspace, self.dice) for person in workspace.callers]
        self.clickers = [Clicker(name, workspace, self.dice) for name in TEAM]
        self.begun = self.done = self.identified = 0
        self.goes_on = asyncio.Condition()

    async def pass_by(self) -> None:
        """Everything at once, and the service killed again and again."""
        life = await self._born()
        customers = read_customers(ROOT / "config" / "customers.example.yaml")
        await life.desk().perform(ImportCustomers(tuple(customers)), Actor.agent("dana"))
        busy = asyncio.gather(self._mails(), self._chats(), *(self._work(clicker) for clicker in self.clickers))
        for number in range(1, KILLS + 1):
            await self._is_at(number / (KILLS + 1))
            await asyncio.wait({busy}, timeout=self.dice.uniform(0, 0.3))
            assert not busy.done(), "the day is over before the service was killed"
            await asyncio.to_thread(life.kill)
            life = await self._born()
        await busy
        await self._evening(life)

    async def _born(self) -> Life:
        life = await asyncio.to_thread(self.mother.bear)
        self.post.reborn(life.port)
        return life

    async def _is_at(self, part: float) -> None:
        """Wait until so much of the agents' work is done."""
        async with self.goes_on:
            await self.goes_on.wait_for(lambda: self.done >= part * ACTS)

    async def _mails(self) -> None:
        for number in range(CONTACTS - CHATS):
            await self._is_at(0.9 * (number - BACKLOG) / (CONTACTS - CHATS))
            await self.post.mail(self.dice)

    async def _chats(self) -> None:
        for number in range(CHATS):
            await self._is_at(0.9 * (number - BACKLOG) / CHATS)
            await self.dice.choice(self.callers).chat()
            if number % 20 == 10:
                self.workspace.slack.hold_events()
            if number % 20 == 15:
                self.workspace.slack.release_events(shuffle=True, seed=number)

    async def _work(self, clicker: Clicker) -> None:
        for number in itertools.count():
            if clicker.name == "dana" and number % 5 == 0:
                await self._identify()
            while not clicker.has_work() and self.begun < ACTS:
                await self._something_happens()
            if self.begun >= ACTS:
                return
            self.begun += 1
            await clicker.act()
            async with self.goes_on:
                self.done += 1
                self.goes_on.notify_all()

    async def _something_happens(self) -> None:
        """The wait of an agent who has no card: until another one has acted, or for a moment."""
        with suppress(TimeoutError):
            async with asyncio.timeout(0.2), self.goes_on:
                await self.goes_on.wait()

    async def _identify(self) -> None:
        """The team lead says whose the cases in triage are, by the command line."""
        desk = self.mother.living.desk() if self.mother.living else None
        if desk is None:
            return
        try:
            for row in await desk.ask("case.list", {"queue": "triage", "ended": False, "limit": 5}):
                await desk.perform(Identify(row["number"], self.dice.choice(CUSTOMERS)), Actor.agent("dana"))
                self.identified += 1
        except IntakebotError:
            return  # the service has just been killed, or somebody was quicker

    async def _evening(self, life: Life) -> None:
        """Nothing new; what is late comes, what is owed leaves, and the service ends as it should."""
        slack = self.workspace.slack
        slack.clock.advance(EVERYTHING_COMES_AGAIN)
        await slack.settled(30.0)
        for _ in range(2):
            await asyncio.to_thread(life.wait_until_nothing_waits)
        await asyncio.to_thread(life.stop)


@pytest.mark.timeout(600)
async def test_a_day_of_a_support_desk(tmp_path: Path) -> None:  # cases I01, I08, I10, H09
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(FakeSlack())
        slack.verdict.allow("interaction-late", "event-attempt", because="the service is killed in between")
        slack.limits.enabled = False  # a day in a minute: Slack's limits have tests of their own
        workspace = Workspace(slack)
        sections = {"channels": workspace.section(tmp_path), "agents": agents_section()}
        mother = stack.enter_context(mother_of(tmp_path / "place", **sections))
        day = Day(mother, workspace, seed=20261124)
        await day.pass_by()
        assert sum(clicker.pressed for clicker in day.clickers) > ACTS // 2, "the agents hardly worked"
        assert all(clicker.pressed for clicker in day.clickers), "somebody never had anything to press"
        assert day.identified > BACKLOG, "hardly a case came out of triage"
        check(mother.data, day)


def check(data: Path, day: Day) -> None:
    """What must be true in the evening."""
    with closing(open_database("sqlite+pysqlite:///intakebot.db", data)) as database:
        archive = SqlArchive(database, Blobs(data))
        _check_contacts(archive, day)
        with database.reading.connect() as connection:
            store = SqlStore(connection, Blobs(data))
            for row in archive.contacts("", ALL):
                if row["case"]:
                    _check_case(archive, store, row["case"])
        _check_what_left(archive, data, day)
        _check_cards(archive, day)


def _check_contacts(archive: SqlArchive, day: Day) -> None:
    team = day.workspace.slack.home.id
    chats = [f"chat {team}/{said.channel.id}/{said.ts}" for caller in day.callers for said in caller.said]
    found = Counter(row["message_id"].strip("<>") for row in archive.contacts("", ALL))
    assert found == Counter([*day.post.answered, *chats]), "one contact for every mail and every message"
    counts = archive.counts()
    assert sum(counts["contacts"].values()) == CONTACTS
    assert counts["contacts"].keys() <= {"registered", "appended", "split"}


def _check_case(archive: SqlArchive, store: SqlStore, number: int) -> None:
    case = store.case_file(number).case
    events = archive.events(number)
    assert replay(map(_event, events)) == recorded_state(case), case.label
    owner: str | None = None
    for event in events:
        if "owner" not in event["changes"]:
            continue
        new = event["changes"]["owner"]
        assert owner is None or new is None or new == owner, f"{case.label}: {new} took what was {owner}'s"
        owner = new


def _check_what_left(archive: SqlArchive, data: Path, day: Day) -> None:
    deliveries = archive.deliveries("", ALL)
    sent = [delivery for delivery in deliveries if delivery["state"] == "sent"]
    filed = Counter(path.name for path in (data / "outbox" / "new").iterdir())
    assert filed == Counter(f"{one['id']}.intakebot" for one in sent if one["channel"] == "email")
    assert all(CANARY.encode() not in path.read_bytes() for path in (data / "outbox" / "new").iterdir())
    outside = day.workspace.said_outside()
    assert not [message for message in outside if CANARY in f"{message.text}{message.blocks}"], "an internal word left"
    posted = Counter(message.metadata["event_payload"]["id"] for message in outside if message.metadata)
    assert posted == Counter(str(one["id"]) for one in sent if one["channel"] == "slack")


def _check_cards(archive: SqlArchive, day: Day) -> None:
    """Every case of a queue with a room has exactly one card that is not a stub, and it shows the case as it is."""
    bot = day.workspace.slack.app.bot_user
    tops = [
        message
        for name in QUEUES
        for message in day.workspace.slack.messages(day.workspace.rooms[name])
        if message.user == bot and not message.thread_ts
    ]
    for number in {row["case"] for row in archive.contacts("", ALL) if row["case"]}:
        case = archive.case(number)
        showing = [
            one for one in tops if shown_number(number) in one.text and case["status"] in f"{one.text}{one.blocks}"
        ]
        assert len(showing) == 1, f"{shown_number(number)} is {case['status']}: shown on {len(showing)} cards"
        assert showing[0].channel is day.workspace.rooms[case["queue"]]


def _event(row: dict[str, Any]) -> CaseEvent:
    at = datetime.fromisoformat(row["at"])
    return CaseEvent(row["id"], row["case_id"], row["kind"], Actor.parse(row["by"]), at, row["changes"], row["note"])
