"""Looking back: what was decided, what the rules saw, and what people made of it. Reading only.

Dry runs and reports over stored contacts ask for it; `storage` fulfils it beside a running service.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class LookingBack:
    """Where and how far to look back: the configuration, the data directory (None = the configured one), the span."""

    settings: Path
    data: Path | None
    now: datetime
    since: timedelta


@dataclass(frozen=True, slots=True)
class KeptRules:
    """A ruleset that has decided: `key` as its decisions name it; `files` and `atoms` are packed."""

    key: str
    hash: str
    files: bytes = field(repr=False)
    atoms: bytes = field(repr=False)
    first_used_at: datetime


@dataclass(frozen=True, slots=True)
class Decided:
    """A stored decision about a new contact, with the case that it opened or joined.

    `contact_id` None = a part of a contact, or a case that was looked at again; `number` None = no case. `category` and
    `queue` are those of the case now, or when it was closed. `rules`, `facts`, `told` and `true_keys` are '' and b""
    for a decision that is older than their keeping.
    """

    id: int
    contact_id: int | None
    at: datetime
    trace: Mapping[str, Any] = field(repr=False)
    case_id: int | None
    number: int | None
    category: str
    queue: str
    rules: str
    facts: bytes = field(repr=False)
    told: bytes = field(repr=False)
    true_keys: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Correction:
    """An agent's change of a case's queue or category; '' = that one stayed."""

    case_id: int
    at: datetime
    queue: str
    category: str


class History(Protocol):
    """What has been decided since a moment."""

    def count(self, since: datetime) -> int:
        """How many decisions `decided` will give."""

    def decided(self, since: datetime) -> Iterator[Decided]:
        """The decisions about new contacts since then, oldest first, without holding all of them."""

    def rules(self) -> dict[str, KeptRules]:
        """Every ruleset that has decided, by its key."""

    def corrections(self, since: datetime) -> Iterator[Correction]:
        """What agents changed since then, oldest first."""
