"""Random lives of a case in each shipped process: the invariants hold after every step. # case J15"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from intakebot.domain.actors import SYSTEM, Actor
from intakebot.domain.case import (
    Case,
    CaseEvent,
    EndedAs,
    Resolution,
    Task,
    TaskStatus,
    alter,
    opened,
    recorded_state,
    replay,
)
from intakebot.domain.change import Change, Timer
from intakebot.domain.errors import RefusedError
from intakebot.domain.guards import Step
from intakebot.domain.lifecycle import CaseInHand, refuse_if_final, transition
from intakebot.domain.workflow import StateKind, Verb, Workflow
from unit.domain.desk import HOUSE, NOON, ids

ACTIONS = sorted({line.action for workflow in HOUSE.workflows.values() for line in workflow.transitions})
AGENTS = st.sampled_from([*HOUSE.agents.values(), replace(HOUSE.agents["bob"], id="eve", name="Eve", active=False)])
QUEUES = st.none() | st.sampled_from(list(HOUSE.queues.values()))


@st.composite
def steps(draw: st.DrawFn) -> Step:
    """Anything that anybody could ask, sensible or not."""
    agent = draw(st.none() | AGENTS)
    other = st.sampled_from([SYSTEM, Actor.rule("r1"), Actor.timer("close")])
    by = Actor.agent(agent.id) if agent else draw(other)
    return Step(
        action=draw(st.sampled_from(ACTIONS)),
        by=by,
        at=NOON,
        agent=agent,
        queue=draw(QUEUES),
        assignee=draw(st.none() | AGENTS),
        comment=draw(st.sampled_from(["", "because"])),
        resolution=draw(st.none() | st.sampled_from(["", "Restart it."]).map(lambda text: Resolution(text, by, NOON))),
        cause=draw(st.sampled_from(["", "caller-answered", "hard-bounce"])),
        owner_active=draw(st.booleans()),
    )


class Life(RuleBasedStateMachine):
    """One case, everything that can be asked of it, and a record of what happened."""

    workflow: Workflow

    @initialize(queue=QUEUES)
    def register(self, queue: Any) -> None:
        self.new_id = ids()
        self.at = NOON
        initial = self.workflow.initial.name
        case = Case(
            1, 1001, self.workflow.name, initial, "No signal", "", "email", NOON, queue=queue.name if queue else ""
        )
        self.hand = CaseInHand(case, self.workflow)
        self.events: list[CaseEvent] = [opened(case, self.new_id(), SYSTEM)]
        self.statuses = [case.status]
        self.timers: dict[str, Timer] = {}
        self.frozen: CaseInHand | None = None

    def accept(self, change: Change) -> None:
        self.hand = self.hand.after(change)
        self.events += change.events
        for cleared in change.timers_cleared:
            self.timers.pop(cleared.kind, None)
        self.timers |= {timer.kind: timer for timer in change.timers}
        self.statuses.append(self.hand.case.status)
        if self.hand.case.is_final and self.frozen is None:
            self.frozen = self.hand

    def record(self, kind: str, **new: object) -> None:
        case, event = alter(self.hand.case, self.new_id(), kind, SYSTEM, self.at, **new)
        self.accept(Change(cases=(case,), events=(event,)))

    def try_step(self, asked: Step) -> None:
        self.at += timedelta(minutes=1)
        with suppress(RefusedError):
            self.accept(transition(self.hand, replace(asked, at=self.at), self.new_id))

    @rule(asked=steps())
    def ask(self, asked: Step) -> None:
        self.try_step(asked)

    @rule(asked=steps(), pick=st.integers(0, 20))
    def ask_something_possible(self, asked: Step, pick: int) -> None:
        actions = self.workflow.actions_from(self.hand.case.status)
        if actions:
            by = (
                asked.agent
                if asked.agent is None or not self.hand.case.owner
                else HOUSE.agents.get(self.hand.case.owner)
            )
            asked = replace(asked, action=actions[pick % len(actions)], agent=by)
            self.try_step(replace(asked, by=Actor.agent(by.id)) if by else asked)

    @precondition(lambda self: self.hand.case.resolution is not None and not self.hand.case.is_final)
    @rule()
    def next_hop_takes_the_resolution(self) -> None:
        resolution = self.hand.case.resolution
        assert resolution is not None
        self.record("resolution.sent", resolution=replace(resolution, sent_at=self.at))
        if self.hand.case.close_when_sent:
            self.try_step(Step(self.workflow.action_for(Verb.CLOSE), SYSTEM, self.at))

    @precondition(lambda self: self.hand.case.status == self.workflow.initial.name)
    @rule()
    def rule_answers_at_once(self) -> None:
        by = Actor.rule("r1")
        for verb in (Verb.TAKE, Verb.RESOLVE):
            answer = Resolution("Restart it.", by, self.at)
            self.try_step(Step(self.workflow.action_for(verb), by, self.at, resolution=answer))

    @precondition(lambda self: self.workflow.kind_of(self.hand.case.status) is StateKind.RESOLVED)
    @rule()
    def resolution_bounces(self) -> None:
        self.try_step(Step(self.workflow.action_for(Verb.REOPEN), SYSTEM, self.at, cause="hard-bounce"))

    @precondition(lambda self: bool(self.timers))
    @rule()
    def timer_becomes_due(self) -> None:
        timer = next(iter(self.timers.values()))
        self.at = max(self.at, timer.due_at)
        self.try_step(Step(timer.kind, Actor.timer(timer.kind), self.at))

    @precondition(lambda self: not self.hand.case.is_final)
    @rule()
    def task_is_added(self) -> None:
        task = Task(self.new_id(), 1, "order a part", TaskStatus.QUEUED, self.at)
        self.accept(Change(tasks=(task,)))

    @precondition(lambda self: not self.hand.case.is_final)
    @rule(odds=st.integers(0, 9))
    def case_is_void(self, odds: int) -> None:
        if odds == 0:
            self.record("case.void", ended_as=EndedAs.VOID)

    @invariant()
    def closes_only_with_a_resolution_that_was_sent(self) -> None:  # invariant 3
        case = self.hand.case
        closed = self.workflow.kind_of(case.status) is StateKind.CLOSED
        assert closed == (case.closed_at is not None)
        assert not closed or case.resolution_sent

    @invariant()
    def is_never_resolved_out_of_open(self) -> None:  # invariant 4
        for earlier, later in zip(self.statuses, self.statuses[1:], strict=False):
            assert (earlier, later) != ("Open", "Resolved")
            assert later in self.workflow.states

    @invariant()
    def never_waits_where_nobody_looks(self) -> None:  # invariant 4
        case = self.hand.case
        if self.workflow.kind_of(case.status) is StateKind.WAITING:
            assert case.owner is None
            assert case.queue or (case.assignee and self.workflow.name == "manage-case")

    @invariant()
    def an_end_is_an_end(self) -> None:  # invariant 5
        assert self.frozen is None or self.hand == self.frozen
        if self.hand.case.is_final:
            with suppress(RefusedError):
                refuse_if_final(self.hand.case)
                raise AssertionError("a final case would take changes")

    @invariant()
    def history_tells_the_state(self) -> None:  # invariant 6
        assert replay(self.events) == recorded_state(self.hand.case)

    @invariant()
    def an_answered_case_has_no_open_tasks_and_a_resolution(self) -> None:
        kind = self.workflow.kind_of(self.hand.case.status)
        if kind is StateKind.RESOLVED:
            assert self.hand.case.resolution is not None
            assert self.hand.case.resolved_at is not None
        if kind is StateKind.CLOSED:
            assert not any(task.is_open for task in self.hand.tasks)

    @invariant()
    def timers_are_those_of_the_status_and_count_real_time(self) -> None:  # invariant 9
        case = self.hand.case
        rules = [line for line in self.workflow.timers if line.state == case.status]
        assert {line.action for line in rules} == set(self.timers)
        for line in rules:
            assert case.resolved_at is not None
            assert self.timers[line.action].due_at == case.resolved_at + line.after


def life_in(process: str) -> type[RuleBasedStateMachine]:
    """The test case of one process."""
    return type(f"LifeIn{process.title()}", (Life,), {"workflow": HOUSE.workflows[process]})


LIMITS = settings(max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class TestManageCase(life_in("manage-case").TestCase):  # type: ignore[misc] # hypothesis makes the base class
    settings = LIMITS


class TestCrc(life_in("crc").TestCase):  # type: ignore[misc] # hypothesis makes the base class
    settings = LIMITS


class TestCrcTechnical(life_in("crc-technical").TestCase):  # type: ignore[misc] # hypothesis makes the base class
    settings = LIMITS
