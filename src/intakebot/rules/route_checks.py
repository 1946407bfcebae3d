"""Whether what the route stage says can happen: steps of the workflows, queues that serve them, queues never named.

Called by `check`. A rule that names a workflow is held to it; one that names none is only warned, because the
cases that it would misroute may never come (they go to triage, with the refusal as their comment).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from intakebot.domain.errors import Problem, Severity
from intakebot.domain.positions import Node
from intakebot.rules.literals import Literal
from intakebot.rules.model import Rule, Ruleset
from intakebot.rules.shapes import known
from intakebot.rules.terms import Shape
from intakebot.rules.world import MOVE, RESOLVE, World

_WORKFLOW = "case.workflow"


def route_problems(rules: Sequence[Rule], shapes: Sequence[Shape], world: World) -> Iterator[Problem]:
    """Steps that a workflow does not have, and queues that do not serve it."""
    for rule, shape in zip(rules, shapes, strict=True):
        if not shape.is_impossible:
            workflows, named = _workflows_of(shape, world)
            yield from _step_problems(rule, rule.then, workflows, world, named=named)


def default_problems(workflow: str, node: Node, world: World) -> Iterator[Problem]:
    """The same for the default of one workflow."""
    for queue in _queues_of(node):
        if queue.value in world.queues and world.not_served(str(queue.value), {workflow}):
            sentence = f"queue {queue.value!r} does not serve the workflow {workflow!r}; {_servers(workflow, world)}"
            yield Problem(queue.place.file, queue.place.line, sentence)


def unreachable_queues(ruleset: Ruleset, world: World) -> Iterator[Problem]:
    """Queues that no rule and no default names."""
    route = ruleset.stage("route")
    if route.default is None:
        return
    texts = [rule.then for stage in ruleset.stages for rule in stage.rules if rule.mode == "live"]
    texts += [stage.default for stage in ruleset.stages if stage.default]
    named = {str(node.value) for then in texts for node in _queues_of(then)}
    for queue in sorted(world.queues - named - world.reached):
        sentence = (
            f"no rule and no default names the queue {queue!r}; only agents who send cases there by hand reach it"
        )
        yield Problem(route.place.file, route.place.line, sentence, "warning")


def _workflows_of(shape: Shape, world: World) -> tuple[frozenset[str], bool]:
    """Workflows under which a rule may match, and whether it says so itself."""
    found: set[str] = set()
    named = True
    for term in shape.terms:
        own = [literal for literal in term if literal.field == _WORKFLOW]
        named = named and any(literal.operator == "eq" and not literal.negated for literal in own)
        found.update(name for name in world.workflows if all(_allows(literal, name) for literal in own))
    return frozenset(found), named


def _allows(literal: Literal, workflow: str) -> bool:
    if literal.operator != "eq":
        return True
    return (workflow.casefold() in literal.chosen) is not literal.negated


def _step_problems(
    rule: Rule, then: Node, workflows: frozenset[str], world: World, *, named: bool
) -> Iterator[Problem]:
    actions = then.value if isinstance(then.value, Mapping) else {}
    step = RESOLVE if "resolve" in actions else MOVE
    way = "resolve" if step == RESOLVE else "send to a queue"
    missing = world.without_step(step, workflows) if "created" in rule.on else []
    if missing:
        sentence = f"rule {rule.id!r} cannot {way} a new case of the workflow {known(missing)}: it has no such step"
        yield _at(then, sentence, certain=named or len(missing) == len(workflows))
    for queue in _targets(actions):
        if queue.value not in world.queues:
            continue
        unserved = world.not_served(str(queue.value), workflows)
        if unserved:
            certain = named or len(unserved) == len(workflows)
            sentence = (
                f"queue {queue.value!r} does not serve the workflow {known(unserved)}, so such cases go to triage"
            )
            hint = _servers(unserved[0], world) if certain else f"ask for `{_WORKFLOW}` in rule {rule.id!r}"
            yield _at(queue, f"{sentence}; {hint}", certain=certain)


def _targets(actions: Mapping[str, Node]) -> Iterator[Node]:
    """Where the case itself is sent; tasks may go to any queue."""
    for name in ("queue", "escalate"):
        if name in actions:
            yield from _queues_of(Node({name: actions[name]}, actions[name].place))


def _queues_of(node: Node) -> Iterator[Node]:
    """Every `queue` in actions, however deep."""
    if isinstance(node.value, tuple):
        for part in node.value:
            yield from _queues_of(part)
    elif isinstance(node.value, Mapping):
        for name, part in node.value.items():
            if name == "queue":
                yield part
            else:
                yield from _queues_of(part)


def _servers(workflow: str, world: World) -> str:
    serving = [queue for queue in world.queues if not world.not_served(queue, {workflow})]
    return f"queues that serve {workflow}: {known(serving)}"


def _at(node: Node, sentence: str, *, certain: bool) -> Problem:
    severity: Severity = "error" if certain else "warning"
    return Problem(node.place.file, node.place.line, sentence, severity)
