"""Tell agents: which posts a change owes to those who work in a chat. Pure; storage writes them with the change.

Whatever touches a case owes its card; what people said or were sent owes a line in the card's thread; what concerns
one agent owes a notice, never to the one who did it. The composition root gives a `TellAgents` to the store where a
chat is configured; elsewhere nothing is owed and nothing is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from intakebot.domain.case import Case, CaseEvent, CommentKind
from intakebot.domain.change import Change
from intakebot.domain.chat import NOTE_PREFIX, PostKind, PostOwed
from intakebot.domain.delivery import DeliveryKind, DeliveryState
from intakebot.domain.organisation import Organisation
from intakebot.ports.chat_store import CaseGlance, DeliveryGlance, Glances

ANSWERS = (DeliveryKind.RESOLUTION, DeliveryKind.QUESTION)
"""What a person (or a rule in a person's stead) says to the caller; acknowledgements and notices get no line."""
BOUNCED = "delivery.bounced"
OWNER_HEARS = {
    "agreement.due-soon": "due-soon",
    "agreement.overdue": "overdue",
    "delivery.failed": "not-delivered",
    "delivery.held": "not-delivered",
    BOUNCED: "not-delivered",
}
"""Events that whoever owns the case is told of, and as what; without an owner its queue is."""
CALLER_ANSWERED = "contact.appended"


@dataclass(frozen=True, slots=True)
class TellAgents:
    """The follow-up of a house with a chat. `queues_with_cards` names the queues that have a channel there."""

    organisation: Organisation
    queues_with_cards: frozenset[str]
    new_id: Callable[[], int]

    def __call__(self, changes: Sequence[Change], glances: Glances) -> list[PostOwed]:
        """The posts that these changes owe."""
        return posts_owed(changes, self.organisation, self.queues_with_cards, glances, self.new_id)


def posts_owed(
    changes: Sequence[Change],
    organisation: Organisation,
    queues_with_cards: frozenset[str],
    glances: Glances,
    new_id: Callable[[], int],
) -> list[PostOwed]:
    """The posts that changes owe: one card per touched case, then lines and notices in the order of the changes."""
    settled = glances.deliveries([one.delivery_id for change in changes for one in change.settlements])
    touched = _touched(changes, settled)
    if not touched:
        return []
    cases = _glanced(changes, touched, queues_with_cards, glances)
    carded = {case.id for case in cases.values() if case.queue in queues_with_cards or case.has_card}
    owed = [
        PostOwed(new_id(), PostKind.CARD, case_id, "", "", at) for case_id, at in touched.items() if case_id in carded
    ]
    new = {case.id for change in changes for case in change.cases if not case.version}
    for change in changes:
        for case_id, reference, at in _lines(change, settled):
            if case_id in carded and case_id not in new:
                owed.append(PostOwed(new_id(), PostKind.LINE, case_id, "", reference, at))
        for event in change.events:
            for target, reference in _notices(event, cases.get(event.case_id), change):
                if _is_at_work(organisation, target):
                    owed.append(PostOwed(new_id(), PostKind.NOTICE, event.case_id, target, reference, event.at))
    return owed


def _touched(changes: Iterable[Change], settled: Mapping[int, DeliveryGlance]) -> dict[int, datetime]:
    """The cases that show something else now, and since when."""
    touched: dict[int, datetime] = {}
    for change in changes:
        moments = chain(
            ((event.case_id, event.at) for event in change.events),
            ((comment.case_id, comment.at) for comment in change.comments),
            ((said.case_id, said.at) for said in change.messages),
            ((owed.case_id, owed.created_at) for owed in change.deliveries),
            ((settled[one.delivery_id].case_id, one.at) for one in change.settlements if one.delivery_id in settled),
        )
        for case_id, at in moments:
            touched[case_id] = max(at, touched.get(case_id, at))
        for task in change.tasks:
            touched.setdefault(task.case_id, task.completed_at or task.created_at)
        for case in change.cases:
            touched.setdefault(case.id, case.opened_at)
    return touched


def _glanced(
    changes: Iterable[Change], touched: Iterable[int], queues_with_cards: frozenset[str], glances: Glances
) -> dict[int, CaseGlance]:
    """The touched cases; storage is asked only about what the changes do not tell."""
    known = {case.id: case for change in changes for case in change.cases}
    told = {case.id: _glance(case) for case in known.values() if not case.version or case.queue in queues_with_cards}
    return told | dict(glances.cases([case_id for case_id in touched if case_id not in told]))


def _glance(case: Case) -> CaseGlance:
    return CaseGlance(case.id, case.queue, case.owner, case.assignee, has_card=False)


def _lines(change: Change, settled: Mapping[int, DeliveryGlance]) -> Iterator[tuple[int, str, datetime]]:
    """What was said about known cases: by the caller, to the caller, and by agents elsewhere than in the thread."""
    for said in change.messages:
        yield said.case_id, f"message:{said.id}", said.at
    for owed in change.deliveries:
        if owed.state is DeliveryState.SENT and owed.kind in ANSWERS:
            yield owed.case_id, f"delivery:{owed.id}", owed.created_at
    for one in change.settlements:
        delivery = settled.get(one.delivery_id)
        if delivery and one.state is DeliveryState.SENT and delivery.kind in ANSWERS:
            yield delivery.case_id, f"delivery:{delivery.id}", one.at
    if any(known.message_id.startswith(NOTE_PREFIX) for known in change.thread_ids):
        return
    for comment in change.comments:
        if comment.kind is not CommentKind.CALL_LOG:
            yield comment.case_id, f"comment:{comment.id}", comment.at


def _notices(event: CaseEvent, case: CaseGlance | None, change: Change) -> Iterator[tuple[str, str]]:
    """Whom an event concerns ('' = whoever owns the case when it is told), and what it is to them."""
    assigned = {event.changes.get("owner"), event.changes.get("assignee")} - {None, event.by.agent_id}
    for agent in sorted(str(one) for one in assigned):
        yield agent, f"assigned:{event.id}"
    if event.kind in OWNER_HEARS and not (event.kind == BOUNCED and _only_delayed(change)):
        yield "", f"{OWNER_HEARS[event.kind]}:{event.id}"
    if event.kind == CALLER_ANSWERED and case and (case.owner or case.assignee):
        yield "" if case.owner else str(case.assignee), f"answered:{event.id}"


def _only_delayed(change: Change) -> bool:
    """Whether a bounce was a soft one: then the delivery stays as it was."""
    return all(one.state is not DeliveryState.BOUNCED for one in change.settlements)


def _is_at_work(organisation: Organisation, target: str) -> bool:
    """Agents who have left hear nothing; of those that only the chat knows, the chat knows."""
    agent = organisation.agents.get(target)
    return agent is None or agent.active
