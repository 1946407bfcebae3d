"""What servers do once a year: answers that break off, refusals, silence, other numbers for the same mails."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from fakes.mail_round import QUICK, Round, a_mail, comes_true
from fakes.scripted_imap import Fault, ScriptedImap
from intakebot.channels.imap.connection import Connection
from intakebot.channels.imap.inlet import ImapInlet
from intakebot.channels.imap.mailbox import After
from intakebot.domain.errors import IntakebotError, MailboxError, NotFoundError, StorageUnavailableError
from intakebot.ports.mailboxes import Arrived

MAILS = 12


def filled(imap: ScriptedImap, count: int = MAILS) -> None:
    imap.mails.update({uid: a_mail(uid) for uid in range(1, count + 1)})


class Refusing:
    """An intake that has an answer of its own to some mails."""

    def __init__(self, round_: Round, **errors: Exception) -> None:
        self.reception = round_.house.reception
        self.errors = errors
        self.takes = self.reception.takes
        self.refused_before_content = self.reception.refused_before_content

    async def receive(self, incoming: object) -> object:
        for word, error in self.errors.items():
            if word.encode() in incoming.content:  # type: ignore[attr-defined]
                raise error
        return await self.reception.receive(incoming)  # type: ignore[arg-type]


async def test_other_uids_for_the_same_mails_are_looked_through_again_and_nothing_doubles(  # case B03
    round_: Round, imap: ScriptedImap
) -> None:
    filled(imap)
    await round_.look()
    old = dict(imap.mails)
    imap.uid_validity += 1
    imap.mails = {uid + 1: mail for uid, mail in old.items()} | {1: a_mail(99)}
    assert (await round_.look()).taken == MAILS + 1
    assert sorted(row["message_id"] for row in round_.contacts()) == sorted(
        f"{number}@example.net" for number in (*range(1, MAILS + 1), 99)
    )
    assert round_.standing()["uid_validity"] == imap.uid_validity


@pytest.mark.parametrize("act", ["cut", "hang-up", "bye", "no", "silent"])
async def test_a_mail_that_the_server_cannot_give_is_set_aside_and_stops_nobody(  # cases B06, B07
    round_: Round, imap: ScriptedImap, act: str
) -> None:
    filled(imap)
    imap.faults.append(Fault(r"UID FETCH (1|1,.*|1:.*) \(BODY.PEEK\[\]\)", act, times=99))
    async with round_.serving(timing=replace(QUICK, read=0.3)):
        await comes_true(lambda: len(round_.contacts()) == MAILS)
        await comes_true(lambda: round_.standing()["set_aside"] == 1)
    asked = [line for line in imap.heard if re.search(r"FETCH 1[ ,:].*BODY\.PEEK\[\]", line)]
    assert len(asked) == 3
    assert 1 not in imap.flags
    assert set(imap.flags) == set(range(2, MAILS + 1))
    (stand_in,) = [row for row in round_.contacts() if row["message_id"] == "1@example.net"]
    content = round_.house.archive.content(stand_in["id"])
    assert content.startswith(b"From: Carla")
    assert b"could not be taken in 3 attempts" in content
    await round_.registered()
    assert {row["state"] for row in round_.contacts()} == {"registered"}
    assert [alarm["what"] for alarm in (await round_.house.desk.ask("health", {}))["attention"]] == ["mailbox.left"]


async def test_a_mail_without_headers_to_be_had_becomes_a_note_for_an_agent(round_: Round, imap: ScriptedImap) -> None:
    filled(imap, 1)
    imap.faults.append(Fault("BODY.PEEK", "cut", times=99))
    async with round_.serving():
        await comes_true(lambda: round_.standing()["set_aside"] == 1 if round_.house.archive.mailboxes() else False)
    await round_.registered()
    (contact,) = round_.contacts()
    assert (contact["state"], contact["subject"]) == ("registered", "A mail that could not be fetched")


async def test_an_attempt_is_committed_before_it_is_made(round_: Round, imap: ScriptedImap) -> None:  # case B06
    filled(imap, 1)
    seen: list[int] = []
    imap.faults.append(Fault("BODY.PEEK", "hang-up", times=1))
    with pytest.raises(MailboxError):
        await round_.look()
    seen.append(round_.standing()["begun"])
    assert seen == [1]
    assert (await round_.look()).taken == 1
    assert round_.standing()["begun"] == 0


async def test_a_mail_whose_size_the_server_refuses_stops_nobody(round_: Round, imap: ScriptedImap) -> None:  # case B06
    filled(imap)
    imap.faults.append(Fault(r"UID FETCH (3|.*,3,.*|1:.*) \(RFC822.SIZE", "no", times=99))
    await round_.look()
    assert len(round_.contacts()) == MAILS


async def test_a_mail_whose_size_the_server_leaves_out_is_not_forgotten(  # case B06
    round_: Round, imap: ScriptedImap
) -> None:
    filled(imap)
    imap.sizes[3] = -1
    assert (await round_.look()).taken == MAILS


@pytest.mark.parametrize(
    "words", ["[UNAVAILABLE] later", "[INUSE] x", "Request is throttled. Suggested Backoff Time: 9"]
)
async def test_a_server_that_puts_us_off_has_not_refused_a_mail(  # case B06
    round_: Round, imap: ScriptedImap, words: str
) -> None:
    filled(imap, 2)
    imap.faults.append(Fault("UID FETCH .*BODY.PEEK", "no", times=10, words=words))
    for _ in range(10):
        with pytest.raises(MailboxError, match=re.escape(words)) as caught:
            await round_.look()
        assert caught.value.trouble == "busy"
    assert (await round_.look()).taken == 2


async def test_a_connection_that_breaks_at_each_mark_keeps_no_mail_out(  # case B08
    round_: Round, imap: ScriptedImap
) -> None:
    filled(imap, 2)
    imap.faults.append(Fault("UID STORE", "hang-up", times=10**6))
    async with round_.serving():
        await comes_true(lambda: imap.said("UID STORE") > 1)
        imap.mails[3] = a_mail(3)
        await comes_true(lambda: len(round_.contacts()) == 3)
        imap.faults.clear()
        await comes_true(lambda: set(imap.flags) == {1, 2, 3})


@pytest.mark.parametrize("after", [After.FLAG, After.MOVE, After.DELETE])
async def test_a_refused_mark_ends_after_three_attempts(  # case B08
    round_: Round, imap: ScriptedImap, after: After
) -> None:
    filled(imap, 2)
    imap.folders["Processed"] = {}
    imap.faults.append(Fault(r"UID (STORE|MOVE)", "no", times=99))
    for _ in range(5):
        await round_.look(after=after, move_to="Processed")
    assert imap.said("UID STORE 1 ") + imap.said("UID MOVE 1 ") == 3
    assert len(round_.contacts()) == 2
    assert imap.said("BODY.PEEK[]") == 1, "what is kept is not fetched again"
    assert round_.standing()["unmarked"] == 2


async def test_a_folder_that_may_only_be_read_is_taken_from(round_: Round, imap: ScriptedImap) -> None:
    filled(imap, 2)
    imap.permanent = False
    for _ in range(4):
        await round_.look()
    assert len(round_.contacts()) == 2
    assert round_.standing()["unmarked"] == 2


async def test_one_refused_mark_does_not_stop_the_others(round_: Round, imap: ScriptedImap) -> None:  # case B08
    filled(imap, 3)
    imap.faults.append(Fault(r"UID STORE (2|.*2.*) ", "no", times=99))
    await round_.look()
    assert set(imap.flags) == {1, 3}


@pytest.mark.parametrize("uidplus", [True, False])
async def test_without_move_mail_is_copied_then_deleted_by_its_uid(  # case B08
    round_: Round,
    imap: ScriptedImap,
    uidplus: bool,  # noqa: FBT001 - a column of the table
) -> None:
    filled(imap, 2)
    imap.mails[9] = a_mail(9)
    imap.capabilities = "IMAP4rev1 IDLE" + (" UIDPLUS" if uidplus else "")
    imap.faults.append(Fault(r"^CREATE", "silent", times=0))
    await round_.look(after=After.MOVE, move_to="Processed")
    assert set(imap.folders["Processed"]) == {1, 2, 9}
    assert set(imap.mails) == (set() if uidplus else {1, 2, 9})
    assert (round_.standing()["kept"], round_.standing()["unmarked"]) == (0, 0), "there is no more to be done"
    assert not any(line.split(" ", 1)[1].startswith("EXPUNGE") for line in imap.heard), "others' mails would go too"


async def test_what_was_not_moved_stays_and_is_moved_again(round_: Round, imap: ScriptedImap) -> None:  # case B08
    filled(imap, 3)
    imap.folders["Processed"] = {}
    imap.partial_copy = {2}
    await round_.look(after=After.MOVE, move_to="Processed")
    assert (set(imap.mails), set(imap.folders["Processed"])) == ({2}, {1, 3})
    imap.partial_copy = set()
    await round_.look(after=After.MOVE, move_to="Processed")
    assert (set(imap.mails), set(imap.folders["Processed"])) == (set(), {1, 2, 3})
    imap.capabilities = "IMAP4rev1 UIDPLUS"
    filled(imap, 5)
    imap.mails = {uid: imap.mails[uid] for uid in (4, 5)}
    imap.partial_copy = {4}
    await round_.look(after=After.MOVE, move_to="Processed")
    assert set(imap.mails) == {4}, "a mail that COPYUID does not name is not deleted"
    imap.partial_copy = set()
    await round_.look(after=After.MOVE, move_to="Processed")
    assert set(imap.mails) == set(), "and it is moved once the server can"


async def test_nobody_waits_for_a_connection_that_is_dead(round_: Round, imap: ScriptedImap) -> None:  # case B07
    imap.faults += [Fault("^IDLE", "hang-up in idle"), Fault("^IDLE", "bye in idle")]
    async with round_.serving():
        await comes_true(lambda: imap.connections == 3)
        await imap.comes(a_mail(1))
        await comes_true(lambda: len(round_.contacts()) == 1)
    assert imap.connections == 3


async def test_a_connection_without_another_end_is_noticed(round_: Round, imap: ScriptedImap) -> None:  # case B07
    imap.faults.append(Fault("^IDLE", "silent", times=3))
    async with round_.serving(timing=replace(QUICK, read=0.3, renew=0.2)):
        await comes_true(lambda: imap.connections >= 4)
        await imap.comes(a_mail(1))
        await comes_true(lambda: len(round_.contacts()) == 1)
    assert imap.connections < 12, "a dead connection is no reason for a busy loop"


async def test_a_stop_does_not_wait_for_a_server_that_is_silent(round_: Round, imap: ScriptedImap) -> None:  # case B07
    filled(imap, 1)
    imap.faults.append(Fault("BODY.PEEK", "silent"))
    async with round_.serving(timing=replace(QUICK, read=3600, grace=0.1)):
        await comes_true(lambda: imap.said("BODY.PEEK") == 1)
    assert round_.standing()["begun"] == 1


@pytest.mark.parametrize("act", ["", "silent"])
async def test_the_end_of_the_house_does_not_wait_for_idle(round_: Round, imap: ScriptedImap, act: str) -> None:
    if act:
        imap.faults.append(Fault("SELECT", act))
    patient = replace(QUICK, read=3600, renew=3600)
    inlet = ImapInlet(replace(round_.mailbox, timing=patient), round_.books, Random(1))  # noqa: S311 - no secret
    task = asyncio.create_task(inlet.serve(round_.house.reception, asyncio.Event()))
    await comes_true(lambda: imap.said("SELECT" if act else "IDLE") == 1)
    task.cancel()  # as when another door cannot be opened
    done, _ = await asyncio.wait([task], timeout=5)
    assert done


async def test_after_a_stop_nothing_more_is_begun(round_: Round, imap: ScriptedImap) -> None:
    filled(imap, 30)

    class Stopping(Refusing):
        async def receive(self, incoming: object) -> object:
            stop.set()
            return await super().receive(incoming)

    stop = asyncio.Event()
    look = await round_.look(Stopping(round_), stop=stop, batch_bytes=3 * len(imap.mails[1]))  # type: ignore[arg-type]
    assert 1 <= look.taken < 30
    assert len(imap.flags) == look.taken, "what was kept is marked before we go"
    assert (await round_.look()).taken == 30 - look.taken


async def test_idle_is_renewed(round_: Round, imap: ScriptedImap) -> None:  # case B07
    async with round_.serving(timing=replace(QUICK, renew=0.2)):
        await comes_true(lambda: imap.said("DONE") >= 3)
    assert imap.connections == 1


async def test_without_idle_the_mailbox_is_polled(round_: Round, imap: ScriptedImap) -> None:
    imap.capabilities = "IMAP4rev1"
    async with round_.serving(poll=timedelta(seconds=0.1)):
        await comes_true(lambda: bool(round_.house.archive.mailboxes()))
        await imap.comes(a_mail(1))
        await comes_true(lambda: len(round_.contacts()) == 1)
    assert imap.said(" IDLE") == 0


async def test_a_mailbox_that_cannot_be_reached_is_told_when_nobody_knows_any_more(
    round_: Round, imap: ScriptedImap
) -> None:
    imap.faults.append(Fault("^LOGIN", "hang-up", times=10**6))
    async with round_.serving() as inlet:
        await comes_true(lambda: imap.connections > 2)
        assert inlet.alarms() == []
        round_.house.advance(timedelta(minutes=16))
        (alarm,) = inlet.alarms()
        assert (alarm.what, alarm.which) == ("mailbox.silent", "post")
        imap.faults.clear()
        await comes_true(lambda: inlet.alarms() == [])


async def test_a_refused_login_is_told_at_once_and_its_password_is_not(
    round_: Round, caplog: pytest.LogCaptureFixture
) -> None:
    async with round_.serving(password="hunter2") as inlet:
        await comes_true(lambda: bool(inlet.alarms()))
        (alarm,) = inlet.alarms()
    assert alarm.what == "mailbox.login"
    assert "AUTHENTICATIONFAILED" in alarm.sentence
    assert "hunter2" not in alarm.sentence + caplog.text


async def test_a_mail_that_the_house_will_never_take_is_set_aside(round_: Round, imap: ScriptedImap) -> None:
    filled(imap, 3)
    refusing = Refusing(round_, **{"Help 2": NotFoundError("never")})
    assert (await round_.look(refusing)).taken == 2  # type: ignore[arg-type]
    assert (await round_.look(refusing)).taken == 0  # type: ignore[arg-type]
    assert set(imap.flags) == {1, 3}
    assert round_.standing()["set_aside"] == 1


async def test_a_full_disk_is_not_the_mails_fault(round_: Round, imap: ScriptedImap) -> None:
    filled(imap, 2)
    refusing = Refusing(round_, Help=StorageUnavailableError("full"))
    for _ in range(5):
        with pytest.raises(StorageUnavailableError):
            await round_.look(refusing)  # type: ignore[arg-type]
    assert (await round_.look()).taken == 2
    assert imap.said("HEADER") == 0


async def test_somebody_takes_a_mail_away_before_we_can(round_: Round, imap: ScriptedImap) -> None:
    filled(imap, 2)
    imap.faults.append(Fault("BODY.PEEK", "hang-up"))
    with pytest.raises(MailboxError):
        await round_.look()
    del imap.mails[1]
    assert (await round_.look()).taken == 1
    assert round_.standing()["begun"] == 0


async def test_a_hold_that_was_lost_writes_nothing(round_: Round) -> None:  # case B09
    other = Round(round_.house, round_.mailbox, node=1)
    arrived = Arrived(round_.mailbox.place, 7, 0)
    mine = await round_.books.claim(arrived)
    assert mine is not None
    assert await other.books.claim(arrived) is None
    assert (await other.look()).elsewhere
    round_.house.advance(timedelta(minutes=11))
    assert await other.books.claim(arrived) is not None
    with pytest.raises(IntakebotError, match="another process works"):
        await round_.books.begin(mine.hold, [1])
    assert round_.standing()["begun"] == 0


async def test_batches_stay_within_their_octets(round_: Round, imap: ScriptedImap) -> None:  # case B12
    filled(imap, 20)
    size = len(imap.mails[11])
    await round_.look(batch_bytes=3 * size)
    fetched = [line for line in imap.heard if "BODY.PEEK[]" in line]
    assert all(len(line.split()[3].split(",")) <= 3 for line in fetched)
    assert len(fetched) == 7


async def test_a_mailbox_of_many_years_is_searched_in_parts(round_: Round, imap: ScriptedImap) -> None:  # case B12
    """imaplib reads no answer above 1 MB, which the numbers of 130,000 mails are."""
    imap.mails = dict.fromkeys(range(3_000_001, 3_130_001), b"")
    connection = Connection(round_.mailbox)
    try:
        await asyncio.to_thread(connection.open)
        folder = await asyncio.to_thread(connection.select)
        for known in (0, 3_129_990, 3_130_000):
            found = await asyncio.to_thread(connection.uids_after, known, folder.messages)
            assert found == [uid for uid in imap.mails if uid > known]
    finally:
        await asyncio.to_thread(connection.close)
