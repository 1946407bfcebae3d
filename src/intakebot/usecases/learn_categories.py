"""Learn categories: every case that people have closed teaches what a message like it is about.

Called by the worker, a few cases at a time, and by the desk for whoever wants to catch up. The model remembers the
closing event it has come to and is stored with it: what is interrupted goes on from there, and teaches nothing twice.
Learning happens beside the writer, which only stores the result.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from intakebot.domain.case import NNR
from intakebot.ports import Archive, Store, Writer
from intakebot.ports.lessons import ClosedCase, StoredModel
from intakebot.suggesting.packing import packed
from intakebot.usecases.house import House
from intakebot.usecases.suggest_category import default_category, lesson_text
from intakebot.usecases.suggestions_in_force import Learned

WITHOUT_A_BREAK = 4
"""Cases after which others have their turn: a long mail takes some ten milliseconds."""
UNSAVED_AT_MOST = 1_000
"""Cases that are looked at again, at most, when the service stops at the wrong moment."""
KEPT_EVERY = timedelta(minutes=10)
"""A model has some megabytes: it is not written for every case that is closed."""


class Lessons:
    """The operation of this room, bound to the house, its archive and its writer."""

    def __init__(self, house: House, archive: Archive, writer: Writer) -> None:
        self._house = house
        self._archive = archive
        self._writer = writer

    async def learn(self, at_most: int, *, anew: bool = False, keep: bool = False) -> Mapping[str, Any]:
        """Look at the next closed cases: how many were looked at, how many taught, how many are left.

        `keep` stores the model as soon as nothing is left; else it is stored from time to time.
        """
        async with self._house.suggestions.turn:
            learned = await self._house.suggestions.begin(self._archive)
            if anew:
                learned = self._house.suggestions.forget()
            before = learned.model.learned
            cases = self._archive.closed_cases(learned.until, at_most)
            await self._study(learned, cases)
            left = self._archive.closed_cases_left(learned.until) if len(cases) == at_most else 0
            if self._is_time_to_keep(learned, at_once=keep and not left):
                await self._keep(learned)
        return {"looked_at": len(cases), "learned": learned.model.learned - before, "left": left}

    async def _study(self, learned: Learned, cases: Sequence[ClosedCase]) -> None:
        unsorted = default_category(self._house)
        for count, case in enumerate(cases, 1):
            if teaches(case, unsorted):
                with self._house.suggestions.alone:
                    learned.model.learn(lesson_text(case.title, case.description), case.category)
            learned.until = case.event_id
            learned.unsaved += 1
            if count % WITHOUT_A_BREAK == 0:
                await asyncio.sleep(0)

    def _is_time_to_keep(self, learned: Learned, *, at_once: bool) -> bool:
        if not learned.unsaved:
            return False
        old = learned.saved_at is None or self._house.clock.now() - learned.saved_at >= KEPT_EVERY
        return at_once or old or learned.unsaved >= UNSAVED_AT_MOST

    async def _keep(self, learned: Learned) -> None:
        state = await asyncio.to_thread(packed, learned.model)
        stored = StoredModel(state, learned.model.learned, learned.until, self._house.clock.now())
        await self._writer.submit(_keep_models, stored)
        learned.unsaved, learned.saved_at = 0, stored.saved_at


def teaches(case: ClosedCase, unsorted: str = "") -> bool:
    """Whether a closed case says what a message like it is about.

    It does not when nobody saw it, when it was left in the category of what no rule knew (`unsorted`), when no work
    was needed on it (NNR), or when its message was about several cases.
    """
    sorted_out = bool(case.category) and case.category != unsorted
    return sorted_out and case.seen_by_people and not case.shared and NNR not in case.markers


def _keep_models(store: Store, models: Sequence[StoredModel]) -> list[None]:
    for model in models:
        store.keep_suggestion_model(model)
    return [None for _ in models]
