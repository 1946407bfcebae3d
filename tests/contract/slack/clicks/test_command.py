"""The command, the shortcuts, and the form that makes a case."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from contract.slack.clicks.office import Office, buttons, is_loading, words
from intakebot.domain import commands as c


async def asked(office: Office, who: str, text: str) -> str:
    """What the command answers."""
    seen = await getattr(office, who).runs("/case", text, office.channels["crc"])
    assert seen.acked
    assert not office.slack.calls("chat.postMessage")[len(office.slack.calls("chat.postMessage")) :]
    return words((seen.body or {}).get("blocks") or []) if isinstance(seen.body, dict) else str(seen.body)


async def filled(office: Office, person: Any) -> Any:
    await office.slack.until(lambda: person.modal and not is_loading(person.modal))
    return person.modal


async def test_cases_are_found_by_their_words(office: Office) -> None:
    number = await office.mail(subject="Toner cartridge leaks")
    assert f"C-{number}" in await asked(office, "alice", "find toner")
    assert "No case" in await asked(office, "alice", "find unicorn")
    assert "write what to look for" in await asked(office, "alice", "find")


async def test_my_cases_are_listed(office: Office) -> None:
    number = await office.mail()
    assert "You have no case" in await asked(office, "alice", "mine")
    await office.perform("alice", c.Take(number))
    assert f"C-{number}" in await asked(office, "alice", "mine")


async def test_a_queue_is_listed_by_name_or_title(office: Office) -> None:
    number = await office.mail()
    assert f"C-{number}" in await asked(office, "alice", "queue support")
    assert f"C-{number}" in await asked(office, "alice", "queue PRODUCT support")
    assert "Which queue?" in await asked(office, "alice", "queue")
    assert "Network operations" in await asked(office, "alice", "queue nowhere")


async def test_a_case_is_shown_with_its_buttons_which_work(office: Office) -> None:
    number = await office.mail()
    seen = await office.alice.runs("/case", f"show c-{number}", office.channels["crc"])
    assert "Printer is on fire" in words(seen.body["blocks"])
    card = office.alice.ephemeral_messages[-1]
    assert "case.take" in buttons(card)
    await office.alice.clicks(card, "case.take")
    assert (await office.case(number))["owner"] == "alice"
    await office.slack.until(lambda: any("Done" in text for text in office.alice.ephemerals))


async def test_the_number_alone_shows_the_case(office: Office) -> None:
    number = await office.mail()
    assert "Printer is on fire" in await asked(office, "alice", f"C-{number}")


async def test_a_case_that_does_not_exist_is_said(office: Office) -> None:
    assert "99999" in await asked(office, "alice", "show 99999")
    assert "write the number" in await asked(office, "alice", "why not")


async def test_why_is_told(office: Office) -> None:
    number = await office.mail()
    case = await office.house.desk.ask("case.card", {"number": number})
    assert case["why"][0] in await asked(office, "alice", f"why {number}")


@pytest.mark.parametrize("text", ["", "help", "HELP"])
async def test_help_is_for_everybody(office: Office, text: str) -> None:
    assert "/case find" in await asked(office, "nobody", text)


async def test_an_unknown_word_is_answered_with_the_known_ones(office: Office) -> None:
    answer = await asked(office, "alice", "juggle <!channel>")
    assert "juggle" in answer
    assert "/case find" in answer


@pytest.mark.parametrize("who", ["guest", "stranger", "nobody"])
@pytest.mark.parametrize("text", ["find printer", "mine", "queue support", "show 1001", "why 1001"])
async def test_the_rest_is_for_agents_only(office: Office, who: str, text: str) -> None:
    """S15, I04."""
    await office.mail()
    assert "Printer" not in await asked(office, who, text)


async def test_an_answer_that_takes_long_replaces_the_word_that_stood_for_it(office: Office) -> None:
    await office.mail()
    office.desk.slow = asyncio.Event()
    seen = await office.alice.runs("/case", "find printer", office.channels["crc"])
    assert seen.acked
    office.desk.slow.set()
    await office.slack.until(lambda: any("Printer" in words(one.blocks) for one in office.alice.ephemeral_messages))


# --- new cases


async def test_a_caller_asks_for_something_and_is_answered_in_their_direct_messages(office: Office) -> None:
    await office.nobody.runs("/case", "new The heating is off", office.channels["crc"])
    form = await filled(office, office.nobody)
    assert form.values["title"]["title"]["value"] == "The heating is off"
    seen = await office.nobody.submits({"text": "It is cold here."})
    assert seen.acked
    await office.house.register()
    listed = await office.house.desk.ask("case.list", {})
    case = await office.case(listed[0]["number"])
    root = office.slack.messages(office.nobody.dm())[-1]
    assert (case["title"], case["channel"]) == ("The heating is off", "slack")
    assert "It is cold here." in case["description"]
    assert case["answer_to"] == f"T0ACME/{office.nobody.dm().id}/{root.ts}"
    assert "It is cold here." in root.text


async def test_a_request_in_an_intake_room_follows_its_process(office: Office) -> None:
    await office.nobody.runs("/case", "new The heating is off", office.help)
    await filled(office, office.nobody)
    await office.nobody.submits()
    await office.house.register()
    assert (await office.house.desk.ask("case.list", {}))[0]["workflow"].startswith("crc")


async def test_an_agent_writes_down_a_call(office: Office) -> None:
    await office.alice.presses("case.new")
    await filled(office, office.alice)
    await office.alice.submits({"title": "No toner", "caller": "kari@fjord.example", "channel": "phone"})
    assert "is made" in words(office.alice.modal.blocks)
    case = await office.case((await office.house.desk.ask("case.list", {}))[0]["number"])
    assert (case["title"], case["channel"]) == ("No toner", "phone")
    assert office.desk.performed[-1][1].name == "alice"


async def test_an_agent_makes_a_case_of_what_somebody_wrote(office: Office) -> None:
    said = await office.nobody.says(office.channels["crc"], "My screen is <!channel> black")
    await office.alice.presses("case.create", said)
    form = await filled(office, office.alice)
    assert "Nobody" in words(form.blocks) or "Nora" in words(form.blocks)
    seen = await office.alice.submits({"title": "Black screen"})
    assert seen.acked
    await office.house.register()
    case = await office.case((await office.house.desk.ask("case.list", {}))[0]["number"])
    assert case["title"] == "Black screen"
    assert "My screen is" in case["description"]
    assert case["answer_to"] == f"T0ACME/{office.channels['crc'].id}/{said.ts}"


async def test_a_message_is_made_a_case_once(office: Office) -> None:
    said = await office.nobody.says(office.channels["crc"], "My screen is black")
    await office.alice.presses("case.create", said)
    await filled(office, office.alice)
    await office.alice.submits({"title": "Black screen"})
    await office.house.register()
    await office.dana.presses("case.create", said)
    await office.slack.until(lambda: "already" in words(office.dana.modal.blocks))
    assert len(await office.house.desk.ask("case.list", {})) == 1


async def test_a_caller_makes_cases_of_their_own_words_only(office: Office) -> None:
    said = await office.guest.says(office.channels["crc"], "My screen is black")
    await office.nobody.presses("case.create", said)
    await office.slack.until(lambda: "only agents" in words(office.nobody.modal.blocks))
    await office.guest.presses("case.create", said)
    await filled(office, office.guest)
    await office.guest.submits({"title": "Black screen"})
    await office.house.register()
    assert len(await office.house.desk.ask("case.list", {})) == 1


async def test_nobody_is_told_that_a_word_under_a_card_has_become_a_case(office: Office) -> None:
    number = await office.mail()
    card = await office.card(number)
    said = await office.alice.says(office.channels["support"], "This is another matter", thread=card)
    await office.alice.presses("case.create", said)
    await filled(office, office.alice)
    await office.alice.submits({"title": "Another matter"})
    assert "Registered" not in words(office.alice.modal.blocks)
    assert f"the thread of C-{number}" in words(office.alice.modal.blocks)


async def test_what_an_app_wrote_is_made_no_case(office: Office) -> None:
    number = await office.mail()
    await office.alice.presses("case.create", await office.card(number))
    await office.slack.until(lambda: "people wrote" in words(office.alice.modal.blocks))


async def test_a_new_case_needs_a_title(office: Office) -> None:
    await office.nobody.runs("/case", "new", office.channels["crc"])
    await filled(office, office.nobody)
    seen = await office.nobody.submits({"title": "  "})
    assert set(seen.errors) == {"title"}
