"""Search finds cases by the words that callers and answers have, alike on both databases, and nothing internal."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from contract.storage.records import (
    ANNE,
    NOW,
    Room,
    altering,
    closing,
    new_case,
    new_comment,
    new_delivery,
    new_id,
    new_message,
    opening,
)
from intakebot.domain.case import Case, Resolution
from intakebot.domain.change import Change
from intakebot.domain.customer import Caller, Customer, CustomerRecord
from intakebot.domain.delivery import DeliveryState
from intakebot.storage.archive import SqlArchive
from intakebot.storage.search_index import fill_index


@pytest.fixture
def archive(room: Room) -> SqlArchive:
    return SqlArchive(room.database, room.blobs)


def stored(case: Case, version: int = 1) -> Case:
    return replace(case, version=version)


def numbers(archive: SqlArchive, wanted: str, limit: int = 20, offset: int = 0) -> list[int]:
    return [row["number"] for row in archive.find(wanted, limit, offset).rows]


def test_a_case_is_found_by_everything_that_was_said(room: Room, archive: SqlArchive) -> None:
    ann = Caller(new_id(), "Ann Müller", (("email", "ann@acme.example"),))
    case, other = new_case(title="Störung an Pumpe 7", caller_id=ann.id), new_case(title="Invoice", description="x")
    room.apply(opening(case, callers=(ann,), messages=(new_message(case),)), opening(other))
    for wanted in ("stoerung", "xyz", "störung invoice"):
        assert numbers(archive, wanted) == [], wanted
    for wanted in ("störung", "STORUNG", "pumpe 7", "muller", "ann@customer.example", "pum sto", "help", "the-router"):
        assert numbers(archive, wanted) == [case.number], wanted
    assert numbers(archive, "") == numbers(archive, "  ?! ") == []
    assert archive.find("pumpe", 5, 0).total == 1


def test_the_number_comes_first(room: Room, archive: SqlArchive) -> None:
    wanted = new_case(title="Something else", description="else")
    cases = [new_case(title=f"see C-{wanted.number}") for _ in range(3)]
    room.apply(opening(wanted), *map(opening, cases))
    for written in (str(wanted.number), f"C-{wanted.number}", f" c-{wanted.number} "):
        found = archive.find(written, 10, 0)
        assert (found.rows[0]["number"], found.rows[0]["why"], found.total) == (wanted.number, "number", 4)
    assert len(numbers(archive, str(wanted.number), limit=2)) == 2


def test_what_comes_later_is_found_too(room: Room, archive: SqlArchive) -> None:
    case = new_case()
    room.apply(opening(case, messages=(new_message(case),)))
    said = replace(new_message(case), text="It smells burnt", new_text="It smells burnt")
    room.apply(Change(messages=(said,)))
    assert numbers(archive, "burnt router") == [case.number]
    acme = Customer(new_id(), "ACME-4", "Acme Zwölf")
    room.do(lambda store: store.import_customers([CustomerRecord(acme)]))
    room.apply(altering(stored(case), customer_id=acme.id))
    assert numbers(archive, "acme zwolf") == numbers(archive, "ACME-4") == [case.number]


def test_an_answer_is_found_once_it_was_sent(room: Room, archive: SqlArchive) -> None:
    case = new_case()
    room.apply(opening(case))
    draft = Resolution("Degauss the flywheel.", ANNE, NOW)
    room.apply(altering(stored(case), resolution=draft))
    assert numbers(archive, "flywheel") == []
    room.apply(altering(stored(case, 2), resolution=replace(draft, sent_at=NOW)))
    assert numbers(archive, "flywheel") == [case.number]


def test_nothing_internal_is_found(room: Room, archive: SqlArchive) -> None:
    case = new_case()
    comment = replace(new_comment(case), text="zirkon")
    room.apply(opening(case, comments=(comment,)))
    room.apply(altering(stored(case), markers=("zirkon",), tags=("zirkon",)))
    assert numbers(archive, "zirkon") == []


def test_a_closed_case_is_found(room: Room, archive: SqlArchive) -> None:
    case = new_case()
    room.apply(opening(case))
    room.apply(closing(stored(case)))
    assert numbers(archive, "restarted") == [case.number]


def test_a_title_weighs_more_and_pages_do_not_overlap(room: Room, archive: SqlArchive) -> None:
    said = [new_case(title="A question", description="The modem is new.") for _ in range(4)]
    titled = new_case(title="Modem", description="It is broken.")
    room.apply(*map(opening, (*said[:2], titled, *said[2:])))
    assert numbers(archive, "modem", limit=1) == [titled.number]
    pages = [number for offset in (0, 2, 4) for number in numbers(archive, "modem", limit=2, offset=offset)]
    assert sorted(pages) == sorted(case.number for case in (*said, titled))
    assert archive.find("modem", 2, 4).total == 5


def test_a_row_says_where_it_was_found(room: Room, archive: SqlArchive) -> None:
    ann = Caller(new_id(), "Ann Archer", ())
    case = new_case(description=f"{'word ' * 30}the turbine hums {'word ' * 60}", caller_id=ann.id)
    room.apply(opening(case, callers=(ann,)))
    assert [row["why"] for row in archive.find("signal", 5, 0).rows] == ["title"]
    assert [row["why"] for row in archive.find("archer", 5, 0).rows] == ["caller: Ann Archer"]
    (why,) = (row["why"] for row in archive.find("turb", 5, 0).rows)
    assert why.startswith("said: …word")
    assert "the turbine hums word" in why
    assert len(why) < 200


def test_words_without_blanks_between_them(room: Room, archive: SqlArchive) -> None:
    case = new_case(title="接続できません", description="ルーターが赤い")
    korean = new_case(title="인터넷이 안 됩니다", description="x")
    room.apply(opening(case), opening(korean))
    assert numbers(archive, "接続") == numbers(archive, "赤い ルーター") == [case.number]
    assert numbers(archive, "인터넷") == [korean.number]


@given(wanted=st.text(st.characters(), max_size=40), said=st.text(st.characters(), max_size=60))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_text_breaks_a_query_or_the_index(room: Room, archive: SqlArchive, wanted: str, said: str) -> None:
    clean = said.encode("utf-8", "replace").decode().replace("\0", "")
    case = new_case(title=clean)
    room.apply(opening(case))
    archive.find(wanted, 5, 0)
    archive.find(f"' \" : * & | ! ( ) {wanted} -- \\", 5, 0)
    archive.find(clean, 5, 0)


def test_rare_words_lead_to_answers_that_were_sent(room: Room, archive: SqlArchive) -> None:
    sent = Resolution("Replace the seal.", ANNE, NOW, sent_at=NOW)
    solved = new_case(title="Pump leaks at the seal", resolution=sent)
    drafted = new_case(title="Pump leaks too", resolution=Resolution("Draft.", ANNE, NOW))
    asked = new_case(title="Our pump leaks")
    room.apply(*map(opening, (solved, drafted, asked, new_case(title="Invoice"), new_case(title="pumps"))))
    found = archive.rarity(["pump", "leaks", "seal", "nobody"])
    assert (found.cases, dict(found.having)) == (5, {"pump": 3, "leaks": 3, "seal": 1, "nobody": 0})
    (row,) = archive.solved_with(["leaks", "nobody"], asked.number, 5)
    assert (row["number"], row["text"], row["template"]) == (solved.number, "Replace the seal.", "")
    assert archive.solved_with(["leaks"], solved.number, 5) == archive.solved_with([], asked.number, 5) == ()


def test_a_database_that_is_older_than_the_index_is_indexed(room: Room, archive: SqlArchive) -> None:
    cases = [new_case(title="Dynamo") for _ in range(3)]
    room.apply(*map(opening, cases))
    room.execute("DELETE FROM case_search")
    assert numbers(archive, "dynamo") == []
    with room.database.writing.begin() as connection:
        fill_index(connection)
    assert numbers(archive, "dynamo") == [], "the index is filled once only"
    with room.database.writing.begin() as connection:
        connection.execute(text("INSERT INTO counters (name, value) VALUES ('case_search_unfilled', 1)"))
        fill_index(connection)
    assert sorted(numbers(archive, "dynamo")) == sorted(case.number for case in cases)


def test_an_agent_sees_the_work_that_is_due_first(room: Room, archive: SqlArchive) -> None:
    late = new_case(owner="anne", status="Taken in charge", solve_by=NOW.replace(hour=12))
    soon = new_case(owner="anne", status="Taken in charge", solve_by=NOW.replace(hour=10))
    sent = new_case(assignee="anne", solve_by=NOW.replace(hour=11))
    waiting, elsewhere = new_case(solve_by=NOW.replace(hour=9)), new_case(queue="noc")
    over = new_case(owner="anne", status="Taken in charge", solve_by=NOW.replace(hour=8))
    room.apply(*map(opening, (late, soon, sent, waiting, elsewhere, over)))
    room.apply(closing(stored(over)))
    mine = archive.owned_by("anne", 2, 0)
    assert ([row["number"] for row in mine.rows], mine.total) == ([soon.number, sent.number], 3)
    assert [row["number"] for row in archive.owned_by("anne", 2, 2).rows] == [late.number]
    unclaimed = archive.unclaimed_in(["crc"], 5, 0)
    assert ([row["number"] for row in unclaimed.rows], unclaimed.total) == ([waiting.number], 1)
    assert archive.unclaimed_in([], 5, 0).total == 0


def test_what_did_not_arrive_is_shown_to_those_who_can_help(room: Room, archive: SqlArchive) -> None:
    mine, other = new_case(owner="anne", queue="noc", status="Taken in charge"), new_case(queue="sales")
    failed = new_delivery(mine, state=DeliveryState.FAILED, answer="550 no such mailbox")
    held = new_delivery(other, state=DeliveryState.HELD)
    room.apply(opening(mine, deliveries=(failed, new_delivery(mine))), opening(other, deliveries=(held,)))
    (row,) = archive.undelivered("anne", ["crc"], 5)
    assert (row["id"], row["label"], row["answer"]) == (failed.id, f"C-{mine.number}", "550 no such mailbox")
    assert {row["id"] for row in archive.undelivered("bob", ["sales", "noc"], 5)} == {failed.id, held.id}


def test_customers_are_found_by_what_people_know_of_them(room: Room, archive: SqlArchive) -> None:
    acme = Customer(new_id(), "ACME", "Acme Pumps", tier="gold", domains=("acme.example",))
    ann = Caller(new_id(), "Ann", (("email", "ann.archer@home.example"),), acme.id)
    room.do(lambda store: store.import_customers([CustomerRecord(acme, callers=(ann,))]))
    for wanted in ("acme", "PUMPS", "someone@acme.example", "ann.archer"):
        assert archive.customers_like(wanted, 5) == ({"reference": "ACME", "name": "Acme Pumps", "tier": "gold"},)
    assert archive.customers_like("", 5) == archive.customers_like("%", 5) == archive.customers_like("_", 5) == ()


def test_categories_and_files_are_listed(room: Room, archive: SqlArchive) -> None:
    room.apply(*(opening(new_case(category=name)) for name in ("b/c", "a", "", "b/c")))
    assert archive.categories() == ("a", "b/c")
    assert archive.files_of(new_id()) == ()
