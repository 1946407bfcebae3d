"""Amendments: a caller changed or took back what was said. It is written down beside it; what was said stays.

Only the channel that saw it records this, in the name of the house: no agent may put words into a caller's mouth.
"""

from __future__ import annotations

from datetime import datetime

from intakebot.domain.actors import Actor, ActorKind
from intakebot.domain.case import Comment, CommentKind
from intakebot.domain.change import Change, ThreadId
from intakebot.domain.chat import HEARD_PREFIX
from intakebot.domain.commands import RecordAmendment
from intakebot.domain.errors import RefusedError
from intakebot.domain.lifecycle import refuse_if_final
from intakebot.ports import CaseFile
from intakebot.usecases.house import House
from intakebot.usecases.route import noted

_LONGEST = 10_000


def record_amendment(house: House, file: CaseFile, command: RecordAmendment, by: Actor, at: datetime) -> Change:
    """A comment and an event that say what was changed. A case that has ended is left alone: raises RefusedError."""
    if by.kind is ActorKind.AGENT:
        raise RefusedError("amendment.by-agent", "what callers change is recorded by the channel that saw it")
    refuse_if_final(file.case)
    heard = f"{HEARD_PREFIX}{command.heard_at}" if command.heard_at else ""
    if heard in file.thread:
        return Change()
    what = "withdrew a message" if command.withdrawn else "changed a message"
    caller = file.caller
    known = caller and command.sender.lower() in {address for _, address in caller.addresses}
    who = f"{caller.name} ({command.sender})" if caller and known and caller.name else command.sender
    comment = Comment(house.new_id(), file.case.id, CommentKind.COMMENT, by, at, _told(command, f"{who} {what}"))
    kind = "message.withdrawn" if command.withdrawn else "message.amended"
    note = f"{who} {what}"
    thread_ids = (ThreadId(heard, file.case.id),) if heard else ()
    return Change(comments=(comment,), thread_ids=thread_ids) + noted(house, house.hand_of(file), kind, note, by, at)


def _told(command: RecordAmendment, what: str) -> str:
    parts = [f"{what}. What was said stays in the conversation."]
    if command.earlier:
        parts.append(f"Before: {command.earlier[:_LONGEST]}")
    if not command.withdrawn:
        parts.append(f"Now: {command.text[:_LONGEST]}")
    return "\n\n".join(parts)
