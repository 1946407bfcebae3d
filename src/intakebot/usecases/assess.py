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
from intakebot.rules.decide import Deliberation, outcome_facts
from intakebot.rules.explain import explain
from intakebot.rules.model import Decision, StageTrace
from intakebot.usecases.facts import business_object_facts, caller_facts, case_facts, identified_facts, message_facts
from intakebot.usecases.house import House
from intakebot.usecases.identify import Identification, identify, quoted_keys
from intakebot.usecases.parts import Part, own_part, parts_of
from intakebot.usecases.recognise import Evidence, Recognition, clue_ids, recognise
from intakebot.usecases.verdict import Verdict, judge


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
    the rules that decided. `parts` are the further cases that a rule makes of the contact.
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
    parts: tuple[Part, ...] = ()

    @property
    def state(self) -> ContactState:
        """The contact's final state."""
        return ContactState.SPLIT if self.parts else _STATES[self.disposition]

    @property
    def verdict(self) -> Verdict:
        """What the rules say about the case that the contact continues."""
        return Verdict("appended", self.outcome, self.stages, self.ruleset)

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
            "event": "appended" if self.disposition is Disposition.APPEND else "created",
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
            "sentences": [
                f"{self.disposition.value}: {self.reason}",
                *explain(Decision(self.outcome, self.stages, self.ruleset)),
                *(part.sentence for part in self.parts),
            ],
            "outcome": plain(dict(self.outcome)),
        }


_OF_THE_CASE = frozenset({"category", "priority", "tags", "case.workflow"})
"""Facts that a contact has as a new case would, and that the case it continues has already."""
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
    guard = draft.run("guard")
    if guard.get("disposition") in ("machine", "refused"):
        disposition = Disposition.MACHINE if guard["disposition"] == "machine" else Disposition.REFUSE
        return draft.finished(disposition, str(guard.get("reason", "a guard rule decided so")))
    draft.identify()
    belongs = draft.recognition.case
    if belongs and not belongs.case.is_final:
        draft.look_again(belongs)
        return draft.finished(Disposition.APPEND, f"it continues {belongs.case.label}", target=belongs)
    draft.classify()
    same = draft.same_topic()
    if same and not belongs:
        draft.look_again(same)
        return draft.finished(Disposition.APPEND, f"{same.case.label} on the same topic is not closed", target=same)
    draft.run("flag")
    draft.run("route")
    return draft.finished(
        Disposition.OPEN, "a new case", follows=belongs or draft.recognition.follows, parts=draft.parts()
    )


class _Draft:
    """The assessment while it is being made: each step adds its facts and traces."""

    def __init__(self, house: House, read: ReadContact, around: Surroundings, at: datetime) -> None:
        self._house = house
        self._read = read
        self._around = around
        self._at = at
        self._recipients = read.pending.envelope.recipients
        self._workflow = receiving_workflow(house, self._recipients)
        own = house.organisation.own_domains
        self.recognition: Recognition = recognise(read.message, read.clues.message_ids, around, house.reply_key, own)
        pending = read.pending
        self._facts: dict[str, Any] = message_facts(
            read.message,
            pending.channel,
            self._recipients,
            self._workflow,
            size=len(pending.content),
            peer=pending.envelope.peer,
        ) | caller_facts(around)
        self._ruleset = house.ruleset
        self._deliberation = Deliberation(self._facts, self._ruleset)
        self._identification = Identification(record=around.customer)
        self._outcome: dict[str, Any] = {}
        self._stages: list[StageTrace] = []

    def run(self, stage: str) -> Mapping[str, Any]:
        """Decide one stage of rules and take its outcome as facts for the later ones."""
        trace = self._deliberation.decide(stage)
        self._stages.append(trace)
        self._outcome |= trace.outcome
        self._facts |= outcome_facts(trace.outcome)
        return trace.outcome

    def _learn(self, facts: Mapping[str, Any]) -> None:
        self._facts |= facts
        self._deliberation.learn(facts)

    def identify(self) -> None:
        """Identification: the rules' look-ups first, then what storage knows."""
        asked = self.run("identify")
        wanted, policy = asked.get("lookup") or {}, (asked.get("agreement") or {}).get("policy", "")
        clues, day = self._read.clues, self._at.date()
        self._identification = identify(self._around, clues.quoted_keys, wanted, day, clues.room_of, policy)
        self._learn(identified_facts(self._identification, self._house.organisation.policies))

    def classify(self) -> None:
        """Classification fixes the variant of the process, or the process itself where a rule names it."""
        named = str(self.run("classify").get("workflow", ""))
        self._outcome |= own_part(self._outcome)
        category = str(self._outcome.get("category", ""))
        self._workflow = self._workflow_of(named, category)
        about = business_object_facts(business_object_of(self._outcome))
        self._learn({"case.workflow": self._workflow, "category": category} | about)

    def _workflow_of(self, named: str, category: str) -> str:
        workflows = self._house.organisation.workflows
        if named in workflows and base_process(workflows, named).name != named:
            return named  # a variant by name: the category has no say
        return variant_for(workflows, named if named in workflows else self._workflow, category)

    def look_again(self, file: CaseFile) -> None:
        """Ask the rules about the case that this contact continues: the contact's words, the case's own facts."""
        if "appended" not in self._house.rules.events:
            return
        idle = self._at - file.touched_at if file.touched_at else None
        own = case_facts(file.case, idle=idle)
        its_own = {name: fact for name, fact in own.items() if name not in self._facts or name in _OF_THE_CASE}
        verdict = judge(self._ruleset, "appended", self._facts | its_own)
        self._stages.extend(verdict.stages)
        self._outcome |= verdict.outcome

    def parts(self) -> tuple[Part, ...]:
        """The further cases that a rule makes of this contact."""
        return parts_of(self._house, self._ruleset, self._outcome, self._facts, self._workflow)

    def same_topic(self) -> CaseFile | None:
        """The newest case of the same customer, subscription or business object, and category that has not ended.

        Without a customer, with the default category, or of several matters, there is no topic to share.
        """
        classified = any(trace.stage == "classify" and trace.result == "matched" for trace in self._stages)
        if self._identification.record is None or not classified or self._outcome.get("split"):
            return None
        return next((file for file in self._around.open_cases if self._shares_topic(file.case)), None)

    def _shares_topic(self, case: Case) -> bool:
        found, workflows = self._identification, self._house.organisation.workflows
        same_installation = found.subscription is not None and case.subscription_id == found.subscription.id
        same_object = bool(
            case.business_object
            and case.business_object.reference
            and case.business_object == business_object_of(self._outcome)
        )
        return (
            (same_installation or same_object)
            and case.category == self._outcome.get("category")
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
        parts: tuple[Part, ...] = (),
    ) -> Assessment:
        """The assessment as it stands."""
        return Assessment(
            self._read,
            disposition,
            reason,
            self._workflow,
            target,
            follows,
            self.recognition.evidence,
            self._identification,
            self._outcome,
            tuple(self._stages),
            self._ruleset.hash,
            self._around,
            parts,
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
