"""The Home tab: what an agent sees of their work, and what moves when something is pressed or has changed."""

from __future__ import annotations

import asyncio
import json

import pytest

from contract.slack.clicks.office import Office, is_loading, words
from intakebot.channels.slack.answering.home_desk import DRAWN_AFTER, LOOKED_AT_LATELY
from intakebot.domain import commands as c


async def test_an_agent_sees_their_cases_and_what_waits(office: Office) -> None:
    mine, waiting = await office.mail(), await office.mail(subject="Toner leaks")
    await office.perform("alice", c.Take(mine))
    view = await office.alice.opens_home()
    shown = words(view.blocks)
    assert "My cases (1)" in shown
    assert f"C-{waiting} Toner leaks" in shown


@pytest.mark.parametrize("who", ["nobody", "guest"])
async def test_a_caller_sees_how_to_get_help_and_no_case(office: Office, who: str) -> None:
    await office.mail()
    view = await getattr(office, who).opens_home()
    assert "How can we help?" in words(view.blocks)
    assert "Printer" not in words(view.blocks)


async def test_five_hundred_cases_are_paged(office: Office) -> None:
    """S20: never more than 100 blocks nor 250 kB; every case is on some page."""
    await asyncio.gather(*(office.perform("dana", c.Take(one), hang=False) for one in await office.mails(500)))
    office.slack.limits.enabled = False
    view = await office.dana.opens_home()
    found = set()
    for _ in range(30):
        assert len(view.blocks) <= 100
        assert len(json.dumps(view.content)) < 250_000
        found |= {word for word in words(view.blocks).split() if word.startswith("C-1")}
        if "Later" not in words(view.blocks):
            break
        await office.drawn_anew(view, lambda: office.dana.clicks(view, "home.later"))
    assert len(found) == 500


async def test_pages_go_back_too(office: Office) -> None:
    await asyncio.gather(*(office.perform("alice", c.Take(one), hang=False) for one in await office.mails(25)))
    view = await office.alice.opens_home()
    first = words(view.blocks)
    await office.drawn_anew(view, lambda: office.alice.clicks(view, "home.later"))
    await office.drawn_anew(view, lambda: office.alice.clicks(view, "home.earlier"))
    assert "C-1001" in first
    assert "C-1001" in words(view.blocks)


async def test_a_search_shows_what_was_found_until_it_is_cleared(office: Office) -> None:
    number = await office.mail(subject="Toner leaks")
    await office.perform("dana", c.Take(number))
    view = await office.alice.opens_home()
    await office.drawn_anew(view, lambda: office.alice.types(view, "home.search", "toner"))
    assert "Found: 1 case" in words(view.blocks)
    await office.drawn_anew(view, lambda: office.alice.clicks(view, "home.clear"))
    assert "Found" not in words(view.blocks)


async def test_a_queue_is_looked_into(office: Office) -> None:
    number = await office.mail()
    view = await office.alice.opens_home()
    await office.drawn_anew(view, lambda: office.alice.clicks(view, "home.queue"))
    assert "Found: 1 case" in words(view.blocks)
    assert f"C-{number}" in words(view.blocks)


async def test_a_case_is_shown_from_there(office: Office) -> None:
    await office.mail()
    view = await office.alice.opens_home()
    await office.alice.clicks(view, "case.show")
    await office.slack.until(lambda: office.alice.modal and not is_loading(office.alice.modal))
    assert "Printer is on fire" in words(office.alice.modal.blocks)


async def test_a_tab_that_is_open_follows_what_changes(office: Office) -> None:
    number = await office.mail()
    view = await office.alice.opens_home()
    assert "My cases (0)" in words(view.blocks)
    await office.perform("alice", c.Take(number), hang=False)
    office.home.stirred()
    office.slack.clock.advance(DRAWN_AFTER.total_seconds() + 1)
    await office.slack.until(lambda: "My cases (1)" in words(view.blocks))


async def test_many_changes_draw_a_tab_once(office: Office) -> None:
    numbers = await office.mails(10)
    view = await office.alice.opens_home()
    for number in numbers:
        await office.perform("alice", c.Take(number), hang=False)
        office.home.stirred()
    office.slack.clock.advance(DRAWN_AFTER.total_seconds() + 1)
    await office.slack.until(lambda: "My cases (10)" in words(view.blocks))
    assert len(office.slack.calls("views.publish")) <= 3


async def test_what_has_not_changed_is_not_drawn(office: Office) -> None:
    await office.alice.opens_home()
    drawn = len(office.slack.calls("views.publish"))
    await office.home.draw_again()
    assert len(office.slack.calls("views.publish")) == drawn


async def test_a_tab_that_nobody_looks_at_is_left_alone(office: Office) -> None:
    number = await office.mail()
    view = await office.alice.opens_home()
    known = view.hash
    office.slack.clock.advance(LOOKED_AT_LATELY.total_seconds() + 1)
    await office.perform("alice", c.Take(number), hang=False)
    await office.home.draw_again()
    assert view.hash == known


async def test_a_tab_that_somebody_else_drew_meanwhile_is_left_alone(office: Office) -> None:
    number = await office.mail()
    view = await office.alice.opens_home()
    office.slack.stacks.replace(view, view.content)  # another process of the service
    known = view.hash
    await office.perform("alice", c.Take(number), hang=False)
    await office.home.draw_again()
    assert view.hash == known
    assert office.slack.calls("views.publish")[-1].answer["error"] == "hash_conflict"


async def test_what_somebody_turned_to_while_tabs_are_drawn_anew_stays(office: Office) -> None:
    number = await office.mail(subject="Toner leaks")
    await office.alice.opens_home()
    view = await office.bob.opens_home()
    office.desk.slow = asyncio.Event()
    drawing = asyncio.create_task(office.home.draw_again())
    await office.bob.types(view, "home.search", "toner")
    office.desk.slow.set()
    await drawing
    await office.slack.until(lambda: "Found: 1 case" in words(view.blocks))
    for change in (c.Take(number), c.AddComment(number, "It does.")):
        await office.perform("alice", change, hang=False)
        await office.home.draw_again()
    assert "Found: 1 case" in words(view.blocks)


async def test_an_agent_says_what_they_want_to_be_told_and_when(office: Office) -> None:
    view = await office.alice.opens_home()
    await office.alice.clicks(view, "home.preferences")
    await office.slack.until(lambda: office.alice.modal and not is_loading(office.alice.modal))
    wanted = {"notices": ["assigned", "overdue"], "quiet_from": "18:00", "quiet_to": "08:00"}
    await office.drawn_anew(view, lambda: office.alice.submits(wanted))
    known = await office.chat.preferences("alice")
    assert set(known.muted) == {"answered", "due-soon", "not-delivered"}
    assert (known.quiet_from, known.quiet_to) == ("18:00", "08:00")
    assert "18:00" in words(view.blocks)


async def test_quiet_hours_have_two_ends(office: Office) -> None:
    view = await office.alice.opens_home()
    await office.alice.clicks(view, "home.preferences")
    await office.slack.until(lambda: office.alice.modal and not is_loading(office.alice.modal))
    seen = await office.alice.submits({"notices": ["assigned"], "quiet_from": "18:00"})
    assert set(seen.errors) == {"quiet_to"}


async def test_a_button_of_the_tab_is_no_right(office: Office) -> None:
    view = await office.alice.opens_home()
    office.ties.agents.pop(office.alice.id)
    await office.alice.clicks(view, "home.refresh")
    await office.slack.until(lambda: office.slack.messages(office.alice.dm()))
    assert "no agent" in office.slack.messages(office.alice.dm())[-1].text
