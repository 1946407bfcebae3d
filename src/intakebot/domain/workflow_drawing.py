"""Draws workflows from their tables, so that the picture in docs/lifecycle.md can never differ from what runs.

Called by whoever writes that page, and by the house test that compares it. Pure text: Mermaid and Markdown.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from intakebot.domain.guards import GUARDS
from intakebot.domain.workflow import StateKind, TimerRule, Transition, Workflow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_KINDS: Final[Mapping[StateKind, str]] = {
    StateKind.REGISTERED: "registered, nothing decided yet",
    StateKind.WAITING: "a queue holds it",
    StateKind.IN_CHARGE: "somebody works on it",
    StateKind.RESOLVED: "a final answer was given",
    StateKind.CLOSED: "no change is possible any more",
}
_INTRODUCTION: Final = """# The life of a case

Drawn from `config/workflows/*.yaml` by `intakebot.domain.workflow_drawing`; a test compares this page with them.
Every door (mail, Slack, command line, timers, rules) moves a case through `domain.lifecycle.transition`, and
through nothing else. A refused step changes nothing and says why; its code is `guard.<name>`, or
`transition.not-allowed` when the table has no such line.
"""


def draw(workflow: Workflow) -> str:
    """The workflow as a Mermaid state diagram, actions with their guards on the arrows."""
    names = {state: f"s{count}" for count, state in enumerate(workflow.states, start=1)}
    closed = [state.name for state in workflow.states.values() if state.kind is StateKind.CLOSED]
    lines = (
        "stateDiagram-v2",
        *(f"{names[state]}: {state}" for state in workflow.states),
        f"[*] --> {names[workflow.initial.name]}",
        *(arrow for line in workflow.transitions for arrow in _arrows(line, names)),
        *(f"note right of {names[rule.state]}: {rule.action} after {_span(rule)}" for rule in workflow.timers),
        *(f"{names[state]} --> [*]" for state in closed),
    )
    return "\n    ".join(lines)


def _arrows(line: Transition, names: Mapping[str, str]) -> Iterator[str]:
    guards = f" [{', '.join(line.guards)}]" if line.guards else ""
    for source in line.sources:
        yield f"{names[source]} --> {names[line.target]}: {line.action}{guards}"
        if line.target_without_owner:
            target = names[line.target_without_owner]
            yield f"{names[source]} --> {target}: {line.action}, without an active owner{guards}"


def lifecycle_page(workflows: Iterable[Workflow]) -> str:
    """The whole page docs/lifecycle.md: every workflow, and what the guards ask for."""
    sections = [_INTRODUCTION, *(_section(workflow) for workflow in workflows), _guards()]
    return "\n".join(sections)


def _section(workflow: Workflow) -> str:
    states = "\n".join(
        f"| {state.name} | {_KINDS[state.kind]} | {'yes' if state.rest else 'no: it is moved on at once'} |"
        for state in workflow.states.values()
    )
    steps = "\n".join(_row(workflow, line) for line in workflow.transitions)
    return f"""## {workflow.title} (`{workflow.name}`)

```mermaid
{draw(workflow)}
```

| status | what it means | may a case stay there |
|---|---|---|
{states}

| from | action | to | guards |
|---|---|---|---|
{steps}

{_footnotes(workflow)}"""


def _row(workflow: Workflow, line: Transition) -> str:
    target = line.target
    if line.target_without_owner:
        target += f" (an active owner takes it back), otherwise {line.target_without_owner} (its last queue)"
    if line.closes_when_sent:
        closed = next(state.name for state in workflow.states.values() if state.kind is StateKind.CLOSED)
        target += f", then {closed} in the transaction that settles the answer as sent"
    return f"| {', '.join(line.sources)} | {line.action} | {target} | {', '.join(line.guards) or 'none'} |"


def _footnotes(workflow: Workflow) -> str:
    notes = [f"- Timer: {rule.action}, {_span(rule)} after the case became {rule.state}." for rule in workflow.timers]
    notes += [f"- Variant: cases classified `{root}/...` follow `{name}`." for root, name in workflow.variants.items()]
    spoken = ", ".join(f"{verb.value} = {action}" for verb, action in workflow.verbs.items())
    return "\n".join((f"- Agents and rules say: {spoken}.", *notes, ""))


def _span(rule: TimerRule) -> str:
    if rule.business_days:
        return f"{rule.after.days} business days"
    days, rest = divmod(rule.after, timedelta(days=1))
    return str(rule.after) if rest else f"{days} x 24 hours"


def _guards() -> str:
    rows = "\n".join(f"| {name} | {(guard.__doc__ or '').strip()} |" for name, guard in GUARDS.items())
    return f"""## Guards

| name | what it asks for |
|---|---|
{rows}
"""
