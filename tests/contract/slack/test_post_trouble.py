"""When the workspace or the house does not go along: nothing is lost, nothing loops, and somebody is told."""

from __future__ import annotations

import asyncio

import pytest

from contract.slack.wall import Wall, said
from intakebot.domain.chat import PostSettlement
from intakebot.domain.errors import StorageUnavailableError
from intakebot.usecases.chat import HouseChat

POST, UPDATE = "chat.postMessage", "chat.update"


async def close_channel(wall: Wall, how: str) -> None:
    room = wall.channels["crc"]
    if how == "archived":
        await wall.bob.archives(room)
    else:
        await wall.bob.kicks_the_app(room)


@pytest.mark.parametrize("how", ["archived", "kicked"])
async def test_a_closed_channel_sounds_an_alarm_and_keeps_its_posts(wall: Wall, how: str) -> None:  # case I13
    await close_channel(wall, how)
    cases = [wall.case(title=f"Case {number}") for number in range(3)]
    elsewhere = wall.case("noc")
    await wall.show()
    for _ in range(60):
        await wall.later(60)
    assert [state for _, state, _ in wall.post_rows()] == ["due", "due", "due", "posted"]
    assert len(wall.slack.calls(POST)) <= 3 * 5 + 1 + 2  # each a few times in an hour, the other card, the alarms
    alarms = [said(one) for one in wall.slack.messages(wall.operators)]
    assert 1 <= len(alarms) <= 2
    assert wall.channels["crc"].id in alarms[0]
    assert len(wall.cards("noc", elsewhere)) == 1
    wall.channels["crc"].archived = False
    await wall.bob.invites_the_app(wall.channels["crc"])
    await wall.later(3600)
    await wall.later(30)
    assert all(wall.cards("crc", case) for case in cases)


async def test_nothing_internal_is_shown_where_another_company_reads(wall: Wall) -> None:
    room, case = wall.channels["crc"], wall.case(title="Internal")
    await wall.show()
    room.shared_with = (wall.slack.workspace("other"),)
    await wall.later(6 * 60)
    wall.change(case, title="Secret")
    later = wall.case(title="Another")
    await wall.show()
    assert "Secret" not in said(wall.cards("crc", case)[0])
    assert not wall.cards("crc", later)
    assert "shared with another company" in said(wall.slack.messages(wall.operators)[0])
    room.shared_with = ()
    await wall.later(3600)
    await wall.later(30)
    assert "Secret" in said(wall.cards("crc", case)[0])
    assert wall.cards("crc", later)
    assert not wall.alarms.standing


async def test_a_channel_that_does_not_exist_sounds_an_alarm(wall: Wall) -> None:
    wall.slack.state.channels.pop(wall.channels["crc"].id)
    wall.case()
    await wall.show()
    assert wall.post_rows()[0][1] == "due"
    assert "channel_not_found" in said(wall.slack.messages(wall.operators)[0])


async def test_a_channel_with_another_id_is_found_when_it_is_told(wall: Wall) -> None:  # S21
    case = wall.case(title="Before")
    await wall.show()
    [card] = wall.cards()
    old = wall.slack.change_channel_id(wall.channels["crc"])
    wall.rooms.rename(old, wall.channels["crc"].id)
    wall.change(case, title="After")
    wall.writes(case, "Hello?")
    await wall.later(2)
    await wall.later(2)
    assert "After" in card.text
    assert len(wall.lines(card)) == 1
    assert len(wall.top()) == 1


async def test_an_app_that_is_thrown_out_keeps_what_is_owed_and_goes_on_in_the_same_threads(
    wall: Wall,
) -> None:  # case I13
    case = wall.case(title="Before")
    await wall.show()
    [card] = wall.cards()
    wall.slack.verdict.allow("token", because="the app cannot know before it asks")
    wall.slack.uninstall()
    wall.change(case, title="After")
    for number in range(20):
        wall.writes(case, f"Word {number}.")
    for _ in range(10):
        await wall.later(60)
    refused = [call for call in wall.slack.calls() if not call.answer.get("ok")]
    assert 5 <= len(refused) <= 12  # a look each minute
    assert len(wall.lines(card)) == 0
    [(attempts,)] = wall.books.room.rows("SELECT sum(attempts) FROM chat_posts")
    assert attempts <= 21 + 12  # each once, as it came, and one each minute
    wall.slack.reinstall()
    wall.restart()
    await wall.until(lambda: len(wall.lines(card)) == 20, step=5)
    assert "After" in card.text
    assert len(wall.top()) == 1


