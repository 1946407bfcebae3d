"""Slack's own client writes, changes, reads and deletes messages."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from contract.fake_slack.surfaces import CARD
from fakes.slack import FakeSlack


async def refused(call: Any) -> str:
    """The error code that a call ends with."""
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def test_a_message_is_posted_read_changed_and_deleted(slack: FakeSlack, client: AsyncWebClient) -> None:
    room = slack.channel("help")
    row = {"event_type": "card", "event_payload": {"outbox_id": "7"}}

    posted = await client.chat_postMessage(channel=room.id, text="C-1001", blocks=CARD, metadata=row)
    message = slack.messages(room)[0]
    assert (posted["channel"], posted["ts"]) == (room.id, message.ts)
    assert posted["message"]["bot_id"] == slack.app.bot_id
    assert all(block["block_id"] for block in message.blocks)

    found = await client.conversations_history(channel=room.id, include_all_metadata=True)
    assert found["messages"][0]["metadata"] == row
    assert "metadata" not in (await client.conversations_history(channel=room.id))["messages"][0]

    await client.chat_update(channel=room.id, ts=message.ts, text="taken")
    assert (message.text, message.blocks, message.metadata) == ("taken", [], row)
    assert message.edited is not None
    await client.chat_update(channel=room.id, ts=message.ts, text="taken", metadata={})
    assert message.metadata is None

    await client.chat_delete(channel=room.id, ts=message.ts)
    assert slack.messages(room) == []


async def test_blocks_without_text_leave_no_edited_mark(slack: FakeSlack, client: AsyncWebClient) -> None:
    room = slack.channel("help")
    posted = await client.chat_postMessage(channel=room.id, text="C-1001", blocks=CARD)

    await client.api_call("chat.update", json={"channel": room.id, "ts": posted["ts"], "blocks": CARD[:1]})

    message = slack.messages(room)[0]
    assert (message.text, message.edited, len(message.blocks)) == ("C-1001", None, 1)


async def test_made_block_ids_are_new_after_an_update(slack: FakeSlack, client: AsyncWebClient) -> None:
    room = slack.channel("help")
    posted = await client.chat_postMessage(channel=room.id, text="C-1001", blocks=CARD)
    before = [block["block_id"] for block in slack.messages(room)[0].blocks]

    await client.chat_update(channel=room.id, ts=posted["ts"], text="C-1001", blocks=CARD)

    after = [block["block_id"] for block in slack.messages(room)[0].blocks]
    assert before[0] != after[0]
    assert before[1] == after[1] == "verbs"


async def test_threads(slack: FakeSlack, client: AsyncWebClient) -> None:
    alice = slack.person("alice")
    room = slack.channel("help", members=[alice])
    root = await alice.says(room, "The pump leaks")

    for number in range(3):
        await client.chat_postMessage(channel=room.id, text=f"reply {number}", thread_ts=root.ts)
    await client.chat_postMessage(channel=room.id, text="for all", thread_ts=root.ts, reply_broadcast=True)

    first = await client.conversations_replies(channel=room.id, ts=root.ts, limit=3)
    rest = await client.conversations_replies(
        channel=room.id, ts=root.ts, limit=3, cursor=first["response_metadata"]["next_cursor"]
    )
    texts = [one["text"] for one in [*first["messages"], *rest["messages"]]]
    assert texts == ["The pump leaks", "reply 0", "reply 1", "reply 2", "for all"]
    assert first["messages"][0]["reply_count"] == 4
    assert [one["text"] for one in (await client.conversations_history(channel=room.id))["messages"]] == [
        "for all",
        "The pump leaks",
    ]
    assert await refused(client.conversations_replies(channel=room.id, ts="1.1")) == "thread_not_found"
    slack.limits.enabled = False
    assert await refused(client.chat_postMessage(channel=room.id, text="x", thread_ts="1.1")) == "thread_not_found"
    later = await client.conversations_replies(channel=room.id, ts=root.ts, oldest=first["messages"][-1]["ts"])
    assert [one["text"] for one in later["messages"]] == ["The pump leaks", "reply 2", "for all"]


async def test_where_the_app_may_not_write(slack: FakeSlack, client: AsyncWebClient) -> None:
    alice = slack.person("alice")
    closed = slack.channel("old", members=[alice])
    await alice.archives(closed)
    outside, secret = slack.channel("outside", bot=False), slack.channel("secret", private=True, bot=False)

    assert await refused(client.chat_postMessage(channel="C404", text="x")) == "channel_not_found"
    assert await refused(client.chat_postMessage(channel=outside.id, text="x")) == "not_in_channel"
    assert await refused(client.chat_postMessage(channel=secret.id, text="x")) == "channel_not_found"
    assert await refused(client.chat_postMessage(channel=closed.id, text="x")) == "is_archived"
    assert await refused(client.conversations_history(channel=outside.id)) == "not_in_channel"


async def test_only_own_messages_change(slack: FakeSlack, client: AsyncWebClient) -> None:
    slack.verdict.allow("foreign-update")
    alice = slack.person("alice")
    room = slack.channel("help", members=[alice])
    message = await alice.says(room, "mine")

    assert await refused(client.chat_update(channel=room.id, ts=message.ts, text="x")) == "cant_update_message"
    assert await refused(client.chat_delete(channel=room.id, ts=message.ts)) == "cant_delete_message"
    assert await refused(client.chat_update(channel=room.id, ts="1.1", text="x")) == "message_not_found"
    assert len([check for check, _ in slack.verdict.failings if check == "foreign-update"]) == 2


async def test_ephemerals(slack: FakeSlack, client: AsyncWebClient) -> None:
    alice, bob = slack.person("alice"), slack.person("bob")
    room = slack.channel("help", members=[alice])

    shown = await client.chat_postEphemeral(channel=room.id, user=alice.id, text="only you")

    assert (alice.ephemerals, bob.ephemerals, slack.messages(room)) == (["only you"], [], [])
    assert (await client.conversations_history(channel=room.id))["messages"] == []
    assert await refused(client.chat_postEphemeral(channel=room.id, user=bob.id, text="x")) == "user_not_in_channel"
    update = client.chat_update(channel=room.id, ts=shown["message_ts"], text="x")
    assert await refused(update) == "message_not_found"


async def test_a_person_is_written_to_by_the_persons_id(slack: FakeSlack, client: AsyncWebClient) -> None:
    alice = slack.person("alice")
    await client.chat_postMessage(channel=alice.id, text="direct")
    opened = await client.conversations_open(users=[alice.id])

    assert opened["channel"]["id"] == alice.dm().id
    assert [one.text for one in slack.messages(alice.dm())] == ["direct"]
    robot = slack.person("robot", kind="bot")
    assert await refused(client.conversations_open(users=[robot.id])) == "cannot_dm_bot"


async def test_reactions_and_permalinks(slack: FakeSlack, client: AsyncWebClient) -> None:
    alice = slack.person("alice")
    room = slack.channel("help", members=[alice])
    message = await alice.says(room, "hello")

    await client.reactions_add(channel=room.id, timestamp=message.ts, name="ticket")
    assert message.reactions == {"ticket": [slack.app.bot_user]}
    again = client.reactions_add(channel=room.id, timestamp=message.ts, name="ticket")
    assert await refused(again) == "already_reacted"
    await client.reactions_remove(channel=room.id, timestamp=message.ts, name="ticket")
    assert message.reactions == {}
    assert await refused(client.reactions_remove(channel=room.id, timestamp=message.ts, name="ticket")) == "no_reaction"

    link = (await client.chat_getPermalink(channel=room.id, message_ts=message.ts))["permalink"]
    assert link == f"https://acme.slack.com/archives/{room.id}/p{message.ts.replace('.', '')}"


async def test_texts_have_their_limits(slack: FakeSlack, client: AsyncWebClient) -> None:
    slack.verdict.allow("limits", "fallback-text", "arguments")
    room = slack.channel("help")
    posted = await client.chat_postMessage(channel=room.id, text="x" * 41_000)
    assert len(slack.messages(room)[0].text) == 40_000
    assert await refused(client.chat_update(channel=room.id, ts=posted["ts"], text="x" * 4_001)) == "msg_too_long"
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3000}}
    many = client.chat_postMessage(channel=room.id, text="x", blocks=[section] * 5)
    assert await refused(many) == "msg_blocks_too_long"
    assert await refused(client.api_call("chat.postMessage", json={"channel": room.id, "text": ""})) == "no_text"
    wrong = client.chat_postMessage(channel=room.id, text="x", metadata={"event_type": 7, "event_payload": {}})
    assert await refused(wrong) == "invalid_metadata_schema"
    large = {"event_type": "card", "event_payload": {"row": "x" * 9000}}
    assert await refused(client.chat_postMessage(channel=room.id, text="x", metadata=large)) == "metadata_too_large"


async def test_users_deleted_roots_leave_a_tombstone(slack: FakeSlack, client: AsyncWebClient) -> None:
    alice = slack.person("alice")
    room = slack.channel("help", members=[alice])
    root = await alice.says(room, "question")
    await client.chat_postMessage(channel=room.id, text="answer", thread_ts=root.ts)

    await alice.deletes(root)

    assert [one["text"] for one in (await client.conversations_replies(channel=room.id, ts=root.ts))["messages"]] == [
        "This message was deleted.",
        "answer",
    ]
