"""A workflow as data: states, transitions, guards by name, timers. Loaded from config/workflows/*.yaml.

The kind of a state carries what the process means by it; the names are the users' own. `check_workflow` finds
what cannot work (dead ends, unreachable states, unknown guards) before anything starts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from intakebot.domain.errors import RefusedError
from intakebot.domain.positions import Place


class StateKind(Enum):
    """What being in a state means, in every process."""

    REGISTERED = "registered"
    WAITING = "waiting"
    IN_CHARGE = "in-charge"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Verb(Enum):
    """What agents and rules ask for, in words that hold in every process; a workflow names its own action."""

    MOVE = "move"
    TAKE = "take"
    RESOLVE = "resolve"
    CLOSE = "close"
    REOPEN = "reopen"
    ANSWER_AND_CLOSE = "answer-and-close"


@dataclass(frozen=True, slots=True)
class State:
    """One status of a case. `rest` is False for a state in which no case may stay."""

    name: str
    kind: StateKind
    place: Place
    rest: bool = True


@dataclass(frozen=True, slots=True)
class Transition:
    """One line of the process table.

    `target` is the state reached; `target_without_owner`, where given, the one reached instead when no active
    human owner is there to take the case back. `event` is the kind of the event that is written.
    `closes_when_sent` marks a final answer: the case closes when its delivery settles as sent.
    """

    sources: tuple[str, ...]
    action: str
    target: str
    guards: tuple[str, ...]
    event: str
    place: Place
    target_without_owner: str = ""
    closes_when_sent: bool = False


@dataclass(frozen=True, slots=True)
class TimerRule:
    """`after` the case entered `state`, `action` is taken; in working days when `business_days`."""

    state: str
    action: str
    after: timedelta
    place: Place
    business_days: bool = False


@dataclass(frozen=True, slots=True)
class Workflow:
    """One process. `variants` maps a category root to the workflow that takes over at classification."""

    name: str
    title: str
    states: Mapping[str, State]
    transitions: tuple[Transition, ...]
    verbs: Mapping[Verb, str]
    timers: tuple[TimerRule, ...]
    variants: Mapping[str, str]
    place: Place

    @property
    def initial(self) -> State:
        """The state in which a case is registered."""
        return next(state for state in self.states.values() if state.kind is StateKind.REGISTERED)

    def kind_of(self, status: str) -> StateKind:
        """What a status means."""
        return self.states[status].kind

    def action_for(self, verb: Verb) -> str:
        """This process's own word for a verb; raises RefusedError when it has none."""
        if verb not in self.verbs:
            raise RefusedError(
                "transition.unknown-action", f"the process {self.name} has no way to {verb.value} a case"
            )
        return self.verbs[verb]

    def step(self, status: str, action: str) -> Transition | None:
        """The transition for an action in a status, or None when the process does not allow it."""
        found = (line for line in self.transitions if line.action == action and status in line.sources)
        return next(found, None)

    def actions_from(self, status: str) -> tuple[str, ...]:
        """The actions that the process table allows in a status, in table order."""
        return tuple(line.action for line in self.transitions if status in line.sources)


def base_process(workflows: Mapping[str, Workflow], current: str) -> Workflow:
    """The process that `current` is a variant of, or is itself."""
    base = next((workflow for workflow in workflows.values() if current in workflow.variants.values()), None)
    return base or workflows[current]


def variant_for(workflows: Mapping[str, Workflow], current: str, category: str) -> str:
    """The workflow that a case of the process `current` follows under a category.

    Only the base process lists its variants, by category root; every other root follows the base again.
    """
    process = base_process(workflows, current)
    return process.variants.get(category.partition("/")[0], process.name)
