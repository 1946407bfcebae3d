"""The IMAP channel on servers that we did not write: pymap always, Dovecot where it is installed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fakes.mail_round import ADDRESS, Round, a_mail, comes_true
from fakes.mail_servers import MailServer, Post
from intakebot.channels.imap.mailbox import After
from intakebot.domain.errors import StorageUnavailableError


async def test_what_is_there_is_taken_and_marked_once(mailbox: Round, post: Post) -> None:
    post.file(*(a_mail(number) for number in range(3)))
    look = await mailbox.look()
    assert (look.taken, look.waiting) == (3, 0)
    assert post.seen() == [True, True, True]
    assert (await mailbox.look()).taken == 0
    assert [row["message_id"] for row in mailbox.contacts()] == [f"{number}@example.net" for number in range(3)]
    assert mailbox.standing()["looked_at"]


async def test_a_mail_that_somebody_has_read_is_taken_all_the_same(mailbox: Round, post: Post) -> None:  # case B04
    post.file(a_mail(1))
    post.client.select_folder("INBOX")
    post.client.add_flags(post.client.search("ALL"), [b"\\Seen", b"\\Answered"])
    assert (await mailbox.look()).taken == 1


async def test_what_is_not_kept_is_not_marked_by_reading_it(mailbox: Round, post: Post) -> None:  # case B01
    post.file(a_mail(1))

    class Full:
        takes = staticmethod(mailbox.house.reception.takes)

        @staticmethod
        async def receive(_incoming: object) -> object:
            raise StorageUnavailableError("full")

    with pytest.raises(StorageUnavailableError):
        await mailbox.look(Full())  # type: ignore[arg-type]
    assert post.seen() == [False]
    assert (await mailbox.look()).taken == 1


async def test_what_came_while_nobody_looked_is_taken_with_its_date(  # case B05
    mailbox: Round, post: Post
) -> None:
    post.file(a_mail(1))
    await mailbox.look()
    mailbox.house.advance(timedelta(days=10))
    old = datetime(2026, 2, 20, 8, 0, tzinfo=UTC)
    post.file(*(a_mail(number) for number in range(2, 12)), at=old)
    arrived: list[object] = []

    class Noting:
        takes = staticmethod(mailbox.house.reception.takes)
        refused_before_content = staticmethod(mailbox.house.reception.refused_before_content)

        @staticmethod
        async def receive(incoming: object) -> object:
            arrived.append(incoming.envelope.arrived_at)  # type: ignore[attr-defined]
            return await mailbox.house.reception.receive(incoming)  # type: ignore[arg-type]

    assert (await mailbox.look(Noting())).taken == 10  # type: ignore[arg-type]
    assert arrived == [old] * 10
    assert len(mailbox.contacts()) == 11


@pytest.mark.parametrize("there", [True, False])
async def test_taken_mail_is_moved(mailbox: Round, post: Post, there: bool) -> None:  # noqa: FBT001
    if there:
        post.client.create_folder("Processed")
    post.file(a_mail(1), a_mail(2))
    look = await mailbox.look(after=After.MOVE, move_to="Processed")
    assert look.taken == 2
    assert (post.count(), post.count("Processed")) == (0, 2)


async def test_taken_mail_is_deleted_and_no_other(mailbox: Round, post: Post) -> None:
    post.file(a_mail(1))
    await mailbox.look()
    post.client.select_folder("INBOX")
    post.client.add_flags(post.client.search("ALL"), [b"\\Deleted"])
    post.file(a_mail(2))
    await mailbox.look(after=After.DELETE)
    assert post.count() == 1, "what a person flagged is a person's to expunge"


async def test_a_mail_that_comes_while_we_are_in_idle_is_taken(mailbox: Round, post: Post) -> None:
    async with mailbox.serving() as inlet:
        await comes_true(lambda: bool(mailbox.house.archive.mailboxes()))
        post.file(a_mail(1))
        await comes_true(lambda: len(mailbox.contacts()) == 1)
        await comes_true(lambda: post.seen() == [True])
        assert inlet.alarms() == []


async def test_a_folder_that_is_taken_from_now_on_keeps_what_was_there(mailbox: Round, post: Post) -> None:
    post.file(a_mail(1))
    assert (await mailbox.look(from_now=True)).taken == 0
    post.file(a_mail(2))
    assert (await mailbox.look(from_now=True)).taken == 1
    assert post.seen() == [False, True]


async def test_a_mail_over_the_limit_is_a_contact_with_its_headers_and_stays(  # case B10
    mailbox: Round, post: Post
) -> None:
    large = a_mail(1, Content_Type="multipart/mixed; boundary=x") + b"--x\r\n\r\n" + b"a" * 50_000
    post.file(large, a_mail(2))
    await mailbox.look(size_limit=10_000)
    assert post.seen() == [False, True]
    assert (await mailbox.look(size_limit=10_000)).taken == 0
    await mailbox.registered()
    contact = next(row for row in mailbox.contacts() if row["message_id"] == "1@example.net")
    assert contact["state"] == "registered"
    assert "more than the 10000 bytes" in mailbox.house.archive.case(contact["case"])["description"]
    assert mailbox.standing()["too_large"] == 1
    health = await mailbox.house.desk.ask("health", {})
    assert [alarm["what"] for alarm in health["attention"]] == ["mailbox.left"]
    assert [row["name"] for row in health["mailboxes"]] == ["post"]


async def test_two_workers_on_one_mailbox_take_each_mail_once(mailbox: Round, post: Post) -> None:  # case B09
    other = Round(mailbox.house, mailbox.mailbox, node=1)
    async with mailbox.serving(poll=timedelta(seconds=0.1)), other.serving(poll=timedelta(seconds=0.1)):
        post.file(*(a_mail(number) for number in range(40)))
        await comes_true(lambda: len(mailbox.contacts()) == 40)
        await comes_true(lambda: all(post.seen()))
    assert mailbox.house.archive.counts()["arrivals"].get("all", 0) == 40, "nothing was handed over twice"


async def test_the_token_of_a_reply_is_kept_where_the_server_notes_it(mailbox: Round, post: Post) -> None:
    token = ADDRESS.replace("@", "+k7.abc@")
    post.file(a_mail(1, Delivered_To=token, Return_Path="<carla@bounces.example.net>"), a_mail(2, Return_Path="<>"))
    await mailbox.look()
    contacts = [mailbox.house.archive.contact(row["id"]) for row in mailbox.contacts()]
    assert [row["arrivals"][0]["recipient"] for row in contacts] == [token, ADDRESS]
    assert [row["envelope_sender"] for row in contacts] == ["carla@bounces.example.net", ""]


def test_both_servers_are_there(server: MailServer) -> None:
    assert server.port
