"""How Slack shows things in its answers and events: users, channels, messages, files and views as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import unescape
from typing import Any

from fakes.slack.records import Channel, Json, Message, StoredFile, User, View, Workspace


@dataclass
class Shapes:
    """`origin` is where the fake's files are found; `app_id` and `app_name` are the app's."""

    origin: str
    app_id: str
    app_name: str

    def user(self, user: User, seen_by: Workspace, *, with_email: bool) -> Json:
        """As users.info tells it to the app in `seen_by`."""
        stranger = user.team is not seen_by
        profile: Json = {
            "real_name": user.name,
            "display_name": user.handle,
            "real_name_normalized": user.name,
            "display_name_normalized": user.handle,
            "team": user.team.id,
            "avatar_hash": "g0",
            "image_72": "https://secure.gravatar.com/avatar/0.jpg",
        }
        if with_email and user.email and not stranger and user.kind != "bot":
            profile["email"] = user.email
        if user.kind == "bot":
            profile |= {"bot_id": user.bot_id, "api_app_id": self.app_id if user.id == user.team.bot_user else ""}
        shown: Json = {"id": user.id, "team_id": user.team.id, "name": user.handle, "deleted": user.deleted}
        shown |= {"is_bot": user.kind == "bot", "is_app_user": False, "updated": 1700000000, "profile": profile}
        if stranger:
            shown["is_stranger"] = True
        if user.team.enterprise:
            shown["enterprise_user"] = _enterprise_user(user)
        return shown if user.deleted else shown | _living(user)

    def channel(self, channel: Channel, seen_by: Workspace) -> Json:
        """As conversations.info tells it."""
        if channel.is_dm:
            return {
                "id": channel.id,
                "created": channel.created,
                "is_im": True,
                "is_archived": False,
                "is_org_shared": False,
                "user": channel.dm_with,
                "context_team_id": channel.team.id,
            }
        shared = [team.id for team in (channel.team, *channel.shared_with)] if channel.shared_with else []
        return {
            "id": channel.id,
            "name": channel.name,
            "name_normalized": channel.name,
            "is_channel": not channel.private,
            "is_group": channel.private,
            "is_im": False,
            "is_mpim": False,
            "is_private": channel.private,
            "is_archived": channel.archived,
            "is_general": False,
            "is_shared": bool(shared),
            "is_org_shared": False,
            "is_ext_shared": bool(shared),
            "is_pending_ext_shared": False,
            "is_member": seen_by.bot_user in channel.members,
            "created": channel.created,
            "creator": channel.members[0] if channel.members else "",
            "unlinked": 0,
            "context_team_id": channel.team.id,
            "shared_team_ids": shared or [channel.team.id],
            "topic": {"value": channel.topic, "creator": "", "last_set": 0},
            "purpose": {"value": channel.purpose, "creator": "", "last_set": 0},
            "num_members": len(channel.members),
        }

    def message(self, message: Message, replies: Iterable[Message] = (), *, metadata: bool = False) -> Json:
        """As conversations.history tells it; `replies` are those of its thread."""
        shown: Json = {"type": "message", "user": message.user, "ts": message.ts, "text": message.text}
        shown |= _given(
            subtype=message.subtype,
            client_msg_id=message.client_msg_id,
            thread_ts=message.thread_ts,
            blocks=message.blocks,
            attachments=message.attachments,
            edited=message.edited,
            username=message.username,
            files=[self.file(one) for one in message.files],
            reactions=[{"name": name, "users": list(by), "count": len(by)} for name, by in message.reactions.items()],
            metadata=message.metadata if metadata else None,
        )
        if message.team:
            shown["team"] = message.team.id
        if message.bot_id:
            shown |= {"bot_id": message.bot_id, "app_id": message.app_id, "bot_profile": self.bot_profile(message)}
        if message.files:
            shown |= {"upload": False, "display_as_bot": False}
        return shown | _thread(message, list(replies)) | message.extra

    def bot_profile(self, message: Message) -> Json:
        """Who the bot of a message is."""
        return {
            "id": message.bot_id,
            "app_id": message.app_id,
            "name": message.username or self.app_name,
            "icons": {},
            "deleted": False,
            "updated": 1700000000,
            "team_id": message.team.id if message.team else "",
        }

    def file(self, file: StoredFile) -> Json:
        """As a message lists it; of a Slack Connect file only that files.info has to be asked."""
        if file.check_first:
            return {
                "id": file.id,
                "mode": "file_access",
                "file_access": "check_file_info",
                "created": 0,
                "timestamp": 0,
            }
        return self.whole_file(file)

    def whole_file(self, file: StoredFile) -> Json:
        """As files.info tells it."""
        place = f"{self.origin}/files-pri/{file.team.id}-{file.id}"
        kind = file.name.rsplit(".", 1)[-1].lower() if "." in file.name else "binary"
        return {
            "id": file.id,
            "created": file.created,
            "timestamp": file.created,
            "name": file.name,
            "title": file.title,
            "mimetype": file.mimetype,
            "filetype": kind,
            "pretty_type": kind.upper(),
            "user": file.user,
            "user_team": file.team.id,
            "editable": False,
            "size": len(file.content),
            "mode": "hosted",
            "is_external": False,
            "external_type": "",
            "is_public": True,
            "public_url_shared": False,
            "display_as_bot": False,
            "username": "",
            "url_private": f"{place}/{file.name}",
            "url_private_download": f"{place}/download/{file.name}",
            "permalink": f"https://{file.team.domain}.slack.com/files/{file.user}/{file.id}/{file.name}",
            "permalink_public": f"https://slack-files.com/{file.team.id}-{file.id}-0",
            "channels": list(file.channels),
            "groups": [],
            "ims": [],
            "has_rich_preview": False,
            "file_access": "visible",
        }

    def view(self, view: View) -> Json:
        """As answers and interactions show it."""
        kept = view.content
        return {
            "id": view.id,
            "team_id": view.team.id,
            "type": view.type,
            "blocks": view.blocks,
            "private_metadata": kept.get("private_metadata") or "",
            "callback_id": kept.get("callback_id") or "",
            "state": {"values": view.values},
            "hash": view.hash,
            "title": kept.get("title") or {"type": "plain_text", "text": "View Title", "emoji": True},
            "clear_on_close": bool(kept.get("clear_on_close")),
            "notify_on_close": bool(kept.get("notify_on_close")),
            "close": kept.get("close"),
            "submit": kept.get("submit"),
            "previous_view_id": view.previous,
            "root_view_id": view.root or view.id,
            "app_id": self.app_id,
            "external_id": kept.get("external_id") or "",
            "app_installed_team_id": view.team.id,
            "bot_id": view.bot_id,
        }


def rich_text(text: str, block_id: str) -> Json:
    """The block that Slack makes of what a person writes."""
    element = {"type": "text", "text": unescape(text)}
    section = {"type": "rich_text_section", "elements": [element]}
    return {"type": "rich_text", "block_id": block_id, "elements": [section]}


def permalink(channel: Channel, ts: str, thread_ts: str | None) -> str:
    """The address of a message."""
    thread = f"?thread_ts={thread_ts}&cid={channel.id}" if thread_ts and thread_ts != ts else ""
    return f"https://{channel.team.domain}.slack.com/archives/{channel.id}/p{ts.replace('.', '')}{thread}"


def _given(**fields: Any) -> Json:
    return {name: value for name, value in fields.items() if value}


def _living(user: User) -> Json:
    return {
        "color": "9f69e7",
        "real_name": user.name,
        "tz": user.tz,
        "tz_label": "Greenwich Mean Time",
        "tz_offset": 0,
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": user.kind == "guest",
        "is_ultra_restricted": False,
        "is_email_confirmed": user.kind != "bot",
        "who_can_share_contact_card": "EVERYONE",
    }


def _enterprise_user(user: User) -> Json:
    return {
        "id": f"W{user.id[1:]}",
        "enterprise_id": user.team.enterprise,
        "enterprise_name": "Acme Group",
        "is_admin": False,
        "is_owner": False,
        "teams": [user.team.id],
    }


def _thread(message: Message, replies: list[Message]) -> Json:
    if not replies:
        return {}
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users": list(dict.fromkeys(one.user for one in replies)),
        "reply_users_count": len({one.user for one in replies}),
        "latest_reply": replies[-1].ts,
        "is_locked": False,
        "subscribed": False,
    }
