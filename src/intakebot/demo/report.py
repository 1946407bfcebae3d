"""What a performance leaves behind: cases with their time lines, counts, and checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation: what was expected, whether it came true, and if not, what was seen."""

    name: str
    ok: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """The whole outcome. `cases` are list rows, each with its `scene` and its `time_line` (the case's log)."""

    cases: tuple[Mapping[str, Any], ...]
    contacts: Mapping[str, int]
    deliveries: Mapping[str, int]
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Every check came true."""
        return all(check.ok for check in self.checks)

    def plain(self) -> dict[str, Any]:
        """The report as JSON-like data."""
        return asdict(self)
