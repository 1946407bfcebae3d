"""Act: what agents do with cases. Every door (CLI, Slack, bulk) performs its commands here.

`HANDLERS` says which function decides a command; each returns a `Change` or raises RefusedError, and the
operation around them writes it. Nothing is written when a command is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeAlias

from intakebot.domain import commands as c
from intakebot.domain.actors import SYSTEM, Actor
from intakebot.domain.case import NNR, Case, Comment, CommentKind, EndedAs, Priority, alter
from intakebot.domain.change import Change, ThreadId
from intakebot.domain.chat import HEARD_PREFIX, NOTE_PREFIX
from intakebot.domain.delivery import DeliveryKind
from intakebot.domain.errors import IntakebotError, NotFoundError, RefusedError
from intakebot.domain.guards import Step
from intakebot.domain.lifecycle import refuse_if_final, transition
from intakebot.domain.workflow import Verb, variant_for
from intakebot.ports import CaseFile, Store
from intakebot.usecases.amendments import record_amendment
from intakebot.usecases.deliver import retry_delivery, withdraw_delivery
from intakebot.usecases.further_case import split_case
from intakebot.usecases.house import House
from intakebot.usecases.identify_case import identify_case
from intakebot.usecases.idle import watched
from intakebot.usecases.links import link_case
from intakebot.usecases.look_again import after_moves, lately_to, standing_facts
from intakebot.usecases.outgoing import delivered_files
from intakebot.usecases.register import retry_contact
from intakebot.usecases.replies import owe_reply
from intakebot.usecases.resolve import (
    Answer,
    correspondent,
    reopen_case,
    resolve_case,
    send_resolution,
    withdraw_replies,
    withdraw_resolution,
)
from intakebot.usecases.rights import refuse_stranger
from intakebot.usecases.route import noted, reroute_case
from intakebot.usecases.silence import why_muted
from intakebot.usecases.tasks import accept_task, add_task, complete_handover, complete_task

MARKERS = (NNR,)
MUTED = "reply.to-muted"
"""The event that says that an agent's answer goes where the last mail did not arrive."""


@dataclass(frozen=True, slots=True)
class Acting:
    """One command about one case, being decided: who asks, when, and the case as it stands."""

    house: House
    store: Store
    file: CaseFile
    by: Actor
    at: datetime

    @property
    def case(self) -> Case:
        """The case."""
        return self.file.case

    def step(self, verb: Verb, **more: Any) -> Step:  # noqa: ANN401 - the fields of Step
        """The step that a verb means in this case's process."""
        action = self.house.organisation.workflows[self.case.workflow].action_for(verb)
        return Step(action, self.by, self.at, self.house.acting_agent(self.by), **more)

    def moved(self, step: Step) -> Change:
        """Take the step."""
        return transition(self.house.hand_of(self.file), step, self.house.new_id)

    def altered(self, kind: str, note: str = "", **new: object) -> Change:
        """Change fields of a case that is not final."""
        refuse_if_final(self.case)
        case, event = alter(self.case, self.house.new_id(), kind, self.by, self.at, note, **new)
        return Change(cases=(case,), events=(event,))


def _take(acting: Acting, _command: c.Take) -> Change:
    case = acting.case
    if case.owner and not case.is_final:
        raise RefusedError("case.taken", f"{case.label} is {case.owner}'s already")
    return acting.moved(acting.step(Verb.TAKE))


def _move(acting: Acting, command: c.Move) -> Change:
    queue = acting.house.queue(command.queue) if command.queue else None
    assignee = acting.house.agent(command.assignee) if command.assignee else None
    step = acting.step(Verb.MOVE, queue=queue, assignee=assignee, comment=command.comment)
    return acting.moved(step) + withdraw_resolution(acting.file, acting.at)


def _comment(acting: Acting, command: c.AddComment) -> Change:
    refuse_if_final(acting.case)
    if command.kind not in (CommentKind.COMMENT.value, CommentKind.WORK_INFO.value):
        raise RefusedError("comment.kind", "an agent writes comments of the kinds comment and work_info")
    if not command.text.strip():
        raise RefusedError("comment.empty", "a comment needs an explanation")
    said = f"{NOTE_PREFIX}{command.said_at}" if command.said_at else ""
    said = said or (f"{HEARD_PREFIX}{command.heard_at}" if command.heard_at else "")
    if said in acting.file.thread:
        return Change()
    kind = CommentKind(command.kind)
    comment = Comment(acting.house.new_id(), acting.case.id, kind, acting.by, acting.at, command.text)
    hand = acting.house.hand_of(acting.file)
    change = Change(comments=(comment,), thread_ids=(ThreadId(said, acting.case.id),) if said else ())
    return change + noted(acting.house, hand, "comment.added", kind.value, acting.by, acting.at)


