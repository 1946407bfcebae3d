"""The only door to RE2: regular expressions of rules, in time linear in the text whatever the pattern.

Called by the operators. A pattern that RE2 refuses, or that is over the bounds, is a `ValueError` with a
sentence for the writer of the rule.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

import re2

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_LENGTH = 512
MAX_REPEAT = 100

Found: TypeAlias = "tuple[int, int, Mapping[str, str]]"

_REPEAT = re.compile(r"(?<!\\)\{(\d+)(?:,(\d*))?\}")


class Pattern:
    """One compiled pattern (RE2 syntax; case counts unless it starts with `(?i)`)."""

    def __init__(self, source: str) -> None:
        _check_bounds(source)
        options = re2.Options()
        options.log_errors = False
        try:
            self._compiled = re2.compile(source, options)
        except re2.error as refused:
            raise ValueError(f"pattern {source!r} is not valid: {_sentence(refused)}") from None
        self.names: frozenset[str] = frozenset(self._compiled.groupindex)

    def search(self, text: str) -> Found | None:
        """Start, end and named captures of the first match; a group that took no part is absent."""
        match = self._compiled.search(text)
        if match is None:
            return None
        captures = {name: value for name, value in match.groupdict().items() if value is not None}
        return match.start(), match.end(), captures


def _check_bounds(source: str) -> None:
    if len(source) > MAX_LENGTH:
        raise ValueError(f"pattern has {len(source)} characters; at most {MAX_LENGTH} are allowed")
    for repeat in _REPEAT.finditer(source):
        if max(int(count or 0) for count in repeat.groups()) > MAX_REPEAT:
            raise ValueError(f"pattern repeats {repeat[0]}; at most {MAX_REPEAT} repeats are allowed")
    if "\\b" in source and not source.isascii():
        raise ValueError(r"pattern has \b beside letters outside ASCII, whose edges it does not see; use words")


def _sentence(refused: re2.error) -> str:
    reason = refused.args[0] if refused.args else refused
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
