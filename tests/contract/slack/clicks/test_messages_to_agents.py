"""Buttons outside of cards: in direct messages to agents, and in lines about what did not arrive."""

from __future__ import annotations

from typing import Any

import pytest

from contract.slack.clicks.office import Office, is_loading, words
from fakes.slack import Message
from intakebot.channels.slack.drawing import lines, notices
from intakebot.channels.slack.drawing.blocks import Rendered
from intakebot.domain import commands as c


async def posted(office: Office, shown: Rendered, channel: str, thread: str = "") -> Message:
    more = {"thread_ts": thread} if thread else {}
    answer = await office.calls.call("chat.postMessage", channel=channel, text=shown.text, blocks=shown.blocks, **more)
    return office.slack.state.message(office.slack.state.channels[channel], answer["ts"])


async def told(office: Office, number: int, what: str) -> Message:
    """Alice is told of a case by direct message."""
    case = await office.house.desk.ask("case.card", {"number": number})
    notice = notices.notice(what, case, office.house.clock.now(), "https://acme.slack.com/archives/C1/p1")
    return await posted(office, notice, office.alice.dm().id)


async def test_a_kind_of_message_is_muted_by_its_button(office: Office) -> None:
    notice = await told(office, await office.mail(), "due-soon")
    await office.alice.clicks(notice, "notice.mute")
    await office.slack.until(lambda: office.alice.ephemerals)
    assert (await office.chat.preferences("alice")).muted == ("due-soon",)
    await office.alice.clicks(notice, "notice.mute")
    assert (await office.chat.preferences("alice")).muted == ("due-soon",)


async def test_a_case_is_shown_from_a_direct_message(office: Office) -> None:
    notice = await told(office, await office.mail(), "assigned")
    await office.alice.clicks(notice, "case.show")
    await office.slack.until(lambda: office.alice.modal and not is_loading(office.alice.modal))
    assert "Printer is on fire" in words(office.alice.modal.blocks)


async def test_a_button_that_leads_somewhere_is_acknowledged(office: Office) -> None:
    seen = await office.alice.clicks(await told(office, await office.mail(), "assigned"), "notice.open")
    assert seen.acked
    assert not office.alice.ephemerals


async def undelivered(office: Office) -> tuple[int, dict[str, Any], Message]:
    """A reply that did not arrive, and the line that says so."""
    number = await office.mail()
    await office.perform("alice", c.Take(number))
    await office.house.deliver()
    await office.perform("alice", c.Ask(number, "Is it still burning?"))
    await office.house.deliver("failed")
    await office.hang()
    delivery = next(one for one in (await office.case(number))["deliveries"] if one["state"] == "failed")
    case = await office.house.desk.ask("case.card", {"number": number})
    card = await office.card(number)
    return number, delivery, await posted(office, lines.trouble_line(case, delivery), card.channel.id, card.ts)


async def test_what_did_not_arrive_is_tried_again(office: Office) -> None:
    number, delivery, line = await undelivered(office)
    await office.alice.clicks(line, "delivery.retry")
    await office.slack.until(lambda: office.alice.ephemerals)
    await office.house.deliver()
    assert [one["state"] for one in (await office.case(number))["deliveries"] if one["id"] == delivery["id"]] == [
        "sent"
    ]


@pytest.mark.parametrize("who", ["carol", "nobody"])
async def test_it_is_not_tried_again_by_whoever_has_no_right_to(office: Office, who: str) -> None:
    number, delivery, line = await undelivered(office)
    person = getattr(office, who)
    await person.clicks(line, "delivery.retry")
    await office.slack.until(lambda: person.ephemerals)
    assert [one["state"] for one in (await office.case(number))["deliveries"] if one["id"] == delivery["id"]] == [
        "failed"
    ]


async def test_a_delivery_of_another_case_is_left_alone(office: Office) -> None:
    """I05."""
    _, delivery, _ = await undelivered(office)
    other = await office.mail(subject="Another matter")
    case = await office.house.desk.ask("case.card", {"number": other})
    card = await office.card(other)
    line = await posted(office, lines.trouble_line(case, delivery), card.channel.id, card.ts)
    done = len(office.desk.performed)
    await office.alice.clicks(line, "delivery.retry")
    await office.slack.until(lambda: office.alice.ephemerals)
    assert len(office.desk.performed) == done


async def test_a_long_text_is_shown_whole_from_its_line(office: Office) -> None:
    number = await office.mail(text="word " * 1_000 + "the end")
    await office.perform("alice", c.Take(number))
    message = (await office.case(number))["messages"][0]
    case, card = await office.house.desk.ask("case.card", {"number": number}), await office.card(number)
    line = await posted(office, lines.caller_line(case, message), card.channel.id, card.ts)
    await office.alice.clicks(line, "case.show")
    await office.slack.until(lambda: office.alice.modal and not is_loading(office.alice.modal))
    assert "the end" in words(office.alice.modal.blocks)
