"""files.*: an upload in three steps, and what is known of a file. `file_server` moves the bytes."""

from __future__ import annotations

import mimetypes
import secrets

from fakes.slack.records import Json, Message, StoredFile
from fakes.slack.refusal import RefusedError
from fakes.slack.registry import Call, method


@method("files.getUploadURLExternal", "4", "files:write")
def upload_address(call: Call) -> Json:
    """Where the bytes of one file go."""
    name, length = call.need("filename"), call.number("length", 0)
    if length <= 0:
        raise RefusedError("invalid_arguments")
    state = call.api.state
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    file = StoredFile(state.new_id("F"), name, name, kind, b"", call.team.bot_user, call.team, int(call.at))
    file.complete, file.secret = False, secrets.token_urlsafe(24)
    state.files[file.id] = file
    call.api.uploads[file.secret] = (file, length)
    return {"upload_url": f"{call.api.shapes.origin}/upload/v1/{file.secret}", "file_id": file.id}


@method("files.completeUploadExternal", "4", "files:write")
def complete_upload(call: Call) -> Json:
    """The uploaded files become visible, in a channel or to the app alone."""
    asked = call.arguments.get("files")
    if not isinstance(asked, list) or not asked:
        raise RefusedError("invalid_arguments")
    files = [_uploaded(call, one) for one in asked]
    places = [call.text("channel_id")] if call.text("channel_id") else call.names("channels")
    for file in files:
        file.complete = True
    for place in places:
        _share(call, files, place)
    return {"files": [call.api.shapes.whole_file(file) for file in files]}


@method("files.info", "4", "files:read")
def file_record(call: Call) -> Json:
    """One file, with its addresses."""
    file = call.api.state.files.get(call.need("file", "file_not_found"))
    if file is None or not file.complete or not _seen(call, file):
        raise RefusedError("file_not_found")
    return {"file": call.api.shapes.whole_file(file), "comments": [], "response_metadata": {"next_cursor": ""}}


@method("files.delete", "3", "files:write")
def delete_file(call: Call) -> Json:
    """A file of the app goes away."""
    file = call.api.state.files.get(call.need("file", "file_not_found"))
    if file is None:
        raise RefusedError("file_not_found")
    if file.user != call.team.bot_user:
        raise RefusedError("cant_delete_file")
    del call.api.state.files[file.id]
    return {}


def _uploaded(call: Call, asked: Json) -> StoredFile:
    file = call.api.state.files.get(str(asked.get("id")))
    if file is None or file.user != call.team.bot_user:
        raise RefusedError("file_not_found")
    if not file.content:
        raise RefusedError("file_update_failed")
    file.title = str(asked.get("title") or file.name)
    return file


def _share(call: Call, files: list[StoredFile], place: str) -> None:
    call.arguments["channel"] = place
    channel = call.channel(member=True)
    if channel.archived:
        raise RefusedError("is_archived")
    thread = call.text("thread_ts") or None
    if thread and call.api.state.message(channel, thread) is None:
        raise RefusedError("thread_not_found")
    text = call.text("initial_comment")
    message = Message(
        channel, call.api.state.new_ts(), call.team.bot_user, text, thread_ts=thread, subtype="file_share"
    )
    message.team, message.bot_id, message.app_id = call.team, call.team.bot_id, call.api.app.app_id
    message.files = files
    for file in files:
        file.channels.append(channel.id)
    call.api.scrutiny.message(message, call.method)
    call.api.acts.post(channel, message, app_message=True)


def _seen(call: Call, file: StoredFile) -> bool:
    channels = [call.api.state.channels.get(one) for one in file.channels]
    inside = any(one is not None and call.team.bot_user in one.members for one in channels)
    return inside or file.user == call.team.bot_user
