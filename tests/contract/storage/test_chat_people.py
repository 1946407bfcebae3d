"""Messages that were taken in, what agents want to be told, and who is an agent by a user group."""

from __future__ import annotations

import pytest

from contract.storage.chat_room import PLACE, ChatRoom
from contract.storage.records import threaded
from intakebot.domain.change import Change
from intakebot.domain.chat import ChatMessage, Preferences
from intakebot.domain.organisation import Agent

ANN = "t1/u1"


async def said(books: ChatRoom, ts: str, root_ts: str = "", person: str = ANN, place: str = PLACE) -> ChatMessage:
    message = ChatMessage(place, ts, root_ts or ts, person, 7)
    await books.chat.remember(message)
    return message


async def test_a_message_is_remembered_once_as_it_was_first(books: ChatRoom) -> None:
    first = await said(books, "1700.000100")
    await said(books, "1700.000100", person="t1/u2")
    assert await books.chat.message(PLACE, "1700.000100") == first
    assert await books.chat.message("T2/C1", "1700.000100") is None


@pytest.mark.parametrize(
    ("since", "before", "found"),
    [
        pytest.param("1700.000000", "1800.000000", "1760.000000", id="latest-top-level"),
        pytest.param("1700.000000", "1760.000000", "1700.000000", id="bounds"),
        pytest.param("1700.000001", "1760.000000", None, id="nobody"),
    ],
)
async def test_a_burst_is_known_by_the_latest_top_level_message(
    books: ChatRoom, since: str, before: str, found: str | None
) -> None:
    await said(books, "1700.000000")
    await said(books, "1760.000000")
    await said(books, "1770.000000", root_ts="1600.000000")
    await said(books, "1771.000000", person="t1/u2")
    await said(books, "1772.000000", place="T1/C2")
    burst = await books.chat.burst_of(PLACE, ANN, since, before)
    assert (burst.ts if burst else None) == found


async def test_a_callers_thread_leads_to_its_newest_case(books: ChatRoom) -> None:
    assert await books.chat.case_of_caller_thread(PLACE, "1700.1") is None
    older, newer = books.case(), books.case()
    for case in (newer, older):
        books.room.apply(Change(thread_ids=threaded(case, f"chat {PLACE}/1700.1")))
    assert await books.chat.case_of_caller_thread(PLACE, "1700.1") == newer.number
    assert await books.chat.case_of_caller_thread("T2/C1", "1700.1") is None
    assert await books.chat.case_of_card_thread(PLACE, "1700.1") is None


async def test_a_message_that_no_case_names_leads_to_the_case_of_its_root(books: ChatRoom) -> None:
    case = books.case()
    books.room.apply(Change(thread_ids=threaded(case, f"chat {PLACE}/1700.1")))
    await said(books, "1701.1", root_ts="1700.1")
    assert await books.chat.case_of_caller_thread(PLACE, "1701.1") == case.number


async def test_preferences_are_the_defaults_until_they_are_set(books: ChatRoom) -> None:
    assert await books.chat.preferences("alice") == Preferences("alice")
    wanted = Preferences("alice", ("due-soon", "assigned"), "18:00", "08:00", "Europe/Berlin")
    await books.chat.prefer(Preferences("alice", ("overdue",)))
    await books.chat.prefer(wanted)
    assert await books.chat.preferences("alice") == wanted
    assert await books.chat.preferences("bob") == Preferences("bob")


async def test_learned_agents_are_the_last_answer_beside_the_configured_ones(books: ChatRoom) -> None:
    configured = next(iter(books.house().organisation.agents.values()))
    mia, max_ = Agent("mia", "Mia", "mia@house.example", ("crc",)), Agent("max", "Max", queues=("crc", "noc"))
    await books.chat.learn_agents([mia, Agent(configured.id, "An impostor")])
    await books.chat.learn_agents([mia, max_, max_])
    assert await books.chat.agent("mia") == mia
    assert await books.chat.agent("max") == max_
    assert await books.chat.agent(configured.id) == configured
    assert await books.chat.agent("nobody") is None
    assert books.room.do(lambda store: store.chat.learned_agent("max")) == max_
    await books.chat.learn_agents([])
    assert await books.chat.agent("mia") is None
    assert books.room.do(lambda store: store.chat.learned_agent("mia")) is None
