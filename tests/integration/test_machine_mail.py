"""Machine mail in a whole house: what it moves, what it never gets, and that every silence has its reason."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from fakes.standing_house import START, StandingHouse
from intakebot.domain.bounce_address import bounce_address
from intakebot.domain.commands import Ask, Resolve, Take
from intakebot.domain.delivery import Delivery, DeliveryKind
from intakebot.usecases.watch import silenced

KARI, CRC = "kari@fjord.example", "crc@intakebot.example"
DEAD = "I am sorry, this could not be delivered to\r\n\r\n  <kari@fjord.example>:\r\n    550 5.1.1 no such user\r\n"


@pytest_asyncio.fixture
async def house(migrated_file: Path, tmp_path: Path) -> AsyncIterator[StandingHouse]:
    shutil.copy(migrated_file, tmp_path / "intakebot.db")
    standing = StandingHouse("sqlite+pysqlite:///intakebot.db", tmp_path)
    yield standing
    await standing.close()


async def write(
    house: StandingHouse, text: str, *, sender: str = KARI, to: str = CRC, envelope: str | None = None, more: str = ""
) -> int:
    """A mail comes in and is registered; returns the contact."""
    content = f"From: {sender}\r\nTo: {to}\r\n{more}\r\n{text}\r\n".encode()
    kept = await house.receive(content, sender if envelope is None else envelope, (to,))
    await house.register()
    return kept.contact_id


async def answered(house: StandingHouse) -> Delivery:
    """A case of Kari's that bob has answered; returns the resolution that left."""
    await write(house, "My invoice is wrong.", more="Subject: Invoice\r\n")
    await house.perform("bob", Take(1001))
    await house.perform("bob", Resolve(1001, text="Corrected."))
    await house.deliver()
    return next(sent for sent in house.outlet.taken if sent.kind is DeliveryKind.RESOLUTION)


def return_path(house: StandingHouse, delivery: Delivery, key: bytes | None = None) -> str:
    return bounce_address(key or house.house.reply_key, delivery.sender, delivery.id)


async def notes(house: StandingHouse, number: int) -> str:
    events = await house.desk.ask("case.log", {"number": number})
    return "\n".join(f"{event['kind']}: {event['note']}" for event in events)


async def state_of(house: StandingHouse, delivery: Delivery) -> str:
    return str((await house.desk.ask("delivery.show", {"id": delivery.id}))["state"])


# case D08
async def test_a_bounce_in_prose_on_the_return_path_brings_the_case_back(house: StandingHouse) -> None:
    sent = await answered(house)
    contact = await write(house, DEAD, sender="postmaster@mx.example", to=return_path(house, sent), envelope="")
    assert (await house.desk.ask("contact.show", {"id": contact}))["case"] == 1001
    assert await state_of(house, sent) == "bounced"
    assert (await house.case_file(1001)).case.status == "Taken in charge"
    assert "hard bounce 5.1.1 for kari@fjord.example" in await notes(house, 1001)


async def test_an_address_is_muted_for_a_time_and_people_may_still_write(house: StandingHouse) -> None:
    sent = await answered(house)
    await write(house, DEAD, sender="postmaster@mx.example", to=return_path(house, sent), envelope="")
    left = len(house.outlet.taken)
    await write(house, "Another thing.", more="Subject: Delivery times\r\n")
    await house.deliver()
    assert len(house.outlet.taken) == left, "a muted address got automatic mail"
    shown = await house.desk.ask("case.show", {"number": 1002})
    assert "it is muted until" in shown["not_sent"][0]
    assert (await house.desk.ask("contact.show", {"id": shown["contact_id"]}))["not_sent"] == shown["not_sent"]
    await house.perform("bob", Take(1002))
    answer = await house.perform("bob", Ask(1002, text="Which one?"))
    assert "came back on" in answer["warnings"][0]
    await house.deliver()
    assert len(house.outlet.taken) == left + 1
    house.advance(timedelta(days=7, minutes=1))
    await write(house, "A third thing.", more="Subject: Colours\r\n")
    await house.deliver()
    assert house.outlet.taken[-1].kind is DeliveryKind.ACKNOWLEDGEMENT


