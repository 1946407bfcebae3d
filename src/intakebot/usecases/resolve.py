"""Resolve: enter the answer, finish what is open, owe the caller a reply, and know that it was sent.

The same room serves agents and rules; only `automatic` differs. A case is never closed from here: closing
waits until the resolution was sent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from intakebot.domain.actors import SYSTEM, Actor
from intakebot.domain.case import Case, Resolution, alter
from intakebot.domain.change import Change
from intakebot.domain.delivery import Delivery, DeliveryKind, DeliverySettlement, DeliveryState
from intakebot.domain.errors import RefusedError
from intakebot.domain.guards import Step
from intakebot.domain.lifecycle import CaseInHand, allowed, refuse_if_final, transition
from intakebot.domain.organisation import Agent
from intakebot.domain.workflow import Verb
from intakebot.ports import CaseFile
from intakebot.usecases.house import House
from intakebot.usecases.replies import Correspondent, owe_reply

RESOLUTION_TEMPLATE = "resolution"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the caller is to be told: a text of the agent's, or a resolution template by name.

    `told_by` names the way (phone, walk-in) on which the caller was told already; `final` closes once sent;
    `draft` keeps the answer unsent.
    """

    text: str = ""
    template: str = ""
    told_by: str = ""
    final: bool = False
    draft: bool = False


def correspondent(file: CaseFile) -> Correspondent | None:
    """Whom a case answers in writing, or None when it has no address."""
    case, caller = file.case, file.caller
    if not case.answer_to:
        return None
    name, language = (caller.name, caller.language) if caller else ("", "")
    channel = "email" if "@" in case.answer_to else case.channel
    return Correspondent(case.answer_to, name, language, channel, file.thread)


def resolve_case(
    house: House,
    hand: CaseInHand,
    to: Correspondent | None,
    answer: Answer,
    *,
    by: Actor,
    agent: Agent | None,
    at: datetime,
) -> Change:
    """Resolve a case with an answer. Raises RefusedError and TemplateError; nothing has changed then."""
    verb = Verb.ANSWER_AND_CLOSE if answer.final else Verb.RESOLVE
    step = Step(hand.workflow.action_for(verb), by, at, agent, resolution=_entered(answer, by, at))
    allowed(hand, step)
    resolution, owed = _promise(house, hand.case, to, answer, by, at)
    moved = transition(hand, replace(step, resolution=resolution), house.new_id)
    return moved + owed + _sent_already(house, moved.case(hand.case.id), owed, at)


def _entered(answer: Answer, by: Actor, at: datetime) -> Resolution:
    return Resolution(answer.text.strip() or answer.template, by, at, answer.template)


def _promise(
    house: House, case: Case, to: Correspondent | None, answer: Answer, by: Actor, at: datetime
) -> tuple[Resolution, Change]:
    """The resolution with the delivery that carries it (none for a draft)."""
    if answer.draft:
        return _entered(answer, by, at), Change()
    if answer.told_by:
        delivery = _told(house, case, answer, by, at)
        return Resolution(answer.text, by, at, "", delivery.id), Change(deliveries=(delivery,))
    if to is None:
        raise RefusedError(
            "resolution.no-address",
            f"{case.label}: the caller has no address; say how the caller was told (for example: --told-by phone)",
        )
    template = answer.template or RESOLUTION_TEMPLATE
    values = {"resolution": {"text": answer.text}}
    automatic = by.agent_id is None
    delivery, owed = owe_reply(house, case, to, DeliveryKind.RESOLUTION, template, values, at, automatic=automatic)
    return Resolution(answer.text or delivery.text, by, at, answer.template, delivery.id), owed