async def test_a_worker_of_a_locked_workspace_sleeps(wall: Wall) -> None:  # S17
    wall.slack.verdict.allow("token", because="the app cannot know before it asks")
    wall.slack.uninstall()
    for _ in range(3):
        wall.case()
    async with wall.working():
        await wall.slack.until(lambda: wall.calls.trouble)
        await wall.slack.until(lambda: not wall.posts.wake.is_set())
        [(before,)] = wall.books.room.rows("SELECT sum(attempts) FROM chat_posts")
        wall.slack.clock.advance(61)
        await wall.slack.until(lambda: len(wall.slack.calls()) >= 2)
        wall.slack.clock.advance(61)
        await wall.slack.until(lambda: len(wall.slack.calls()) >= 3)
    [(after,)] = wall.books.room.rows("SELECT sum(attempts) FROM chat_posts")
    assert after - before <= 3
    assert len(wall.slack.calls()) <= 4


@pytest.mark.parametrize("error", ["brand_new_error", "restricted_action"])
async def test_what_nobody_understands_is_tried_less_and_less(wall: Wall, error: str) -> None:
    wall.slack.faults.add(POST, f"error:{error}", times=100, channel=wall.channels["crc"])
    wall.case()
    await wall.show()
    for _ in range(300):
        await wall.later(60)
    calls = [call for call in wall.slack.calls(POST) if call.arguments["channel"] == wall.channels["crc"].id]
    assert len(calls) <= 10
    assert wall.slack.messages(wall.operators)


async def test_a_house_that_fails_on_a_case_is_asked_a_few_times(wall: Wall) -> None:
    case, other = wall.case(), wall.case()
    wall.desk.cases[case.number]["queue"] = "not a mapping"  # nobody planned for this
    await wall.show()
    for _ in range(30):
        await wall.later(60)
    assert len(wall.cards("crc", other)) == 1
    assert wall.post_rows()[0][1] == "failed"
    assert not wall.slack.calls("conversations.history")


class Forgetful(HouseChat):
    """Books whose first settlements are not written."""

    failing = 1

    async def settle_posts(self, settlements: list[PostSettlement]) -> None:
        if self.failing:
            self.failing -= 1
            raise StorageUnavailableError("the disk is full")
        await super().settle_posts(settlements)


async def test_what_could_not_be_written_is_written_next_time_and_posted_once(wall: Wall) -> None:
    started = wall.books.started
    wall.books.started = lambda node=0: Forgetful(wall.books.house(node), wall.books.room.writer, wall.books.archive)
    wall.restart()
    wall.books.started = started
    wall.case()
    await wall.show()
    await wall.show()
    assert wall.post_rows() == [("card", "posted", "")]
    assert len(wall.top()) == 1


async def test_a_house_without_a_disk_is_asked_again_without_a_rush(wall: Wall) -> None:
    asked = 0

    class Broken(HouseChat):
        async def claim_posts(self, _limit: int) -> list[object]:
            nonlocal asked
            asked += 1
            raise StorageUnavailableError("the disk is full")

    wall.books.started = lambda node=0: Broken(wall.books.house(node), wall.books.room.writer, wall.books.archive)
    wall.restart()
    async with wall.working():
        await wall.slack.until(lambda: asked == 1)
        wall.slack.clock.advance(60)
        await wall.slack.until(lambda: asked == 2)


async def test_a_stop_finishes_what_was_begun(wall: Wall) -> None:
    wall.desk.gate = asyncio.Event()
    wall.case()
    stop = asyncio.Event()
    task = asyncio.create_task(wall.posts.run(stop))
    await wall.slack.until(lambda: wall.post_rows()[0][1] == "sending")
    stop.set()
    wall.desk.gate.set()
    async with asyncio.timeout(10):
        await task
    assert wall.post_rows() == [("card", "posted", "")]


async def test_two_processes_show_each_card_once(wall: Wall) -> None:
    first = wall.posts
    wall.restart(node=1)
    cases = [wall.case() for _ in range(10)]
    await asyncio.gather(first.show_due(), wall.posts.show_due(), first.show_due(), wall.posts.show_due())
    await wall.until(lambda: all(len(wall.cards("crc", case)) == 1 for case in cases))
    assert len(wall.top()) == 10
