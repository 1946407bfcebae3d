"""Events: what the app is told of what happens. `Announcer` builds each event and hands it to the courier.

An event goes out only where the app is installed, subscribed, has the scope and is a member: as Slack decides it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fakes.slack.records import Channel, Json, Message, StoredFile, User, View, Workspace
from fakes.slack.shapes import Shapes
from fakes.slack.state import State

HISTORY_SCOPES = {"channel": "channels:history", "group": "groups:history", "im": "im:history"}
SCOPES = {
    "app_mention": "app_mentions:read",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
    "file_shared": "files:read",
    "channel_archive": "channels:read",
    "channel_unarchive": "channels:read",
    "channel_rename": "channels:read",
    "channel_shared": "channels:read",
    "channel_unshared": "channels:read",
    "channel_id_changed": "channels:read",
    "member_joined_channel": "channels:read",
    "member_left_channel": "channels:read",
    "group_archive": "groups:read",
    "group_left": "groups:read",
    "channel_left": "channels:read",
    "user_change": "users:read",
    "team_join": "users:read",
}
EVENTS = frozenset(
    {
        "message.channels",
        "message.groups",
        "message.im",
        "app_home_opened",
        "tokens_revoked",
        "app_uninstalled",
        *SCOPES,
    }
)


@dataclass(eq=False)
class Event:
    """An envelope as it is delivered. `about` is the ts of the message it tells of, when it tells of one."""

    id: str
    body: Json
    about: str = ""
    team: str = ""


@dataclass
class Announcer:
    """`send` takes each event; `app_id` and `subscribed` are the app's."""

    state: State
    shapes: Shapes
    app_id: str
    subscribed: set[str]
    send: Callable[[Event], None]
    scopes: set[str] = field(default_factory=set)

    def message(self, message: Message) -> None:
        """A message came; a mention of the app is told a second time."""
        if message.ephemeral_to:
            return
        event = self._message_event(message)
        self._in_channel(message.channel, self._message_kind(message.channel), event, message.ts)
        for team in self._here(message.channel):
            if f"<@{team.bot_user}>" in message.text and not message.channel.is_dm and message.user != team.bot_user:
                mention = {key: value for key, value in event.items() if key not in ("channel_type", "subtype")}
                self._in_channel(message.channel, "app_mention", mention | {"type": "app_mention"}, message.ts)

    def changed(self, message: Message, before: Message) -> None:
        """A message reads otherwise now."""
        now = self._shown(message) | {"source_team": message.channel.team.id, "user_team": message.channel.team.id}
        self._hidden(message, {"subtype": "message_changed", "message": now, "previous_message": self._shown(before)})

    def deleted(self, message: Message, before: Message) -> None:
        """A message was taken away."""
        self._hidden(
            message,
            {"subtype": "message_deleted", "previous_message": self._shown(before), "deleted_ts": message.ts},
        )

    def reaction(self, kind: str, message: Message, name: str, by: str) -> None:
        """`reaction_added` or `reaction_removed`."""
        event = {
            "type": kind,
            "user": by,
            "reaction": name,
            "item": {"type": "message", "channel": message.channel.id, "ts": message.ts},
            "item_user": message.user,
            "event_ts": self.state.new_ts(),
        }
        self._in_channel(message.channel, kind, event, message.ts)

    def file_shared(self, file: StoredFile, channel: Channel) -> None:
        """A file appeared in a channel."""
        event = {
            "type": "file_shared",
            "file_id": file.id,
            "user_id": file.user,
            "file": {"id": file.id},
            "channel_id": channel.id,
            "event_ts": self.state.new_ts(),
        }
        self._in_channel(channel, "file_shared", event, "")

    def in_channel(self, channel: Channel, kind: str, /, *, everywhere: bool = False, **fields: Any) -> None:
        """Any other event of a channel; `everywhere` also where the app is no member (any more)."""
        event = {"type": kind, **fields, "event_ts": self.state.new_ts()}
        self._in_channel(channel, kind, event, "", everywhere=everywhere)

    def home_opened(self, user: User, channel: Channel, view: View | None, tab: str) -> None:
        """Somebody looks at the app's page."""
        event: Json = {"type": "app_home_opened", "user": user.id, "channel": channel.id, "tab": tab}
        if view:
            event["view"] = self.shapes.view(view)
        self._send("app_home_opened", event | {"event_ts": self.state.new_ts()}, channel.team, None, "")

    def to_team(self, team: Workspace, kind: str, /, **fields: Any) -> None:
        """An event of the whole workspace."""
        self._send(kind, {"type": kind, **fields, "event_ts": self.state.new_ts()}, team, None, "")

    def anything(self, event: Json, team: Workspace) -> str:
        """An event that a test has made itself."""
        whole = {"event_ts": self.state.new_ts(), **event}
        channel = self.state.channels.get(str(event.get("channel")))
        told = self._envelope(whole, team, channel, str(event.get("ts", "")))
        self.send(told)
        return told.id

    def _message_event(self, message: Message) -> Json:
        event = self._shown(message)
        event |= {
            "channel": message.channel.id,
            "event_ts": message.ts,
            "channel_type": message.channel.type,
        }
        root = message.thread_ts and self.state.message(message.channel, message.thread_ts)
        if root:
            event["parent_user_id"] = root.user
        if message.broadcast and root:
            event["root"] = self._shown(root, self.state.replies(message.channel, root.ts))
        if message.channel.shared_with and message.team:
            event |= {"user_team": message.team.id, "source_team": message.team.id}
        return event

    def _hidden(self, message: Message, told: Json) -> None:
        stamp = self.state.new_ts()
        event = {"type": "message", "hidden": True, "channel": message.channel.id, "ts": stamp, "event_ts": stamp}
        event |= {"channel_type": message.channel.type, **told}
        self._in_channel(message.channel, self._message_kind(message.channel), event, message.ts)

    def _shown(self, message: Message, replies: list[Message] | None = None) -> Json:
        return copy.deepcopy(self.shapes.message(message, replies or (), metadata=True))

    @staticmethod
    def _message_kind(channel: Channel) -> str:
        return {"channel": "message.channels", "group": "message.groups", "im": "message.im"}[channel.type]

    def _here(self, channel: Channel, *, everywhere: bool = False) -> list[Workspace]:
        teams = [team for team in (channel.team, *channel.shared_with) if team.installed]
        return [team for team in teams if everywhere or team.bot_user in channel.members]

    def _in_channel(self, channel: Channel, kind: str, event: Json, about: str, *, everywhere: bool = False) -> None:
        teams = self._here(channel, everywhere=everywhere)
        if teams:  # one delivery, with one authorization, however many workspaces share the channel
            self._send(kind, event, teams[0], channel, about)

    def _send(self, kind: str, event: Json, team: Workspace, channel: Channel | None, about: str) -> None:
        needed = HISTORY_SCOPES[channel.type] if kind.startswith("message.") and channel else SCOPES.get(kind)
        if kind not in self.subscribed or (needed and needed not in self.scopes):
            return
        self.send(self._envelope(event, team, channel, about))

    def _envelope(self, event: Json, team: Workspace, channel: Channel | None, about: str) -> Event:
        name = self.state.new_id("Ev")
        gone = event["type"] in ("tokens_revoked", "app_uninstalled")
        authorization = {
            "enterprise_id": team.enterprise,
            "team_id": None if team.by_enterprise else team.id,
            "user_id": team.bot_user,
            "is_bot": True,
            "is_enterprise_install": team.by_enterprise,
        }
        body = {
            "token": "deprecated-verification-token",
            "team_id": team.id,
            "context_team_id": (channel.team if channel else team).id,
            "context_enterprise_id": team.enterprise,
            "api_app_id": self.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": name,
            "event_time": int(self.state.clock.time()),
            "authorizations": [] if gone else [authorization],
            "is_ext_shared_channel": bool(channel and channel.shared_with),
            "event_context": f"4-{name}",
        }
        if team.enterprise:
            body["enterprise_id"] = team.enterprise
        return Event(name, body, about, team.id)