def _mark(acting: Acting, command: c.Mark) -> Change:
    known = (*MARKERS, *acting.house.organisation.markers)
    if command.marker not in known:
        raise RefusedError(
            "marker.unknown", f"there is no marker {command.marker!r}; known markers: {', '.join(known)}"
        )
    others = tuple(marker for marker in acting.case.markers if marker != command.marker)
    markers = others if command.remove else (*others, command.marker)
    return acting.altered("case.unmarked" if command.remove else "case.marked", command.marker, markers=markers)


def _classify(acting: Acting, command: c.Classify) -> Change:
    category = command.category or acting.case.category
    priority = acting.case.priority
    if command.priority:
        if command.priority not in {known.value for known in Priority}:
            raise RefusedError("priority.unknown", f"there is no priority {command.priority!r}")
        priority = Priority(command.priority)
    workflow = variant_for(acting.house.organisation.workflows, acting.case.workflow, category)
    missing = tuple(name for name in acting.case.missing if name != "classification")
    change = acting.altered("case.classified", category=category, priority=priority, workflow=workflow, missing=missing)
    if workflow == acting.case.workflow:
        return change
    case = change.case(acting.case.id)
    facts = standing_facts(acting.house, acting.store, case, None)
    hand = acting.house.hand_of(replace(acting.file, case=case))
    return change + reroute_case(acting.house, hand, facts, f"classified {category}", acting.at)


def _ask(acting: Acting, command: c.Ask) -> Change:
    refuse_if_final(acting.case)
    to = correspondent(acting.file)
    if to is None:
        raise RefusedError("question.no-address", f"{acting.case.label}: the caller has no address to write to")
    if not command.text.strip():
        raise RefusedError("question.empty", "write the question")
    values = {"question": {"text": command.text}}
    kind, files = DeliveryKind.QUESTION, delivered_files(command.files)
    _, owed = owe_reply(
        acting.house, acting.case, to, kind, "question", values, acting.at, automatic=False, files=files
    )
    hand = acting.house.hand_of(acting.file)
    return owed + noted(acting.house, hand, "question.asked", command.text, acting.by, acting.at)


def _resolve(acting: Acting, command: c.Resolve) -> Change:
    if command.files and (command.draft or command.told_by):
        raise RefusedError("files.not-sent", "files leave with an answer that is sent now, not with a draft or a call")
    files = delivered_files(command.files)
    answer = Answer(command.text, command.template, command.told_by, command.final, command.draft, files)
    agent = acting.house.acting_agent(acting.by)
    hand = acting.house.hand_of(acting.file)
    return resolve_case(acting.house, hand, correspondent(acting.file), answer, by=acting.by, agent=agent, at=acting.at)


def _send_resolution(acting: Acting, _command: c.SendResolution) -> Change:
    hand = acting.house.hand_of(acting.file)
    return send_resolution(acting.house, hand, correspondent(acting.file), by=acting.by, at=acting.at)


def _close(acting: Acting, command: c.Close) -> Change:
    change = acting.moved(acting.step(Verb.CLOSE))
    to = correspondent(acting.file)
    if command.notify and to:
        kind = DeliveryKind.CLOSING_NOTICE
        change += owe_reply(acting.house, acting.case, to, kind, "closing-notice", {}, acting.at, automatic=False)[1]
    return change


def _reopen(acting: Acting, command: c.Reopen) -> Change:
    agent = acting.house.acting_agent(acting.by)
    return reopen_case(acting.house, acting.file, by=acting.by, at=acting.at, agent=agent, comment=command.comment)


def _void(acting: Acting, command: c.Void) -> Change:
    if not command.comment.strip():
        raise RefusedError("guard.reason", "say in a comment why this is no case")
    comment = Comment(acting.house.new_id(), acting.case.id, CommentKind.COMMENT, acting.by, acting.at, command.comment)
    return acting.altered("case.voided", command.comment, ended_as=EndedAs.VOID) + (
        Change(comments=(comment,)) + withdraw_replies(acting.file, "the case was voided", acting.at)
    )


def _split(acting: Acting, command: c.Split) -> Change:
    return split_case(acting.house, acting.store, acting.file, command, acting.by, acting.at)


def _link(acting: Acting, command: c.Link) -> Change:
    return link_case(acting.house, acting.store, acting.file, command, acting.by, acting.at)


def _record_amendment(acting: Acting, command: c.RecordAmendment) -> Change:
    return record_amendment(acting.house, acting.file, command, acting.by, acting.at)


def _add_task(acting: Acting, command: c.AddTask) -> Change:
    return add_task(acting.house, acting.file, command, acting.by, acting.at)


def _identify(acting: Acting, command: c.Identify) -> Change:
    return identify_case(acting.house, acting.store, acting.file, command, acting.by, acting.at)


def _accept_task(house: House, store: Store, command: c.AcceptTask, by: Actor, at: datetime) -> Change:
    return accept_task(house, store.case_of_task(command.task), command.task, by, at)


