"""S7 to S9, S15, S19 and S20: agents do their work in the workspace, nobody else does, and a closed case rests."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from datetime import timedelta
from typing import Any

import pytest

from fakes.slack import Message, Person
from intakebot.domain import commands as c
from integration.slack_whole.whole import Whole
from integration.slack_whole.workspace import Workspace, actions, read

TAKE, RESOLVE = "case.take", "case.resolve"


async def test_s7_of_two_who_take_in_the_same_instant_one_owns_it(whole: Whole, workspace: Workspace) -> None:
    # case I10
    await whole.says(workspace.ann, workspace.help, "The pump leaks")
    card = workspace.card(1001)
    both = {"alice": workspace.alice, "dana": workspace.dana}
    pressed = await asyncio.gather(*(person.clicks(card, TAKE) for person in both.values()))
    assert all(seen.acked for seen in pressed)
    owner = whole.case(1001)["owner"]
    winner, loser = both.pop(owner), both.popitem()[1]
    await whole.until(lambda: any(owner in text for text in loser.ephemerals))
    await whole.settles()
    assert not winner.ephemerals
    assert f"{owner.capitalize()} " in read(workspace.card(1001))
    assert TAKE not in actions(workspace.card(1001))


async def test_s7_a_press_on_what_is_past_is_told_and_the_card_is_repaired(whole: Whole, workspace: Workspace) -> None:
    # case I10
    await whole.says(workspace.ann, workspace.help, "The pump leaks")
    stale = workspace.card(1001).copy()
    await whole.perform("alice", c.Take(1001))
    before = await history(whole, 1001)
    seen = await workspace.dana.clicks(workspace.card(1001), TAKE, stale=stale)
    assert seen.acked
    await whole.until(lambda: any("alice" in text for text in workspace.dana.ephemerals))
    await whole.settles()
    assert await history(whole, 1001) == before
    assert RESOLVE in actions(workspace.card(1001))


async def test_i10_what_comes_in_another_order_than_it_was_done_changes_nothing(
    whole: Whole, workspace: Workspace
) -> None:  # case I10
    await whole.says(workspace.ann, workspace.help, "The pump leaks")
    fresh = workspace.card(1001).copy()
    await whole.perform("alice", c.Take(1001))
    early = workspace.card(1001).copy()
    await whole.perform("alice", c.Move(1001, queue="support", comment="not mine"))
    await workspace.alice.clicks(workspace.card(1001), RESOLVE, stale=early)  # nobody is in charge any more
    await sent_off(whole, workspace.alice, text="Tighten the screw.")
    assert (whole.case(1001)["status"], whole.case(1001)["resolution"]) == ("Queued", None)
    await whole.perform("alice", c.Take(1001))
    await whole.perform("alice", c.Resolve(1001, "Tighten the screw."))
    await workspace.dana.clicks(workspace.card(1001), TAKE, stale=fresh)
    await whole.settles()
    assert (whole.case(1001)["status"], whole.case(1001)["owner"]) == ("Completed", "alice")


async def test_s8_a_form_opens_although_the_database_takes_its_time(whole: Whole, workspace: Workspace) -> None:
    await whole.says(workspace.ann, workspace.help, "The pump leaks")
    await whole.perform("alice", c.Take(1001))
    lock = sqlite3.connect(whole.opened.data / "intakebot.db", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    pressing = asyncio.create_task(workspace.alice.clicks(workspace.card(1001), RESOLVE))
    await whole.until(lambda: any(one.kind == "interactive" for one in workspace.slack.deliveries))
    workspace.slack.clock.advance(1.5)  # of the three seconds that a trigger lives
    lock.close()
    assert (await pressing).acked
    await whole.until(lambda: workspace.alice.modal and "text" in read_ids(workspace.alice))
    assert workspace.alice.modal.callback_id == "form.resolve"


async def test_s9_what_is_wrong_stands_at_its_field(whole: Whole, workspace: Workspace) -> None:
    await whole.says(workspace.ann, workspace.help, "The pump leaks")
    await whole.perform("alice", c.Take(1001))
    await whole.form(lambda: workspace.alice.clicks(workspace.card(1001), RESOLVE), workspace.alice)
    assert set((await workspace.alice.submits({"text": " "})).errors) == {"text"}
    await workspace.alice.closes_modal()
    await whole.says(workspace.cal, workspace.billing, "Why is my invoice so high?")
    await whole.form(lambda: workspace.bob.clicks(workspace.card(1002), "case.move"), workspace.bob)
    seen = await workspace.bob.submits({"queue": "crc", "comment": "Stay."})
    assert set(seen.errors) == {"comment"}, "it is in that queue"
    assert "crc" in seen.errors["comment"]
    assert whole.case(1002)["version"] == 1


async def test_a_whole_case_is_worked_without_leaving_the_workspace(whole: Whole, workspace: Workspace) -> None:
    alice, said = workspace.alice, await whole.says(workspace.ann, workspace.help, "The pump leaks")
    await alice.clicks(workspace.card(1001), TAKE)
    await whole.settles()
    for button, words in (("case.reply", "Which pump is it?"), (RESOLVE, "Tighten the screw.")):
        await whole.form(lambda button=button: alice.clicks(workspace.card(1001), button), alice)
        await alice.submits({"text": words})
        assert words in read(alice.modal), "seen before it leaves"
        await alice.submits()
        await whole.settles()
        assert any(words in read(one) for one in workspace.slack.thread(said))
    await whole.form(lambda: alice.clicks(workspace.card(1001), "case.close"), alice)
    await alice.submits()
    await whole.settles()
    assert whole.case(1001)["status"] == "Closed"
    assert not actions(workspace.card(1001))


async def test_why_a_case_is_here_is_asked_on_its_card_and_by_the_command(whole: Whole, workspace: Workspace) -> None:
    await whole.says(workspace.ann, workspace.help, "<!channel> *Urgent*: the pump is broken, it is no use to wait")
    card = workspace.card(1001)
    assert "case.why" in actions(card)
    await whole.form(lambda: workspace.alice.clicks(card, "case.why"), workspace.alice)
    shown = read(workspace.alice.modal)
    for said in ("technical.defect", "rules/30-classify.yaml:", "broken", "nearly matched", "rules why-not"):
        assert said in shown
    await workspace.alice.closes_modal()
    await workspace.alice.runs("/case", "why C-1001", workspace.queues["support"])
    await whole.until(lambda: any("technical.defect" in read(one) for one in workspace.alice.ephemeral_messages))


OUTSIDERS = ("gus", "stella", "nora", "botty", "bob")
"""A guest, somebody of another workspace, nobody in particular, a bot, and an agent whose account ends."""


@pytest.mark.parametrize("who", OUTSIDERS)
async def test_s15_whoever_is_no_agent_acts_on_nothing(whole: Whole, workspace: Workspace, who: str) -> None:
    # case I04
    person: Person = getattr(workspace, who)
    asked = await whole.says(workspace.cal, workspace.billing, "Why is my invoice so high?")
    await whole.says(workspace.ann, workspace.billing, "Why is mine?")
    card, before = workspace.card(1001), await everything(whole)
    if who == "bob":
        person.deactivate()
        await whole.settles()
    for button in (TAKE, "case.move", "case.reply", "case.show", "case.why", "case.more"):
        assert (await person.clicks(card, button)).acked
        await whole.until(lambda: not person.modal or "Loading" not in read(person.modal))
        assert "invoice" not in read(person.modal) if person.modal else True
        while person.modal:
            await person.closes_modal()
    await person.runs("/case", "show C-1001", workspace.billing)
    await person.runs("/case", "mine")
    await person.presses("case.create", asked)
    while person.modal:
        await person.closes_modal()
    await person.says(card.channel, "I say it is done", thread=card)
    home = await person.opens_home(within=0.3)
    await whole.settles()
    assert await everything(whole) == before
    assert all("invoice" not in text for text in person.ephemerals)
    assert home is None or "C-100" not in read(home)


@pytest.mark.parametrize("who", ["gus", "stella", "nora"])
async def test_s15_outsiders_are_callers_at_most(whole: Whole, workspace: Workspace, who: str) -> None:
    # case I04
    person: Person = getattr(workspace, who)
    said = await whole.says(person, workspace.billing, "Close all cases!")
    (case,) = whole.cases()
    assert (case["owner"], [one["text"] for one in case["messages"]]) == (None, ["Close all cases!"])
    assert workspace.slack.thread(said), "answered as any caller is"


async def test_i05_what_a_button_says_is_a_hint_and_no_right(whole: Whole, workspace: Workspace) -> None:
    # case I05
    await whole.says(workspace.ann, workspace.help, "The pump leaks")  # of the queue support
    await whole.says(workspace.cal, workspace.billing, "Why is my invoice so high?")  # of the queue crc
    mine, others, before = workspace.card(1001), workspace.card(1002), await everything(whole)
    await workspace.alice.clicks(mine, TAKE, stale=forged(mine, TAKE, case=1002))
    await whole.until(lambda: any("C-1002" in text for text in workspace.alice.ephemerals))
    await workspace.alice.clicks(others, TAKE)  # where alice does not work
    await whole.until(lambda: any("crc" in text for text in workspace.alice.ephemerals))
    await workspace.alice.clicks(mine, TAKE, stale=forged(mine, TAKE, case="C-1; DROP TABLE cases"))
    await whole.settles()
    assert (await everything(whole))[1002] == before[1002]
    await whole.perform("alice", c.Take(1001)) if whole.case(1001)["owner"] is None else None
    await whole.form(lambda: workspace.alice.clicks(workspace.card(1001), "case.comment"), workspace.alice)
    notes = json.loads(workspace.alice.modal.private_metadata)
    workspace.alice.modal.content["private_metadata"] = json.dumps(notes | {"case": 1002})
    await workspace.alice.submits({"text": "On the wrong case"})
    await whole.settles()
    assert (await everything(whole))[1002] == before[1002]


async def test_s19_a_closed_case_rests(whole: Whole, workspace: Workspace) -> None:
    alice, said = workspace.alice, await whole.says(workspace.ann, workspace.help, "The pump leaks")
    await whole.perform("alice", c.Take(1001))
    stale = workspace.card(1001).copy()
    await whole.perform("alice", c.Resolve(1001, "Tighten the screw."))
    await whole.perform("alice", c.Close(1001))
    before = (await everything(whole))[1001]
    assert before["case"]["status"] == "Closed"
    for button in actions(stale):
        await alice.clicks(workspace.card(1001), button, stale=stale)
        while alice.modal:
            await alice.closes_modal()
    await alice.says(workspace.card(1001).channel, "One more thing", thread=workspace.card(1001))
    await workspace.ann.edits(said, "The pump leaks no more")
    await workspace.ann.reacts(said, "ticket")
    await whole.says(workspace.ann, workspace.help, "It leaks again", thread=said)
    assert (await everything(whole))[1001] == before
    (_, new) = whole.cases()
    assert [one["text"] for one in new["messages"]][-1] == "It leaks again"
    assert any(link["label"] == "C-1001" for link in new["links"])


# S20, 500 cases on the Home tab, is tests/contract/slack/clicks/test_home_desk.py: by both doors, on a real house.


async def test_s20_the_home_tab_shows_an_agents_own_work(whole: Whole, workspace: Workspace) -> None:
    await whole.says(workspace.ann, workspace.help, "The pump leaks")
    await whole.perform("alice", c.Take(1001))
    home = await workspace.alice.opens_home()
    assert "C-1001" in read(home)
    await whole.says(workspace.ann, workspace.help, "The tap drips")
    workspace.clock.advance(timedelta(seconds=5))  # changes are gathered before a tab is drawn anew
    await whole.until(lambda: "C-1002" in read(workspace.alice.home_view))


async def everything(whole: Whole) -> dict[int, dict[str, Any]]:
    """Everything that is stored of each case, but what others link to it."""
    found = {}
    for case in whole.cases():
        log = await history(whole, case["number"])
        found[case["number"]] = {"case": {**case, "links": [], "actions": []}, "log": log}
    return found


async def history(whole: Whole, number: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await whole.opened.desk().ask("case.log", {"number": number})
    return found


async def sent_off(whole: Whole, person: Person, **values: str) -> None:
    """Fill in and send off whatever form opens, and what follows it, until it is done or refused."""
    await whole.until(lambda: person.modal and "Loading" not in read(person.modal))
    while person.modal and person.modal.content.get("submit"):
        seen = await person.submits({name: text for name, text in values.items() if name in read_ids(person)})
        if seen.errors:
            break
        values = {}
    while person.modal:
        await person.closes_modal()
    await whole.settles()


def read_ids(person: Person) -> list[str]:
    """The fields of the form on top."""
    return [block.get("block_id", "") for block in person.modal.blocks] if person.modal else []


def forged(card: Message, action: str, **value: Any) -> Message:
    """The card with another value behind a button."""
    copy = card.copy()
    for block in copy.blocks:
        for element in block.get("elements") or ():
            if element.get("action_id") == action:
                element["value"] = json.dumps(value)
    return copy
