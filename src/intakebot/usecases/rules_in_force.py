"""The rules in force: one reference that a reload swaps between two decisions.

Made once at the start and handed to the house; whoever decides takes `ruleset` once and decides to the end with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from intakebot.rules.model import Rule, Ruleset, leaves


class RulesInForce:
    """The ruleset that decides now, and what follows from it."""

    def __init__(self, ruleset: Ruleset) -> None:
        self._now = _in_force(ruleset)

    @property
    def ruleset(self) -> Ruleset:
        """What decides now."""
        return self._now.ruleset

    @property
    def default_queues(self) -> Mapping[str, str]:
        """The queue that the default of the route stage names, by workflow."""
        return self._now.default_queues

    @property
    def events(self) -> frozenset[str]:
        """The events of a case that exists, on which any rule looks at it again."""
        return self._now.events

    @property
    def idle_hours(self) -> tuple[float, ...]:
        """After how many hours without a touch a case is looked at again, shortest first."""
        return self._now.idle_hours

    def swap(self, ruleset: Ruleset) -> None:
        """From now on these rules decide. One assignment: nobody sees half of it."""
        self._now = _in_force(ruleset)


@dataclass(frozen=True, slots=True)
class _InForce:
    ruleset: Ruleset
    default_queues: Mapping[str, str]
    events: frozenset[str]
    idle_hours: tuple[float, ...]


LOOKED_AT_AGAIN = ("flag", "route")
"""The stages that decide about a case that exists."""
IDLE_HOURS = "case.idle_hours"


def _in_force(ruleset: Ruleset) -> _InForce:
    again = [rule for name in LOOKED_AT_AGAIN for rule in ruleset.stage(name).rules]
    events = frozenset(event for rule in again for event in rule.on) - {"created"}
    return _InForce(ruleset, _default_queues(ruleset), events, idle_hours(ruleset, again))


def idle_hours(ruleset: Ruleset, rules: Iterable[Rule]) -> tuple[float, ...]:
    """Every number of hours that a rule on `idle` wants to be exceeded, shortest first."""
    atoms = (ruleset.atoms[leaf.atom] for rule in rules if "idle" in rule.on for leaf in leaves(rule.condition))
    hours = {float(atom.wanted[0]) for atom in atoms if atom.field == IDLE_HOURS and atom.operator == "gt"}
    return tuple(sorted(hours))


def _default_queues(ruleset: Ruleset) -> Mapping[str, str]:
    default = ruleset.stage("route").default
    targets = default.plain() if default else {}
    named = targets.items() if isinstance(targets, dict) else ()
    return {name: str(target["queue"]) for name, target in named if isinstance(target, dict) and target.get("queue")}
