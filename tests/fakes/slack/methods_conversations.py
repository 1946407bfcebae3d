"""conversations.*: what channels there are, who is in them and what was said."""

from __future__ import annotations

from fakes.slack.records import Channel, Json, Message
from fakes.slack.refusal import RefusedError
from fakes.slack.registry import Call, method

READ = ("channels:read", "groups:read", "im:read")
HISTORY = {"channel": "channels:history", "group": "groups:history", "im": "im:history"}


@method("conversations.info", "3", *READ)
def channel_record(call: Call) -> Json:
    """One conversation."""
    return {"channel": call.api.shapes.channel(call.channel(), call.team)}


@method("conversations.list", "2", *READ)
def list_channels(call: Call) -> Json:
    """The conversations that the app may see."""
    wanted = call.text("types", "public_channel").replace(" ", "").split(",")
    kinds = {"public_channel": "channel", "private_channel": "group", "im": "im"}
    types = {kinds[one] for one in wanted if one in kinds}
    rows = [one for one in dict.fromkeys(call.api.state.channels.values()) if one.type in types and _shown(call, one)]
    page, metadata = call.page(rows)
    return {"channels": [call.api.shapes.channel(one, call.team) for one in page], "response_metadata": metadata}


def _shown(call: Call, channel: Channel) -> bool:
    here = call.team in (channel.team, *channel.shared_with)
    open_to_us = channel.type == "channel" or call.team.bot_user in channel.members
    return here and open_to_us and not (channel.archived and call.flag("exclude_archived"))


@method("conversations.history", "3", *HISTORY.values())
def history(call: Call) -> Json:
    """What was said, newest first, without replies in threads."""
    channel = _readable(call)
    rows = [one for one in call.api.state.live(channel) if one.thread_ts in (None, one.ts) or one.broadcast]
    rows = [one for one in _in_span(call, rows) if not one.ephemeral_to]
    page, metadata = call.page(rows[::-1], otherwise=100, most=999)
    return {
        "messages": [_message(call, one) for one in page],
        "has_more": bool(metadata["next_cursor"]),
        "pin_count": 0,
        "channel_actions_ts": None,
        "channel_actions_count": 0,
        "response_metadata": metadata,
    }


@method("conversations.replies", "3", *HISTORY.values())
def replies(call: Call) -> Json:
    """A thread, oldest first, the root before all."""
    channel = _readable(call)
    asked = call.need("ts", "thread_not_found")
    found = call.api.state.message(channel, asked)
    if found is None:
        raise RefusedError("thread_not_found")
    root = call.api.state.message(channel, found.root_ts) or found
    rows = [root, *_in_span(call, call.api.state.replies(channel, root.ts))]
    page, metadata = call.page(rows, otherwise=1000)
    return {
        "messages": [_message(call, one) for one in page],
        "has_more": bool(metadata["next_cursor"]),
        "response_metadata": metadata,
    }


@method("conversations.open", "3", "im:write")
def open_dm(call: Call) -> Json:
    """The direct message with one person."""
    users = call.names("users")
    if not users:
        return {"channel": {"id": call.channel().id}}
    if len(users) > 1:
        raise RefusedError("method_not_supported_for_channel_type")
    user = call.api.state.users.get(users[0])
    if user is None:
        raise RefusedError("user_not_found")
    if user.deleted:
        raise RefusedError("user_disabled")
    if user.kind == "bot":
        raise RefusedError("cannot_dm_bot")
    channel = call.api.state.dm(user, call.team)
    shown = call.api.shapes.channel(channel, call.team) if call.flag("return_im") else {"id": channel.id}
    return {"channel": shown}


@method("conversations.members", "4", *READ)
def members(call: Call) -> Json:
    """Who is in it."""
    page, metadata = call.page(list(call.channel().members))
    return {"members": page, "response_metadata": metadata}


@method("conversations.join", "3", "channels:join")
def join(call: Call) -> Json:
    """The app enters a public channel."""
    channel = call.channel()
    if channel.type != "channel":
        raise RefusedError("method_not_supported_for_channel_type")
    if channel.archived:
        raise RefusedError("is_archived")
    inside = call.team.bot_user in channel.members
    call.api.acts.join(call.bot, channel)
    if inside:
        call.warnings.append("already_in_channel")
    return {"channel": call.api.shapes.channel(channel, call.team)}


def _readable(call: Call) -> Channel:
    channel = call.channel(member=True)
    needed = HISTORY[channel.type]
    if call.token is not None and needed not in call.token.scopes:
        provided = ",".join(sorted(call.token.scopes))
        raise RefusedError("missing_scope", needed=needed, provided=provided)
    return channel


def _in_span(call: Call, rows: list[Message]) -> list[Message]:
    oldest, latest = float(call.text("oldest") or 0), float(call.text("latest") or "inf")
    if call.flag("inclusive"):
        return [one for one in rows if oldest <= float(one.ts) <= latest]
    return [one for one in rows if oldest < float(one.ts) < latest]


def _message(call: Call, message: Message) -> Json:
    state = call.api.state
    inside = state.replies(message.channel, message.ts)
    shown = call.api.shapes.message(message, inside, metadata=call.flag("include_all_metadata"))
    root = message.thread_ts and message.thread_ts != message.ts and state.message(message.channel, message.thread_ts)
    return shown | ({"parent_user_id": root.user} if root else {})
