"""Full-text search over cases, best first: what people look for, and which cases share rare words.

Called by the archive; `search_index` keeps what is asked here. Queries are made of letters and digits only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from sqlalchemy import Connection, TextClause, select, text

from intakebot.ports.lookup import COUNTED, Rarity
from intakebot.reading.search_words import passage, search_words, words_begun_in
from intakebot.storage.search_index import Document, documents_of
from intakebot.storage.tables import cases

MOST_WORDS = 12
_NUMBER = re.compile(r"(?:C-?)?(\d{1,15})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Hit:
    """A case that was found, and where."""

    case_id: int
    why: str


@dataclass(frozen=True, slots=True)
class Hits:
    """How many cases there are, and some of them, best first."""

    total: int
    hits: tuple[Hit, ...]


class _Statement(NamedTuple):
    """One statement in the words of both databases."""

    sqlite: TextClause
    postgresql: TextClause

    def on(self, connection: Connection) -> TextClause:
        """The one for this database."""
        return self.sqlite if connection.dialect.name == "sqlite" else self.postgresql


_ON_SQLITE = "FROM case_search WHERE case_search MATCH :query"
_ON_POSTGRESQL = "FROM case_search WHERE document @@ CAST(:query AS tsquery)"
_PAGE = "LIMIT :limit OFFSET :offset"
_COUNT_ALL = text("SELECT count(*) FROM (SELECT 1 FROM case_search LIMIT :most) AS counted")
_COUNT = _Statement(text(f"SELECT count(*) {_ON_SQLITE}"), text(f"SELECT count(*) {_ON_POSTGRESQL}"))
_COUNT_SOME = _Statement(
    text("SELECT count(*) FROM (SELECT 1 FROM case_search WHERE case_search MATCH :query LIMIT :most) AS counted"),
    text(
        "SELECT count(*) FROM (SELECT 1 FROM case_search"
        " WHERE document @@ CAST(:query AS tsquery) LIMIT :most) AS counted"
    ),
)
_RANKED = _Statement(
    text(f"SELECT rowid {_ON_SQLITE} ORDER BY bm25(case_search, 8.0, 1.0, 2.0), rowid DESC {_PAGE}"),
    text(
        f"SELECT case_id {_ON_POSTGRESQL}"
        f" ORDER BY ts_rank(document, CAST(:query AS tsquery), 1) DESC, case_id DESC {_PAGE}"
    ),
)
_IS_FOUND = _Statement(
    text(f"SELECT 1 {_ON_SQLITE} AND rowid = :case_id"), text(f"SELECT 1 {_ON_POSTGRESQL} AND case_id = :case_id")
)


def found_cases(connection: Connection, wanted: str, limit: int, offset: int) -> Hits:
    """Cases that have all words, best first; the case of that very number before all others."""
    words = list(dict.fromkeys(search_words(wanted)))[:MOST_WORDS]
    exact = _case_of_number(connection, wanted.strip())
    if not words:
        return Hits(0, ())
    query = _query(connection, words, every=True)
    total = int(connection.scalar(_COUNT.on(connection), {"query": query}) or 0)
    bound = {"query": query, "limit": limit, "offset": offset}
    ids = [int(row[0]) for row in connection.execute(_RANKED.on(connection), bound)]
    if exact is not None:
        total += exact not in ids and not _matches(connection, query, exact)
        ids = [exact, *(each for each in ids if each != exact)][:limit] if not offset else ids
    documents = {document.case_id: document for document in documents_of(connection, ids)}
    return Hits(total, tuple(Hit(each, "number" if each == exact else _why(documents[each], words)) for each in ids))


def _case_of_number(connection: Connection, wanted: str) -> int | None:
    number = _NUMBER.fullmatch(wanted)
    return connection.scalar(select(cases.c.id).where(cases.c.number == int(number[1]))) if number else None


def _matches(connection: Connection, query: str, case_id: int) -> bool:
    return connection.scalar(_IS_FOUND.on(connection), {"query": query, "case_id": case_id}) is not None


def _why(document: Document, words: Sequence[str]) -> str:
    """Where most of the words are; the first such place in the order of a document."""
    pieces = (
        ("title", document.title),
        ("caller", document.caller),
        ("customer", document.customer),
        *(("said", piece) for piece in islice(document.said, 20)),
        ("answer", document.answer),
    )
    name, piece = max(pieces, key=lambda found: words_begun_in(found[1], words))
    return name if name == "title" else f"{name}: {passage(piece, words)}"


def rarity(connection: Connection, words: Sequence[str]) -> Rarity:
    """In how many cases each of these words is, counted up to `COUNTED`."""
    counted = _COUNT_SOME.on(connection)
    having = {
        word: int(
            connection.scalar(counted, {"query": _query(connection, [word], every=True, begun=False), "most": COUNTED})
            or 0
        )
        for word in words
    }
    every = connection.scalar(_COUNT_ALL, {"most": COUNTED})
    return Rarity(int(every or 0), having)


def cases_with_any(connection: Connection, words: Sequence[str], limit: int) -> list[int]:
    """Cases that have one of the words, likely ones first."""
    if not words:
        return []
    query = _query(connection, words, every=False, begun=False)
    bound = {"query": query, "limit": limit, "offset": 0}
    return [int(row[0]) for row in connection.execute(_RANKED.on(connection), bound)]


def _query(connection: Connection, words: Sequence[str], *, every: bool, begun: bool = True) -> str:
    """The words in the language of the database; they are letters and digits only, so nothing has to be escaped."""
    if connection.dialect.name == "sqlite":
        return (" AND " if every else " OR ").join(f'"{word}"{"*" if begun else ""}' for word in words)
    return (" & " if every else " | ").join(f"'{word}'{':*' if begun else ''}" for word in words)
