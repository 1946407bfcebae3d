"""What suggestions were learned, as it is in memory: one model, read from the archive when it is first needed.

Made with the house. `learn_categories` goes on with it, `suggest_category` asks it.
"""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from datetime import datetime

from intakebot.ports import Archive
from intakebot.ports.lessons import StoredModel
from intakebot.suggesting.model import CategoryModel
from intakebot.suggesting.packing import unpacked


@dataclass(slots=True)
class Learned:
    """A model, the closing event that it has come to, and how many cases it has looked at since it was kept."""

    model: CategoryModel = field(default_factory=CategoryModel)
    until: int = 0
    unsaved: int = 0
    saved_at: datetime | None = None


class SuggestionsInForce:
    """The model of this house. Whoever learns holds `turn`; `alone` is held for each single lesson and suggestion.

    Lessons are learned on the event loop; some questions are answered beside it.
    """

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self.alone = threading.Lock()
        self._learned: Learned | None = None

    def learned(self, archive: Archive) -> Learned:
        """What was learned; the first to ask has it read."""
        return self._learned or self._begun(_restored(archive.suggestion_model()))

    async def begin(self, archive: Archive) -> Learned:
        """The same, read beside the event loop: a large model takes a tenth of a second."""
        return self._learned or self._begun(await asyncio.to_thread(_restored, archive.suggestion_model()))

    def _begun(self, restored: Learned) -> Learned:
        """What somebody else has begun meanwhile comes first: there is one model."""
        with self.alone:
            if self._learned is None:
                self._learned = restored
            return self._learned

    def forget(self) -> Learned:
        """Begin anew, with nothing."""
        self._learned = Learned()
        return self._learned


def _restored(stored: StoredModel | None) -> Learned:
    model = unpacked(stored.state) if stored else None
    return Learned(model, stored.learned_until, 0, stored.saved_at) if stored and model else Learned()
