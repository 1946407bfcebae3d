"""Cards: one for each case, true, in the channel of its queue, and never two."""

from __future__ import annotations

import pytest

from contract.slack.wall import Wall, pressable, said
from intakebot.channels.slack.showing.card_posts import SHOWN_AT_LEAST
from intakebot.domain.chat import PostKind, PostState
from intakebot.domain.delivery import UNDER_WAY

POST, UPDATE = "chat.postMessage", "chat.update"


async def test_a_card_is_put_up_once_and_changed_in_place(wall: Wall) -> None:
    case = wall.case(title="Pump stops")
    await wall.show()
    [card] = wall.cards()
    assert "Pump stops" in card.text
    assert card.metadata is not None
    assert card.metadata["event_type"] == "intakebot_post"
    wall.change(case, title="Pump leaks")
    await wall.later(2)
    [changed] = wall.cards()
    assert changed is card
    assert "Pump leaks" in card.text
    assert len(wall.slack.calls(POST)) == len(wall.slack.calls(UPDATE)) == 1


async def test_what_is_shown_already_is_not_shown_again(wall: Wall) -> None:
    case = wall.case()
    await wall.show()
    wall.owe(case)
    await wall.later(2)
    assert not wall.slack.calls(UPDATE)


async def test_a_storm_of_changes_is_shown_by_its_last_state(wall: Wall) -> None:  # S12
    case = wall.case(title="Change 0")
    await wall.show()
    start = wall.slack.clock.now()
    for number in range(1, 101):
        wall.change(case, title=f"Change {number}")
        await wall.later(0.05)
    await wall.later(2)
    [card] = wall.cards()
    assert "Change 100" in card.text
    seconds = (wall.slack.clock.now() - start).total_seconds()
    assert len(wall.slack.calls(UPDATE)) <= seconds / SHOWN_AT_LEAST.total_seconds() + 1


async def test_many_cards_that_change_at_once_stay_within_the_tier(wall: Wall) -> None:  # S12
    cases = [wall.case(title="Before") for _ in range(60)]
    await wall.until(lambda: len(wall.cards()) == 60, step=5)
    for case in cases:
        wall.change(case, title="After")
    await wall.until(lambda: all("After" in card.text for card in wall.cards()), step=5)
    assert sum(call.status == 429 for call in wall.slack.calls()) <= 2  # after the first, the pace is kept


async def test_none_is_under_way_when_the_platform_refuses_the_one_before_it(wall: Wall) -> None:
    """The fake holds every call against us that comes before `Retry-After` is over."""
    cases = [wall.case(title="Before") for _ in range(6)]
    await wall.until(lambda: len(wall.cards()) == 6)
    wall.slack.faults.add(UPDATE, "ratelimited", retry_after=10)
    for case in cases:
        wall.change(case, title="After")
    await wall.later(2)
    assert len(wall.slack.calls(UPDATE)) == 1
    await wall.until(lambda: all("After" in card.text for card in wall.cards()))


async def test_a_case_that_goes_to_another_queue_takes_its_card_along(wall: Wall) -> None:
    case = wall.case()
    await wall.show()
    [old] = wall.cards("crc")
    wall.change(case, queue="noc")
    await wall.later(2)
    await wall.show()
    [new] = wall.cards("noc")
    assert not pressable(old)
    assert "NOC" in said(old)
    assert await wall.chat.card_of(case.id) == (f"{wall.slack.home.id}/{wall.channels['noc'].id}", new.ts)
    assert await wall.chat.case_of_card_thread(f"{wall.slack.home.id}/{wall.channels['crc'].id}", old.ts) == case.number


async def test_a_case_that_comes_back_gets_a_new_card(wall: Wall) -> None:
    case = wall.case()
    await wall.show()
    for queue in ("noc", "crc"):
        wall.change(case, queue=queue)
        await wall.later(2)
        await wall.later(2)
    assert len(wall.cards("crc")) == 1
    assert not wall.cards("noc")
    assert len(wall.top("crc")) == 2


