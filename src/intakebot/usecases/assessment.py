"""What is known of a contact and what was decided about it: values that the rooms of registration hand each other.

`assess` makes an `Assessment` of a `ReadContact`; `register` turns it into a `Change`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from intakebot.domain.bounce_address import delivery_of_bounce
from intakebot.domain.case import BusinessObject, Priority, plain
from intakebot.domain.contact import ContactState, PendingContact
from intakebot.domain.messages import MachineKind, MachineMail, ReadMessage, SenderCheck
from intakebot.domain.messages import Verdict as SenderVerdict
from intakebot.domain.workflow import StateKind
from intakebot.ports import CaseFile, Clues, Surroundings
from intakebot.reading.chat import CLAIMED, PERMALINK, ROOM_OF, is_chat
from intakebot.rules.explain import explain
from intakebot.rules.model import Decision, StageTrace
from intakebot.usecases.house import House
from intakebot.usecases.identify import Identification, quoted_keys
from intakebot.usecases.parts import Part
from intakebot.usecases.recognise import Candidate, Evidence, Recognition, clue_ids
from intakebot.usecases.seen_facts import Seen
from intakebot.usecases.verdict import Verdict


@dataclass(frozen=True, slots=True)
class ReadContact:
    """A kept contact together with what it says, and the clues that it can be recognised by."""

    pending: PendingContact
    message: ReadMessage
    clues: Clues

    @classmethod
    def of(cls, pending: PendingContact, message: ReadMessage, keys: Sequence[bytes]) -> ReadContact:
        """The contact with its clues, looked for once; `keys` are those of this house's bounce addresses."""
        return cls(pending, message, clues_of(pending, message, keys))

    @property
    def machine(self) -> MachineMail | None:
        """What kind of machine wrote it; whatever comes back on the return path of a delivery, a machine wrote."""
        written = self.message.machine
        if self.clues.bounced_deliveries and (written is None or written.kind is MachineKind.LIST):
            return MachineMail(MachineKind.AUTO_REPLY, "return-path")
        return written

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
    that a new one continues; `impostor` says whom the sender seems to imitate ('' = nobody). `outcome` holds what the
    rules wrote, `stages` their traces, `ruleset` is the hash of the rules that decided, `seen` what they saw. `parts`
    are the further cases that a rule makes of the contact.
    """

    read: ReadContact
    disposition: Disposition
    reason: str
    workflow: str
    target: CaseFile | None
    follows: CaseFile | None
    recognition: Recognition
    identification: Identification
    outcome: Mapping[str, Any]
    stages: tuple[StageTrace, ...]
    ruleset: str
    around: Surroundings
    seen: Seen
    parts: tuple[Part, ...] = ()
    impostor: str = ""

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """The signs for the case that was taken, or that a new one follows."""
        return self.recognition.evidence

    @property
    def reservation(self) -> str:
        """Why the contact moves nothing of the case that it was added to; '' when it may."""
        return self.recognition.standing.value if self.disposition is Disposition.APPEND else ""

    @property
    def disowned(self) -> bool:
        """Whether the domain of the sender says that the mail is not its own."""
        return self.read.message.check.dmarc is SenderVerdict.FAIL

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

    def _about_sender(self) -> Iterator[str]:
        """What is known of the sender beside who it is."""
        check = self.read.message.check
        if check.dmarc is not SenderVerdict.NONE:
            passed = "is theirs" if check.dmarc is SenderVerdict.PASS else "is not theirs"
            yield f"the sender's domain says that the mail {passed} (DMARC {check.dmarc.value}, by {check.checked_by})"
        if self.impostor:
            yield self.impostor

    def trace(self) -> dict[str, Any]:
        """The stored explanation, as JSON-like data."""
        return {
            "event": "appended" if self.disposition is Disposition.APPEND else "created",
            "disposition": self.disposition.value,
            "reason": self.reason,
            "threading": [_plain_evidence(sign) for sign in self.evidence],
            "candidates": [_plain_candidate(candidate) for candidate in self.recognition.candidates],
            "sender": _plain_check(self.read.message.check),
            "marks": list(self.read.message.marks),
            "identification": [*self._about_sender(), *self.identification.sentences],
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


def _plain_evidence(sign: Evidence) -> dict[str, Any]:
    return {"case": sign.case_number, "evidence": sign.sign, "points": sign.points, "sentence": sign.sentence}


def _plain_candidate(candidate: Candidate) -> dict[str, Any]:
    return {
        "case": candidate.file.case.number,
        "score": candidate.score,
        "why_not": candidate.why_not,
        "signs": [_plain_evidence(sign) for sign in candidate.signs],
    }


def _plain_check(check: SenderCheck) -> dict[str, str]:
    """What a trusted server found out; empty when none has said anything."""
    if not check.checked_by:
        return {}
    found = {name: getattr(check, name).value for name in ("spf", "dkim", "dmarc")}
    return found | {"checked_by": check.checked_by}


_STATES = {
    Disposition.OPEN: ContactState.REGISTERED,
    Disposition.APPEND: ContactState.APPENDED,
    Disposition.MACHINE: ContactState.MACHINE,
    Disposition.REFUSE: ContactState.REFUSED,
}


def clues_of(pending: PendingContact, message: ReadMessage, keys: Sequence[bytes]) -> Clues:
    """What storage must look up for a contact. Somebody who calls from a mail address is known by it."""
    machine = message.machine
    sender = message.sender.address.lower() if message.sender else ""
    in_chat = is_chat(pending.channel, pending.content)
    return Clues(
        channel="email" if "@" in sender and not in_chat else pending.channel,
        sender=sender,
        message_ids=clue_ids(message, pending),
        quoted_keys=quoted_keys(f"{message.subject}\n{message.new_text}"),
        bounced_ids=_ours_by_id(message),
        bounced_deliveries=() if in_chat else _ours_by_return_path(pending, message, keys),
        bounced_addresses=tuple(report.recipient.lower() for report in machine.bounces) if machine else (),
        answer_to=pending.envelope.sender if in_chat else "",
        room_of=next(iter(message.header(ROOM_OF)), "") if in_chat else "",
        claimed=next(iter(message.header(CLAIMED)), "") if in_chat else "",
    )


def _ours_by_id(message: ReadMessage) -> tuple[str, ...]:
    """The Message-IDs that machine mail is about; of our own mail that comes back, its own."""
    machine = message.machine
    if machine is None:
        return ()
    own = (message.message_id,) if machine.kind is MachineKind.OWN and message.message_id else ()
    return tuple(dict.fromkeys((*own, *machine.original_ids)))


def _ours_by_return_path(pending: PendingContact, message: ReadMessage, keys: Sequence[bytes]) -> tuple[int, ...]:
    """The deliveries whose bounce address it was sent to; a mailbox has no envelope, so its trace fields count too."""
    traced = (value.strip("<> ") for name in ("delivered-to", "x-original-to") for value in message.header(name))
    addresses = (*pending.envelope.recipients, *(to.address for to in message.to), *traced)
    found = (delivery_of_bounce(keys, address) for address in addresses)
    return tuple(dict.fromkeys(delivery for delivery in found if delivery is not None))


def business_object_of(outcome: Mapping[str, Any]) -> BusinessObject | None:
    """The thing a rule found a contact to be about."""
    found = outcome.get("business_object")
    return BusinessObject(found["type"], found.get("reference", "")) if found else None


def is_resolved(house: House, file: CaseFile) -> bool:
    """Whether a case has been answered and waits to be closed."""
    return house.organisation.workflows[file.case.workflow].kind_of(file.case.status) is StateKind.RESOLVED
