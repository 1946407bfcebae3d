"""Suggestions on a standing house: closed cases teach once, in whatever pieces; what is suggested is only shown."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from contract.storage.records import ANNE, NOW, new_case, new_id, opening
from fakes.lessons import keep, labelled, taught
from fakes.standing_house import StandingHouse
from intakebot.domain import commands as c
from intakebot.domain.actors import SYSTEM, Actor
from intakebot.domain.case import NNR, Resolution, alter
from intakebot.domain.change import Change
from intakebot.domain.errors import RefusedError
from intakebot.ports import Store
from intakebot.suggesting.packing import packed
from intakebot.usecases.learn_categories import KEPT_EVERY, Lessons
from intakebot.usecases.suggestions_in_force import SuggestionsInForce
from intakebot.worker import LESSONS_AT_ONCE

DEAD = "the router is dead since this morning, there is no signal"


async def write(standing: StandingHouse, changes: Sequence[Change]) -> None:
    def apply(store: Store, batches: Sequence[Sequence[Change]]) -> list[None]:
        return [store.apply(batch) for batch in batches]

    await standing.writer.submit(apply, changes)


async def close_one(standing: StandingHouse, text: str, category: str, by: Actor = ANNE, **fields: Any) -> None:
    case = new_case(title=text, description=text, category=category, **fields)
    resolution = Resolution("Done.", by, NOW, sent_at=NOW)
    new = {"status": "Closed", "resolution": resolution, "closed_at": NOW}
    altered, event = alter(replace(case, version=1), new_id(), "case.closed", by, NOW, **new)
    await write(standing, [opening(case)])
    await write(standing, [Change(cases=(altered,), events=(event,))])


async def close_many(standing: StandingHouse, count: int, seed: int = 7) -> None:
    opened, closed = [], []
    for text, category in labelled(count, seed):
        case = new_case(title=text[:60], description=text, category=category)
        resolution = Resolution("Done.", ANNE, NOW, sent_at=NOW)
        new = {"status": "Closed", "resolution": resolution, "closed_at": NOW}
        altered, event = alter(replace(case, version=1), new_id(), "case.closed", ANNE, NOW, **new)
        opened.append(opening(case))
        closed.append(Change(cases=(altered,), events=(event,)))
    await write(standing, opened)
    await write(standing, closed)


async def learn_all(standing: StandingHouse) -> int:
    """What the worker's line does until nothing is left."""
    looks = 0
    while await standing.worker.learn_from_closed_cases():
        looks += 1
    return looks


def start_again(standing: StandingHouse) -> None:
    """A new process: what was only in memory is gone."""
    standing.house = replace(standing.house, suggestions=SuggestionsInForce())
    standing.restart()


def model_of(standing: StandingHouse) -> bytes:
    return packed(standing.house.suggestions.learned(standing.archive).model)


async def mailed(standing: StandingHouse, text: str) -> None:
    mail = f"From: ann@acme.example\r\nTo: crc@intakebot.example\r\nSubject: Help\r\n\r\n{text}\r\n"
    await standing.receive(mail.encode(), "ann@acme.example", ("crc@intakebot.example",))
    await standing.register()


