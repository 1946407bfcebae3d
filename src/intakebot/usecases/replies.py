"""Replies: render what a caller gets and owe it as a delivery, rendered when promised and stored as text.

Nothing but the values listed in `_values` reaches a template. Automatic replies pass `why_not_automatic`,
whose answer is kept as an event, so that every reply that was not sent has its reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from intakebot.domain.case import Case
from intakebot.domain.change import Change, ThreadId
from intakebot.domain.delivery import SHADOW, DeliveredFile, Delivery, DeliveryKind
from intakebot.domain.organisation import Queue
from intakebot.domain.reply_token import plus_address, reply_token
from intakebot.reading.quotes import MARKER
from intakebot.usecases.house import House
from intakebot.usecases.recognise import TOKEN_PREFIX

THREAD_SHOWN = 20
"""How many ids of a conversation References names; the newest ones are what mail programs thread by."""


@dataclass(frozen=True, slots=True)
class Correspondent:
    """Whom a case answers: address, name, language, and the mail thread so far (bare ids, oldest first).

    In a chat the address is the place where the answer goes, not a person's.
    """

    address: str
    name: str = ""
    language: str = ""
    channel: str = "email"
    thread: tuple[str, ...] = ()

    @property
    def by_mail(self) -> bool:
        """Answered by mail, with a subject, a marker to reply above, and ids to thread by."""
        return self.channel == "email"


def owe_reply(
    house: House,
    case: Case,
    to: Correspondent,
    kind: DeliveryKind,
    template: str,
    values: Mapping[str, Any],
    at: datetime,
    *,
    automatic: bool,
    files: tuple[DeliveredFile, ...] = (),
) -> tuple[Delivery, Change]:
    """Render a reply and owe it. Raises TemplateError; nothing is owed then.

    In shadow mode it is written as withdrawn, so that no switch back to live mode can release it.
    """
    queue = answering_queue(house, case)
    written = written_reply(house, case, to, template, values)
    delivery_id = house.new_id()
    token = reply_token(house.reply_key, case.id, to.address)
    bare_id = f"delivery.{delivery_id}.{token}@{queue.reply_address.rpartition('@')[2]}"
    thread = tuple(known for known in to.thread if "@" in known) if to.by_mail else ()
    delivery = Delivery(
        id=delivery_id,
        case_id=case.id,
        kind=kind,
        channel=to.channel,
        recipient=to.address,
        recipient_name=to.name,
        sender=queue.reply_address,
        sender_name=queue.reply_name or queue.title,
        reply_to=plus_address(queue.reply_address, token) if to.by_mail else "",
        subject=written.subject,
        text=written.text,
        html=written.html,
        message_id=bare_id,
        in_reply_to=thread[-1] if thread else "",
        references=thread[-THREAD_SHOWN:],
        automatic=automatic,
        created_at=at,
        due_at=at,
        files=files,
    )
    ids = (ThreadId(bare_id, case.id), ThreadId(TOKEN_PREFIX + token, case.id)) if to.by_mail else ()
    if house.shadow:
        delivery = delivery.never_sent(SHADOW)
    return delivery, Change(deliveries=(delivery,), thread_ids=ids)


@dataclass(frozen=True, slots=True)
class WrittenReply:
    """A reply as the caller would read it; `html` is '' where there is none, as in every chat."""

    language: str
    subject: str
    text: str
    html: str


def written_reply(
    house: House, case: Case, to: Correspondent, template: str, values: Mapping[str, Any]
) -> WrittenReply:
    """The exact words that would leave now. Raises TemplateError."""
    queue = answering_queue(house, case)
    language = choose_language(house, template, case, to, queue)
    shown = _values(case, to, queue) | dict(values)
    if to.by_mail:
        return WrittenReply(language, *house.render.render(template, language, shown))
    return WrittenReply(language, *house.render.render_chat(template, language, shown), "")


def answering_queue(house: House, case: Case) -> Queue:
    """The queue in whose name a case is answered: its own, but never triage, which is nobody's name outside."""
    organisation = house.organisation
    inside = case.queue in ("", organisation.triage_queue) or case.queue not in organisation.queues
    return organisation.queues[house.default_queue(case.workflow) if inside else case.queue]


def choose_language(house: House, template: str, case: Case, to: Correspondent, queue: Queue) -> str:
    """The caller's own language, else the case's (from the message), else the queue's; first that exists."""
    available = house.render.languages(template)
    wanted = (to.language, case.language, queue.language, *available)
    return next((language for language in wanted if language in available), queue.language)


def why_not_automatic(
    house: House,
    to: Correspondent | None,
    *,
    on_case: int,
    today: int,
) -> str:
    """Why no automatic reply may go out, as a sentence; '' when it may (RFC 3834, decision 24)."""
    if to is None:
        return "the contact has no address that can be answered"
    if house.organisation.receiving(to.address) or to.address.rpartition("@")[2] in house.organisation.own_domains:
        return "the sender is one of our own addresses"
    if on_case:
        return "this case has had its automatic reply"
    if today >= house.replies_per_day:
        return f"{to.address} has had {today} automatic replies within 24 hours"
    return ""


def _values(case: Case, to: Correspondent, queue: Queue) -> dict[str, Any]:
    return {
        "marker": MARKER,
        "caller": {"name": to.name, "address": to.address if to.by_mail else ""},
        "case": {
            "number": case.label,
            "title": case.title,
            "priority": case.priority.value,
            "opened_at": case.opened_at.strftime("%Y-%m-%d %H:%M UTC"),
        },
        "queue": {"title": queue.title, "reply_name": queue.reply_name or queue.title},
    }
