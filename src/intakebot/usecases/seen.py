"""What the rules saw of a contact, kept with its decision so that near misses can be named when somebody asks.

The texts are the case's messages and are not kept twice; headers are many, long, and the raw message has them. What
is left is little. Called by `assess` (keeping) and `reasons` (reading).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from intakebot.domain.positions import Plain
from intakebot.rules.facts import Fact
from intakebot.rules.reasons import Seen

LONGEST = 1_000
"""Characters of a fact that is kept: a list of a thousand attachments is not."""
_TEXTS: Mapping[str, str] = {"subject": "subject", "body": "new_text", "body.full": "text"}
"""Facts that a message of the case has, and under which name."""
_HEADER = "header."


def kept_facts(seen: Seen) -> dict[str, Plain]:
    """What is kept: the facts by stage, and the names of those that were left out (all headers go without saying)."""
    left_out: list[Plain] = []
    stages: dict[str, Plain] = {}
    for stage, facts in seen.items():
        short: dict[str, Plain] = {}
        for name, fact in facts.items():
            if name in _TEXTS or name.startswith(_HEADER):
                continue
            if _length(fact) > LONGEST:
                left_out.append(name)
            else:
                short[name] = list(fact) if isinstance(fact, tuple) else fact
        stages[stage] = short
    return {"stages": stages, "left_out": left_out}


def facts_again(kept: Mapping[str, Any], message: Mapping[str, Any] | None) -> Seen:
    """What the rules saw, out of what was kept and the stored message (None where the case has none).

    Empty for decisions from before anything was kept.
    """
    seen = {
        stage: {name: tuple(fact) if isinstance(fact, list) else fact for name, fact in facts.items()}
        for stage, facts in kept.get("stages", {}).items()
    }
    if message and seen:
        seen["guard"] = seen.get("guard", {}) | {name: message[column] for name, column in _TEXTS.items()}
    return seen


class NotKept:
    """The names of facts that nobody can say: headers, what was too long, and without a message its texts."""

    def __init__(self, kept: Mapping[str, Any], message: Mapping[str, Any] | None) -> None:
        self._names = {*kept.get("left_out", ()), *(() if message else _TEXTS)}

    def __contains__(self, name: object) -> bool:
        return name in self._names or str(name).startswith(_HEADER)


def _length(fact: Fact) -> int:
    return sum(map(len, fact)) if isinstance(fact, tuple) else len(str(fact))
