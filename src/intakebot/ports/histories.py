"""What became of cases, for figures over many of them. Part of `ports.Archive`: reading, outside any transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One event of a case: what happened, who did it (`agent:alice`), and the fields that it changed."""

    kind: str
    by: str
    changes: Mapping[str, Any]
    note: str


@dataclass(frozen=True, slots=True)
class History:
    """A case's number, the Message-ID of the contact that opened it ('' = none), and its events, oldest first."""

    number: int
    message_id: str
    lines: tuple[HistoryLine, ...]


class Histories(Protocol):
    """The histories of many cases."""

    def histories(self, since: datetime) -> Iterator[History]:
        """Of every case that was registered since then, oldest first; read while they are taken."""
