"""What the house does with files that should be opened with care, and with very large ones.

The configuration makes it, registration notes what is too large, and whoever hands files on asks `withholds`. Only
files are concerned: what a message says is registered whatever came with it, and the raw message is always kept.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum

LARGE = "large"
_LARGEST = 25 << 20


class FlaggedFiles(Enum):
    """What becomes of files with a flag: they are marked, or marked and not handed out unless asked for by a word."""

    MARK = "mark"
    WITHHOLD = "withhold"


@dataclass(frozen=True, slots=True)
class FilePolicy:
    """`largest` in bytes: a file above it is flagged `large`."""

    flagged: FlaggedFiles = FlaggedFiles.MARK
    largest: int = _LARGEST

    def flags(self, size: int, known: Collection[str]) -> tuple[str, ...]:
        """The flags of a file in this house: those that are known of it, and whether it is too large."""
        return tuple(sorted({*known, *([LARGE] if size > self.largest else [])}))

    def withholds(self, flags: Collection[str]) -> bool:
        """Whether a file with these flags is kept back."""
        return bool(flags) and self.flagged is FlaggedFiles.WITHHOLD
