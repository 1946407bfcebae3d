"""Writes what rules saw when they decided, and each ruleset once, when it decides for the first time.

Called by the store's `apply`, in the transaction of the decision.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from intakebot.domain.change import Change, DecidedFacts
from intakebot.storage.rows import KEYS, StoredRow, insert_rows, select_in
from intakebot.storage.rule_tables import decided_facts, rulesets

_KNOWN = select(rulesets.c.key).where(rulesets.c.key.in_(KEYS))


def write_decided(connection: Connection, changes: Sequence[Change]) -> None:
    """One row for each decision; a ruleset that is not known yet is written with the first of its decisions."""
    decided = [each for change in changes for each in change.decided]
    if not decided:
        return
    first = {each.rules.key: each for each in reversed(decided)}
    known = {row.key for row in select_in(connection, _KNOWN, first)}
    new = [_ruleset_row(each) for key, each in first.items() if key not in known]
    insert_rows(connection, rulesets, new, updating=())
    insert_rows(connection, decided_facts, [_row(each) for each in decided])


def _row(each: DecidedFacts) -> StoredRow:
    return {
        "decision_id": each.decision_id,
        "rules": each.rules.key,
        "event": each.event,
        "facts": each.facts,
        "told": each.told,
        "true_keys": each.true_keys,
    }


def _ruleset_row(each: DecidedFacts) -> StoredRow:
    return {
        "key": each.rules.key,
        "hash": each.rules.hash,
        "files": each.rules.files,
        "atoms": each.rules.atoms,
        "first_used_at": each.at,
    }
