"""The search index: one document per case, kept in FTS5 on SQLite and as a tsvector on PostgreSQL.

The store keeps it in step in the transaction that changes a case; `search` asks it. A document holds what is said
to and by callers: number, title, caller, customer, messages, and the answer once it was sent. What is internal
(comments, work info, markers) is not in it. Words are those of `reading.search_words` on both databases.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, select

from intakebot.domain.case import shown_number
from intakebot.domain.change import Change
from intakebot.reading.search_words import search_words
from intakebot.storage.directory_tables import callers, customers
from intakebot.storage.rows import KEYS, select_in
from intakebot.storage.tables import case_messages, cases, counters

LONGEST_TEXT = 50_000
"""Characters of one message that are searched."""
LONGEST_DOCUMENT = 200_000
_MOST_POSITIONS = 16_383
_INDEXED_FIELDS = frozenset({"title", "caller_id", "customer_id", "resolution"})

_HEADS = (
    select(
        cases.c.id,
        cases.c.number,
        cases.c.title,
        func.substr(cases.c.description, 1, LONGEST_TEXT).label("description"),
        cases.c.resolution,
        callers.c.name.label("caller"),
        customers.c.name.label("customer"),
        customers.c.reference,
    )
    .select_from(
        cases.outerjoin(callers, callers.c.id == cases.c.caller_id).outerjoin(
            customers, customers.c.id == cases.c.customer_id
        )
    )
    .where(cases.c.id.in_(KEYS))
)
_FILLED = delete(counters).where(counters.c.name == "case_search_unfilled")
_NEXT_CASES = select(cases.c.id).where(cases.c.id > bindparam("last")).order_by(cases.c.id).limit(1_000)
_SAID = (
    select(
        case_messages.c.case_id,
        case_messages.c.sender,
        func.substr(case_messages.c.text, 1, LONGEST_TEXT).label("text"),
        func.substr(case_messages.c.new_text, 1, LONGEST_TEXT).label("new_text"),
    )
    .where(case_messages.c.case_id.in_(KEYS))
    .order_by(case_messages.c.id)
)


@dataclass(frozen=True, slots=True)
class Document:
    """What is searched of a case, piece by piece, in the order in which people want to know where a word is."""

    case_id: int
    title: str
    caller: str
    customer: str
    said: tuple[str, ...]
    answer: str

    @property
    def head(self) -> str:
        """What weighs most."""
        return f"{self.title}\n{self.caller}\n{self.customer}"

    @property
    def whole_said(self) -> str:
        """All that callers said, bounded."""
        return "\n".join(self.said)[:LONGEST_DOCUMENT]


def index_changes(connection: Connection, changes: Sequence[Change]) -> None:
    """Keep the index in step with what was just written."""
    new = {case.id for change in changes for case in change.cases if not case.version}
    said = {message.case_id for change in changes for message in change.messages}
    altered = {
        event.case_id for change in changes for event in change.events if not _INDEXED_FIELDS.isdisjoint(event.changes)
    }
    index_cases(connection, new | said | altered, new)


def index_cases(connection: Connection, case_ids: Iterable[int], new: Collection[int] = ()) -> None:
    """Write the documents of these cases anew; `new` ones cannot be there yet."""
    documents = list(documents_of(connection, case_ids))
    if not documents:
        return
    if connection.dialect.name == "sqlite":
        stale = [(document.case_id,) for document in documents if document.case_id not in new]
        if stale:
            connection.exec_driver_sql("DELETE FROM case_search WHERE rowid = ?", stale)
        rows = [(each.case_id, *map(_spoken, (each.head, each.whole_said, each.answer))) for each in documents]
        connection.exec_driver_sql("INSERT INTO case_search (rowid, head, said, answer) VALUES (?, ?, ?, ?)", rows)
    else:
        connection.exec_driver_sql(
            "INSERT INTO case_search (case_id, document) VALUES (%s, %s::tsvector)"
            " ON CONFLICT (case_id) DO UPDATE SET document = excluded.document",
            [(each.case_id, _vector(each)) for each in documents],
        )


def fill_index(connection: Connection) -> None:
    """Index every case of a database that is older than the index."""
    if not connection.execute(_FILLED).rowcount:
        return
    last = 0
    while ids := list(connection.scalars(_NEXT_CASES, {"last": last})):
        index_cases(connection, ids, ids)
        last = ids[-1]


def documents_of(connection: Connection, case_ids: Iterable[int]) -> Iterator[Document]:
    """The documents of these cases as they are now, in no order."""
    ids = set(case_ids)
    said: dict[int, list[Row[Any]]] = {}
    for row in select_in(connection, _SAID, ids):
        said.setdefault(row.case_id, []).append(row)
    for row in select_in(connection, _HEADS, ids):
        yield _document(row, said.get(row.id, []))


def _document(row: Row[Any], messages: Sequence[Row[Any]]) -> Document:
    resolution = row.resolution or {}
    texts = (message.new_text or message.text for message in messages)
    senders = dict.fromkeys(message.sender for message in messages)
    return Document(
        case_id=row.id,
        title=f"{shown_number(row.number)} {row.title}",
        caller=" ".join(filter(None, (row.caller, *senders))),
        customer=f"{row.customer} ({row.reference})" if row.customer else "",
        said=tuple(dict.fromkeys((row.description, *texts))),
        answer=str(resolution.get("text", ""))[:LONGEST_TEXT] if resolution.get("sent_at") else "",
    )


def _spoken(written: str) -> str:
    """What FTS5 takes apart by itself in the same way; everything else is folded here."""
    return written.lower() if written.isascii() else " ".join(search_words(written))


def _vector(document: Document) -> str:
    """The document as PostgreSQL writes a tsvector; words come once per weight, at their first place."""
    lexemes: dict[str, list[str]] = {}
    place = 0
    for weight, written in (("A", document.head), ("B", document.answer), ("D", document.whole_said)):
        for word in dict.fromkeys(search_words(written)):
            place = min(place + 1, _MOST_POSITIONS)
            lexemes.setdefault(word, []).append(f"{place}{weight}")
    return " ".join(f"'{word}':{','.join(found)}" for word, found in lexemes.items())
