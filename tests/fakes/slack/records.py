"""What the fake Slack remembers: workspaces, people, channels, messages, files, views, tokens, triggers.

Plain records; `state` keeps them, `acts` changes them, `shapes` shows them as Slack does.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]
Kind = Literal["member", "guest", "bot", "deactivated"]


@dataclass(eq=False)
class Workspace:
    """One team. `bot_user` and `bot_id` are the app's there, empty while the app is not installed."""

    id: str
    name: str
    enterprise: str | None = None
    installed: bool = False
    by_enterprise: bool = False
    bot_user: str = ""
    bot_id: str = ""
    bot_token: str = ""

    @property
    def domain(self) -> str:
        """The first label of the workspace's address."""
        return "".join(letter for letter in self.name.lower() if letter.isalnum()) or self.id.lower()


@dataclass(eq=False)
class User:
    """One account. `handle` is the name typed after @, `name` what people read."""

    id: str
    team: Workspace
    handle: str
    name: str
    email: str | None
    kind: Kind = "member"
    bot_id: str = ""
    tz: str = "Europe/London"

    @property
    def deleted(self) -> bool:
        """Deactivated people keep their id and do nothing any more."""
        return self.kind == "deactivated"


@dataclass(eq=False)
class Channel:
    """A conversation. `dm_with` is the one other person of a direct message with the app."""

    id: str
    name: str
    team: Workspace
    private: bool = False
    dm_with: str | None = None
    shared_with: tuple[Workspace, ...] = ()
    archived: bool = False
    members: list[str] = field(default_factory=list)
    created: int = 0
    topic: str = ""
    purpose: str = ""

    @property
    def is_dm(self) -> bool:
        """Whether this is a direct message."""
        return self.dm_with is not None

    @property
    def type(self) -> str:
        """As `channel_type` of message events says it."""
        if self.is_dm:
            return "im"
        return "group" if self.private else "channel"


@dataclass(eq=False)
class StoredFile:
    """Bytes that somebody uploaded. `check_first` makes it one of Slack Connect: files.info tells its addresses."""

    id: str
    name: str
    title: str
    mimetype: str
    content: bytes
    user: str
    team: Workspace
    created: int
    channels: list[str] = field(default_factory=list)
    check_first: bool = False
    complete: bool = True
    secret: str = ""


@dataclass(eq=False)
class Message:
    """One message as it stands now. `ephemeral_to` is set when only that person sees it."""

    channel: Channel
    ts: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    team: Workspace | None = None
    bot_id: str = ""
    app_id: str = ""
    username: str = ""
    subtype: str | None = None
    broadcast: bool = False
    files: list[StoredFile] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    metadata: Json | None = None
    edited: Json | None = None
    deleted: bool = False
    client_msg_id: str = ""
    ephemeral_to: str | None = None
    version: int = 1
    extra: Json = field(default_factory=dict)

    @property
    def root_ts(self) -> str:
        """The thread it belongs to, or would begin."""
        return self.thread_ts or self.ts

    def copy(self) -> Message:
        """As it stands now: what somebody still sees who has not been told of later changes."""
        stale = copy.copy(self)
        for name in ("blocks", "attachments", "reactions", "metadata", "extra"):
            setattr(stale, name, copy.deepcopy(getattr(self, name)))
        stale.files = list(self.files)
        return stale


@dataclass(eq=False)
class View:
    """A modal or an App Home. `values` is what its user has filled in: block_id -> action_id -> value."""

    id: str
    type: Literal["modal", "home"]
    team: Workspace
    user: str
    content: Json
    hash: str
    root: str = ""
    previous: str | None = None
    values: dict[str, dict[str, Json]] = field(default_factory=dict)
    bot_id: str = ""

    @property
    def blocks(self) -> list[Json]:
        """The blocks, each with its block_id."""
        found: list[Json] = self.content["blocks"]
        return found

    @property
    def callback_id(self) -> str:
        """The app's own name for it."""
        return str(self.content.get("callback_id") or "")

    @property
    def title(self) -> str:
        """The title that is read on top of a modal."""
        return str((self.content.get("title") or {}).get("text") or "")

    @property
    def private_metadata(self) -> str:
        """What the app keeps in it, unseen."""
        return str(self.content.get("private_metadata") or "")


@dataclass(eq=False)
class Trigger:
    """Lets the app open one modal, within three seconds. `view` is the modal from which it came."""

    id: str
    user: str
    team: Workspace
    at: float
    view: View | None = None
    used: bool = False


@dataclass(eq=False)
class ResponseUrl:
    """Lets the app answer an interaction: five times within thirty minutes."""

    path: str
    user: str
    channel: Channel
    at: float
    message: Message | None = None
    uses: int = 0


@dataclass(eq=False)
class Token:
    """What a caller of the Web API proves itself with. `expires` is in seconds since 1970."""

    value: str
    kind: Literal["bot", "app", "user"]
    team: Workspace | None
    scopes: set[str]
    expires: float | None = None
    revoked: bool = False
    refreshes_as: str | None = None
