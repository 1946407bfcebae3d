"""What `check` says of a workspace: everything that is wrong, with the next step."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from contract.slack.workspace import connection_to
from fakes.slack import FakeSlack
from intakebot.channels.slack.check import Finding, check
from intakebot.channels.slack.drawing.layouts import sample_layouts
from intakebot.channels.slack.web.calls import Calls
from intakebot.channels.slack.web.connection import SlackConnection
from intakebot.channels.slack.web.wants import SCOPES
from intakebot.domain.chat import ChatTies, IntakeRoom

DIRECT = IntakeRoom("", "support@intakebot.example")


@pytest.fixture
def limits(slack: FakeSlack) -> None:
    slack.limits.enabled = False


LAYOUT = {"text": "Hello", "blocks": [{"type": "divider"}]}
VIEW = {"type": "home", "blocks": [{"type": "divider"}]}


async def checked(
    slack: FakeSlack, calls: Calls, connection: SlackConnection, wanted: ChatTies, **layouts: Any
) -> list[Finding]:
    """What is found when there are only these layouts: all of them take their time to draw."""
    drawn = layouts or {"a card": LAYOUT, "a tab": VIEW, "a text": {"text": "Hello", "blocks": []}}
    return await check(calls, connection, wanted, slack.clock.source, lambda: drawn)


def ties(**given: object) -> ChatTies:
    return ChatTies(DIRECT, **given)


def wrong(findings: list[Finding]) -> dict[str, str]:
    return {one.what: one.sentence for one in findings if one.severity == "error"}


def doubtful(findings: list[Finding]) -> dict[str, str]:
    return {one.what: one.sentence for one in findings if one.severity == "warning"}


@pytest.mark.usefixtures("limits")
async def test_a_workspace_as_it_should_be(slack: FakeSlack, calls: Calls, connection: SlackConnection) -> None:
    bob = slack.person("bob")
    support, alarms, help_ = (slack.channel(name, private=name == "alarms") for name in ("support", "alarms", "help"))
    slack.app.scopes -= slack.app.scopes - set(SCOPES)
    group = slack.usergroup("noc", [bob])
    room = IntakeRoom(help_.id, "support@intakebot.example")

    findings = await checked(
        slack,
        calls,
        connection,
        ties(
            rooms={f"{slack.home.id}/{help_.id}": room},
            queues={"support": support.id},
            operators=alarms.id,
            agents={f"{slack.home.id}/{bob.id}": "bob"},
            groups={group: ("noc",)},
        ),
    )

    assert [one for one in findings if one.severity != "ok"] == []
    assert [one.what.partition(" ")[0] for one in findings] == [
        "bot", "scopes", "app", "channel", "channel", "channel", "group", "agent", "layouts",
    ]  # fmt: skip
    assert [call.method for call in slack.calls() if call.method.startswith(("chat.", "views."))] == []


async def test_a_wrong_bot_token_is_all_that_can_be_said(slack: FakeSlack) -> None:
    slack.verdict.allow("token")
    connection = connection_to(slack, bot_token="xoxb-wrong")
    calls = Calls(connection, slack.clock.source)

    findings = await checked(slack, calls, connection, ties())
    await calls.close()

    assert [(one.severity, one.what) for one in findings] == [("error", "bot token")]
    assert "invalid_auth" in findings[0].sentence
    assert "xoxb-wrong" not in findings[0].sentence


@pytest.mark.usefixtures("limits")
async def test_each_missing_scope_is_named_with_what_does_not_work(
    slack: FakeSlack, calls: Calls, connection: SlackConnection
) -> None:
    slack.verdict.allow("missing-scope", "forbidden-scope")
    slack.app.scopes -= {"files:read", "usergroups:read"}
    slack.app.scopes.add("chat:write.public")

    findings = await checked(slack, calls, connection, ties(groups={"S0NOC": ("noc",)}))

    assert set(wrong(findings)) == {"scope files:read", "scope usergroups:read", "group S0NOC"}
    assert "files that callers send" in wrong(findings)["scope files:read"]
    assert "usergroups:read" in wrong(findings)["group S0NOC"]
    assert "take it from the app" in doubtful(findings)["scope chat:write.public"]


@pytest.mark.usefixtures("limits")
async def test_each_channel_that_cannot_be_used_is_named_with_what_to_do(
    slack: FakeSlack, calls: Calls, connection: SlackConnection
) -> None:
    alice = slack.person("alice")
    archived, without, private = (
        slack.channel("old", [alice]),
        slack.channel("without", [alice], bot=False),
        slack.channel("secret", [alice], private=True, bot=False),
    )
    await alice.archives(archived)
    channels = {"support": archived.id, "crc": without.id, "noc": private.id, "triage": "C0NOWHERE"}

    findings = await checked(slack, calls, connection, ties(queues=channels, operators=archived.id))

    found = wrong(findings)
    assert set(found) == {f"channel {one}" for one in channels.values()}
    assert "#old (queue support, alarms) is archived" in found[f"channel {archived.id}"]
    assert "/invite @" in found[f"channel {without.id}"]
    assert "private and without the app" in found[f"channel {private.id}"]
    assert "check the id" in found["channel C0NOWHERE"]


@pytest.mark.usefixtures("limits")
async def test_cards_in_a_channel_that_another_company_sees_are_doubtful(
    slack: FakeSlack, calls: Calls, connection: SlackConnection
) -> None:
    partner = slack.workspace("T2", installed=False)
    shared = slack.channel("shared", shared_with=partner)
    room = IntakeRoom(shared.id, "support@intakebot.example")

    as_queue = await checked(slack, calls, connection, ties(queues={"support": shared.id}))
    as_intake = await checked(slack, calls, connection, ties(rooms={shared.id: room}))

    assert "another company" in doubtful(as_queue)[f"channel {shared.id}"]
    assert f"channel {shared.id}" not in doubtful(as_intake)


@pytest.mark.usefixtures("limits")
async def test_people_who_can_be_no_agents_are_named(
    slack: FakeSlack, calls: Calls, connection: SlackConnection
) -> None:
    guest, gone = slack.person("guest", kind="guest"), slack.person("gone", kind="deactivated")
    empty = slack.usergroup("empty", [])

    findings = await checked(
        slack,
        calls,
        connection,
        ties(
            agents={guest.id: "gus", gone.id: "greta", "U0NOBODY": "nina"}, groups={empty: ("crc",), "S0NO": ("noc",)}
        ),
    )

    assert set(wrong(findings)) == {"agent gus", "agent greta", "agent nina", "group S0NO"}
    assert "agent.guest" in wrong(findings)["agent gus"]
    assert "has 0 people for crc" in doubtful(findings)[f"group {empty}"]


async def test_a_wrong_app_token_is_named(slack: FakeSlack) -> None:
    slack.verdict.allow("token")
    connection = connection_to(slack, app_token="xapp-wrong")
    calls = Calls(connection, slack.clock.source)

    findings = await checked(slack, calls, connection, ties())
    await calls.close()

    assert "connections:write" in wrong(findings)["app token"]


@pytest.mark.usefixtures("limits")
async def test_http_mode_asks_for_no_socket(slack: FakeSlack, calls: Calls) -> None:
    findings = await checked(slack, calls, connection_to(slack, "http"), ties())

    assert slack.calls("apps.connections.open") == []
    assert [one.what for one in findings if "request" in one.what] == ["requests"]


@pytest.mark.usefixtures("limits")
async def test_a_layout_that_slack_does_not_take_is_named_with_its_place(
    slack: FakeSlack, calls: Calls, connection: SlackConnection
) -> None:
    slack.verdict.allow("arguments")
    slack.faults.add("blocks.validate", "error:invalid_view")

    findings = await checked(slack, calls, connection, ties())

    assert wrong(findings)["layout a card"].startswith("Slack refused blocks.validate: invalid_view")


@pytest.mark.usefixtures("limits")
async def test_what_slack_objects_to_is_said_with_its_place(
    slack: FakeSlack, calls: Calls, connection: SlackConnection
) -> None:
    long = {"text": "Hello", "blocks": [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}]}

    findings = await checked(slack, calls, connection, ties(), card=long)

    assert "/blocks/0/text" in wrong(findings)["layout card"]
    assert "please report" in wrong(findings)["layout card"]


@pytest.mark.usefixtures("limits")
async def test_everything_that_we_ever_show_is_taken(
    slack: FakeSlack, calls: Calls, connection: SlackConnection
) -> None:
    findings = await checked(slack, calls, connection, ties(), **sample_layouts())

    assert wrong(findings) == {}
    assert len(slack.calls("blocks.validate")) > 20


@pytest.mark.usefixtures("limits")
async def test_slack_may_want_rest_between_layouts(slack: FakeSlack, calls: Calls, connection: SlackConnection) -> None:
    slack.faults.add("blocks.validate", "ratelimited", retry_after=60)

    checking = asyncio.create_task(checked(slack, calls, connection, ties()))
    await slack.until(lambda: slack.calls("blocks.validate"))
    assert not await slack.comes(checking.done, within=0.05)
    slack.clock.advance(61)

    assert doubtful(await checking) == {}


@pytest.mark.parametrize("fault", ["error:unknown_method", "503"])
@pytest.mark.usefixtures("limits")
async def test_what_could_not_be_looked_at_is_said(
    slack: FakeSlack, calls: Calls, connection: SlackConnection, fault: str
) -> None:
    slack.faults.add("blocks.validate", fault)

    findings = await checked(slack, calls, connection, ties())

    assert "layouts" in doubtful(findings)
    assert len(slack.calls("blocks.validate")) == 1


async def test_slack_may_want_rest_at_any_moment(slack: FakeSlack, calls: Calls, connection: SlackConnection) -> None:
    for method in ("conversations.info", "users.info", "usergroups.users.list", "apps.connections.open"):
        slack.faults.add(method, "ratelimited")

    findings = await checked(
        slack, calls, connection, ties(operators="C1", agents={"U1": "bob"}, groups={"S1": ("noc",)})
    )

    assert wrong(findings) == {}
    assert {"channel C1", "agent bob", "group S1", "app token"} <= set(doubtful(findings))
