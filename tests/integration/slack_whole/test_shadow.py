"""Shadow mode in a workspace: agents see everything, callers get no word from us, by chat or by mail."""

from __future__ import annotations

from intakebot.domain import commands as c
from intakebot.domain.delivery import SHADOW
from integration.slack_whole.whole import Whole
from integration.slack_whole.workspace import CRC, Workspace, read


async def in_shadow(whole: Whole) -> None:
    await whole.stop()
    written = whole.settings.read_text("utf-8")
    whole.settings.write_text(written.replace("  mode: live", "  mode: shadow", 1), "utf-8")
    await whole.start()


async def test_whole_conversations_send_nothing_and_agents_look_on(whole: Whole, workspace: Workspace) -> None:
    await in_shadow(whole)
    ann, bot = workspace.ann, f"<@{workspace.slack.app.bot_user}>"
    asked = await whole.says(ann, workspace.help, "The pump leaks")
    await whole.says(ann, workspace.help, "The one in the hall", thread=asked)
    await whole.says(ann, ann.dm(), "The tap drips")
    await whole.says(ann, workspace.help, bot)
    await whole.says(workspace.cal, workspace.billing, "Why is my invoice so high?")
    await whole.mail("ann@acme.example", "Invoice", "Why?", CRC)
    await whole.perform("alice", c.Take(1001))
    await whole.perform("alice", c.Ask(1001, "Which pump?"))
    await whole.perform("alice", c.Resolve(1001, "Switch it on."))
    assert [len(workspace.cards(number)) for number in (1001, 1002, 1003, 1004)] == [1] * 4
    assert "Alice" in read(workspace.card(1001))
    assert (workspace.outside(), ann.ephemerals, workspace.cal.ephemerals) == ([], [], [])
    assert not workspace.slack.calls("reactions.add")
    assert set(whole.counts("deliveries")) == {"withdrawn"}
    assert {row["answer"] for row in whole.opened.archive.deliveries("", 100)} == {SHADOW}
    assert not (whole.opened.data / "outbox").exists()


async def test_the_same_conversation_is_heard_where_things_are_sent(whole: Whole, workspace: Workspace) -> None:
    await whole.says(workspace.ann, workspace.help, "The pump leaks")
    assert workspace.outside()
    assert workspace.slack.calls("reactions.add")
