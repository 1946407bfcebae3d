"""Who is who: profiles that are asked for once, and agents whom the house knows."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from contract.slack.workspace import connection_to
from fakes.chat_books import ChatBooks
from fakes.slack import FakeSlack, Person
from intakebot.channels.slack.web.calls import Calls, SlackUnreachableError
from intakebot.channels.slack.web.people import People
from intakebot.domain.chat import ChatTies, IntakeRoom
from intakebot.domain.errors import RefusedError
from intakebot.domain.organisation import Agent

DIRECT = IntakeRoom("", "support@intakebot.example")
BOB = Agent("bob", "Bob Baker", "bob@acme.example", ("support",))


def people_of(calls: Calls, books: ChatBooks, **ties: Any) -> People:
    return People(calls, books, ChatTies(DIRECT, **ties))


@pytest.fixture
def bob(slack: FakeSlack, books: ChatBooks) -> Person:
    books.agents["bob"] = BOB
    return slack.person("bob", name="Bob Baker")


@pytest.fixture
def people(calls: Calls, books: ChatBooks, bob: Person) -> People:
    return people_of(calls, books, agents={bob.id: "bob"})


async def test_a_profile_says_who_somebody_is(slack: FakeSlack, people: People) -> None:
    alice = slack.person("alice", email="Alice@acme.example", name="Alice Archer")

    person = await people.person(slack.home.id, alice.id)

    assert (person.team, person.user, person.name) == (slack.home.id, alice.id, "Alice Archer")
    assert person.email == "alice@acme.example"
    assert not any((person.is_bot, person.is_guest, person.is_stranger, person.is_deleted))


async def test_a_profile_is_asked_for_once_in_ten_minutes(slack: FakeSlack, people: People, bob: Person) -> None:
    await asyncio.gather(*(people.person(slack.home.id, bob.id) for _ in range(10)))
    slack.clock.advance(599)
    await people.person(slack.home.id, bob.id)
    assert len(slack.calls("users.info")) == 1

    slack.clock.advance(2)
    await people.person(slack.home.id, bob.id)
    assert len(slack.calls("users.info")) == 2


async def test_a_change_is_seen_at_once(slack: FakeSlack, people: People, bob: Person) -> None:
    await people.agent(slack.home.id, bob.id)
    bob.deactivate()
    people.hear({"type": "user_change", "user": {"id": bob.id}})

    with pytest.raises(RefusedError) as refused:
        await people.agent(slack.home.id, bob.id)

    assert refused.value.reason == "agent.deactivated"


class LateCalls(Calls):
    """What Slack has answered arrives only when `gate` is set."""

    gate: asyncio.Event

    async def call(self, method: str, *, within: float = 10.0, **arguments: Any) -> Mapping[str, Any]:
        answer = await super().call(method, within=within, **arguments)
        await self.gate.wait()
        return answer


async def test_a_change_is_seen_though_the_profile_of_before_is_on_its_way(
    slack: FakeSlack, books: ChatBooks, bob: Person
) -> None:
    """I04: what Slack said before somebody was deactivated holds for nobody who asks after that."""
    late = LateCalls(connection_to(slack), slack.clock.source)
    late.gate = asyncio.Event()
    people = people_of(late, books, agents={bob.id: "bob"})
    asking = asyncio.create_task(people.agent(slack.home.id, bob.id))
    await slack.until(lambda: slack.calls("users.info"))
    bob.deactivate()
    people.hear({"type": "user_change", "user": {"id": bob.id}})
    late.gate.set()
    await asking

    with pytest.raises(RefusedError):
        await people.agent(slack.home.id, bob.id)
    await late.close()


async def test_while_slack_is_away_an_old_profile_serves(slack: FakeSlack, people: People, bob: Person) -> None:
    known = await people.person(slack.home.id, bob.id)
    slack.clock.advance(3600)
    slack.faults.add("users.info", "503", times=2)

    assert await people.person(slack.home.id, bob.id) == known
    slack.clock.advance(24 * 3600)
    with pytest.raises(SlackUnreachableError):
        await people.person(slack.home.id, bob.id)


async def test_only_so_many_profiles_are_kept(slack: FakeSlack, calls: Calls, books: ChatBooks) -> None:
    people = People(calls, books, ChatTies(DIRECT), most=2)
    some = [slack.person(f"p{number}") for number in range(3)]

    for one in (*some, some[2], some[0]):
        await people.person(slack.home.id, one.id)

    assert [call.arguments["user"] for call in slack.calls("users.info")] == [one.id for one in (*some, some[0])]


async def test_an_agent_is_whom_the_configuration_names(slack: FakeSlack, people: People, bob: Person) -> None:
    assert await people.agent(slack.home.id, bob.id) == BOB
    assert people.user_of("bob") == bob.id
    assert people.user_of("dana") is None


async def test_an_agent_of_one_workspace_is_named_with_it(
    slack: FakeSlack, calls: Calls, books: ChatBooks, bob: Person
) -> None:
    people = people_of(calls, books, agents={f"{slack.home.id}/{bob.id}": "bob"})

    assert await people.agent(slack.home.id, bob.id) == BOB
    assert people.user_of("bob") == bob.id


@pytest.mark.parametrize(
    ("kind", "reason"), [("guest", "agent.guest"), ("bot", "agent.bot"), ("deactivated", "agent.deactivated")]
)
async def test_not_everybody_can_be_an_agent_even_when_configured(
    slack: FakeSlack, calls: Calls, books: ChatBooks, kind: Any, reason: str
) -> None:
    """I04, S15."""
    books.agents["bob"] = BOB
    other = slack.person("other", kind=kind)
    people = people_of(calls, books, agents={other.id: "bob"})

    with pytest.raises(RefusedError) as refused:
        await people.agent(slack.home.id, other.id)

    assert refused.value.reason == reason


async def test_people_of_other_workspaces_are_no_agents_whatever_team_they_claim(
    slack: FakeSlack, calls: Calls, books: ChatBooks, bob: Person
) -> None:
    """I04: the profile says where somebody belongs, not what a payload claims."""
    acme = slack.workspace("T2", installed=False)
    eve = slack.person("eve", team=acme)
    slack.channel("shared", [bob, eve], shared_with=acme)
    people = people_of(calls, books, agents={eve.id: "bob", f"T2/{eve.id}": "bob"})

    for team in (acme.id, slack.home.id):
        with pytest.raises(RefusedError) as refused:
            await people.agent(team, eve.id)
        assert refused.value.reason == "agent.outsider"
        assert (await people.person(team, eve.id)).team == acme.id


async def test_who_cannot_be_seen_is_a_stranger(slack: FakeSlack, people: People) -> None:
    person = await people.person(slack.home.id, "U0NOBODY")

    assert (person.name, person.is_stranger) == ("U0NOBODY", True)
    with pytest.raises(RefusedError) as refused:
        await people.agent(slack.home.id, "U0NOBODY")
    assert refused.value.reason == "agent.outsider"


async def test_somebody_who_is_no_agent_is_told_how_to_become_one(slack: FakeSlack, people: People) -> None:
    alice = slack.person("alice")

    with pytest.raises(RefusedError) as refused:
        await people.agent(slack.home.id, alice.id)

    assert refused.value.reason == "agent.unknown"
    assert alice.id in refused.value.sentence


async def test_an_agent_who_left_the_house_acts_no_more(
    slack: FakeSlack, people: People, books: ChatBooks, bob: Person
) -> None:
    books.agents["bob"] = Agent("bob", "Bob Baker", active=False)

    with pytest.raises(RefusedError):
        await people.agent(slack.home.id, bob.id)


async def test_members_of_groups_are_agents_and_configured_ones_get_further_queues(
    slack: FakeSlack, calls: Calls, books: ChatBooks, bob: Person
) -> None:
    carol, guest = slack.person("carol", name="Carol Cook"), slack.person("gus", kind="guest")
    crc, noc = slack.usergroup("crc", [bob, carol, guest]), slack.usergroup("noc", [carol])
    people = people_of(calls, books, agents={bob.id: "bob"}, groups={crc: ("crc", "triage"), noc: ("noc", "triage")})

    await people.learn_groups()

    learned = f"slack-{carol.id.lower()}"
    assert {agent.id: (agent.name, agent.queues) for agent in books.learned[0]} == {
        "bob": ("Bob Baker", ("crc", "triage")),
        learned: ("Carol Cook", ("crc", "triage", "noc")),
    }
    assert (await people.agent(slack.home.id, carol.id)).id == learned
    assert people.user_of(learned) == carol.id
    assert people.user_of("slack-u0nobody") is None


async def test_groups_are_read_again_in_five_minutes_and_when_they_change(
    slack: FakeSlack, calls: Calls, books: ChatBooks, bob: Person
) -> None:
    group = slack.usergroup("crc", [bob])
    people, stop = people_of(calls, books, groups={group: ("crc",)}), asyncio.Event()
    reading = asyncio.create_task(people.keep_current(stop))

    await slack.until(lambda: len(books.learned) == 1)
    slack.clock.advance(299)
    slack.clock.advance(2)
    await slack.until(lambda: len(books.learned) == 2)
    people.hear({"type": "subteam_members_changed"})
    await slack.until(lambda: len(books.learned) == 3)
    stop.set()
    await asyncio.wait_for(reading, 5)


async def test_a_group_that_is_gone_has_nobody_and_holds_up_no_other(
    slack: FakeSlack, calls: Calls, books: ChatBooks
) -> None:
    """Who was taken out of a group is no agent any more, whatever became of other groups."""
    carol, dora = slack.person("carol"), slack.person("dora")
    crc, noc = slack.usergroup("crc", [carol]), slack.usergroup("noc", [carol, dora])
    people = people_of(calls, books, groups={crc: ("crc",), noc: ("noc",)})
    await people.learn_groups()
    del slack.state.usergroups[crc]
    slack.state.usergroups[noc][2].remove(dora.id)

    await people.learn_groups()

    assert [agent.queues for agent in books.learned[-1]] == [("noc",)]
    with pytest.raises(RefusedError):
        await people.agent(slack.home.id, dora.id)


async def test_what_is_known_of_groups_stays_while_slack_is_away(
    slack: FakeSlack, calls: Calls, books: ChatBooks
) -> None:
    carol = slack.person("carol")
    group = slack.usergroup("crc", [carol])
    people, stop = people_of(calls, books, groups={group: ("crc",)}), asyncio.Event()
    await people.learn_groups()
    slack.faults.add("usergroups.users.list", "503")

    reading = asyncio.create_task(people.keep_current(stop))
    await slack.until(lambda: len(slack.calls("usergroups.users.list")) == 2)
    stop.set()
    await asyncio.wait_for(reading, 5)

    assert len(books.learned) == 1
    assert (await people.agent(slack.home.id, carol.id)).queues == ("crc",)
