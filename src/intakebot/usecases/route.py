"""Route: turn what the route stage says into steps of the case's own process, through the one transition function.

`queue` becomes dispatch or escalate, `resolve` becomes take and resolve by the rule. No case is left where it
was registered: what a guard refuses goes to triage with the refusal as its comment.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from intakebot.domain.actors import Actor
from intakebot.domain.case import Case, CaseEvent, alter
from intakebot.domain.change import Change
from intakebot.domain.delivery import DeliveryKind
from intakebot.domain.errors import RefusedError
from intakebot.domain.guards import Step
from intakebot.domain.lifecycle import CaseInHand, transition
from intakebot.domain.workflow import StateKind, Verb
from intakebot.rules.decide import decide_stage
from intakebot.usecases.house import House
from intakebot.usecases.replies import Correspondent, owe_reply
from intakebot.usecases.resolve import Answer, resolve_case


def route_case(house: House, hand: CaseInHand, outcome: Mapping[str, Any], by: Actor, at: datetime) -> Change:
    """Send a freshly registered (or newly identified) case to its queue.

    An assignee alone gets it in the queue that the process's default names, so that it is in one.
    """
    target = dict(outcome.get("escalate") or outcome)
    target["queue"] = target.get("queue") or house.default_queue(hand.case.workflow)
    try:
        return move_case(house, hand, target, by, at)
    except RefusedError as refusal:
        comment = f"could not be routed to {target.get('queue') or target.get('assignee')}: {refusal.sentence}"
        fallback = {"queue": house.organisation.triage_queue, "comment": comment}
        return move_case(house, hand, fallback, by, at)


def reroute_case(house: House, hand: CaseInHand, facts: Mapping[str, Any], comment: str, at: datetime) -> Change:
    """Send a case that waits to where the rules send it now; one that somebody has in charge stays with them."""
    if hand.workflow.kind_of(hand.case.status) is not StateKind.WAITING:
        return Change()
    trace = decide_stage("route", facts, house.ruleset)
    by = Actor.rule(trace.applied[0].id if trace.applied else "route.default")
    outcome: Mapping[str, Any] = trace.outcome
    target = {"comment": comment} | dict(outcome.get("escalate") or outcome)
    target["queue"] = target.get("queue") or house.default_queue(hand.case.workflow)
    return Change() if target["queue"] == hand.case.queue else route_case(house, hand, target, by, at)


def move_case(house: House, hand: CaseInHand, target: Mapping[str, Any], by: Actor, at: datetime) -> Change:
    """Move a case to the queue, the assignee or both. Raises RefusedError, and NotFoundError for unknown names."""
    queue, assignee = str(target.get("queue") or ""), str(target.get("assignee") or "")
    step = Step(
        hand.workflow.action_for(Verb.MOVE),
        by,
        at,
        queue=house.queue(queue) if queue else None,
        assignee=house.agent(assignee) if assignee else None,
        comment=str(target.get("comment") or ""),
    )
    return transition(hand, step, house.new_id)


def answer_by_rule(
    house: House, hand: CaseInHand, to: Correspondent, template: str, queue: str, by: Actor, at: datetime
) -> Change:
    """Resolve a case by rule: take it in charge, enter the template, owe it, resolve.

    `queue` is where the case goes when the caller comes back. The rule is remembered, so that it does not
    answer this case again.
    """
    case, event = alter(
        hand.case,
        house.new_id(),
        "case.answered-by-rule",
        by,
        at,
        queue=queue,
        answered_by=(*hand.case.answered_by, by.name),
    )
    change = Change(cases=(case,), events=(event,))
    hand = hand.after(change)
    if hand.workflow.step(case.status, hand.workflow.action_for(Verb.RESOLVE)) is None:
        change += transition(hand, Step(hand.workflow.action_for(Verb.TAKE), by, at), house.new_id)
        hand = hand.after(change)
    return change + resolve_case(house, hand, to, Answer(template=template), by=by, agent=None, at=at)


def draft_instead(house: House, case: Case, to: Correspondent | None, template: str, silence: str, at: datetime) -> str:
    """The comment that gives an agent the answer which a rule must not send (decision 24)."""
    why = f"a rule would have answered with the template {template}, but {silence or 'there is no address'}"
    if to is None:
        return why
    answer, _ = owe_reply(house, case, to, DeliveryKind.RESOLUTION, template, {}, at, automatic=True)
    return f"{why}; what it would have sent:\n\n{answer.text}"


def noted(house: House, hand: CaseInHand, kind: str, note: str, by: Actor, at: datetime) -> Change:
    """An event that changes no field: something worth knowing about the case."""
    return Change(events=(CaseEvent(house.new_id(), hand.case.id, kind, by, at, {}, note),))
