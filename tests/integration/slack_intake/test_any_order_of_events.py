"""Whatever people do, and however the events of it come: the cases and what is in them are the same."""

from __future__ import annotations

import asyncio
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.storage.conftest import migrated_file
from fakes.slack import FakeSlack
from fakes.slack.records import Channel, Message
from fakes.standing_house import StandingHouse
from intakebot.channels.slack.web.alarms import Alarms
from integration.slack_intake.standing_intake import StandingIntake, intake_of

__all__ = ["migrated_file"]


@dataclass(frozen=True)
class Deed:
    """Something that `who` does in `where`, so many seconds after the deed before; `which` message it is about."""

    what: str
    who: str
    where: str
    which: int
    after: int


DEEDS = st.builds(
    Deed,
    what=st.sampled_from(["say", "say", "reply", "reply", "mention", "answer with a mention", "react", "bare mention"]),
    who=st.sampled_from(["ann", "ann", "cal", "dana", "robot"]),
    where=st.sampled_from(["help", "help", "lounge", "direct"]),
    which=st.integers(0, 7),
    after=st.sampled_from([1, 90, 150]),
)
ORDERS = st.randoms(use_true_random=False)


class Scene:
    """People doing what they are told, as far as it makes sense where they are."""

    def __init__(self, intake: StandingIntake) -> None:
        self.intake = intake
        robot = intake.slack.person("robot", kind="bot")
        self.people = {"ann": intake.ann, "cal": intake.cal, "dana": intake.dana, "robot": robot}
        self.rooms: dict[str, Channel] = {"help": intake.help, "lounge": intake.lounge, "direct": intake.ann.dm()}
        for room in (intake.help, intake.lounge):
            room.members.append(robot.id)
        self.said: dict[str, list[Message]] = {name: [] for name in self.rooms}

    async def do(self, deed: Deed, text: str) -> None:
        self.intake.slack.clock.advance(deed.after)
        who = self.people["ann" if deed.where == "direct" else deed.who]
        room, here = self.rooms[deed.where], self.said[deed.where]
        about = here[deed.which % len(here)] if here else None
        if deed.what == "say":
            here.append(await who.says(room, text))
        elif deed.what == "reply" and about:
            here.append(await who.says(room, text, thread=about))
        elif deed.what == "mention" and deed.who != "robot":
            here.append(await who.mentions(room, text))
        elif deed.what == "bare mention" and deed.who != "robot":
            here.append(await who.mentions(room, thread=about if deed.which % 2 else None))
        elif deed.what == "answer with a mention" and about and deed.who != "robot":
            here.append(await who.mentions(room, text, thread=about))
        elif deed.what == "react" and about and not about.reactions and not room.is_dm:
            await self.intake.dana.reacts(about, "ticket")


def outcome(intake: StandingIntake) -> Any:
    """Cases as sets of what is in them: neither numbers nor the order of arrival.

    What a bot said goes along with whichever mention under it comes first, so words count one by one.
    """
    conversations = [_words(said) for said in intake.conversations()]
    cases = Counter(
        (frozenset(said), frozenset(text for _, text in intake.comments(case["number"])))
        for said, case in zip(conversations, intake.cases(), strict=True)
    )
    return cases, Counter(text for said in conversations for text in said)


def _words(said: Iterable[str]) -> list[str]:
    return [words for text in said for words in text.split("\n\n")]


async def play(folder: Path, template: Path, deeds: list[Deed], order: random.Random) -> None:
    async with AsyncExitStack() as stack:
        houses = [_house(folder / name, template) for name in ("in order", "shaken")]
        for house in houses:
            stack.push_async_callback(house.close)
        slack = await stack.enter_async_context(FakeSlack(houses[0].clock))
        slack.hold_events()
        one = intake_of(houses[0], slack)
        other = replace(one, house=houses[1], alarms=Alarms(houses[1].clock))
        for each in (one, other):
            await each.open()
            stack.push_async_callback(each.calls.close)
        scene = Scene(one)
        for number, deed in enumerate(deeds):
            await scene.do(deed, f"{number} by {deed.who}")
        events = one.recorded()
        shaken = [event for event in events for _ in range(order.choice((1, 1, 2, 3)))]
        order.shuffle(shaken)
        await hear(one, events, lambda: True)
        await hear(other, shaken, lambda: order.random() < 0.6)

        assert outcome(other) == outcome(one)
        assert all(count == 1 for count in outcome(one)[1].values())
        assert "set aside" not in one.counted | other.counted


async def hear(intake: StandingIntake, events: list[Any], pauses: Callable[[], bool]) -> None:
    """Bring events one by one, now and then with time to work them off."""
    for event in events:
        await intake.bring(event)
        if pauses():
            await intake.step()
    await intake.work()


def _house(folder: Path, template: Path) -> StandingHouse:
    folder.mkdir()
    shutil.copy(template, folder / "intakebot.db")
    return StandingHouse("sqlite+pysqlite:///intakebot.db", folder)


@pytest.mark.timeout(600)
@given(deeds=st.lists(DEEDS, min_size=2, max_size=9), order=ORDERS)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_order_and_any_number_of_repeats_ends_in_the_same_cases(
    migrated_file: Path, deeds: list[Deed], order: random.Random
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(play(Path(folder), migrated_file, deeds, order))
