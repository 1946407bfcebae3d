"""S1: kill -9 of the service at every boundary of a commit on the way of what comes from Slack, on both databases.

What Slack handed over is one contact, one case, one card and one answer in the end; what an agent pressed is done once.
Both doors and both databases are tried; the whole list of points by one door on each database, which takes long enough.
"""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from contract.storage.conftest import migrated_file, server, url
from crash.day import Workspace, agents_section
from crash.ledger import ALL
from crash.lives import Life, Mother, mother_of
from fakes.databases import POSTGRES
from fakes.slack import FakeSlack, Message
from intakebot.storage.archive import SqlArchive
from intakebot.storage.blobs import Blobs
from intakebot.storage.engine import open_database

__all__ = ["migrated_file", "server", "url"]

pytestmark = pytest.mark.crash

AT_THE_DOOR = ("before keep", "after keep", "after begin")
ON_THE_WAY = (
    *AT_THE_DOOR,
    "before keep_contacts",
    "after keep_contacts",
    "before remember_messages",
    "after remember_messages",
    "before settle_envelopes",
    "after settle_envelopes",
    "after begin_attempts",
    "before register",
    "after register",
    "after claim",
    "before settle",
    "after settle",
    "after claim_posts",
    "before settle_posts",
    "after settle_posts",
)
OF_A_PRESS = ("before keep", "after keep", "before perform", "after perform", "before settle_envelopes")
LIVES_IN_A_ROW = 3
"""So many lives end by themselves, each upon the ruins of the one before it, until one may finish what they left."""
RETRIES = (0, 61, 301)
"""Seconds after which Slack brings again what was not acknowledged."""
COMBINATIONS = [
    pytest.param("sqlite", "socket", ON_THE_WAY, id="sqlite-socket"),
    pytest.param("sqlite", "http", AT_THE_DOOR, id="sqlite-http"),
    pytest.param(POSTGRES.values[0], "http", ON_THE_WAY, id="postgres-http", marks=pytest.mark.postgres),
    pytest.param(POSTGRES.values[0], "socket", AT_THE_DOOR, id="postgres-socket", marks=pytest.mark.postgres),
]


@dataclass
class Scene:
    """A workspace, and lives of a service in it."""

    workspace: Workspace
    mother: Mother
    database: str
    said: list[Message] = field(default_factory=list)

    @property
    def slack(self) -> FakeSlack:
        return self.workspace.slack

    async def bear(self, kind: str = "real") -> Life:
        """The next life, to which Slack turns; one that is to die may do so over what the last one left."""
        life = await asyncio.to_thread(self.mother.bear if kind == "real" else self.mother.risk, kind)
        if life.slack_port:
            self.slack.deliver_by_http(f"http://127.0.0.1:{life.slack_port}/slack/events")
        return life

    async def dies(self, life: Life, point: str) -> None:
        """It does, by itself."""
        status = await asyncio.wait_for(asyncio.to_thread(life.ended), 20)
        assert status == -signal.SIGKILL, f"the point {point!r} was never hit"

    async def recovers(self) -> None:
        """A life without an end of its own: what was not acknowledged comes again, and everything happens."""
        life = await self.bear()
        for seconds in RETRIES:
            self.slack.clock.advance(seconds)
            if await self.slack.comes(self._all_acked, 0.3):
                break
        assert self._all_acked(), "Slack could not bring everything again"
        for _ in range(2):
            await asyncio.to_thread(life.wait_until_nothing_waits)
        await asyncio.to_thread(life.kill)

    def _all_acked(self) -> bool:
        return all(one.acked for one in self.slack.deliveries if one.kind == "event")

    async def says(self, text: str) -> Message:
        """A caller writes what nobody has written before."""
        self.slack.clock.advance(2)
        caller = self.workspace.callers[len(self.said) % len(self.workspace.callers)]
        self.said.append(await caller.says(self.workspace.help, text))
        return self.said[-1]

    def cards(self, number: int) -> list[Message]:
        rooms = self.workspace.rooms.values()
        tops = (one for room in rooms for one in self.slack.messages(room) if one.thread_ts in (None, one.ts))
        return [one for one in tops if one.user == self.slack.app.bot_user and f"C-{number}" in one.text]


