"""What a follow-up asks about cases and deliveries that a change names by id only: `ports.chat_store.Glances`.

Made by the store while it writes changes; it sees what they have written already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, exists, select

from intakebot.domain.chat import PostKind
from intakebot.domain.delivery import DeliveryKind
from intakebot.ports.chat_store import CaseGlance, DeliveryGlance
from intakebot.storage.chat_tables import chat_posts
from intakebot.storage.rows import KEYS, select_in
from intakebot.storage.tables import cases, deliveries

_CARD_IS_SHOWN = exists().where(
    chat_posts.c.case_id == cases.c.id, chat_posts.c.kind == PostKind.CARD.value, chat_posts.c.ts != ""
)
_CASES = select(cases.c.id, cases.c.queue, cases.c.owner, cases.c.assignee, _CARD_IS_SHOWN.label("has_card")).where(
    cases.c.id.in_(KEYS)
)
_DELIVERIES = select(deliveries.c.id, deliveries.c.case_id, deliveries.c.kind).where(deliveries.c.id.in_(KEYS))


@dataclass(frozen=True, slots=True)
class SqlGlances:
    """`ports.chat_store.Glances` on a connection."""

    connection: Connection

    def cases(self, ids: Iterable[int]) -> Mapping[int, CaseGlance]:
        """Cases by id, one query for all."""
        rows = select_in(self.connection, _CASES, ids)
        return {row.id: CaseGlance(row.id, row.queue, row.owner, row.assignee, bool(row.has_card)) for row in rows}

    def deliveries(self, ids: Iterable[int]) -> Mapping[int, DeliveryGlance]:
        """Deliveries by id, one query for all."""
        rows = select_in(self.connection, _DELIVERIES, ids)
        return {row.id: DeliveryGlance(row.id, row.case_id, DeliveryKind(row.kind)) for row in rows}
