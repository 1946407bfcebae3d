"""Assess: everything that is decided about a contact before anything is written. Pure.

Order: machine mail, guard rules, the thread it belongs to, identification, classification, the open case of
the same topic. `register` turns the assessment into a `Change`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from intakebot.domain.case import BusinessObject, Case, Priority, plain
from intakebot.domain.contact import ContactState, PendingContact
from intakebot.domain.messages import MachineKind, ReadMessage
from intakebot.domain.workflow import StateKind, base_process, variant_for
from intakebot.ports import CaseFile, Clues, Surroundings
from intakebot.reading.chat import CLAIMED, PERMALINK, ROOM_OF, is_chat
from intakebot.rules.decide import Deliberation
from intakebot.rules.explain import explain
from intakebot.rules.model import Decision, StageTrace
from intakebot.usecases.facts import caller_facts, identified_facts, message_facts
from intakebot.usecases.house import House
from intakebot.usecases.identify import Identification, identify, quoted_keys
from intakebot.usecases.recognise import Evidence, Recognition, clue_ids, recognise
from intakebot.usecases.rule_run import run_rules
from intakebot.usecases.seen import kept_facts
from intakebot.usecases.seen_facts import Seen


@dataclass(frozen=True, slots=True)
class ReadContact:
    """A kept contact together with what it says, and the clues that it can be recognised by."""

    pending: PendingContact
    message: ReadMessage
    clues: Clues

    @classmethod
    def of(cls, pending: PendingContact, message: ReadMessage) -> ReadContact:
        """The contact with its clues, which are looked for once."""
        return cls(pending, message, clues_of(pending, message))

    @property
    def sender(self) -> str:
        """The sender's address, lower case, or ''."""
        return self.clues.sender

    @property
    def answer_to(self) -> str:
        """Where the caller can be answered in writing ('' = nowhere): a mail address, or a place in a chat."""
        return self.clues.answer_to or (self.sender if "@" in self.sender else "")


class Disposition(Enum):
    """What becomes of a contact."""

    OPEN = "open a case"
    APPEND = "append to a case"
    MACHINE = "keep as machine mail"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Assessment:
    """Everything decided about one contact, with why.

    `target` is the case to append to, or, for machine mail, the one it is evidence for; `follows` the case
    that a new one continues. `outcome` holds what the rules wrote, `stages` their traces, `ruleset` is the hash of
    the rules that decided, `seen` what they saw.
    """

    read: ReadContact
    disposition: Disposition
    reason: str
    workflow: str
    target: CaseFile | None
    follows: CaseFile | None
    evidence: tuple[Evidence, ...]
    identification: Identification
    outcome: Mapping[str, Any]
    stages: tuple[StageTrace, ...]
    ruleset: str
    around: Surroundings
    seen: Seen

    @property
    def state(self) -> ContactState:
        """The contact's final state."""
        return _STATES[self.disposition]

    @property
    def category(self) -> str:
        """The classification."""
        return str(self.outcome.get("category", ""))

    @property
    def priority(self) -> Priority:
        """The priority that rules gave, else normal."""
        return Priority(self.outcome.get("priority", Priority.NORMAL.value))

    @property
    def business_object(self) -> BusinessObject | None:
        """The thing it is about, where a rule found it."""
        return business_object_of(self.outcome)

    def _proposals(self) -> list[dict[str, Any]]:
        """Whose the caller may be, for a person to confirm; nothing is concluded from it."""
        proposed = self.around.proposed
        if proposed is None or self.identification.record is not None:
            return []
        customer = proposed.customer
        sentence = f"the profile names {self.read.clues.claimed}, an address of {customer.name}"
        return [{"reference": customer.reference, "name": customer.name, "sentence": sentence}]

    def trace(self) -> dict[str, Any]:
        """The stored explanation, as JSON-like data."""
        return {
            "disposition": self.disposition.value,
            "reason": self.reason,
            "threading": [
                {"case": e.case_number, "evidence": e.sign, "points": e.points, "sentence": e.sentence}
                for e in self.evidence
            ],
            "identification": list(self.identification.sentences),
            "proposals": self._proposals(),
            "cc": [address.address for address in self.read.message.cc],
            "permalink": next(iter(self.read.message.header(PERMALINK)), ""),
            "ruleset": self.ruleset,
            "stages": [stage.to_plain() for stage in self.stages],
            "seen": kept_facts(self.seen.by_stage),
            "sentences": [
                f"{self.disposition.value}: {self.reason}",
                *explain(Decision(self.outcome, self.stages, self.ruleset)),
            ],
            "outcome": plain(dict(self.outcome)),
        }


_STATES = {
    Disposition.OPEN: ContactState.REGISTERED,
    Disposition.APPEND: ContactState.APPENDED,
    Disposition.MACHINE: ContactState.MACHINE,
    Disposition.REFUSE: ContactState.REFUSED,
}


def clues_of(pending: PendingContact, message: ReadMessage) -> Clues:
    """What storage must look up for a contact. Somebody who calls from a mail address is known by it."""
    sender = message.sender.address.lower() if message.sender else ""
    in_chat = is_chat(pending.channel, pending.content)
    return Clues(
        channel="email" if "@" in sender and not in_chat else pending.channel,
        sender=sender,
        message_ids=clue_ids(message, pending),
        quoted_keys=quoted_keys(f"{message.subject}\n{message.new_text}"),
        bounced_ids=message.machine.original_ids if message.machine else (),
        answer_to=pending.envelope.sender if in_chat else "",
        room_of=next(iter(message.header(ROOM_OF)), "") if in_chat else "",
        claimed=next(iter(message.header(CLAIMED)), "") if in_chat else "",
    )


