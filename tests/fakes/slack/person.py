"""A person of the tests: writes, edits, reacts, and acts on what the app shows (`hands`).

`await alice.says(room, "...")` returns as soon as the message stands in Slack; the app is told in the background, as
in life. Wait with `slack.until(...)` for what the app makes of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fakes.slack.hands import Hands
from fakes.slack.records import Channel, Message, StoredFile, User, View

if TYPE_CHECKING:
    from fakes.slack.fake import FakeSlack

Upload = tuple[str, bytes, str]


class Person(Hands):
    """`id` is the account's; `user` its record."""

    def __init__(self, slack: FakeSlack, user: User) -> None:
        super().__init__(slack, user)
        self.slack = slack
        self.user = user

    def __repr__(self) -> str:
        return f"<{self.user.handle} {self.user.id}>"

    @property
    def id(self) -> str:
        """The account's id, U..."""
        return self.user.id

    @property
    def email(self) -> str | None:
        """The address in the profile."""
        return self.user.email

    @property
    def name(self) -> str:
        """The name that people read."""
        return self.user.name

    def dm(self) -> Channel:
        """The direct message with the app."""
        return self.slack.state.dm(self.user, self._installed())

    async def says(
        self,
        room: Channel,
        text: str = "",
        *,
        thread: Message | str | None = None,
        files: Sequence[Upload | StoredFile] = (),
        broadcast: bool = False,
        typed: bool = False,
        check_first: bool = False,
        **fields: Any,
    ) -> Message:
        """Write a message.

        `text` is as it goes over the wire, so `<@U1>` is a mention; with `typed` it is what the fingers typed, and
        Slack escapes `&`, `<` and `>`. `broadcast` shows a reply in the channel too. `check_first` lets the files come
        as those of another organisation may. Further fields of the message (`subtype`) may be given.
        """
        self._may_write(room)
        if typed:
            text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        state = self.slack.state
        self._remember(text)
        stored = [one if isinstance(one, StoredFile) else self._file(room, *one, check_first) for one in files]
        root = self._root(room, thread)
        if self.user.kind == "bot":
            fields = {"bot_id": self.user.bot_id, "username": self.user.name, "app_id": "A0OTHERBOT", **fields}
        subtype = fields.pop("subtype", None)
        made = self.slack.acts.say(
            self.user, room, text, thread_ts=root, files=stored, broadcast=broadcast, subtype=subtype, **fields
        )
        state.changed()
        return made

    async def mentions(self, room: Channel, text: str = "", **more: Any) -> Message:
        """Write a message that begins with a mention of the app."""
        return await self.says(room, f"<@{self._installed_in(room).bot_user}> {text}".strip(), **more)

    async def edits(self, message: Message, text: str) -> Message:
        """Change a message of one's own."""
        assert message.user == self.id, f"{self} cannot edit a message of {message.user}"
        self._remember(text)
        blocks = [self.slack.rich_text(text)] if text else []
        return self.slack.acts.change(message, self.id, text=text, blocks=blocks)

    async def unfurls(self, message: Message) -> Message:
        """A link's preview appears: the message changes, its text does not."""
        preview = [{"id": 1, "from_url": "https://example.com/", "fallback": "Example", "title": "Example"}]
        return self.slack.acts.change(message, self.id, silent=True, attachments=preview)

    async def deletes(self, message: Message) -> None:
        """Take a message of one's own away."""
        assert message.user == self.id, f"{self} cannot delete a message of {message.user}"
        self.slack.acts.delete(message)

    async def reacts(self, message: Message, emoji: str) -> None:
        """Add an emoji."""
        assert self.id in message.channel.members, f"{self} is not in {message.channel.name}"
        self.slack.acts.react(message, emoji.strip(":"), self.id)

    async def unreacts(self, message: Message, emoji: str) -> None:
        """Take an emoji back."""
        self.slack.acts.unreact(message, emoji.strip(":"), self.id)

    async def joins(self, room: Channel) -> None:
        """Become a member."""
        self.slack.acts.join(self.user, room)

    async def leaves(self, room: Channel) -> None:
        """Leave."""
        self.slack.acts.leave(self.user, room)

    async def kicks_the_app(self, room: Channel) -> None:
        """Take the app out of a channel."""
        self.slack.acts.leave(self.slack.state.bot(self._installed_in(room)), room)

    async def invites_the_app(self, room: Channel) -> None:
        """Bring the app into a channel."""
        self.slack.acts.join(self.slack.state.bot(self._installed_in(room)), room, self.id)

    async def archives(self, room: Channel) -> None:
        """Close a channel."""
        self.slack.acts.archive(room, self.id)

    def deactivate(self) -> None:
        """An administrator ends the account."""
        self.user.kind = "deactivated"
        self.slack.state.changed()
        shown = self.slack.shapes.user(self.user, self.user.team, with_email=True)
        self.slack.announce.to_team(self._installed(), "user_change", user=shown, cache_ts=int(self.slack.clock.time()))

    @property
    def modal(self) -> View | None:
        """The modal that lies on top."""
        return self.slack.state.top_modal(self.id)

    @property
    def home_view(self) -> View | None:
        """The app's page as this person sees it."""
        return self.slack.state.homes.get(self.id)

    @property
    def ephemerals(self) -> list[str]:
        """The texts that were shown to this person alone."""
        return [message.text for message in self.slack.state.ephemerals[self.id]]

    @property
    def ephemeral_messages(self) -> list[Message]:
        """As `ephemerals`, whole: their buttons can be clicked."""
        return list(self.slack.state.ephemerals[self.id])

    def _may_write(self, room: Channel) -> None:
        assert self.id in room.members, f"{self} is not in {room.name or room.id}: make it a member, or let it join"
        assert not room.archived, f"{room.name} is archived"

    def _remember(self, text: str) -> None:
        if self.user.kind != "bot":
            self.slack.state.see_caller_text(text)

    def _file(self, room: Channel, name: str, content: bytes, mimetype: str, check_first: bool) -> StoredFile:  # noqa: FBT001
        made = int(self.slack.clock.time())
        state = self.slack.state
        file = StoredFile(state.new_id("F"), name, name, mimetype, content, self.id, self.user.team, made, [room.id])
        file.check_first = check_first
        state.files[file.id] = file
        return file

    @staticmethod
    def _root(room: Channel, thread: Message | str | None) -> str | None:
        if isinstance(thread, Message):
            assert thread.channel is room, "that thread is in another channel"
            return thread.root_ts
        return thread
