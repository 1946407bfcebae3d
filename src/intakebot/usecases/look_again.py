"""Look again: carry out what rules say about a case that exists, and ask them after a person or a timer moved it.

Called by `append` (a contact continues the case), by `act` and `close` (it moved) and by `idle` (nobody touched it).
What a rule wants is carried out through the one transition function, as far as the process allows it; whatever is
not done is a line of the case's history. No refusal of a rule's wish stops what raised it. A rule's own change is
never looked at again, so nothing goes to and fro.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from intakebot.domain.actors import Actor, ActorKind
from intakebot.domain.case import Case, Comment, CommentKind, Priority, alter
from intakebot.domain.change import Change, StoredDecision
from intakebot.domain.delivery import SHADOW, Delivery, DeliveryKind, DeliverySettlement, DeliveryState
from intakebot.domain.errors import NotFoundError, RefusedError, TemplateError
from intakebot.domain.lifecycle import CaseInHand
from intakebot.domain.workflow import StateKind
from intakebot.ports import CaseFile, Clues, Store
from intakebot.usecases.facts import case_facts, identified_facts
from intakebot.usecases.house import House
from intakebot.usecases.identify import Found, Identification
from intakebot.usecases.old_mail import why_silent
from intakebot.usecases.proposals import proposed_tasks
from intakebot.usecases.replies import Correspondent, answering_queue
from intakebot.usecases.resolve import correspondent, withdraw_resolution
from intakebot.usecases.route import answer_by_rule, draft_instead, move_case, noted
from intakebot.usecases.silence import QUIET, Lately, why_not_automatic, why_not_for_others
from intakebot.usecases.verdict import Verdict, judge

_NOT_BEGUN = (DeliveryState.QUEUED, DeliveryState.DEFERRED)


@dataclass(frozen=True, slots=True)
class Look:
    """One case that rules have looked at again.

    `file` has the case as it was stored, `hand` as it is now. `silence` says why no automatic reply may go out ('' =
    it may), `lately` what else may limit them.
    """

    house: House
    file: CaseFile
    hand: CaseInHand
    verdict: Verdict
    at: datetime
    silence: str = ""
    lately: Lately = QUIET

    def after(self, change: Change) -> Look:
        """The same case after a change."""
        return replace(self, hand=self.hand.after(change))

    def noted(self, kind: str, note: str) -> Change:
        """A line of history in the name of the rule that routes."""
        return noted(self.house, self.hand, kind, note, self.verdict.by("route"), self.at)


def carry_out(look: Look) -> Change:
    """What the rules want of the case, as far as it may be."""
    if look.hand.case.is_final or not look.verdict.rules:
        return Change()
    titles = frozenset(task.title for task in look.file.tasks)
    flag = [stage for stage in look.verdict.stages if stage.stage == "flag"]
    change = _flagged(look) + proposed_tasks(look.house, look.hand.case, flag, look.at, titles)
    try:
        return change + _routed(look.after(change))
    except (RefusedError, NotFoundError, TemplateError) as problem:
        return change + look.noted("rule.held-back", f"could not be carried out: {problem.sentence}")


def _flagged(look: Look) -> Change:
    case, said = look.hand.case, look.verdict.outcome
    wanted: dict[str, Any] = {
        "tags": tuple(dict.fromkeys((*case.tags, *said.get("tags", ())))),
        "markers": tuple(dict.fromkeys((*case.markers, *said.get("markers", ())))),
        "priority": Priority(said["priority"]) if "priority" in said else case.priority,
    }
    new = {name: value for name, value in wanted.items() if getattr(case, name) != value}
    if not new:
        return Change()
    by, note = look.verdict.by("flag"), ", ".join(look.verdict.rules)
    case, event = alter(case, look.house.new_id(), "case.flagged", by, look.at, note, **new)
    return Change(cases=(case,), events=(event,))


def _routed(look: Look) -> Change:
    said = look.verdict.route
    if "resolve" in said:
        return _answered(look, str(said["resolve"]["template"]))
    target = dict(said.get("escalate") or said)
    if not (target.get("queue") or target.get("assignee")):
        return Change()
    case, by = look.hand.case, look.verdict.by("route")
    where = target.get("queue") or target.get("assignee")
    if _somebody_has_it(look):
        return look.noted("rule.held-back", f"{case.owner} has it in charge, so it does not go to {where}")
    target = {"queue": case.queue, "comment": f"sent by the rule {by.name}"} | target
    if (target["queue"], target.get("assignee")) == (case.queue, case.assignee):
        return Change()
    moved = move_case(look.house, look.hand, target, by, look.at)
    return moved + withdraw_resolution(look.file, look.at)


def _somebody_has_it(look: Look) -> bool:
    case = look.hand.case
    return bool(case.owner) and look.hand.workflow.kind_of(case.status) is StateKind.IN_CHARGE


def _answered(look: Look, template: str) -> Change:
    """Answer by rule, at most once per rule and case; what must not go out is given to an agent instead."""
    case, by = look.hand.case, look.verdict.by("route")
    if by.name in case.answered_by:
        return Change()
    if _somebody_has_it(look):
        return look.noted("rule.held-back", f"{case.owner} has it in charge, so {template} is not sent")
    house, to, queue = look.house, correspondent(look.file), answering_queue(look.house, case)
    replaced = _acknowledgements(look.file)
    silence = look.silence or ("a rule says so" if look.verdict.outcome.get("suppress_reply") else "")
    silence = silence or why_not_for_others(house, look.file)
    if house.shadow:  # a case that is resolved waits for an answer to be sent, and none will be
        silence = silence or SHADOW
    silence = silence or why_not_automatic(
        house,
        to,
        on_case=look.file.automatic_replies - len(replaced),
        lately=replace(look.lately, replies=look.lately.replies - len(replaced)),
        at=look.at,
    )
    if to is None or silence:
        return _drafted(look, draft_instead(house, case, to, template, silence, look.at))
    withdrawn = (
        DeliverySettlement(one.id, DeliveryState.WITHDRAWN, "the answer takes its place", look.at) for one in replaced
    )
    answered = answer_by_rule(house, look.hand, to, template, queue.name, by, look.at)
    return answered + Change(settlements=tuple(withdrawn))


def _acknowledgements(file: CaseFile) -> tuple[Delivery, ...]:
    """Acknowledgements that have not left: an automatic answer takes their place."""
    return tuple(
        owed for owed in file.deliveries if owed.kind is DeliveryKind.ACKNOWLEDGEMENT and owed.state in _NOT_BEGUN
    )


def _drafted(look: Look, text: str) -> Change:
    """The answer as a comment; the rule is remembered all the same, so that it does not say it again and again."""
    case, by = look.hand.case, look.verdict.by("route")
    new = (*case.answered_by, by.name)
    case, event = alter(case, look.house.new_id(), "answer.drafted", by, look.at, answered_by=new)
    comment = Comment(look.house.new_id(), case.id, CommentKind.COMMENT, by, look.at, text)
    return Change(cases=(case,), events=(event,), comments=(comment,))


def ask_again(
    house: House,
    store: Store,
    file: CaseFile,
    event: str,
    at: datetime,
    idle: timedelta | None,
    spent: frozenset[str] = frozenset(),
) -> tuple[Verdict, Change]:
    """Decide about a stored case on an event without a contact, and carry it out. `file.case` is the case as it is.

    `idle` is how long nobody has touched it, None = nobody knows.
    """
    verdict = judge(house.ruleset, event, standing_facts(house, store, file.case, idle), spent)
    if not verdict.spoken:
        return verdict, Change()
    lately = lately_to(store, correspondent(file), at) if "resolve" in verdict.route else QUIET
    decision = StoredDecision(house.new_id(), None, file.case.id, verdict.ruleset, verdict.trace(), at)
    look = Look(house, file, house.hand_of(file), verdict, at, why_silent(file.case), lately)
    return verdict, Change(decisions=(decision,)) + carry_out(look)


def standing_facts(house: House, store: Store, case: Case, idle: timedelta | None) -> dict[str, Any]:
    """All that rules see of a case that exists: itself, its customer, its subscription and its agreements."""
    record = store.customer_by_id(case.customer_id) if case.customer_id else None
    agreements = {known.id: known for known in (record.agreements if record else ())}
    found = Identification(
        record,
        next((known for known in (record.subscriptions if record else ()) if known.id == case.subscription_id), None),
        case.support_key,
        case.support_key_state,
        Found(agreements.get(case.support_agreement_id or 0), case.support_agreement_state),
        Found(agreements.get(case.customer_agreement_id or 0), case.customer_agreement_state),
    )
    return case_facts(case, idle=idle) | identified_facts(found, house.organisation.policies)


def lately_to(store: Store, to: Correspondent | None, at: datetime) -> Lately:
    """What left for somebody of late."""
    return Lately.of(store.surroundings([Clues(to.channel, to.address, (), ())], at)[0]) if to else QUIET


def after_moves(house: House, store: Store, change: Change, at: datetime) -> Change:
    """What rules on `state` want of the cases that a person or a timer has moved with this change."""
    if "state" not in house.rules.events:
        return Change()
    more = Change()
    for case in change.cases:
        if case.version and not case.is_final and _moved(house, change, case):
            stored = store.case_file_by_id(case.id)
            hand = house.hand_of(stored).after(change)
            file = replace(stored, case=hand.case, tasks=hand.tasks, touched_at=at)
            more += ask_again(house, store, file, "state", at, timedelta())[1]
    return more


def _moved(house: House, change: Change, case: Case) -> bool:
    """Whether a step of the process was taken, by somebody who is no rule."""
    steps = {line.event for line in house.organisation.workflows[case.workflow].transitions}
    return any(event.case_id == case.id and event.kind in steps and _is_no_rule(event.by) for event in change.events)


def _is_no_rule(by: Actor) -> bool:
    return by.kind in (ActorKind.AGENT, ActorKind.TIMER)
