"""The records that every registered contact leaves, whatever becomes of it: outcome, decision, files, message."""

from __future__ import annotations

from datetime import datetime

from intakebot.domain.actors import SYSTEM
from intakebot.domain.case import Case, Comment, CommentKind
from intakebot.domain.change import AttachedFile, CaseMessage, Change, StoredDecision, ThreadId
from intakebot.domain.contact import ContactOutcome, ContactState
from intakebot.domain.customer import Caller
from intakebot.usecases.assessment import Assessment, ReadContact
from intakebot.usecases.house import House
from intakebot.usecases.recognise import CONTENT_PREFIX
from intakebot.usecases.seen_facts import packed_facts


def contact_records(
    house: House, assessment: Assessment, case_id: int | None, caller_id: int | None, at: datetime
) -> Change:
    """Outcome, stored decision and attached files of a contact."""
    read = assessment.read
    outcome = ContactOutcome(
        contact_id=read.pending.id,
        state=assessment.state,
        reason=assessment.reason,
        case_id=case_id,
        caller_id=caller_id,
        subject=read.message.topic,
        sender=read.sender,
        defects=read.message.defects,
        at=at,
    )
    decision = StoredDecision(house.new_id(), read.pending.id, case_id, assessment.ruleset, assessment.trace(), at)
    files = tuple(
        AttachedFile(
            house.new_id(),
            read.pending.id,
            file.name,
            file.media_type,
            file.size,
            file.sha256,
            house.files.flags(file.size, file.flags),
        )
        for file in read.message.attachments
    )
    decided = packed_facts(assessment.seen, decision.id, assessment.outcome, at)
    return Change(contacts=(outcome,), decisions=(decision,), decided=decided, files=files)


def caller_of(house: House, assessment: Assessment) -> tuple[Caller | None, Change]:
    """The known caller, else a new one under the customer of the sender's domain; none without a sender.

    A room says whose matter something is, not who the person is.
    """
    around, sender = assessment.around, assessment.read.message.sender
    if around.caller or sender is None:
        return around.caller, Change()
    record = assessment.identification.record
    customer_id = record.customer.id if record and not in_chat(assessment) else None
    addresses = ((assessment.read.clues.channel, assessment.read.sender),)
    name = "" if assessment.impostor else sender.name  # then people see the plain address
    caller = Caller(house.new_id(), name, addresses, customer_id)
    return caller, Change(callers=(caller,))


def in_chat(assessment: Assessment) -> bool:
    """Whether it was said in a chat, where everybody has a name and an id of their own."""
    return bool(assessment.read.clues.answer_to)


def conversation(house: House, assessment: Assessment, case: Case, at: datetime) -> Change:
    """What the caller said, as part of a case, with the line of the call log and the ids of the thread."""
    read, message = assessment.read, assessment.read.message
    said = CaseMessage(
        house.new_id(), case.id, read.pending.id, read.sender, message.subject, message.text, message.new_text, at
    )
    reservation = f" ({assessment.reservation})" if assessment.reservation else ""
    log = f"{read.pending.channel} contact from {_who(read)}{reservation}: {message.topic or '(no subject)'}"
    # Ids that a third party brings are not the conversation's: answers to the caller would name them.
    ids = () if reservation else (*reversed(message.references), *message.in_reply_to, message.message_id)
    bare = dict.fromkeys(known.strip("<> ") for known in ids)
    if not message.message_id and not reservation:
        bare[f"{CONTENT_PREFIX}{read.pending.repeat_of or read.pending.id}"] = None
    return Change(
        messages=(said,),
        comments=(Comment(house.new_id(), case.id, CommentKind.CALL_LOG, SYSTEM, at, log),),
        thread_ids=tuple(ThreadId(known, case.id) for known in bare if known),
    )


def _who(read: ReadContact) -> str:
    """The sender, with the name where the address is nothing that people know others by."""
    sender = read.message.sender
    if sender is None:
        return "an unknown sender"
    return f"{sender.name} ({read.sender})" if sender.name and "@" not in read.sender else read.sender


def outcome_of_split(contact_id: int, case_id: int, subject: str, sender: str, at: datetime) -> Change:
    """A contact out of which several cases were made: the call log stays with the parent."""
    reason = "split into several cases; the parent keeps the call log"
    return Change(
        contacts=(ContactOutcome(contact_id, ContactState.SPLIT, reason, case_id, None, subject, sender, (), at),)
    )
