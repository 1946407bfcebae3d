"""Writing to a caller: written, then seen exactly as it leaves, and only then sent."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from contract.slack.clicks.office import KNOWN_CALLER, Office, words
from fakes.slack.forms import find
from intakebot.domain import commands as c

CANARY = "the caller is a nuisance"


async def in_charge(office: Office, agent: str = "alice", **mail: Any) -> int:
    number = await office.mail(**mail)
    await office.perform(agent, c.Take(number))
    return number


async def sent(office: Office) -> list[Any]:
    """What leaves now, besides acknowledgements."""
    await office.house.deliver()
    return [one for one in office.house.outlet.taken if one.kind.value != "acknowledgement"]


async def test_a_reply_is_seen_exactly_as_it_leaves(office: Office) -> None:
    number = await in_charge(office)
    form = await office.form(office.alice, await office.card(number), "case.reply")
    assert KNOWN_CALLER in words(form.blocks)
    seen = await office.alice.submits({"text": "Is it still burning?"})
    preview = office.alice.modal
    assert seen.acked
    assert not await sent(office)
    assert KNOWN_CALLER in words(preview.blocks)
    await office.alice.submits()
    assert office.alice.modal is None
    left = (await sent(office))[-1]
    assert (left.recipient, left.kind.value) == (KNOWN_CALLER, "question")
    assert left.text.strip()
    assert all(line in words(preview.blocks) for line in left.text.splitlines())


async def test_whoever_does_not_send_comes_back_to_the_words(office: Office) -> None:
    number = await in_charge(office)
    form = await office.form(office.alice, await office.card(number), "case.reply")
    await office.alice.submits({"text": "Is it still burning?"})
    await office.alice.closes_modal()
    assert office.alice.modal is form
    assert form.values["text"]["text"]["value"] == "Is it still burning?"
    assert not await sent(office)


async def test_words_that_are_changed_in_the_preview_are_seen_before_they_leave(office: Office) -> None:
    number = await in_charge(office)
    await office.form(office.alice, await office.card(number), "case.reply")
    await office.alice.submits({"text": "Is it still burning?"})
    await office.alice.submits({"text": "Does it burn no more?"})
    preview = office.alice.modal
    assert not await sent(office)
    assert "Does it burn no more?" in words([block for block in preview.blocks if block["type"] == "section"])
    await office.alice.submits()
    assert "Does it burn no more?" in (await sent(office))[-1].text


async def test_a_resolution_is_previewed_sent_and_the_case_completed(office: Office) -> None:
    number = await in_charge(office)
    await office.perform("alice", c.AddTask(number, "Bring water", queue="support"))
    form = await office.form(office.alice, await office.card(number), "case.resolve")
    assert "Bring water" in words(form.blocks)
    await office.alice.submits({"text": "The fire is out."})
    preview = office.alice.modal
    assert "The fire is out." in words(preview.blocks)
    assert (await office.case(number))["status"] == "Accepted"
    await office.alice.submits()
    case = await office.case(number)
    assert case["status"] == "Completed"
    left = (await sent(office))[-1]
    assert all(line in words(preview.blocks) for line in left.text.splitlines())


async def test_an_empty_resolution_is_refused_at_its_field(office: Office) -> None:
    """S9."""
    number = await in_charge(office)
    await office.form(office.alice, await office.card(number), "case.resolve")
    seen = await office.alice.submits({"text": " "})
    assert set(seen.errors) == {"text"}


async def test_a_draft_is_kept_unsent_and_sent_by_its_button(office: Office) -> None:
    number = await in_charge(office)
    await office.form(office.alice, await office.card(number), "case.resolve")
    await office.alice.submits({"text": "The fire is out.", "options": ["draft"]})
    assert office.alice.modal is None
    assert (await office.case(number))["status"] == "Completed"
    assert not await sent(office)
    await office.hang()
    await office.alice.clicks(await office.card(number), "case.send")
    assert "The fire is out." in (await sent(office))[-1].text


async def test_a_caller_who_was_told_already_is_not_written_to(office: Office) -> None:
    number = await in_charge(office)
    await office.form(office.alice, await office.card(number), "case.resolve")
    await office.alice.submits({"text": "The fire is out.", "told_by": "phone"})
    assert not await sent(office)
    assert (await office.case(number))["resolution"]["sent_at"]


async def test_the_choice_of_a_template_shows_how_it_reads(office: Office) -> None:
    number = await in_charge(office)
    form = await office.form(office.alice, await office.card(number), "case.resolve")
    templates = await office.house.desk.ask("template.choices", {"number": number})
    name = templates[0]["name"]
    await office.drawn_anew(form, lambda: office.alice.picks(form, "template", name))
    wanted = {"case": number, "kind": "resolution", "text": "", "template": name}
    reads = await office.house.desk.ask("reply.preview", wanted)
    assert reads["text"].splitlines()[-1] in words(form.blocks)


async def test_the_last_of_two_picks_is_what_is_shown_though_it_was_made_before_the_first_was_answered(
    office: Office,
) -> None:
    number = await in_charge(office)
    form = await office.form(office.alice, await office.card(number), "case.resolve")
    before = form.hash
    templates = await office.house.desk.ask("template.choices", {"number": number})
    await office.drawn_anew(form, lambda: office.alice.picks(form, "template", templates[0]["name"]))
    assert "With this template" in words(form.blocks)
    form.values["template"]["template"] = {"type": "static_select", "selected_option": None}
    block, element = find(form.blocks, "template")
    second = office.slack.interactions.block_action(office.alice.user, form, block, element, {"selected_option": None})
    second["view"]["hash"] = before
    await office.slack.courier.once("interactive", second, second["trigger_id"])
    await office.slack.until(lambda: "With this template" not in words(form.blocks))


async def test_an_answer_to_an_earlier_pick_comes_too_late(office: Office) -> None:
    number = await in_charge(office)
    form = await office.form(office.alice, await office.card(number), "case.resolve")
    templates = await office.house.desk.ask("template.choices", {"number": number})
    office.desk.slow = asyncio.Event()
    await office.alice.picks(form, "template", templates[0]["name"])
    await office.alice.picks(form, "template", None)
    drawn = len(office.slack.calls("views.update"))
    office.desk.slow.set()
    await office.workplace.errands.finish(5)
    assert len(office.slack.calls("views.update")) == drawn + 1
    assert "With this template" not in words(form.blocks)


async def test_what_was_typed_stays_when_a_template_is_chosen(office: Office) -> None:
    number = await in_charge(office)
    form = await office.form(office.alice, await office.card(number), "case.resolve")
    await office.alice.fills({"text": "The fire is out."})
    templates = await office.house.desk.ask("template.choices", {"number": number})
    await office.drawn_anew(form, lambda: office.alice.picks(form, "template", templates[0]["name"]))
    assert form.values["text"]["text"]["value"] == "The fire is out."


async def test_what_helped_before_is_taken_with_one_press(office: Office) -> None:
    solved = await in_charge(office, subject="Toner cartridge leaks")
    await office.perform("alice", c.Resolve(solved, "Shake the toner cartridge gently."))
    await sent(office)
    number = await in_charge(office, subject="Toner cartridge is leaking", text="The toner cartridge leaks.")
    form = await office.form(office.alice, await office.card(number), "case.resolve")
    assert f"C-{solved} Toner cartridge leaks" in words(form.blocks)
    await office.drawn_anew(form, lambda: office.alice.clicks(form, "form.suggestion"))
    held = next(iter(form.values["text"].values()))
    assert "Shake the toner cartridge gently." in held["value"]


async def test_a_template_that_may_help_is_chosen_with_one_press(office: Office) -> None:
    number = await in_charge(office, subject="Power light of the router", text="The router label shows a network name.")
    suggested = await office.house.desk.ask("case.suggest", {"number": number, "limit": 3})
    name = suggested[0]["template"]
    form = await office.form(office.alice, await office.card(number), "case.resolve")
    await office.drawn_anew(form, lambda: office.alice.clicks(form, "form.suggestion"))
    await office.alice.submits()
    await office.alice.submits()
    assert (await office.case(number))["resolution"]["template"] == name


async def test_a_final_answer_closes_the_case_once_it_is_sent(office: Office) -> None:
    number = await office.mail("crc@intakebot.example")
    await office.perform("dana", c.Classify(number, "technical/no-signal"))
    await office.perform("dana", c.Take(number))
    await office.form(office.dana, await office.card(number), "case.answer-and-close")
    await office.dana.submits({"text": "Plug it in."})
    await office.dana.submits()
    await sent(office)
    assert (await office.case(number))["status"] == "Closed"


async def test_a_case_is_closed_with_a_notice_and_reopened_never(office: Office) -> None:
    """S19: closed is closed."""
    number = await in_charge(office)
    await office.perform("alice", c.Resolve(number, "The fire is out."))
    await sent(office)
    await office.hang()
    await office.form(office.alice, await office.card(number), "case.close")
    await office.alice.submits({"notify": ["notify"]})
    await sent(office)
    await office.hang()
    assert (await office.case(number))["status"] == "Closed"
    card = await office.card(number)
    assert not [block for block in card.blocks if block["type"] == "actions"]


async def test_a_resolved_case_is_reopened_with_a_word_why(office: Office) -> None:
    number = await in_charge(office)
    await office.perform("alice", c.Resolve(number, "The fire is out."))
    await sent(office)
    await office.hang()
    await office.form(office.alice, await office.card(number), "case.reopen")
    await office.alice.submits({"comment": "It burns again."})
    assert (await office.case(number))["status"] == "Accepted"


async def test_nothing_internal_leaves_the_house(office: Office) -> None:
    """S14, on the side of cards: what agents write to each other is in no delivery and in no other conversation."""
    number = await in_charge(office)
    await office.form(office.alice, await office.card(number), "case.comment")
    await office.alice.submits({"text": CANARY})
    await office.form(office.alice, await office.card(number), "case.task")
    await office.alice.submits({"title": CANARY, "queue": "support"})
    await office.form(office.alice, await office.card(number), "case.reply")
    await office.alice.submits({"text": "Is it still burning?"})
    assert CANARY not in words(office.alice.modal.blocks)
    await office.alice.submits()
    await office.form(office.alice, await office.card(number), "case.resolve")
    await office.alice.submits({"text": "The fire is out."})
    await office.alice.submits()
    left = await sent(office)
    assert len(left) == 2
    assert not [one for one in left if CANARY in one.text + one.html + one.subject]
    outside = [one for one in office.slack.messages(office.help) if CANARY in words(one.blocks) + one.text]
    assert not outside


@pytest.mark.parametrize("kind", ["reply", "resolve"])
async def test_files_leave_with_the_answer(office: Office, kind: str) -> None:
    number = await in_charge(office)
    await office.form(office.alice, await office.card(number), f"case.{kind}")
    file = office.alice._file(office.channels["support"], "plan.txt", b"stairs, then out", "text/plain", False)  # noqa: FBT003, SLF001 - the fake has no hand that uploads into a form
    await office.alice.submits({"text": "See the plan.", "files": [office.slack.shapes.file(file)]})
    assert "plan.txt" in words(office.alice.modal.blocks)
    seen = await office.alice.submits()
    assert seen.acked
    await office.slack.until(lambda: office.alice.modal is None or "Done" in words(office.alice.modal.blocks))
    left = (await sent(office))[-1]
    assert [file.name for file in left.files] == ["plan.txt"]


async def test_a_file_that_cannot_be_had_stops_the_answer(office: Office) -> None:
    number = await in_charge(office)
    await office.form(office.alice, await office.card(number), "case.reply")
    file = office.alice._file(office.channels["support"], "plan.txt", b"stairs", "text/plain", False)  # noqa: FBT003, SLF001
    await office.alice.submits({"text": "See the plan.", "files": [office.slack.shapes.file(file)]})
    office.slack.state.files.pop(file.id)
    await office.alice.submits()
    await office.slack.until(lambda: "cannot be sent along" in words(office.alice.modal.blocks))
    assert not await sent(office)
