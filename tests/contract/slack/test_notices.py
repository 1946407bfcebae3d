"""Notices: told to the one whom they concern, when they want it; what nobody may miss is told to the queue."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contract.slack.wall import Wall, said
from intakebot.domain.chat import Preferences

POST = "chat.postMessage"
BOB = {"id": "bob", "name": "Bob Baker"}


async def test_an_agent_is_told_by_direct_message(wall: Wall) -> None:
    case = wall.case(owner=BOB, title="Pump stops")
    wall.tell(case, "assigned")
    await wall.show()
    [told] = wall.direct()
    assert "Pump stops" in told.text
    card = wall.cards()[0]
    assert f"/archives/{card.channel.id}/p{card.ts.replace('.', '')}" in str(told.blocks)


async def test_nobody_named_means_whoever_owns_the_case_now(wall: Wall) -> None:
    case = wall.case(owner=BOB)
    wall.tell(case, "answered", target="")
    await wall.show()
    assert len(wall.direct()) == 1


@pytest.mark.parametrize(("what", "told"), [("answered", 0), ("due-soon", 1), ("overdue", 1), ("not-delivered", 1)])
@pytest.mark.parametrize("target", ["", "nobody", "retired"])
async def test_without_an_agent_only_what_nobody_may_miss_is_told_to_the_queue(
    wall: Wall, what: str, told: int, target: str
) -> None:
    case = wall.case()
    wall.tell(case, what, target)
    await wall.show()
    lines = wall.slack.thread(wall.cards()[0])
    assert len(lines) == told
    assert not wall.direct()
    assert "notice.mute" not in str([line.blocks for line in lines])
    assert wall.post_rows()[-1][:2] == ("notice", "posted" if told else "dropped")


async def test_a_person_who_cannot_be_written_to_is_nobody(wall: Wall) -> None:
    wall.bob.deactivate()
    case = wall.case(owner=BOB)
    wall.tell(case, "overdue")
    wall.tell(case, "answered")
    await wall.show()
    assert len(wall.slack.thread(wall.cards()[0])) == 1


async def test_what_is_muted_is_not_told(wall: Wall) -> None:
    await wall.chat.prefer(Preferences("bob", muted=("answered",)))
    case = wall.case(owner=BOB)
    wall.tell(case, "answered")
    wall.tell(case, "overdue")
    await wall.show()
    assert len(wall.direct()) == 1


async def test_what_falls_into_quiet_hours_is_told_when_they_end(wall: Wall) -> None:
    await wall.chat.prefer(Preferences("bob", quiet_from="08:00", quiet_to="11:00", zone="UTC"))  # it is nine
    case = wall.case(owner=BOB)
    wall.tell(case, "answered")
    await wall.show()
    assert not wall.direct()
    assert await wall.chat.next_due() == wall.slack.clock.now().replace(hour=11, minute=0, second=0, microsecond=0)
    await wall.later(timedelta(hours=2).total_seconds())
    assert len(wall.direct()) == 1


@pytest.mark.parametrize(
    ("what", "changes"),
    [
        ("due-soon", {"resolved_at": "2026-03-02T09:00:00+00:00"}),
        ("overdue", {"ended": True}),
        ("assigned", {"owner": {"id": "anne", "name": "Anne"}}),
        ("assigned", {"ended": True}),
        ("answered", {"ended": True}),
    ],
)
async def test_what_is_not_so_any_more_is_not_told(wall: Wall, what: str, changes: dict[str, object]) -> None:
    case = wall.case(**({"owner": BOB} | changes))
    wall.tell(case, what)
    await wall.show()
    assert not wall.direct()
    assert not wall.slack.thread(wall.top()[0])


@pytest.mark.parametrize("kind", ["drop_after_store", "timeout_before"])
async def test_a_notice_of_which_nobody_knows_is_looked_for(wall: Wall, kind: str) -> None:
    case = wall.case(owner=BOB)
    await wall.show()
    wall.slack.faults.add(POST, kind)
    wall.tell(case, "answered")
    await wall.show()
    await wall.later(5)
    assert len(wall.direct()) == 1


async def test_direct_messages_are_opened_once(wall: Wall) -> None:
    case = wall.case(owner=BOB)
    for what in ("answered", "overdue", "not-delivered"):
        wall.tell(case, what)
    await wall.until(lambda: len(wall.direct()) == 3)
    assert len(wall.slack.calls("conversations.open")) == 1
    assert all(said(told) for told in wall.direct())
