"""What rules may name: the queues, workflows, templates, ... of one installation, and what its processes allow.

Made by the composition root with `world_of`; asked by the checks. What a `World` leaves open (None, or no entry)
is not checked.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from intakebot.domain.organisation import Organisation
from intakebot.domain.workflow import Verb, Workflow

MOVE, RESOLVE = "move", "resolve"


@dataclass(frozen=True, slots=True)
class World:
    """What rules may name.

    `serves` maps a queue to the workflows it serves, `steps` a workflow to what may become of a case that was
    just registered: `move` (to a queue or assignee), `resolve`. `reached` names queues that cases reach without
    a rule, `variants` workflows that only classification leads to. `categories`, `policies`, `markers`, `statuses`,
    `languages` (of messages), `tiers` (of agreements) None: any name will do.
    """

    queues: frozenset[str] = frozenset()
    workflows: frozenset[str] = frozenset()
    templates: frozenset[str] = frozenset()
    agents: frozenset[str] = frozenset()
    categories: frozenset[str] | None = None
    policies: frozenset[str] | None = None
    markers: frozenset[str] | None = None
    statuses: frozenset[str] | None = None
    languages: frozenset[str] | None = None
    tiers: frozenset[str] | None = None
    serves: Mapping[str, frozenset[str]] = field(default_factory=dict)
    steps: Mapping[str, frozenset[str]] = field(default_factory=dict)
    reached: frozenset[str] = frozenset()
    variants: frozenset[str] = frozenset()

    def names(self, what: str) -> frozenset[str] | None:
        """All known names of a sort (`queue`, `workflow`, ...); None when any name will do."""
        sorts: Mapping[str, frozenset[str] | None] = {
            "queue": self.queues,
            "workflow": self.workflows,
            "template": self.templates,
            "agent": self.agents,
            "category": self.categories,
            "policy": self.policies,
            "marker": self.markers,
            "status": self.statuses,
        }
        return sorts[what]

    def not_served(self, queue: str, workflows: Collection[str]) -> list[str]:
        """Those of the workflows that a queue does not serve."""
        return sorted(set(workflows) - self.serves.get(queue, frozenset(workflows)))

    def without_step(self, step: str, workflows: Collection[str]) -> list[str]:
        """Those of the workflows whose table has no such step for a case that was just registered."""
        return sorted(name for name in workflows if step not in self.steps.get(name, {step}))


def world_of(organisation: Organisation, templates: Collection[str]) -> World:
    """The world of an installation. Where it declares no categories, any will do."""
    return World(
        queues=frozenset(organisation.queues),
        workflows=frozenset(organisation.workflows),
        templates=frozenset(templates),
        agents=frozenset(organisation.agents),
        categories=frozenset(organisation.categories) or None,
        policies=frozenset(organisation.policies),
        markers=frozenset(organisation.markers),
        statuses=frozenset(status for each in organisation.workflows.values() for status in each.states),
        languages=frozenset(organisation.languages),
        tiers=frozenset(policy.tier for policy in organisation.policies.values() if policy.tier) or None,
        serves={queue.name: frozenset(queue.workflows) for queue in organisation.queues.values()},
        steps={name: _steps(workflow) for name, workflow in organisation.workflows.items()},
        reached=frozenset({organisation.triage_queue}),
        variants=frozenset(name for each in organisation.workflows.values() for name in each.variants.values()),
    )


def _steps(workflow: Workflow) -> frozenset[str]:
    """What a rule can do with a case as it is registered, by the workflow's own table."""
    start = workflow.initial.name
    moves = _after(workflow, start, Verb.MOVE) is not None
    in_charge = _after(workflow, start, Verb.TAKE)
    resolves = any(_after(workflow, status, Verb.RESOLVE) for status in (start, in_charge) if status)
    return frozenset(step for step, possible in ((MOVE, moves), (RESOLVE, resolves)) if possible)


def _after(workflow: Workflow, status: str, verb: Verb) -> str | None:
    """The state that a verb leads to; None when the table has no such line."""
    line = workflow.step(status, workflow.verbs[verb]) if verb in workflow.verbs else None
    return line.target if line else None
