"""Assess: everything that is decided about a contact before anything is written. Pure.

Order: machine mail, guard rules, the thread it belongs to, identification, classification, the open case of
the same topic. `register` turns the assessment into a `Change`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from intakebot.domain.case import Case
from intakebot.domain.messages import MachineKind
from intakebot.domain.messages import Verdict as SenderVerdict
from intakebot.domain.workflow import base_process
from intakebot.ports import CaseFile, Surroundings
from intakebot.rules.decide import Deliberation
from intakebot.rules.facts import Facts
from intakebot.usecases.assessment import Assessment, Disposition, ReadContact, business_object_of
from intakebot.usecases.facts import caller_facts, case_facts, identified_facts, message_facts
from intakebot.usecases.house import House
from intakebot.usecases.identify import Identification, identify
from intakebot.usecases.impostors import impostor
from intakebot.usecases.old_mail import is_our_own
from intakebot.usecases.parts import Part, parts_of, with_own_part
from intakebot.usecases.recognise import Recognition, recognise
from intakebot.usecases.rule_run import run_rules, workflow_named
from intakebot.usecases.seen_facts import Seen
from intakebot.usecases.verdict import Verdict, judge

_OF_THE_CASE = frozenset({"category", "priority", "tags", "case.workflow"})
"""Facts that a contact has as a new case would, and that the case it continues has already."""


def assess(house: House, read: ReadContact, around: Surroundings, at: datetime) -> Assessment:
    """Decide what becomes of a contact. Pure; `around` is all it knows of the database."""
    draft = _Draft(house, read, around, at)
    machine = read.machine
    if machine and machine.kind is not MachineKind.LIST:
        return draft.finished(
            Disposition.MACHINE, f"{machine.kind.value}: {machine.sign}", target=draft.recognition.case
        )
    if is_our_own(house, read):
        about = draft.recognition.case or draft.recognition.follows
        return draft.finished(Disposition.MACHINE, "own: it was sent from one of our addresses", target=about)
    draft.run()
    if draft.last == "guard":
        outcome = draft.outcome
        disposition = Disposition.MACHINE if outcome["disposition"] == "machine" else Disposition.REFUSE
        return draft.finished(disposition, str(outcome.get("reason", "a guard rule decided so")))
    belongs, same = draft.recognition.case, draft.same_topic
    if draft.last == "identify" and belongs:
        whose = draft.recognition.standing.value
        return draft.continued(f"it continues {belongs.case.label}{f'; {whose}' if whose else ''}", belongs)
    if draft.last == "classify" and same:
        return draft.continued(f"{same.case.label} on the same topic is not closed", same)
    return draft.finished(
        Disposition.OPEN, _why_new(draft.recognition), follows=belongs or draft.recognition.follows, parts=draft.parts()
    )


def _why_new(found: Recognition) -> str:
    if found.case:
        return f"a new case that follows {found.case.case.label}, in which nothing may change any more"
    if found.follows:
        why_not = found.candidates[0].why_not
        return f"a new case, possibly a follow-up of {found.follows.case.label}: {why_not}"
    return "a new case"


class _Draft:
    """The assessment while it is being made: what the rules are told between the stages, looked up."""

    def __init__(self, house: House, read: ReadContact, around: Surroundings, at: datetime) -> None:
        self._house = house
        self._read = read
        self._around = around
        self._at = at
        own, people = house.organisation.own_domains, _people(house, read, around)
        self.recognition: Recognition = recognise(read.message, read.clues.message_ids, people, house.reply_keys, own)
        self._workflow = receiving_workflow(house, read.pending.envelope.recipients)
        self._rules = house.rules.now
        self._given = _facts_of(read, self._workflow) | caller_facts(around)
        self._deliberation = Deliberation(self._given, self._rules.ruleset)
        self._identification = Identification(record=around.customer)
        self._learned: Facts = {}
        self._verdict: Verdict | None = None
        self.same_topic: CaseFile | None = None
        self.last = ""

    @property
    def outcome(self) -> Mapping[str, Any]:
        """What the rules have written so far."""
        return with_own_part(self._deliberation.decision.outcome)

    def run(self) -> None:
        """Ask the rules; `last` is the last stage that ran."""
        self.last = run_rules(self._deliberation, self)

    def identified(self, asked: Mapping[str, Any]) -> Facts:
        """Identification: the rules' look-ups first, then what storage knows."""
        wanted, policy = asked.get("lookup") or {}, (asked.get("agreement") or {}).get("policy", "")
        clues, day = self._read.clues, self._at.date()
        self._identification = identify(self._around, clues.quoted_keys, wanted, day, clues.room_of, policy)
        self._learned = identified_facts(self._identification, self._house.organisation.policies)
        return self._learned

    def continues_a_case(self) -> bool:
        """Whether its thread is a case that may still change."""
        belongs = self.recognition.case
        return belongs is not None and not belongs.case.is_final

    def workflow_for(self, named: str, category: str) -> str:
        """Classification fixes the variant of the process, or the process itself where a rule names it."""
        self._workflow = workflow_named(self._house.organisation.workflows, self._workflow, named, category)
        return self._workflow

    def shares_a_topic(self, outcome: Mapping[str, Any], *, classified: bool) -> bool:
        """Look for the newest case of the same customer, subscription or business object, and category, not ended.

        Without a customer, with the default category, of several matters, or from a sender whose domain disowns the
        mail, there is no topic to share.
        """
        disowned = self._read.message.check.dmarc is SenderVerdict.FAIL
        if self._identification.record is None or not classified or outcome.get("split") or disowned:
            return False
        self.same_topic = next((file for file in self._around.open_cases if self._shares(file.case, outcome)), None)
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

    def continued(self, reason: str, file: CaseFile) -> Assessment:
        """Appended to that case, about which the rules are asked again: the contact's words, the case's own facts."""
        if "appended" in self._rules.events:
            idle = self._at - file.touched_at if file.touched_at else None
            known, own = self._deliberation.facts, case_facts(file.case, idle=idle)
            its_own = {name: fact for name, fact in own.items() if name not in known or name in _OF_THE_CASE}
            self._verdict = judge(self._rules.ruleset, "appended", {**known, **its_own})
        return self.finished(Disposition.APPEND, reason, target=file)

    def parts(self) -> tuple[Part, ...]:
        """The further cases that a rule makes of this contact."""
        known = self._deliberation.facts
        return parts_of(self._house, self._rules.ruleset, self.outcome, known, self._workflow)

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
        decision, again = self._deliberation.decision, self._verdict
        return Assessment(
            read=self._read,
            disposition=disposition,
            reason=reason,
            workflow=self._workflow,
            target=target,
            follows=follows,
            recognition=self.recognition,
            impostor=impostor(self._house, self._read.message.sender),
            identification=self._identification,
            outcome={**self.outcome, **(again.outcome if again else {})},
            stages=(*decision.stages, *(again.stages if again else ())),
            ruleset=decision.ruleset_hash,
            around=self._around,
            seen=Seen(self._rules.stored, self._given, self._learned, self._workflow, self.last, self._deliberation),
            parts=parts,
        )


def _people(house: House, read: ReadContact, around: Surroundings) -> Surroundings:
    """The same without who wrote, where the sender writes for others: a form is in the cases of all its visitors."""
    writes_for_others = read.sender in house.organisation.follow_reply_to_of
    return replace(around, caller=None, customer=None) if writes_for_others else around


def _facts_of(read: ReadContact, workflow: str) -> dict[str, Any]:
    pending = read.pending
    return message_facts(
        read.message,
        pending.channel,
        pending.envelope.recipients,
        workflow,
        size=pending.size,
        peer=pending.envelope.peer,
    )


def receiving_workflow(house: House, recipients: tuple[str, ...]) -> str:
    """The process of the first recipient that is one of our addresses; a queue's default for postmaster."""
    organisation = house.organisation
    for recipient in recipients:
        receiving = organisation.receiving(recipient)
        if receiving:
            return receiving.workflow
    return organisation.queues[organisation.triage_queue].workflows[0]
