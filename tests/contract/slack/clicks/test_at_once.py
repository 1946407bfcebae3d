"""Buttons that act at once: one command for one press, told to whoever pressed, and a card that is true afterwards."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from contract.slack.clicks.office import Office, buttons, words
from fakes.lessons import keep, taught
from fakes.slack import Message
from intakebot.domain import commands as c


def forged(card: Message, action: str, **value: Any) -> Message:
    """A copy of the card on which that button carries another value."""
    copy = card.copy()
    for block in copy.blocks:
        for element in [*(block.get("elements") or ()), *([block["accessory"]] if block.get("accessory") else [])]:
            if element.get("action_id") == action:
                element["value"] = value.get("raw") or json.dumps(value)
    return copy


async def test_taking_a_case_makes_it_mine_and_changes_the_card(office: Office) -> None:
    number = await office.mail()
    seen = await office.alice.clicks(await office.card(number), "case.take")
    assert seen.acked
    case = await office.case(number)
    assert (case["status"], case["owner"]) == ("Accepted", "alice")
    await office.slack.until(lambda: "Alice" in words(office.slack.messages(office.channels["support"])[0].blocks))
    assert "case.resolve" in buttons(await office.card(number))
    assert not seen.ephemerals


async def test_the_command_is_done_when_the_press_is_acknowledged(office: Office) -> None:
    number = await office.mail()
    await office.alice.clicks(await office.card(number), "case.take")
    assert (await office.case(number))["owner"] == "alice"


async def test_of_two_who_take_in_the_same_instant_one_owns_it_and_the_other_hears_who(office: Office) -> None:
    number = await office.mail()
    card = await office.card(number)
    pressed = await asyncio.gather(office.alice.clicks(card, "case.take"), office.dana.clicks(card, "case.take"))
    assert all(seen.acked for seen in pressed)
    await office.slack.until(lambda: office.alice.ephemerals or office.dana.ephemerals)  # a busy machine answers later
    owner = (await office.case(number))["owner"]
    loser = office.dana if owner == "alice" else office.alice
    assert owner in {"alice", "dana"}
    await office.slack.until(lambda: any(owner in text for text in loser.ephemerals))
    assert (await office.history(number)).count("case.accepted") == 1


async def test_a_press_on_a_stale_card_is_refused_and_the_card_is_repaired(office: Office) -> None:
    number = await office.mail()
    stale = (await office.card(number)).copy()
    await office.perform("alice", c.Take(number), hang=False)
    await office.dana.clicks(await office.card(number), "case.take", stale=stale)
    card = await office.card(number)
    await office.slack.until(lambda: "case.take" not in buttons(card))
    assert "Alice Archer" in words(card.blocks)
    assert any("alice" in text for text in office.dana.ephemerals)


async def test_a_card_says_that_it_is_being_worked_on_while_a_command_takes_long(office: Office) -> None:
    number = await office.mail()
    card = await office.card(number)
    office.desk.gate = asyncio.Event()
    pressing = asyncio.create_task(office.alice.clicks(card, "case.take"))
    await office.slack.until(lambda: "Working" in words(card.blocks))
    assert not buttons(card)
    office.desk.gate.set()
    seen = await pressing
    await office.slack.until(lambda: "case.resolve" in buttons(card))
    assert seen.acked


async def test_a_card_is_repaired_though_slack_wants_to_be_left_alone(office: Office) -> None:
    number = await office.mail()
    card = await office.card(number)
    office.desk.gate = asyncio.Event()
    pressing = asyncio.create_task(office.alice.clicks(card, "case.take"))
    await office.slack.until(lambda: "Working" in words(card.blocks))
    office.slack.faults.add(method="chat.update", kind="ratelimited", times=1, retry_after=30)
    office.desk.gate.set()
    await pressing
    await office.slack.until(lambda: office.slack.calls("chat.update")[-1].answer.get("error") == "ratelimited")
    office.slack.clock.advance(31)
    await office.slack.until(lambda: "case.resolve" in buttons(card))


async def test_a_card_in_a_channel_that_has_another_id_by_now_is_the_same_card(office: Office) -> None:
    number = await office.mail()
    card = await office.card(number)
    old = office.slack.change_channel_id(office.channels["support"])
    office.workplace.rooms.rename(old, office.channels["support"].id)
    await office.slack.settled()
    await office.alice.clicks(card, "case.take")
    await office.slack.until(lambda: "case.resolve" in buttons(card))


async def test_a_command_that_takes_too_long_is_acknowledged_in_time_and_done_later(office: Office) -> None:
    number = await office.mail()
    card = await office.card(number)
    office.desk.gate = asyncio.Event()
    seen = await office.alice.clicks(card, "case.take")
    assert seen.acked
    assert (await office.case(number))["owner"] is None
    office.desk.gate.set()
    await office.slack.until(lambda: "case.resolve" in buttons(card))


async def test_a_refusal_after_a_long_wait_brings_the_buttons_back(office: Office) -> None:
    number = await office.mail()
    card = await office.card(number)
    office.desk.gate = asyncio.Event()
    pressing = asyncio.create_task(office.carol.clicks(card, "case.take"))
    await office.slack.until(lambda: "Working" in words(card.blocks))
    office.desk.gate.set()
    await pressing
    await office.slack.until(lambda: "case.take" in buttons(card))
    assert (await office.case(number))["owner"] is None
    assert any("support" in text for text in office.carol.ephemerals)


@pytest.mark.parametrize("who", ["guest", "stranger", "nobody"])
async def test_whoever_is_no_agent_is_refused_in_words_for_them(office: Office, who: str) -> None:
    number = await office.mail("crc@intakebot.example")
    before = await office.history(number)
    person = getattr(office, who)
    seen = await person.clicks(await office.card(number), "case.take")
    await office.slack.until(lambda: person.ephemerals)
    assert seen.acked
    assert await office.history(number) == before
    assert not office.desk.performed


async def test_a_person_whose_account_has_ended_is_refused(office: Office) -> None:
    number = await office.mail()
    card = await office.card(number)
    office.alice.deactivate()
    await office.slack.settled()
    await office.alice.clicks(card, "case.take")
    assert not office.desk.performed


@pytest.mark.parametrize(
    "value",
    [
        {"case": 999_999},
        {"case": "C-1; DROP TABLE cases"},
        {"case": -1},
        {"case": 2**80},
        {"case": [1]},
        {"case": True},
        {"raw": "{"},
        {"raw": "[" * 500},
        {"raw": "null"},
    ],
)
async def test_a_value_that_was_made_up_does_nothing_to_another_case(office: Office, value: dict[str, Any]) -> None:
    number = await office.mail()
    other = await office.mail(subject="Another matter")
    card = await office.card(number)
    seen = await office.alice.clicks(card, "case.take", stale=forged(card, "case.take", **value))
    assert seen.acked
    assert (await office.case(other))["owner"] is None
    assert all(command == c.Take(number) for command, _ in office.desk.performed)


async def test_a_button_that_names_another_case_than_its_card_is_refused(office: Office) -> None:
    number, other = await office.mail(), await office.mail(subject="Another matter")
    card = await office.card(number)
    await office.alice.clicks(card, "case.take", stale=forged(card, "case.take", case=other))
    await office.slack.until(lambda: office.alice.ephemerals)
    assert f"C-{other}" in office.alice.ephemerals[-1]
    assert not office.desk.performed


async def test_tasks_are_accepted_and_completed_on_the_card(office: Office) -> None:
    number = await office.mail()
    await office.perform("alice", c.Take(number))
    await office.perform("alice", c.AddTask(number, "Bring water", queue="support"))
    await office.alice.clicks(await office.card(number), "task.accept")
    await office.slack.until(lambda: "Complete" in words(office.slack.messages(office.channels["support"])[0].blocks))
    await office.alice.clicks(await office.card(number), "task.complete")
    assert [task["status"] for task in (await office.case(number))["tasks"]] == ["Completed"]


async def test_a_task_of_another_case_is_not_accepted_from_this_card(office: Office) -> None:
    number, other = await office.mail(), await office.mail(subject="Another matter")
    for one in (number, other):
        await office.perform("alice", c.Take(one))
        await office.perform("alice", c.AddTask(one, "Bring water", queue="support"))
    foreign = (await office.case(other))["tasks"][0]["id"]
    card = await office.card(number)
    done = len(office.desk.performed)
    await office.alice.clicks(card, "task.accept", stale=forged(card, "task.accept", case=number, task=str(foreign)))
    await office.slack.until(lambda: office.alice.ephemerals)
    assert len(office.desk.performed) == done


async def test_nnr_is_set_and_taken_off_again(office: Office) -> None:
    number = await office.mail("crc@intakebot.example", subject="No signal", text="technical: no signal at all")
    await office.perform("dana", c.Take(number))
    card = await office.card(number)
    await office.dana.clicks(card, "case.more")
    more = office.dana.modal
    assert more is not None
    await office.slack.until(lambda: "case.nnr" in buttons(more))
    await office.dana.clicks(more, "case.nnr")
    assert "NNR" in (await office.case(number))["markers"]
    await office.dana.closes_modal()


async def test_a_button_that_nobody_knows_any_more_is_answered(office: Office) -> None:
    number = await office.mail()
    card = await office.card(number)
    old = card.copy()
    old.blocks.append({"type": "actions", "block_id": "x", "elements": [_button("case.juggle", number)]})
    seen = await office.alice.clicks(card, "case.juggle", stale=old)
    await office.slack.until(lambda: office.alice.ephemerals)
    assert seen.acked


def _button(action: str, number: int) -> dict[str, Any]:
    text = {"type": "plain_text", "text": action}
    return {"type": "button", "action_id": action, "text": text, "value": json.dumps({"case": number})}


async def test_what_is_suggested_becomes_the_category_by_the_usual_command(office: Office) -> None:
    await keep(office.house.writer, taught(400))
    number = await office.mail(subject="The pump makes a noise", text="Water drips out of it, the seal leaks.")
    card = await office.card(number)
    assert "Suggested category: technical/defect" in words(card.blocks)
    await office.alice.clicks(card, "case.use-category")
    assert office.desk.performed[-1][0] == c.Classify(number, "technical/defect")
    assert str(office.desk.performed[-1][1]) == "agent:alice"
    assert (await office.case(number))["category"] == "technical/defect"
    await office.slack.until(
        lambda: "Suggested" not in words(office.slack.messages(office.channels["support"])[0].blocks)
    )


async def test_a_button_that_names_no_category_sets_none(office: Office) -> None:
    await keep(office.house.writer, taught(400))
    number = await office.mail(subject="The pump makes a noise", text="Water drips out of it, the seal leaks.")
    card = await office.card(number)
    before = (await office.case(number))["category"]
    stale = forged(card, "case.use-category", case=number)
    await office.alice.clicks(card, "case.use-category", stale=stale)
    assert (await office.case(number))["category"] == before