@asynccontextmanager
async def scene(place: Path, database: str, mode: str) -> AsyncIterator[Scene]:
    async with FakeSlack() as slack:
        slack.verdict.allow("interaction-late", "event-attempt", because="the service is killed in between")
        slack.limits.enabled = False
        workspace = Workspace(slack)
        sections = {"channels": workspace.section(place, mode), "agents": agents_section()}
        with mother_of(place, database=database, **sections) as mother:
            yield Scene(workspace, mother, database)
            await slack.quiet()


@pytest.mark.parametrize(("where", "mode", "points"), COMBINATIONS)
@pytest.mark.timeout(240)
async def test_s1_everything_is_done_once_wherever_the_service_dies(
    where: str, mode: str, points: Sequence[str], request: pytest.FixtureRequest, tmp_path: Path
) -> None:  # case I08
    async with scene(tmp_path, _database(where, request), mode) as made:
        for number, point in enumerate(points, 1):
            life = await made.bear(point)
            await made.says(f"It leaks: {point}")
            await made.dies(life, point)
            if number % LIVES_IN_A_ROW == 0:
                await made.recovers()
        _check_messages(made, tmp_path)
        pressed = OF_A_PRESS if points is ON_THE_WAY else OF_A_PRESS[:2]
        for number, point in enumerate(pressed, 1001):
            await made.recovers()  # or this life ends over what the last one left, before anybody presses
            life = await made.bear(point)
            (card,) = made.cards(number)
            seen = await made.workspace.agents["dana"].clicks(card, "case.take")
            await made.dies(life, point)
            assert not seen.acked or point == "before settle_envelopes", f"acknowledged {point}"
        await made.recovers()
        _check_presses(made, tmp_path, pressed)


def _database(where: str, request: pytest.FixtureRequest) -> str:
    if where == "sqlite":
        return ""
    running = request.getfixturevalue("server")
    address: str = running.create()
    request.addfinalizer(lambda: running.drop(address))
    return address


def _check_messages(made: Scene, place: Path) -> None:
    with closing(open_database(made.database or "sqlite+pysqlite:///intakebot.db", place / "data")) as database:
        archive = SqlArchive(database, Blobs(place / "data"))
        team = made.slack.home.id
        said = [f"chat {team}/{one.channel.id}/{one.ts}" for one in made.said]
        contacts = archive.contacts("", ALL)
        assert Counter(row["message_id"].strip("<>") for row in contacts) == Counter(said), "one contact for each"
        assert {row["state"] for row in contacts} == {"registered"}
        numbers = {row["message_id"].strip("<>"): row["case"] for row in contacts}
    assert len(set(numbers.values())) == len(said), "one case for each"
    for name, message in zip(said, made.said, strict=True):
        assert len(made.cards(numbers[name])) == 1, message.text
        assert len(made.slack.thread(message)) == 1, f"one acknowledgement: {message.text}"


def _check_presses(made: Scene, place: Path, points: Sequence[str]) -> None:
    with closing(open_database(made.database or "sqlite+pysqlite:///intakebot.db", place / "data")) as database:
        archive = SqlArchive(database, Blobs(place / "data"))
        for number, point in enumerate(points, 1001):
            taken = [event for event in archive.events(number) if (event["changes"].get("owner") or "") == "dana"]
            lost = point == "before keep"  # nobody was told that it would be done
            assert len(taken) == (not lost), point
            (card,) = made.cards(number)
            assert ("case.take" in _actions(card)) == lost, f"{point}: the card shows it"


def _actions(card: Any) -> list[str]:
    return [element.get("action_id", "") for block in card.blocks for element in block.get("elements") or ()]
