"""Figures as people and programs read them: JSON lines on standard output, a summary on standard error."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure beside what this machine could do at most, in the same run.

    `ratio` is figure / limit, taken round by round; `ok` is None where no bar is set. A bar of a rate is a least
    ratio; `most` is the most that a span of time may be.
    """

    name: str
    figure: float
    unit: str
    limit_name: str = ""
    limit: float | None = None
    ratio: float | None = None
    bar: float | None = None
    ok: bool | None = None
    most: float | None = None

    @classmethod
    def span(cls, name: str, figure: float, limit_name: str, limit: float, most: float) -> Figure:
        """A span in milliseconds beside the least that this machine needs, with the most that is good enough."""
        ratio = round(figure / limit, 3) if limit else None
        return cls(name, round(figure, 1), "ms", limit_name, round(limit, 1), ratio, None, figure <= most, most)

    @classmethod
    def beside(cls, name: str, figure: float, limit_name: str, limit: float, ratio: float, bar: float | None) -> Figure:
        """A rate beside its limit, with the least ratio that is good enough."""
        ok = None if bar is None else ratio >= bar
        return cls(name, round(figure, 1), "1/s", limit_name, round(limit, 1), round(ratio, 3), bar, ok)

    def print(self) -> None:
        """One line for programs, one for people."""
        print(json.dumps(asdict(self)), flush=True)
        verdict = {None: "", True: "  ok", False: "  MISSED"}[self.ok]
        beside = f"  = {self.ratio:.0%} of {self.limit:.0f} {self.limit_name}" if self.ratio and self.limit else ""
        bar = f" (bar {self.bar:.0%})" if self.bar else ""
        bar = f" (at least {self.bar:.0f} {self.unit})" if self.bar and self.ratio is None else bar
        bar = f" (at most {self.most:.0f} {self.unit})" if self.most else bar
        sys.stderr.write(f"{self.name:<44}{self.figure:>10.1f} {self.unit}{beside}{bar}{verdict}\n")