async def test_what_closed_cases_taught_is_suggested_and_changes_nothing(standing: StandingHouse) -> None:
    await close_many(standing, 400)
    assert await learn_all(standing) == -(-400 // LESSONS_AT_ONCE)
    await mailed(standing, DEAD)
    before = standing.archive.events(1001)
    shown = await standing.desk.ask("case.show", {"number": 1001})
    suggestion = shown["suggestion"]
    assert (suggestion["category"], suggestion["learned"]) == ("technical/no-service", 400)
    assert 0.8 < suggestion["confidence"] < 1
    assert 0 < suggestion["right"] <= suggestion["of"] <= 100
    assert len(suggestion["others"]) == 2
    assert (await standing.desk.ask("case.why", {"number": 1001}))["suggestion"] == suggestion
    assert (await standing.desk.ask("case.card", {"number": 1001}))["suggestion"] == suggestion
    assert standing.archive.events(1001) == before, "a suggestion is only shown"
    await standing.perform("dana", c.Void(1001, "Only a test."))
    assert (await standing.desk.ask("case.show", {"number": 1001}))["suggestion"] is None


async def test_of_a_message_that_is_about_nothing_known_nothing_is_said(standing: StandingHouse) -> None:
    await keep(standing.writer, taught(400))
    await mailed(standing, "Zwoelf Boxkaempfer jagen Viktor quer ueber den Sylter Deich.")
    assert (await standing.desk.ask("case.show", {"number": 1001}))["suggestion"] is None


async def test_a_house_that_has_learned_nothing_suggests_nothing(standing: StandingHouse) -> None:
    await mailed(standing, DEAD)
    assert (await standing.desk.ask("case.show", {"number": 1001}))["suggestion"] is None
    figures = await standing.desk.ask("suggestions.show", {})
    assert (figures["learned"], figures["threshold"], figures["categories"]) == (0, None, [])


async def test_what_says_nothing_about_a_category_does_not_teach(standing: StandingHouse) -> None:
    await close_one(standing, DEAD, "technical/no-service", by=SYSTEM)
    await close_one(standing, DEAD, "technical/no-service", markers=(NNR,))
    await close_one(standing, DEAD, "technical/no-service", parent_id=1)
    await close_one(standing, DEAD, "general/unsorted")
    await close_one(standing, DEAD, "")
    await learn_all(standing)
    assert (await standing.desk.ask("suggestions.show", {}))["learned"] == 0
    await close_one(standing, DEAD, "technical/no-service")
    await learn_all(standing)
    assert (await standing.desk.ask("suggestions.show", {}))["learned"] == 1


async def test_learning_goes_on_where_it_was_kept_and_ends_at_the_same_model(standing: StandingHouse) -> None:
    await close_many(standing, 90, seed=1)
    lessons = Lessons(standing.house, standing.archive, standing.writer)
    await lessons.learn(40, keep=False)  # the first look is kept at once
    await lessons.learn(20, keep=False)  # this one only in memory
    start_again(standing)
    assert (await standing.desk.ask("suggestions.show", {}))["left"] == 50
    await learn_all(standing)
    interrupted = model_of(standing)
    straight = Lessons(standing.house, standing.archive, standing.writer)
    await straight.learn(1_000, anew=True, keep=True)
    assert model_of(standing) == interrupted
    assert (await standing.desk.ask("suggestions.show", {}))["learned"] == 90


async def test_looks_at_the_same_moment_teach_nothing_twice(standing: StandingHouse) -> None:
    await close_many(standing, 60, seed=2)
    lessons = [Lessons(standing.house, standing.archive, standing.writer) for _ in range(3)]
    seen = await asyncio.gather(*(one.learn(40, keep=True) for one in lessons))
    assert [one["looked_at"] for one in seen] == [40, 20, 0]
    assert standing.house.suggestions.learned(standing.archive).model.learned == 60


async def test_a_model_is_not_written_for_every_case(standing: StandingHouse) -> None:
    await close_many(standing, 10, seed=3)
    await learn_all(standing)
    kept = standing.archive.suggestion_model()
    await close_many(standing, 1, seed=4)
    await learn_all(standing)
    assert standing.archive.suggestion_model() == kept
    standing.advance(KEPT_EVERY + timedelta(seconds=1))
    await learn_all(standing)
    later = standing.archive.suggestion_model()
    assert kept
    assert later
    assert (kept.learned, later.learned) == (10, 11)


async def test_catching_up_by_hand_counts_down_and_is_an_agents_to_ask(standing: StandingHouse) -> None:
    await close_many(standing, 25, seed=5)
    assert await standing.perform("dana", c.LearnSuggestions(20)) == {"looked_at": 20, "learned": 20, "left": 5}
    assert await standing.perform("dana", c.LearnSuggestions(20)) == {"looked_at": 5, "learned": 5, "left": 0}
    assert await standing.perform("dana", c.LearnSuggestions(20)) == {"looked_at": 0, "learned": 0, "left": 0}
    again = await standing.perform("dana", c.LearnSuggestions(20, anew=True))
    assert again == {"looked_at": 20, "learned": 20, "left": 5}
    with pytest.raises(RefusedError):
        await standing.perform("nobody", c.LearnSuggestions(20))


async def test_the_figures_say_how_each_category_fares(standing: StandingHouse) -> None:
    await keep(standing.writer, taught(600))
    figures = await standing.desk.ask("suggestions.show", {})
    assert (figures["learned"], figures["judged"]) == (600, 580)
    assert 0.5 < figures["threshold"] < 1
    assert 0.3 < figures["shown_share"] < 1
    slow = next(one for one in figures["categories"] if one["category"] == "technical/slow")
    assert slow["precision"] == round(slow["right"] / slow["predicted"], 3)
    assert slow["recall"] == round(slow["right"] / slow["decided"], 3)
    counts = [one["decided"] for one in figures["categories"]]
    assert (counts, sum(counts)) == (sorted(counts, reverse=True), 580)