def _told(house: House, case: Case, answer: Answer, by: Actor, at: datetime) -> Delivery:
    """A spoken answer: a delivery on that channel that is sent already, on the agent's word."""
    delivery_id = house.new_id()
    return Delivery(
        id=delivery_id,
        case_id=case.id,
        kind=DeliveryKind.RESOLUTION,
        channel=answer.told_by,
        recipient=case.answer_to,
        recipient_name="",
        sender=str(by),
        sender_name="",
        reply_to="",
        subject=case.title,
        text=answer.text,
        html="",
        message_id=f"told.{delivery_id}",
        in_reply_to="",
        references=(),
        automatic=False,
        created_at=at,
        due_at=None,
        state=DeliveryState.SENT,
        answer=f"the caller was told by {answer.told_by}",
        settled_at=at,
    )


def _sent_already(house: House, case: Case, owed: Change, at: datetime) -> Change:
    if not any(delivery.state is DeliveryState.SENT for delivery in owed.deliveries):
        return Change()
    return mark_resolution_sent(house, house.in_hand(case), owed.deliveries[0].id, at)


def send_resolution(house: House, hand: CaseInHand, to: Correspondent | None, *, by: Actor, at: datetime) -> Change:
    """Owe the caller a resolution that was entered as a draft."""
    refuse_if_final(hand.case)
    draft = hand.case.resolution
    if draft is None or draft.delivery_id is not None:
        raise RefusedError("resolution.no-draft", f"{hand.case.label} has no unsent draft of a resolution")
    text = "" if draft.template and draft.text == draft.template else draft.text
    resolution, owed = _promise(house, hand.case, to, Answer(text, draft.template), by, at)
    case, event = alter(hand.case, house.new_id(), "resolution.released", by, at, resolution=resolution)
    return Change(cases=(case,), events=(event,)) + owed


def mark_resolution_sent(house: House, hand: CaseInHand, delivery_id: int, at: datetime) -> Change:
    """The resolution's delivery was taken: the case knows it, and a final answer closes now.

    Nothing happens when the case has come back to work meanwhile, or has ended.
    """
    case = hand.case
    if case.is_final or case.resolution is None or case.resolution.delivery_id != delivery_id:
        return Change()
    resolution = replace(case.resolution, sent_at=at)
    case, event = alter(case, house.new_id(), "resolution.sent", SYSTEM, at, resolution=resolution)
    change = Change(cases=(case,), events=(event,))
    if not case.close_when_sent:
        return change
    step = Step(hand.workflow.action_for(Verb.CLOSE), SYSTEM, at)
    if hand.workflow.step(case.status, step.action) is None:  # classified into a process without final answers
        return change
    return change + transition(hand.after(change), step, house.new_id)


CAME_BACK = "the case came back to work"


def withdraw_resolution(file: CaseFile, at: datetime) -> Change:
    """Take back a resolution that was not yet given to the next hop, because the case is at work again."""
    return _withdrawn(file, CAME_BACK, at, DeliveryKind.RESOLUTION)


def withdraw_replies(file: CaseFile, why: str, at: datetime) -> Change:
    """Take back everything that was promised and not yet given to the next hop."""
    return _withdrawn(file, why, at, *DeliveryKind)


def _withdrawn(file: CaseFile, why: str, at: datetime, *kinds: DeliveryKind) -> Change:
    return Change(
        settlements=tuple(
            DeliverySettlement(delivery.id, DeliveryState.WITHDRAWN, why, at)
            for delivery in file.deliveries
            if delivery.kind in kinds and delivery.state is not DeliveryState.SENDING
        )
    )


def reopen_case(
    house: House,
    file: CaseFile,
    *,
    by: Actor,
    at: datetime,
    agent: Agent | None = None,
    comment: str = "",
    cause: str = "",
) -> Change:
    """Bring a resolved case back: to its human owner if active, else to its last queue."""
    hand = house.hand_of(file)
    step = Step(
        hand.workflow.action_for(Verb.REOPEN),
        by,
        at,
        agent,
        comment=comment,
        cause=cause,
        owner_active=house.owner_is_active(file.case),
    )
    return transition(hand, step, house.new_id) + withdraw_resolution(file, at)