# case D10
@pytest.mark.parametrize("original_id", ["", "<delivery.1.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@intakebot.example>"])
async def test_a_forged_bounce_moves_nothing(house: StandingHouse, original_id: str) -> None:
    sent = await answered(house)
    forged = return_path(house, sent, b"a key that somebody made up")
    more = f"In-Reply-To: {original_id}\r\n" if original_id else ""
    await write(house, DEAD, sender="mailer-daemon@evil.example", to=forged, envelope="", more=more)
    assert (await house.case_file(1001)).case.status == "Resolved"
    assert await state_of(house, sent) == "sent"
    assert "it does not prove that it got our mail" in await notes(house, 1001)


# case D08
async def test_what_left_under_an_older_key_still_finds_its_case(house: StandingHouse) -> None:
    sent = replace(await answered(house), sender="nobody@elsewhere.example")
    path = return_path(house, sent)
    house.house = replace(house.house, reply_key=b"a newer key", older_reply_keys=(house.house.reply_key,))
    house.restart()
    assert house.reception.takes(path)
    await write(house, DEAD, sender="postmaster@mx.example", to=path, envelope="")
    assert await state_of(house, sent) == "bounced"


# case D08
@pytest.mark.parametrize("doubts", [["ambiguous"], ["ambiguous", "ambiguous"]], ids=["deferred", "held"])
async def test_a_bounce_of_what_nobody_knew_was_taken_settles_it(house: StandingHouse, doubts: list[str]) -> None:
    await write(house, "My invoice is wrong.", more="Subject: Invoice\r\n")
    await house.deliver()
    await house.perform("bob", Take(1001))
    await house.perform("bob", Resolve(1001, text="Corrected."))
    for doubt in doubts:
        await house.deliver(doubt)
    sent = house.outlet.taken[-1]
    assert await state_of(house, sent) == ("deferred" if len(doubts) == 1 else "held")
    await write(house, DEAD, sender="postmaster@mx.example", to=return_path(house, sent), envelope="")
    assert await state_of(house, sent) == "bounced"
    left = len(house.outlet.taken)
    await house.deliver()
    assert len(house.outlet.taken) == left, "what came back was sent once more"
    assert (await house.case_file(1001)).case.status == "Taken in charge"


# case D11
async def test_only_return_paths_of_this_house_are_taken(house: StandingHouse) -> None:
    sent = replace(await answered(house), sender="nobody@elsewhere.example")
    assert house.reception.takes(return_path(house, sent))
    assert not house.reception.takes(return_path(house, sent, b"a key that somebody made up"))


def report(*recipients: tuple[str, str, str]) -> str:
    blocks = [f"Final-Recipient: rfc822; {who}\r\nAction: {act}\r\nStatus: {code}\r\n" for who, act, code in recipients]
    said = "\r\n".join(["Reporting-MTA: dns; mx.example\r\n", *blocks])
    return f"\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n{said}\r\n--b--\r\n"


REPORT = "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n"


# case D09
@pytest.mark.parametrize(
    ("recipients", "state", "said"),
    [
        pytest.param([(KARI, "delayed", "4.4.1")], "sent", "soft bounce 4.4.1", id="delayed"),
        pytest.param([("ann@acme.example", "failed", "5.1.1"), (KARI, "delayed", "4.4.1")], "sent", "soft", id="other"),
        pytest.param(
            [("ann@acme.example", "delayed", "4.4.1"), (KARI, "failed", "5.2.1")], "bounced", "5.2.1", id="ours"
        ),
        pytest.param(
            [("k@x.example", "failed", "5.1.1"), ("l@x.example", "delayed", "")], "sent", "soft", id="one-of-two"
        ),
        pytest.param([("moved@x.example", "failed", "5.1.1")], "bounced", "hard bounce 5.1.1", id="forwarded"),
        pytest.param([], "sent", "what came back cannot be read", id="nothing-in-it"),
    ],
)
async def test_a_report_counts_for_its_recipient(
    house: StandingHouse, recipients: list[tuple[str, str, str]], state: str, said: str
) -> None:
    sent = await answered(house)
    to = return_path(house, sent)
    await write(house, report(*recipients), sender="mailer-daemon@mx.example", to=to, envelope="", more=REPORT)
    assert await state_of(house, sent) == state
    assert said in await notes(house, 1001)
    assert (await house.case_file(1001)).case.status == ("Resolved" if state == "sent" else "Taken in charge")


