"""Why: decisions laid out for people, from what is stored with a case, or for a mail that nobody has sent yet.

Called by `questions` (`case.why`) and by the composition root (`rules explain`, `rules why-not`). Both go through
`rules.reasons`, so that the command line, the case page and a chat say the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from intakebot.ports import Archive, Surroundings
from intakebot.rules.model import STAGES
from intakebot.rules.reasons import Told, reasons
from intakebot.rules.why_not import WhyNot, why_not_in
from intakebot.usecases.assess import assess
from intakebot.usecases.assessment import Assessment, ReadContact
from intakebot.usecases.house import House
from intakebot.usecases.seen_facts import NotKept, facts_by_stage
from intakebot.usecases.suggest_category import suggested_category

JsonRow = Mapping[str, Any]
NOBODY = Surroundings(None, None, (), (), {}, (), 0)
"""What is known around a mail where nobody can be looked up."""


def case_why(house: House, archive: Archive, number: int) -> dict[str, Any]:
    """Why a case is where it is: `case`, `suggestion`, `decisions`, `history`; raises NotFoundError.

    A decision is the stored one with `reasons`, its stages laid out (see `rules.reasons`), and `rules_changed`:
    whether other rules are in force today, so that near misses and notes are those of today's.
    """
    case = archive.case(number)
    rows = archive.decisions(number)
    seen = archive.what_rules_saw([row["id"] for row in rows])
    decided = [row | _laid_out(house, row, seen.get(row["id"])) for row in rows]
    suggestion = suggested_category(house, archive, case)
    return {"case": case, "suggestion": suggestion, "decisions": decided, "history": archive.events(number)}


def _laid_out(house: House, decision: JsonRow, kept: tuple[bytes, bytes] | None) -> dict[str, Any]:
    trace, ruleset = decision["trace"], house.ruleset
    event = str(trace.get("event") or "created")
    seen = facts_by_stage(*kept) if kept else {}
    told = Told(seen, ruleset, event, NotKept(seen.get("guard", {})))
    changed = bool(decision["ruleset"]) and decision["ruleset"] != ruleset.hash
    return {"reasons": reasons(trace.get("stages") or (), told), "rules_changed": changed}


def mail_explained(house: House, read: ReadContact, around: Surroundings | None, at: datetime) -> dict[str, Any]:
    """What would become of a mail if it came now, and why. `around` None = nobody could be looked up."""
    assessment = assess(house, read, around or NOBODY, at)
    told = Told(assessment.seen.by_stage, house.ruleset)
    trace = assessment.trace()
    kept = ("disposition", "reason", "threading", "identification", "outcome", "ruleset")
    return {name: trace[name] for name in kept} | {
        "workflow": assessment.workflow,
        "subject": read.message.topic,
        "sender": read.sender,
        "recipients": list(read.pending.envelope.recipients),
        "defects": list(read.message.defects),
        "looked_up": around is not None,
        "reasons": reasons(trace["stages"], told),
        "not_run": [name for name in STAGES if all(stage.stage != name for stage in assessment.stages)],
    }


def mail_why_not(
    house: House, rule_id: str, read: ReadContact, around: Surroundings | None, at: datetime
) -> dict[str, Any]:
    """Why a rule would not apply to a mail if it came now; raises NotFoundError for an unknown rule."""
    assessment = assess(house, read, around or NOBODY, at)
    traces: Sequence[Mapping[str, Any]] = [stage.to_plain() for stage in assessment.stages]
    found: WhyNot = why_not_in(rule_id, traces, Told(assessment.seen.by_stage, house.ruleset), _ended(assessment))
    return {
        "rule": found.rule.id,
        "place": str(found.rule.place),
        "note": found.rule.note,
        "applies": found.applies,
        "sentence": found.sentence,
        "looked_up": around is not None,
    }


def _ended(assessment: Assessment) -> str:
    return f"{assessment.disposition.value}, because {assessment.reason}"
