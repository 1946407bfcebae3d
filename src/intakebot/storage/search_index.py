"""The search index: one document per case, kept in FTS5 on SQLite and as a tsvector on PostgreSQL.

The store keeps it in step in the transaction that changes a case; `search` asks it. A document holds what is said
to and by callers: number, title, caller, customer, messages, and the answer once it was sent. What is internal
(comments, work info, markers) is not in it. Words are those of `reading.search_words` on both databases.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, select

from intakebot.domain.case import Case, shown_number
from intakebot.domain.change import CaseMessage, Change
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
_CALLERS = select(callers.c.id, callers.c.name).where(callers.c.id.in_(KEYS))
_CUSTOMERS = select(customers.c.id, customers.c.name, customers.c.reference).where(customers.c.id.in_(KEYS))
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
    """Keep the index in step with what was just written. What is new is not read again from the database."""
    new = {case.id: case for change in changes for case in change.cases if not case.version}
    said = {message.case_id for change in changes for message in change.messages}
    altered = {
        event.case_id for change in changes for event in change.events if not _INDEXED_FIELDS.isdisjoint(event.changes)
    }
    index_cases(connection, (said | altered) - new.keys())
    _insert(connection, list(_new_documents(connection, new.values(), changes)))


def index_cases(connection: Connection, case_ids: Iterable[int]) -> None:
    """Write the documents of these cases anew."""
    documents = list(documents_of(connection, case_ids))
    if documents and connection.dialect.name == "sqlite":
        stale = [(document.case_id,) for document in documents]
        connection.exec_driver_sql("DELETE FROM case_search WHERE rowid = ?", stale)
    _insert(connection, documents)


def _insert(connection: Connection, documents: Sequence[Document]) -> None:
    if not documents:
        return
    if connection.dialect.name == "sqlite":
        rows = [(each.case_id, *map(_spoken, (each.head, each.whole_said, each.answer))) for each in documents]
        connection.exec_driver_sql("INSERT INTO case_search (rowid, head, said, answer) VALUES (?, ?, ?, ?)", rows)
    else:
        connection.exec_driver_sql(
            "INSERT INTO case_search (case_id, document) VALUES (%s, %s::tsvector)"
            " ON CONFLICT (case_id) DO UPDATE SET document = excluded.document",
            [(each.case_id, _vector(each)) for each in documents],
        )


def _new_documents(connection: Connection, new: Collection[Case], changes: Sequence[Change]) -> Iterator[Document]:
    names = {caller.id: caller.name for change in changes for caller in change.callers}
    unnamed = {case.caller_id for case in new if case.caller_id} - names.keys()
    names |= {row.id: row.name for row in select_in(connection, _CALLERS, unnamed)}
    owners = select_in(connection, _CUSTOMERS, {case.customer_id for case in new if case.customer_id})
    customer_of = {row.id: f"{row.name} ({row.reference})" for row in owners}
    said: dict[int, list[CaseMessage]] = defaultdict(list)
    for change in changes:
        for message in change.messages:
            said[message.case_id].append(message)
    for case in new:
        sent = case.resolution.text if case.resolution and case.resolution.sent_at else ""
        caller, customer = names.get(case.caller_id or 0, ""), customer_of.get(case.customer_id or 0, "")
        yield _document(case, said[case.id], caller, customer, sent)


def fill_index(connection: Connection) -> None:
    """Index every case of a database that is older than the index."""
    if not connection.execute(_FILLED).rowcount:
        return
    last = 0
    while ids := list(connection.scalars(_NEXT_CASES, {"last": last})):
        _insert(connection, list(documents_of(connection, ids)))
        last = ids[-1]


def documents_of(connection: Connection, case_ids: Iterable[int]) -> Iterator[Document]:
    """The documents of these cases as they are now, in no order."""
    ids = set(case_ids)
    said: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in select_in(connection, _SAID, ids):
        said[row.case_id].append(row)
    for row in select_in(connection, _HEADS, ids):
        customer = f"{row.customer} ({row.reference})" if row.customer else ""
        sent = row.resolution["text"] if row.resolution and row.resolution["sent_at"] else ""
        yield _document(row, said[row.id], row.caller or "", customer, sent)


def _document(
    case: Case | Row[Any], messages: Sequence[CaseMessage | Row[Any]], caller: str, customer: str, answer: str
) -> Document:
    texts = (message.new_text or message.text for message in messages)
    senders = dict.fromkeys(message.sender for message in messages)
    return Document(
        case_id=case.id,
        title=f"{shown_number(case.number)} {case.title}",
        caller=" ".join(filter(None, (caller, *senders))),
        customer=customer,
        said=tuple(dict.fromkeys(text[:LONGEST_TEXT] for text in (case.description, *texts))),
        answer=answer[:LONGEST_TEXT],
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
