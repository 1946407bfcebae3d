"""What happens in Slack, whoever does it: each act changes the state and tells the app.

The Web API and the people of the tests both come here, so that both leave the same traces.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fakes.slack.events import Announcer
from fakes.slack.inputs import elements
from fakes.slack.records import Channel, Json, Message, StoredFile, User, Workspace
from fakes.slack.refusal import RefusedError
from fakes.slack.shapes import rich_text
from fakes.slack.state import State


@dataclass
class Acts:
    """One instance for each fake."""

    state: State
    announce: Announcer

    def post(self, channel: Channel, message: Message, *, app_message: bool = False) -> Message:
        """Put a message where it belongs."""
        name_blocks(message.blocks, self.state)
        self.state.timeline[channel.id].append(message)
        self.state.changed()
        self.announce.message(message)
        for file in () if app_message else message.files:
            self.announce.file_shared(file, channel)
        return message

    def say(
        self,
        user: User,
        channel: Channel,
        text: str,
        *,
        thread_ts: str | None,
        files: Sequence[StoredFile],
        **fields: Any,
    ) -> Message:
        """A person's message, as the composer makes it."""
        message = Message(channel, self.state.new_ts(), user.id, text, thread_ts=thread_ts, team=user.team, **fields)
        message.client_msg_id = str(uuid.uuid4())
        message.files = list(files)
        message.blocks = [rich_text(text, self.state.new_id("b"))] if text else []
        if files:
            message.subtype = "file_share"
        elif message.broadcast:
            message.subtype = "thread_broadcast"
        return self.post(channel, message)

    def change(self, message: Message, by: str, *, silent: bool = False, **fields: Any) -> Message:
        """Give a message other contents; `silent` leaves no "edited" mark."""
        before = message.copy()
        for name, value in fields.items():
            setattr(message, name, value)
        name_blocks(message.blocks, self.state, afresh="blocks" in fields)
        message.version += 1
        if not silent:
            message.edited = {"user": by, "ts": self.state.new_ts()}
        self.state.changed()
        self.announce.changed(message, before)
        return message

    def delete(self, message: Message) -> None:
        """Take a message away; the root of a thread leaves a tombstone."""
        before = message.copy()
        if self.state.replies(message.channel, message.ts):
            message.text, message.subtype, message.blocks, message.files = (
                "This message was deleted.",
                "tombstone",
                [],
                [],
            )
            message.user, message.bot_id, message.extra = "USLACKBOT", "", {"hidden": True}
            self.announce.changed(message, before)
        else:
            message.deleted = True
            self.announce.deleted(message, before)
        self.state.changed()

    def react(self, message: Message, name: str, by: str) -> None:
        """Add an emoji."""
        users = message.reactions.setdefault(name, [])
        if by in users:
            raise RefusedError("already_reacted")
        users.append(by)
        self.state.changed()
        self.announce.reaction("reaction_added", message, name, by)

    def unreact(self, message: Message, name: str, by: str) -> None:
        """Take one's emoji back."""
        users = message.reactions.get(name, [])
        if by not in users:
            raise RefusedError("no_reaction")
        users.remove(by)
        if not users:
            del message.reactions[name]
        self.state.changed()
        self.announce.reaction("reaction_removed", message, name, by)

    def join(self, user: User, channel: Channel, inviter: str = "") -> None:
        """Become a member, with the line that says so."""
        if user.id in channel.members:
            return
        channel.members.append(user.id)
        fields = {"inviter": inviter} if inviter else {}
        self._line(user, channel, "channel_join", f"<@{user.id}> has joined the channel", fields)
        self.announce.in_channel(channel, "member_joined_channel", **self._membership(user, channel), **fields)

    def leave(self, user: User, channel: Channel) -> None:
        """Leave, or be taken out."""
        channel.members.remove(user.id)
        self._line(user, channel, "channel_leave", f"<@{user.id}> has left the channel", {})
        told = self._membership(user, channel)
        self.announce.in_channel(channel, "member_left_channel", everywhere=user.id == user.team.bot_user, **told)

    def archive(self, channel: Channel, by: str) -> None:
        """Close a channel: nothing can be posted any more."""
        user = self.state.users[by]
        self._line(user, channel, "channel_archive", f"<@{by}> archived the channel", {})
        channel.archived = True
        self.state.changed()
        kind = "group_archive" if channel.private else "channel_archive"
        self.announce.in_channel(channel, kind, channel=channel.id, user=by, is_moved=0)

    def rename_id(self, channel: Channel, new_id: str) -> str:
        """Sharing has started: the channel goes by another id from now on."""
        old = channel.id
        channel.id = new_id
        self.state.channels[new_id] = self.state.channels.pop(old)
        self.state.timeline[new_id] = self.state.timeline.pop(old, [])
        self.state.changed()
        self.announce.in_channel(channel, "channel_id_changed", old_channel_id=old, new_channel_id=new_id)
        return old

    def uninstall(self, team: Workspace) -> None:
        """The workspace throws the app out: its tokens are dead, and it is told so."""
        gone = [token for token in self.state.tokens.values() if token.team is team and token.kind != "app"]
        for token in gone:
            token.revoked = True
        self.announce.to_team(team, "tokens_revoked", tokens={"oauth": [], "bot": [team.bot_user]})
        self.announce.to_team(team, "app_uninstalled")
        team.installed = False
        self.state.changed()

    def _line(self, user: User, channel: Channel, subtype: str, text: str, extra: Json) -> None:
        message = Message(
            channel, self.state.new_ts(), user.id, text, subtype=subtype, team=user.team, extra=dict(extra)
        )
        self.post(channel, message)

    @staticmethod
    def _membership(user: User, channel: Channel) -> Json:
        kind = "G" if channel.private else "C"
        return {"user": user.id, "channel": channel.id, "channel_type": kind, "team": user.team.id}


def name_blocks(blocks: Sequence[Json], state: State, *, afresh: bool = False) -> None:
    """Give blocks and elements the ids that the app left out, as Slack does; made ones change with the message."""
    for block in blocks:
        made = str(block.get("block_id", "")).startswith("~")
        if not block.get("block_id") or (afresh and made):
            block["block_id"] = f"~{state.new_id('')[-5:]}"
        for element in elements(block):
            element.setdefault("action_id", f"~{state.new_id('')[-5:]}")
