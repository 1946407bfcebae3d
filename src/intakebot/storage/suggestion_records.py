"""What suggestions are learned from, and where what was learned is kept: called by the archive and by the store."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, exists, func, insert, or_, select

from intakebot.domain.actors import ActorKind
from intakebot.ports.lessons import ClosedCase, StoredModel
from intakebot.storage.suggestion_tables import suggestion_models
from intakebot.storage.tables import case_events, cases

CATEGORY = "category"
LONGEST_TEXT = 8_000
"""Characters of a description that teach; a mail says early what it is about."""

_other, _event = cases.alias("other"), case_events.alias("event")
_SHARED = or_(cases.c.parent_id.is_not(None), exists().where(_other.c.parent_id == cases.c.id))
_SEEN = exists().where(_event.c.case_id == cases.c.id, _event.c.by.like(f"{ActorKind.AGENT.value}:%"))
_CLOSING: ColumnElement[bool] = and_(
    case_events.c.id > bindparam("after"),
    cases.c.closed_at.is_not(None),
    case_events.c.changes["closed_at"].as_string().is_not(None),
)
_CLOSED_AFTER = (
    select(
        case_events.c.id.label("event_id"),
        cases.c.title,
        func.substr(cases.c.description, 1, LONGEST_TEXT).label("description"),
        cases.c.category,
        cases.c.markers,
        _SHARED.label("shared"),
        _SEEN.label("seen"),
    )
    .join_from(case_events, cases, cases.c.id == case_events.c.case_id)
    .where(_CLOSING)
    .order_by(case_events.c.id)
    .limit(bindparam("limit"))
)
_LEFT = select(func.count()).select_from(case_events.join(cases, cases.c.id == case_events.c.case_id)).where(_CLOSING)
_MODEL = select(suggestion_models).where(suggestion_models.c.name == CATEGORY)
_FORGET = delete(suggestion_models).where(suggestion_models.c.name == CATEGORY)


def closed_cases(connection: Connection, after: int, limit: int) -> tuple[ClosedCase, ...]:
    """Cases that were closed by an event after this one, in the order in which they were closed."""
    found = connection.execute(_CLOSED_AFTER, {"after": after, "limit": limit})
    return tuple(
        ClosedCase(
            row.event_id,
            row.title,
            row.description,
            row.category,
            tuple(row.markers),
            shared=bool(row.shared),
            seen_by_people=bool(row.seen),
        )
        for row in found
    )


def closed_cases_left(connection: Connection, after: int) -> int:
    """How many of them there are."""
    return int(connection.scalar(_LEFT, {"after": after}) or 0)


def stored_model(connection: Connection) -> StoredModel | None:
    """What was learned, or None."""
    row = connection.execute(_MODEL).one_or_none()
    return StoredModel(bytes(row.state), row.learned, row.learned_until, row.saved_at) if row else None


def keep_model(connection: Connection, model: StoredModel) -> None:
    """Keep what was learned, in place of what was kept before."""
    connection.execute(_FORGET)
    connection.execute(
        insert(suggestion_models).values(
            name=CATEGORY,
            state=model.state,
            learned=model.learned,
            learned_until=model.learned_until,
            saved_at=model.saved_at,
        )
    )
