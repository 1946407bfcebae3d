"""Finds what cannot work in a workflow before anything starts: dead ends, unknown names, steps around a guard.

Called by `config` for every workflow file. Pure: it looks at the tables only and returns problems with places.
The invariants of every process are held here as far as a table can break them: a case closes only after its
resolution was sent, never waits without a queue, never is resolved out of a state in which it must not rest.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from intakebot.domain.errors import Problem
from intakebot.domain.guards import GUARDS
from intakebot.domain.workflow import StateKind, TimerRule, Transition, Verb, Workflow

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from intakebot.domain.positions import Place


def check_workflow(workflow: Workflow) -> list[Problem]:
    """All problems of one workflow. What depends on known states is looked at once all states are known."""
    unknown = list(_unknown_names(workflow))
    return unknown or [*_states(workflow), *_steps(workflow), *_ambiguous(workflow), *_timers(workflow)]


def check_variants(workflows: Mapping[str, Workflow]) -> list[Problem]:
    """All problems between workflows: a variant must exist, have the same statuses, and belong to one process."""
    return [problem for workflow in workflows.values() for problem in _variants(workflow, workflows)]


def _problem(place: Place, sentence: str) -> Problem:
    return Problem(place.file, place.line, sentence)


def _unknown_names(workflow: Workflow) -> Iterator[Problem]:
    for line in workflow.transitions:
        for name in (*line.sources, line.target, line.target_without_owner or line.target):
            if name not in workflow.states:
                yield _problem(line.place, f"{line.action}: unknown state {name!r}; {_known(workflow.states)}")
        for guard in line.guards:
            if guard not in GUARDS:
                yield _problem(line.place, f"{line.action}: unknown guard {guard!r}; {_known(GUARDS)}")
    yield from _unknown_in_verbs_and_timers(workflow)


def _unknown_in_verbs_and_timers(workflow: Workflow) -> Iterator[Problem]:
    actions = [line.action for line in workflow.transitions]
    for verb, action in workflow.verbs.items():
        if action not in actions:
            yield _problem(workflow.place, f"verbs.{verb.value}: unknown action {action!r}; {_known(actions)}")
    for rule in workflow.timers:
        if rule.state not in workflow.states:
            yield _problem(rule.place, f"timer: unknown state {rule.state!r}; {_known(workflow.states)}")
        if rule.action not in actions:
            yield _problem(rule.place, f"timer: unknown action {rule.action!r}; {_known(actions)}")


def _known(names: Collection[str]) -> str:
    return f"known: {', '.join(dict.fromkeys(names))}"


def _states(workflow: Workflow) -> Iterator[Problem]:
    registered = [state.name for state in workflow.states.values() if state.kind is StateKind.REGISTERED]
    if len(registered) != 1:
        yield _problem(
            workflow.place, f"exactly one state must be of kind registered; found: {', '.join(registered) or 'none'}"
        )
    reached = _reachable(workflow, registered)
    if not any(workflow.kind_of(name) is StateKind.CLOSED for name in reached):
        yield _problem(workflow.place, "no state of kind closed can be reached; no case would ever end")
    for state in workflow.states.values():
        if state.name not in reached:
            yield _problem(state.place, f"the state {state.name} is never reached")
        if state.kind is not StateKind.CLOSED and not workflow.actions_from(state.name):
            yield _problem(state.place, f"the state {state.name} is a dead end: no transition leaves it")


def _reachable(workflow: Workflow, start: list[str]) -> set[str]:
    reached: set[str] = set()
    ahead = list(start)
    while ahead:
        name = ahead.pop()
        reached.add(name)
        for line in workflow.transitions:
            if name in line.sources:
                ahead += {line.target, line.target_without_owner or line.target} - reached
    return reached


def _steps(workflow: Workflow) -> Iterator[Problem]:
    for line in workflow.transitions:
        for source in line.sources:
            for sentence in _wrong_way(workflow, source, line):
                yield _problem(line.place, f"{source} -> {line.target} ({line.action}): {sentence}")
        for sentence in _missing_guards(workflow, line):
            yield _problem(line.place, f"{line.action} to {line.target}: {sentence}")
        for sentence in _wrong_marks(workflow, line):
            yield _problem(line.place, f"{line.action}: {sentence}")


def _wrong_way(workflow: Workflow, source: str, line: Transition) -> Iterator[str]:
    origin, target = workflow.kind_of(source), workflow.kind_of(line.target)
    if origin is StateKind.CLOSED:
        yield "a closed case never changes"
    if target is StateKind.REGISTERED:
        yield "a case is registered once; no transition leads back"
    if (
        origin is StateKind.RESOLVED
        and target is not StateKind.CLOSED
        and line.action != workflow.verbs.get(Verb.REOPEN)
    ):
        yield "a resolved case is only closed or reopened"
    if origin is StateKind.REGISTERED and target is StateKind.RESOLVED:
        if line.action != workflow.verbs.get(Verb.RESOLVE):
            yield "only the action of the verb resolve may resolve a case that nobody has in charge"
        if not workflow.states[source].rest:
            yield f"no case rests in {source}, so somebody takes it in charge before it is resolved"


def _missing_guards(workflow: Workflow, line: Transition) -> Iterator[str]:
    target = workflow.kind_of(line.target)
    if target is StateKind.WAITING and not {"target", "queue"} & set(line.guards):
        yield "it needs the guard target or queue, or a case would wait nowhere"
    if target is StateKind.CLOSED and "resolution-sent" not in line.guards:
        yield "it needs the guard resolution-sent; nothing closes before the caller was answered"
    if (target is StateKind.RESOLVED or line.closes_when_sent) and "resolution-entered" not in line.guards:
        yield "it needs the guard resolution-entered"


def _wrong_marks(workflow: Workflow, line: Transition) -> Iterator[str]:
    kind = workflow.kind_of(line.target)
    if line.closes_when_sent:
        closing = workflow.step(line.target, workflow.verbs.get(Verb.CLOSE, ""))
        if kind is not StateKind.IN_CHARGE or closing is None:
            yield "closes_when_sent needs a state in charge that the verb close can leave"
    if line.target_without_owner and (
        kind is not StateKind.IN_CHARGE or workflow.kind_of(line.target_without_owner) is not StateKind.WAITING
    ):
        yield "without_owner_to leads to a waiting state, instead of one in charge"


def _ambiguous(workflow: Workflow) -> Iterator[Problem]:
    for line in workflow.transitions:
        for source in line.sources:
            if workflow.step(source, line.action) is not line:
                yield _problem(line.place, f"{line.action} from {source} is there twice; the first line would win")


def _timers(workflow: Workflow) -> Iterator[Problem]:
    seen: set[tuple[str, str]] = set()
    for rule in workflow.timers:
        for sentence in _wrong_timer(workflow, rule):
            yield _problem(rule.place, f"timer {rule.action} in {rule.state}: {sentence}")
        if (rule.state, rule.action) in seen:
            yield _problem(rule.place, f"timer {rule.action} in {rule.state}: it is there twice")
        seen.add((rule.state, rule.action))


def _wrong_timer(workflow: Workflow, rule: TimerRule) -> Iterator[str]:
    if workflow.step(rule.state, rule.action) is None:
        yield "the action is not possible in that state"
    if rule.business_days and rule.after % timedelta(days=1):
        yield "business days are whole days"


def _variants(workflow: Workflow, workflows: Mapping[str, Workflow]) -> Iterator[Problem]:
    for root, name in workflow.variants.items():
        variant = workflows.get(name)
        if variant is None:
            yield _problem(workflow.place, f"variants.{root}: unknown workflow {name!r}; {_known(workflows)}")
            continue
        if variant.variants:
            yield _problem(workflow.place, f"variants.{root}: {name} has variants itself")
        if list(variant.states) != list(workflow.states):
            yield _problem(workflow.place, f"variants.{root}: {name} does not have the same states")
        bases = [base.name for base in workflows.values() if name in base.variants.values()]
        if len(bases) > 1:
            yield _problem(workflow.place, f"variants.{root}: {name} is a variant of {', '.join(bases)}; one at most")
