"""Questions: what may be asked of the house, by name, answered from the archive as JSON-like data.

`Desk.ask` comes here. Every question is a method; `QUESTIONS` lists them with the arguments they take.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

from intakebot.domain.enhanced_status import status_in
from intakebot.domain.errors import RefusedError
from intakebot.ports import Archive, CaseFilter
from intakebot.usecases.agreement import agreement_since
from intakebot.usecases.house import House
from intakebot.usecases.preview import reply_preview
from intakebot.usecases.proposals import open_proposals
from intakebot.usecases.questions_card import case_card
from intakebot.usecases.questions_files import attachment, attachments, shown_file
from intakebot.usecases.questions_search import cases_found, suggestions
from intakebot.usecases.questions_work import agent_home, customers_found, house_choices, template_choices
from intakebot.usecases.reasons import case_why
from intakebot.usecases.suggest_category import suggested_category, suggestion_figures
from intakebot.usecases.watch import alarms, silenced

SLOW_QUESTIONS = frozenset({"case.why", "rules.agreement"})
"""What reads much at once, or tries every rule on every decision of a case; answered beside the event loop."""


class Questions:
    """The questions of this house."""

    def __init__(self, house: House, archive: Archive) -> None:
        self._house = house
        self._archive = archive
        self._questions: Mapping[str, Callable[..., Any]] = {
            "case.list": self._case_list,
            "case.show": self._case_show,
            "case.log": self._case_log,
            "case.why": partial(case_why, house, archive),
            "case.actions": self._case_actions,
            "case.card": partial(case_card, house, archive),
            "case.find": partial(cases_found, archive),
            "case.suggest": partial(suggestions, house, archive),
            "suggestions.show": partial(suggestion_figures, house, archive),
            "attachment.list": partial(attachments, house, archive),
            "attachment.show": partial(attachment, house, archive),
            "contact.list": self._contact_list,
            "contact.show": self._contact_show,
            "contact.content": self._contact_content,
            "contact.states": self._contact_states,
            "delivery.list": self._delivery_list,
            "delivery.show": self._delivery_show,
            "queue.list": self._queue_list,
            "customer.show": self._customer_show,
            "customer.find": partial(customers_found, archive),
            "template.preview": self._template_preview,
            "template.choices": partial(template_choices, house, archive),
            "house.choices": partial(house_choices, house, archive),
            "agent.home": self._agent_home,
            "reply.preview": self._reply_preview,
            "rules.agreement": partial(agreement_since, archive),
            "mailbox.list": self._mailbox_list,
            "health": self._health,
            "clock": self._clock,
        }

    def answer(self, question: str, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON-like data, by question
        """Answer one; raises RefusedError for an unknown question or wrong arguments, NotFoundError for the rest."""
        if question not in self._questions:
            raise RefusedError(
                "question.unknown", f"there is no question {question!r}; known: {', '.join(self._questions)}"
            )
        return self._questions[question](**arguments)

    def _case_list(self, **wanted: Any) -> Any:  # noqa: ANN401 - the fields of CaseFilter
        return self._archive.cases(CaseFilter(**wanted))

    def _case_show(self, number: int) -> Any:  # noqa: ANN401
        case = self._archive.case(number)
        suggestion = suggested_category(self._house, self._archive, case)
        events = self._archive.events(number)
        return case | {
            "actions": self._actions_of(case),
            "suggestion": suggestion,
            "proposed_tasks": open_proposals(self._archive, case, events),
            "not_sent": _not_sent(events),
            "files": [shown_file(self._house, file) for file in self._archive.files_of(number)],
        }

    def _case_log(self, number: int) -> Any:  # noqa: ANN401
        return self._archive.events(number)

    def _case_actions(self, number: int) -> Any:  # noqa: ANN401
        return self._actions_of(self._archive.case(number))

    def _actions_of(self, case: Mapping[str, Any]) -> dict[str, Any]:
        """What the process table allows now; guards are asked when somebody acts."""
        workflow = self._house.organisation.workflows[case["workflow"]]
        ended = case["closed_at"] or case["ended_as"]
        allowed = [] if ended else list(dict.fromkeys(workflow.actions_from(case["status"])))
        why_not = (
            "the case has ended: nothing may change" if ended else f"not possible while the case is {case['status']}"
        )
        others = (line.action for line in workflow.transitions if line.action not in allowed)
        return {"case": case["number"], "allowed": allowed, "refused": dict.fromkeys(others, why_not)}

    def _agent_home(self, agent: str, page: int = 1) -> Any:  # noqa: ANN401
        return agent_home(self._house, self._archive, agent, page)

    def _reply_preview(self, case: int, kind: str, **wanted: str) -> Any:  # noqa: ANN401
        return reply_preview(self._house, self._archive, case, kind, **wanted)

    def _contact_list(self, state: str = "", limit: int = 100) -> Any:  # noqa: ANN401
        return self._archive.contacts(state, limit)

    def _contact_show(self, id: int) -> Any:  # noqa: ANN401, A002 - the question's own argument name
        contact = self._archive.contact(id)
        return contact | {
            "not_sent": _not_sent(self._archive.events(contact["case"])) if contact.get("case") else [],
            "files": [shown_file(self._house, file) for file in contact["files"]],
        }

    def _contact_content(self, id: int) -> str:  # noqa: A002
        return base64.b64encode(self._archive.content(id)).decode("ascii")

    def _contact_states(self, ids: list[int]) -> dict[str, str]:
        """States by the ids as text, as JSON has them."""
        return {str(known): state for known, state in self._archive.contact_states(ids).items()}

    def _delivery_list(self, state: str = "", limit: int = 100) -> Any:  # noqa: ANN401
        return [_with_status(row) for row in self._archive.deliveries(state, limit)]

    def _delivery_show(self, id: int) -> Any:  # noqa: ANN401, A002
        return _with_status(self._archive.delivery(id))

    def _queue_list(self) -> Any:  # noqa: ANN401
        figures = self._archive.queues()
        blank = {"waiting": 0, "in_charge": 0, "oldest_waiting_at": None, "last_taken_at": None}
        return [
            {"name": queue.name, "title": queue.title, "workflows": list(queue.workflows)}
            | blank
            | figures.get(name, {})
            for name, queue in sorted(self._house.organisation.queues.items())
        ]

    def _mailbox_list(self) -> Any:  # noqa: ANN401
        return self._archive.mailboxes()

    def _customer_show(self, reference: str) -> Any:  # noqa: ANN401
        return self._archive.customer(reference)

    def _template_preview(self, name: str, language: str = "") -> Any:  # noqa: ANN401
        subject, text, html = self._house.render.preview(name, language)
        chat = self._house.render.preview_chat(name, language)
        return {"name": name, "language": language, "subject": subject, "text": text, "html": html, "chat": chat}

    def _health(self) -> Any:  # noqa: ANN401
        now = self._house.clock.now()
        found = silenced(self._archive, self._house.replies_per_hour, now)
        found += alarms(self._archive, self._house.organisation, now)
        return {
            "at": now.isoformat(),
            "mode": "shadow" if self._house.shadow else "live",
            "rules": self._house.ruleset.hash,
            "attention": [asdict(alarm) for alarm in found],
            "counts": self._archive.counts(),
            "mailboxes": self._archive.mailboxes(),
        }

    def _clock(self) -> str:
        return self._house.clock.now().isoformat()


def _with_status(delivery: Mapping[str, Any]) -> dict[str, Any]:
    """The delivery with the enhanced status (RFC 3463) that its last answer names, '' without one."""
    return dict(delivery) | {"status": status_in(delivery["answer"])}


def _not_sent(events: Iterable[Mapping[str, Any]]) -> list[str]:
    """Why automatic replies about a case did not leave, in the order of its history."""
    return [event["note"] for event in events if event["kind"] == "reply.suppressed"]
