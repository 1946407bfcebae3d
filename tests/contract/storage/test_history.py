"""Looking back: what rules saw comes out as it went in, rulesets are kept once, and agents' changes are found."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from contract.storage.records import ANNE, NOW, Room, new_case, new_contact, new_id, opening, outcome
from intakebot.domain.actors import Actor
from intakebot.domain.case import alter
from intakebot.domain.change import Change, DecidedFacts, StoredDecision, StoredRuleset
from intakebot.domain.errors import NotFoundError, StorageUnavailableError
from intakebot.storage.engine import open_reading
from intakebot.storage.history import SqlHistory

RULES = StoredRuleset("k1", "h1", b"files", b"12345678", frozenset())
LATER = StoredRuleset("k2", "h1", b"files with a comment", b"12345678", frozenset())


@pytest.fixture
def history(room: Room) -> SqlHistory:
    return SqlHistory(room.database.reading)


def decision(room: Room, rules: StoredRuleset | None = RULES, *, event: str = "created") -> Change:
    """A case out of a contact, decided by rules whose facts are kept (None = from before they were kept)."""
    contact = new_contact(str(new_id()).encode())
    room.do(lambda store: store.keep([contact]))
    case = new_case(contact_id=contact.id, category="technical/no-signal", queue="noc")
    made = StoredDecision(new_id(), contact.id, case.id, "h1", {"stages": []}, NOW)
    facts = (DecidedFacts(made.id, rules, event, b"facts", b"told", b"keys", NOW),) if rules else ()
    change = opening(case, contacts=(outcome(contact.id, case_id=case.id),), decisions=(made,), decided=facts)
    room.apply(change)
    return change


def test_a_decision_comes_back_with_its_facts_its_rules_and_its_case(room: Room, history: SqlHistory) -> None:
    first, old = decision(room), decision(room, None)

    found, before = history.decided(NOW)

    assert (found.id, found.case_id, found.number) == (first.decisions[0].id, first.cases[0].id, first.cases[0].number)
    assert (found.category, found.queue, found.at) == ("technical/no-signal", "noc", NOW)
    assert (found.rules, found.facts, found.told, found.true_keys) == ("k1", b"facts", b"told", b"keys")
    assert (before.id, before.rules, before.facts) == (old.decisions[0].id, "", b"")
    assert history.count(NOW) == 2
    assert history.count(NOW + timedelta(seconds=1)) == 0
    assert list(history.decided(NOW + timedelta(seconds=1))) == []


def test_a_decision_about_an_event_of_a_case_is_none_about_a_new_contact(room: Room, history: SqlHistory) -> None:
    decision(room, event="appended")

    assert list(history.decided(NOW)) == []
    assert history.count(NOW) == 0


def test_rules_are_kept_once_and_to_the_letter(room: Room, history: SqlHistory) -> None:
    decision(room)
    decision(room, LATER)
    decision(room)

    kept = history.rules()

    assert {key: (each.hash, each.files, each.first_used_at) for key, each in kept.items()} == {
        "k1": ("h1", b"files", NOW),
        "k2": ("h1", b"files with a comment", NOW),
    }


def test_what_agents_changed_is_found_and_nothing_else(room: Room, history: SqlHistory) -> None:
    case = new_case(queue="crc")
    room.apply(opening(case))
    moves = [
        (ANNE, {"queue": "noc"}),
        (Actor.rule("route.noc"), {"queue": "crc"}),
        (ANNE, {"owner": "anne"}),
        (ANNE, {"category": "logistics/return"}),
    ]
    for version, (by, fields) in enumerate(moves, 1):
        case, event = alter(case.__class__(**_fields(case) | {"version": version}), new_id(), "x", by, NOW, **fields)
        room.apply(Change(cases=(case,), events=(event,)))

    found = list(history.corrections(NOW))

    assert [(each.case_id, each.queue, each.category) for each in found] == [
        (case.id, "noc", ""),
        (case.id, "", "logistics/return"),
    ]


def _fields(case: object) -> dict[str, object]:
    return {name: getattr(case, name) for name in case.__slots__}  # type: ignore[attr-defined]


def test_looking_back_makes_nothing_and_writes_nothing(url: str, tmp_path: Path) -> None:
    if url.startswith("sqlite"):
        with pytest.raises(NotFoundError, match="intakebot run"):
            open_reading(url, tmp_path / "nowhere")
        assert not (tmp_path / "nowhere").exists()
    engine = open_reading(url, tmp_path)
    with engine.connect() as connection, pytest.raises(Exception, match=r"(?i)read-?only"):
        connection.exec_driver_sql("DELETE FROM rulesets")
    engine.dispose()


def test_a_database_of_an_older_program_is_not_read(room: Room, url: str, tmp_path: Path) -> None:
    room.execute("DROP TABLE decided_facts")

    with pytest.raises(StorageUnavailableError, match="start the service once"):
        open_reading(url, tmp_path)
