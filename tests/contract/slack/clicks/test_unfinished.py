"""Interactions that were kept, and never answered because the service stopped: performed once, after the start."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from contract.slack.clicks.office import Office, buttons
from intakebot.channels.slack.answering import actions
from intakebot.channels.slack.doors.inbox import canonical, interaction_key
from intakebot.domain import commands as c
from intakebot.domain.chat import ChatEnvelope, EnvelopeKind, NewEnvelope


async def kept(office: Office, payload: dict[str, Any]) -> ChatEnvelope:
    """The interaction as it lies in the inbox after a crash."""
    text = canonical(payload)
    receipt = await office.chat.keep(NewEnvelope("slack", interaction_key(payload), EnvelopeKind.INTERACTION, text))
    return ChatEnvelope(receipt.id, "", EnvelopeKind.INTERACTION, text, office.house.clock.now(), 1)


async def pressed(office: Office, number: int, action: str, who: str = "alice") -> dict[str, Any]:
    """What Slack would bring for a press on the card."""
    card, person = await office.card(number), getattr(office, who)
    for block in card.blocks:
        for element in block.get("elements") or ():
            if element.get("action_id") == action:
                return office.slack.interactions.block_action(person.user, card, block, element, {})
    raise AssertionError(f"no {action} on the card")


async def sent_off(office: Office, number: int, action: str, values: dict[str, Any]) -> dict[str, Any]:
    """What Slack would bring for a form that alice filled in."""
    await office.form(office.alice, await office.card(number), action)
    await office.alice.fills(values)
    return office.slack.interactions.submission(office.alice.user, office.alice.modal)


async def test_a_press_is_performed(office: Office) -> None:
    number = await office.mail()
    await actions.resume(office.workplace, await kept(office, await pressed(office, number, "case.take")))
    assert (await office.case(number))["owner"] == "alice"
    assert "case.resolve" in buttons(await office.card(number))


async def test_a_press_that_was_done_before_the_stop_is_not_done_again_and_the_card_is_repaired(office: Office) -> None:
    number = await office.mail()
    envelope = await kept(office, await pressed(office, number, "case.take"))
    await office.perform("alice", c.Take(number), hang=False)
    await actions.resume(office.workplace, envelope)
    assert not office.desk.performed
    assert not office.alice.ephemerals
    assert "case.resolve" in buttons(await office.card(number))


async def test_a_press_that_is_refused_is_told(office: Office) -> None:
    number = await office.mail()
    envelope = await kept(office, await pressed(office, number, "case.take"))
    await office.perform("dana", c.Take(number))
    await actions.resume(office.workplace, envelope)
    await office.slack.until(lambda: office.alice.ephemerals)
    assert (await office.case(number))["owner"] == "dana"


async def test_a_form_is_carried_out_once_though_it_is_sent_off_again(office: Office) -> None:
    number = await office.mail()
    await office.perform("alice", c.Take(number))
    payload = await sent_off(office, number, "case.comment", {"text": "I have brought water."})
    await actions.resume(office.workplace, await kept(office, payload))
    assert [one["text"] for one in await office.comments(number)] == ["I have brought water."]
    await office.alice.submits()
    assert len(await office.comments(number)) == 1


async def test_a_form_that_was_carried_out_before_the_stop_is_not_again(office: Office) -> None:
    number = await office.mail()
    await office.perform("alice", c.Take(number))
    payload = await sent_off(office, number, "case.comment", {"text": "I have brought water."})
    envelope = await kept(office, payload)
    await office.perform("alice", c.AddComment(number, "I have brought water."))
    await actions.resume(office.workplace, envelope)
    assert len(await office.comments(number)) == 1


async def test_a_preview_that_nobody_saw_sends_nothing(office: Office) -> None:
    number = await office.mail()
    await office.perform("alice", c.Take(number))
    payload = await sent_off(office, number, "case.reply", {"text": "Is it still burning?"})
    await actions.resume(office.workplace, await kept(office, payload))
    assert not office.desk.performed
    assert not office.slack.messages(office.alice.dm())


@pytest.mark.parametrize("action", ["case.comment", "case.more"])
async def test_what_only_opens_a_form_is_dropped(office: Office, action: str) -> None:
    number = await office.mail()
    card = await office.card(number)
    payload = office.slack.interactions.block_action(
        office.alice.user, card, card.blocks[-1], {"type": "button", "action_id": action}, {}
    )
    await actions.resume(office.workplace, await kept(office, payload))
    assert office.alice.modal is None


async def test_a_caller_s_request_is_one_contact_however_often_it_is_carried_out(office: Office) -> None:
    await office.nobody.runs("/case", "new The heating is off", office.channels["crc"])
    await office.slack.until(lambda: office.nobody.modal and office.nobody.modal.content.get("submit"))
    await office.nobody.fills({"text": "It is cold."})
    payload = office.slack.interactions.submission(office.nobody.user, office.nobody.modal)
    await actions.resume(office.workplace, await kept(office, payload))
    office.workplace.carried_out._forms.clear()  # noqa: SLF001 - another process of the service
    await actions.resume(office.workplace, await kept(office, payload | {"trigger_id": "2"}))
    await office.house.register()
    assert len(await office.house.desk.ask("case.list", {})) == 1
    assert len([one for one in office.slack.messages(office.nobody.dm()) if "cold" in one.text]) == 1


async def test_the_worker_of_events_carries_it_out_after_the_start(office: Office) -> None:
    number = await office.mail()
    await kept(office, await pressed(office, number, "case.take"))
    await office.slack.settled()
    office.slack.clock.advance(61)  # so long its answer may have been on the way
    office.arrivals.wake.set()
    await office.slack.until(lambda: "case.resolve" in buttons(office.slack.messages(office.channels["support"])[0]))
    assert (await office.case(number))["owner"] == "alice"


async def test_what_is_no_payload_of_ours_is_dropped(office: Office) -> None:
    for payload in ({}, {"type": "block_actions"}, {"type": "view_submission", "view": {"callback_id": "form.x"}}):
        await actions.resume(office.workplace, await kept(office, payload))
    assert not office.desk.performed


async def test_the_end_of_the_service_waits_for_what_goes_on_after_an_answer(office: Office) -> None:
    number = await office.mail()
    office.desk.gate = asyncio.Event()
    await office.alice.clicks(await office.card(number), "case.take")
    ending = asyncio.create_task(office.workplace.errands.finish(10))
    office.desk.gate.set()
    await ending
    assert (await office.case(number))["owner"] == "alice"


async def test_what_was_answered_late_and_then_cut_off_is_done_after_the_start(office: Office) -> None:
    """Slack was told in time that it takes long: that is no end of it."""
    number = await office.mail()
    office.desk.gate = asyncio.Event()
    seen = await office.alice.clicks(await office.card(number), "case.take")
    assert seen.acked
    await office.workplace.errands.finish(0)
    await office.app.close()
    assert (await office.case(number))["owner"] is None
    office.desk.gate = None
    office.slack.clock.advance(61)
    office.arrivals.wake.set()
    await office.slack.until(lambda: "case.resolve" in buttons(office.slack.messages(office.channels["support"])[0]))
    assert (await office.case(number))["owner"] == "alice"