# case D05
async def test_a_vacation_responder_that_hides_gets_one_reply(house: StandingHouse) -> None:
    await write(house, "My invoice is wrong.", more="Subject: Invoice\r\nMessage-ID: <0@fjord.example>\r\n")
    for turn in range(1, 8):
        await house.deliver()
        more = f"Subject: I am away {turn}\r\nMessage-ID: <{turn}@fjord.example>\r\n"
        await write(house, f"Back in {turn} days", to=house.outlet.taken[-1].reply_to, more=more)
    per_case = [sent.case_id for sent in house.outlet.taken]
    assert len(per_case) == len(set(per_case)) == 1


# case D05
async def test_what_answers_the_return_path_is_a_machine(house: StandingHouse) -> None:
    sent = await answered(house)
    contact = await write(house, "Fishing until May.", to=return_path(house, sent), more="Subject: Gone\r\n")
    shown = await house.desk.ask("contact.show", {"id": contact})
    assert (shown["state"], shown["case"]) == ("machine", 1001)
    assert "return-path" in shown["reason"]
    assert (await house.case_file(1001)).case.status == "Resolved"
    assert "delivery.machine-answered" in await notes(house, 1001)


# case D06
async def test_our_own_mail_that_comes_back_is_kept_with_its_case(house: StandingHouse) -> None:
    sent = await answered(house)
    left = len(house.outlet.taken)
    more = f"Message-ID: <{sent.message_id}>\r\nSubject: {sent.subject}\r\n"
    contact = await write(house, sent.text, sender=sent.sender, more=more)
    shown = await house.desk.ask("contact.show", {"id": contact})
    assert (shown["state"], shown["case"]) == ("machine", 1001)
    await house.deliver()
    assert len(house.outlet.taken) == left


# case D13
async def test_a_read_receipt_is_a_note(house: StandingHouse) -> None:
    sent = await answered(house)
    body = (
        "--b\r\nContent-Type: message/disposition-notification\r\n\r\n"
        f"Final-Recipient: rfc822; {KARI}\r\nOriginal-Message-ID: <{sent.message_id}>\r\n"
        "Disposition: manual-action/MDN-sent-manually; displayed\r\n--b--"
    )
    more = "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n"
    contact = await write(house, body, more=more)
    shown = await house.desk.ask("contact.show", {"id": contact})
    assert (shown["state"], shown["case"]) == ("machine", 1001)
    assert (await house.case_file(1001)).case.status == "Resolved"
    assert await state_of(house, sent) == "sent"


# case D07
async def test_one_sender_and_the_whole_house_have_their_limits(house: StandingHouse) -> None:
    house.house = replace(house.house, replies_per_hour=5)
    house.restart()
    for turn in range(6):
        await write(house, f"Text {turn}", more=f"Subject: Bomb {turn}\r\nMessage-ID: <b{turn}@x.example>\r\n")
    assert not silenced(house.archive, 5, house.clock.now())
    for turn in range(4):
        sender = f"victim{turn}@street{turn}.example"
        await write(house, f"Hello {turn}", sender=sender, more=f"Subject: Mine {turn}\r\n")
    await house.deliver()
    to = [sent.recipient for sent in house.outlet.taken]
    assert (to.count(KARI), len(to)) == (3, 5)
    assert "has had 3 automatic replies" in await notes(house, 1006)
    assert "5 automatic replies were written within an hour" in await notes(house, 1010)
    assert [alarm.what for alarm in silenced(house.archive, 5, house.clock.now())] == ["replies.silenced"]
    house.advance(timedelta(hours=1, minutes=1))
    assert not silenced(house.archive, 5, house.clock.now())
    assert house.clock.now() > START
