"""Posts as rows: what is owed to agents in a chat, who is sending it, and where it is shown.

Called by `chat_records`. `sending` is written, and committed by the writer, before the first byte leaves; a claim
that nobody settled is taken over when it has run out. `wanted` counts how often a card was owed, so that a change
which comes while the card is being sent is shown after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, case, exists, literal_column, null, select, update
from sqlalchemy.dialects import postgresql, sqlite

from intakebot.domain.change import ThreadId
from intakebot.domain.chat import CARD_PREFIX, ChatPost, PostKind, PostOwed, PostSettlement, PostState
from intakebot.domain.ids import node_of
from intakebot.ports.chat_store import Claim
from intakebot.storage.case_records import write_thread_ids
from intakebot.storage.chat_tables import chat_posts
from intakebot.storage.rows import KEYS, StoredRow, select_in, write_rows
from intakebot.storage.tables import cases

_DUE, _SENDING, _CARD = PostState.DUE.value, PostState.SENDING.value, PostKind.CARD.value
_KEY = ["kind", "case_id", "target", "reference"]
_CLAIMABLE = (_DUE, _SENDING)
_ONE: ColumnElement[int] = literal_column("1")  # what `write_rows` carries out has no values but a row's

_card = chat_posts.alias("card")
CARD_IS_SHOWN = exists().where(_card.c.case_id == chat_posts.c.case_id, _card.c.kind == _CARD, _card.c.ts != "")
"""A line needs the card whose thread it stands in."""

_TO_CLAIM = (
    select(chat_posts, cases.c.number)
    .join_from(chat_posts, cases, cases.c.id == chat_posts.c.case_id)
    .where(
        chat_posts.c.state.in_(_CLAIMABLE),
        chat_posts.c.due_at <= bindparam("now"),
        (chat_posts.c.kind != PostKind.LINE.value) | CARD_IS_SHOWN,
    )
    .order_by(chat_posts.c.due_at, chat_posts.c.id)
    .limit(bindparam("count"))
    .with_for_update(skip_locked=True, of=chat_posts)
)
_WAS_SENDING = case((chat_posts.c.state == _SENDING, 1), else_=0)
_START_SENDING = (
    update(chat_posts)
    .where(chat_posts.c.id.in_(KEYS))
    .values(
        state=_SENDING,
        attempts=chat_posts.c.attempts + 1,
        resends=chat_posts.c.resends + _WAS_SENDING,
        holder=bindparam("new_holder"),
        due_at=bindparam("until"),
    )
)
_SENT_NOW = select(chat_posts.c.id, chat_posts.c.holder).where(chat_posts.c.state == _SENDING).with_for_update()
_RECOVER = (
    update(chat_posts)
    .where(chat_posts.c.id.in_(KEYS))
    .values(state=_DUE, resends=chat_posts.c.resends + 1, holder=None, due_at=bindparam("then"))
)
_TO_SETTLE = (
    select(chat_posts).where(chat_posts.c.id.in_(KEYS)).order_by(chat_posts.c.case_id, chat_posts.c.id)
).with_for_update()
_SETTLED_COLUMNS = (
    "state",
    "attempts",
    "place",
    "ts",
    "queue",
    "shown",
    "resends",
    "due_at",
    "error",
    "settled_at",
)
_SETTLE = (
    update(chat_posts)
    .where(chat_posts.c.id == bindparam("this_id"))
    .values(holder=null(), **{name: bindparam(f"new_{name}") for name in _SETTLED_COLUMNS})
)


def _owing(insert: Any) -> Any:  # noqa: ANN401 - each database has an Insert of its own, with the same methods
    """Insert a post; a card that is there is owed again, at the earliest when it may be shown again."""
    new = insert.excluded
    waits: ColumnElement[bool] = literal_column("chat_posts.state IN ('due', 'sending')")
    return insert.on_conflict_do_update(
        index_elements=_KEY,
        set_={
            "wanted": chat_posts.c.wanted + _ONE,
            "owed_at": new.owed_at,
            "state": case((waits, chat_posts.c.state), else_=literal_column("'due'")),
            "attempts": case((waits, chat_posts.c.attempts), else_=literal_column("0")),
            "due_at": case((waits | (chat_posts.c.due_at > new.due_at), chat_posts.c.due_at), else_=new.due_at),
        },
        where=literal_column("chat_posts.kind = 'card'"),
    )


_OWE = {"sqlite": _owing(sqlite.insert(chat_posts)), "postgresql": _owing(postgresql.insert(chat_posts))}


def owe_posts(connection: Connection, owed: Iterable[PostOwed]) -> None:
    """Owe posts: a card that is there already is owed again, everything else only once."""
    in_one_order = sorted(owed, key=lambda one: (one.case_id, one.kind.value, one.target, one.reference))
    write_rows(connection, _OWE[connection.dialect.name], [_owed_row(one) for one in in_one_order])


def claim_posts(connection: Connection, claim: Claim, limit: int) -> list[ChatPost]:
    """Move due posts to `sending`, attempt counted; other processes skip the ones claimed here."""
    rows = connection.execute(_TO_CLAIM, {"now": claim.at, "count": limit}).all()
    if not rows:
        return []
    held = {"keys": [row.id for row in rows], "new_holder": claim.holder, "until": claim.until}
    connection.execute(_START_SENDING, held)
    return [_claimed(row) for row in rows]


def recover_posts(connection: Connection, claim: Claim) -> int:
    """Make due when the claim is over, with one resend more, what this process was sending; returns how many."""
    ours = node_of(claim.holder)
    lost = [row.id for row in connection.execute(_SENT_NOW) if row.holder is None or node_of(row.holder) == ours]
    if lost:
        connection.execute(_RECOVER, {"keys": lost, "then": claim.until})
    return len(lost)


def settle_posts(connection: Connection, settlements: Sequence[PostSettlement], new_ids: Sequence[int]) -> None:
    """Write what became of posts; a card's new place joins its case's thread, its old one is left marked."""
    found = {row.id: row for row in select_in(connection, _TO_SETTLE, [one.post_id for one in settlements])}
    known = [
        (one, found[one.post_id], new_id)
        for one, new_id in zip(settlements, new_ids, strict=True)
        if one.post_id in found
    ]
    write_rows(connection, _SETTLE, [_settled_row(one, row) for one, row, _ in known])
    write_thread_ids(connection, list(_new_threads(known)))
    owe_posts(connection, _left_behind(known))


_Known = tuple[PostSettlement, Row[Any], int]


def _new_threads(known: Iterable[_Known]) -> Iterator[ThreadId]:
    for one, row, _ in known:
        if row.kind == _CARD and one.ts and (one.place, one.ts) != (row.place, row.ts):
            yield ThreadId(f"{CARD_PREFIX}{one.place}/{one.ts}", row.case_id)


def _left_behind(known: Iterable[_Known]) -> Iterator[PostOwed]:
    """A card that is in another channel now leaves a pointer where it was."""
    for one, row, new_id in known:
        if row.kind == _CARD and one.ts and row.ts and one.place != row.place:
            yield PostOwed(new_id, PostKind.MOVED, row.case_id, "", row.ts, one.at, row.place, row.ts)


def _settled_row(one: PostSettlement, row: Row[Any]) -> StoredRow:
    """What is shown stays known when a settlement does not speak of it ('')."""
    again = one.state is not PostState.DUE and row.wanted > one.wanted
    state = PostState.DUE if again else one.state
    tried = one.state in (PostState.DUE, PostState.FAILED) and not again
    return {
        "this_id": one.post_id,
        "new_state": state.value,
        "new_attempts": row.attempts if tried else 0,
        "new_place": one.place or row.place,
        "new_ts": one.ts or row.ts,
        "new_queue": one.queue or row.queue,
        "new_shown": one.shown or row.shown,
        "new_resends": one.resends if tried else 0,
        "new_due_at": _due(state, one),
        "new_error": one.error,
        "new_settled_at": one.at,
    }


def _due(state: PostState, one: PostSettlement) -> datetime | None:
    """When to send; for what is posted, when it may be shown anew at the earliest."""
    return one.due_at or one.at if state is PostState.DUE else one.due_at


def _owed_row(owed: PostOwed) -> StoredRow:
    return {
        "id": owed.id,
        "kind": owed.kind.value,
        "case_id": owed.case_id,
        "target": owed.target,
        "reference": owed.reference,
        "owed_at": owed.at,
        "state": _DUE,
        "attempts": 0,
        "wanted": 1,
        "holder": None,
        "place": owed.place,
        "ts": owed.ts,
        "queue": "",
        "shown": "",
        "resends": 0,
        "due_at": owed.at,
        "error": "",
        "settled_at": None,
    }


def _claimed(row: Row[Any]) -> ChatPost:
    return ChatPost(
        id=row.id,
        kind=PostKind(row.kind),
        case_id=row.case_id,
        case_number=row.number,
        target=row.target,
        reference=row.reference,
        owed_at=row.owed_at,
        attempts=row.attempts + 1,
        wanted=row.wanted,
        place=row.place,
        ts=row.ts,
        queue=row.queue,
        shown=row.shown,
        resends=row.resends + (row.state == _SENDING),
    )
