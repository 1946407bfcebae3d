"""Both process tables, line by line: what is allowed, where it leads, and every refusal with its code."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from intakebot.domain.actors import SYSTEM, Actor
from intakebot.domain.case import EndedAs, Task, TaskStatus
from intakebot.domain.errors import RefusedError
from intakebot.domain.guards import GUARDS
from intakebot.domain.lifecycle import transition
from intakebot.domain.workflow import StateKind
from unit.domain.desk import HOUSE, NOON, SENT, UNSENT, case_in, ids, step

ANSWER = {"resolution": UNSENT}
TO_NOC = {"queue": "noc", "comment": "technical fault"}
CRC = ("crc", "crc-technical")


def both(*line: Any) -> list[Any]:
    """A line that holds in crc and in crc-technical."""
    return [(process, *line) for process in CRC]


ALLOWED = [
    ("manage-case", "New", "dispatch", {"queue": "support"}, "Queued"),
    ("manage-case", "New", "dispatch", {"assignee": "alice"}, "Queued"),
    ("manage-case", "New", "complete", ANSWER, "Completed"),
    ("manage-case", "Accepted", "complete", ANSWER, "Completed"),
    ("manage-case", "Queued", "dispatch", {"queue": "triage", "comment": "not ours"}, "Queued"),
    ("manage-case", "Queued", "dispatch", {"assignee": "alice", "comment": "hers"}, "Queued"),
    ("manage-case", "Queued", "accept", {}, "Accepted"),
    ("manage-case", "Accepted", "dispatch", {"queue": "support"}, "Queued"),
    ("manage-case", "Completed", "reopen", {"cause": "caller-answered", "owner_active": True}, "Accepted"),
    ("manage-case", "Completed", "reopen", {"cause": "caller-answered"}, "Queued"),
    ("manage-case", "Completed", "reopen", {"cause": "hard-bounce", "by": SYSTEM}, "Queued"),
    ("manage-case", "Completed", "reopen", {"comment": "forgot one", "owner_active": True}, "Accepted"),
    *both("Open", "take", {}, "Taken in charge"),
    *both("Open", "take", {"by": Actor.rule("one-shot")}, "Taken in charge"),
    *both("Open", "escalate", {"queue": "triage"}, "Pending"),
    *both("Taken in charge", "escalate", {"queue": "crc"}, "Pending"),
    *both("Pending", "escalate", {"queue": "triage", "comment": "not ours"}, "Pending"),
    *both("Pending", "take", {}, "Taken in charge"),
    *both("Taken in charge", "resolve", ANSWER, "Resolved"),
    *both("Resolved", "reopen", {"cause": "caller-answered", "owner_active": True}, "Taken in charge"),
    *both("Resolved", "reopen", {"cause": "caller-answered"}, "Pending"),
    *both("Resolved", "reopen", {"cause": "hard-bounce", "by": SYSTEM}, "Pending"),
    *both("Resolved", "reopen", {"comment": "it came back"}, "Pending"),
    ("crc-technical", "Open", "escalate", TO_NOC, "Pending"),
    ("crc-technical", "Open", "answer and close", ANSWER, "Taken in charge"),
    ("crc-technical", "Taken in charge", "answer and close", ANSWER, "Taken in charge"),
]


@pytest.mark.parametrize(("process", "status", "action", "asked", "reached"), ALLOWED)
def test_a_line_of_the_table_leads_where_it_says(
    process: str, status: str, action: str, asked: dict[str, Any], reached: str
) -> None:
    hand = case_in(process, status)

    change = transition(hand, step(action, **asked), ids())
    case = change.case(1)

    assert case.status == reached
    assert change.events[0].changes.get("status", status) == reached
    assert [comment.text for comment in change.comments] == ([asked["comment"]] if "comment" in asked else [])


@pytest.mark.parametrize(
    ("process", "status", "fields"),
    [
        ("manage-case", "Completed", {}),
        ("crc", "Resolved", {}),
        ("crc-technical", "Resolved", {}),
        ("crc-technical", "Taken in charge", {"close_when_sent": True}),
    ],
)
def test_a_case_closes_once_its_resolution_was_sent(process: str, status: str, fields: dict[str, Any]) -> None:
    asked = step("close", by=SYSTEM)

    with pytest.raises(RefusedError) as refused:
        transition(case_in(process, status, resolution=UNSENT, **fields), asked, ids())
    closed = transition(case_in(process, status, resolution=SENT, **fields), asked, ids()).case(1)

    assert refused.value.reason == "guard.resolution-sent"
    assert (closed.status, closed.closed_at, closed.close_when_sent) == ("Closed", NOON, False)


REFUSED = [
    # The line does not exist.
    *both("Open", "resolve", ANSWER, "transition.not-allowed"),  # invariant 4: Open -> Resolved never happens
    *both("Open", "close", {}, "transition.not-allowed"),
    *both("Pending", "resolve", ANSWER, "transition.not-allowed"),
    *both("Pending", "close", {}, "transition.not-allowed"),  # case J09
    *both("Resolved", "take", {}, "transition.not-allowed"),
    *both("Resolved", "escalate", {"queue": "crc"}, "transition.not-allowed"),
    *both("Taken in charge", "take", {}, "transition.not-allowed"),
    ("crc", "Taken in charge", "close", {}, "transition.not-allowed"),
    ("crc", "Taken in charge", "answer and close", ANSWER, "transition.not-allowed"),
    ("manage-case", "New", "accept", {}, "transition.not-allowed"),
    ("manage-case", "New", "close", {}, "transition.not-allowed"),
    ("manage-case", "Queued", "complete", ANSWER, "transition.not-allowed"),
    ("manage-case", "Accepted", "close", {}, "transition.not-allowed"),
    ("manage-case", "Completed", "dispatch", {"queue": "support"}, "transition.not-allowed"),
    # A queue in the same act.
    *both("Open", "escalate", {"comment": "somebody look"}, "guard.queue"),
    *both("Open", "escalate", {"assignee": "dana"}, "guard.queue"),
    *both("Taken in charge", "escalate", {}, "guard.queue"),
    *both("Open", "escalate", {"queue": "support"}, "guard.queue"),
    ("manage-case", "New", "dispatch", {}, "guard.target"),
    ("manage-case", "New", "dispatch", {"queue": "crc"}, "guard.target"),
    ("manage-case", "Accepted", "dispatch", {}, "guard.target"),
    # A case that waits moves elsewhere, with a comment.
    ("manage-case", "Queued", "dispatch", {"queue": "support", "comment": "again"}, "guard.elsewhere"),
    ("manage-case", "Queued", "dispatch", {"queue": "triage"}, "guard.elsewhere"),
    ("crc", "Pending", "escalate", {"queue": "crc", "comment": "again"}, "guard.elsewhere"),
    ("crc-technical", "Pending", "escalate", {"queue": "crc"}, "guard.elsewhere"),
    # Who may.
    ("manage-case", "Queued", "accept", {"agent": "carol"}, "guard.may-work"),
    ("crc", "Pending", "take", {"agent": "alice"}, "guard.may-work"),
    ("crc-technical", "Pending", "take", {"agent": "bob"}, "guard.may-work"),
    ("manage-case", "Accepted", "complete", {"agent": "alice", **ANSWER}, "guard.in-charge"),
    ("crc", "Taken in charge", "resolve", {"agent": "bob", **ANSWER}, "guard.in-charge"),
    ("crc-technical", "Taken in charge", "answer and close", {"agent": "carol", **ANSWER}, "guard.in-charge"),
    # An answer.
    ("manage-case", "New", "complete", {}, "guard.resolution-entered"),
    ("manage-case", "Accepted", "complete", {}, "guard.resolution-entered"),
    *both("Taken in charge", "resolve", {}, "guard.resolution-entered"),
    *both("Taken in charge", "resolve", {"resolution": replace(UNSENT, text=" \n")}, "guard.resolution-entered"),
    ("crc-technical", "Open", "answer and close", {}, "guard.resolution-entered"),
    ("crc-technical", "Taken in charge", "close", {}, "guard.final-answer"),
    # Why it comes back.
    ("manage-case", "Completed", "reopen", {}, "guard.reason"),
    *both("Resolved", "reopen", {}, "guard.reason"),
    *both("Resolved", "reopen", {"by": Actor.rule("r"), "comment": "because"}, "guard.reason"),
]


@pytest.mark.parametrize(("process", "status", "action", "asked", "code"), REFUSED)
def test_a_refusal_has_its_code(process: str, status: str, action: str, asked: dict[str, Any], code: str) -> None:
    with pytest.raises(RefusedError) as refused:
        transition(case_in(process, status), step(action, **asked), ids())

    assert refused.value.reason == code
    assert refused.value.sentence.startswith("C-1001")


def test_every_line_and_every_guard_of_the_shipped_processes_is_walked() -> None:
    walked = {(process, status, action) for process, status, action, *_ in ALLOWED}
    lines = {
        (workflow.name, source, line.action)
        for workflow in HOUSE.workflows.values()
        for line in workflow.transitions
        for source in line.sources
        if workflow.kind_of(line.target) is not StateKind.CLOSED
    }

    assert lines == walked
    assert {code.removeprefix("guard.") for *_, code in REFUSED} >= set(GUARDS) - {"resolution-sent"}


@pytest.mark.parametrize("process", HOUSE.workflows)
def test_nothing_may_happen_to_a_case_that_has_ended(process: str) -> None:
    workflow = HOUSE.workflows[process]
    endings = [case_in(process, "Closed"), *(case_in(process, workflow.initial.name, ended_as=how) for how in EndedAs)]

    for hand in endings:
        for action in {line.action for line in workflow.transitions}:
            with pytest.raises(RefusedError) as refused:
                transition(hand, step(action, queue="triage", comment="please", resolution=UNSENT), ids())
            assert refused.value.reason in {"case.closed", "case.ended"}


def test_who_accepts_becomes_the_owner_and_a_rule_leaves_none() -> None:
    assert transition(case_in("manage-case", "Queued"), step("accept", "alice"), ids()).case(1).owner == "alice"
    by_rule = step("take", by=Actor.rule("one-shot"))
    assert transition(case_in("crc", "Open"), by_rule, ids()).case(1).owner is None


def test_a_case_dispatched_to_somebody_is_accepted_by_nobody_else() -> None:
    hand = case_in("manage-case", "Queued", assignee="carol")

    with pytest.raises(RefusedError, match="dispatched to carol"):
        transition(hand, step("accept", "alice"), ids())
    assert transition(hand, step("accept", "carol"), ids()).case(1).owner == "carol"


def test_a_case_sent_to_a_queue_has_no_owner_any_more() -> None:
    case = transition(case_in("crc", "Taken in charge"), step("escalate", queue="triage"), ids()).case(1)

    assert (case.status, case.queue, case.owner) == ("Pending", "triage", None)


def test_a_one_shot_case_that_comes_back_to_nobody_needs_a_queue() -> None:
    hand = case_in("crc", "Resolved", queue="", owner=None)
    back = {"cause": "hard-bounce", "by": SYSTEM}

    for nowhere in ({}, {"assignee": "dana"}):
        with pytest.raises(RefusedError) as refused:
            transition(hand, step("reopen", **back, **nowhere), ids())
        assert refused.value.reason == "guard.queue"
    assert transition(hand, step("reopen", queue="crc", **back), ids()).case(1).queue == "crc"


def test_a_case_that_comes_back_has_no_answer_any_more() -> None:
    case = transition(case_in("crc", "Resolved", resolution=SENT), step("reopen", cause="caller-answered"), ids()).case(
        1
    )

    assert (case.resolution, case.resolved_at) == (None, None)


def test_an_answer_after_a_final_answer_closes_by_its_timer_only() -> None:
    final = transition(case_in("crc-technical", "Open"), step("answer and close", **ANSWER), ids()).case(1)
    assert final.close_when_sent
    resolved = transition(
        replace(case_in("crc-technical", "Taken in charge"), case=final), step("resolve", **ANSWER), ids()
    ).case(1)
    assert not resolved.close_when_sent


@pytest.mark.parametrize(
    ("process", "status", "action"), [("manage-case", "Accepted", "complete"), ("crc", "Taken in charge", "resolve")]
)
def test_open_tasks_are_closed_with_the_case_each_with_its_reason(process: str, status: str, action: str) -> None:
    tasks = (
        Task(5, 1, "order a part", TaskStatus.QUEUED, NOON),
        Task(6, 1, "call back", TaskStatus.COMPLETED, NOON, reason="done"),
    )

    change = transition(replace(case_in(process, status), tasks=tasks), step(action, **ANSWER), ids())

    assert [(task.id, task.status, task.reason) for task in change.tasks] == [
        (5, TaskStatus.COMPLETED, "closed-with-case")
    ]


@pytest.mark.parametrize("process", CRC)
def test_ten_days_are_ten_times_24_hours_also_across_a_clock_change(process: str) -> None:  # case J08
    change = transition(case_in(process, "Taken in charge"), step("resolve", **ANSWER), ids())

    assert [(timer.kind, timer.due_at) for timer in change.timers] == [("close", NOON + timedelta(hours=240))]


def test_a_case_that_comes_back_is_not_closed_by_its_old_timer() -> None:  # case J09
    change = transition(case_in("crc", "Resolved"), step("reopen", cause="caller-answered"), ids())

    assert change.timers == ()
    assert [timer.kind for timer in change.timers_cleared] == ["close"]
