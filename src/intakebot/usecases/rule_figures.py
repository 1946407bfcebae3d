"""How rules have done: coverage (which never count, how much falls to defaults) and the report (what people corrected).

Counted from stored decisions and agents' changes; called by the composition root for the command line.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from intakebot.ports.history import Correction, Decided
from intakebot.rules.model import Ruleset
from intakebot.usecases.assessment import Disposition
from intakebot.usecases.past import Was, deciding_rules, was_stored
from intakebot.usecases.rules_in_force import LOOKED_AT_AGAIN

CORRECTED_WITHIN = timedelta(days=1)
_RESULTS = ("matched", "matched_nothing", "defaulted")


def coverage(decided: Iterable[Decided], ruleset: Ruleset) -> dict[str, Any]:
    """Rules of this ruleset that counted in no decision, and per stage how often no rule spoke about a new case.

    When rules look at a case again, no default answers: that says nothing about what they leave to defaults.
    """
    results: defaultdict[str, Counter[str]] = defaultdict(Counter)
    hits: Counter[str] = Counter()
    contacts = 0
    for row in decided:
        contacts += row.contact_id is not None
        again = LOOKED_AT_AGAIN if row.trace.get("event", "created") != "created" else ()
        for stage, was in was_stored(row.trace).stages.items():
            results[stage][was.result] += stage not in again
            hits.update((*was.rules, *was.shadow))
    return {
        "contacts": contacts,
        "stages": [_stage(stage.name, results[stage.name]) for stage in ruleset.stages],
        "rules": sum(len(stage.rules) for stage in ruleset.stages),
        "without_hits": [
            {"stage": stage.name, "rule": rule.id, "place": str(rule.place), "mode": rule.mode}
            for stage in ruleset.stages
            for rule in stage.rules
            if not hits[rule.id]
        ],
    }


def _stage(name: str, results: Mapping[str, int]) -> dict[str, Any]:
    ran = sum(results.values())
    shares = {result: round(results.get(result, 0) / ran, 4) if ran else 0.0 for result in _RESULTS}
    return {"stage": name, "contacts": ran, **shares}


@dataclass(slots=True)
class _Tally:
    """What one rule did. `cases`: the new cases among its hits, which people can correct."""

    hits: int = 0
    cases: int = 0
    requeued: int = 0
    recategorised: int = 0
    examples: list[int] = field(default_factory=list)


def report(decided: Iterable[Decided], corrections: Iterable[Correction]) -> dict[str, Any]:
    """Per rule: hits, and how many of its cases people sent to another queue or category within a day."""
    by_case: defaultdict[int, list[Correction]] = defaultdict(list)
    for correction in corrections:
        by_case[correction.case_id].append(correction)
    tallies: defaultdict[tuple[str, str, str], _Tally] = defaultdict(_Tally)
    contacts = 0
    for row in decided:
        contacts += row.contact_id is not None
        # A case that was looked at again has no disposition: nothing was decided about a contact.
        opened = row.case_id is not None and row.trace.get("disposition") == Disposition.OPEN.value
        was = was_stored(row.trace)
        made = _within_a_day(by_case[row.case_id], row.at) if opened and row.case_id is not None else ()
        for key in _speaking(was):
            _count(tallies[key], key[0], was, made, opened=opened, number=row.number)
    rows = (_row(*key, tally) for key, tally in tallies.items())
    return {
        "contacts": contacts,
        "within_hours": int(CORRECTED_WITHIN / timedelta(hours=1)),
        "rules": sorted(rows, key=lambda row: (-row["requeued"] - row["recategorised"], -row["hits"], row["rule"])),
    }


def _within_a_day(corrections: Sequence[Correction], at: datetime) -> Sequence[Correction]:
    return [each for each in corrections if at <= each.at <= at + CORRECTED_WITHIN]


def _speaking(was: Was) -> Iterator[tuple[str, str, str]]:
    """Stage, rule and mode of all that counted, and of what would have in shadow mode."""
    yield from ((stage, rule, "live") for stage, rule in deciding_rules(was))
    yield from ((stage, rule, "shadow") for stage, each in was.stages.items() for rule in each.shadow)


def _count(
    tally: _Tally, stage: str, was: Was, made: Sequence[Correction], *, opened: bool, number: int | None
) -> None:
    tally.hits += 1
    tally.cases += opened
    requeued = stage in _SENDS and any(each.queue not in ("", was.effects.queue) for each in made)
    recategorised = stage in _NAMES and any(each.category not in ("", was.effects.category) for each in made)
    tally.requeued += requeued
    tally.recategorised += recategorised
    if (requeued or recategorised) and number is not None and len(tally.examples) < _EXAMPLES:
        tally.examples.append(number)


_EXAMPLES = 3
_SENDS = ("classify", "route")
"""The stages whose rules had a say in the queue."""
_NAMES = ("classify",)


def _row(stage: str, rule: str, mode: str, tally: _Tally) -> dict[str, Any]:
    return {
        "stage": stage,
        "rule": rule,
        "mode": mode,
        "hits": tally.hits,
        "cases": tally.cases,
        "requeued": tally.requeued,
        "recategorised": tally.recategorised,
        "examples": tally.examples,
        "sentence": _sentence(mode, tally),
    }


def _sentence(mode: str, tally: _Tally) -> str:
    """`61 of 214 re-queued by people within a day`; '' where nobody corrected anything."""
    said = []
    if tally.requeued:
        said.append(f"{tally.requeued} of {tally.cases} re-queued by people within a day")
    if tally.recategorised:
        said.append(f"{tally.recategorised} of {tally.cases} re-categorised by people within a day")
    return ("would have counted; " if mode == "shadow" and said else "") + ", ".join(said)
