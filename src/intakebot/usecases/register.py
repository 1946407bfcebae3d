"""Register: from a kept contact to a case, an append, evidence or a refusal, in one transaction.

The worker brings contacts that were read; the writer runs `Registration.register` on a batch of them. Contacts
of one batch that might concern the same case are decided one after the other, so that the second sees the
first. A contact whose registration failed three times is set aside for a person, never dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from intakebot.domain.actors import Actor
from intakebot.domain.change import Change
from intakebot.domain.commands import RetryContact
from intakebot.domain.contact import ContactOutcome, ContactState
from intakebot.domain.errors import RefusedError
from intakebot.ports import Store
from intakebot.usecases.append import append_contact
from intakebot.usecases.assess import assess
from intakebot.usecases.assessment import Assessment, Disposition, ReadContact
from intakebot.usecases.evidence import complete_handovers, keep_evidence
from intakebot.usecases.further_case import open_parts
from intakebot.usecases.house import House
from intakebot.usecases.idle import watched
from intakebot.usecases.new_words import what_is_new
from intakebot.usecases.open_case import open_case, rule_of

ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Registered:
    """What became of a contact: its state, and the change that it made."""

    contact_id: int
    state: ContactState
    change: Change


@dataclass(frozen=True, slots=True)
class SetAside:
    """A contact whose registration failed: tried again later, or quarantined after the third attempt."""

    contact_id: int
    attempts: int
    error: str


class Registration:
    """The operations of this room, bound to the house."""

    def __init__(self, house: House) -> None:
        self._house = house

    def register(self, store: Store, reads: Sequence[ReadContact]) -> list[Registered]:
        """Register a batch, in order of arrival."""
        done: dict[int, Registered] = {}
        waiting = list(reads)
        while waiting:
            wave, later = _split_wave(waiting)
            at = self._house.clock.now()
            arounds = store.surroundings([read.clues for read in wave], at)
            assessments = [assess(self._house, read, around, at) for read, around in zip(wave, arounds, strict=True)]
            now, postponed = _split_topics(assessments)
            done |= {registered.contact_id: registered for registered in self._write(store, now, at)}
            waiting = [assessment.read for assessment in postponed] + later
        return [done[read.pending.id] for read in reads]

    def set_aside(self, store: Store, failures: Sequence[SetAside]) -> list[None]:
        """Leave a failed contact for another attempt, or quarantine it after the third."""
        at = self._house.clock.now()
        store.apply([Change(contacts=(_failed(failure, at),)) for failure in failures])
        return [None for _ in failures]

    def _write(self, store: Store, assessments: Sequence[Assessment], at: datetime) -> list[Registered]:
        opening = sum(1 + len(one.parts) for one in assessments if one.disposition is Disposition.OPEN)
        numbers = iter(store.case_numbers(opening) if opening else ())
        changes = [watched(self._house, self._change(store, assessment, numbers, at)) for assessment in assessments]
        store.apply(changes)
        return [
            Registered(assessment.read.pending.id, assessment.state, change)
            for assessment, change in zip(assessments, changes, strict=True)
        ]

    def _change(self, store: Store, assessment: Assessment, numbers: Iterator[int], at: datetime) -> Change:
        handovers = complete_handovers(self._house, store, assessment, at)
        if assessment.disposition is Disposition.OPEN:
            return self._opened(what_is_new(store, assessment), numbers, at) + handovers
        if assessment.disposition is Disposition.APPEND:
            return append_contact(self._house, store, what_is_new(store, assessment), at) + handovers
        return keep_evidence(self._house, store, assessment, at) + handovers

    def _opened(self, assessment: Assessment, numbers: Iterator[int], at: datetime) -> Change:
        """The contact's case, and the further ones that a rule makes of it."""
        change = open_case(self._house, assessment, next(numbers), at)
        if not assessment.parts:
            return change
        parent, by = change.cases[-1], rule_of(assessment, "classify")
        return change + open_parts(self._house, assessment.parts, parent, numbers, by, at)


def _split_wave(reads: Sequence[ReadContact]) -> tuple[list[ReadContact], list[ReadContact]]:
    """Contacts that share neither sender nor thread, and the rest, which must see what those become."""
    taken: set[str] = set()
    wave: list[ReadContact] = []
    later: list[ReadContact] = []
    for read in reads:
        clues = read.clues
        keys = {
            clues.sender or f"contact:{read.pending.id}",
            read.message.message_id.strip("<> "),
            *clues.message_ids,
            *clues.bounced_ids,
            *(f"delivery:{delivery}" for delivery in clues.bounced_deliveries),
            *clues.bounced_addresses,
        } - {""}
        (wave if keys.isdisjoint(taken) and not later else later).append(read)
        taken |= keys
    return wave, later


def _split_topics(assessments: Sequence[Assessment]) -> tuple[list[Assessment], list[Assessment]]:
    """Assessments of which no two may concern one case: the same target, or new cases of one subscription."""
    seen: set[tuple[str, int]] = set()
    now: list[Assessment] = []
    postponed: list[Assessment] = []
    for assessment in assessments:
        keys = set(_topic_keys(assessment))
        (now if keys.isdisjoint(seen) and not postponed else postponed).append(assessment)
        seen |= keys
    return now, postponed


def _topic_keys(assessment: Assessment) -> Iterator[tuple[str, int]]:
    if assessment.target:
        yield "case", assessment.target.case.id
    for _, file in (*assessment.around.bounced, *assessment.around.suspected):
        yield "case", file.case.id
    if assessment.identification.subscription:
        yield "subscription", assessment.identification.subscription.id


def _failed(failure: SetAside, at: datetime) -> ContactOutcome:
    final = failure.attempts >= ATTEMPTS
    return ContactOutcome(
        contact_id=failure.contact_id,
        state=ContactState.QUARANTINED if final else ContactState.RECEIVED,
        reason=f"registration failed {failure.attempts} times; last: {failure.error}"[:2000],
        case_id=None,
        caller_id=None,
        subject="",
        sender="",
        defects=(),
        at=at,
        retry=not final,
    )


def retry_contact(_house: House, store: Store, command: RetryContact, by: Actor, at: datetime) -> Change:
    """Give a quarantined contact another attempt. Raises NotFoundError and RefusedError."""
    state = store.contact_state(command.contact)
    if state is not ContactState.QUARANTINED:
        raise RefusedError(
            "contact.not-quarantined",
            f"the contact {command.contact} is {state.value}; only quarantined ones are retried",
        )
    reason = f"registered again on the word of {by}"
    outcome = ContactOutcome(command.contact, ContactState.RECEIVED, reason, None, None, "", "", (), at)
    return Change(contacts=(outcome,))
