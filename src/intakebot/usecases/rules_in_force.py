"""The rules in force: one reference that a reload swaps between two decisions.

Made once at the start and handed to the house; whoever decides takes `ruleset` once and decides to the end with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from intakebot.rules.model import Ruleset


class RulesInForce:
    """The ruleset that decides now, and what follows from it."""

    def __init__(self, ruleset: Ruleset) -> None:
        self._now = _InForce(ruleset, _default_queues(ruleset))

    @property
    def ruleset(self) -> Ruleset:
        """What decides now."""
        return self._now.ruleset

    @property
    def default_queues(self) -> Mapping[str, str]:
        """The queue that the default of the route stage names, by workflow."""
        return self._now.default_queues

    def swap(self, ruleset: Ruleset) -> None:
        """From now on these rules decide. One assignment: nobody sees half of it."""
        self._now = _InForce(ruleset, _default_queues(ruleset))


@dataclass(frozen=True, slots=True)
class _InForce:
    ruleset: Ruleset
    default_queues: Mapping[str, str]


def _default_queues(ruleset: Ruleset) -> Mapping[str, str]:
    default = ruleset.stage("route").default
    targets = default.plain() if default else {}
    named = targets.items() if isinstance(targets, dict) else ()
    return {name: str(target["queue"]) for name, target in named if isinstance(target, dict) and target.get("queue")}
