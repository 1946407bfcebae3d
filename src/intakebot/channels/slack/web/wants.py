"""What the app asks of a workspace: what it may do, and what it is told. Each with its use.

The manifest in `config/` asks for exactly this, and a test holds the two together; `check` compares it with what a
workspace has granted.
"""

from __future__ import annotations

from collections.abc import Mapping

SCOPES: Mapping[str, str] = {
    "app_mentions:read": "hearing when somebody calls the app in a thread",
    "channels:history": "hearing what is said in public channels, and finding posts of ours again",
    "channels:read": "knowing whether a public channel is there, archived, or without the app",
    "chat:write": "answers, cards, lines, notices",
    "commands": "the slash command and the shortcuts",
    "files:read": "files that callers send",
    "files:write": "files that agents send",
    "groups:history": "the same as channels:history in private channels",
    "groups:read": "the same as channels:read in private channels",
    "im:history": "hearing direct messages to the app",
    "im:write": "notices to agents by direct message",
    "reactions:read": "making a case of a message by an emoji",
    "reactions:write": "marking a message that has become a case",
    "usergroups:read": "agents by user group",
    "users:read": "names, time zones, and who is a guest or belongs to another workspace",
    "users:read.email": "proposing the caller whose address it is",
}
"""Scopes of the bot token, with what would not work without them."""

EVENTS: Mapping[str, str] = {
    "app_home_opened": "",
    "app_mention": "app_mentions:read",
    "app_uninstalled": "",
    "channel_archive": "channels:read",
    "channel_id_changed": "channels:read",
    "channel_left": "channels:read",
    "channel_unarchive": "channels:read",
    "group_archive": "groups:read",
    "group_left": "groups:read",
    "group_unarchive": "groups:read",
    "member_joined_channel": "channels:read",
    "member_left_channel": "channels:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "reaction_added": "reactions:read",
    "subteam_created": "usergroups:read",
    "subteam_members_changed": "usergroups:read",
    "subteam_updated": "usergroups:read",
    "team_join": "users:read",
    "tokens_revoked": "",
    "user_change": "users:read",
}
"""Events that the app subscribes to, with the scope that each needs ('' = none)."""

TOO_MUCH: frozenset[str] = frozenset({"chat:write.public", "channels:join", "chat:write.customize", "users:write"})
"""Scopes that other apps are given freely, and that this one has no use for."""
