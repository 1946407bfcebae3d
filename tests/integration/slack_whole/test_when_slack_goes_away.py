"""S6, S17, S18 and S21: wrong tokens, apps that are thrown out, tokens that rotate, channels that go.

All of it is said, nothing is lost, and what comes back is taken up again. S3, signatures by HTTP, is tests/contract/
slack/test_http_door.py; here one replay goes through the whole service.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from intakebot.domain import commands as c
from intakebot.domain.actors import Actor
from intakebot.domain.errors import DoorUnavailableError
from integration.slack_whole.whole import Whole, serving
from integration.slack_whole.workspace import Workspace, read

ALICE = Actor.agent("alice")


@pytest.mark.parametrize("mode", ["http"], indirect=True)
async def test_s3_a_replay_is_refused_or_changes_nothing(whole: Whole, workspace: Workspace) -> None:
    # cases I02, I03
    await whole.says(workspace.ann, workspace.help, "The pump leaks")
    slack = workspace.slack
    answers = {
        "soon": await slack.replay(age=60),
        "late": await slack.replay(age=301),
        "early": await slack.replay(age=-301),
        "changed": await slack.replay(tamper=True),
        "by a stranger": await slack.replay(secret="another"),
        "at no time": await slack.replay(stamp="abc"),
    }
    await whole.settles()
    assert {name: answer.status for name, answer in answers.items()} == dict.fromkeys(answers, 401) | {"soon": 200}
    assert whole.conversations() == [["The pump leaks"]]


async def test_s6_a_wrong_token_ends_the_start_with_what_to_do(
    workspace: Workspace, mode: str, customers_file: Path, tmp_path: Path
) -> None:
    workspace.slack.verdict.allow("token", because="it is wrong")
    wrong = {"socket": "app_token", "http": "bot_token"}[mode]
    (tmp_path / "wrong").write_text("xapp-wrong" if mode == "socket" else "xoxb-wrong", "utf-8")
    with pytest.raises(DoorUnavailableError, match=wrong):
        async with serving(
            workspace, mode, tmp_path / "first", customers_file, **{wrong: f"{{file: {tmp_path / 'wrong'}}}"}
        ):
            pytest.fail("it must not start")
    async with serving(workspace, mode, tmp_path / "next", customers_file) as whole:
        await whole.says(workspace.ann, workspace.help, "The pump leaks")
        assert workspace.cards(1001)


async def test_s17_who_is_thrown_out_keeps_everything_and_goes_on_in_the_same_threads(
    whole: Whole, workspace: Workspace
) -> None:  # case I13
    slack, said = workspace.slack, await whole.says(workspace.ann, workspace.help, "The pump leaks")
    await whole.perform("alice", c.Take(1001))
    card, answers = workspace.card(1001), len(slack.thread(said))
    slack.verdict.allow("token", because="the app looks each minute whether it is let in again")
    slack.uninstall()
    await slack.settled()
    await whole.until(whole.channel.alarms)
    calls = len(slack.calls())
    await whole.hands_over("bo@acme.example", "Tap", "The tap drips.")
    await whole.until(lambda: whole.counts("deliveries") == {"sent": 2})  # both were acknowledged; mail still leaves
    assert [case["number"] for case in whole.cases()] == [1001, 1002], "cases live"
    desk = whole.opened.desk()
    await desk.perform(c.Ask(1001, "Which pump?"), ALICE)
    await desk.perform(c.AddComment(1001, "Look at the seal."), ALICE)
    whole.opened.wake.all()
    await whole.until(lambda: whole.counts("deliveries").get("deferred"))
    assert len(slack.calls()) - calls <= 2, "nobody is called who does not let us in"
    assert "install the app" in str((await desk.ask("health", {}))["attention"])
    workspace.clock.advance(timedelta(minutes=1))
    await whole.until(whole.alarm_mail)
    assert "install the app" in whole.alarm_mail()[0]
    await whole.stop()
    (whole.folder / "bot").write_text(slack.reinstall(), "utf-8")
    await whole.start()
    await whole.settles(timedelta(minutes=15))
    assert [("Which pump?" in read(one)) for one in slack.thread(said)[answers:]] == [True]
    assert workspace.cards(1001) == [card]
    assert any("Look at the seal." in read(one) for one in slack.thread(card))
    assert workspace.cards(1002)
    assert not whole.channel.alarms()


@pytest.mark.postgres
async def test_s18_of_two_processes_one_renews_the_token(
    workspace: Workspace, mode: str, customers_database: str, tmp_path: Path
) -> None:
    slack = workspace.slack
    slack.app.rotating = True
    token = slack.app.install(slack.home)
    (tmp_path / "client").write_text(slack.app.client_secret, "utf-8")
    (tmp_path / "refresh").write_text(token.refreshes_as or "", "utf-8")
    rotates = {
        "bot_token": "",
        "client_id": f'"{slack.app.client_id}"',
        "client_secret": f"{{file: {tmp_path / 'client'}}}",
        "refresh_token": f"{{file: {tmp_path / 'refresh'}}}",
    }
    (tmp_path / "key").write_bytes(b"k" * 32)
    (tmp_path / "key").chmod(0o600)
    keys = {"key": tmp_path / "key"}
    async with (
        serving(workspace, mode, tmp_path / "one", customers_database, **keys, **rotates) as one,
        serving(workspace, mode, tmp_path / "other", customers_database, node=1, **keys, **rotates) as other,
    ):
        assert len(slack.calls("oauth.v2.access")) == 1
        for hours in range(1, 4):
            workspace.clock.advance(timedelta(hours=11, minutes=30))
            await asyncio.gather(*(workspace.ann.says(workspace.help, f"{hours}.{n}") for n in range(3)))
            for service in (one, other):
                await service.settles()
            assert len(slack.calls("oauth.v2.access")) == 1 + hours
        assert not one.channel.alarms()
        assert not other.channel.alarms()


async def test_s21_a_closed_channel_is_an_alarm_and_loses_nothing(whole: Whole, workspace: Workspace) -> None:
    # case I13
    await workspace.alice.archives(workspace.queues["support"])
    await whole.says(workspace.ann, workspace.help, "The pump leaks")
    await whole.until(workspace.alarms)
    workspace.clock.advance(timedelta(minutes=1))
    await whole.until(lambda: "is archived" in " ".join("".join(whole.alarm_mail()).split()))
    assert any("support" in text or workspace.queues["support"].id in text for text in workspace.alarms())
    assert whole.counts("contacts") == {"registered": 1}
    assert not workspace.cards(1001)
    workspace.queues["support"].archived = False
    workspace.slack.send_event({"type": "channel_unarchive", "channel": workspace.queues["support"].id})
    await whole.settles(timedelta(hours=2))
    assert len(workspace.cards(1001)) == 1


async def test_s21_an_app_that_is_taken_out_of_a_channel_says_so(whole: Whole, workspace: Workspace) -> None:
    # case I13
    room = workspace.queues["support"]
    await workspace.alice.kicks_the_app(room)
    await whole.says(workspace.ann, workspace.help, "The pump leaks")
    await whole.until(workspace.alarms)
    assert not workspace.cards(1001)
    await workspace.alice.invites_the_app(room)
    await whole.settles(timedelta(hours=2))
    assert len(workspace.cards(1001)) == 1


async def test_s21_a_channel_that_gets_another_id_is_followed(whole: Whole, workspace: Workspace) -> None:
    # case I13
    said = await whole.says(workspace.ann, workspace.help, "The pump leaks")
    for room in (workspace.queues["support"], workspace.help):
        workspace.slack.change_channel_id(room)
    await whole.settles()
    await whole.perform("alice", c.Take(1001))
    await whole.perform("alice", c.Ask(1001, "Which pump?"))
    await whole.says(workspace.ann, workspace.help, "The one in the hall", thread=said)
    await whole.says(workspace.ann, workspace.help, "The tap drips")
    assert whole.conversations() == [["The pump leaks", "The one in the hall"], ["The tap drips"]]
    assert len(workspace.cards(1001)) == len(workspace.cards(1002)) == 1
    assert "Alice" in read(workspace.card(1001))
    assert any("Which pump?" in read(one) for one in workspace.slack.thread(said))
    assert workspace.alarms(), "the configuration names an id that is gone"


async def test_operators_read_what_the_house_tells_them(whole: Whole, workspace: Workspace) -> None:
    whole.channel.tell_operators("rules running abc, disk has def: rules/30.yaml:41: unknown queue 'x'")
    await whole.until(workspace.alarms)
    assert "rules/30.yaml:41" in workspace.alarms()[0]
    assert whole.channel.alarms() == ()
