"""The card of a case: everything that agents in a chat see of it at a glance, as JSON-like data. Called by `questions`.

Put together from what the archive knows; what may be pressed follows from the process table and from those guards
that need nobody's input. Buttons are no right: each command is checked again when it comes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from intakebot.domain.actors import SYSTEM, Actor, ActorKind
from intakebot.domain.case import Case, CommentKind
from intakebot.domain.delivery import DeliveryState
from intakebot.domain.guards import GUARDS, Step
from intakebot.domain.workflow import Workflow
from intakebot.ports import Archive
from intakebot.usecases.house import House
from intakebot.usecases.proposals import open_proposals
from intakebot.usecases.questions_files import shown_file
from intakebot.usecases.suggest_category import suggested_category

JsonRow = Mapping[str, Any]
SHOWN_TEXT = 4_000
"""Characters of a message, comment or description that a card can need."""

_COPIED = (
    "id",
    "number",
    "label",
    "version",
    "status",
    "ended_as",
    "workflow",
    "title",
    "priority",
    "category",
    "tags",
    "markers",
    "missing",
    "opened_at",
    "respond_by",
    "solve_by",
    "resolved_at",
    "closed_at",
)
_OPEN_QUESTIONS = frozenset({"target", "queue", "elsewhere", "resolution-entered", "reason", "may-work", "in-charge"})
"""Guards that depend on who asks and on what they bring along: the card shows the button, the command is checked."""
_OF_TASK = ("id", "title", "status", "queue", "assignee", "handover")
_UNDELIVERED = (DeliveryState.FAILED.value, DeliveryState.HELD.value, DeliveryState.BOUNCED.value)


def case_card(house: House, archive: Archive, number: int) -> dict[str, Any]:
    """The card; raises NotFoundError."""
    case, first = archive.case(number), archive.opening_trace(number)
    workflow = house.organisation.workflows[case["workflow"]]
    return {
        **{name: case[name] for name in _COPIED},
        "description": case["description"][:SHOWN_TEXT],
        "kind": workflow.kind_of(case["status"]).value,
        "ended": bool(case["closed_at"] or case["ended_as"]),
        "suggestion": suggested_category(house, archive, case),
        "why": list(first.get("sentences", ())),
        "source": {"channel": case["channel"], "permalink": str(first.get("permalink", ""))},
        "allowed": list(_allowed(archive.case_alone(number), workflow)),
        "files": [shown_file(house, file) for file in archive.files_of(number)],
        **_people(house, case),
        **_customer(case, first),
        **_said(house, case),
        "tasks": [{name: task[name] for name in _OF_TASK} for task in case["tasks"]],
        "proposed_tasks": open_proposals(archive, case, archive.events(number)),
    }


def agent_named(house: House, agent_id: str | None) -> dict[str, str] | None:
    """An agent by id and name; the id alone where nobody knows the agent any more."""
    if not agent_id:
        return None
    agent = house.known_agent(agent_id)
    return {"id": agent_id, "name": agent.name if agent else agent_id}


def _people(house: House, case: JsonRow) -> dict[str, Any]:
    queue, caller = house.organisation.queues.get(case["queue"]), case["caller"]
    addresses = [tuple(pair) for pair in caller["addresses"]] if caller else []
    wrote = next((pair for pair in addresses if pair[0] == case["channel"]), (case["channel"], case["answer_to"]))
    named = caller["name"] if caller else ""
    return {
        "queue": {"name": case["queue"], "title": queue.title if queue else case["queue"]},
        "owner": agent_named(house, case["owner"]),
        "assignee": agent_named(house, case["assignee"]),
        "caller": {"name": named, "address": wrote[1], "channel": wrote[0]} if caller or wrote[1] else None,
    }


def _customer(case: JsonRow, trace: JsonRow) -> dict[str, Any]:
    customer, key = case["customer"], case["support_key"]
    return {
        "customer": {name: customer[name] for name in ("name", "reference", "tier")} if customer else None,
        "support_key": {"key": key, "state": case["support_key_state"]} if key else None,
        "agreements": [
            {name: agreement[name] for name in ("kind", "reference", "policy", "valid_to")}
            | {"state": case[f"{agreement['kind']}_agreement_state"]}
            for agreement in case["agreements"]
        ],
        "proposals": [] if customer else list(trace.get("proposals", ())),
        "links": [{name: link[name] for name in ("label", "relation", "title")} for link in case["links"]],
    }


def _said(house: House, case: JsonRow) -> dict[str, Any]:
    comments = [comment for comment in case["comments"] if comment["kind"] != CommentKind.CALL_LOG.value]
    messages, deliveries = case["messages"], case["deliveries"]
    return {
        "last_comment": _comment(house, comments[-1]) if comments else None,
        "last_message": _message(messages[-1]) if messages else None,
        "messages_count": len(messages),
        "resolution": _resolution(house, case["resolution"], deliveries) if case["resolution"] else None,
        "undelivered": [
            {name: delivery[name] for name in ("id", "kind", "state", "answer")}
            for delivery in deliveries
            if delivery["state"] in _UNDELIVERED
        ],
    }


def _comment(house: House, comment: JsonRow) -> dict[str, Any]:
    shown = {name: comment[name] for name in ("at", "kind")}
    return shown | {"by": _actor(house, comment["by"]), "text": comment["text"][:SHOWN_TEXT]}


def _message(message: JsonRow) -> dict[str, Any]:
    text = message["new_text"] or message["text"]
    return {"sender": message["sender_name"], "at": message["at"], "text": text[:SHOWN_TEXT]}


def _resolution(house: House, resolution: JsonRow, deliveries: Sequence[JsonRow]) -> dict[str, Any]:
    carrier = next((delivery for delivery in deliveries if delivery["id"] == resolution["delivery_id"]), None)
    shown = {name: resolution[name] for name in ("entered_at", "sent_at")}
    text, state = resolution["text"][:SHOWN_TEXT], carrier["state"] if carrier else "draft"
    return shown | {"text": text, "by": _actor(house, resolution["by"]), "state": state}


def _actor(house: House, stored: str) -> str:
    """An agent's name; rules, timers and the system by what they are."""
    actor = Actor.parse(stored)
    agent = house.known_agent(actor.name) if actor.kind is ActorKind.AGENT else None
    return agent.name if agent else stored


def _allowed(case: Case, workflow: Workflow) -> Iterator[dict[str, str]]:
    """Verbs that the table allows now, unless a guard refuses whoever asks."""
    if case.is_final:
        return
    for verb, action in workflow.verbs.items():
        line = workflow.step(case.status, action)
        if line is None:
            continue
        step = Step(action, SYSTEM, case.opened_at)
        if not any(GUARDS[name](case, (), step) for name in line.guards if name not in _OPEN_QUESTIONS):
            yield {"verb": verb.value, "action": action, "label": action.replace("-", " ").capitalize()}
