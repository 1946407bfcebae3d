"""What closed cases teach: the records that learning reads, and the model that it stores. Part of `ports`.

A lesson is numbered by the event that closed the case: ids of events only grow, so whoever remembers the last number
has learned everything before it, once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ClosedCase:
    """A case that was closed, as far as it may teach.

    `event_id` is the closing event's. `shared`: it is part of another case, or has parts; `seen_by_people`: an agent
    had a hand in it, so somebody saw the category and left it.
    """

    event_id: int
    title: str
    description: str
    category: str
    markers: tuple[str, ...]
    shared: bool
    seen_by_people: bool


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A model as it is kept: its bytes, how many cases it learned from, and the closing event it has come to."""

    state: bytes = field(repr=False)
    learned: int
    learned_until: int
    saved_at: datetime
