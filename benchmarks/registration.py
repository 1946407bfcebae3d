"""Registration through the group writer beside raw sqlite3 writing the same rows in equal batches."""

from __future__ import annotations

import gc
import shutil
import sqlite3
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TypeAlias

from benchmarks.figures import Figure
from benchmarks.mails import RECIPIENT, mail, sender
from benchmarks.smtp import directory

from intakebot.app.house import OpenHouse, open_house
from intakebot.clocks import SystemClock
from intakebot.domain.change import Change
from intakebot.domain.contact import Envelope, Incoming
from intakebot.ports import Store, Surroundings
from intakebot.reading.message import read_message
from intakebot.usecases.assess import assess
from intakebot.usecases.assessment import ReadContact
from intakebot.usecases.open_case import open_case
from intakebot.usecases.receive import keep_contacts, new_contact

CASES = 3_840
BATCH = 128
BAR = 0.8
PAIRS = 7  # a pair swings by a tenth; the median of seven hardly does
FIRST_NUMBER = 100_000
_STRANGER = Surroundings(None, None, (), (), {}, (), 0)
_SETTLED = ("state", "reason", "subject", "sender", "case_id", "caller_id", "defects", "settled_at")

Rows: TypeAlias = "dict[str, list[tuple[Any, ...]]]"


def registration() -> Iterator[Figure]:
    """Cases per second, contacts kept before: what a registration writes, and nothing of how it was decided."""
    with directory() as place:
        with open_house(place / "config" / "intakebot.yaml", place / "data", SystemClock(), lambda: None) as opened:
            changes = _kept_and_decided(opened)
        _copy(place, "kept", "data")
        gc.collect()
        gc.freeze()
        _ours(place, changes)
        before, after = (_rows(place / name / "intakebot.db") for name in ("kept", "ours"))
        pairs = [(CASES / _ours(place, changes), CASES / _raw(place, before, after)) for _ in range(PAIRS)]
        ratio = statistics.median(figure / limit for figure, limit in pairs)
        ours, raw = (statistics.median(each) for each in zip(*pairs, strict=True))
        yield Figure.beside(f"cases written, batches of {BATCH}", ours, "raw sqlite3, the same rows", raw, ratio, BAR)


def _kept_and_decided(opened: OpenHouse) -> list[Change]:
    """Keep the contacts and decide on each as registration does."""
    house, at = opened.house, opened.house.clock.now()
    contacts = [
        new_contact(house, Incoming("email", Envelope(sender(number), (RECIPIENT,), "smtp"), mail(number)))
        for number in range(CASES)
    ]
    opened.writer.run(keep_contacts, contacts)
    pending = opened.writer.run(_begin_attempt, [contact.id for contact in contacts])
    changes = []
    for number, kept in enumerate(pending, FIRST_NUMBER):
        organisation = house.organisation
        message = read_message(
            kept.content,
            own_domains=organisation.own_domains,
            languages=organisation.languages,
            envelope_sender=kept.envelope.sender,
        )
        assessment = assess(house, ReadContact.of(kept, message, house.reply_keys), _STRANGER, at)
        changes.append(open_case(house, assessment, number, at))
    return changes


def _begin_attempt(store: Store, ids: Sequence[int]) -> list[Any]:
    return store.begin_attempts(ids, len(ids))


def _apply(store: Store, changes: Sequence[Change]) -> list[None]:
    store.apply(changes)
    return [None for _ in changes]


def _copy(place: Path, name: str, source: str = "kept") -> Path:
    shutil.rmtree(place / name, ignore_errors=True)
    shutil.copytree(place / source, place / name, ignore=shutil.ignore_patterns("*.sock", "control*"))
    return place / name


def _ours(place: Path, changes: Sequence[Change]) -> float:
    settings = place / "config" / "intakebot.yaml"
    with open_house(settings, _copy(place, "ours"), SystemClock(), lambda: None) as opened:
        began = time.perf_counter()
        for start in range(0, CASES, BATCH):
            opened.writer.run(_apply, changes[start : start + BATCH])
        return time.perf_counter() - began


def _rows(path: Path) -> Rows:
    with closing(sqlite3.connect(path)) as database:
        names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        tables = [name for name in names if not name.startswith(("sqlite_", "case_search_"))]
        return {name: database.execute(f'SELECT * FROM "{name}" ORDER BY rowid').fetchall() for name in tables}  # noqa: S608 - our own tables


def _raw(place: Path, before: Rows, after: Rows) -> float:
    """The new rows of each table, batch by batch, and the contacts' outcome; one transaction for a batch."""
    path = _copy(place, "raw") / "intakebot.db"
    new = {name: rows for name, rows in after.items() if rows and not before[name]}
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        for pragma in ("synchronous = FULL", "foreign_keys = ON", "recursive_triggers = ON"):
            database.execute(f"PRAGMA {pragma}")
        order = [name for name in ("callers", "caller_addresses", "cases") if name in new]
        order += [name for name in new if name not in order]
        inserts = {name: f'INSERT INTO "{name}" VALUES ({", ".join("?" * len(new[name][0]))})' for name in order}  # noqa: S608 - our own tables
        columns = [row[1] for row in database.execute("PRAGMA table_info(contacts)")]
        settle = f"UPDATE contacts SET {', '.join(f'{name} = ?' for name in _SETTLED)} WHERE id = ?"  # noqa: S608 - as above
        places = [columns.index(name) for name in (*_SETTLED, "id")]
        outcomes = [tuple(row[place] for place in places) for row in after["contacts"]]
        began = time.perf_counter()
        for start in range(0, CASES, BATCH):
            database.execute("BEGIN IMMEDIATE")
            for name in order:
                each = len(new[name]) // CASES
                database.executemany(inserts[name], new[name][start * each : (start + BATCH) * each])
            database.executemany(settle, outcomes[start : start + BATCH])
            database.execute("COMMIT")
        return time.perf_counter() - began
