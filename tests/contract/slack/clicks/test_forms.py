"""Forms: they open at once, hold what the house says, refuse in its words, and lose nothing that was typed."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from contract.slack.clicks.office import Office, buttons, words
from fakes.slack import View
from intakebot.domain import commands as c


async def in_charge(office: Office, agent: str = "alice", **mail: Any) -> int:
    number = await office.mail(**mail)
    await office.perform(agent, c.Take(number))
    return number


async def test_a_form_opens_before_the_house_has_answered(office: Office) -> None:
    """S8: a trigger lives three seconds, and the house may take longer."""
    number = await in_charge(office)
    office.desk.slow = asyncio.Event()
    seen = await office.alice.clicks(await office.card(number), "case.comment")
    assert seen.acked
    assert "Loading" in words(office.alice.modal.blocks)
    office.desk.slow.set()
    await office.slack.until(lambda: office.alice.modal.content.get("submit"))


async def test_a_form_opens_before_slack_has_said_who_acts(office: Office) -> None:
    number = await in_charge(office)
    office.workplace.people.forget(office.alice.id)
    office.slack.faults.add(method="users.info", kind="slow", times=1)
    await office.alice.clicks(await office.card(number), "case.comment")
    await office.slack.until(lambda: office.alice.modal)
    assert office.slack.calls("views.open")


async def test_a_form_that_was_closed_meanwhile_is_left_closed(office: Office) -> None:
    number = await in_charge(office)
    office.desk.slow = asyncio.Event()
    await office.alice.clicks(await office.card(number), "case.comment")
    await office.alice.closes_modal()
    office.desk.slow.set()
    await office.slack.until(lambda: office.slack.calls("views.update"))
    await office.workplace.errands.finish(5)
    assert office.alice.modal is None
    assert not office.alice.ephemerals


async def test_a_trigger_that_is_too_old_is_said(office: Office) -> None:
    number = await in_charge(office)
    office.slack.faults.add(method="views.open", kind="error:expired_trigger_id", times=1)
    await office.alice.clicks(await office.card(number), "case.comment")
    await office.slack.until(lambda: office.alice.ephemerals)
    assert "press again" in office.alice.ephemerals[-1]


@pytest.mark.parametrize("who", ["guest", "stranger", "nobody"])
async def test_whoever_is_no_agent_gets_no_form(office: Office, who: str) -> None:
    """S15, I04."""
    number = await office.mail("crc@intakebot.example")
    person = getattr(office, who)
    await person.clicks(await office.card(number), "case.reply")
    await office.slack.until(lambda: person.ephemerals)
    assert person.modal is None


async def test_a_comment_is_written_with_its_author(office: Office) -> None:
    number = await in_charge(office)
    await office.form(office.alice, await office.card(number), "case.comment")
    seen = await office.alice.submits({"text": "I have brought water.", "kind": "work_info"})
    assert seen.acked
    assert office.alice.modal is None
    comment = (await office.comments(number))[-1]
    assert (comment["text"], comment["by"], comment["kind"]) == ("I have brought water.", "agent:alice", "work_info")


async def test_blanks_are_no_comment_and_the_field_says_so(office: Office) -> None:
    """S9."""
    number = await in_charge(office)
    await office.form(office.alice, await office.card(number), "case.comment")
    seen = await office.alice.submits({"text": "   "})
    assert set(seen.errors) == {"text"}
    assert office.alice.modal is not None


async def test_a_case_goes_to_a_queue_in_the_same_act(office: Office) -> None:
    number = await in_charge(office, "dana", to="crc@intakebot.example")
    await office.form(office.dana, await office.card(number), "case.move")
    await office.dana.submits({"queue": "triage", "comment": "Whose is it?"})
    case = await office.case(number)
    assert (case["status"], case["queue"], case["owner"]) == ("Pending", "triage", None)


async def test_what_the_house_refuses_stands_at_its_field(office: Office) -> None:
    """S9: the sentence of the guard, at the field that it is about."""
    number = await office.mail("crc@intakebot.example")
    await office.form(office.bob, await office.card(number), "case.move")
    seen = await office.bob.submits({"queue": "crc", "comment": "Stay."})
    assert "waits in" in seen.errors["comment"]


async def test_what_is_about_no_field_stands_at_the_top_and_nothing_typed_is_lost(office: Office) -> None:
    """I05: an agent of another queue opens the form; the house refuses what is sent off."""
    number = await in_charge(office)
    await office.form(office.carol, await office.card(number), "case.comment")
    await office.carol.submits({"text": "Let me in."})
    view = office.carol.modal
    assert "carol" in words(view.blocks[0]).lower()
    assert view.values["text"]["text"]["value"] == "Let me in."
    assert not await office.comments(number)


async def test_a_form_about_another_case_than_its_card_is_refused(office: Office) -> None:
    """I05: the notes of a form are no more than a hint."""
    number, other = await in_charge(office), await in_charge(office, subject="Another matter")
    view = await office.form(office.alice, await office.card(number), "case.comment")
    view.content["private_metadata"] = json.dumps(json.loads(view.content["private_metadata"]) | {"case": other})
    await office.alice.submits({"text": "Where does this go?"})
    assert not await office.comments(number)
    assert not await office.comments(other)
    assert f"C-{number}" in words(office.alice.modal.blocks[0])


@pytest.mark.parametrize("metadata", ["", "{", "[]", '{"case": 99999999}', '{"case": "x", "place": 7, "ts": []}'])
async def test_notes_that_were_made_up_do_nothing(office: Office, metadata: str) -> None:
    number = await in_charge(office)
    view = await office.form(office.alice, await office.card(number), "case.comment")
    view.content["private_metadata"] = metadata
    seen = await office.alice.submits({"text": "Where does this go?"})
    assert seen.acked
    assert not await office.comments(number)
    assert office.alice.modal is not None


async def test_an_answer_that_takes_long_is_given_in_time_and_shown_later(office: Office) -> None:
    number = await in_charge(office)
    await office.form(office.alice, await office.card(number), "case.comment")
    office.desk.gate = asyncio.Event()
    seen = await office.alice.submits({"text": "It takes its time."})
    assert seen.acked
    assert "Working" in words(office.alice.modal.blocks)
    office.desk.gate.set()
    await office.slack.until(lambda: "Done" in words(office.alice.modal.blocks))
    assert len(await office.comments(number)) == 1


async def test_a_refusal_that_takes_long_brings_back_what_was_typed(office: Office) -> None:
    number = await in_charge(office)
    await office.form(office.carol, await office.card(number), "case.comment")
    office.desk.gate = asyncio.Event()
    await office.carol.submits({"text": "Let me in."})
    view = office.carol.modal
    office.desk.gate.set()
    await office.slack.until(lambda: view.content.get("submit"))
    assert view.values["text"]["text"]["value"] == "Let me in."


async def test_a_form_that_is_sent_off_again_while_it_is_carried_out_is_carried_out_once(office: Office) -> None:
    """Whoever sees no answer in time presses once more: the caller must not be asked twice."""
    number = await in_charge(office)
    await office.form(office.alice, await office.card(number), "case.reply")
    await office.alice.submits({"text": "Is it still burning?"})
    preview = office.slack.interactions.submission(office.alice.user, office.alice.modal)
    office.desk.gate = asyncio.Event()
    pressed = [
        asyncio.create_task(office.slack.courier.once("interactive", preview | {"trigger_id": name}, name))
        for name in ("first", "second")
    ]
    await asyncio.wait_for(office.desk.entered.wait(), 5)
    office.desk.gate.set()
    await asyncio.gather(*pressed)
    assert [type(command) for command, _ in office.desk.performed] == [c.Ask]


async def test_a_form_that_is_sent_off_twice_is_carried_out_once(office: Office) -> None:
    number = await in_charge(office)
    view = await office.form(office.alice, await office.card(number), "case.comment")
    copy = json.loads(json.dumps(view.content))
    await office.alice.submits({"text": "Once."})
    office.slack.state.modals[office.alice.id].append(view)  # the screen of somebody who never saw the answer
    view.content = copy
    await office.alice.submits({"text": "Once."})
    assert len(await office.comments(number)) == 1
    assert "already" in words(office.alice.modal.blocks)


async def test_a_task_is_added_for_a_queue(office: Office) -> None:
    number = await in_charge(office)
    await office.form(office.alice, await office.card(number), "case.task")
    await office.alice.submits({"title": "Bring water", "queue": "noc"})
    task = (await office.case(number))["tasks"][0]
    assert (task["title"], task["queue"], task["status"]) == ("Bring water", "noc", "Queued")


async def test_a_task_with_a_handover_waits_for_that_order(office: Office) -> None:
    number = await in_charge(office)
    await office.form(office.alice, await office.card(number), "case.task")
    await office.alice.submits({"title": "Replace the printer", "handover": "RMA-7"})
    await office.perform("alice", c.CompleteHandover("RMA-7"))
    assert [task["status"] for task in (await office.case(number))["tasks"]] == ["Completed"]


async def test_a_task_for_nobody_is_refused_at_its_field(office: Office) -> None:
    number = await in_charge(office)
    await office.form(office.alice, await office.card(number), "case.task")
    seen = await office.alice.submits({"title": "Bring water"})
    assert "name a queue" in seen.errors["queue"]


async def test_category_and_priority_are_changed(office: Office) -> None:
    number = await in_charge(office)
    await office.form(office.alice, await office.card(number), "case.classify")
    await office.alice.submits({"priority": "urgent"})
    assert (await office.case(number))["priority"] == "urgent"


async def test_a_case_is_linked_to_another_one(office: Office) -> None:
    number, other = await in_charge(office), await office.mail(subject="Another matter")
    await office.form(office.alice, await office.card(number), "case.more")
    await office.form(office.alice, office.alice.modal, "case.link")
    seen = await office.alice.submits({"other": "the big one"})
    assert "C-1001" in seen.errors["other"]
    seen = await office.alice.submits({"other": "C-99999"})
    assert seen.errors["other"]
    await office.alice.submits({"other": f"c-{other}", "relation": "predecessor"})
    assert [link["number"] for link in (await office.case(number))["links"]] == [other]


async def test_a_case_that_is_none_ends(office: Office) -> None:
    number = await in_charge(office)
    await office.form(office.alice, await office.card(number), "case.more")
    await office.form(office.alice, office.alice.modal, "case.void")
    await office.alice.submits({"comment": "Spam."})
    assert (await office.case(number))["ended_as"] == "void"


async def test_a_form_for_what_is_not_possible_any_more_says_so_and_repairs_the_card(office: Office) -> None:
    """S19: a closed case has no forms."""
    number = await in_charge(office)
    card = await office.card(number)
    stale = card.copy()
    await office.perform("alice", c.Void(number, "Spam."), hang=False)
    await office.alice.clicks(card, "case.comment", stale=stale)
    await office.slack.until(lambda: "ended" in words(office.alice.modal.blocks))
    assert not office.alice.modal.content.get("submit")
    await office.slack.until(lambda: not buttons(card))


async def test_a_case_is_identified_by_a_customer_that_is_searched_for(office: Office) -> None:
    number = await office.mail("crc@intakebot.example", sender="who@elsewhere.example")
    await office.form(office.dana, await office.card(number), "case.identify")
    offered = await office.dana.is_offered(office.dana.modal, "customer", "fjord")
    assert offered
    await office.dana.submits({"customer": offered[0]})
    assert (await office.case(number))["customer"]["name"] in {one["text"]["text"] for one in offered}


@pytest.mark.parametrize("who", ["guest", "nobody"])
async def test_customers_are_not_told_to_strangers(office: Office, who: str) -> None:
    """I04: the search is asked by whoever has the form on screen; it answers agents only."""
    number = await office.mail("crc@intakebot.example", sender="who@elsewhere.example")
    view = await office.form(office.dana, await office.card(number), "case.identify")
    person = getattr(office, who)
    office.slack.state.modals[person.id].append(View(**{**vars(view), "user": person.id}))
    assert not await person.is_offered(person.modal, "customer", "fjord")


async def test_several_cases_are_split_off_in_one_act(office: Office) -> None:
    number = await in_charge(office)
    await office.form(office.alice, await office.card(number), "case.more")
    await office.form(office.alice, office.alice.modal, "case.split")
    await office.alice.submits({"title": "Smoke\nWater damage\nSmoke"})
    shown = words(office.alice.modal.blocks)
    assert "Smoke" in shown
    assert "Water damage" in shown
    assert {link["title"] for link in (await office.case(number))["links"]} == {"Smoke", "Water damage"}


async def test_a_split_that_fails_half_way_says_what_was_made_and_makes_the_rest_later(office: Office) -> None:
    number = await in_charge(office)
    await office.form(office.alice, await office.card(number), "case.more")
    await office.form(office.alice, office.alice.modal, "case.split")
    house, failing = office.house.desk, _FailingOnce(office.house.desk, "Water damage")
    office.house.desk = failing
    seen = await office.alice.submits({"title": "Smoke\nWater damage"})
    assert "Smoke" in seen.errors["title"]
    office.house.desk = house
    await office.alice.submits()
    links = [link["title"] for link in (await office.case(number))["links"]]
    assert sorted(links) == ["Smoke", "Water damage"]


class _FailingOnce:
    """The desk, which refuses to split off a case with that title."""

    def __init__(self, desk: Any, title: str) -> None:
        self.ask, self._desk, self._title = desk.ask, desk, title

    async def perform(self, command: c.Command, by: Any) -> Any:
        if isinstance(command, c.Split) and command.title == self._title:
            return await self._desk.perform(c.Take(10**9), by)
        return await self._desk.perform(command, by)


async def test_a_whole_case_is_shown_page_by_page(office: Office) -> None:
    number = await in_charge(office)
    for turn in range(25):
        await office.perform("alice", c.AddComment(number, f"Turn {turn}."), hang=False)
    await office.hang()
    await office.form(office.alice, await office.card(number), "case.more")
    view = await office.form(office.alice, office.alice.modal, "case.show")
    assert "Turn 24." in words(view.blocks)
    assert "Turn 0." not in words(view.blocks)
    for _ in range(2):
        await office.drawn_anew(view, lambda: office.alice.clicks(view, "form.on"))
    assert "Turn 0." in words(view.blocks)
    await office.drawn_anew(view, lambda: office.alice.clicks(view, "form.back"))
    assert "Turn 0." not in words(view.blocks)


async def test_why_a_case_is_here_is_told(office: Office) -> None:
    number = await in_charge(office)
    await office.form(office.alice, await office.card(number), "case.more")
    view = await office.form(office.alice, office.alice.modal, "case.why")
    case = await office.house.desk.ask("case.card", {"number": number})
    assert case["why"][0] in words(view.blocks)
