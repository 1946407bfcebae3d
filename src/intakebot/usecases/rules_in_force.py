"""The rules in force: one reference that a reload swaps between two decisions.

Made once at the start and handed to the house; whoever decides takes `now` or `ruleset` once and decides to the end
with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from intakebot.domain.change import StoredRuleset
from intakebot.rules.model import Rule, Ruleset, leaves
from intakebot.usecases.seen_facts import stored_ruleset

LOOKED_AT_AGAIN = ("flag", "route")
"""The stages that decide about a case that exists."""
IDLE_HOURS = "case.idle_hours"


@dataclass(frozen=True)
class InForce:
    """A ruleset and what follows from it."""

    ruleset: Ruleset

    @cached_property
    def default_queues(self) -> Mapping[str, str]:
        """The queue that the default of the route stage names, by workflow."""
        default = self.ruleset.stage("route").default
        targets = default.plain() if default else {}
        named = targets.items() if isinstance(targets, dict) else ()
        queues = {name: target.get("queue") for name, target in named if isinstance(target, dict)}
        return {name: str(queue) for name, queue in queues.items() if queue}

    @cached_property
    def stored(self) -> StoredRuleset:
        """The rules as they are kept beside their decisions; packed at the first one, not while somebody swaps."""
        return stored_ruleset(self.ruleset)

    @cached_property
    def events(self) -> frozenset[str]:
        """The events of a case that exists, on which any rule looks at it again."""
        return frozenset(event for rule in self._again for event in rule.on) - {"created"}

    @cached_property
    def idle_hours(self) -> tuple[float, ...]:
        """After how many hours without a touch a case is looked at again, shortest first."""
        return idle_hours(self.ruleset, self._again)

    @property
    def _again(self) -> list[Rule]:
        return [rule for name in LOOKED_AT_AGAIN for rule in self.ruleset.stage(name).rules]


class RulesInForce:
    """The ruleset that decides now, and what follows from it."""

    def __init__(self, ruleset: Ruleset) -> None:
        self._now = InForce(ruleset)

    @property
    def now(self) -> InForce:
        """What decides now, with what follows from it."""
        return self._now

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
        self._now = InForce(ruleset)


def idle_hours(ruleset: Ruleset, rules: Iterable[Rule]) -> tuple[float, ...]:
    """Every number of hours that a rule on `idle` wants to be exceeded, shortest first."""
    atoms = (ruleset.atoms[leaf.atom] for rule in rules if "idle" in rule.on for leaf in leaves(rule.condition))
    hours = {float(atom.wanted[0]) for atom in atoms if atom.field == IDLE_HOURS and atom.operator == "gt"}
    return tuple(sorted(hours))
