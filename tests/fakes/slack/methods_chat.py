"""chat.*: what the app writes, changes and takes away."""

from __future__ import annotations

import json
from typing import Any

from fakes.slack.block_check import check_message, check_view
from fakes.slack.block_rules import Problem
from fakes.slack.records import Channel, Json, Message
from fakes.slack.refusal import RefusedError
from fakes.slack.registry import Call, method
from fakes.slack.shapes import permalink

LONGEST_POST = 40_000
LONGEST_UPDATE = 4_000
METADATA_BYTES = 8_000


@method("chat.postMessage", "post", "chat:write")
def post_message(call: Call) -> Json:
    """A new message of the app."""
    channel = _writable(call)
    message = _composed(call, channel)
    _check(call, message)
    call.api.scrutiny.posted(message)
    call.api.acts.post(channel, message, app_message=True)
    return {"channel": channel.id, "ts": message.ts, "message": call.api.shapes.message(message, metadata=True)}


@method("chat.postEphemeral", "4", "chat:write")
def post_ephemeral(call: Call) -> Json:
    """A message that one person sees, if that person is there."""
    channel = _writable(call)
    user = call.user()
    if user.id not in channel.members:
        raise RefusedError("user_not_in_channel")
    message = _composed(call, channel)
    message.ephemeral_to = user.id
    _check(call, message)
    call.api.state.ephemerals[user.id].append(message)
    return {"message_ts": message.ts}


@method("chat.update", "3", "chat:write")
def update_message(call: Call) -> Json:
    """Other contents for a message of the app."""
    message = _own(call, "cant_update_message")
    text, given = call.text("text"), call.arguments
    if len(text) > LONGEST_UPDATE:
        call.api.verdict.fail("limits", f"chat.update: a text of {len(text)} characters")
        raise RefusedError("msg_too_long")
    fields: Json = {}
    if given.get("blocks") is not None:
        fields["blocks"] = call.api.scrutiny.blocks(given["blocks"], "chat.update")
    elif text:
        fields["blocks"] = []  # text alone takes the blocks away
    if given.get("attachments") is not None:
        fields["attachments"] = given["attachments"]
    if "text" in given:
        fields["text"] = text
    if not any(fields.get(name, getattr(message, name)) for name in ("text", "blocks", "attachments")):
        raise RefusedError("no_text")
    if given.get("metadata") is not None:
        fields["metadata"] = _metadata(call)
    changed = _preview(message, fields)
    call.api.scrutiny.message(changed, "chat.update", names_live=_names_live(call, "client"))
    call.api.acts.change(message, message.user, silent="text" not in given, **fields)
    shown = call.api.shapes.message(message, metadata=True)
    return {"channel": message.channel.id, "ts": message.ts, "text": message.text, "message": shown}


@method("chat.delete", "3", "chat:write")
def delete_message(call: Call) -> Json:
    """Take a message of the app away."""
    message = _own(call, "cant_delete_message")
    call.api.acts.delete(message)
    return {"channel": message.channel.id, "ts": message.ts}


@method("chat.getPermalink", "special")
def get_permalink(call: Call) -> Json:
    """The address of a message."""
    channel = call.channel()
    message = call.api.state.find_message(channel, call.need("message_ts", "message_not_found"))
    return {"channel": channel.id, "permalink": permalink(channel, message.ts, message.thread_ts)}


@method("blocks.validate", "special")
def validate_blocks(call: Call) -> Json:
    """What Slack would object to in blocks, a message or a view."""
    given = [name for name in ("blocks", "message", "view") if call.arguments.get(name)]
    if len(given) != 1:
        raise RefusedError("invalid_arguments")
    name = given[0]
    problems = _validated(name, call.arguments[name])
    if problems:
        raise RefusedError(f"invalid_{name}", errors=[problem.entry() for problem in problems])
    return {}


def _validated(name: str, value: Any) -> list[Problem]:
    if name == "view":
        return check_view(value)
    return check_message(value if name == "blocks" else (value.get("blocks") or []))


def _writable(call: Call) -> Channel:
    channel = call.channel()
    scopes = call.token.scopes if call.token else set()
    anywhere = channel.type == "channel" and "chat:write.public" in scopes
    if call.team.bot_user not in channel.members and not anywhere:
        raise RefusedError("not_in_channel")
    if channel.archived:
        raise RefusedError("is_archived")
    return channel


def _composed(call: Call, channel: Channel) -> Message:
    text = call.text("text")
    message = Message(channel, call.api.state.new_ts(), call.team.bot_user, text[:LONGEST_POST])
    message.team, message.bot_id, message.app_id = call.team, call.team.bot_id, call.api.app.app_id
    message.blocks = call.api.scrutiny.blocks(call.arguments.get("blocks"), call.method)
    message.attachments = list(call.arguments.get("attachments") or [])
    message.thread_ts = _thread(call, channel)
    message.username = call.text("username")
    message.subtype = "bot_message" if message.username else None
    message.broadcast = bool(message.thread_ts) and call.flag("reply_broadcast")
    if message.broadcast:
        message.subtype = "thread_broadcast"
    message.metadata = _metadata(call)
    if len(text) > LONGEST_POST:
        call.api.verdict.fail("limits", f"{call.method}: a text of {len(text)} characters was cut")
    return message


def _thread(call: Call, channel: Channel) -> str | None:
    asked = call.text("thread_ts")
    if not asked:
        return None
    root = call.api.state.message(channel, asked)
    if root is None:
        raise RefusedError("thread_not_found")
    return root.root_ts


def _check(call: Call, message: Message) -> None:
    if not message.text and not message.blocks and not message.attachments:
        raise RefusedError("no_text")
    if not message.text:
        call.warnings.append("missing_text_in_message")
    call.api.scrutiny.message(message, call.method, names_live=_names_live(call, "none"))


def _names_live(call: Call, otherwise: str) -> bool:
    """Whether Slack links names; chat.update does when the app does not say `parse: none`."""
    return call.flag("link_names") or call.text("parse", otherwise) != "none"


def _own(call: Call, otherwise: str) -> Message:
    channel = call.channel()
    message = call.api.state.find_message(channel, call.need("ts", "message_not_found"))
    if message.user != call.team.bot_user:
        call.api.verdict.fail("foreign-update", f"{call.method} of {message.ts}, which is {message.user}'s")
        raise RefusedError(otherwise)
    if channel.archived:
        raise RefusedError("is_archived")
    if channel.shared_with and call.team.bot_user not in channel.members:
        raise RefusedError(otherwise)
    return message


def _metadata(call: Call) -> Json | None:
    given = call.arguments.get("metadata")
    if not given:
        return None
    if not isinstance(given, dict) or set(given) - {"event_type", "event_payload", "entities"}:
        raise RefusedError("invalid_metadata_format")
    if not isinstance(given.get("event_type"), str) or not isinstance(given.get("event_payload"), dict):
        raise RefusedError("invalid_metadata_schema")
    if len(json.dumps(given)) > METADATA_BYTES:
        raise RefusedError("metadata_too_large")
    return given


def _preview(message: Message, fields: Json) -> Message:
    changed = message.copy()
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed
