"""Looking back over decisions: `ports.history.History` on the engine that cannot write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Engine, Row, Select, bindparam, func, or_, select

from intakebot.ports.history import Correction, Decided, KeptRules
from intakebot.storage.rule_tables import decided_facts, rulesets
from intakebot.storage.schema import Instant
from intakebot.storage.tables import case_events, cases, decisions

_AT_ONCE = 1_000
_SINCE = bindparam("since", type_=Instant())
_AFTER: BindParameter[int] = bindparam("after")
_NEW_CONTACT = or_(decided_facts.c.event.is_(None), decided_facts.c.event == "created")
_OF_NEW_CONTACTS = decisions.outerjoin(decided_facts, decided_facts.c.decision_id == decisions.c.id)
_COUNT = select(func.count()).select_from(_OF_NEW_CONTACTS).where(decisions.c.at >= _SINCE, _NEW_CONTACT)
_DECIDED = (
    select(
        decisions.c.id,
        decisions.c.contact_id,
        decisions.c.at,
        decisions.c.trace,
        decisions.c.case_id,
        cases.c.number,
        cases.c.category,
        cases.c.queue,
        decided_facts.c.rules,
        decided_facts.c.facts,
        decided_facts.c.told,
        decided_facts.c.true_keys,
    )
    .select_from(_OF_NEW_CONTACTS.outerjoin(cases, cases.c.id == decisions.c.case_id))
    .where(decisions.c.at >= _SINCE, decisions.c.id > _AFTER, _NEW_CONTACT)
    .order_by(decisions.c.id)
    .limit(_AT_ONCE)
)
_BY_AGENTS = (
    select(case_events.c.id, case_events.c.case_id, case_events.c.at, case_events.c.changes)
    .where(case_events.c.at >= _SINCE, case_events.c.id > _AFTER, case_events.c.by.startswith("agent:"))
    .order_by(case_events.c.id)
    .limit(_AT_ONCE)
)


@dataclass(frozen=True, slots=True)
class SqlHistory:
    """The history of one database. Every page is a look of its own, so that no long transaction stands."""

    reading: Engine

    def count(self, since: datetime) -> int:
        """How many decisions `decided` will give."""
        with self.reading.connect() as connection:
            return connection.scalar(_COUNT, {"since": since}) or 0

    def decided(self, since: datetime) -> Iterator[Decided]:
        """The decisions about new contacts since then, oldest first."""
        yield from map(_decided, self._pages(_DECIDED, since))

    def rules(self) -> dict[str, KeptRules]:
        """Every ruleset that has decided, by its key."""
        with self.reading.connect() as connection:
            rows = connection.execute(select(rulesets)).all()
        return {row.key: KeptRules(*row) for row in rows}

    def corrections(self, since: datetime) -> Iterator[Correction]:
        """What agents changed since then, oldest first."""
        for row in self._pages(_BY_AGENTS, since):
            queue, category = row.changes.get("queue") or "", row.changes.get("category") or ""
            if queue or category:
                yield Correction(row.case_id, row.at, queue, category)

    def _pages(self, statement: Select[Any], since: datetime) -> Iterator[Row[Any]]:
        after = 0
        while True:
            with self.reading.connect() as connection:
                rows = connection.execute(statement, {"since": since, "after": after}).all()
            if not rows:
                return
            yield from rows
            after = rows[-1].id


def _decided(row: Row[Any]) -> Decided:
    return Decided(
        id=row.id,
        contact_id=row.contact_id,
        at=row.at,
        trace=row.trace,
        case_id=row.case_id,
        number=row.number,
        category=row.category or "",
        queue=row.queue or "",
        rules=row.rules or "",
        facts=bytes(row.facts or b""),
        told=bytes(row.told or b""),
        true_keys=bytes(row.true_keys or b""),
    )
