"""A rehearsal in figures, as JSON-like data: what moves, by which rules, and beside where people left the cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from intakebot.domain.case import shown_number
from intakebot.usecases.past import Effects, Was, changed_parts, deciding_rules
from intakebot.usecases.rehearsal import Altered, Rehearsal

NAMED_CASES = 20
_WHERE_PEOPLE_LEFT_IT = ("category", "queue")


def rehearsal_figures(found: Rehearsal, *, older: int) -> dict[str, Any]:
    """Totals, moves, rules and some cases. `older` counts decisions whose facts were not kept yet."""
    changed = [each for each in found.altered if each.old.effects != each.new.effects]
    parts = Counter(part for each in changed for part in changed_parts(each.old.effects, each.new.effects))
    return {
        "contacts": found.contacts,
        "without_facts": older,
        "decided_again": found.decided_again,
        "looked_up_anew": sum(each.new.anew and not each.old.anew for each in found.altered),
        "changed": len(changed),
        "share": round(len(changed) / found.contacts, 4) if found.contacts else 0.0,
        "parts": {part: parts.get(part, 0) for part in Effects._fields},
        "moves": _moves(changed),
        "rules": _rules(found.altered),
        "cases": [_case(each) for each in changed[:NAMED_CASES]],
    }


def _moves(changed: Sequence[Altered]) -> list[dict[str, Any]]:
    """From where to where, most first; how many of them people left where they would go now, or where they were."""
    moved: Counter[tuple[str, str, str]] = Counter()
    as_now: Counter[tuple[str, str, str]] = Counter()
    as_before: Counter[tuple[str, str, str]] = Counter()
    for each in changed:
        for part in changed_parts(each.old.effects, each.new.effects):
            old, new = getattr(each.old.effects, part), getattr(each.new.effects, part)
            moved[part, old, new] += 1
            left = getattr(each.contact, part) if part in _WHERE_PEOPLE_LEFT_IT and each.contact.number else None
            as_now[part, old, new] += left is not None and left == new
            as_before[part, old, new] += left is not None and left == old
    return [
        {
            "part": part,
            "from": old,
            "to": new,
            "contacts": count,
            "people_agree": as_now[part, old, new],
            "people_disagree": as_before[part, old, new],
            "compared": part in _WHERE_PEOPLE_LEFT_IT,
        }
        for (part, old, new), count in sorted(moved.items(), key=lambda item: (-item[1], item[0]))
    ]


def _rules(altered: Sequence[Altered]) -> list[dict[str, Any]]:
    """Each rule that would have counted more or less often, or otherwise, by stage."""
    gained, lost, changed = (Counter[tuple[str, str]]() for _ in range(3))
    for each in altered:
        before, after = set(deciding_rules(each.old)), set(deciding_rules(each.new))
        gained.update(after - before)
        lost.update(before - after)
        if each.old.effects != each.new.effects:
            changed.update((after ^ before) or _saying_otherwise(each.old, each.new))
    return [
        {
            "stage": stage,
            "rule": rule,
            "gained": gained[stage, rule],
            "lost": lost[stage, rule],
            "changed": changed[stage, rule],
        }
        for stage, rule in sorted(gained.keys() | lost.keys() | changed.keys(), key=lambda key: (-changed[key], key))
    ]


def _saying_otherwise(old: Was, new: Was) -> Iterator[tuple[str, str]]:
    """The same rules counted, so one of them says something else now: those of the stage that sets what changed."""
    stages = {_SET_IN[part] for part in changed_parts(old.effects, new.effects)}
    return (counted for counted in deciding_rules(new) if counted[0] in stages)


_SET_IN = {
    "disposition": "guard",
    "category": "classify",
    "queue": "route",
    "priority": "flag",
    "agreement": "identify",
    "answer": "route",
}


def _case(each: Altered) -> dict[str, Any]:
    parts = changed_parts(each.old.effects, each.new.effects)
    return {
        "contact": each.contact.contact_id,
        "case": each.contact.number,
        "label": shown_number(each.contact.number) if each.contact.number else "",
        "changes": [
            {"part": part, "from": getattr(each.old.effects, part), "to": getattr(each.new.effects, part)}
            for part in parts
        ],
        "left_in": {"category": each.contact.category, "queue": each.contact.queue},
    }