def assess(house: House, read: ReadContact, around: Surroundings, at: datetime) -> Assessment:
    """Decide what becomes of a contact. Pure; `around` is all it knows of the database."""
    draft = _Draft(house, read, around, at)
    if read.message.machine and read.message.machine.kind is not MachineKind.LIST:
        machine = read.message.machine
        return draft.finished(
            Disposition.MACHINE, f"{machine.kind.value}: {machine.sign}", target=draft.recognition.case
        )
    last = run_rules(draft.deliberation, draft)
    if last == "guard":
        outcome = draft.deliberation.decision.outcome
        disposition = Disposition.MACHINE if outcome["disposition"] == "machine" else Disposition.REFUSE
        return draft.finished(disposition, str(outcome.get("reason", "a guard rule decided so")))
    belongs, same = draft.recognition.case, draft.same_topic
    if last == "identify" and belongs:
        return draft.finished(Disposition.APPEND, f"it continues {belongs.case.label}", target=belongs)
    if last == "flag" and same:
        return draft.finished(Disposition.APPEND, f"{same.case.label} on the same topic is not closed", target=same)
    return draft.finished(Disposition.OPEN, "a new case", follows=belongs or draft.recognition.follows)


class _Draft:
    """The assessment while it is being made: what the rules are told between the stages, looked up."""

    def __init__(self, house: House, read: ReadContact, around: Surroundings, at: datetime) -> None:
        self._house = house
        self._read = read
        self._around = around
        self._at = at
        self._recipients = read.pending.envelope.recipients
        self._workflow = receiving_workflow(house, self._recipients)
        own = house.organisation.own_domains
        self.recognition: Recognition = recognise(read.message, read.clues.message_ids, around, house.reply_key, own)
        self._rules = house.rules.now
        said = message_facts(read.message, read.pending.channel, self._recipients, self._workflow)
        self._given = said | caller_facts(around)
        self.deliberation = Deliberation(self._given, self._rules.ruleset)
        self._identification = Identification(record=around.customer)
        self._learned: Mapping[str, Any] = {}
        self.same_topic: CaseFile | None = None

    def identified(self, lookup: Mapping[str, Any]) -> Mapping[str, Any]:
        """Identification: the rules' look-ups first, then what storage knows."""
        clues = self._read.clues
        self._identification = identify(self._around, clues.quoted_keys, lookup, self._at.date(), room_of=clues.room_of)
        self._learned = identified_facts(self._identification, self._house.organisation.policies)
        return self._learned

    def continues_a_case(self) -> bool:
        """Whether its thread is a case that may still change."""
        belongs = self.recognition.case
        return belongs is not None and not belongs.case.is_final

    def variant(self, category: str) -> str:
        """Classification fixes the variant of the process."""
        self._workflow = variant_for(self._house.organisation.workflows, self._workflow, category)
        return self._workflow

    def shares_a_topic(self, decision: Decision) -> bool:
        """Look for the newest case of the same customer, subscription or business object, and category, not ended.

        Without a customer, or with the default category, there is no topic to share.
        """
        classified = any(trace.stage == "classify" and trace.result == "matched" for trace in decision.stages)
        if self._identification.record is None or not classified:
            return False
        open_cases = self._around.open_cases
        self.same_topic = next((file for file in open_cases if self._shares(file.case, decision.outcome)), None)
        return self.same_topic is not None and self.recognition.case is None

    def _shares(self, case: Case, outcome: Mapping[str, Any]) -> bool:
        found, workflows = self._identification, self._house.organisation.workflows
        same_installation = found.subscription is not None and case.subscription_id == found.subscription.id
        same_object = bool(
            case.business_object
            and case.business_object.reference
            and case.business_object == business_object_of(outcome)
        )
        return (
            (same_installation or same_object)
            and case.category == outcome.get("category")
            and not case.is_final
            and base_process(workflows, case.workflow) is base_process(workflows, self._workflow)
        )

    def finished(
        self,
        disposition: Disposition,
        reason: str,
        *,
        target: CaseFile | None = None,
        follows: CaseFile | None = None,
    ) -> Assessment:
        """The assessment as it stands."""
        decision = self.deliberation.decision
        return Assessment(
            self._read,
            disposition,
            reason,
            self._workflow,
            target,
            follows,
            self.recognition.evidence,
            self._identification,
            decision.outcome,
            decision.stages,
            decision.ruleset_hash,
            self._around,
            Seen(self._rules.stored, self._given, self._learned, self._workflow, self.deliberation),
        )


def business_object_of(outcome: Mapping[str, Any]) -> BusinessObject | None:
    """The thing a rule found a contact to be about."""
    found = outcome.get("business_object")
    return BusinessObject(found["type"], found.get("reference", "")) if found else None


def receiving_workflow(house: House, recipients: tuple[str, ...]) -> str:
    """The process of the first recipient that is one of our addresses; a queue's default for postmaster."""
    organisation = house.organisation
    for recipient in recipients:
        receiving = organisation.receiving(recipient)
        if receiving:
            return receiving.workflow
    return organisation.queues[organisation.triage_queue].workflows[0]


def is_resolved(house: House, file: CaseFile) -> bool:
    """Whether a case has been answered and waits to be closed."""
    return house.organisation.workflows[file.case.workflow].kind_of(file.case.status) is StateKind.RESOLVED
