"""What must be true of a data directory after any number of lives, compared with what the senders were promised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from intakebot.domain.actors import Actor
from intakebot.domain.case import CaseEvent, recorded_state, replay
from intakebot.storage.archive import SqlArchive
from intakebot.storage.blobs import Blobs
from intakebot.storage.engine import open_database
from intakebot.storage.store import SqlStore

ALL = 1_000_000
REGISTERED_ONLY = ("New", "Open")


def lost(data: Path, answered: Iterable[str]) -> set[str]:
    """Message-IDs that were answered with 250 and belong to no contact."""
    with closing(open_database("sqlite+pysqlite:///intakebot.db", data)) as database:
        rows = SqlArchive(database, Blobs(data)).contacts("", ALL)
    return set(answered) - {row["message_id"].strip("<>") for row in rows}


def check(data: Path, answered: Iterable[str]) -> None:
    """Every promise kept, nothing twice, every case with its whole history."""
    with closing(open_database("sqlite+pysqlite:///intakebot.db", data)) as database:
        archive = SqlArchive(database, Blobs(data))
        contacts = archive.contacts("", ALL)
        known = Counter(row["message_id"].strip("<>") for row in contacts)
        assert known == Counter(answered), "one contact for each mail that was answered"
        assert {row["state"] for row in contacts} <= {"registered"}, "every contact is registered"
        assert len({row["case_id"] for row in contacts}) == len(contacts), "one case for each contact"
        _check_counts(archive, len(contacts))
        _check_deliveries(archive, data)
        with database.reading.connect() as connection:
            store = SqlStore(connection, Blobs(data))
            for row in contacts:
                case = store.case_file(row["case"]).case
                assert case.status not in REGISTERED_ONLY, f"{case.label} rests where nobody sees it"
                assert replay(map(_event, archive.events(row["case"]))) == recorded_state(case), case.label


def _check_counts(archive: SqlArchive, contacts: int) -> None:
    counts = archive.counts()
    assert sum(counts["contacts"].values()) == sum(counts["cases"].values()) == contacts
    assert counts["arrivals"]["all"] >= contacts


def _check_deliveries(archive: SqlArchive, data: Path) -> None:
    """At most one acknowledgement for a case; where replies are filed, one file for each."""
    deliveries = archive.deliveries("", ALL)
    acknowledged = Counter(row["case_id"] for row in deliveries if row["kind"] == "acknowledgement")
    assert set(acknowledged.values()) <= {1}
    if (data / "outbox").is_dir():
        sent = Counter(f"{row['id']}.intakebot" for row in deliveries if row["state"] == "sent")
        assert sent == Counter(path.name for path in (data / "outbox" / "new").iterdir())


def _event(row: dict[str, Any]) -> CaseEvent:
    by, at = Actor.parse(row["by"]), datetime.fromisoformat(row["at"])
    return CaseEvent(row["id"], row["case_id"], row["kind"], by, at, row["changes"], row["note"])