async def test_a_case_in_a_queue_without_a_channel_leaves_a_pointer_and_finds_its_card_again(wall: Wall) -> None:
    case = wall.case()
    await wall.show()
    wall.change(case, queue="cellar")
    await wall.later(2)
    assert not wall.cards()
    assert "CELLAR" in said(wall.top()[0])
    wall.change(case, queue="crc")
    await wall.later(2)
    assert len(wall.cards()) == len(wall.top()) == 1


async def test_a_case_that_was_never_in_a_queue_with_a_channel_has_no_card(wall: Wall) -> None:
    wall.case(queue="cellar")
    await wall.show()
    assert wall.post_rows() == [("card", "dropped", "the queue cellar has no channel")]


@pytest.mark.parametrize("with_thread", [False, True])
async def test_a_card_that_somebody_deleted_is_put_up_anew(wall: Wall, with_thread: bool) -> None:  # noqa: FBT001
    case = wall.case()
    await wall.show()
    [card] = wall.cards()
    if with_thread:
        await wall.bob.says(card.channel, "looking", thread=card)
        wall.slack.verdict.allow("foreign-update", because="a tombstone is not ours, which only an update tells")
    wall.slack.acts.delete(card)
    wall.change(case, title="Still there")
    await wall.later(2)
    [anew] = wall.cards()
    assert anew.ts != card.ts
    assert "Still there" in anew.text
    wall.writes(case, "Hello?")
    await wall.later(2)
    assert len(wall.lines(anew)) == 1


async def test_an_ended_case_keeps_a_card_without_buttons(wall: Wall) -> None:
    case = wall.case()
    await wall.show()
    [card] = wall.cards()
    wall.change(case, ended=True, kind="closed", status="Closed", closed_at="2026-03-02T10:00:00+00:00", allowed=[])
    await wall.later(2)
    assert not pressable(card)
    assert "Closed" in said(card)


@pytest.mark.parametrize("kind", ["drop_after_store", "timeout_before", "500", "error:fatal_error", "html"])
async def test_a_card_of_which_nobody_knows_is_looked_for(wall: Wall, kind: str) -> None:  # case I09
    wall.slack.faults.add(POST, kind)
    wall.case(title="One")
    await wall.show()
    await wall.later(5)
    [card] = wall.top()
    assert "One" in card.text
    assert wall.slack.calls("conversations.history")


async def test_a_card_that_is_found_shows_what_is_true_now(wall: Wall) -> None:
    wall.slack.faults.add(POST, "drop_after_store")
    case = wall.case(title="Before")
    await wall.show()
    wall.change(case, title="After")
    await wall.later(5)
    [card] = wall.cards()
    assert "After" in card.text
    assert len(wall.slack.calls(POST)) == 1


async def test_a_service_that_died_while_posting_posts_no_second_card(wall: Wall) -> None:  # case A03
    wall.case()
    [post] = await wall.chat.claim_posts(1)
    await wall.posts._cards.show(post)  # noqa: SLF001 - it died before it could write what became of it
    wall.restart()
    assert await wall.chat.recover_posts() == 1
    await wall.later(UNDER_WAY.total_seconds())
    assert len(wall.top()) == 1
    assert wall.post_rows() == [("card", "posted", "")]


async def died_while_showing(wall: Wall) -> None:
    """The card is put up or changed, and nobody writes that it was."""
    [post] = await wall.chat.claim_posts(1)
    while (settled := await wall.posts._cards.show(post)).state is PostState.DUE:  # noqa: SLF001 - as `posts` calls it
        await wall.chat.settle_posts([settled])
        [post] = await wall.chat.claim_posts(1)
    wall.restart()  # it died before it could write what became of the last
    assert await wall.chat.recover_posts() == 1


@pytest.mark.parametrize("way", ["noc", "noc support", "noc crc", "noc support noc"])
async def test_a_card_is_followed_wherever_services_that_died_have_put_it(wall: Wall, way: str) -> None:  # case A16
    # That no mark is posted twice, the fake's verdict says when the wall is taken down.
    case = wall.case()
    await died_while_showing(wall)
    *others, last = way.split()
    for queue in others:
        wall.change(case, queue=queue)
        await wall.later(UNDER_WAY.total_seconds() - 1)
        wall.slack.clock.advance(1)
        await died_while_showing(wall)
    wall.change(case, queue=last)
    await wall.later(UNDER_WAY.total_seconds())
    live = [card for name in wall.channels for card in wall.cards(name) if pressable(card)]
    assert [card.channel for card in live] == [wall.channels[last]]
    assert await wall.chat.card_of(case.id) == (f"{wall.slack.home.id}/{wall.channels[last].id}", live[0].ts)
    for card in (card for name in wall.channels for card in wall.top(name)):
        place = f"{wall.slack.home.id}/{card.channel.id}"
        assert await wall.chat.case_of_card_thread(place, card.ts) == case.number, "what is said under it is heard"


