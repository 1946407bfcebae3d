"""The memory of the fake: tables by id, names for new things, and a bell that rings on each change.

It decides nothing. `acts` changes it for people and for the Web API alike; tests look through `FakeSlack`.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import defaultdict
from dataclasses import dataclass, field

from fakes.slack.clock import FakeClock
from fakes.slack.records import (
    Channel,
    Message,
    ResponseUrl,
    StoredFile,
    Token,
    Trigger,
    User,
    View,
    Workspace,
)
from fakes.slack.refusal import RefusedError

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass
class State:
    """All of it; one instance for each fake."""

    clock: FakeClock
    workspaces: dict[str, Workspace] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    timeline: dict[str, list[Message]] = field(default_factory=lambda: defaultdict(list))
    ephemerals: dict[str, list[Message]] = field(default_factory=lambda: defaultdict(list))
    files: dict[str, StoredFile] = field(default_factory=dict)
    views: dict[str, View] = field(default_factory=dict)
    modals: dict[str, list[View]] = field(default_factory=lambda: defaultdict(list))
    homes: dict[str, View] = field(default_factory=dict)
    triggers: dict[str, Trigger] = field(default_factory=dict)
    response_urls: dict[str, ResponseUrl] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    usergroups: dict[str, tuple[Workspace, str, list[str]]] = field(default_factory=dict)
    caller_texts: list[str] = field(default_factory=list)
    _made: int = 0
    _last_ts: int = 0
    _bells: set[asyncio.Event] = field(default_factory=set)

    def changed(self) -> None:
        """Ring the bell: whoever waits for a condition looks again."""
        for bell in self._bells:
            bell.set()

    def listen(self) -> asyncio.Event:
        """A bell that `changed` rings."""
        bell = asyncio.Event()
        self._bells.add(bell)
        return bell

    def ignore(self, bell: asyncio.Event) -> None:
        """No longer ring that bell."""
        self._bells.discard(bell)

    def new_id(self, prefix: str) -> str:
        """A new id as Slack writes them: `U0000000A1`; unique over all kinds."""
        self._made += 1
        number, digits = self._made + 36**4, ""
        while number:
            number, rest = divmod(number, 36)
            digits = _DIGITS[rest] + digits
        return f"{prefix}{digits.rjust(10, '0')}"

    def new_ts(self) -> str:
        """A timestamp later than every one before, as messages are named: `1700000000.000100`."""
        self._last_ts = max(self._last_ts + 1, int(self.clock.time() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def new_hash(self) -> str:
        """A view's hash: another one at each change."""
        return f"{self.new_ts().split('.')[0]}.{secrets.token_hex(4)}"

    def bot(self, team: Workspace) -> User:
        """The app's own account there."""
        return self.users[team.bot_user]

    def message(self, channel: Channel, ts: str) -> Message | None:
        """The live message of that name."""
        return next((one for one in self.timeline[channel.id] if one.ts == ts and not one.deleted), None)

    def live(self, channel: Channel) -> list[Message]:
        """What stands in a channel, threads included, oldest first."""
        return [one for one in self.timeline[channel.id] if not one.deleted]

    def find_message(self, channel: Channel, ts: str) -> Message:
        """As `message`, refused when there is none."""
        found = self.message(channel, ts)
        if found is None:
            raise RefusedError("message_not_found")
        return found

    def replies(self, channel: Channel, root: str) -> list[Message]:
        """The live replies of a thread, without its root."""
        return [one for one in self.live(channel) if one.thread_ts == root and one.ts != root]

    def dm(self, user: User, team: Workspace) -> Channel:
        """The direct message of a person with the app, made when it is first asked for."""
        for channel in self.channels.values():
            if channel.dm_with == user.id and channel.team is team:
                return channel
        made = Channel(self.new_id("D"), "", team, private=True, dm_with=user.id, created=int(self.clock.time()))
        made.members = [user.id, team.bot_user]
        self.channels[made.id] = made
        return made

    def trigger(self, user: User, team: Workspace, view: View | None = None) -> str:
        """A new trigger_id for what that person has just done."""
        name = f"{self.new_ts().replace('.', '')}.{self._made}.{secrets.token_hex(16)}"
        self.triggers[name] = Trigger(name, user.id, team, self.clock.time(), view)
        return name

    def take_trigger(self, name: str) -> Trigger:
        """Use a trigger up; refused when it is unknown, used or older than three seconds."""
        trigger = self.triggers.get(name)
        if trigger is None:
            raise RefusedError("invalid_trigger_id")
        if trigger.used:
            raise RefusedError("exchanged_trigger_id")
        if self.clock.time() - trigger.at > 3:
            raise RefusedError("expired_trigger_id")
        trigger.used = True
        return trigger

    def top_modal(self, user: str) -> View | None:
        """What lies on top of that person's stack of modals."""
        stack = self.modals[user]
        return stack[-1] if stack else None

    def see_caller_text(self, text: str) -> None:
        """Remember words of a person, to find them again where they must be inert."""
        if text:
            self.caller_texts.append(text)
