"""Old mail becomes contacts once; nothing answers it, and no rule answers its case later."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from fakes.standing_house import StandingHouse
from intakebot.domain.commands import ImportMails, Move
from intakebot.domain.errors import RefusedError
from intakebot.domain.organisation import Queue
from intakebot.usecases.old_mail import OLD_MAIL

HEAD = "From: ann@acme.example\r\nMessage-ID: <{}@acme.example>\r\nDate: Mon, 2 Feb 2015 09:00:00 +0000\r\n"
LATE = {
    "id": "r.late",
    "on": "idle",
    "when": {"case.idle_hours": {"gt": 48}},
    "then": {"resolve": {"template": "how-to-reset"}},
}


@pytest.fixture
async def standing(migrated_file: Path, tmp_path: Path) -> AsyncIterator[StandingHouse]:
    shutil.copy(migrated_file, tmp_path / "intakebot.db")
    house = StandingHouse("sqlite+pysqlite:///intakebot.db", tmp_path)
    yield house
    await house.close()


def mail(name: str, more: str = "To: support@intakebot.example\r\n") -> bytes:
    return f"{HEAD.format(name)}{more}Subject: {name}\r\n\r\nIt does not start.\r\n".encode()


def sent_by_us(written: bytes) -> bytes:
    return written.replace(b"ann@acme", b"support@intakebot", 1).replace(b"@acme.example>", b"@intakebot.example>", 1)


async def taken(standing: StandingHouse, *mails: bytes, to: str = "") -> list[str]:
    answer = await standing.perform("dana", ImportMails(mails, to))
    while await standing.register():
        pass
    return [one["is"] for one in answer["mails"]]


async def test_mail_that_names_no_address_of_ours_needs_one(standing: StandingHouse) -> None:
    elsewhere = mail("a", "To: a@elsewhere.example\r\n")
    assert await taken(standing, elsewhere) == ["not-ours"]
    assert await taken(standing, elsewhere, to="crc@intakebot.example") == ["new"]
    assert standing.archive.case(1001)["workflow"].startswith("crc")
    with pytest.raises(RefusedError, match="no address of this house"):
        await taken(standing, elsewhere, to="ann@acme.example")


async def test_what_came_by_mail_already_is_known_whatever_the_mailbox_wrote_into_it(standing: StandingHouse) -> None:
    await standing.receive(mail("a"), "ann@acme.example", ("support@intakebot.example",))
    await standing.register()
    kept = b"Status: RO\r\nX-UID: 7\r\nDelivered-To: support@intakebot.example\r\n" + mail("a")
    assert await taken(standing, kept.replace(b"\r\n", b"\n"), mail("b"), mail("b")) == ["known", "new", "known"]
    contacts = standing.archive.contacts("", 10)
    assert [contact["route"] for contact in contacts] == ["import", "smtp"]
    assert len(standing.archive.contact(contacts[1]["id"])["arrivals"]) == 1


async def test_a_reply_in_old_mail_continues_the_case_and_moves_no_answer(standing: StandingHouse) -> None:
    answer = mail("b", "To: support@intakebot.example\r\nIn-Reply-To: <a@acme.example>\r\n")
    assert await taken(standing, mail("a"), answer) == ["new", "new"]
    assert [row["state"] for row in standing.archive.contacts("", 10)] == ["appended", "registered"]
    assert standing.archive.deliveries("", 10) == []
    case = standing.archive.case(1001)
    assert case["tags"] == [OLD_MAIL]
    assert case["opened_at"][:10] == "2026-03-02", "what is promised counts from when we took it in"


# an archive has what we answered ourselves, by hand: it is no caller's, and answers to it are in its case
async def test_our_own_answers_in_old_mail_open_no_cases_and_keep_the_thread(standing: StandingHouse) -> None:
    ours = sent_by_us(mail("b", "To: ann@acme.example\r\nIn-Reply-To: <a@acme.example>\r\n"))
    again = mail("c", "To: support@intakebot.example\r\nIn-Reply-To: <b@intakebot.example>\r\n")
    assert await taken(standing, mail("a"), ours, again, to="support@intakebot.example") == ["new"] * 3
    found = [(row["state"], row["case"]) for row in standing.archive.contacts("", 10)]
    assert found == [("appended", 1001), ("machine", 1001), ("registered", 1001)]
    form = sent_by_us(mail("d", "To: support@intakebot.example\r\nReply-To: eve@evil.example\r\n"))
    assert await taken(standing, form) == ["new"]
    assert standing.archive.contacts("", 1)[0]["state"] == "registered", "a visitor's words were taken for ours"


@pytest.mark.parametrize(("year", "why"), [(2015, "opened by old mail"), (2026, "has had its automatic reply")])
async def test_no_rule_answers_an_old_case_later(standing: StandingHouse, year: int, why: str) -> None:
    standing.swap_rules({"route": [LATE]})
    written = mail("a").replace(b"Mon, 2 Feb 2015 09", b"Mon, 2 Mar %d 08" % year)
    await standing.receive(written, "ann@acme.example", ("support@intakebot.example",))
    await standing.register()
    await standing.worker.watch_idle()
    await standing.deliver()
    standing.advance(timedelta(days=3))
    while await standing.deliver():
        pass
    assert "resolution" not in [row["kind"] for row in standing.archive.deliveries("", 10)]
    assert why in str(standing.archive.case(1001)["comments"])


async def test_no_rule_answers_later_what_was_split_off_old_mail(standing: StandingHouse) -> None:
    two = [{"title": title, "category": "product/how-to"} for title in ("The bill", "The line")]
    both = {"id": "c.two", "when": {"subject": "a"}, "then": {"split": two}}
    standing.swap_rules({"classify": [both], "route": [LATE | {"on": "state", "when": {"channel": "email"}}]})
    await taken(standing, mail("a"))
    await standing.perform("alice", Move(1002, queue="support", comment="theirs"))
    assert await standing.deliver() == 0
    assert standing.archive.case(1002)["tags"] == [OLD_MAIL]


def test_a_day_is_what_a_queue_waits_where_nothing_is_configured() -> None:
    assert Queue("a", "A", ("crc",), "a@b.example").acknowledge_within == timedelta(days=1)