async def test_a_settled_card_that_went_away_and_came_back_while_services_died_is_live_once(wall: Wall) -> None:
    case = wall.case()
    await wall.show()
    wall.slack.clock.advance(5)
    for queue in ("noc", "crc"):
        wall.change(case, queue=queue)
        await died_while_showing(wall)
        wall.slack.clock.advance(UNDER_WAY.total_seconds())
    await wall.show()
    live = [card for name in wall.channels for card in wall.cards(name) if pressable(card)]
    assert [card.channel for card in live] == [wall.channels["crc"]]


async def test_a_card_is_found_on_a_later_page(wall: Wall) -> None:
    wall.slack.faults.add(POST, "drop_after_store")
    wall.case()
    await wall.show()
    for number in range(450):
        await wall.bob.says(wall.channels["crc"], f"noise {number}")
    await wall.later(5)
    assert len(wall.top()) == 1
    asked = [call.arguments["channel"] for call in wall.slack.calls("conversations.history")]
    assert asked.count(wall.channels["crc"].id) == 3


async def test_where_nobody_may_look_nothing_is_posted_twice(wall: Wall) -> None:
    wall.slack.app.scopes.discard("channels:history")
    wall.slack.faults.add(POST, "drop_after_store")
    wall.case()
    await wall.show()
    await wall.until(lambda: wall.post_rows()[0][1] == "failed")
    assert len(wall.top()) == 1
    assert "nobody knows" in wall.post_rows()[0][2]
    assert any("nobody knows" in said(one) for one in wall.slack.messages(wall.operators))


async def test_blocks_that_are_refused_leave_the_words(wall: Wall) -> None:
    wall.slack.faults.add(POST, "error:invalid_blocks")
    wall.case(title="Words")
    await wall.show()
    [card] = wall.top()
    assert "Words" in card.text
    assert not card.blocks
    assert wall.slack.calls(POST)[-1].arguments["mrkdwn"] == "false", "what a caller wrote is no markup there either"


async def test_what_is_refused_in_every_form_is_given_up_and_never_loops(wall: Wall) -> None:
    wall.slack.faults.add(POST, "error:msg_too_long", times=1000, channel=wall.channels["crc"])
    wall.case()
    await wall.show()
    await wall.later(3600)
    assert wall.post_rows()[0][1] == "failed"
    assert len(wall.slack.calls(POST)) == 2 + 1  # with blocks, without, and the alarm for the operators


async def test_a_case_that_is_gone_owes_no_card(wall: Wall) -> None:
    case = wall.case()
    del wall.desk.cases[case.number]
    await wall.show()
    assert wall.post_rows()[0][:2] == ("card", "dropped")


async def test_the_worker_wakes_for_what_is_owed_and_for_what_is_due(wall: Wall) -> None:
    async with wall.working():
        case = wall.case(title="First")
        wall.posts.wake.set()
        await wall.slack.until(wall.cards)
        wall.change(case, title="Second")  # not yet due: the worker sleeps until it is
        wall.posts.wake.set()
        wall.slack.clock.advance(2)
        await wall.slack.until(lambda: "Second" in wall.cards()[0].text)
    assert wall.post_rows() == [("card", "posted", "")]


def of_kind(wall: Wall, kind: PostKind) -> list[str]:
    return [state for name, state, _ in wall.post_rows() if name == kind.value]


async def test_a_pointer_whose_channel_is_gone_is_dropped(wall: Wall) -> None:
    case = wall.case()
    await wall.show()
    await wall.bob.archives(wall.channels["crc"])
    wall.change(case, queue="noc")
    await wall.later(2)
    await wall.later(2)
    assert of_kind(wall, PostKind.MOVED) == ["dropped"]
    assert len(wall.cards("noc")) == 1
