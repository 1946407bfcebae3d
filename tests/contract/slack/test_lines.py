"""Lines under a card: all of them, in order, once, and in the thread of the card as it stands now."""

from __future__ import annotations

import pytest

from contract.slack.wall import Wall, said
from intakebot.domain.chat import PostKind

POST = "chat.postMessage"


async def test_lines_stand_in_order_under_their_card(wall: Wall) -> None:
    case = wall.case()
    for number in range(12):
        wall.writes(case, f"Word {number}.")
    await wall.until(lambda: len(wall.lines(wall.cards()[0])) == 12 if wall.cards() else False)
    assert [f"Word {number}." in line for number, line in enumerate(wall.lines(wall.cards()[0]))] == [True] * 12
    assert len(wall.top()) == 1


async def test_a_line_that_is_refused_for_a_time_is_overtaken_by_no_later_one(wall: Wall) -> None:  # S10
    case = wall.case()
    await wall.show()
    wall.slack.faults.add(POST, "ratelimited", retry_after=30)
    wall.writes(case, "Word 0.")
    await wall.later(2)
    for number in range(1, 4):
        wall.writes(case, f"Word {number}.")
        await wall.later(2)
    await wall.until(lambda: len(wall.lines(wall.cards()[0])) == 4)
    assert [f"Word {number}." in line for number, line in enumerate(wall.lines(wall.cards()[0]))] == [True] * 4


@pytest.mark.parametrize("kind", ["timeout_before", "500", "error:fatal_error", "error:service_unavailable"])
async def test_a_line_that_failed_is_overtaken_by_no_later_one(wall: Wall, kind: str) -> None:
    case = wall.case()
    await wall.show()
    wall.slack.faults.add(POST, kind, times=3)
    for number in range(4):
        wall.writes(case, f"Word {number}.")
        await wall.later(0.2)
    await wall.until(lambda: len(wall.lines(wall.cards()[0])) == 4)
    assert [f"Word {number}." in line for number, line in enumerate(wall.lines(wall.cards()[0]))] == [True] * 4


async def test_a_channel_that_is_refused_holds_no_other_channel_back(wall: Wall) -> None:  # case I09
    cases = {queue: wall.case(queue) for queue in ("crc", "noc", "support")}
    await wall.show()
    wall.slack.faults.add(POST, "ratelimited", channel=wall.channels["noc"], retry_after=60)
    for case in cases.values():
        wall.writes(case, "Hello?")
    await wall.later(2)
    counted = {queue: len(wall.lines(wall.cards(queue)[0])) for queue in cases}
    assert counted == {"crc": 1, "noc": 0, "support": 1}
    await wall.later(61)
    assert len(wall.lines(wall.cards("noc")[0])) == 1


@pytest.mark.parametrize("kind", ["drop_after_store", "timeout_before"])
async def test_a_line_of_which_nobody_knows_is_looked_for(wall: Wall, kind: str) -> None:  # S11
    case = wall.case()
    await wall.show()
    wall.slack.faults.add(POST, kind)
    wall.writes(case, "Only once.")
    await wall.later(2)
    await wall.later(5)
    assert len(wall.lines(wall.cards()[0])) == 1


async def test_a_line_waits_for_its_card_and_follows_it(wall: Wall) -> None:
    wall.slack.faults.add(POST, "ratelimited", retry_after=20)
    case = wall.case()
    wall.writes(case, "First.")
    await wall.show()
    assert not wall.top()
    await wall.later(21)
    assert len(wall.lines(wall.cards()[0])) == 1
    wall.change(case, queue="noc")
    wall.writes(case, "Second.")
    await wall.later(2)
    assert "Second." in wall.lines(wall.cards("noc")[0])[0]


async def test_a_line_in_the_way_of_a_moving_card_waits_for_it(wall: Wall) -> None:
    case = wall.case()
    await wall.show()
    wall.slack.faults.add(POST, "ratelimited", channel=wall.channels["noc"], retry_after=20)
    wall.change(case, queue="noc")
    wall.writes(case, "Hello?")
    await wall.later(2)
    assert not wall.lines(wall.top("crc")[0])
    await wall.later(21)
    assert len(wall.lines(wall.cards("noc")[0])) == 1


async def test_what_left_for_the_caller_and_what_did_not_are_lines(wall: Wall) -> None:
    case = wall.case()
    rows = [
        {
            "id": 1,
            "kind": "resolution",
            "state": "sent",
            "channel": "email",
            "recipient": "a@b.example",
            "text": "Yes.",
        },
        {
            "id": 2,
            "kind": "resolution",
            "state": "failed",
            "channel": "email",
            "recipient": "a@b.example",
            "text": "No.",
        },
    ]
    wall.desk.cases[case.number]["deliveries"] = rows
    wall.desk.cases[case.number]["comments"] = [{"id": 3, "by": "agent:anne", "kind": "comment", "text": "By hand."}]
    for reference in ("delivery:1", "delivery:2", "comment:3"):
        wall.owe(case, PostKind.LINE, reference)
    await wall.until(lambda: wall.cards() and len(wall.lines(wall.cards()[0])) == 3)
    first, second, third = wall.lines(wall.cards()[0])
    assert "Yes." in first
    assert "Not delivered" in second
    assert "By hand." in third


@pytest.mark.parametrize("reference", ["message:404", "poem:1", "", "message:"])
async def test_a_line_about_nothing_is_dropped(wall: Wall, reference: str) -> None:
    case = wall.case()
    await wall.show()
    wall.owe(case, PostKind.LINE, reference)
    await wall.later(2)
    assert wall.post_rows()[-1][:2] == ("line", "dropped")
    assert not wall.lines(wall.cards()[0])


async def test_a_line_whose_thread_is_gone_waits_for_a_new_card(wall: Wall) -> None:
    case = wall.case()
    await wall.show()
    wall.slack.acts.delete(wall.cards()[0])
    said_by = wall.desk.cases[case.number]["messages"]
    said_by.append({"id": 7, "sender": "Kari", "text": "Hello?", "at": None})
    wall.owe(case, PostKind.LINE, "message:7")
    await wall.later(2)
    assert wall.post_rows()[-1][:2] == ("line", "due")
    assert [alarm.what for alarm in wall.alarms.standing] == ["slack.post-refused"]
    wall.change(case)
    await wall.later(2)
    await wall.later(600)
    assert "Hello?" in wall.lines(wall.cards()[0])[0]
    assert not wall.alarms.standing


async def test_a_line_whose_thread_never_comes_back_is_given_up(wall: Wall) -> None:
    case = wall.case()
    await wall.show()
    wall.slack.acts.delete(wall.cards()[0])
    wall.desk.cases[case.number]["messages"].append({"id": 7, "sender": "Kari", "text": "Hello?", "at": None})
    wall.owe(case, PostKind.LINE, "message:7")
    for _ in range(80):
        await wall.later(3600)
    assert wall.post_rows()[-1][:2] == ("line", "failed")
    assert [alarm.what for alarm in wall.alarms.standing] == ["slack.post-failed"]


async def test_hostile_words_are_inert(wall: Wall) -> None:  # case I06
    words = "<!channel> <@U1> <https://evil.example|ok> &lt;!here&gt; *_~`` ``` \u202e"
    case = wall.case(title=words, description=words)
    wall.slack.state.see_caller_text(words)
    wall.writes(case, words * 200)
    wall.tell(case, "answered")
    await wall.until(lambda: wall.cards() and wall.lines(wall.cards()[0]))
    await wall.later(2)
    assert "<!channel>" in said(wall.slack.thread(wall.cards()[0])[0])  # shown, as words; the fake looks for live ones
