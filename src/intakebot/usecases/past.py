"""Contacts of the past, ready to be decided again: what each said and was told, and what was decided then.

Made of stored decisions by `past_contact`; `decide_again` runs today's live function on one of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from intakebot.domain.workflow import Workflow
from intakebot.ports.history import Decided
from intakebot.rules.decide import Deliberation, outcome_facts
from intakebot.rules.facts import Fact, Facts
from intakebot.rules.model import STAGES, Decision, KnownAtoms, Ruleset
from intakebot.usecases.parts import with_own_part
from intakebot.usecases.rule_run import run_rules, workflow_named
from intakebot.usecases.seen_facts import Told, asked_for, is_said, unpacked_facts, unpacked_keys, unpacked_told


class Effects(NamedTuple):
    """What a decision does to a case, in words; '' = nothing of the kind.

    `disposition` is `machine` or `refused`, `answer` the template of an automatic resolution, else `no reply` where
    rules suppress it.
    """

    disposition: str
    category: str
    queue: str
    priority: str
    agreement: str
    answer: str


class StageWas(NamedTuple):
    """What one stage did: its result, the rules that counted, and those that would have in shadow mode."""

    result: str
    rules: tuple[str, ...]
    shadow: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Was:
    """One decision, as far as dry runs compare it. `anew`: identification would have been asked for something else."""

    effects: Effects
    stages: Mapping[str, StageWas]
    facts: Mapping[str, Fact]
    anew: bool = False


@dataclass(frozen=True, slots=True)
class PastContact:
    """A contact as the rules saw it, and the case that it became: `number` None = none."""

    contact_id: int
    number: int | None
    category: str
    queue: str
    rules: str
    told: Told
    facts: bytes = field(repr=False)
    true_keys: bytes = field(repr=False)

    def said(self) -> dict[str, Fact]:
        """What the message said; unpacked each time it is asked for."""
        return unpacked_facts(self.facts)


class _AsSeen(Mapping[str, Fact]):
    """The facts before the first stage; the message is unpacked only when somebody asks for a fact of it."""

    def __init__(self, contact: PastContact) -> None:
        self._contact = contact
        self._said: dict[str, Fact] | None = None

    def __getitem__(self, name: str) -> Fact:
        given = self._contact.told.given
        return given[name] if name in given or not is_said(name) else self._message()[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._message(), **self._contact.told.given})

    def __len__(self) -> int:
        return len({**self._message(), **self._contact.told.given})

    def _message(self) -> dict[str, Fact]:
        if self._said is None:
            self._said = self._contact.said()
        return self._said


def past_contact(row: Decided) -> tuple[PastContact, Was] | None:
    """A stored decision, ready to be made again; None when it is older than the keeping of facts, or of no contact."""
    if not row.rules or row.contact_id is None:
        return None
    told = unpacked_told(row.told)
    contact = PastContact(
        row.contact_id, row.number, row.category, row.queue, row.rules, told, row.facts, row.true_keys
    )
    return contact, was_stored(row.trace, told.last)


def was_stored(trace: Mapping[str, Any], last: str = STAGES[-1]) -> Was:
    """What a stored trace tells of the stages up to `last`: rules that looked at the case again came after them."""
    stages: dict[str, StageWas] = {}
    facts: dict[str, Fact] = {}
    outcome: dict[str, Any] = {}
    for stage in trace["stages"][: STAGES.index(last) + 1]:
        outcome |= stage["outcome"]
        applied, shadow = (tuple(rule["id"] for rule in stage.get(name, ())) for name in ("applied", "shadow"))
        stages[stage["stage"]] = StageWas(stage["result"], applied, shadow)
        facts |= _before_route(stage["stage"], stage["outcome"])
    return Was(effects_of(with_own_part(outcome)), stages, facts)


def was_decided(decision: Decision, *, anew: bool) -> Was:
    """What a decision that was just made tells."""
    stages: dict[str, StageWas] = {}
    facts: dict[str, Fact] = {}
    for trace in decision.stages:
        applied, shadow = tuple(rule.id for rule in trace.applied), tuple(rule.id for rule in trace.shadow)
        stages[trace.stage] = StageWas(trace.result, applied, shadow)
        facts |= _before_route(trace.stage, trace.outcome)
    return Was(effects_of(with_own_part(decision.outcome)), stages, facts, anew)


def _before_route(stage: str, outcome: Mapping[str, Any]) -> Mapping[str, Fact]:
    """What later stages read of an outcome; nobody reads what the last one says."""
    return {} if stage == "route" else outcome_facts(outcome)


def effects_of(outcome: Mapping[str, Any]) -> Effects:
    """What an outcome does to a case."""
    target: Mapping[str, Any] = outcome.get("escalate") or outcome
    assignee, agreement = target.get("assignee"), outcome.get("agreement") or ""
    template = (outcome.get("resolve") or {}).get("template", "")
    return Effects(
        disposition=str(outcome.get("disposition") or ""),
        category=str(outcome.get("category") or ""),
        queue=str(target.get("queue") or (f"@{assignee}" if assignee else "")),
        priority=str(outcome.get("priority") or "normal"),
        agreement=str(agreement.get("policy", "") if isinstance(agreement, Mapping) else agreement),
        answer=str(template or ("no reply" if outcome.get("suppress_reply") else "")),
    )


class Memory:
    """`rule_run.Between` for a contact of the past: what was looked up then is remembered, nothing is looked up."""

    def __init__(self, told: Told, workflows: Mapping[str, Workflow]) -> None:
        self._told = told
        self._workflows = workflows
        self.anew = False

    def identified(self, asked: Mapping[str, Any]) -> Facts:
        """What identification found then."""
        self.anew = asked_for(asked) != self._told.asked or self._told.last == "guard"
        return self._told.identified

    def continues_a_case(self) -> bool:
        """Whether it did."""
        return self._told.last == "identify"

    def workflow_for(self, named: str, category: str) -> str:
        """The workflow of then for what was said then, else the one that the processes of today name."""
        told = self._told
        if (named, category) == (told.named, told.category) and told.last not in ("guard", "identify"):
            return told.workflow
        return workflow_named(self._workflows, str(told.given["case.workflow"]), named, category)

    def shares_a_topic(self, outcome: Mapping[str, Any], *, classified: bool) -> bool:
        """Whether it did; with another category it is on another topic."""
        return classified and self._told.last == "classify" and outcome.get("category", "") == self._told.category


class Judge:
    """Decides contacts of the past by one ruleset, through the live function.

    `tested` names for each stored ruleset the keys of its conditions: those are known and not tested again.
    """

    def __init__(
        self, ruleset: Ruleset, workflows: Mapping[str, Workflow], tested: Mapping[str, frozenset[int]]
    ) -> None:
        self.ruleset = ruleset
        self._workflows = workflows
        own = frozenset(atom.key for atom in ruleset.atoms if is_said(atom.field))
        # What may change between the stages is no knowledge: it costs little to test.
        self._tested = {name: keys & own for name, keys in tested.items()}

    def decision(self, contact: PastContact) -> tuple[Decision, bool]:
        """The whole decision, and whether identification would have been asked for something else."""
        tested = self._tested.get(contact.rules, frozenset())
        known = KnownAtoms(frozenset(unpacked_keys(contact.true_keys)), tested)
        deliberation = Deliberation(_AsSeen(contact), self.ruleset, known=known)
        memory = Memory(contact.told, self._workflows)
        run_rules(deliberation, memory)
        return deliberation.decision, memory.anew

    def was(self, contact: PastContact) -> Was:
        """The same, as far as dry runs compare it."""
        decision, anew = self.decision(contact)
        return was_decided(decision, anew=anew)


def changed_parts(old: Effects, new: Effects) -> tuple[str, ...]:
    """What differs: `category`, `queue`, ..."""
    return tuple(name for name, was, now in zip(Effects._fields, old, new, strict=True) if was != now)


def deciding_rules(was: Was) -> Iterable[tuple[str, str]]:
    """Stage and rule of everything that counted; `default` where no rule did."""
    for stage, each in was.stages.items():
        for rule in each.rules or (("default",) if each.result == "defaulted" else ()):
            yield stage, rule
