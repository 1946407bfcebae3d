"""Every button of every status of both processes, pressed by everybody: the owner, a colleague, an agent of another
queue, a guest, a stranger, somebody who is nothing here.

What is possible is asked of the house, not written down here: a button opens the form about its case, or does the one
command that it means, or says why not. Nothing else happens, and nothing goes without an answer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

from contract.slack.clicks.office import Office, buttons, is_loading, words
from fakes.slack import Person
from intakebot.channels.slack.answering.at_once import AT_ONCE
from intakebot.channels.slack.drawing import blocks
from intakebot.domain import commands as c

NO_AGENTS = ("guest", "stranger", "nobody")
CRC = "crc@intakebot.example"
Reached = Callable[[Office], Awaitable[int]]


async def queued(office: Office) -> int:
    return await office.mail()


async def accepted(office: Office) -> int:
    number = await queued(office)
    await office.perform("alice", c.Take(number))
    await office.perform("alice", c.AddTask(number, "Bring water", queue="support"))
    return number


async def completed_as_a_draft(office: Office) -> int:
    number = await accepted(office)
    await office.perform("alice", c.Resolve(number, "The fire is out.", draft=True))
    return number


async def completed(office: Office) -> int:
    number = await accepted(office)
    await office.perform("alice", c.Resolve(number, "The fire is out."))
    await office.house.deliver()
    await office.hang()
    return number


async def closed(office: Office) -> int:
    number = await completed(office)
    await office.perform("alice", c.Close(number))
    return number


async def void(office: Office) -> int:
    number = await queued(office)
    await office.perform("alice", c.Void(number, "Spam."))
    return number


async def pending(office: Office) -> int:
    return await office.mail(CRC)


async def pending_and_unidentified(office: Office) -> int:
    return await office.mail(CRC, sender="who@elsewhere.example")


async def taken_in_charge(office: Office) -> int:
    number = await pending(office)
    await office.perform("dana", c.Take(number))
    return number


async def resolved(office: Office) -> int:
    number = await taken_in_charge(office)
    await office.perform("dana", c.Resolve(number, "The fire is out."))
    await office.house.deliver()
    await office.hang()
    return number


async def technical_and_pending(office: Office) -> int:
    number = await pending(office)
    await office.perform("dana", c.Classify(number, "technical/no-signal"))
    return number


async def technical_and_taken(office: Office) -> int:
    number = await technical_and_pending(office)
    await office.perform("dana", c.Take(number))
    return number


async def technical_and_answered(office: Office) -> int:
    number = await technical_and_taken(office)
    await office.perform("dana", c.Resolve(number, "Plug it in.", final=True))
    return number


STATES: Mapping[str, tuple[Reached, tuple[str, ...]]] = {
    "Queued": (queued, ("carol", "dana", "alice")),
    "Accepted": (accepted, ("carol", "dana", "alice")),
    "Completed, a draft": (completed_as_a_draft, ("carol", "dana", "alice")),
    "Completed": (completed, ("carol", "dana", "alice")),
    "Closed": (closed, ("carol", "alice")),
    "void": (void, ("carol", "alice")),
    "Pending": (pending, ("alice", "carol", "dana", "bob")),
    "Pending, unidentified": (pending_and_unidentified, ("carol", "bob")),
    "Taken in charge": (taken_in_charge, ("alice", "bob", "dana")),
    "Resolved": (resolved, ("carol", "bob", "dana")),
    "Pending, technical": (technical_and_pending, ("alice", "bob", "carol")),
    "Taken in charge, technical": (technical_and_taken, ("bob", "carol", "dana")),
    "answered finally": (technical_and_answered, ("bob", "dana")),
}
"""How a case gets there, and the agents who press its buttons then: those without a right to first."""


@pytest.fixture
def unplanned(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """What nobody planned for, in the log."""
    caplog.set_level(logging.ERROR, logger="intakebot")
    return lambda: [record.getMessage() for record in caplog.records]


async def everything(office: Office, number: int) -> list[str]:
    """What the card and its form of more actions offer."""
    offered = buttons(await office.card(number))
    if "case.more" in offered:
        view = await office.form(office.dana, await office.card(number), "case.more")
        offered += buttons(view)
        await office.dana.closes_modal()
    return list(dict.fromkeys(offered))


async def press(office: Office, number: int, person: Person, action: str) -> None:
    """Press it on the card; what the card has no room for is pressed on a copy that has the button."""
    card = await office.card(number)
    copy = card.copy()
    if action not in buttons(card):
        copy.blocks.append(blocks.row(f"act/{number}/1", blocks.button(action, action)))
    seen = await person.clicks(card, action, stale=copy)
    assert seen.acked, (action, seen)


@pytest.mark.parametrize(
    ("state", "door"), [(state, ("http", "socket")[n % 2]) for n, state in enumerate(STATES)], indirect=["door"]
)
async def test_every_button_of_a_status(office: Office, state: str, unplanned: Callable[[], list[str]]) -> None:
    reach, agents = STATES[state]
    number = await reach(office)
    office.slack.limits.enabled = False
    offered = await everything(office, number)
    assert bool(offered) is not (await office.house.desk.ask("case.card", {"number": number}))["ended"]
    for action in sorted(offered, key=lambda one: one in AT_ONCE):
        await asyncio.gather(*(refused(office, number, getattr(office, who), action) for who in NO_AGENTS))
        if action in AT_ONCE:
            for who in agents:
                await answered(office, number, who, action)
        else:
            await asyncio.gather(*(opened(office, number, getattr(office, who), action) for who in agents))
    assert not unplanned()


async def refused(office: Office, number: int, person: Person, action: str) -> None:
    """Told in words for them, and nothing else."""
    told, before, done = len(person.ephemerals), await office.history(number), len(office.desk.performed)
    await press(office, number, person, action)
    await office.slack.until(lambda: len(person.ephemerals) > told)
    assert person.modal is None
    assert len(office.desk.performed) == done
    assert await office.history(number) == before


async def opened(office: Office, number: int, person: Person, action: str) -> None:
    """A form about this case, and nothing done by opening it."""
    before = await office.history(number)
    await press(office, number, person, action)
    await office.slack.until(lambda: person.modal and not is_loading(person.modal))
    assert person.modal
    assert f"C-{number}" in words(person.modal.blocks) + words(person.modal.content["title"])
    assert await office.history(number) == before
    await person.closes_modal()


async def answered(office: Office, number: int, who: str, action: str) -> None:
    """The command, by whoever pressed; or a reason why not, and then nothing has changed."""
    person: Person = getattr(office, who)
    told, done, before = len(person.ephemerals), len(office.desk.performed), await office.history(number)
    await press(office, number, person, action)
    await office.workplace.errands.finish(5)
    assert {by.name for _, by in office.desk.performed[done:]} <= {who}
    assert len(office.desk.performed) <= done + 1
    if await office.history(number) == before:
        assert person.ephemerals[told:]
    await office.hang()


async def test_the_states_are_all_there_are(office: Office) -> None:
    """A process with another status needs another line above. New and Open are no rest: intake moves them on."""
    known: set[Any] = set()
    office.slack.limits.enabled = False
    for reach, _ in STATES.values():
        number = await reach(office)
        known.add((await office.case(number))["status"])
    workflows = office.house.house.organisation.workflows.values()
    assert known == {state.name for workflow in workflows for state in workflow.states.values()} - {"New", "Open"}


@pytest.mark.parametrize("before", ["Accepted", "Completed"])
async def test_a_closed_case_answers_every_old_button_and_changes_nothing(office: Office, before: str) -> None:
    """S19: somebody's screen still shows the card as it was before."""
    number = await STATES[before][0](office)
    office.slack.limits.enabled = False
    old, offered = (await office.card(number)).copy(), buttons(await office.card(number))
    if before == "Accepted":
        await office.perform("alice", c.Resolve(number, "The fire is out."))
        await office.house.deliver()
    await office.perform("alice", c.Close(number))
    history = await office.history(number)
    for action in offered:
        told = len(office.alice.ephemerals)
        await office.alice.clicks(await office.card(number), action, stale=old)
        await office.slack.until(lambda: office.alice.ephemerals[told:] or _is_filled(office.alice))  # noqa: B023
        if office.alice.modal:
            assert not office.alice.modal.content.get("submit")
            await office.alice.closes_modal()
    assert await office.history(number) == history
    assert not buttons(await office.card(number))


def _is_filled(person: Person) -> bool:
    return person.modal is not None and not is_loading(person.modal)