def _complete_task(house: House, store: Store, command: c.CompleteTask, by: Actor, at: datetime) -> Change:
    return complete_task(house, store.case_of_task(command.task), command.task, by, at)


def _complete_handover(house: House, store: Store, command: c.CompleteHandover, by: Actor, at: datetime) -> Change:
    files = store.cases_of_handover(command.reference)
    if not files:
        raise NotFoundError(f"no open task was handed over to {command.reference!r}")
    for file in files:
        refuse_stranger(house, file.case, by)
    return sum((complete_handover(house, file, command.reference, by, at) for file in files), Change())


Handler: TypeAlias = Callable[[Acting, Any], Change]
HANDLERS: Mapping[type[Any], Handler] = {
    c.Take: _take,
    c.Move: _move,
    c.AddComment: _comment,
    c.Mark: _mark,
    c.Classify: _classify,
    c.Ask: _ask,
    c.Resolve: _resolve,
    c.SendResolution: _send_resolution,
    c.Close: _close,
    c.Reopen: _reopen,
    c.Void: _void,
    c.Split: _split,
    c.Link: _link,
    c.RecordAmendment: _record_amendment,
    c.AddTask: _add_task,
    c.Identify: _identify,
}
DeskHandler: TypeAlias = Callable[[House, Store, Any, Actor, datetime], Change]
DESK_HANDLERS: Mapping[type[Any], DeskHandler] = {
    c.AcceptTask: _accept_task,
    c.CompleteTask: _complete_task,
    c.CompleteHandover: _complete_handover,
    c.RetryContact: retry_contact,
    c.RetryDelivery: retry_delivery,
    c.WithdrawDelivery: withdraw_delivery,
}


@dataclass(frozen=True, slots=True)
class Request:
    """A command with the actor who asks."""

    command: c.Command
    by: Actor


def decide(house: House, store: Store, request: Request) -> Change:
    """The change that a command means now. Raises RefusedError, NotFoundError, TemplateError."""
    house.acting_agent(request.by)
    command: Any = request.command
    at = house.clock.now()
    if type(command) in DESK_HANDLERS:
        return DESK_HANDLERS[type(command)](house, store, command, request.by, at)
    acting = Acting(house, store, store.case_file(command.case), request.by, at)
    refuse_stranger(house, acting.case, request.by)
    change = HANDLERS[type(command)](acting, command)
    return change + _muted_notes(acting, change)


def _muted_notes(acting: Acting, change: Change) -> Change:
    """What an agent writes leaves, also to an address from which mail came back; but it is said."""
    to = correspondent(acting.file)
    if to is None or not to.by_mail or not any(owed.recipient == to.address for owed in change.deliveries):
        return Change()
    why = why_muted(acting.house, to.address, lately_to(acting.store, to, acting.at), acting.at)
    if not why or any(case.is_final for case in change.cases):
        return Change()
    said = f"{why} for automatic mail; this answer leaves all the same"
    return noted(acting.house, acting.house.hand_of(acting.file), MUTED, said, SYSTEM, acting.at)


def summary(change: Change) -> dict[str, Any]:
    """What a change did, for the one who asked: the case as it is now (a new one first), events, what is owed."""
    shown: dict[str, Any] = {}
    for case in sorted(change.cases, key=lambda changed: changed.version):
        fields = {"case": case.number, "status": case.status, "queue": case.queue, "owner": case.owner}
        shown = shown or fields | {"workflow": case.workflow, "category": case.category}
    warnings = [event.note for event in change.events if event.kind == MUTED]
    return (
        shown
        | ({"warnings": warnings} if warnings else {})
        | {
            "events": [event.kind for event in change.events],
            "tasks": [{"id": task.id, "title": task.title, "status": task.status.value} for task in change.tasks],
            "deliveries": [
                {"id": owed.id, "kind": owed.kind.value, "state": owed.state.value, "recipient": owed.recipient}
                for owed in change.deliveries
            ],
        }
    )


def perform(house: House, store: Store, requests: Sequence[Request]) -> list[dict[str, Any] | Exception]:
    """The operation: decide and write each command on its own; a refusal is that command's result."""
    return [_performed(house, store, request) for request in requests]


def _meet(house: House, store: Store, request: Request) -> None:
    """Know the agents whom the request names, if a chat's user groups named them in an earlier run."""
    for agent_id in {request.by.agent_id, getattr(request.command, "assignee", None)}:
        learned = store.chat.learned_agent(agent_id) if agent_id and house.known_agent(agent_id) is None else None
        if learned is not None:
            house.learned[learned.id] = learned


def _performed(house: House, store: Store, request: Request) -> dict[str, Any] | Exception:
    _meet(house, store, request)
    try:
        change = decide(house, store, request)
    except IntakebotError as refusal:
        return refusal
    change += after_moves(house, store, change, house.clock.now())
    store.apply([watched(house, change)])
    about = getattr(request.command, "case", None)
    return ({"case": about} if about else {}) | summary(change)
