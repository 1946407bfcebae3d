"""Which posts a change owes to the agents of a chat."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from fakes.standing_house import START, shipped
from intakebot.domain.actors import SYSTEM, Actor
from intakebot.domain.case import Case, CaseEvent, Comment, CommentKind, Task, TaskStatus, alter, opened
from intakebot.domain.change import CaseMessage, Change, ThreadId
from intakebot.domain.chat import PostKind, PostOwed
from intakebot.domain.delivery import Delivery, DeliveryKind, DeliverySettlement, DeliveryState
from intakebot.ports.chat_store import CaseGlance, DeliveryGlance
from intakebot.usecases.tell_agents import TellAgents, posts_owed

ORGANISATION = shipped()[0].organisation
ALICE = Actor.agent("alice")
CARDED = frozenset({"crc"})
LATER = START + timedelta(minutes=5)


@dataclass
class Known:
    """What storage would say; `asked` has the ids of cases that it was asked about."""

    stored: dict[int, CaseGlance] = field(default_factory=dict)
    sent: dict[int, DeliveryGlance] = field(default_factory=dict)
    asked: set[int] = field(default_factory=set)

    def cases(self, ids: Iterable[int]) -> Mapping[int, CaseGlance]:
        wanted = set(ids)
        self.asked |= wanted
        return {key: self.stored[key] for key in wanted & set(self.stored)}

    def deliveries(self, ids: Iterable[int]) -> Mapping[int, DeliveryGlance]:
        return {key: self.sent[key] for key in set(ids) & set(self.sent)}


def glance(case_id: int = 1, queue: str = "crc", **fields: Any) -> CaseGlance:
    given: dict[str, Any] = {"owner": None, "assignee": None, "has_card": False}
    return CaseGlance(case_id, queue, **given | fields)


def a_case(version: int = 1, **fields: Any) -> Case:
    given: dict[str, Any] = {"queue": "crc"} | fields
    return Case(1, 1001, "crc", "Open", "No signal", "", "email", START, version=version, **given)


def an_event(kind: str = "case.marked", by: Actor = ALICE, **changes: Any) -> CaseEvent:
    return CaseEvent(70, 1, kind, by, LATER, changes)


def a_message() -> CaseMessage:
    return CaseMessage(50, 1, 9, "ann@customer.example", "Re: help", "still", "still", LATER)


def a_comment(kind: CommentKind = CommentKind.COMMENT) -> Comment:
    return Comment(60, 1, kind, ALICE, LATER, "Looked into it.")


def a_delivery(**fields: Any) -> Delivery:
    """An answer by phone, unless `fields` say otherwise."""
    texts = dict.fromkeys(
        ("recipient", "recipient_name", "sender", "sender_name", "reply_to", "subject", "text", "html", "in_reply_to"),
        "",
    )
    given: dict[str, Any] = {"id": 80, "case_id": 1, "kind": DeliveryKind.RESOLUTION, "channel": "phone"}
    given |= texts | {"message_id": "told.80", "references": (), "automatic": False}
    return Delivery(**given | {"created_at": LATER, "due_at": None} | fields)


def owed_by(*changes: Change, known: Known | None = None) -> list[PostOwed]:
    new_ids = count(1).__next__
    return TellAgents(ORGANISATION, CARDED, new_ids)(changes, known or Known({1: glance()}))


def told(*changes: Change, known: Known | None = None) -> list[tuple[str, str, str]]:
    return [(post.kind.value, post.target, post.reference) for post in owed_by(*changes, known=known)]


CARD = ("card", "", "")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(Change(cases=(a_case(),), events=(an_event(),)), id="case"),
        pytest.param(Change(events=(an_event(),)), id="event-alone"),
        pytest.param(Change(comments=(a_comment(CommentKind.CALL_LOG),)), id="comment-alone"),
        pytest.param(Change(tasks=(Task(3, 1, "Call", TaskStatus.NEW, START),)), id="task-alone"),
        pytest.param(Change(deliveries=(a_delivery(),)), id="delivery-alone"),
        pytest.param(Change(settlements=(DeliverySettlement(80, DeliveryState.DEFERRED, "451", LATER),)), id="settled"),
    ],
)
def test_whatever_touches_a_case_owes_its_card_once(change: Change) -> None:
    known = Known({1: glance()}, {80: DeliveryGlance(80, 1, DeliveryKind.RESOLUTION)})
    assert told(change, change, known=known) == [CARD]


def test_what_shows_nothing_of_a_case_owes_nothing() -> None:
    known = Known()
    assert told(Change(thread_ids=(ThreadId("a@b", 1),)), Change(), known=known) == []
    assert known.asked == set()


def test_a_card_is_owed_since_the_last_change() -> None:
    early, late = an_event(), replace(an_event(), at=LATER + timedelta(hours=1))
    [card] = owed_by(Change(events=(late,)), Change(events=(early,)))
    assert card == PostOwed(1, PostKind.CARD, 1, "", "", late.at)


@pytest.mark.parametrize(
    ("known", "wanted"),
    [
        pytest.param(glance(queue="noc"), [], id="queue-without-channel"),
        pytest.param(glance(queue="noc", has_card=True), [CARD], id="moved-away"),
        pytest.param(glance(queue=""), [], id="no-queue"),
    ],
)
def test_only_queues_with_a_channel_have_cards(known: CaseGlance, wanted: list[tuple[str, str, str]]) -> None:
    assert told(Change(events=(an_event(),)), known=Known({1: known})) == wanted
    moved = Change(cases=(a_case(queue=known.queue),), events=(an_event(),))
    assert told(moved, known=Known({1: known})) == wanted


def test_storage_is_not_asked_about_new_cases_nor_about_what_a_change_tells() -> None:
    case = a_case(version=0)
    known = Known()
    assert told(Change(cases=(case,), events=(opened(case, 1, SYSTEM),)), known=known) == [CARD]
    elsewhere = a_case(version=0, queue="noc")
    assert told(Change(cases=(elsewhere,), events=(opened(elsewhere, 1, SYSTEM),)), known=known) == []
    assert told(Change(cases=(a_case(),), events=(an_event(),)), known=known) == [CARD]
    assert known.asked == set()


def test_the_first_message_is_on_the_card_and_every_further_one_a_line() -> None:
    case = a_case(version=0)
    opening = Change(cases=(case,), messages=(a_message(),), comments=(a_comment(), a_comment(CommentKind.CALL_LOG)))
    assert told(opening) == [CARD]
    assert told(Change(messages=(a_message(),))) == [CARD, ("line", "", "message:50")]


@pytest.mark.parametrize(
    ("kind", "lines"),
    [
        (DeliveryKind.RESOLUTION, ["delivery:80"]),
        (DeliveryKind.QUESTION, ["delivery:80"]),
        (DeliveryKind.ACKNOWLEDGEMENT, []),
        (DeliveryKind.CLOSING_NOTICE, []),
    ],
)
def test_an_answer_that_was_sent_is_a_line(kind: DeliveryKind, lines: list[str]) -> None:
    known = Known({1: glance()}, {80: DeliveryGlance(80, 1, kind)})
    sent = Change(settlements=(DeliverySettlement(80, DeliveryState.SENT, "250", LATER),))
    assert told(sent, known=known) == [CARD, *(("line", "", line) for line in lines)]
    spoken = Change(deliveries=(a_delivery(kind=kind, state=DeliveryState.SENT),))
    assert told(spoken) == [CARD, *(("line", "", line) for line in lines)]
    assert told(Change(deliveries=(a_delivery(kind=kind),))) == [CARD]


def test_a_comment_is_a_line_unless_it_stands_in_the_thread() -> None:
    said = Change(comments=(a_comment(),))
    assert told(said) == [CARD, ("line", "", "comment:60")]
    assert told(said + Change(thread_ids=(ThreadId("note T1/C1/1700.1", 1),))) == [CARD]


def test_no_line_is_owed_where_no_card_is() -> None:
    assert told(Change(messages=(a_message(),), comments=(a_comment(),)), known=Known({1: glance(queue="noc")})) == []


@pytest.mark.parametrize(
    ("event", "targets"),
    [
        pytest.param(an_event(assignee="bob", owner=None), ["bob"], id="dispatched"),
        pytest.param(an_event(owner="alice"), [], id="taken-by-oneself"),
        pytest.param(an_event(by=SYSTEM, owner="alice", assignee="bob"), ["alice", "bob"], id="both"),
        pytest.param(an_event(assignee="mia"), ["mia"], id="known-to-the-chat-only"),
    ],
)
def test_agents_hear_what_they_are_given_by_others(event: CaseEvent, targets: list[str]) -> None:
    assert told(Change(events=(event,)))[1:] == [("notice", target, "assigned:70") for target in targets]


def test_an_agent_who_left_hears_nothing() -> None:
    agents = dict(ORGANISATION.agents)
    agents["bob"] = replace(agents["bob"], active=False)
    organisation = replace(ORGANISATION, agents=agents)
    change = Change(events=(an_event(assignee="bob"),))
    owed = posts_owed([change], organisation, CARDED, Known({1: glance()}), count(1).__next__)
    assert [post.kind for post in owed] == [PostKind.CARD]


@pytest.mark.parametrize(
    ("case", "targets"),
    [
        pytest.param(glance(owner="alice"), [""], id="owner"),
        pytest.param(glance(assignee="bob"), ["bob"], id="assignee"),
        pytest.param(glance(), [], id="nobody"),
        pytest.param(glance(queue="noc", owner="alice"), [""], id="no-card"),
    ],
)
def test_who_has_the_case_hears_that_the_caller_answered(case: CaseGlance, targets: list[str]) -> None:
    owed = told(Change(events=(an_event("contact.appended", SYSTEM),)), known=Known({1: case}))
    assert [post for post in owed if post[0] == "notice"] == [("notice", target, "answered:70") for target in targets]


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("agreement.due-soon", "due-soon"),
        ("agreement.overdue", "overdue"),
        ("delivery.failed", "not-delivered"),
        ("delivery.held", "not-delivered"),
    ],
)
def test_whoever_owns_the_case_then_hears_what_goes_wrong(kind: str, what: str) -> None:
    assert told(Change(events=(an_event(kind, SYSTEM),)))[1:] == [("notice", "", f"{what}:70")]


@pytest.mark.parametrize(("state", "told_of"), [(DeliveryState.BOUNCED, True), (None, False)])
def test_only_a_bounce_that_ends_a_delivery_is_told(state: DeliveryState | None, told_of: bool) -> None:  # noqa: FBT001 - a parameter of the table
    settlements = (DeliverySettlement(80, state, "hard bounce", LATER),) if state else ()
    change = Change(events=(an_event("delivery.bounced", SYSTEM),), settlements=settlements)
    assert bool(told(change)[1:]) == told_of


def test_the_state_after_the_change_counts() -> None:
    case, event = alter(a_case(), 70, "contact.appended", SYSTEM, LATER, owner="alice")
    assert told(Change(cases=(case,), events=(event,))) == [
        CARD,
        ("notice", "alice", "assigned:70"),
        ("notice", "", "answered:70"),
    ]
